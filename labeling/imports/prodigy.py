"""Prodigy's JSON lines: ``spans`` with offsets, ``relations`` between them, ``accept`` or a ``label``.

An accepted answer counts as submitted; a rejected or ignored one counts as skipped, because it tells nothing about the
text. A line that nobody answered, and in which nothing is marked, is a draft. A span is known by its place and label:
Prodigy has no ids, and two lines about one text may both have it.

A binary question is about one span, or about the text as a whole. Its answer says nothing of the rest of the text. Who
rejects a span knows that it is not there, and not what is: the answer is kept as skipped, and its place stays open.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labeling.imports.foreign_formats import name_fields, tell_objects
from labeling.imports.jsonl import read_json_lines, take_unread_fields
from labeling.imports.record import Attribute, ImportItem, ImportRecord, Misfit, RelationMark, SpanMark
from labeling.schema import NOTE, UNSURE
from labeling.sources.fields import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from labeling.annotations import State, ThingKind
    from labeling.articles import SourceRow
    from labeling.imports.glimpse import Glimpse, JsonLine
    from labeling.imports.record import TextLookup

_PRODIGY_FIELDS = frozenset(
    {*COLUMNS, "meta", "spans", "relations", "answer", "accept", "options", "_annotator_id", "_session_id"}
)
# Prodigy's own bookkeeping. Its tokens only prove what offsets count: these tell where a span is. A review decides on
# `versions`.
_BOOKKEEPING_FIELDS = frozenset(
    {"tokens", "_input_hash", "_task_hash", "_timestamp", "_view_id", "_is_binary", "versions", "sessions", "view_id"}
)
# One of them tells that somebody answered, or what somebody marked.
_ANSWER_FIELDS = ("answer", "spans", "relations", "accept", "label")
_ANSWERS = ("accept", "reject", "ignore")
# A session that nobody named is called after its time, behind the name of the dataset or by itself.
_ONLY_A_TIME = re.compile(r"(?:.*[-_])?\d{4}-\d\d-\d\d[T_ -]\d\d[-:.]\d\d[-:.]\d\d(?:[.,]\d+)?|\d{9,}(?:\.\d+)?")
_FEW_TOKENS = 16  # are looked at besides those at the ends of spans
_TOKEN_LABELS = ("ner", "label", "entity", "ent_type", "ent_iob_")
_SPAN_FIELDS = frozenset({"answer", "start", "end", "label", "text", "token_start", "token_end", "id", UNSURE, NOTE})


def read_prodigy(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file; articles without an id of their own are called after ``name``."""
    return read_json_lines(path, name, parse_prodigy_line)


def parse_prodigy_line(fields: JsonLine, row: SourceRow, named: bool) -> ImportRecord:  # noqa: FBT001 - as `read_json_lines` hands it over
    """The annotation in one line."""
    # Everything unreadable is collected here on the way.
    misfits: list[Misfit] = []
    annotator, nobody = _find_annotator(fields)
    spans = _read_objects(fields, "spans", "span", misfits)
    marks = [mark for span in spans if (mark := _parse_mark(span, fields.get("tokens"), misfits))]
    relations = _read_objects(fields, "relations", "relation", misfits)
    links = [link for relation in relations if (link := _parse_relation(relation, misfits))]
    judged = _judged_label(fields)
    unread = take_unread_fields(fields, _PRODIGY_FIELDS | _BOOKKEEPING_FIELDS | ({"label"} if judged else frozenset()))
    unread |= _labels_of_tokens(fields)
    return ImportRecord(
        row=row,
        named=named,
        annotator=annotator,
        nobody=nobody,
        state=_find_state(fields, misfits),
        marks=tuple(marks),
        links=tuple(links),
        options=tuple(_accepted_options(fields, judged, misfits)),
        misfits=tuple(misfits),
        copies=tuple(_copied_tokens(fields, marks)),
        updated=_iso_instant(fields.get("_timestamp")),
        ignored=frozenset(
            unread | {f"spans.{name}": None for span in spans for name in span if name not in _SPAN_FIELDS}
        ),
        unread=unread,
        task=_find_task(fields),
        partial=_is_partial(fields),
        words=len(fields["tokens"]) if isinstance(fields.get("tokens"), list) else 0,
    )


