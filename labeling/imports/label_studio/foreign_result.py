"""One result of another project, row by row: its labels, relations, choices and notes as marks; the rest are misfits.

* Of the regions only those of type ``labels`` with whole offsets are drawn on a text; all others (``hypertextlabels``,
  ``rectanglelabels``, sound, video) are refused by their type.
* Two labels on one region are two marks: the first has the region's id, the next ``<id>#2`` and so on.
* A choice about a region is an attribute of it, ``certainty=Sure``; one about the text is an option, ``topic.Trade``.
* A text field of a region, and the comment of the editor's side bar, are its note.
* Ratings, numbers, dates, taxonomies and text fields about the whole text have no place here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.imports.record import Attribute, Misfit, RelationMark, SpanMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from labeling.annotations import Defect, ThingKind

ResultRow: TypeAlias = dict[str, Any]

_LABELS, _CHOICES, _TEXTS, _RELATION = "labels", "choices", "textarea", "relation"
_ROW_FIELDS = frozenset(
    {"id", "from_name", "to_name", "type", "value", "origin", "source", "score", "meta", "readonly", "hidden", "locked"}
    | {"from_id", "to_id", "direction", "labels", "parentID", "parent_id", "original_length", "is_generated"}
)


@dataclass(frozen=True)
class ForeignResult:
    """What a result says: ``marks``, ``links`` and ``options`` as an `ImportRecord` has them, and what has no place."""

    marks: tuple[SpanMark, ...]
    links: tuple[RelationMark, ...]
    options: tuple[str, ...]
    misfits: tuple[Misfit, ...]
    ignored: frozenset[str]


def row_type(row: ResultRow) -> str:
    """The type of a row: what it says, or else what its contents are."""
    kind = row.get("type")
    if isinstance(kind, str) and kind:
        return kind
    if "from_id" in row:
        return _RELATION
    value = row.get("value")
    return next((name for name in (_LABELS, _CHOICES) if isinstance(value, dict) and name in value), "")


def is_drawn_on_text(row: ResultRow) -> bool:
    """Whether a row is a region with whole offsets, as a text has them."""
    value = row.get("value")
    return row_type(row) == _LABELS and isinstance(value, dict) and _is_whole(value.get("start"), value.get("end"))


def read_foreign_result(result: Sequence[object], control: str, text: str) -> ForeignResult:
    """Read the rows of one annotation, draft or prediction; never fails.

    Args:
        result: The rows as they came.
        control: The name of the control that shows the article's text; "" where no row is drawn on one.
        text: The article's text, as the file has it.
    """
    reading = _Reading(control, text)
    # Regions come first: choices, notes and relations refer to them.
    order: tuple[tuple[str, Callable[[ResultRow], None]], ...] = (
        (_LABELS, reading.region),
        (_CHOICES, reading.choices),
        (_TEXTS, reading.texts),
        (_RELATION, reading.relation),
    )
    rows = [row for row in result if isinstance(row, dict)]
    for wanted, take in order:
        for row in rows:
            if row_type(row) == wanted:
                take(row)
    for each in result:
        if not isinstance(each, dict):
            reading.refuse("annotation", "", "unreadable", "it is not a row of a result", each)
        elif row_type(each) not in (_LABELS, _CHOICES, _TEXTS, _RELATION):
            reading.strange(each)
    return reading.finish()


@dataclass
class _Region:
    """A region while its rows are read: where it is, its labels, and what else there is about it."""

    start: int
    end: int
    covers: str | None
    labels: list[str]
    notes: list[str]
    attributes: list[str] = field(default_factory=list)


@dataclass
class _Reading:
    """A result as far as it was read. One id at two places is kept as two, and refused when the spans are checked."""

    control: str
    text: str
    regions: list[tuple[str, _Region]] = field(default_factory=list)
    by_id: dict[str, _Region] = field(default_factory=dict)
    links: list[RelationMark] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)

    def refuse(self, what: ThingKind, name: str, kind: Defect, reason: str, row: Any) -> None:  # noqa: ANN401 - JSON of any form
        """Note something that has no place."""
        self.misfits.append(Misfit(what, name, kind, reason, row))

    def region(self, row: ResultRow) -> None:
        """Take a labelled region."""
        name, value = _row_id(row), row.get("value")
        labels = _strings(value.get("labels")) if isinstance(value, dict) else None
        if not isinstance(value, dict) or not _is_whole(value.get("start"), value.get("end")):
            self.refuse("span", name, "unreadable", "its start or end is not a whole number: not of a text", row)
        elif row.get("to_name", self.control) != self.control:
            reason = f"it is drawn on {row.get('to_name')!r}, and the article is the text of {self.control!r}"
            self.refuse("span", name, "unsupported", reason, row)
        elif not labels:
            self.refuse("span", name, "unknown label", "the region has no label", row)
        else:
            self._add_region(name, value, labels, _meta_notes(row))
            self._note_unread(row)

    def _add_region(self, name: str, value: ResultRow, labels: list[str], notes: list[str]) -> None:
        start, end = value["start"], value["end"]
        known = self.by_id.get(name)
        # Two controls may label one region: the rows have one id and one place.
        if name and known and (known.start, known.end) == (start, end):
            known.labels += labels
            known.notes += notes
            return
        name = name or f"{labels[0]}:{start}-{end}"
        region = _Region(start, end, _copied_words(value.get("text"), self.text, start, end), [*labels], notes)
        self.regions.append((name, region))
        self.by_id.setdefault(name, region)

    def choices(self, row: ResultRow) -> None:
        """Take options that were chosen for a region, or for the text."""
        name, value = _row_id(row), row.get("value")
        chosen = _strings(value.get("choices")) if isinstance(value, dict) else None
        control = str(row.get("from_name") or "")
        if chosen is None:
            self.refuse("choice", name, "unreadable", "its choices are not a list of options", row)
        elif name in self.by_id:
            # Our own control `unsure` has one option, of its own name.
            self.by_id[name].attributes += [one if one == control else f"{control}={one}" for one in chosen]
        elif isinstance(value, dict) and "start" in value:
            self.refuse("choice", name, "unsupported", "it is about a region that could not be read", row)
        else:
            self.options += [f"{control}.{one}" if control else one for one in chosen]

    def texts(self, row: ResultRow) -> None:
        """Take the text field of a region as its note."""
        name, value = _row_id(row), row.get("value")
        words = value.get("text") if isinstance(value, dict) else None
        lines = [words] if isinstance(words, str) else _strings(words)
        if lines is None:
            self.refuse("annotation", name, "unreadable", "its text is not a list of lines", row)
        elif name in self.by_id:
            self.by_id[name].notes += lines
        else:
            reason = f"nothing here has a place for the text field {row.get('from_name')!r} about the whole text"
            self.refuse("annotation", name, "unsupported", reason, row)

    def relation(self, row: ResultRow) -> None:
        """Take a link between two regions; one with several labels is several."""
        head, tail = row.get("from_id"), row.get("to_id")
        labels = _strings(row.get("labels", []))
        if not (isinstance(head, str | int) and isinstance(tail, str | int)) or labels is None:
            self.refuse("relation", "", "unreadable", "from_id, to_id or labels is not what they are", row)
            return
        if not labels:
            self.refuse("relation", f"{head} ? {tail}", "broken relation", "it has no label", row)
        direction = str(row.get("direction") or "right")
        self.links += [RelationMark(str(head), str(tail), label, direction) for label in labels]

    def strange(self, row: ResultRow) -> None:
        """Refuse a row of a type that has no place here, by the name of its type."""
        kind, control = row_type(row), row.get("from_name")
        if kind.endswith(_LABELS):
            reason = f"a region of type {kind!r} is not drawn on a plain text"
            self.refuse("span", _row_id(row), "unsupported", reason, row)
        else:
            what = f"a row of type {kind!r}" if kind else "a row without a type"
            self.refuse(
                "annotation", _row_id(row), "unsupported", f"nothing here has a place for {what} ({control})", row
            )

    def finish(self) -> ForeignResult:
        """All of it, each region's labels as marks of their own."""
        return ForeignResult(
            marks=tuple(mark for name, region in self.regions for mark in _marks_of(name, region)),
            links=tuple(self.links),
            options=tuple(dict.fromkeys(self.options)),
            misfits=tuple(self.misfits),
            ignored=frozenset(self.ignored),
        )

    def _note_unread(self, row: ResultRow) -> None:
        self.ignored |= {f"result.{name}" for name in row.keys() - _ROW_FIELDS}


