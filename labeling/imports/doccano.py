"""doccano's JSON lines, of all its exports.

``label`` or ``labels`` hold triples or words, ``cats`` words, ``entities`` and ``relations`` objects; of texts with
intents ``entities`` holds triples. The first exports had ``annotations``, whose labels are numbers of a list that the
file does not have: such a label has no name until ``--map 7=PERSON`` gives it one. A line with none of these is a
draft.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.imports.foreign_formats import name_fields, tell_objects
from labeling.imports.jsonl import read_json_lines, take_unread_fields
from labeling.imports.prodigy import is_answered_in_prodigy
from labeling.imports.record import ImportItem, ImportRecord, Misfit, RelationMark, SpanMark
from labeling.sources.fields import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.annotations import Defect, ThingKind
    from labeling.articles import SourceRow
    from labeling.imports.glimpse import Glimpse, JsonLine
    from labeling.imports.record import TextLookup

_LABELS = ("label", "labels", "cats")
_FILE_BY_USER = "doccano writes a file for each user; import them one by one"
_TEXTS = frozenset({"text", "data"})
_COMMENTS = ("Comments", "comments")
_ENTITY_FIELDS = frozenset({"id", "start_offset", "end_offset", "label"})
_RELATION_FIELDS = frozenset({"id", "from_id", "to_id", "type"})
_ANNOTATION_FIELDS = frozenset({"id", "start_offset", "end_offset", "label", "user"})
_ANSWER_FIELDS = (*_LABELS, "entities", "relations", "annotations")
# Who approved a line has not annotated it.
_DOCCANO_FIELDS = frozenset({*COLUMNS, *_COMMENTS, *_ANSWER_FIELDS, "meta", "data", "username"})


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
        ("annotations", line.annotation),
        ("relations", line.relation),
        *((name, line.comment) for name in _COMMENTS),
    ):
        # A single value may come without a list around it.
        for each in _as_list(fields.get(name)):
            take(each)
    unread = take_unread_fields(fields, _DOCCANO_FIELDS)
    username = fields.get("username")
    return ImportRecord(
        row=row,
        named=named,
        annotator=str(username) if isinstance(username, str) or type(username) is int else "",
        nobody="its users are numbers, which name nobody" if line.has_users else _FILE_BY_USER,
        state="draft" if all(fields.get(name) is None for name in _ANSWER_FIELDS) else "submitted",
        marks=tuple(line.marks),
        links=tuple(line.links),
        options=tuple(line.options),
        misfits=tuple(line.misfits),
        ignored=frozenset(unread) | line.spare,
        # Labels of the whole text answer no question about its words.
        partial=bool(line.options) and not line.marks and "entities" not in fields,
        unread=unread,
    )


def looks_like_doccano(glimpse: Glimpse) -> str:
    """What tells lines of doccano's: triples or words as labels, entities with its offsets, its other fields."""
    return tell_objects(glimpse, _tell_doccano)


def _tell_doccano(fields: JsonLine) -> str:
    if is_answered_in_prodigy(fields) or _TEXTS.isdisjoint(fields):
        return ""
    for name in (*_LABELS, "entities"):
        rows = fields.get(name)
        if isinstance(rows, list) and rows and all(_is_triple(each) for each in rows):
            return f"the lines hold `{name}` triples"
        if isinstance(rows, list) and name != "entities" and all(isinstance(each, str | int) for each in rows):
            return name_fields(name)
    for name, keys in (("entities", {"start_offset", "end_offset"}), ("annotations", {"label", "user"})):
        rows = fields.get(name)
        if isinstance(rows, list) and any(isinstance(each, dict) and keys <= each.keys() for each in rows):
            return name_fields(name)
    return next((name_fields(name) for name in ("annotation_approver", "Comments", "username") if name in fields), "")


def _is_triple(row: object) -> bool:
    match row:
        case [int(), int(), str() | int()]:
            return True
    return False


@dataclass
class _DoccanoLine:
    """The annotations of one line, as far as it was read."""

    marks: list[SpanMark] = field(default_factory=list)
    links: list[RelationMark] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    spare: set[str] = field(default_factory=set)
    has_users: bool = False

    def label(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a triple ``[start, end, label]``, or a label of the whole text."""
        match value:
            case bool():
                self._misfit("choice", "unreadable", "it is not a label", value)
            case str() | int():
                self.options.append(str(value))
            # Exports for sequence labelling have triples without ids, so the place and the label make one.
            # True and false are numbers to the language, and none here.
            case [int(start), int(end), str() | int() as label] if bool not in {type(each) for each in value}:
                self.marks.append(SpanMark(f"{label}:{start}-{end}", ((start, end),), str(label)))
            case _:
                self._misfit("span", "unreadable", "it is neither [start, end, label] nor a label", value)

    def entity(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take a span with an id of its own."""
        match value:
            case [_, _, _]:
                self.label(value)
            case {
                "id": int() | str() as name,
                "start_offset": int(start),
                "end_offset": int(end),
                "label": str(label),
            } if bool not in {type(each) for each in (name, start, end)}:
                self.marks.append(SpanMark(str(name), ((start, end),), label))
                # Fields that are not read are reported, not dropped in silence.
                self.spare |= {f"entities.{key}" for key in set(value) - _ENTITY_FIELDS}
            case _:
                self._misfit("span", "unreadable", "id, start_offset, end_offset or label is missing", value)

    def annotation(self, value: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Take an annotation of the first exports: a span, or a label of the whole text; its label is a number."""
        match value:
            case {"label": str() | int() as label, "start_offset": int(start), "end_offset": int(end)}:
                self.label([start, end, label])
            case {"label": str() | int() as label} if "start_offset" not in value:
                self.label(label)
            case {"text": str()}:
                self._misfit(
                    "annotation", "unsupported", "nothing here has a place for a text of the annotator's", value
                )
            case _:
                self._misfit("span", "unreadable", "label, start_offset or end_offset is missing", value)
        if isinstance(value, dict):
            self.has_users = self.has_users or "user" in value
            self.spare |= {f"annotations.{key}" for key in set(value) - _ANNOTATION_FIELDS}

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
