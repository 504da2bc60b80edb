"""One result, region by region: what can be read becomes spans, relations and choices, the rest findings.

The rules, which are ours where Label Studio has none:

* Two labels on one region are two spans: the first has the region's id, the next ``<id>#2`` and so on. Two rows with
  one id and one place are one region (two controls may label it); one id at two places is a duplicate id.
* A relation to such a region goes between the first two of its spans that the schema lets it join.
* A relation with several labels is several relations. One without a label is broken, and so is one with the direction
  ``left`` or ``bi``, unless its type is symmetric.
* ``unsure``, the note, and the comment that the editor's side bar offers belong to every span of their region.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from labeling.annotations import OFFERED, Defect, Relation, Span, ThingKind, choice_id, relation_id
from labeling.schema import NOTE, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.annotations import QuarantineRow
    from labeling.schema import RelationType, Schema


Json: TypeAlias = dict[str, JsonValue]


class ServerModel(BaseModel):
    """A part of Label Studio's JSON: what we read is strict, what else the server adds is its own affair."""

    # Strict, so that "12" never becomes an offset.
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _LabelValue(ServerModel):
    start: int
    end: int
    labels: list[str] = []


class _Comment(ServerModel):
    text: list[str] = []


class _LabelRow(ServerModel):
    id: str
    to_name: Literal["text"]
    value: _LabelValue
    meta: _Comment | None = None


class _ChoiceValue(ServerModel):
    choices: list[str]


class _ChoiceRow(ServerModel):
    id: str = ""
    from_name: str
    value: _ChoiceValue


class _NoteRow(ServerModel):
    id: str
    value: _Comment


class _RelationRow(ServerModel):
    from_id: str
    to_id: str
    direction: Literal["right", "left", "bi"] = "right"
    labels: list[str] = []


@dataclass(frozen=True)
class ResultFinding:
    """Something in a result that could not be read."""

    what: ThingKind
    id: str
    kind: Defect
    reason: str
    raw: JsonValue


RegionOffsets: TypeAlias = tuple[int, int]
ParsedModel = TypeVar("ParsedModel", bound=ServerModel)


@dataclass
class ParsedResult:
    """What a result contains, still unchecked against article and schema, and what in it could not be read.

    ``raw`` has the rows behind each thing, by what it is and its id, for those that fail a later check.
    """

    spans: list[Span] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    findings: list[ResultFinding] = field(default_factory=list)
    raw: dict[tuple[ThingKind, str], list[JsonValue]] = field(default_factory=dict)
    regions: dict[str, tuple[RegionOffsets, list[int]]] = field(
        default_factory=dict
    )  # id -> place, positions in `spans`

    def keep(self, what: ThingKind, name: str, row: JsonValue) -> None:
        """Remember the row behind a thing."""
        self.raw.setdefault((what, name), []).append(row)

    def refuse(self, what: ThingKind, name: str, kind: Defect, reason: str, row: JsonValue) -> None:
        """Note that something could not be read."""
        self.findings.append(ResultFinding(what, name, kind, reason, row))

    def row_of(self, item: QuarantineRow) -> JsonValue:
        """The row behind a thing that failed a check; all of them, where an id occurs twice."""
        # Of an id that occurs twice nobody can tell which row was meant.
        rows = self.raw.get((item.what, item.id), [])
        return rows[0] if len(rows) == 1 else [*rows]

    def spans_of(self, region: str) -> list[Span]:
        """The spans of a region, in the order of its labels; empty when the result has no such region."""
        return [self.spans[at] for at in self.regions[region][1]] if region in self.regions else []


def read_result(result: list[JsonValue], schema: Schema) -> ParsedResult:
    """Read the rows of one annotation, draft or prediction. Never fails: what cannot be read is a finding."""
    # Regions come first: choices, notes and relations refer to them.
    reading = ParsedResult()
    kinds = [row.get("type") if isinstance(row, dict) else None for row in result]
    for row in _rows_of_type(result, kinds, "labels"):
        _read_labels(reading, row)
    for row in _rows_of_type(result, kinds, "choices"):
        _read_choices(reading, row, schema)
    for row in _rows_of_type(result, kinds, "textarea"):
        _read_note(reading, row)
    for row in _rows_of_type(result, kinds, "relation"):
        _read_relation(reading, row, schema)
    for number, (row, kind) in enumerate(zip(result, kinds, strict=True), start=1):
        if kind not in ("labels", "choices", "textarea", "relation"):
            reading.refuse("span", _row_name(row, number), "unreadable", f"its type is {kind!r}", row)
    return reading


def parse_row(kind: type[ParsedModel], row: JsonValue) -> ParsedModel | str:
    """The row as ``kind``, or why it is not one; the reason never quotes the row."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        return f"{place}: {first['msg']}"


def _rows_of_type(result: list[JsonValue], kinds: Iterable[object], wanted: str) -> list[JsonValue]:
    return [row for row, kind in zip(result, kinds, strict=True) if kind == wanted]


def _row_name(row: JsonValue, number: int = 0) -> str:
    """The row's id; else the number of the row, counted from one, where it is known."""
    name = row.get("id") if isinstance(row, dict) else None
    if isinstance(name, str):
        return name
    return f"row {number}" if number else ""


