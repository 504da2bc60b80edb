"""doccano's JSON lines, of all its exports: ``label`` with triples or words, or ``entities`` and ``relations``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.imports.jsonl import JsonLine, list_unread_fields, read_json_lines
from labeling.imports.record import ImportItem, ImportRecord, Misfit, RelationMark, SpanMark
from labeling.sources.fields import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.annotations import Defect, ThingKind
    from labeling.articles import SourceRow
    from labeling.imports.record import TextLookup

_LABELS = ("label", "labels", "cats")
_COMMENTS = ("Comments", "comments")
_ENTITY_FIELDS = frozenset({"id", "start_offset", "end_offset", "label"})
_RELATION_FIELDS = frozenset({"id", "from_id", "to_id", "type"})
_DOCCANO_FIELDS = frozenset({*COLUMNS, *_LABELS, *_COMMENTS, "meta", "data", "entities", "relations", "username"})


def read_doccano(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file; articles without an id of their own are called after ``name``."""
    return read_json_lines(path, name, parse_doccano_line)


def parse_doccano_line(fields: JsonLine, row: SourceRow, named: bool) -> ImportRecord:  # noqa: FBT001 - as `read_json_lines` hands it over
    """The annotation in one line."""
    line = _DoccanoLine()
    # Versions of doccano call the same thing differently; an export has one of the names.
    for name, take in (
        *((name, line.label) for name in _LABELS),
        ("entities", line.entity),
        ("relations", line.relation),
        *((name, line.comment) for name in _COMMENTS),
    ):
        # A single value may come without a list around it.
        for each in _as_list(fields.get(name)):
            take(each)
    return ImportRecord(
        row=row,
        named=named,
        annotator=fields["username"] if isinstance(fields.get("username"), str) else "",
        marks=tuple(line.marks),
        links=tuple(line.links),
        options=tuple(line.options),
        misfits=tuple(line.misfits),
        ignored=frozenset(list_unread_fields(fields, _DOCCANO_FIELDS) | line.spare),
    )


@dataclass
class _DoccanoLine:
    """The annotations of one line, as far as it was read."""

    marks: list[SpanMark] = field(default_factory=list)
    links: list[RelationMark] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    spare: set[str] = field(default_factory=set)

    def label(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a triple ``[start, end, label]``, or a label of the whole text."""
        match value:
            case str():
                self.options.append(value)
            # Exports for sequence labelling have triples without ids, so the place and the label make one.
            case [int(start), int(end), str(label)]:
                self.marks.append(SpanMark(f"{label}:{start}-{end}", ((start, end),), label))
            case _:
                self._misfit("span", "unreadable", "it is neither [start, end, label] nor a label", value)

    def entity(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a span with an id of its own."""
        match value:
            case {"id": int() | str() as name, "start_offset": int(start), "end_offset": int(end), "label": str(label)}:
                self.marks.append(SpanMark(str(name), ((start, end),), label))
                # Fields that are not read are reported, not dropped in silence.
                self.spare |= {f"entities.{key}" for key in set(value) - _ENTITY_FIELDS}
            case _:
                self._misfit("span", "unreadable", "id, start_offset, end_offset or label is missing", value)

    def relation(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a link between two entities."""
        match value:
            case {"from_id": int() | str() as head, "to_id": int() | str() as tail, "type": str(label)}:
                self.links.append(RelationMark(str(head), str(tail), label))
                self.spare |= {f"relations.{key}" for key in set(value) - _RELATION_FIELDS}
            case _:
                self._misfit("relation", "unreadable", "from_id, to_id or type is missing", value)

    def comment(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a comment, for which nothing here has a place."""
        self._misfit("annotation", "unsupported", "nothing here has a place for a comment", value)

    def _misfit(self, what: ThingKind, kind: Defect, reason: str, raw: Any) -> None:  # noqa: ANN401 - JSON of any form
        self.misfits.append(Misfit(what, "", kind, reason, raw))


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON of any form
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
