"""`ingest` compared with reading and writing the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from labeling.sources.ingest import ingest
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench


def measure(bench: Bench) -> Iterator[Figure]:
    """The articles as one file of JSON lines, and as a folder of text files."""
    lines, folder, count = bench.folder / "wire.jsonl", bench.folder / "texts", len(bench.corpus)
    _write_sources(bench, lines, folder)
    copy = bench.folder / "copy.jsonl"
    bench.say("ingest: JSON lines, and the bare reading and writing of them")
    times = side_by_side(
        bench.runs,
        lambda run: _ingested(bench, f"lines-{run}", lines),
        lambda _: timed(lambda: _copy_lines(lines, copy)),
    )
    yield Figure("ingest", "one file of JSON lines", "json.loads, json.dumps, write", times, "articles", count)
    bench.say("ingest: a folder of text files, and the same of them")
    times = side_by_side(
        bench.runs,
        lambda run: _ingested(bench, f"texts-{run}", folder),
        lambda _: timed(lambda: _copy_texts(folder, copy)),
    )
    yield Figure("ingest", "a folder of text files", "read, json.dumps, write", times, "articles", count)


def _write_sources(bench: Bench, lines: Path, folder: Path) -> None:
    folder.mkdir()
    with lines.open("w", encoding="utf-8") as out:
        for number, each in enumerate(bench.corpus):
            article = each.article
            out.write(canonical_json({"id": article.id, "text": article.text, "published": article.published}) + "\n")
            (folder / f"{number:06d}.txt").write_text(article.text, encoding="utf-8")


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
