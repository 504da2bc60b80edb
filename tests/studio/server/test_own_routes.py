"""The layer's own routes and invitations on the real server: the owner's key alone, strict bodies, a link once."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.core import signing

from labeling.errors import NotAuthorised
from labeling.studio.api.connect import connect_to
from labeling.studio.api.layer import Layer, SignupLink, find_layer
from labeling.studio.api.signup import add_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

pytestmark = pytest.mark.studio

CONFIG = '<View><Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="X"/></Labels></View>'
PHRASE = "a long pass phrase"
STATE, PEOPLE, INVITATIONS = "/labeling/api/state/", "/labeling/api/people/", "/labeling/api/invitations/"


@pytest.fixture
def owner(studio: Credentials) -> Iterator[Studio]:
    """Our client, with the owner's key."""
    with connect_to(studio.url, studio.api_key) as connected:
        yield connected


@pytest.fixture
def layer(owner: Studio) -> Layer:
    """The layer, as the owner asks it."""
    found = find_layer(owner)
    assert found is not None
    return found


@pytest.fixture
def web(studio: Credentials) -> Iterator[httpx.Client]:
    """A stranger's browser."""
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def project(studio: Credentials) -> tuple[int, list[int]]:
    """A project with three tasks; each test brings the plan that it needs."""
    with connect_to(studio.url, studio.api_key) as owner:
        number = owner.create_project("the plan", "", CONFIG, "")
        return number, owner.import_tasks(number, [{"data": {"text": f"{n}"}} for n in range(3)])


def sign_up(browser: httpx.Client, link: str, email: str, phrase: str = PHRASE) -> httpx.Response:
    """Fill in the page of a link as a browser does; its own address goes along in the form."""
    page = browser.get(link)
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if seal is None:
        return page
    target = re.search(r'action="([^"]*signup[^"]*)"', page.text)
    assert target is not None
    form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "password": phrase}
    origin = str(browser.base_url).rstrip("/")
    return browser.post(target.group(1).replace("&amp;", "&"), data=form, headers={"Origin": origin})


def link_for(layer: Layer, email: str, project: int = 0) -> str:
    """The link of an invitation."""
    invited = layer.invite(email, project)
    assert isinstance(invited, SignupLink)
    assert invited.signed
    return invited.url


def plan_of(*people: tuple[str, str], tasks: list[int], rule: dict[str, Any] | None = None) -> dict[str, Any]:
    """A plan in which the first of the people reads all tasks."""
    assignments = [
        {"task": task, "email": people[0][0], "part": "first", "order": place} for place, task in enumerate(tasks)
    ]
    listed = [{"email": email, "role": role} for email, role in people]
    return {"people": listed, "assignments": assignments, "again": [], "rule": rule or {}}


# --- who may ask -----------------------------------------------------------------------------------------------------


def test_only_the_owners_key_asks(studio: Credentials, web: httpx.Client, project: tuple[int, list[int]]) -> None:
    """Nobody, a reader's key, and the owner's own log-in without a key: refused, at each route and method."""
    number, _ = project
    reader = {"Authorization": f"Token {add_user(studio, 'plain.reader@desk.example', PHRASE)}"}
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as logged_in:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', logged_in.get("/user/login/").text)
        assert seal is not None
        form = {"csrfmiddlewaretoken": seal.group(1), "email": studio.email, "password": studio.password}
        assert logged_in.post("/user/login/", data=form, headers={"Origin": studio.url}).is_redirect
        plan, kept = f"/labeling/api/projects/{number}/plan/", f"/labeling/api/projects/{number}/kept/"
        for method, path in [
            *(("GET", each) for each in (STATE, PEOPLE, INVITATIONS, plan, kept)),
            *(("POST", each) for each in (PEOPLE, INVITATIONS)),
            *(("DELETE", each) for each in (PEOPLE, INVITATIONS)),
            *(("PUT", each) for each in (plan, kept)),
        ]:
            sent: dict[str, Any] = {} if method == "GET" else {"json": {}}
            assert web.request(method, path, **sent).status_code in (401, 403), path
            assert web.request(method, path, headers=reader, **sent).status_code == 403, path
            by_page = logged_in.request(method, path, headers={"Origin": studio.url}, **sent)
            assert by_page.status_code in (401, 403), path
    assert web.get(STATE, headers={"Authorization": f"Token {studio.api_key}"}).json()["schema"] == 1
    # Our client says so by name.
    with connect_to(studio.url, reader["Authorization"].split()[1]) as client, pytest.raises(NotAuthorised):
        find_layer(client)


