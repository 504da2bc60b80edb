"""The layer's queue on the real embedded server: who is served what, by every way in, and what is kept of it."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from team import ANNA, BOB, MET, ROME, Member, Team, gather_team, relation, span

from labeling.studio.server.package import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

pytestmark = pytest.mark.studio


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


def ways(member: Member, project: int) -> list[httpx.Response]:
    """Every way into the queue: button, reloaded address, bookmark or link, the stream of a tab, and the API's own."""
    chosen: dict[str, Any] = {
        "selectedItems": {"all": True, "excluded": []},
        "filters": {"conjunction": "and", "items": []},
    }
    where: dict[str, Any] = {"id": "next_task", "project": project}
    return [
        member.next(project),
        member.calls.post("/api/dm/actions", params=where, json={**chosen, "ordering": []}),
        member.calls.post(
            "/api/dm/actions/", params=where, json={**chosen, "project": project, "ordering": ["-tasks:id"]}
        ),
        member.calls.post("/api/dm/actions", params={**where, "tabID": 0}, json={"project": project}),
        member.calls.post("/api/dm/actions", params=where, data={"project": project}),
        member.calls.get(f"/api/projects/{project}/next"),
    ]


# --- the queue -------------------------------------------------------------------------------------------------------


def test_every_way_into_the_queue_serves_the_callers_own_next(team: Team) -> None:
    """Two readers of the same two articles in two orders, until both are at the end; nobody is stopped by a lock."""
    ana, ben = team.reader("ana"), team.reader("ben")
    project, tasks = team.project(3)
    team.plan(project, {"ana": tasks[:2], "ben": tasks[1::-1]})

    for n in range(2):
        assert [each.json()["id"] for each in ways(ana, project)] == [tasks[n]] * 6
        assert [each.json()["id"] for each in ways(ben, project)] == [tasks[1 - n]] * 6
        assert (ana.submit(tasks[n]).status_code, ben.submit(tasks[1 - n]).status_code) == (201, 201)
    assert {each.status_code for one in (ana, ben) for each in ways(one, project)} == {404}
    # What nobody is to read stays unread.
    assert [row["total_annotations"] for row in _rows(team.owner, project)] == [2, 2, 0]


def test_what_was_put_off_comes_after_everything_else(team: Team) -> None:
    """The page's forward arrow postpones a draft, which comes last; a skip comes back where the project says so."""
    ana = team.reader("ana")
    project, tasks = team.project(3)
    team.plan(project, {"ana": tasks})
    put_off = {"result": [span("a", ANNA)], "was_postponed": True}
    ana.calls.post(f"/api/tasks/{tasks[0]}/drafts", json=put_off).raise_for_status()
    assert ana.next(project).json()["id"] == tasks[1]
    ana.submit(tasks[1], was_cancelled=True)
    assert ana.next(project).json()["id"] == tasks[2]
    ana.submit(tasks[2])
    served = ana.next(project).json()
    assert (served["id"], served["drafts"][0]["result"]) == (tasks[0], [span("a", ANNA)])
    ana.submit(tasks[0], draft_id=served["drafts"][0]["id"])
    assert ana.next(project).status_code == 404
    team.owner.calls.patch(f"/api/projects/{project}", json={"skip_queue": "REQUEUE_FOR_ME"}).raise_for_status()
    assert ana.next(project).json()["id"] == tasks[1]


# --- one annotation a reader and article -----------------------------------------------------------------------------


def test_a_second_submission_of_a_reader_changes_the_first(team: Team) -> None:
    """From another tab, with other words: one annotation, the last words in it, the first ones kept as first."""
    ana = team.reader("ana")
    project, (task, *_) = team.project(2)
    team.plan(project, {"ana": [task]})
    first = ana.submit(task, span("a", ANNA))
    second = ana.submit(task, span("a", ANNA), span("b", BOB))

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert [len(each["result"]) for each in ana.own(task)] == [2]
    assert [(row["annotation"], row["result"]) for row in team.kept(project, "first", task)] == [
        (first.json()["id"], first.json()["result"])
    ]
    again = ana.submit(task, span("a", ANNA), span("b", BOB))
    assert (again.status_code, again.json()["updated_at"]) == (200, second.json()["updated_at"])


