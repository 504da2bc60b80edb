"""Imports of exports that were corrupted at random, and what must be true of each whatever befell it.

Where the file holds the words of its spans, no span is in another place; elsewhere none is without a warning that names
the option. Every word of an article stands in its file. What was dropped is counted, and the import ends with 3.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from faulty.exports import Export, write_export
from labeling.errors import LabelingError
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.offsets import article_text
from labeling.project import load_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.annotations import Annotation
    from labeling.project import Project

_AT_ONCE = 50  # exports in one import: each is a file of its own


def play_exports(kind: str, times: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """Import so many exports of a kind; what became of their spans, and each promise that was broken, in words."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - repeatable on purpose
    happened, broken = Counter[str](), list[str]()
    for done in range(0, times, _AT_ONCE):
        with tempfile.TemporaryDirectory(prefix="exports-") as folder:
            count = min(_AT_ONCE, times - done)
            exports = [write_export(kind, Path(folder), f"a{done + number}", chance) for number in range(count)]
            broken += _check_imports(kind, exports, Path(folder), happened)
    return happened, broken


def _check_imports(kind: str, exports: list[Export], folder: Path, happened: Counter[str]) -> Iterator[str]:
    project = load_project(workspace=folder / "workspace")
    try:
        result = import_annotations(project, kind, [str(each.path) for each in exports], ImportOptions(annotator="ana"))
    except LabelingError as error:
        # One file that needs an answer stops all: each for itself, then.
        if len(exports) > 1:
            for number, export in enumerate(exports):
                yield from _check_imports(kind, [export], folder / f"alone{number}", happened)
        else:
            happened["refused by name"] += 1
            if not error.todo:
                yield f"{exports[0].fate}: refused without a way out"
        return
    for export in exports:
        for fault in _check_export(project, result, export, happened):
            yield f"{kind}, {export.path.name} ({export.fate}): {fault}"


def _check_export(project: Project, result: ImportResult, export: Export, happened: Counter[str]) -> Iterator[str]:
    workspace = project.workspace
    name = export.path.stem
    texts = {
        row.id: row.text for row in workspace.articles.rows() if row.id.partition("#")[0].partition(":")[0] == name
    }
    rows = [row for row in workspace.annotations.rows() if row.article in texts]
    doubted = any(doubt.startswith(f"{export.path}:") and "--offsets" in doubt for doubt in result.doubts)
    found = [_squeeze(texts[row.article][span.start : span.end]) for row in rows for span in row.spans]
    whole = {_squeeze(each) for each in export.story.words}
    # Where another field was taken for the text, its spans are where the file has them in that.
    is_story = export.path.suffix == ".conll" or article_text(export.story.text) in texts.values()
    strange = [words for words in found if words not in whole] if is_story else []
    # The last words of a file that was cut are what is left of them.
    if "; cut" in export.fate:
        strange = [words for words in strange if not any(each.startswith(words) for each in whole)]
    if strange and (export.copied or not doubted):
        yield f"{len(strange)} spans in another place: {strange[:2]}"
    yield from _check_words(texts.values(), export)
    refused = [each for each in workspace.rejects.rows() if str(export.path) in each.where]
    bad = [row for row in workspace.quarantine.rows() if row.article in texts]
    lost = len(export.story.spans) - len(found)
    if (
        lost > 0
        and not refused
        and len(bad) < lost
        and not _is_cut(export, rows)
        and not (export.moved and (bad or not texts))
    ):
        yield f"{lost} spans are lost, and {len(bad)} parts in quarantine"
    happened.update(
        {
            "in place": len(found) - len(strange),
            "doubted": len(strange),
            "listed": max(lost, 0),
            "files refused": bool(refused),
        }
    )


def _is_cut(export: Export, rows: Iterable[Annotation]) -> bool:
    """Whether what is missing is what was cut off the file: no program can count that."""
    return "; cut" in export.fate and sum(len(row.spans) for row in rows) >= len(export.story.spans) - 1


def _check_words(texts: Iterable[str], export: Export) -> Iterator[str]:
    """Every word of an article stands in the file, or in brat's text beside it."""
    content = export.path.read_text(encoding="utf-8", errors="replace")
    beside = export.path.with_suffix(".txt")
    content += beside.read_text(encoding="utf-8") if beside.exists() else ""
    if export.path.suffix in {".json", ".jsonl"}:
        content += re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), content)
        content = content.replace("\\r", "\r").replace("\\n", "\n")
    invented = [word for text in texts for word in text.split() if word not in content]
    if invented:
        yield f"words that are not in the file: {invented[:3]}"


def _squeeze(words: str) -> str:
    return " ".join(words.split())