def looks_like_prodigy(glimpse: Glimpse) -> str:
    """What tells lines of Prodigy's: its answers and hashes, or spans and relations in its form."""
    return tell_objects(glimpse, _tell_prodigy)


def _tell_prodigy(fields: JsonLine) -> str:
    if is_answered_in_prodigy(fields):
        return name_fields(next(name for name in fields if name in _MARKS))
    for name, keys in (("spans", {"start", "end"}), ("relations", {"head_span", "child_span"})):
        if isinstance(rows := fields.get(name), list) and all(
            isinstance(each, dict) and keys <= each.keys() for each in rows
        ):
            return name_fields(name)
    return name_fields("accept") if isinstance(fields.get("accept"), list | str) else ""


_MARKS = frozenset({"answer", "_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id", "_is_binary"})


def is_answered_in_prodigy(fields: JsonLine) -> bool:
    """Whether a line has what only Prodigy writes."""
    return not _MARKS.isdisjoint(fields) and fields.get("answer", "accept") in _ANSWERS


def _find_state(fields: JsonLine, misfits: list[Misfit]) -> State:
    if all(fields.get(name) is None for name in _ANSWER_FIELDS):
        return "draft"
    # A line without an answer counts as accepted.
    answer = fields.get("answer") or "accept"
    if answer not in _ANSWERS:
        misfits.append(_unreadable_misfit("annotation", f"{answer!r} is not an answer of Prodigy's", answer))
    return "submitted" if answer == "accept" else "skipped"


def _find_annotator(fields: JsonLine) -> tuple[str, str]:
    """Who answered; or "" and why what the line has is not a person."""
    found = [(name, str(fields[name])) for name in ("_annotator_id", "_session_id") if _is_name(fields.get(name))]
    people = [value for _, value in found if not _ONLY_A_TIME.fullmatch(value)]
    if people or not found:
        return people[0] if people else "", ""
    name, value = found[0]
    return "", f"its `{name}` {value!r} is only the time of a session, which is not a person"


def _is_name(value: object) -> bool:
    return type(value) is int or (isinstance(value, str) and bool(value.strip()))


def _labels_of_tokens(fields: JsonLine) -> JsonLine:
    """The labels of names that somebody left with the tokens, where nobody looks for them."""
    tokens = fields.get("tokens")
    rows = [each for each in tokens if isinstance(each, dict)] if isinstance(tokens, list) else []
    labels = {name: [row[name] for row in rows if row.get(name) not in (None, "", "O")] for name in _TOKEN_LABELS}
    return {f"tokens.{name}": values for name, values in labels.items() if values}


def _find_task(fields: JsonLine) -> str:
    """What was asked: the same question about the same text has the same hash."""
    view = fields.get("_view_id", "")
    for name in ("_task_hash", "_input_hash"):
        if isinstance(value := fields.get(name), int | str) and value != "":
            # The same words may be asked about in two ways, where all that is known is their own hash.
            return f"{name}:{value}" if name == "_task_hash" else f"{name}:{value}:{view}"
    return ""


def _is_partial(fields: JsonLine) -> bool:
    """Whether the question was about one span, or about the text as a whole."""
    if fields.get("_is_binary") is True or (fields.get("_view_id") == "ner" and "_is_binary" not in fields):
        return True
    # Options to choose from, and no span: nobody was asked to mark any.
    return bool(_judged_label(fields) or ("spans" not in fields and (fields.get("accept") or fields.get("options"))))


def _judged_label(fields: JsonLine) -> str:
    """The one label about which the whole text was judged, or ""."""
    label = fields.get("label")
    return label if isinstance(label, str) and not fields.get("spans") and not fields.get("accept") else ""


def _read_objects(fields: JsonLine, name: str, what: ThingKind, misfits: list[Misfit]) -> list[JsonLine]:
    found = fields.get(name) or []
    rows = found if isinstance(found, list) else [found]
    misfits += [_unreadable_misfit(what, f"{name} {each!r}", each) for each in rows if not isinstance(each, dict)]
    return [each for each in rows if isinstance(each, dict)]