def test_submissions_at_once_are_one_annotation(team: Team) -> None:
    """Eight at a time, each with words of its own: one annotation, with the words of one; the first are kept."""
    ana = team.reader("ana")
    project, (task, *_) = team.project(1)
    team.plan(project, {"ana": [task]})
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda n: ana.submit(task, span(f"s{n}", ANNA)), range(8)))

    assert sorted(each.status_code for each in sent) == [200] * 7 + [201]
    assert len({each.json()["id"] for each in sent}) == 1
    assert len(ana.own(task)) == 1
    created = next(each for each in sent if each.status_code == 201)
    assert [row["result"] for row in team.kept(project, "first", task)] == [created.json()["result"]]


def test_a_submission_while_the_database_is_locked_is_taken_once(team: Team, studio_workspace: Workspace) -> None:
    """Another program holds it for longer than Label Studio waits at a time: two requests are one annotation."""
    database = studio_workspace.root / "studio" / "data" / DATABASE
    ana = team.reader("ana")
    project, (task, *_) = team.project(1)
    team.plan(project, {"ana": [task]})
    with ThreadPoolExecutor(2) as threads:
        with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            sent = [threads.submit(ana.submit, task, span("a", ANNA)) for _ in range(2)]
            time.sleep(5.5)
            holder.execute("ROLLBACK")
        statuses = sorted(each.result().status_code for each in sent)

    assert statuses == [200, 201]
    assert (len(ana.own(task)), len(team.kept(project, "first", task))) == (1, 1)


def test_a_skip_is_no_first_word_and_skips_nothing_that_is_submitted(team: Team) -> None:
    """Skipped, skipped by a second click, then submitted: one annotation, its first words the submitted ones."""
    ana = team.reader("ana")
    project, (task, *_) = team.project(1)
    team.plan(project, {"ana": [task]})
    skipped = [ana.submit(task, was_cancelled=True) for _ in range(2)]
    assert [each.status_code for each in skipped] == [201, 200]
    assert team.kept(project, "first", task) == []
    assert ana.next(project).status_code == 404
    submitted = ana.submit(task, span("a", ANNA))
    late = ana.submit(task, was_cancelled=True)

    assert (submitted.status_code, submitted.json()["was_cancelled"]) == (200, False)
    assert (late.status_code, late.json()["was_cancelled"], len(late.json()["result"])) == (200, False, 1)
    assert [len(row["result"]) for row in team.kept(project, "first", task)] == [1]
    row = next(each for each in _rows(team.owner, project) if each["id"] == task)
    assert (row["total_annotations"], row["cancelled_annotations"]) == (1, 0)


def test_first_words_are_kept_only_of_what_label_studio_took(team: Team) -> None:
    """A result that is not a list is refused by the server and leaves nothing; the owner's words are kept as well."""
    ana = team.reader("ana")
    project, (task, other) = team.project(2)
    team.plan(project, {"ana": [task]})
    assert ana.calls.post(f"/api/tasks/{task}/annotations", json={"result": {"a": 1}}).status_code == 400
    assert team.kept(project, "first", task) == []
    assert team.owner.submit(other, span("a", ANNA)).status_code == 201
    assert team.owner.submit(other, span("b", BOB)).status_code == 201
    assert team.owner.submit(task, span("b", BOB), completed_by=ana.number).status_code == 201

    assert [(row["account"], len(row["result"])) for row in team.kept(project, "first", other)] == [
        (team.owner.number, 1)
    ]
    assert team.kept(project, "first", task) == []


# --- relations -------------------------------------------------------------------------------------------------------


def test_a_relation_that_the_schema_does_not_join_is_refused_and_kept_as_draft(team: Team) -> None:
    """The page shows the sentence; what was refused is the reader's draft, once; mended it is taken, the draft gone."""
    ana = team.reader("ana")
    project, (task, *_) = team.project(1)
    team.plan(project, {"ana": [task]}, {"relations": MET})
    spans, drawn = [span("a", ANNA), span("b", BOB), span("r", ROME)], relation("a", "r", "MET")
    refused = [ana.submit(task, *spans, drawn) for _ in range(2)][-1]

    assert refused.status_code == 403
    assert refused.json()["display_context"] == {"reason": "PAUSED"}
    assert "MET may not go from “Anna” to “Rome”: it joins PERSON to PLACE here" in refused.json()["detail"]
    assert ana.own(task) == []
    assert [draft["result"] for draft in ana.drafts(task)] == [[*spans, drawn]]
    assert [(row["account"], row["why"]) for row in team.kept(project, "refused", task)] == [
        (ana.number, refused.json()["detail"])
    ]
    assert team.kept(project, "first", task) == []
    assert ana.next(project).json()["drafts"][0]["result"] == [*spans, drawn]

    mended = ana.submit(task, *spans, relation("a", "b", "MET"))
    assert (mended.status_code, ana.drafts(task)) == (201, [])
    changed = ana.calls.patch(f"/api/annotations/{mended.json()['id']}", json={"result": [*spans, drawn]})
    assert changed.status_code == 403
    assert [(draft["annotation"], draft["result"]) for draft in ana.drafts(task)] == [
        (mended.json()["id"], [*spans, drawn])
    ]
    assert ana.own(task)[0]["result"][-1] == relation("a", "b", "MET")
    changed = ana.calls.patch(f"/api/annotations/{mended.json()['id']}", json={"result": spans})
    assert (changed.status_code, ana.drafts(task)) == (200, [])


