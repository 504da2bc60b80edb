"""The order of what is open on a server of ours: within each reader's plan, to all without one, whatever they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gate_order import bring_order
from team import ANNA, Member, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


def read_all(member: Member, project: int) -> list[int]:
    """What a member is served until the end, each submitted."""
    served = list[int]()
    while (answer := member.next(project)).status_code == 200:
        served.append(answer.json()["id"])
        member.submit(served[-1])
    return served


def test_the_order_served_is_the_order_planned(team: Team) -> None:
    """Two readers of six articles, one with a gold question third: each has the queue's order among their own."""
    olof, pia = team.reader("olof"), team.reader("pia")
    project, tasks = team.project(7)
    a, b, c, d, e, f, gold = tasks
    team.plan(project, {"olof": [a, b, gold, c, d], "pia": [f, e, d]}, gold=[gold])
    bring_order(team, project, {d: True, f: True, c: True, b: True, e: True, a: True})

    assert read_all(olof, project) == [d, c, gold, b, a]
    assert read_all(pia, project) == [d, f, e]


def test_a_new_order_leaves_what_is_begun(team: Team) -> None:
    """A draft comes first, what is submitted does not come again, and the gold question is third as before."""
    olof = team.reader("olof")
    project, tasks = team.project(5)
    a, b, c, d, gold = tasks
    team.plan(project, {"olof": [a, b, gold, c, d]}, gold=[gold])
    bring_order(team, project, {d: True, c: True, b: True, a: True})
    olof.submit(d)
    olof.calls.post(f"/api/tasks/{c}/drafts", json={"result": [span("s", ANNA)]}).raise_for_status()
    bring_order(team, project, {a: True, b: True})

    assert read_all(olof, project) == [c, gold, a, b]


def test_without_a_plan_all_are_served_the_order(team: Team) -> None:
    """Each gets the first that nobody else was given; another order counts at once, but for what is begun."""
    olof, pia = team.reader("olof"), team.reader("pia")
    project, (a, b, c, d, e) = team.project(5)
    bring_order(team, project, {e: True, c: True, d: True, b: True})

    assert [olof.next(project).json()["id"] for _ in range(2)] == [e, e]
    assert pia.next(project).json()["id"] == c
    assert team.owner.next(project).json()["id"] == d
    pia.calls.post(f"/api/tasks/{c}/drafts", json={"result": [span("s", ANNA)]}).raise_for_status()
    bring_order(team, project, {b: True, a: True, c: True, e: True, d: True})
    assert (olof.next(project).json()["id"], pia.next(project).json()["id"]) == (b, c)
    # The owner holds the fourth no longer: somebody else may have it.
    assert team.owner.next(project).json()["id"] == a
    assert read_all(olof, project) == [b, e, d]


def test_what_the_order_leaves_out_is_label_studios(team: Team) -> None:
    """After the queue's only article the others come by its own queue; without an order, all of them do."""
    olof = team.reader("olof")
    project, tasks = team.project(3)
    bring_order(team, project, {tasks[2]: True})
    assert read_all(olof, project) == [tasks[2], tasks[0], tasks[1]]


def test_unassisted_articles_are_shown_with_no_suggestion(team: Team) -> None:
    """Not even with one that somebody brought past `push`, and not when they have left the queue."""
    olof, pia = team.reader("olof"), team.reader("pia")
    project, (a, b) = team.project(2)
    team.plan(project, {"olof": [a, b], "pia": [a]})
    for task in (a, b):
        prediction = {"task": task, "result": [span("s", ANNA)], "model_version": "theirs"}
        team.owner.calls.post("/api/predictions", json=prediction).raise_for_status()
    team.owner.calls.patch(f"/api/projects/{project}", json={"model_version": "theirs"}).raise_for_status()
    bring_order(team, project, {b: True, a: False})

    def shown(member: Member, task: int) -> int:
        return len(member.calls.get(f"/api/tasks/{task}").json()["predictions"])

    assert (shown(olof, a), shown(olof, b)) == (0, 1)
    olof.submit(a)
    bring_order(team, project, {b: True})
    assert (shown(pia, a), shown(olof, a)) == (0, 0)
    # Where it is said otherwise of the same article, that holds.
    bring_order(team, project, {b: False, a: True})
    assert (shown(olof, b), len(olof.next(project).json()["predictions"])) == (0, 0)