@pytest.mark.parametrize(
    ("kind", "tasks", "why"),
    [
        ("mention", "1,x", "not the numbers of up to 300 tasks"),
        ("mention", "", "not the numbers"),
        ("mention", ",".join("7" * 301), "not the numbers"),
        ("mention", "9999999999", "not the numbers"),
        ("mention", "\u0661", "not the numbers"),
        ("shown", "1", "rows of this kind are of no task"),
        ("audit", "1", "rows of this kind are of no task"),
    ],
)
def test_tasks_that_are_asked_for_are_numbers_with_commas_between(
    studio: Credentials, web: httpx.Client, project: tuple[int, list[int]], kind: str, tasks: str, why: str
) -> None:
    """Of a kind whose rows are of a task; all else is refused with the reason."""
    path, query = f"/labeling/api/projects/{project[0]}/kept/", {"kind": kind, "tasks": tasks}
    answer = web.get(path, params=query, headers={"Authorization": f"Token {studio.api_key}"})
    assert answer.status_code == 400
    assert why in answer.json()["detail"]


# --- the plan --------------------------------------------------------------------------------------------------------


def test_a_plan_is_what_was_sent(layer: Layer, project: tuple[int, list[int]]) -> None:
    """Addresses as they are compared; several things to look at again are one row; the next plan takes its place."""
    number, tasks = project
    plan = plan_of((" Ana@Desk.Example", "reader"), ("lead@desk.example", "adjudicator"), tasks=tasks, rule={"a": [1]})
    plan["again"] = [
        {"task": tasks[0], "email": "ANA@desk.example", "what": what, "why": "asked since then"}
        for what in ("label X", "label Y")
    ]
    layer.bring_plan(number, plan)
    there = layer.plan(number)

    assert there["people"] == [
        {"email": "ana@desk.example", "role": "reader"},
        {"email": "lead@desk.example", "role": "adjudicator"},
    ]
    assert [each["task"] for each in there["assignments"]] == tasks
    assert there["again"] == [
        {"task": tasks[0], "email": "ana@desk.example", "what": "label X, label Y", "why": "asked since then"}
    ]
    assert there["rule"] == {"a": [1]}
    layer.bring_plan(number, there)
    assert layer.plan(number) == there
    layer.bring_plan(number, {"people": [], "assignments": [], "again": [], "rule": {}})
    assert layer.plan(number) == {"people": [], "assignments": [], "again": [], "rule": {}}


def _change(path: tuple[Any, ...], value: object) -> Callable[[dict[str, Any]], None]:
    def change(plan: dict[str, Any]) -> None:
        place: Any = plan
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_change(("completed_by",), 1), "completed_by"),
        (_change(("assignments", 0, "completed_by"), 1), "assignments[0].completed_by"),
        (_change(("assignments", 0, "account"), 1), "assignments[0].account"),
        (_change(("people", 0, "account"), 1), "people[0].account"),
        (_change(("people", 0, "role"), "owner"), "people[0].role"),
        (_change(("people", 0, "email"), "not an address"), "people[0].email"),
        (_change(("people", 1, "email"), "ANA@desk.example "), "people[1]"),
        (_change(("assignments", 0, "email"), "zoe@desk.example"), "assignments[0].email"),
        (_change(("assignments", 0, "task"), True), "assignments[0].task"),
        (_change(("assignments", 0, "task"), "1"), "assignments[0].task"),
        (_change(("assignments", 0, "task"), 2_000_000_000), "2000000000"),
        (_change(("assignments", 0, "part"), "third"), "assignments[0].part"),
        (_change(("assignments", 0, "order"), -1), "assignments[0].order"),
        (_change(("assignments",), {}), "assignments"),
        (_change(("bare",), {}), "bare"),
        (_change(("bare",), [{"task": 1, "suggestion": "F" * 16}]), "bare[0].suggestion"),
        (_change(("bare",), [{"task": 1, "suggestion": ["a"]}]), "bare[0].suggestion"),
        (_change(("bare",), [{"task": 0, "suggestion": "f" * 16}]), "bare[0].task"),
        (_change(("bare",), [{"task": 1, "suggestion": "f" * 16, "account": 1}]), "bare[0].account"),
        (_change(("rule",), []), "rule"),
        (lambda plan: plan.pop("again"), "again"),
        (lambda plan: plan["assignments"].append(plan["assignments"][0]), "assignments[3]"),
    ],
)
def test_a_plan_that_is_not_one_changes_nothing(
    layer: Layer,
    studio: Credentials,
    web: httpx.Client,
    project: tuple[int, list[int]],
    change: Callable[[dict[str, Any]], None],
    named: str,
) -> None:
    """A hand-made author, an unknown name, a wrong type, somebody twice, somebody unknown, a task of elsewhere: 400."""
    number, tasks = project
    plan = plan_of(("ana@desk.example", "reader"), ("ben@desk.example", "reader"), tasks=tasks)
    layer.bring_plan(number, plan)
    before = layer.plan(number)
    plan["people"].append({"email": "late@desk.example", "role": "reader"})
    change(plan)
    key = {"Authorization": f"Token {studio.api_key}"}
    refused = web.put(f"/labeling/api/projects/{number}/plan/", json=plan, headers=key)

    assert refused.status_code == 400
    assert named in refused.json()["detail"]
    assert layer.plan(number) == before