def test_no_way_of_sending_it_lets_a_relation_through(team: Team) -> None:
    """A skip taken back, a result written as a string, a form, another project in the query, a slash: all refused."""
    ana = team.reader("ana")
    project, (task, other) = team.project(2)
    team.plan(project, {"ana": [task, other]}, {"relations": MET})
    result = [span("a", ANNA), span("r", ROME), relation("a", "r", "MET")]
    for path in (f"/api/tasks/{task}/annotations", f"/api/tasks/{task}/annotations/?project=99"):
        sent: Any
        for sent in ({"json": {"result": result}}, {"json": {"result": json.dumps(result)}}):
            assert ana.calls.post(path, **sent).status_code == 403
    assert ana.calls.post(path, data={"result": json.dumps(result)}).status_code == 403
    skipped = ana.submit(other, *result, was_cancelled=True).json()["id"]
    for change in ({"was_cancelled": False}, {"was_cancelled": False, "result": result}):
        taken_back = ana.calls.patch(f"/api/annotations/{skipped}?was_cancelled=1&project=99", json=change)
        assert taken_back.status_code == 403
    assert [each["was_cancelled"] for each in ana.own(other)] == [True]
    assert ana.own(task) == []


# --- what is looked at again -----------------------------------------------------------------------------------------


def test_what_is_looked_at_again_comes_up_as_the_readers_own_annotation(team: Team) -> None:
    """With a draft of it, so that the page opens it to be updated, and with why; once updated it comes up no more."""
    ana = team.reader("ana")
    project, tasks = team.project(3)
    team.plan(project, {"ana": tasks})
    own = ana.submit(tasks[0], span("a", ANNA)).json()["id"]
    team.ask_again(project, "ana", tasks[0], "label PLACE", "asked for since Monday")
    served = [each.json() for each in ways(ana, project)]

    assert {each["id"] for each in served} == {tasks[0]}
    assert [[each["id"] for each in one["annotations"]] for one in served] == [[own]] * 6
    assert len({one["drafts"][0]["id"] for one in served}) == 1
    draft = served[0]["drafts"][0]
    assert (draft["annotation"], draft["result"]) == (own, [span("a", ANNA)])
    assert served[0]["data"]["labeling_again"] == "label PLACE: asked for since Monday"
    assert "$labeling_again" in ana.calls.get("/api/dm/project", params={"project": project}).json()["label_config"]
    ana.calls.patch(f"/api/annotations/{own}", json={"result": [span("a", ANNA), span("r", ROME)]}).raise_for_status()

    following = ana.next(project).json()
    assert (following["id"], following["annotations"]) == (tasks[1], [])
    assert "labeling_again" not in following["data"]
    assert [len(row["result"]) for row in team.kept(project, "first", tasks[0])] == [1]


# --- what the page is told -------------------------------------------------------------------------------------------


def test_counts_are_the_readers_own(team: Team) -> None:
    """Three of eight are assigned, one of them submitted, one skipped; another reader's work counts for nothing."""
    ana, ben = team.reader("ana"), team.reader("ben")
    project, tasks = team.project(8)
    team.plan(project, {"ana": tasks[:3], "ben": tasks[1:]})
    ana.submit(tasks[0])
    ana.submit(tasks[1], was_cancelled=True)
    for task in tasks[3:6]:
        ben.submit(task)
    page = ana.calls.get("/api/dm/project", params={"project": project}).json()
    listed = ana.calls.get("/api/projects", params={"include": "id,task_number,finished_task_number"}).json()["results"]
    own = next(each for each in listed if each["id"] == project)

    assert (page["queue_done"], page["queue_total"]) == (2, 3)
    assert (own["finished_task_number"], own["task_number"]) == (2, 3)
    team.ask_again(project, "ana", tasks[0], "label PLACE", "new")
    page = ana.calls.get("/api/dm/project", params={"project": project}).json()
    assert (page["queue_done"], page["queue_total"]) == (1, 3)


