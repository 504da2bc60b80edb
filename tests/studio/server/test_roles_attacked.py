"""What a reader tried on the real server: other spellings of numbers, and bodies that spoil answers to everybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from team import ANNA, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
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