def test_a_plan_of_no_project_is_refused(studio: Credentials, web: httpx.Client) -> None:
    """Neither stored nor answered with a page."""
    key = {"Authorization": f"Token {studio.api_key}"}
    empty: dict[str, Any] = {"people": [], "assignments": [], "again": [], "rule": {}}

    assert web.put("/labeling/api/projects/999999/plan/", json=empty, headers=key).status_code == 404
    json_key = {**key, "Content-Type": "application/json"}
    for body in (b"{", b"\xff", b"[" * 50_000, b"9" * 9_999):
        assert web.put("/labeling/api/projects/999999/plan/", content=body, headers=json_key).status_code == 400


# --- invitations -----------------------------------------------------------------------------------------------------


def test_an_invited_person_is_confirmed_once_they_have_signed_up(
    layer: Layer, web: httpx.Client, project: tuple[int, list[int]]
) -> None:
    """By their link, in any spelling of their address; the link is void then, and the plan's rows are theirs."""
    number, tasks = project
    layer.bring_plan(number, plan_of(("nina@desk.example", "reader"), tasks=tasks))
    assert [(each.account, each.confirmed) for each in people(layer, number, "nina@desk.example")] == [(False, False)]
    link = link_for(layer, "Nina@desk.example", number)
    assert [each.invited is not None for each in people(layer, number, "nina@desk.example")] == [True]

    assert sign_up(web, link, "NINA@desk.example").is_redirect
    (nina,) = people(layer, number, "nina@desk.example")
    assert (nina.account, nina.confirmed, nina.invited, nina.assigned, nina.done) == (True, True, None, 3, 0)
    web.cookies.clear()
    again = sign_up(web, link, "nina@desk.example")
    assert again.status_code == 403
    assert "has been used" in again.text
    assert layer.invite("nina@desk.example", number) == "confirmed"
    # A plan that comes later finds its people confirmed.
    layer.bring_plan(number, plan_of(("nina@desk.example", "reader"), tasks=tasks[:1]))
    assert [each.confirmed for each in people(layer, number, "nina@desk.example")] == [True]


def people(layer: Layer, project: int, email: str) -> list[Any]:
    """What is known of an address."""
    return [each for each in layer.people(project) if each.email == email]


def test_the_organisations_own_link_signs_nobody_up(
    owner: Studio, studio: Credentials, layer: Layer, web: httpx.Client
) -> None:
    """Neither alone, nor without any token, nor as the token of another page; no account comes about."""
    bare = owner.invitation()
    for link in (bare, "/user/signup/", "/user/signup", "/user/signup/?token=", f"{bare}&token="):
        refused = sign_up(web, link, "bare@desk.example")
        assert refused.status_code == 403, link
    # The form posted without its page, with a seal of the log-in page.
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', web.get("/user/login/").text)
    assert seal is not None
    form = {"csrfmiddlewaretoken": seal.group(1), "email": "bare@desk.example", "password": PHRASE}
    assert web.post(bare, data=form, headers={"Origin": studio.url}).status_code == 403
    assert not people(layer, 0, "bare@desk.example")


