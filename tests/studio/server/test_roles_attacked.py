"""What a reader tried on the real server: other spellings of numbers, and bodies that spoil answers to everybody."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from both_servers import BOTH_SERVERS, gather_on
from team import ANNA, BOB, CONFIG, MET, PHRASE, Team, relation, span

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.studio

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", params=BOTH_SERVERS)
def team(request: pytest.FixtureRequest) -> Iterator[Team]:
    """A team on each of the session's servers."""
    with gather_on(request) as gathered:
        yield gathered


def spellings(number: int) -> list[str]:
    """What Python reads as the number, and what digits alone do not say."""
    return [f"+{number}", f"{number}".translate({ord("0") + n: 0xFF10 + n for n in range(10)}), f" +{number}"]


def oracle(team: Team, project: int, word: str) -> int:
    """A tab of the owner's that shows what somebody has annotated with a word."""
    item = {"filter": "filter:tasks:annotations_results", "operator": "contains", "type": "String", "value": word}
    data = {"title": "found", "filters": {"conjunction": "and", "items": [item]}}
    made = team.owner.calls.post("/api/dm/views", json={"project": project, "data": data})
    return int(made.raise_for_status().json()["id"])


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_number_in_another_spelling_opens_no_tab(team: Team) -> None:
    """A tab by which the owner searches others' words: not by a sign, nor by other digits, in any of three places."""
    mona, nils = team.reader("mona"), team.reader("nils")
    project, tasks = team.project(3)
    mona.submit(tasks[0], span("unheard-of", ANNA)).raise_for_status()
    view = oracle(team, project, "unheard-of")
    found = team.owner.calls.get("/api/tasks", params={"project": project, "view": view}).json()
    assert [row["id"] for row in found["tasks"]] == [tasks[0]]

    for spelt in spellings(view):
        listed = nils.calls.get("/api/tasks", params={"project": project, "view": spelt})
        assert [row["id"] for row in listed.json()["tasks"]] == tasks, spelt
        named = nils.calls.get("/api/tasks", params={"view": spelt})
        assert named.status_code in {403, 404}, spelt
        where: dict[str, Any] = {"id": "next_task", "project": project, "tabID": spelt}
        assert nils.calls.post("/api/dm/actions", params=where, json={}).json()["id"] in tasks[1:], spelt
        opened = nils.calls.get(f"/api/dm/views/{spelt.replace('+', '%2B').replace(' ', '%20')}")
        assert opened.status_code in {403, 404}, spelt
        assert "unheard-of" not in opened.text
    assert nils.calls.get("/api/tasks", params={"project": project, "view": view}).status_code == 403
    # By digits alone everything is as it was.
    assert nils.calls.get("/api/tasks", params={"project": f"0{project}"}).json()["total"] == 3


def test_a_number_in_another_spelling_hangs_nothing_on_the_words_of_others(team: Team) -> None:
    """Neither a draft of another's annotation, nor an answer to a suggestion that was not shown."""
    mona, nils = team.reader("mona"), team.reader("nils")
    project, (task, *_) = team.project(1)
    team.plan(project, {"mona": [task], "nils": [task]})
    theirs = mona.submit(task, span("a", ANNA)).json()["id"]
    body = {"task": task, "model_version": "projected:elsewhere", "result": [span("p", ANNA)]}
    hidden = team.owner.calls.post("/api/predictions", json=body).json()["id"]

    for name, number in (("annotation", theirs), ("parent_annotation", theirs), ("parent_prediction", hidden)):
        path = f"/api/tasks/{task}/{'drafts' if name == 'annotation' else 'annotations'}"
        for value in (*spellings(number), number, float(number), [number], {"id": number}, True):
            answer = nils.calls.post(path, json={"result": [], name: value})
            assert answer.status_code == 403, (name, value, answer.text)
    for absent in (0, 2**40):
        assert nils.calls.post(f"/api/tasks/{task}/annotations/{absent}/drafts", json={"result": []}).status_code == 403
    assert (nils.drafts(task), nils.own(task)) == ([], [])
    for nothing in (None, "", 0, -1, "-1"):
        sent = nils.submit(task, span("b", ANNA), draft_id=nothing, parent_prediction=None)
        assert sent.status_code in {200, 201}, nothing


# --- bodies ----------------------------------------------------------------------------------------------------------


