"""`ingest` compared with reading and writing the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from benchmarks.newswire import LENGTH, labelled
from labeling.sources.ingest import ingest
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench
    from labeling.articles import Article


_SHORTER = 1_700  # code points


def measure(bench: Bench) -> Iterator[Figure]:
    """The articles as one file of JSON lines, shorter ones as another, and the first as a folder of text files."""
    copy, count = bench.folder / "copy.jsonl", len(bench.corpus)
    shorter = [each.article for each in labelled(count, length=_SHORTER)]
    for length, articles in ((LENGTH, [each.article for each in bench.corpus]), (_SHORTER, shorter)):
        yield _lines_figure(bench, articles, length, copy)
    folder = bench.folder / "texts"
    folder.mkdir()
    for number, each in enumerate(bench.corpus):
        (folder / f"{number:06d}.txt").write_text(each.article.text, encoding="utf-8")
    bench.say("ingest: a folder of text files, and the same of them")
    times = side_by_side(
        bench.runs,
        lambda run: _ingested(bench, f"texts-{run}", folder),
        lambda _: timed(lambda: _copy_texts(folder, copy)),
    )
    yield Figure("ingest", "a folder of text files", "read, json.dumps, write", times, "articles", count)


def _lines_figure(bench: Bench, articles: list[Article], length: int, copy: Path) -> Figure:
    lines = bench.folder / f"wire-{length}.jsonl"
    with lines.open("w", encoding="utf-8") as out:
        for each in articles:
            out.write(canonical_json({"id": each.id, "text": each.text, "published": each.published}) + "\n")
    bench.say(f"ingest: JSON lines of {length:,} characters, and the bare reading and writing of them")
    times = side_by_side(
        bench.runs,
        lambda run: _ingested(bench, f"lines-{length}-{run}", lines),
        lambda _: timed(lambda: _copy_lines(lines, copy)),
    )
    what = f"JSON lines of {length / 1000:g} kB"
    return Figure("ingest", what, "json.loads, json.dumps, write", times, "articles", len(articles))


def _ingested(bench: Bench, name: str, source: Path) -> float:
    project = bench.project(name)
    return timed(lambda: ingest(project, [str(source)]))


def _copy_lines(lines: Path, copy: Path) -> None:
    with lines.open(encoding="utf-8") as rows, copy.open("w", encoding="utf-8") as out:
        out.writelines(canonical_json(json.loads(row)) + "\n" for row in rows)


def _copy_texts(folder: Path, copy: Path) -> None:
    with copy.open("w", encoding="utf-8") as out:
        for path in sorted(folder.iterdir()):
            out.write(canonical_json({"id": path.stem, "text": path.read_text(encoding="utf-8")}) + "\n")
