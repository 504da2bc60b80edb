"""What custody costs: its part of a verb beside the whole verb; the ratio is to be under 0.05."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset as compile_gold
from labeling.passages.cluster import cluster
from labeling.splits.split import split
from labeling.studio.sync.pull_collection import files_built_upon
from labeling.workspace.custody import are_as_left, keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.file_digests import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from labeling.project import Project


def measure(bench: Bench) -> Iterator[Figure]:
    """The two verbs that read every file to its end, whatever the cache knows."""
    project = bench.project("custody")
    project.workspace.articles.write(each.article for each in bench.corpus)
    project.workspace.annotations.write(each.said for each in bench.corpus)
    project.workspace.quarantine.write(())
    # Of many articles some share passages, which only clusters keep in one split.
    cluster(project)
    adjudicate(project)
    split(project)
    compile_gold(project)
    bench.say("custody: its part of adjudicate and of compile")
    count = len(bench.corpus)
    times = side_by_side(
        bench.runs, lambda _: timed(lambda: _of_adjudicate(project)), lambda _: timed(lambda: adjudicate(project))
    )
    yield Figure("custody", "its part of adjudicate", "all of adjudicate", times, "articles", count)
    times = side_by_side(
        bench.runs, lambda _: timed(lambda: _of_compile(project)), lambda _: timed(lambda: _compiled(project))
    )
    yield Figure("custody", "its part of compile", "all of compile", times, "articles", count)


def of_pull(project: Project) -> None:
    """What a pull does for custody."""
    workspace = project.workspace
    both = (workspace.annotations, workspace.quarantine, workspace.signed)
    writes = (*both, workspace.pulled, workspace.watermark, workspace.users, workspace.ask_again)
    reads = (*both, workspace.articles, workspace.asked)
    # A pull has written all of them anew, and a kept answer besides.
    (workspace.root / CACHE).unlink(missing_ok=True)
    with workspace.opened(), keep_custody(workspace, "pull", reads=reads, writes=writes) as notes:
        are_as_left(workspace, files_built_upon(workspace), found=False)
        notes.written.append(f"{workspace.pulls.name}/{max(path.name for path in workspace.pulls.iterdir())}")


def _of_adjudicate(project: Project) -> None:
    workspace = project.workspace
    reads = (workspace.annotations, workspace.quarantine, workspace.asked, workspace.imported, workspace.articles)
    writes = (workspace.gold, workspace.conflicts, workspace.ledger)
    with workspace.opened(), keep_custody(workspace, "adjudicate", reads=reads, writes=writes, always_hash=True):
        pass


def _of_compile(project: Project) -> None:
    workspace = project.workspace
    said = (workspace.articles, workspace.annotations, workspace.quarantine, workspace.asked, workspace.imported)
    made = (workspace.gold, workspace.ledger, workspace.splits, workspace.leakage)
    with (
        workspace.opened(),
        keep_custody(workspace, "compile", reads=(*said, *made), writes=(LATEST_MANIFEST,), always_hash=True),
    ):
        pass


def _compiled(project: Project) -> None:
    shutil.rmtree(project.workspace.corpora, ignore_errors=True)
    compile_gold(project)