def spoilers() -> list[bytes]:
    """Submissions that Label Studio keeps, and then cannot write into an answer, or that it cannot keep at all."""
    return [
        b'{"result": [], "lead_time": "inf"}',
        b'{"result": [], "lead_time": "nan"}',
        b'{"result": [], "lead_time": 1e999}',
        b'{"result": [], "lead_time": "a while"}',
        b'{"result": [{"id": "\\ud800"}]}',
        b'{"result": "[{\\"id\\": \\"\\\\ud800\\"}]"}',
        b'{"result": "[NaN]"}',
        b'{"result": "[1e999]"}',
        b'{"result": "no JSON"}',
        b'{"result": [{"id": "\\u0000"}]}',
        b'{"result": [{"\\u0000": 1}]}',
        b'{"result": ' + b"[" * 80 + b"]" * 80 + b"}",
        b'{"result": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ]


def test_no_reader_spoils_a_task_for_everybody(team: Team) -> None:
    """Half a character or a number without end is refused, in a submission, a draft, a change of either, and a tab."""
    nils = team.reader("nils")
    project, (task, other, *_) = team.project(2)
    own = nils.submit(task, span("b", ANNA)).json()["id"]
    draft = nils.calls.post(f"/api/tasks/{other}/drafts", json={"result": []}).json()["id"]
    places = [
        ("POST", f"/api/tasks/{other}/annotations"),
        ("POST", f"/api/tasks/{other}/drafts"),
        ("PATCH", f"/api/annotations/{own}"),
        ("PATCH", f"/api/drafts/{draft}"),
    ]
    for method, path in places:
        for body in spoilers():
            assert nils.calls.request(method, path, content=body, headers=JSON).status_code == 400, (path, body[:60])
    tab = json.dumps({"project": project, "data": {"title": "\ud800"}})
    assert nils.calls.post("/api/dm/views", content=tab, headers=JSON).status_code == 400
    named = nils.calls.patch(f"/api/users/{nils.number}", content='{"first_name": "\\ud800"}', headers=JSON)
    assert named.status_code == 400
    attached = nils.calls.post(f"/api/tasks/{other}/annotations", files={"result": ("result.json", b"[]")})
    assert attached.status_code == 400

    for reader in (team.owner, nils):
        assert [len(each["result"]) for each in reader.own(task)] == [1]
        assert reader.own(other) == []
        assert reader.calls.get("/api/tasks", params={"project": project, "fields": "all"}).status_code == 200
    assert team.owner.calls.get(f"/api/projects/{project}/export", params={"exportType": "JSON"}).status_code == 200
    assert team.owner.calls.get("/api/dm/views", params={"project": project}).status_code == 200


def odd_results() -> list[Any]:
    """Results that are no regions, in each place where Label Studio or the layer would look into one."""
    whole = span("a", ANNA)
    values: dict[str, list[Any]] = {
        "id": [[], {}, [1]],
        "type": [[], {}, 7, 0, False, "x" * 300, "labels|x", "nothing"],
        "from_name": [None, 7, [], {}, "", "absent", "label|x"],
        "to_name": [7, {}, [7], [[]], "absent", "text|x"],
        "value": [None, 7, [], "a", [[]]],
    }
    regions: list[Any] = [
        7,
        "a",
        None,
        True,
        [],
        [whole],
        {name: each for name, each in whole.items() if name != "value"},
    ]
    regions += [{**whole, name: value} for name, listed in values.items() for value in listed]
    return [7, {}, "7", *([each] for each in regions)]


def test_an_odd_region_is_refused_and_leaves_nothing(team: Team) -> None:
    """In a submission, in a change and in a draft, with a plan and without: 400 by name, and the owner can go on."""
    nils = team.reader("nils")
    for has_plan in (True, False):
        project, (task, other, *_) = team.project(2)
        if has_plan:
            team.plan(project, {"nils": [task, other]}, {"relations": MET})
        own = nils.submit(task, span("b", ANNA)).json()["id"]
        draft = nils.calls.post(f"/api/tasks/{other}/drafts", json={"result": []}).json()["id"]
        places = [
            ("POST", f"/api/tasks/{other}/annotations"),
            ("PATCH", f"/api/annotations/{own}"),
            ("POST", f"/api/tasks/{other}/drafts"),
            ("PATCH", f"/api/drafts/{draft}"),
        ]
        for number, result in enumerate(odd_results()[has_plan::2]):
            # In one place after the other; alone, and beside a relation that asks what its ends are.
            more = [*result, relation("a", "a", "MET")] if isinstance(result, list) and number % 8 < 4 else result
            method, path = places[number % 4]
            answer = nils.calls.request(method, path, json={"result": more})
            assert (answer.status_code, "Nothing was changed." in answer.text) == (400, True), (path, more)
        kept = [team.kept(project, kind, each) for kind in ("first", "refused") for each in (task, other)]
        assert [len(each) for each in kept] == [1, 0, 0, 0]
        assert [each["result"] for each in (*nils.own(task), *nils.drafts(other))] == [[span("b", ANNA)], []]
        wider = CONFIG.replace("</Labels>", '<Label value="ORG"/></Labels>')
        changed = team.owner.calls.patch(f"/api/projects/{project}", json={"label_config": wider})
        assert changed.status_code == 200, changed.text


def test_what_label_studio_takes_of_a_region_is_taken(team: Team) -> None:
    """Without a type or a tag, with other keys, with numbers beyond all bounds: it does no harm."""
    nils = team.reader("nils")
    _, (task, *_) = team.project(1)
    whole = span("b", BOB)
    regions = [
        whole,
        {**whole, "id": 7},
        {**whole, "to_name": ["text"]},
        {**whole, "value": {"start": 10**400, "end": -1.5, "labels": [["x"], 7]}},
        {"id": "c", "type": "labels"},
        {"value": {"start": 0}},
        {**whole, "type": None, "more": {"a": [1, {"b": None}]}},
        {},
    ]
    sent = nils.submit(task, *regions)

    assert (sent.status_code, sent.json()["result"]) == (201, regions)
    assert nils.own(task)[0]["result"] == regions


def test_a_result_that_is_written_as_a_text_is_taken(team: Team) -> None:
    """As a form sends it; with whole characters beyond the first plane, and seconds written as words."""
    nils = team.reader("nils")
    _, (task, *_) = team.project(1)
    region = {**span("b", ANNA), "meta": {"text": ["\U0001f600 naïve"]}}
    made = nils.calls.post(f"/api/tasks/{task}/annotations", data={"result": json.dumps([region]), "lead_time": "2.5"})

    assert (made.status_code, made.json()["result"], made.json()["lead_time"]) == (201, [region], 2.5)


# --- names -----------------------------------------------------------------------------------------------------------


def test_an_adjudicator_reads_no_address_in_a_draft(team: Team) -> None:
    """Label Studio writes the author of a draft as an address."""
    mona, judith = team.reader("mona"), team.reader("judith")
    project, (task, *_) = team.project(1)
    people = [{"email": mona.email, "role": "reader"}, {"email": judith.email, "role": "adjudicator"}]
    plan = {"people": people, "assignments": [], "again": [], "rule": {}}
    team.owner.calls.put(f"/labeling/api/projects/{project}/plan/", json=plan).raise_for_status()
    mona.calls.post(f"/api/tasks/{task}/drafts", json={"result": [span("a", ANNA)]}).raise_for_status()

    for path in (f"/api/tasks/{task}", f"/api/tasks/{task}/drafts", f"/api/projects/{project}/tasks"):
        answer = judith.calls.get(path)
        assert answer.status_code == 200
        assert mona.email not in answer.text, path
    listed = judith.calls.get(f"/api/tasks/{task}/drafts").json()
    assert [(each["result"], each["user"]) for each in listed] == [([span("a", ANNA)], "")]
    assert [each["user"] for each in mona.drafts(task)] == [mona.email]


# --- accounts --------------------------------------------------------------------------------------------------------


def test_an_account_is_nobody_elses_and_no_more_than_it_was(team: Team) -> None:
    """Neither by its own address nor by another's: e-mail, password, rights and organisation stay; names may change."""
    mona, nils = team.reader("mona"), team.reader("nils")
    before = [one.calls.get("/api/current-user/whoami").json() for one in (mona, nils)]
    wishes: list[dict[str, Any]] = [
        {"email": team.server.email},
        {"email": mona.email, "username": "admin"},
        {"password": "another phrase"},
        {"is_superuser": True, "is_staff": True, "is_active": False},
        {"id": mona.number, "active_organization": None, "role": "owner"},
    ]
    for wish in wishes:
        for path in (f"/api/users/{nils.number}", "/user/account"):
            # What is not named there is left out.
            nils.calls.request("PATCH" if "api" in path else "POST", path, json=wish)
    for method, path in (
        ("PUT", f"/api/users/{nils.number}"),
        ("PATCH", f"/api/users/{mona.number}"),
        ("DELETE", f"/api/users/{mona.number}"),
        ("DELETE", f"/api/users/{nils.number}"),
        ("POST", f"/api/users/{mona.number}/avatar"),
        ("POST", "/api/users"),
        ("PATCH", f"/api/organizations/1/memberships/{nils.number}"),
        ("GET", "/api/invite"),
    ):
        assert nils.calls.request(method, path, json=wishes[0]).status_code in {403, 404, 405}, (method, path)

    assert [one.calls.get("/api/current-user/whoami").json() for one in (mona, nils)] == before
    with httpx.Client(base_url=team.server.url, timeout=60, trust_env=False, verify=team.trust or True) as browser:
        assert not send_log_in(browser, nils.email, "another phrase").is_redirect
        assert send_log_in(browser, nils.email, PHRASE).is_redirect
        assert browser.get("/api/current-user/whoami").json()["id"] == nils.number
        browser.get("/logout")
        assert browser.get("/api/current-user/whoami").status_code == 401


def send_log_in(browser: httpx.Client, email: str, phrase: str) -> httpx.Response:
    """Fill in the log-in page."""
    origin = str(browser.base_url).rstrip("/")
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
    form = {"csrfmiddlewaretoken": seal.group(1) if seal else "", "email": email, "password": phrase}
    return browser.post("/user/login/", data=form, headers={"Origin": origin, "Referer": f"{origin}/user/login/"})


def test_who_is_taken_out_can_do_no_more_with_a_key_or_a_session(team: Team) -> None:
    """An adjudicator sees nobody's words any more, a reader is served nothing; of two keys the newer one is good."""
    mona, otto, judith = team.reader("mona"), team.reader("otto"), team.reader("judith")
    project, tasks = team.project(2)
    roles = {mona.email: "reader", otto.email: "reader", judith.email: "adjudicator"}
    rows = [
        {"task": task, "email": one.email, "part": "first", "order": 0}
        for task, one in zip(tasks, (mona, otto), strict=True)
    ]
    people = [{"email": email, "role": role} for email, role in roles.items()]
    plan = {"people": people, "assignments": rows, "again": [], "rule": {}}
    team.owner.calls.put(f"/labeling/api/projects/{project}/plan/", json=plan).raise_for_status()
    theirs = mona.submit(tasks[0], span("unheard-of", ANNA)).json()["id"]
    paths = [f"/api/annotations/{theirs}", f"/api/tasks/{tasks[0]}", f"/api/projects/{project}/tasks"]
    with httpx.Client(base_url=team.server.url, timeout=60, trust_env=False, verify=team.trust or True) as session:
        assert send_log_in(session, judith.email, PHRASE).is_redirect
        callers = (judith.calls, session)
        assert ["unheard-of" in caller.get(path).text for caller in callers for path in paths] == [True] * 6
        for one in (judith, otto):
            body = {"email": one.email, "project": project}
            team.owner.calls.request("DELETE", "/labeling/api/people/", json=body).raise_for_status()
        for caller in callers:
            assert [path for path in paths if "unheard-of" in caller.get(path).text] == []
            assert caller.patch(f"/api/annotations/{theirs}", json={"ground_truth": True}).status_code in {403, 404}
    assert [otto.next(project).status_code, otto.submit(tasks[1]).status_code] == [404, 404]
    assert otto.calls.get("/api/tasks", params={"project": project}).json().get("tasks", []) == []
    otto.calls.post("/api/current-user/reset-token").raise_for_status()
    assert otto.calls.get("/api/current-user/whoami").status_code == 401


def test_no_spelling_of_an_address_gets_by(team: Team) -> None:
    """Doubled, escaped or dotted paths, other methods, headers that a proxy might believe: refused, or not there."""
    mona, nils = team.reader("mona"), team.reader("nils")
    project, (task, *_) = team.project(1)
    number = mona.submit(task, span("unheard-of", ANNA)).json()["id"]
    for path in (
        f"/api//projects/{project}/",
        f"//api/projects/{project}/",
        f"/api/x/../projects/{project}/",
        f"/api/%2e%2e/api/projects/{project}/",
        f"/api%2Fprojects/{project}/",
        f"/api/projects/{project};a=b/",
        f"/API/projects/{project}/",
        f"/api/projects/{project}%0a/",
        f"/api/projects/{project}.json",
        f"/api/projects/{project}/?format=api&_method=DELETE",
    ):
        for method in ("DELETE", "PATCH"):
            address = httpx.URL(team.server.url).copy_with(raw_path=path.encode())
            answer = nils.calls.request(method, address, json={"title": "taken over"})
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
    believed = {"X-Original-URL", "X-Rewrite-URL", "X-Script-Name"}
    for name in (*believed, "Remote-User", "X-Forwarded-User", "X-Labeling-As", "X-HTTP-Method-Override"):
        value = f"/api/annotations/{number}/" if name in believed else team.server.email
        for path in (f"/api/annotations/{number}/", f"/api/tasks/{task}/"):
            assert "unheard-of" not in nils.calls.get(path, headers={name: value}).text, (name, path)

    left = team.owner.calls.get(f"/api/projects/{project}").json()
    assert (left["title"], left["task_number"]) == ("a team's", 1)
