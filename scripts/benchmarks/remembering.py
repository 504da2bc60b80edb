"""How much memory `compile` needs: that of a thousand articles beside twenty thousand."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from benchmarks.newswire import labelled
from labeling.adjudication.adjudicate import adjudicate
from labeling.passages.cluster import cluster
from labeling.splits.split import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.figures import Figure
    from labeling.project import Project

_TIMES = 20
MEGABYTE = 1_000_000


def measure(bench: Bench) -> Iterator[Figure]:
    """The peak of one process at so many articles, and at twenty times as many: a note, for it is no time."""
    told = []
    for articles in (bench.articles, _TIMES * bench.articles):
        bench.say(f"memory: {articles:,} articles, made")
        project = _ready(bench, articles)
        bench.say(f"memory: {articles:,} articles, compiled")
        told.append(f"{peak_of(project, 'compile') / MEGABYTE:,.0f} MB for {articles:,} articles")
    bench.notes.append(f"peak memory of `labeling compile`, one process: {', '.join(told)}")
    yield from ()


def _ready(bench: Bench, articles: int) -> Project:
    """A project as far as `split`; the articles are made one by one, as often as they are needed."""
    project = bench.project(f"memory-{articles}")
    project.workspace.articles.write(each.article for each in labelled(articles))
    project.workspace.annotations.write(each.said for each in labelled(articles))
    project.workspace.quarantine.write(())
    adjudicate(project)
    # Of so many sentences by chance, some dozen share 12 words.
    cluster(project)
    split(project)
    return project


def peak_of(project: Project, verb: str) -> int:
    """The largest resident set of a verb's command, in bytes, looked at a hundred times a second.

    The system's own record of it begins with the size of the process that started the command.
    """
    command = [sys.executable, "-m", "labeling", "--workspace", str(project.workspace.root), verb]
    peak = 0
    with psutil.Popen(command, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            with suppress(psutil.Error):
                peak = max(peak, child.memory_info().rss)
            time.sleep(0.01)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return peak
