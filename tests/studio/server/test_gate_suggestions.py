"""Suggestions that a push replaces, on the real embedded server: a second reader has what the first one had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from team import ANNA, BOB, ROME, Member, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

OLD, NEW = [span("o", ANNA)], [span("n", BOB), span("p", ROME)]


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


def suggest(team: Team, task: int, result: list[Any], version: str = "model:m") -> int:
    """Let a model suggest something, as `push` does with a task that is there."""
    body = {"task": task, "result": result, "model_version": version}
    return int(team.owner.calls.post("/api/predictions", json=body).raise_for_status().json()["id"])


def replace_suggestions(team: Team, project: int, tasks: list[int], result: list[Any]) -> None:
    """What `push` does where a model suggests something else than it did."""
    path = f"/api/projects/{project}/model-versions/"
    team.owner.calls.request("DELETE", path, json={"model_version": "model:m"}).raise_for_status()
    rows = [{"task": task, "result": result, "model_version": "model:m"} for task in tasks]
    team.owner.calls.post(f"/api/projects/{project}/import/predictions", json=rows).raise_for_status()


def seen_by(member: Member, task: int) -> list[Any]:
    """What a member's page shows of a task's suggestions, opened by its address."""
    opened = member.calls.get(f"/api/tasks/{task}").raise_for_status().json()
    assert opened["total_predictions"] == len(opened["predictions"])
    return [each["result"] for each in opened["predictions"]]


def next_of(member: Member, project: int) -> tuple[int, list[Any]]:
    """The next task of a member, and the suggestions that come with it."""
    served = member.next(project).raise_for_status().json()
    return served["id"], [each["result"] for each in served["predictions"]]


@pytest.mark.parametrize("begins", ["submit", "skip", "draft"])
def test_a_second_reader_has_what_the_first_began_with(team: Team, begins: str) -> None:
    """By address and by the queue, after a push has replaced it twice, and after the first one has left."""
    one, two = team.reader("begins-it"), team.reader("reads-it-second")
    project, tasks = team.project(2, show_collab_predictions=True, model_version="model:m")
    for task in tasks:
        suggest(team, task, OLD)
    team.plan(project, {"begins-it": tasks, "reads-it-second": tasks})
    assert next_of(one, project) == (tasks[0], [OLD])
    if begins == "draft":
        one.calls.post(f"/api/tasks/{tasks[0]}/drafts", json={"result": OLD}).raise_for_status()
    else:
        one.submit(tasks[0], *OLD, was_cancelled=begins == "skip").raise_for_status()
    replace_suggestions(team, project, tasks, NEW)
    suggest(team, tasks[0], NEW, "model:other")

    assert next_of(two, project) == (tasks[0], [OLD])
    assert seen_by(two, tasks[0]) == seen_by(one, tasks[0]) == [OLD]
    replace_suggestions(team, project, tasks, [])
    body = {"email": one.email, "project": project}
    team.owner.calls.request("DELETE", "/labeling/api/people/", json=body).raise_for_status()
    assert seen_by(two, tasks[0]) == [OLD]


def test_where_nobody_has_begun_the_new_ones_take_the_place_of_the_old(team: Team) -> None:
    """For both readers of a task, whether they had opened it or not, and for the only reader of another."""
    one, two = team.reader("only-looks"), team.reader("looks-too")
    project, tasks = team.project(3)
    for task in tasks:
        suggest(team, task, OLD)
    team.plan(project, {"only-looks": tasks, "looks-too": tasks[:2]})
    assert [seen_by(one, task) for task in tasks] == [[OLD]] * 3
    assert seen_by(two, tasks[0]) == [OLD]
    replace_suggestions(team, project, tasks, NEW)

    for task in tasks[:2]:
        assert seen_by(two, task) == seen_by(one, task) == [NEW]
    assert seen_by(one, tasks[2]) == [NEW]
    # Both have what the first of them has from now on.
    suggest(team, tasks[0], OLD, "model:later")
    assert seen_by(one, tasks[0]) == seen_by(two, tasks[0]) == [NEW]
    one.submit(tasks[0], *NEW).raise_for_status()
    replace_suggestions(team, project, tasks, OLD)
    assert seen_by(one, tasks[0]) == seen_by(two, tasks[0]) == [NEW]


def test_whoever_began_without_suggestions_leaves_the_second_without(team: Team) -> None:
    """There were none when the first one began; what a push brings afterwards is not what they had."""
    one, two = team.reader("begins-bare"), team.reader("second-bare")
    project, tasks = team.project(2)
    team.plan(project, {"begins-bare": tasks, "second-bare": tasks})
    assert [seen_by(one, task) for task in tasks] == [[], []]
    one.submit(tasks[0]).raise_for_status()
    for task in tasks:
        suggest(team, task, NEW)

    assert [seen_by(two, task) for task in tasks] == [[], [NEW]]


def test_what_is_made_of_a_suggestion_that_is_gone_is_taken(team: Team) -> None:
    """The page names the suggestion that it began with: Label Studio would refuse it. A strange one is refused."""
    one, two = team.reader("stands-on-it"), team.reader("stands-on-it-too")
    project, (task, other) = team.project(2)
    suggested, strange = suggest(team, task, OLD), suggest(team, other, OLD)
    team.plan(project, {"stands-on-it": [task], "stands-on-it-too": [task]})
    assert seen_by(one, task) == [OLD]
    replace_suggestions(team, project, [task], NEW)
    for number, expected in ((strange, 403), (10**8, 403), (suggested, 201)):
        assert one.submit(task, *OLD, parent_prediction=number).status_code == expected
    assert seen_by(two, task) == [OLD]
    assert two.submit(task, *OLD, parent_prediction=suggested).status_code == 201
    assert len(team.kept(project, "first", task)) == 2


def test_a_model_with_a_members_name_is_a_model(team: Team) -> None:
    """Its suggestions are shown to everybody, also after that member has made them their own; hers are not."""
    namesake, other = team.reader("mara"), team.reader("reads-mara")
    name = namesake.email.partition("@")[0]
    project, tasks = team.project(4)
    team.plan(project, {"mara": tasks, "reads-mara": tasks}, {"words_of": ["nobody"]})
    for task in tasks[:2]:
        suggest(team, task, OLD, name.upper() if task == tasks[1] else name)
    # The third is a copy of what she said, the fourth is signed by her address.
    namesake.submit(tasks[2], *NEW).raise_for_status()
    suggest(team, tasks[2], NEW, name)
    suggest(team, tasks[3], NEW, namesake.email)

    assert seen_by(namesake, tasks[0]) == [OLD]
    namesake.submit(tasks[0], *OLD).raise_for_status()
    assert [seen_by(other, task) for task in tasks] == [[OLD], [OLD], [], []]


def test_words_that_push_sent_are_somebodys(team: Team) -> None:
    """What was imported as hers is shown to nobody else, also where it was joined to something carried."""
    signed, other = team.reader("nora"), team.reader("reads-nora")
    name = signed.email.partition("@")[0]
    project, tasks = team.project(2)
    suggest(team, tasks[0], OLD, name)
    suggest(team, tasks[1], OLD, f"projected:+{name}")
    suggest(team, tasks[1], NEW, "model:m")
    team.plan(project, {"reads-nora": tasks, "nora": []}, {"words_of": [name.upper(), "carl"]})
    assert [seen_by(other, task) for task in tasks] == [[], [NEW]]
