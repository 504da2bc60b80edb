"""Imports of exports that were corrupted at random, and what must be true of each whatever befell it.

Where the file holds the words of its spans, no span is in another place; elsewhere none is without a warning that names
the option. Every word of an article stands in its file. What was dropped is counted, and the import ends with 3.
"""

from __future__ import annotations

import html
import random
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from faulty.asked_exports import ARGILLA_USER
from faulty.exports import IMPORTED_AS, Export, write_export
from faulty.fates import ODD_CELLS, count_spans
from labeling.errors import LabelingError
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.offsets import article_text
from labeling.project import load_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.annotations import QuarantineRow
    from labeling.workspace.table import Workspace

_AT_ONCE = 50  # exports in one import: each is a file of its own
# There a file need not be written through to a disk, which takes longer than the import.
_MEMORY = Path("/dev/shm")  # noqa: S108 - names in it are made up by tempfile


def play_exports(kind: str, times: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """Import so many exports of a kind; what became of their spans, and each promise that was broken, in words."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - repeatable on purpose
    happened, broken = Counter[str](), list[str]()
    for done in range(0, times, _AT_ONCE):
        with tempfile.TemporaryDirectory(prefix="exports-", dir=_MEMORY if _MEMORY.exists() else None) as folder:
            count = min(_AT_ONCE, times - done)
            exports = [write_export(kind, Path(folder), f"a{done + number}", chance) for number in range(count)]
            for part in _group(exports):
                broken += _check_imports(kind, part, Path(folder, part[0].path.stem), happened)
    return happened, broken


def _group(exports: Iterable[Export]) -> list[list[Export]]:
    """Those that can be imported at once: one name signs for one account of Argilla's, not for two."""
    named = [each for each in exports if ARGILLA_USER.search(each.path.read_text("utf-8", errors="replace"))]
    return [part for part in (named, [each for each in exports if each not in named]) if part]


def _check_imports(kind: str, exports: list[Export], folder: Path, happened: Counter[str]) -> Iterator[str]:
    project = load_project(workspace=folder / "workspace")
    named = IMPORTED_AS.get(kind, kind)
    try:
        result = import_annotations(
            project, named, [str(each.path) for each in exports], ImportOptions(annotator="ana")
        )
    except Exception as error:  # noqa: BLE001 - tracebacks are what is looked for
        # One file that needs an answer stops all: it is looked for by halves. So is one that ends in a traceback.
        if len(exports) > 1:
            middle = len(exports) // 2
            for part in (exports[:middle], exports[middle:]):
                yield from _check_imports(kind, part, folder / part[0].path.stem, happened)
        elif isinstance(error, LabelingError):
            happened["refused by name"] += 1
            if not error.todo:
                yield f"{exports[0].fate}: refused without a way out"
        else:
            yield f"{kind}, {exports[0].fate}: a traceback: {type(error).__name__} {error}"
        return
    outcome = _Outcome(project.workspace, result)
    for export in exports:
        for fault in _check_export(outcome, export, happened):
            yield f"{kind}, {export.path.name} ({export.fate}): {fault}"


class _Outcome:
    """What came of an import, read once: texts, annotations, quarantine and refusals."""

    def __init__(self, workspace: Workspace, result: ImportResult) -> None:
        self.texts = {row.id: row.text for row in workspace.articles.rows()}
        self.annotations = [*workspace.annotations.rows()]
        self.quarantine = [*workspace.quarantine.rows()]
        self.refusals = [row.where for row in workspace.rejects.rows()]
        self.doubts = result.doubts

    def find_texts(self, export: Export) -> dict[str, str]:
        """The articles of a file, by its name; where that was lost, by the text."""
        name, text = export.path.stem, article_text(export.story.text)
        named = {id_: each for id_, each in self.texts.items() if id_.partition("#")[0].partition(":")[0] == name}
        # Whatever stands where the text should: a swap may have made a text of the name.
        return named or {id_: each for id_, each in self.texts.items() if each in {text, name}}


def _check_export(outcome: _Outcome, export: Export, happened: Counter[str]) -> Iterator[str]:
    texts = outcome.find_texts(export)
    rows = [row for row in outcome.annotations if row.article in texts]
    doubted = any(doubt.startswith(f"{export.path}:") and "--offsets" in doubt for doubt in outcome.doubts)
    found = [_squeeze(texts[row.article][span.start : span.end]) for row in rows for span in row.spans]
    whole = {_squeeze(each) for each in export.story.words}
    # Where another field was taken for the text, its spans are where the file has them in that.
    is_story = export.path.suffix == ".conll" or article_text(export.story.text) in texts.values()
    strange = [words for words in found if words not in whole] if is_story else []
    # Of a span whose end was cut off, or whose cell was overwritten, a part is left.
    if export.befallen.is_partial:
        told = {*ODD_CELLS, *(word for each in whole for word in each.split())}
        strange = [words for words in strange if not (told.issuperset(words.split()) or _begins_one(words, whole))]
    if strange and (export.copied or not doubted):
        yield f"{len(strange)} spans in another place: {strange[:2]}"
    yield from _check_words(texts.values(), export)
    refused = [where for where in outcome.refusals if str(export.path) in where]
    # What was swapped with the text is the text: there it stands.
    listed = sum(map(_weigh, (row for row in outcome.quarantine if row.article in texts)))
    listed += 0 if is_story else sum(map(count_spans, texts.values()))
    lost = export.befallen.spans - len(found)
    # What was cut off no program can count.
    if lost - export.befallen.is_partial > listed and not refused:
        yield f"{lost} spans are lost, and {listed} are in quarantine"
    happened.update(
        {
            "in place": len(found) - len(strange),
            "doubted": len(strange),
            "listed": max(lost, 0),
            "files refused": bool(refused),
        }
    )


def _begins_one(words: str, whole: Iterable[str]) -> bool:
    return any(each.startswith(words) for each in whole)


def _weigh(row: QuarantineRow) -> int:
    """How many spans a row of the quarantine stands for: those in it, or the number that it tells."""
    return max(1, row.raw if type(row.raw) is int else 0, count_spans(row.raw))


def _check_words(texts: Iterable[str], export: Export) -> Iterator[str]:
    """Every word of an article stands in the file, or in brat's text beside it."""
    content = export.path.read_text(encoding="utf-8", errors="replace")
    beside = export.path.with_suffix(".txt")
    content += beside.read_text(encoding="utf-8") if beside.exists() else ""
    if export.path.suffix in {".json", ".jsonl"}:
        content += re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), content)
        content = content.replace("\\r", "\r").replace("\\n", "\n")
    if export.path.suffix in {".csv", ".tsv"}:
        content += content.replace('""', '"')
    if export.path.suffix == ".xmi":
        content = html.unescape(content)
    invented = [word for text in texts for word in text.split() if word not in content]
    if invented:
        yield f"words that are not in the file: {invented[:3]}"


def _squeeze(words: str) -> str:
    return " ".join(words.split())
