"""Annotations from the server: `pull` beside the bare download of the server's own JSON export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.studio.client import connect
from labeling.studio.delivery import MOST_TASKS
from labeling.studio.link import prepared
from labeling.studio.wire import submission_of, task_of
from labeling.verbs.pull import pull

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled
    from labeling.project import Project
    from labeling.studio.wire import Json


def measure(bench: Bench) -> Iterator[Figure]:
    """Every article annotated once, all of it pulled."""
    server, project = bench.server, bench.ingested("pull")
    bench.say("pull: storing annotated articles")
    number = annotated(bench, project)
    with bench.caller() as raw:
        bench.say("pull: and the server's own export")
        times = side_by_side(
            bench.runs,
            lambda _: timed(lambda: pull(project, server=server)),
            lambda _: timed(lambda: _export(raw, number)),
        )
    yield Figure("pull", "one annotation each", "GET export, thrown away", times, "articles", len(bench.corpus))


def annotated(bench: Bench, project: Project) -> int:
    """The number of a new project on the server with every article in it, annotated."""
    tasks = [_task(each) for each in bench.corpus]
    with connect(project.workspace, bench.server) as studio:
        number = prepared(studio, project).number
        for at in range(0, len(tasks), MOST_TASKS):
            studio.import_tasks(number, tasks[at : at + MOST_TASKS])
    return number


def _task(each: Labelled) -> Json:
    return {**task_of(each.article, [each.suggested]), "annotations": [submission_of(each.said, each.article)]}


def _export(raw: httpx.Client, project: int) -> None:
    raw.get(f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true").raise_for_status()
