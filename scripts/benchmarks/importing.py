"""`import` compared with reading the JSON of the same files and doing nothing with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from benchmarks.newswire import labelled
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

    from benchmarks.bench import Bench
    from benchmarks.newswire import Labelled


_TIMES = 10


def measure(bench: Bench) -> Iterator[Figure]:
    """Ten times as many annotated articles as Prodigy's JSON lines, into a workspace with nothing in it."""
    lines, count = bench.folder / "annotated.jsonl", _TIMES * bench.articles
    with lines.open("w", encoding="utf-8") as out:
        out.writelines(_line_of(each) + "\n" for each in labelled(count))
    bench.say("import: annotated articles, and the bare reading of their JSON")
    times = side_by_side(
        bench.runs,
        lambda run: _imported(bench, f"import-{run}", lines),
        lambda _: timed(lambda: _read_lines(lines)),
    )
    yield Figure("import", f"Prodigy's lines, {count:,} articles", "json.loads", times, "articles", count)


def _line_of(each: Labelled) -> str:
    spans: list[JsonValue] = [{"start": span.start, "end": span.end, "label": span.label} for span in each.said.spans]
    return canonical_json({"id": each.article.id, "text": each.article.text, "spans": spans, "answer": "accept"})


def _imported(bench: Bench, name: str, lines: Path) -> float:
    project = bench.project(name)
    options = ImportOptions(annotator="ana")
    return timed(lambda: import_annotations(project, "prodigy", [str(lines)], options))


def _read_lines(lines: Path) -> None:
    with lines.open(encoding="utf-8") as rows:
        for row in rows:
            json.loads(row)