def _read_labels(reading: ParsedResult, row: JsonValue) -> None:
    read = parse_row(_LabelRow, row)
    if isinstance(read, str):
        reading.refuse("span", _row_name(row), "unreadable", read, row)
    elif not read.value.labels:
        reading.refuse("span", read.id, "unknown label", "the region has no label", row)
    elif not 0 <= read.value.start < read.value.end:
        reason = f"{read.value.start}..{read.value.end} is not a stretch of a text"
        reading.refuse("span", read.id, "offsets out of range", reason, row)
    else:
        _add_spans(reading, read, row)


def _add_spans(reading: ParsedResult, read: _LabelRow, row: JsonValue) -> None:
    # The same id at another place is a duplicate id, which a later check finds: its span gets no further labels.
    place = (read.value.start, read.value.end)
    known, positions = reading.regions.setdefault(read.id, (place, []))
    note = "\n".join(read.meta.text) if read.meta else ""
    for label in read.value.labels:
        name = f"{read.id}#{len(positions) + 1}" if known == place and positions else read.id
        if known == place:
            positions.append(len(reading.spans))
        offered = read.id.startswith(OFFERED)
        reading.spans.append(Span(id=name, start=place[0], end=place[1], label=label, note=note, offered=offered))
        reading.keep("span", name, row)


def _read_choices(reading: ParsedResult, row: JsonValue, schema: Schema) -> None:
    read = parse_row(_ChoiceRow, row)
    if isinstance(read, str):
        reading.refuse("choice", _row_name(row), "unreadable", read, row)
    elif read.from_name == UNSURE:
        _mark_unsure(reading, read, row)
    elif schema.choice_set(read.from_name) is None:
        name = choice_id(read.from_name, ",".join(read.value.choices))
        reading.refuse("choice", name, "unknown choice", f"{read.from_name!r} is not a choice of the schema", row)
    else:
        for option in read.value.choices:
            _add_choice(reading, read.from_name, option, row)


def _mark_unsure(reading: ParsedResult, read: _ChoiceRow, row: JsonValue) -> None:
    # The control `unsure` has one option of its own; any other was sent by something else than the page.
    strange = [option for option in read.value.choices if option != UNSURE]
    if strange:
        reading.refuse("choice", choice_id(UNSURE, strange[0]), "unknown choice", f"of the region {read.id!r}", row)
    elif read.id not in reading.regions:
        reading.refuse("span", read.id, "unreadable", "it is marked unsure, and is not a readable region", row)
    elif read.value.choices:
        for at in reading.regions[read.id][1]:
            reading.spans[at] = reading.spans[at].model_copy(update={"unsure": True})


def _add_choice(reading: ParsedResult, name: str, option: str, row: JsonValue) -> None:
    # The page cannot tick an option twice; an API can.
    chosen = reading.choices.get(name, ())
    if option in chosen:
        reading.refuse("choice", choice_id(name, option), "unreadable", "the option occurs twice", row)
        return
    reading.choices[name] = (*chosen, option)
    reading.keep("choice", choice_id(name, option), row)


def _read_note(reading: ParsedResult, row: JsonValue) -> None:
    control = row.get("from_name") if isinstance(row, dict) else None
    read = parse_row(_NoteRow, row)
    if control != NOTE:
        reading.refuse("span", _row_name(row), "unreadable", f"the schema has no text field {control!r}", row)
    elif isinstance(read, str):
        reading.refuse("span", _row_name(row), "unreadable", read, row)
    elif read.id not in reading.regions:
        reading.refuse("span", read.id, "unreadable", "it has a note, and is not a readable region", row)
    else:
        for at in reading.regions[read.id][1]:
            # The comment of the side bar is there already; the note of the text field joins it.
            notes = [note for note in (reading.spans[at].note, *read.value.text) if note]
            reading.spans[at] = reading.spans[at].model_copy(update={"note": "\n".join(notes)})


def _read_relation(reading: ParsedResult, row: JsonValue, schema: Schema) -> None:
    read = parse_row(_RelationRow, row)
    if isinstance(read, str):
        reading.refuse("relation", "", "unreadable", read, row)
        return
    if not read.labels:
        # Without a label the relation has no id; its ends tell it apart from others.
        name = f"{read.from_id} ? {read.to_id}"
        reading.refuse("relation", name, "broken relation", "it has no label", row)
    # A relation with several labels is several relations.
    for label in read.labels:
        _add_relation(reading, read, label, schema.relation(label), row)


def _add_relation(
    reading: ParsedResult, read: _RelationRow, label: str, kind: RelationType | None, row: JsonValue
) -> None:
    head, tail = _choose_ends(reading, read, kind)
    relation = Relation(head=head, tail=tail, label=label)
    # A symmetric relation reads the same from both ends.
    if read.direction != "right" and kind is not None and not kind.symmetric:
        reason = f"its direction is {read.direction!r}, and {label} is not symmetric"
        reading.refuse("relation", relation_id(relation), "broken relation", reason, row)
        return
    reading.relations.append(relation)
    reading.keep("relation", relation_id(relation), row)


def _choose_ends(reading: ParsedResult, read: _RelationRow, kind: RelationType | None) -> tuple[str, str]:
    """The first two spans of both regions that the type may join, else the first two, else the regions' own ids."""
    # A region of two labels is two spans: all pairs of spans of both ends.
    pairs = [
        (head, tail) for head in reading.spans_of(read.from_id) for tail in reading.spans_of(read.to_id) if head != tail
    ]
    for head, tail in pairs:
        if kind is not None and kind.allows(head.label, tail.label):
            return head.id, tail.id
    return (pairs[0][0].id, pairs[0][1].id) if pairs else (read.from_id, read.to_id)
