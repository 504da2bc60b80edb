"""What people said, kept up with: a whole pull, one of what has changed, and `status`, each beside the server's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.annotating import annotated
from benchmarks.figures import Figure, Times, side_by_side, timed
from benchmarks.keeping import of_pull
from labeling.studio.api.client import MOST_NUMBERS
from labeling.studio.sync.pull import pull
from labeling.studio.sync.pull_changes import LOOK_BACK
from labeling.studio.sync.status import status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled
    from labeling.annotations import Annotation
    from labeling.project import Project

_RUN = Path(__file__).parents[1] / "faulty" / "run.py"
_CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
_CHANGED = 100  # one article of so many is changed


def measure(bench: Bench) -> Iterator[Figure]:
    """Every article annotated once, with ten spans; one in a hundred changed before each pull of what has changed."""
    server, project = bench.server, bench.ingested("sync")
    bench.say("sync: storing annotated articles")
    number, stored = annotated(bench, project, _said), time.monotonic()
    with bench.caller() as raw:
        bench.say("sync: everything, and the server's own export")
        whole = side_by_side(
            bench.runs,
            lambda _: timed(lambda: pull(project, server=server)),
            lambda _: timed(lambda: _export(raw, number)),
        )
        yield Figure("sync", "pull, 10 spans each", "GET export, thrown away", whole, "articles", len(bench.corpus))
        part = side_by_side(
            bench.runs, lambda _: timed(lambda: of_pull(project)), lambda _: timed(lambda: pull(project, server=server))
        )
        yield Figure("sync", "custody's part of pull", "all of pull", part, "articles", len(bench.corpus))
        # A pull of changes looks back so far: what was stored just now would be listed as changed.
        time.sleep(max(0.0, LOOK_BACK.total_seconds() - (time.monotonic() - stored)))
        yield from _kept_up(bench, project, _Hand(raw, number, len(bench.corpus)))
    idle, busy = (_memory(bench, verb) for verb in ("idle", "pull"))
    bench.notes.append(
        f"a pull of all articles needs {busy:,.0f} MB at most, a client that only connects {idle:,.0f} MB"
    )


def _kept_up(bench: Bench, project: Project, hand: _Hand) -> Iterator[Figure]:
    bench.say("sync: what has changed, and everything")
    pull(project, server=bench.server)
    told = [_told(bench, project, hand.changed()) for _ in range(bench.runs)]
    changes = side_by_side(
        bench.runs,
        lambda _: _changes(bench, project, hand.changed()),
        lambda _: timed(lambda: pull(project, server=bench.server)),
    )
    yield Figure("sync", "pull --changes, 1 % changed", "a whole pull", changes)
    yield Figure("sync", "status, 1 % changed", "a whole pull", Times(tuple(told), changes.floor))


class _Hand:
    """Somebody who changes one annotation in a hundred, each time otherwise."""

    def __init__(self, raw: httpx.Client, project: int, articles: int) -> None:
        self._raw = raw
        asked: dict[str, str | int] = {"project": project, "fields": "all", "include": "id,annotations"}
        listed = raw.get("/api/tasks/", params={**asked, "page_size": max(1, articles // _CHANGED)}).json()["tasks"]
        self._annotations = [task["annotations"][0]["id"] for task in listed]
        self._times = count(1)

    def changed(self) -> int:
        """Change them; how many they are."""
        change = {"lead_time": float(next(self._times))}
        for annotation in self._annotations:
            self._raw.patch(f"/api/annotations/{annotation}/", json=change).raise_for_status()
        return len(self._annotations)


def _changes(bench: Bench, project: Project, wanted: int) -> float:
    return _insisted(lambda: pull(project, server=bench.server, changes=True).edited, wanted)


def _told(bench: Bench, project: Project, wanted: int) -> float:
    return _insisted(lambda: status(project, server=bench.server).not_pulled, wanted)


def _insisted(look: Callable[[], int], wanted: int) -> float:
    """The seconds of a look, which must see at least so many changes."""
    seen: list[int] = []
    seconds = timed(lambda: seen.append(look()))
    if seen[0] < wanted:
        raise click.ClickException(f"{seen[0]} changes were seen, not {wanted}")
    return seconds


def _said(each: Labelled) -> Annotation:
    """The ten suggested spans, as a person's."""
    return each.suggested.model_copy(update={"annotator": "ana"})


def _export(raw: httpx.Client, project: int) -> None:
    raw.get(f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true").raise_for_status()


def _memory(bench: Bench, verb: str) -> int:
    """The most memory, in MB, that a process of its own needs to do ``verb`` in the workspace that was measured in."""
    words = [verb, str(_CONFIG), str(bench.project("sync").workspace.root), str(MOST_NUMBERS), "1"]
    environment = {**os.environ, "LABEL_STUDIO_URL": bench.server.url, "LABEL_STUDIO_API_KEY": bench.server.api_key}
    done = subprocess.run([sys.executable, str(_RUN), *words], stdout=subprocess.PIPE, env=environment, check=True)
    return int(done.stdout.split()[-2]) // 1024