def test_the_table_and_a_tasks_address_show_what_is_assigned(team: Team) -> None:
    """Whichever way the project is named; a stranger to the plan is shown nothing, an owner everything."""
    ana, cleo = team.reader("ana"), team.reader("cleo")
    project, tasks = team.project(5)
    team.plan(project, {"ana": [tasks[3], tasks[1]]})
    asked = [
        ana.calls.get("/api/tasks", params={"project": project}),
        ana.calls.get(f"/api/projects/{project}/tasks"),
        ana.calls.request("GET", "/api/tasks", json={"project": project}),
    ]

    for answer in (each for each in asked if each.status_code == 200):
        rows = answer.json()
        assert {row["id"] for row in (rows["tasks"] if isinstance(rows, dict) else rows)} == {tasks[1], tasks[3]}
    assert [ana.calls.get(f"/api/tasks/{task}").status_code for task in tasks] == [404, 200, 404, 200, 404]
    assert ana.submit(tasks[0]).status_code == 404
    assert ana.calls.get(f"/api/tasks/{tasks[0]}", params={"project": 99}).status_code == 404
    assert cleo.next(project).status_code == 404
    assert _rows(cleo, project) == []
    assert len(_rows(team.owner, project)) == 5


def test_a_gold_question_is_not_told_apart_in_any_answer(team: Team) -> None:
    """Its gold is settled and starred, and has a reader of before: what is asked on its way tells it from no other."""
    ana, ben = team.reader("ana"), team.reader("ben")
    project, tasks = team.project(3, annotator_evaluation_enabled=True)
    for task in tasks:
        body = {"task": task, "result": [span("a", ANNA)], "model_version": "m"}
        team.owner.calls.post("/api/predictions", json=body).raise_for_status()
    team.owner.calls.patch(f"/api/projects/{project}", json={"model_version": "m"}).raise_for_status()
    team.plan(project, {"ben": tasks})
    ben.submit(tasks[1], span("a", ANNA)).raise_for_status()
    team.owner.submit(tasks[1], span("a", ANNA), ground_truth=True).raise_for_status()
    team.plan(project, {"ana": tasks, "ben": tasks[2:]}, gold=tasks[1:2])
    seen = [_play(ana, project, task) for task in tasks]

    (plain, gold, other) = ([json.dumps(each) for each in answers] for answers in seen)
    assert len(gold) == 17
    assert (plain, other) == (gold, gold)
    assert not [each for each in gold if 'ground_truth": true' in each]
    history = ana.calls.get(f"/api/projects/{project}/label-stream-history").json()
    assert [(each["taskId"], sorted(each)) for each in history] == [(n, ["annotationId", "taskId"]) for n in tasks]


def _play(one: Member, project: int, task: int) -> list[Any]:
    """All that the page and a curious reader ask on the way through one article, as far as it is of no number."""
    counts = [
        one.calls.get("/api/dm/project", params={"project": project}),
        one.calls.get(f"/api/projects/{project}"),
        one.calls.get("/api/projects", params={"ids": project}),
    ]
    asked = [one.next(project), one.calls.get(f"/api/projects/{project}/next")]
    assert [each.json()["id"] for each in asked] == [task, task]
    asked += [
        one.calls.get(f"/api/tasks/{task}{more}") for more in ("", "/?interaction=timer", "/annotations", "/drafts")
    ]
    row = next(each for each in _rows(one, project) if each["id"] == task)
    drafted = one.calls.post(f"/api/tasks/{task}/drafts", json={"result": [span("a", ANNA)]})
    sent = one.submit(task, span("a", ANNA), draft_id=drafted.json()["id"])
    own = f"/api/annotations/{sent.json()['id']}"
    asked += [drafted, sent, one.calls.get(own), one.calls.patch(own, json={"result": [span("b", BOB)]})]
    asked += [one.calls.get(f"/api/tasks/{task}"), one.calls.get(f"/api/tasks/{task}/agreement")]
    asked += [one.calls.delete(own), one.submit(task)]
    late = next(each for each in _rows(one, project) if each["id"] == task)
    told = [(each.status_code, _headers(each), each.json() if each.content else None) for each in asked]
    progress = [(each.status_code, sorted(each.headers), len(each.content)) for each in counts]
    return [*(_without_numbers(list(each)) for each in told), *map(_without_numbers, (row, late)), progress]