def test_a_forged_invitation_is_refused(layer: Layer, web: httpx.Client) -> None:
    """Signed by another key, changed by a sign, cut, or of another shape: no account, and a sentence why."""
    token = link_for(layer, "forged@desk.example").partition("token=")[2]
    signer = signing.TimestampSigner(key="another key", salt="labeling_gate.invitation", fallback_keys=[])
    other = signer.sign_object(["a", "forged@desk.example"])
    flipped = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
    for forged in (other, flipped, token[:-1], token + "x", token.partition(":")[0], "x" * 5000, "%00", "::"):
        refused = sign_up(web, f"/user/signup/?token={forged}", "forged@desk.example")
        assert refused.status_code == 403
        assert "is not an invitation" in refused.text
    assert not any(each.account for each in people(layer, 0, "forged@desk.example"))
    assert sign_up(web, f"/user/signup/?token={token}", "forged@desk.example").is_redirect


def test_an_old_invitation_is_refused(layer: Layer, web: httpx.Client, studio_workspace: Workspace) -> None:
    """The same, signed by the server's own key a month ago: named as expired; a day less, and it is good."""
    link_for(layer, "late@desk.example")
    data = studio_workspace.studio / "data"
    (secret,) = re.findall(r"^SECRET_KEY=(.+)$", (data / ".env").read_text(encoding="utf-8"), re.MULTILINE)
    with closing(sqlite3.connect(data / "label_studio.sqlite3")) as database:
        (nonce,) = database.execute(
            "SELECT nonce FROM labeling_invitation WHERE email = 'late@desk.example' AND used_by IS NULL"
        ).fetchone()

    def signed(days: int) -> str:
        class Signer(signing.TimestampSigner):  # type: ignore[misc]  # Django has no types
            def timestamp(self) -> str:
                return str(signing.b62_encode(int(time.time()) - days * 86_400))

        signer = Signer(key=secret.strip("'\""), salt="labeling_gate.invitation", fallback_keys=[])
        return str(signer.sign_object([nonce, "late@desk.example"]))

    refused = sign_up(web, f"/user/signup/?token={signed(31)}", "late@desk.example")
    assert refused.status_code == 403
    assert "older than 30 days" in refused.text
    assert sign_up(web, f"/user/signup/?token={signed(29)}", "late@desk.example").is_redirect


def test_an_invitation_is_for_one_address(layer: Layer, web: httpx.Client) -> None:
    """Whoever has somebody's link and types their own address is refused, and the link stays good for its owner."""
    link = link_for(layer, "mine@desk.example")
    for other in ("yours@desk.example", "mine@desk.example.org", "mine+1@desk.example", "MINE@DESK.EXAMPLE.", ""):
        refused = sign_up(web, link, other)
        assert refused.status_code == 403, other
        assert "another e-mail address" in refused.text
    assert not people(layer, 0, "yours@desk.example")
    assert sign_up(web, link, "mine@desk.example").is_redirect


def test_a_later_invitation_voids_the_one_before(layer: Layer, web: httpx.Client) -> None:
    """And one that is taken back signs nobody up."""
    first, second = link_for(layer, "twice@desk.example"), link_for(layer, "twice@desk.example")

    assert "another has taken its place" in sign_up(web, first, "twice@desk.example").text
    layer.take_back("twice@desk.example")
    assert "taken back" in sign_up(web, second, "twice@desk.example").text
    assert not people(layer, 0, "twice@desk.example")


def test_a_form_that_is_shown_again_keeps_the_invitation(layer: Layer, owner: Studio, web: httpx.Client) -> None:
    """A password that is too short: the page comes without the organisation's token, and the second try works."""
    link = link_for(layer, "short@desk.example")
    shown = sign_up(web, link, "short@desk.example", "abc")

    assert shown.status_code == 200
    assert owner.invitation().partition("token=")[2] not in shown.text
    target = re.search(r'action="([^"]*signup[^"]*)"', shown.text)
    assert target is not None
    assert sign_up(web, target.group(1).replace("&amp;", "&"), "short@desk.example").is_redirect
    assert [each.confirmed for each in people(layer, 0, "short@desk.example")] == [True]


