"""How much memory `compile` needs: that of a thousand articles beside twenty thousand."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.newswire import labelled
from labeling.verbs.adjudicate import adjudicate
from labeling.verbs.split import split
from labeling.workspace import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.figures import Figure
    from labeling.project import Project

_TIMES = 20
_MEGABYTE = 1_000_000


def measure(bench: Bench) -> Iterator[Figure]:
    """The peak of one process at so many articles, and at twenty times as many: a note, for it is no time."""
    told = []
    for articles in (bench.articles, _TIMES * bench.articles):
        bench.say(f"memory: {articles:,} articles, made")
        project = _ready(bench, articles)
        bench.say(f"memory: {articles:,} articles, compiled")
        told.append(f"{_peak(project) / _MEGABYTE:,.0f} MB for {articles:,} articles")
    bench.notes.append(f"peak memory of `labeling compile`, one process: {', '.join(told)}")
    yield from ()


def _ready(bench: Bench, articles: int) -> Project:
    """A project as far as `split`; the articles are made one by one, as often as they are needed."""
    project = bench.project(f"memory-{articles}")
    write_rows(project.workspace.articles, (each.article for each in labelled(articles)))
    write_rows(project.workspace.annotations, (each.said for each in labelled(articles)))
    write_rows(project.workspace.quarantine, ())
    adjudicate(project)
    split(project)
    return project


def _peak(project: Project) -> int:
    """The largest resident set of the command, in bytes."""
    command = [sys.executable, "-m", "labeling", "--workspace", str(project.workspace.root), "compile"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    # Linux counts in kilobytes, macOS in bytes.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
