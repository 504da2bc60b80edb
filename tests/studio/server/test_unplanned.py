"""A project without a plan: Label Studio's own queue, and yet nothing in an answer that tells what others did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from team import ANNA, BOB, Member, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

LISTED = "/api/projects?page_size=1000"


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


def told(reader: Member, project: int, tasks: list[int]) -> dict[str, Any]:
    """All that a reader is told of a project: its numbers in each place, its table, its tasks, its pages."""
    # The lists come in pages of a hundred at most, the first with the newest; the counts come in no order.
    several = [LISTED, f"/api/projects/counts?ids={project}", f"{LISTED}&include=id,queue_total,finished_task_number"]
    paths = [
        f"/api/projects/{project}",
        f"/api/dm/project?project={project}",
        f"/api/dm/views?project={project}",
        f"/api/dm/columns?project={project}",
        f"/api/tasks?project={project}",
        f"/api/tasks?project={project}&fields=all&page_size=2",
        f"/api/projects/{project}/label-stream-history",
        *(f"/api/tasks/{task}{part}" for task in tasks for part in ("", "/annotations", "/drafts")),
    ]
    found = {path: reader.calls.get(path).raise_for_status().json() for path in paths}
    for path in several:
        rows = reader.calls.get(path).raise_for_status().json()["results"]
        found[path] = [row for row in rows if row["id"] == project]
        assert len(found[path]) == 1, path
    return {path: without_age(value) for path, value in found.items()}


def without_age(value: Any) -> Any:
    """An answer without how long ago something was, which grows by itself."""
    if isinstance(value, list):
        return [without_age(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without_age(each) for name, each in value.items() if name != "created_ago"}


def test_no_answer_changes_by_what_others_do(team: Team) -> None:
    """Submissions, skips, drafts, stars, deletions of others: whatever a reader asks for is as it was."""
    olga, piet = team.reader("olga"), team.reader("piet")
    project, tasks = team.project(6, skip_queue="REQUEUE_FOR_ME")
    for task in tasks[:3]:
        team.owner.calls.patch(f"/api/tasks/{task}", json={"overlap": 2}).raise_for_status()
    piet.submit(tasks[0], span("p", ANNA)).raise_for_status()
    piet.submit(tasks[1], was_cancelled=True).raise_for_status()
    piet.calls.post(f"/api/tasks/{tasks[5]}/drafts", json={"result": [span("pd", BOB)]}).raise_for_status()
    before = told(piet, project, [tasks[0], tasks[5]])

    gone = olga.submit(tasks[0], span("o", BOB)).raise_for_status().json()["id"]
    starred = olga.submit(tasks[2], span("o", BOB)).raise_for_status().json()["id"]
    olga.submit(tasks[3], was_cancelled=True).raise_for_status()
    olga.calls.post(f"/api/tasks/{tasks[5]}/drafts", json={"result": [span("od", BOB)]}).raise_for_status()
    team.owner.submit(tasks[4], span("w", ANNA)).raise_for_status()
    team.owner.calls.patch(f"/api/annotations/{starred}", json={"ground_truth": True}).raise_for_status()
    olga.next(project)
    assert told(piet, project, [tasks[0], tasks[5]]) == before
    olga.calls.delete(f"/api/annotations/{gone}").raise_for_status()
    assert told(piet, project, [tasks[0], tasks[5]]) == before

    page, listed = before[f"/api/dm/project?project={project}"], before[LISTED][0]
    # Six articles: one is submitted, and one skipped, which comes up again.
    assert [(one["queue_done"], one["queue_total"]) for one in (page, listed)] == [(1, 6), (1, 6)]
    assert (listed["finished_task_number"], listed["task_number"]) == (2, 6)
    # It is others that count for nothing, and not nobody: the owner is told of all.
    whole = team.owner.calls.get(f"/api/projects/{project}").json()
    assert (whole["num_tasks_with_annotations"], whole["skipped_annotations_number"]) == (2, 2)


def suggestions(reader: Member, task: int) -> list[str]:
    """The suggestions that a reader is shown with a task."""
    return sorted(each["model_version"] for each in reader.calls.get(f"/api/tasks/{task}").json()["predictions"])


def suggest(team: Team, task: int, version: str) -> None:
    """Bring a suggestion to a task."""
    body = {"task": task, "model_version": version, "result": [span(version, ANNA)]}
    team.owner.calls.post("/api/predictions", json=body).raise_for_status()


def test_projected_words_are_shown_where_one_reads(team: Team) -> None:
    """Without a plan nobody is a second reader of an article, unless Label Studio's overlap gives it to two."""
    olga, piet = team.reader("olga"), team.reader("piet")
    _, (task, *_) = team.project(1)
    project, (twice, once) = team.project(2)
    team.owner.calls.patch(f"/api/tasks/{twice}", json={"overlap": 2}).raise_for_status()
    for each in (task, twice, once):
        suggest(team, each, "projected:reprint")
        suggest(team, each, "model")

    assert suggestions(olga, task) == suggestions(piet, task) == ["model", "projected:reprint"]
    # Which of the project's articles are of one story is not known here: one that is read twice speaks for all.
    assert suggestions(olga, twice) == suggestions(olga, once) == ["model"]
    answer = olga.next(project).json()
    assert "projected:reprint" not in [each["model_version"] for each in answer["predictions"]]
    assert suggestions(team.owner, twice) == ["model", "projected:reprint"]


def test_a_second_reader_by_overlap_gets_what_the_first_had(team: Team) -> None:
    """What came after the first had opened the article is shown to neither; where one reads, all is shown."""
    olga, piet = team.reader("olga"), team.reader("piet")
    for overlap, expected in ((2, ["unplanned-1"]), (1, ["unplanned-1", "unplanned-2"])):
        _, (task, *_) = team.project(1, maximum_annotations=overlap)
        suggest(team, task, "unplanned-1")
        assert suggestions(olga, task) == ["unplanned-1"]
        suggest(team, task, "unplanned-2")
        assert suggestions(piet, task) == suggestions(olga, task) == expected
