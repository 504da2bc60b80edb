"""Prodigy's JSON lines: ``spans`` with offsets, ``relations`` between them, ``accept`` or a ``label``.

An accepted answer counts as submitted; a rejected or ignored one counts as skipped, because it tells nothing about the
text. A span is known by its place and label: Prodigy has no ids, and two lines about one text may both have it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labeling.imports.jsonl import JsonLine, list_unread_fields, read_json_lines
from labeling.imports.record import ImportItem, ImportRecord, Misfit, RelationMark, SpanMark
from labeling.sources.fields import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from labeling.annotations import ThingKind
    from labeling.articles import SourceRow
    from labeling.imports.record import TextLookup

_PRODIGY_FIELDS = frozenset(
    {*COLUMNS, "meta", "spans", "relations", "answer", "accept", "options", "label", "_annotator_id"}
)
# Prodigy's own bookkeeping. Its tokens only prove what offsets count: these tell where a span is.
_BOOKKEEPING_FIELDS = frozenset(
    {"tokens", "_input_hash", "_task_hash", "_session_id", "_timestamp", "_view_id", "_is_binary"}
)
_SPAN_FIELDS = frozenset({"start", "end", "label", "text", "token_start", "token_end", "id"})


def read_prodigy(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file; articles without an id of their own are called after ``name``."""
    return read_json_lines(path, name, parse_prodigy_line)


def parse_prodigy_line(fields: JsonLine, row: SourceRow, named: bool) -> ImportRecord:  # noqa: FBT001 - as `read_json_lines` hands it over
    """The annotation in one line."""
    # Everything unreadable is collected here on the way.
    misfits: list[Misfit] = []
    spans = _read_objects(fields, "spans", "span", misfits)
    marks = [mark for span in spans if (mark := _parse_mark(span, misfits))]
    relations = _read_objects(fields, "relations", "relation", misfits)
    links = [link for relation in relations if (link := _parse_relation(relation, misfits))]
    return ImportRecord(
        row=row,
        named=named,
        annotator=_string_or_empty(fields.get("_annotator_id")),
        # A line without an answer counts as accepted.
        state="submitted" if fields.get("answer", "accept") == "accept" else "skipped",
        marks=tuple(marks),
        links=tuple(links),
        options=tuple(_accepted_options(fields, misfits)),
        misfits=tuple(misfits),
        copies=tuple(_copied_tokens(fields, marks)),
        updated=_iso_instant(fields.get("_timestamp")),
        ignored=frozenset(
            list_unread_fields(fields, _PRODIGY_FIELDS | _BOOKKEEPING_FIELDS)
            | {f"spans.{name}" for span in spans for name in set(span) - _SPAN_FIELDS}
        ),
    )


def _read_objects(fields: JsonLine, name: str, what: ThingKind, misfits: list[Misfit]) -> list[JsonLine]:
    found = fields.get(name) or []
    rows = found if isinstance(found, list) else [found]
    misfits += [_unreadable_misfit(what, f"{name} {each!r}", each) for each in rows if not isinstance(each, dict)]
    return [each for each in rows if isinstance(each, dict)]


def _parse_mark(span: JsonLine, misfits: list[Misfit]) -> SpanMark | None:
    start, end, label = span.get("start"), span.get("end"), span.get("label")
    # `isinstance` would let `true` pass as 1.
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        misfits.append(_unreadable_misfit("span", "start or end is not a whole number, or label not a string", span))
        return None
    words = span.get("text")
    return SpanMark(_mark_id(start, end, label), ((start, end),), label, words if isinstance(words, str) else None)


def _copied_tokens(fields: JsonLine, marks: Sequence[SpanMark]) -> Iterator[tuple[int, int, str]]:
    """The tokens that begin or end where a span does, and the last one: they prove what offsets count."""
    tokens = fields.get("tokens")
    ends = {at for mark in marks for part in mark.parts for at in part}
    found = [place for each in tokens if (place := _token_place(each))] if isinstance(tokens, list) else []
    yield from (place for place in found if place is found[-1] or not ends.isdisjoint(place[:2]))


def _token_place(token: Any) -> tuple[int, int, str] | None:  # noqa: ANN401 - JSON of any form
    match token:
        case {"start": int(start), "end": int(end), "text": str(words)} if words.strip():
            return start, end, words
        case _:
            return None


def _parse_relation(relation: JsonLine, misfits: list[Misfit]) -> RelationMark | None:
    label, ends = relation.get("label"), [_relation_end(relation.get(end)) for end in ("head_span", "child_span")]
    if not isinstance(label, str) or "" in ends:
        misfits.append(
            _unreadable_misfit("relation", "label is not a string, or an end is not a labelled span", relation)
        )
        return None
    return RelationMark(ends[0], ends[1], label)


def _relation_end(span: Any) -> str:  # noqa: ANN401 - JSON of any form
    named = isinstance(span, dict) and span.get("label") and {"start", "end"} <= set(span)
    return _mark_id(span["start"], span["end"], span["label"]) if named else ""


def _mark_id(start: int, end: int, label: str) -> str:
    return f"{label}:{start}-{end}"


def _accepted_options(fields: JsonLine, misfits: list[Misfit]) -> Iterator[str]:
    """The accepted options, or the one label about which the text was judged."""
    accepted = fields.get("accept") or []
    # `accept` holds one option or several; a binary question has its label instead.
    chosen = accepted if isinstance(accepted, list) else [accepted]
    if not chosen and isinstance(fields.get("label"), str) and not fields.get("spans"):
        chosen = [fields["label"]]
    # Options may be accepted by number; what people read is their text.
    options = _read_objects(fields, "options", "choice", misfits)
    texts = {option["id"]: option.get("text") for option in options if isinstance(option.get("id"), int | str)}
    for name in chosen:
        word = texts.get(name, name) if type(name) is int else name
        if isinstance(word, str):
            yield word
        else:
            misfits.append(_unreadable_misfit("choice", f"the option {name!r} has no name", name))


def _iso_instant(timestamp: Any) -> str:  # noqa: ANN401 - JSON of any form
    """Seconds since 1970 as an ISO instant; "" for what is not a number, or one that is in no calendar."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).isoformat() if isinstance(timestamp, int | float) else ""
    except (ValueError, OverflowError, OSError):
        return ""


def _string_or_empty(value: Any) -> str:  # noqa: ANN401 - JSON of any form
    return value if isinstance(value, str) else ""


def _unreadable_misfit(what: ThingKind, reason: str, raw: Any) -> Misfit:  # noqa: ANN401 - JSON of any form
    return Misfit(what, "", "unreadable", reason, raw)