def test_an_adjudicators_address_taken_by_somebody_else_decides_nothing(
    layer: Layer, owner: Studio, project: tuple[int, list[int]]
) -> None:
    """Who had an account before is nobody's role until the owner names it; a second spelling is refused by name."""
    number, tasks = project
    account = make_account(owner, "chief@desk.example")
    layer.bring_plan(number, plan_of(("r@desk.example", "reader"), ("chief@desk.example", "adjudicator"), tasks=tasks))

    assert [(each.account, each.confirmed) for each in people(layer, number, "chief@desk.example")] == [(True, False)]
    assert layer.invite("Chief@Desk.example", number) == "account"
    assert layer.confirm("nobody.there@desk.example") == "nobody"
    spelt_otherwise = make_account(owner, "Chief@desk.example")
    assert layer.confirm("chief@desk.example") == "several"
    owner.transport.write("DELETE", f"api/users/{spelt_otherwise}/", "remove")
    assert layer.confirm("CHIEF@desk.example") == ""
    assert [each.confirmed for each in people(layer, number, "chief@desk.example")] == [True]
    # The role went with the account: another one of that address has none of it.
    owner.transport.write("DELETE", f"api/users/{account}/", "remove")
    make_account(owner, "chief@desk.example")
    layer.bring_plan(number, plan_of(("r@desk.example", "reader"), ("chief@desk.example", "adjudicator"), tasks=tasks))
    assert [each.confirmed for each in people(layer, number, "chief@desk.example")] == [False]


def make_account(owner: Studio, email: str) -> int:
    """An account that nobody was invited for, as an administrator makes one."""
    sent = {"email": email, "username": email, "password": PHRASE}
    answer = owner.transport.write("POST", "api/users/", "make an account", json=sent)
    return int(answer.json()["id"])


def test_an_address_in_two_spellings_is_one_account(layer: Layer, owner: Studio, web: httpx.Client) -> None:
    """An account in capitals was there before: nobody signs up as it in small letters by a link of before."""
    link = link_for(layer, "spelt@desk.example")
    make_account(owner, "SPELT@desk.example")

    refused = sign_up(web, link, "spelt@desk.example")
    assert refused.status_code == 403
    assert "an account of this e-mail address already" in refused.text


def test_links_are_not_in_the_log_and_not_in_the_database(
    layer: Layer, web: httpx.Client, studio_workspace: Workspace
) -> None:
    """A used one, a refused one and an open one: no token of them stands there, nor in any answer."""
    links = [link_for(layer, f"secret{number}@desk.example") for number in range(3)]
    assert sign_up(web, links[0], "secret0@desk.example").is_redirect
    web.cookies.clear()
    assert sign_up(web, links[1], "other@desk.example").status_code == 403
    tokens = [link.partition("token=")[2] for link in links]

    log = (studio_workspace.studio / "server.log").read_text(encoding="utf-8", errors="replace")
    assert "refused to sign somebody up" in log
    with closing(sqlite3.connect(studio_workspace.studio / "data" / "label_studio.sqlite3")) as database:
        kept = "\n".join(database.iterdump())
    answers = str(layer.people(0)) + layer.studio.transport.read("labeling/api/invitations/", "list").text
    assert "secret2@desk.example" in answers
    for token in tokens:
        for place in (log, kept, answers):
            assert token not in place


# --- people ----------------------------------------------------------------------------------------------------------


def test_somebody_who_is_taken_out_gives_back_what_is_not_submitted(
    layer: Layer, studio: Credentials, project: tuple[int, list[int]]
) -> None:
    """What they have submitted stays theirs, and so does the reading of it."""
    number, tasks = project
    key = add_user(studio, "leaver@desk.example", PHRASE)
    layer.bring_plan(number, plan_of(("leaver@desk.example", "reader"), ("l@desk.example", "adjudicator"), tasks=tasks))
    with connect_to(studio.url, key) as leaver:
        leaver.transport.write("POST", f"api/tasks/{tasks[1]}/annotations/", "submit", json={"result": []})
    assert [(each.assigned, each.done) for each in people(layer, number, "leaver@desk.example")] == [(3, 1)]

    assert layer.remove("Leaver@desk.example", number) == (2, 1)
    assert [each["task"] for each in layer.plan(number)["assignments"]] == [tasks[1]]
    assert layer.remove("l@desk.example", number) == (0, 0)
    assert [each["email"] for each in layer.plan(number)["people"]] == ["leaver@desk.example"]
