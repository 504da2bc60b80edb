"""Passages found and aligned, beside datasketch's MinHash-LSH over whole articles on as many processes."""

from __future__ import annotations

import multiprocessing
import os
import re
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Times, side_by_side, timed
from benchmarks.reprints import newswire
from labeling.articles import Article
from labeling.passages.find import CorpusSize, FoundPassages, find_passages, read_articles_frame
from labeling.project import PassageRules
from labeling.workspace.flow import runner
from labeling.workspace.storage import read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from datasketch import MinHash

    from benchmarks.bench import Bench

PROCESSES = os.cpu_count() or 1
MANY = 10  # times as many articles as in other sections: of few, only the start is measured
_WORD = re.compile(r"\w+")


def measure(bench: Bench) -> Iterator[Figure]:
    """Made newswire, a tenth of it with a passage of an earlier article; and a tenth of that, for the growth."""
    few, many = (_made(bench.folder / f"newswire-{count}.jsonl", count) for count in (bench.articles, _many(bench)))
    bench.say(f"cluster: {_many(bench):,} articles, and datasketch's MinHash-LSH on {PROCESSES} processes")
    # Spawned, for a fork of a process with threads may hang; and before the clock, so that their start costs nothing.
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(sketch, [""] * PROCESSES)
        found_in(few)
        times = side_by_side(
            bench.runs, lambda _: timed(lambda: found_in(many)), lambda _: timed(lambda: alike_in(many, pool.map))
        )
    small = Times(times.ours, tuple(timed(lambda: found_in(few)) for _ in range(bench.runs)))
    what = f"passages of {_many(bench):,} articles, aligned"
    yield Figure("cluster", what, "MinHash-LSH: pairs, no passages", times, "articles", _many(bench))
    beside = f"ours, of {bench.articles:,} articles"
    yield Figure("cluster", "the same: how it grows", beside, small, "articles", _many(bench), bench.articles)


def found_in(file: Path, ray: str = "") -> FoundPassages:
    """What our side does: read, find, align, join."""
    runner.choose_runner(ray)
    lengths = [len(article.text) for article in read_rows(file, Article)]
    return find_passages(
        read_articles_frame(file), CorpusSize(len(lengths), sum(lengths)), PassageRules(ray=ray, memory=10**6)
    )


def alike_in(file: Path, spread: Callable[..., Iterable[MinHash]]) -> set[tuple[str, str]]:
    """The pairs that MinHash-LSH over whole articles returns: 128 permutations, a Jaccard of 0.5.

    Args:
        file: Articles.
        spread: ``map`` over several processes, for the sketches; the index is one.
    """
    from datasketch import MinHashLSH

    articles = list(read_rows(file, Article))
    sketches = spread(sketch, [article.text for article in articles], 200)
    index, pairs = MinHashLSH(threshold=0.5, num_perm=128), set[tuple[str, str]]()
    for article, each in zip(articles, sketches, strict=True):
        pairs |= {(other, article.id) for other in index.query(each)}
        index.insert(article.id, each)
    return pairs


def sketch(text: str) -> MinHash:
    """MinHash of the 5-word shingles of a text."""
    from datasketch import MinHash

    words = _WORD.findall(text.casefold())
    made = MinHash(num_perm=128)
    made.update_batch({" ".join(words[n : n + 5]).encode() for n in range(len(words) - 4)})
    return made


def _many(bench: Bench) -> int:
    return MANY * bench.articles


def _made(file: Path, count: int) -> Path:
    write_rows(file, (article for article, _ in newswire(count)))
    return file