def _marks_of(name: str, region: _Region) -> Iterator[SpanMark]:
    for number, label in enumerate(dict.fromkeys(region.labels), start=1):
        id_ = name if number == 1 else f"{name}#{number}"
        yield SpanMark(
            id=id_,
            parts=((region.start, region.end),),
            label=label,
            covers=region.covers,
            note="\n".join(filter(None, dict.fromkeys(region.notes))),
            attributes=tuple(Attribute(f"{id_} {each}", each) for each in dict.fromkeys(region.attributes)),
            region=name,
        )


def _copied_words(copy: object, text: str, start: int, end: int) -> str | None:
    r"""The file's copy of a stretch; the page writes each line end as a backslash and an ``n``."""
    if not isinstance(copy, str) or copy == text[start:end]:
        return copy if isinstance(copy, str) else None
    return copy.replace("\\r", "\r").replace("\\n", "\n")


def _meta_notes(row: ResultRow) -> list[str]:
    meta = row.get("meta")
    words = meta.get("text") if isinstance(meta, dict) else None
    return [words] if isinstance(words, str) else _strings(words) or []


def _strings(value: object) -> list[str] | None:
    """The value as a list of strings; None where it is anything else."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return value


def _is_whole(*offsets: object) -> bool:
    # `isinstance` would let `true` pass as 1.
    return all(type(each) is int for each in offsets)


def _row_id(row: ResultRow) -> str:
    name = row.get("id")
    return str(name) if isinstance(name, str | int) else ""
