"""How fast passages are found, compared with datasketch's MinHash-LSH in the same run, on as many processors.

    python scripts/bench_passages.py [--articles 100000] [--reprints 0.1] [--ray local]

Each side runs in a process of its own on the same file, ours first, so that its peak of memory is its own. datasketch
gets a pool of as many processes as there are processors for its sketches, 128 permutations of 5-word shingles, and one
index at a Jaccard of 0.5; it finds pairs of similar articles, and no passages.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from benchmarks.clustering import PROCESSES, alike_in, found_in
from benchmarks.reprints import newswire

from labeling.workspace.flow import runner
from labeling.workspace.storage import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.articles import Article


@dataclass(frozen=True)
class Run:
    """One side: what it took, and how many of the copied passages it found whole."""

    name: str
    seconds: float
    processor: float
    megabytes: float
    found: int


@click.command()
@click.option("--articles", default=10_000, show_default=True, type=click.IntRange(min=10), help="How many.")
@click.option(
    "--reprints", default=0.1, show_default=True, type=click.FloatRange(0, 1), help="How many of them hold a passage."
)
@click.option("--ray", default="", metavar="ADDRESS", help="Run our side on a Ray cluster; local starts one.")
@click.option("--side", hidden=True, type=click.Choice(["ours", "datasketch"]))
@click.option("--file", hidden=True, type=click.Path(path_type=Path))
def main(articles: int, reprints: float, ray: str, side: str | None, file: Path | None) -> None:
    """Measure one side, or both and print a table."""
    if side and file:
        print(json.dumps(_run_ours(file, ray) if side == "ours" else _run_datasketch(file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "articles.jsonl"
        copies = list[tuple[str, str, int, int]]()
        write_rows(file, _write_newswire(articles, reprints, copies))
        file.with_suffix(".copies").write_text(json.dumps(copies), encoding="utf-8")
        runs = [_run_side(name, file, ray) for name in ("ours", "datasketch")]
    _print_table(articles, len(copies), runs)
    if ray:
        print("Ray's own processes are in neither the CPU seconds nor the memory of our side")


def _write_newswire(count: int, reprints: float, copies: list[tuple[str, str, int, int]]) -> Iterator[Article]:
    """The articles; what was copied is noted on the way."""
    for article, own in newswire(count, reprints=reprints):
        copies += [(article.id, copy.original, copy.start, copy.end) for copy in own]
        yield article


def _run_side(name: str, file: Path, ray: str) -> Run:
    command = [sys.executable, __file__, "--side", name, "--file", str(file), "--ray", ray]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Run(name, **done)


def _print_table(articles: int, copies: int, runs: list[Run]) -> None:
    print(f"{articles:,} articles, {copies:,} with a passage of an earlier one; {PROCESSES} processors\n")
    print(f"{'':<12}{'seconds':>9}{'articles/s':>12}{'CPU seconds':>13}{'peak MB':>9}{'passages found':>16}")
    for run in runs:
        rate, found = articles / run.seconds, run.found / max(1, copies)
        spent = f"{run.seconds:>9.1f}{rate:>12,.0f}{run.processor:>13.1f}"
        print(f"{run.name:<12}{spent}{run.megabytes:>9,.0f}{found:>16.1%}")
    ours, theirs = runs
    faster, work = theirs.seconds / ours.seconds, theirs.processor / ours.processor
    print(f"\nours is {faster:.1f} times as fast by the clock, {work:.1f} times by the processors' time")


def _run_ours(file: Path, ray: str) -> dict[str, object]:
    runner.choose_runner(ray)
    begun = time.perf_counter()
    found = found_in(file, ray)
    seconds = time.perf_counter() - begun
    places = defaultdict[str, set[int]](set)
    for place in (place for passage in found.passages for place in passage.places):
        places[place.article].update(range(place.start, place.end))
    hits = [places[article].issuperset(range(start, end)) for article, _, start, end in _read_copies(file)]
    return _measure_process(seconds, sum(hits), 0)


def _run_datasketch(file: Path) -> dict[str, object]:
    begun = time.perf_counter()
    with multiprocessing.Pool(PROCESSES) as pool:
        pairs = alike_in(file, pool.map)
    seconds = time.perf_counter() - begun
    return _measure_process(
        seconds, sum((original, article) in pairs for article, original, _, _ in _read_copies(file)), PROCESSES
    )


def _read_copies(file: Path) -> list[tuple[str, str, int, int]]:
    """Article, original, and where the copied passage is in the article."""
    return [tuple(copy) for copy in json.loads(file.with_suffix(".copies").read_text(encoding="utf-8"))]


def _measure_process(seconds: float, found: int, children: int) -> dict[str, object]:
    """What a side prints. Its memory is its own peak, and as many times its fattest child's as it has children."""
    own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime
    megabytes = (own.ru_maxrss + children * child.ru_maxrss) / 1000
    return {"seconds": seconds, "processor": processor, "megabytes": megabytes, "found": found}


if __name__ == "__main__":
    main()