def _parse_mark(span: JsonLine, tokens: Any, misfits: list[Misfit]) -> SpanMark | None:  # noqa: ANN401 - JSON of any form
    start, end, label = span.get("start"), span.get("end"), span.get("label")
    # `isinstance` would let `true` pass as 1.
    label = str(label) if type(label) is int else label
    if type(start) is not int or type(end) is not int or not isinstance(label, str):
        misfits.append(_unreadable_misfit("span", "start or end is not a whole number, or label not a string", span))
        return None
    if reason := _contradict(span, tokens):
        misfits.append(_unreadable_misfit("span", reason, span))
        return None
    if span.get("answer", "accept") != "accept":
        reason = f"its own answer is {span['answer']!r}: it is not there, or nobody knows"
        misfits.append(Misfit("span", _mark_id(start, end, label), "unsupported", reason, span))
        return None
    words, note, name = span.get("text"), span.get(NOTE), _mark_id(start, end, label)
    return SpanMark(
        name,
        ((start, end),),
        label,
        words if isinstance(words, str) else None,
        note=note if isinstance(note, str) else "",
        # Prodigy has neither: our own lines do.
        attributes=(Attribute(f"{name} {UNSURE}", UNSURE),) if span.get(UNSURE) is True else (),
    )


def _contradict(span: JsonLine, tokens: Any) -> str:  # noqa: ANN401 - JSON of any form
    """Why a span is not where the tokens are that it names, the last one in it or just behind it; "" if it is."""
    first, last = span.get("token_start"), span.get("token_end")
    if type(first) is not int or type(last) is not int or not isinstance(tokens, list) or not tokens:
        return ""
    # Only the tokens that it names are looked at: there are many of both.
    begin, *others = (_place_of_token(tokens, at) for at in (first, last, last - 1))
    ends = [place for place in others if place]
    if not begin or not ends:
        return f"the tokens {first}..{last} that it names are not there"
    if span["start"] == begin[0] and span["end"] in {end[1] for end in ends}:
        return ""
    return f"the tokens that it names stand at {begin[0]}..{ends[0][1]}, and not at {span['start']}..{span['end']}"


def _copied_tokens(fields: JsonLine, marks: Sequence[SpanMark]) -> Iterator[tuple[int, int, str]]:
    """The tokens that begin or end where a span does, and some from first to last: they prove what offsets count."""
    tokens = fields.get("tokens")
    ends = {at for mark in marks for part in mark.parts for at in part}
    found = [place for each in tokens if (place := _token_place(each))] if isinstance(tokens, list) else []
    step = max(1, len(found) // _FEW_TOKENS)
    yield from (
        place for number, place in enumerate(reversed(found)) if number % step == 0 or not ends.isdisjoint(place[:2])
    )


def _place_of_token(tokens: list[Any], number: int) -> tuple[int, int, str] | None:
    """The place of a token by its number, be it a blank, with which a span may end."""
    return _token_place(tokens[number], blank=True) if 0 <= number < len(tokens) else None


def _token_place(token: Any, *, blank: bool = False) -> tuple[int, int, str] | None:  # noqa: ANN401 - JSON of any form
    match token:
        case {"start": int(start), "end": int(end), "text": str(words)} if blank or words.strip():
            # True and false are numbers to the language, and none here.
            return None if bool in (type(start), type(end)) else (start, end, words)
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


def _accepted_options(fields: JsonLine, judged: str, misfits: list[Misfit]) -> Iterator[str]:
    """The accepted options, or the one label about which the text was judged."""
    accepted = fields.get("accept") or ([judged] if judged else [])
    # `accept` holds one option or several; a binary question has its label instead.
    chosen = accepted if isinstance(accepted, list) else [accepted]
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


def _unreadable_misfit(what: ThingKind, reason: str, raw: Any) -> Misfit:  # noqa: ANN401 - JSON of any form
    return Misfit(what, "", "unreadable", reason, raw)