def _headers(answer: httpx.Response) -> dict[str, str]:
    """An answer's headers, but for what differs from one second, or from one number of a row, to the next."""
    return {
        name: value for name, value in answer.headers.items() if name not in ("date", "set-cookie", "content-length")
    }


def test_without_a_plan_label_studios_own_queue_serves(team: Team) -> None:
    """Two readers get different articles by their locks; so do an owner and an adjudicator with nothing assigned."""
    ana, ben, lee = team.reader("ana"), team.reader("ben"), team.reader("lee")
    project, tasks = team.project(3)
    served = [one.next(project).json()["id"] for one in (ana, ben, team.owner)]

    assert sorted(served) == tasks
    team.plan(project, {"ben": tasks[:1]}, leads=["lee"])
    assert ben.next(project).json()["id"] == tasks[0]
    assert [one.next(project).status_code for one in (team.owner, lee)] == [200, 404]
    # All three are locked by the others; of a fourth one he is served what nobody holds, though it is nobody's to read.
    (free,) = team.more(project, 1)
    assert lee.next(project).json()["id"] == free
    assert ana.next(project).status_code == 404


def test_the_instruction_opens_once_a_version_for_each_reader(team: Team) -> None:
    """It is shown until the reader has entered the queue; a new text opens again; another reader's is their own."""
    ana, ben = team.reader("ana"), team.reader("ben")
    project, tasks = team.project(2, show_instruction=True, expert_instruction="Mark people.")
    team.plan(project, {"ana": tasks, "ben": tasks})

    def opens(one: Member) -> list[bool]:
        asked = [f"/api/dm/project?project={project}", f"/api/projects/{project}"]
        return [one.calls.get(path).json()["show_instruction"] for path in asked]

    assert opens(ana) == [True, True]
    ana.next(project)
    assert (opens(ana), opens(ben), opens(team.owner)) == ([False, False], [True, True], [True, True])
    team.owner.calls.patch(f"/api/projects/{project}", json={"expert_instruction": "Mark people and places."})
    assert opens(ana) == [True, True]
    ana.next(project)
    assert opens(ana) == [False, False]


def test_suggestions_served_are_kept(team: Team) -> None:
    """By the queue and by the task's address, once; prediction 0 where there was none to show."""
    ana = team.reader("ana")
    project, tasks = team.project(2)
    body = {"task": tasks[0], "result": [span("a", ANNA)], "model_version": "m"}
    prediction = team.owner.calls.post("/api/predictions", json=body).raise_for_status().json()["id"]
    team.owner.calls.patch(f"/api/projects/{project}", json={"model_version": "m"}).raise_for_status()
    team.plan(project, {"ana": tasks})
    assert [each["id"] for each in ana.next(project).json()["predictions"]] == [prediction]
    for task in (tasks[1], tasks[0], tasks[1]):
        ana.calls.get(f"/api/tasks/{task}").raise_for_status()

    kept = [[(row["account"], row["prediction"]) for row in team.kept(project, "served", task)] for task in tasks]
    assert kept == [[(ana.number, prediction)], [(ana.number, 0)]]


def test_the_back_arrow_has_what_the_reader_was_served(team: Team) -> None:
    """The history of the stream, which a reload asks for, in the order in which articles were served."""
    ana = team.reader("ana")
    project, tasks = team.project(3)
    team.plan(project, {"ana": tasks[::-1]})
    for task in tasks[:0:-1]:
        assert ana.next(project).json()["id"] == task
        ana.submit(task)
    ana.next(project)
    history = ana.calls.get(f"/api/projects/{project}/label-stream-history").json()
    assert [each["taskId"] for each in history] == tasks[::-1]


def _without_numbers(value: Any) -> Any:
    """An answer without what differs between any two articles: numbers of rows, moments, and the text itself.

    Whether a moment is there, and whether something was changed after it was made, stays.
    """
    if isinstance(value, list):
        return [_without_numbers(each) for each in value]
    if not isinstance(value, dict):
        return value
    own = {"id", "inner_id", "data", "task", "annotations_ids", "created_ago"}
    made = value.get("created_at")
    moments = {name: [bool(each), each == made] for name, each in value.items() if name.endswith("_at")}
    return {name: "" if name in own else _without_numbers(each) for name, each in (value | moments).items()}


def _rows(member: Member, project: int) -> list[Any]:
    asked = member.calls.get("/api/tasks", params={"project": project, "page_size": 100}).json()
    return sorted(asked["tasks"], key=lambda row: row["id"])
