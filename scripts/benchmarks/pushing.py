"""Articles with suggestions to the server: `push` beside the server's own bulk import, and beside a loop in the SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from benchmarks.figures import Figure, Times, side_by_side, timed
from labeling.studio.api.connect import connect
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.tasks import task_of
from labeling.studio.sync.push import push
from labeling.studio.sync.push_delivery import MOST_TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from benchmarks.bench import Bench
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.format.regions import Json

_ONE_BY_ONE = 50  # articles; enough to see that it is slow


def measure(bench: Bench) -> Iterator[Figure]:
    """A first push, one with nothing new, and what people do without us."""
    server, count = bench.server, len(bench.corpus)
    projects = [_ready(bench, f"push-{run}") for run in range(bench.runs)]
    tasks = [task_of(each.article, [each.suggested]) for each in bench.corpus]
    bodies = _bodies(tasks)
    with connect(projects[0].workspace, server) as studio, bench.caller() as raw:
        others = [_empty(studio, projects[0]) for _ in projects]
        bench.say("push: new articles, and the server's own import of the same tasks")
        first = side_by_side(
            bench.runs,
            lambda run: timed(lambda: push(projects[run], server=server)),
            lambda run: timed(lambda: _import(raw, others[run], bodies)),
        )
        yield Figure("push", "new, each with 10 suggested spans", "POST import, same batches", first, "articles", count)
        bench.say("push: nothing new")
        again = side_by_side(
            bench.runs,
            lambda run: timed(lambda: push(projects[run], server=server)),
            lambda run: timed(lambda: _look(raw, others[run], projects[run])),
        )
        yield Figure("push", "nothing new", "GET project, parse our files", again, "articles", count)
        some = tasks[:_ONE_BY_ONE]
        bench.say(f"push: the SDK, one by one, {len(some)} articles")
        loop = timed(lambda: _one_by_one(studio, others[0], some))
        seconds = Times(first.ours[:1], (loop,))
        yield Figure("push", "new, as above", "SDK, one by one", seconds, "articles", count, len(some))


def _ready(bench: Bench, name: str) -> Project:
    project = bench.ingested(name)
    project.workspace.suggestions.write(each.suggested for each in bench.corpus)
    return project


def _empty(studio: Studio, project: Project) -> int:
    schema = project.schema
    return studio.create_project("benchmark", "", labelling_config(schema), labelling_instruction(schema))


def _bodies(tasks: Sequence[Json]) -> list[bytes]:
    """The requests, made beforehand: the floor is what the server needs."""
    return [json.dumps(tasks[at : at + MOST_TASKS]).encode() for at in range(0, len(tasks), MOST_TASKS)]


def _import(raw: httpx.Client, project: int, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        url = f"/api/projects/{project}/import?return_task_ids=true"
        raw.post(url, content=body, headers={"Content-Type": "application/json"}).raise_for_status()


def _look(raw: httpx.Client, number: int, project: Project) -> None:
    raw.get(f"/api/projects/{number}/").raise_for_status()
    for path in (project.workspace.articles.path, project.workspace.suggestions.path):
        with path.open("rb") as lines:
            for line in lines:
                json.loads(line)


def _one_by_one(studio: Studio, project: int, tasks: Sequence[Json]) -> None:
    for task in tasks:
        made = studio.transport.sdk.tasks.create(project=project, data=cast("Any", task["data"]))
        for prediction in cast("Any", task["predictions"]):
            studio.transport.sdk.predictions.create(task=made.id, **prediction)
