"""brat stand-off, written: ``x.txt`` with the text and ``x.ann`` beside it, called by the article's id where it can be.

A doubt is the attribute ``unsure``, a note one of an annotator. brat has no place for what is said of the whole text,
for skips (a file without lines would say that there is nothing), and for a span that begins or ends with a line end.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from labeling.exports.file_names import FileNames
from labeling.exports.things import leave_out_all, leave_out_kinds, leave_out_spans
from labeling.imports.written_labels import write_labels
from labeling.schema import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.annotations import Annotation, Span
    from labeling.articles import Article
    from labeling.exports.things import ThingKey
    from labeling.project import Project
    from labeling.schema import Schema

_CONFIG = "annotation.conf"
_LINE_END = re.compile(r"[\r\n]")
_UNFIT = "it begins or ends with a line end, which no span of brat's does"
_NOTE_OF_LINES = "a note of brat's is one line"


class BratWriter:
    """Writes two files an article, and the configuration that brat shows and edits them with."""

    beside = (_CONFIG,)

    def __init__(self, folder: Path, project: Project) -> None:
        """Write into an empty folder."""
        self._folder, self._schema = folder, project.schema
        self._names, self._written = FileNames(), _write_names(project.schema)

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write an article; return why what brat cannot hold was left out."""
        if said.state == "skipped":
            return leave_out_all(said, "brat cannot say that an article was skipped: nothing is written of it")
        unfit = {
            span.id: _UNFIT for span in said.spans if "\n" in (article.text[span.start], article.text[span.end - 1])
        }
        kept, left = leave_out_spans(said, unfit)
        left |= leave_out_kinds(said, "choice", reason="brat has no place for what is said of the whole text")
        left |= {("note", span.id): _NOTE_OF_LINES for span in kept.spans if _LINE_END.search(span.note)}
        path = self._folder / self._names.take(article.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, ".txt", article.text)
        _write(path, ".ann", "".join(f"{line}\n" for line in self._lines(article, kept, left)))
        return left

    def close(self) -> None:
        """Write the configuration."""
        (self._folder / _CONFIG).write_text(_configure(self._schema, self._written), encoding="utf-8", newline="\n")

    def _lines(self, article: Article, said: Annotation, left: dict[ThingKey, str]) -> Iterator[str]:
        numbers = {span.id: f"T{number}" for number, span in enumerate(said.spans, start=1)}
        attributes, notes, relations = count(1), count(1), count(1)
        for span in said.spans:
            name = numbers[span.id]
            places, words = _cut_at_line_ends(article.text, span)
            yield f"{name}\t{self._written['label', span.label]} {places}\t{words}"
            if span.unsure:
                yield f"A{next(attributes)}\t{UNSURE} {name}"
            if span.note and ("note", span.id) not in left:
                yield f"#{next(notes)}\tAnnotatorNotes {name}\t{span.note}"
        for each in said.relations:
            ends = f"Arg1:{numbers[each.head]} Arg2:{numbers[each.tail]}"
            yield f"R{next(relations)}\t{self._written['relation', each.label]} {ends}"


def _cut_at_line_ends(text: str, span: Span) -> tuple[str, str]:
    """The places of a span as brat's editor writes them: a part for each line, and the words with blanks between."""
    found = re.finditer(r"[^\n]+", text[span.start : span.end])
    parts = [(span.start + each.start(), span.start + each.end()) for each in found]
    return ";".join(f"{start} {end}" for start, end in parts), " ".join(text[start:end] for start, end in parts)


def _write(path: Path, ending: str, content: str) -> None:
    # With a name of its own: `with_suffix` would take the end of an id for an ending.
    path.with_name(path.name + ending).write_text(content, encoding="utf-8", newline="\n")


def _write_names(schema: Schema) -> dict[tuple[str, str], str]:
    """How labels and relations are written, by what they are and their name."""
    kinds = (("label", schema.label_names), ("relation", [each.name for each in schema.relations]))
    return {
        (kind, name): written for kind, names in kinds for name, written in zip(names, write_labels(names), strict=True)
    }


def _configure(schema: Schema, written: Mapping[tuple[str, str], str]) -> str:
    lines = ["[entities]", *(written["label", label] for label in schema.label_names), "", "[relations]"]
    for each in schema.relations:
        head, tail = (
            "|".join(written["label", label] for label in end) or "<ENTITY>" for end in (each.head, each.tail)
        )
        lines.append(f"{written['relation', each.name]}\tArg1:{head}, Arg2:{tail}")
    lines += ["", "[events]", "", "[attributes]", f"{UNSURE}\tArg:<ENTITY>", ""]
    return "\n".join(lines)
