"""Records of Argilla 2: spans, labels of the text, and who said them.

* A span question's answers are spans, in code points; a label question's are choices, ``topic.Trade``. Ratings,
  rankings, texts and tables have no place here, and are listed.
* A person is a UUID there, which only ``--people`` can tell. A response that was discarded is a skip, a draft one.
* The nested form does not tell whether a response was sent: it counts as sent, and as a draft where the record is still
  ``pending``.
* A suggestion is signed ``model:<agent>``, whatever else is asked for: it never becomes gold.
* Whose answers are to other questions alone says nothing of the spans.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from labeling.annotations import MODEL
from labeling.articles import Reject, escape_surrogates, reject_of
from labeling.errors import ArticleError
from labeling.imports.argilla.asked_text import AskedText, choose_asked_text, span_rows
from labeling.imports.argilla.record_forms import (
    AskedRecord,
    QuestionAnswer,
    holds_records,
    is_of_argilla,
    list_records,
    parse_record,
    tell_record,
)
from labeling.imports.foreign_formats import name_fields, tell_objects
from labeling.imports.jsonl import article_fields, find_odd_fields, is_plain_object, refuse_value, stream_values
from labeling.imports.record import Account, ImportRecord, Misfit, SpanMark, reject_unreadable
from labeling.imports.unread_fields import keep_places
from labeling.sources.fields import COLUMNS, make_source_row
from labeling.sources.inputs import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from labeling.annotations import State
    from labeling.imports.glimpse import Glimpse, JsonLine
    from labeling.imports.record import ImportItem, TextLookup

_STATES: dict[str, State] = {"submitted": "submitted", "draft": "draft", "discarded": "skipped"}
_LONGEST_OPTION = 100  # characters: what is longer was written, not chosen
_SPAN_FIELDS = frozenset({"start", "end", "label", "score"})
_NO_STATUS = "the status of responses, which the nested form does not tell (flatten=True does)"


def looks_like_argilla(glimpse: Glimpse) -> str:
    """What tells records of Argilla's: fields beside responses or suggestions, or columns called after both."""
    if found := tell_objects(glimpse, _tell_rows):
        return found
    # A file by columns is one object, longer than a glimpse.
    return "it holds `_server_id`" if '"_server_id"' in glimpse.text and not glimpse.objects else ""


def _tell_rows(fields: JsonLine) -> str:
    if not holds_records(fields):
        return ""
    names = tell_record(next(iter(list_records(fields)), fields))
    return name_fields(*names) if names else ""


def read_argilla(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file, as a whole: which field has the text, and which question asks for spans, is known at its end."""
    found = list[AskedRecord | Reject]()
    for where, value in stream_values(path, holds_records):
        if isinstance(value, Reject):
            found.append(value)
        elif not is_plain_object(value):
            found.append(refuse_value(value, where))
        else:
            rows = list_records(value)
            places = [where] if len(rows) == 1 else [f"{where}:[{number}]" for number in range(1, len(rows) + 1)]
            found += [_parse_row(row, place) for row, place in zip(rows, places, strict=True)]
    asked = choose_asked_text([each for each in found if not isinstance(each, Reject)])
    source = SourceFile(path, name)
    for each in found:
        yield from [each] if isinstance(each, Reject) else _read_record(each, source, asked)


def _parse_row(row: JsonLine, where: str) -> AskedRecord | Reject:
    if is_of_argilla(row):
        return parse_record(row, where)
    names = ", ".join(f"`{name}`" for name in [*row][:5]) or "nothing"
    return reject_unreadable(where, f"it is not a record of Argilla's: it holds {names}", "export the records again")


def _read_record(record: AskedRecord, source: SourceFile, asked: AskedText) -> Iterator[ImportItem]:
    if reason := asked.reason_against(record):
        lost = f"{len(record.answers)} answers are refused with it"
        yield reject_unreadable(record.where, f"{reason}; {lost}", "export the records with that text as `text`")
        return
    others = {name: each for name, each in record.fields.items() if name != asked.field}
    told = {**others, "text": record.fields[asked.field], "id": record.id, "meta": record.metadata}
    known = article_fields(told)
    try:
        row = make_source_row(known.items(), source, record.where)
    except ArticleError as error:
        yield reject_of(error, str(record.id), record.where)
        return
    odd = find_odd_fields(told)
    unread = {
        **record.unread,
        **keep_places(odd),
        **{f"fields.{name}": each for name, each in others.items() if name not in COLUMNS},
        **{f"metadata.{name}": each for name, each in record.metadata.items() if name not in COLUMNS},
    }
    ignored = {*unread} | (
        {_NO_STATUS} if any(not each.status for each in record.answers if not each.is_suggested) else set()
    )
    bare = ImportRecord(row, named=bool(known.get("id") or known.get("url")), odd=tuple(odd))
    records = [_answer_of(bare, given, record.status, asked) for given in _by_author(record)]
    # A record that nobody answered is an article all the same.
    first, *rest = records or [replace(bare, is_silent=True)]
    yield replace(first, ignored=first.ignored | ignored, unread=unread)
    yield from (replace(each, odd=()) for each in rest)


def _by_author(record: AskedRecord) -> list[list[QuestionAnswer]]:
    """The answers of each person and each model; those of nobody together."""
    found = dict[tuple[bool, str], list[QuestionAnswer]]()
    for each in record.answers:
        found.setdefault((each.is_suggested, each.user), []).append(each)
    return list(found.values())


def _answer_of(bare: ImportRecord, given: Sequence[QuestionAnswer], status: str, asked: AskedText) -> ImportRecord:
    """What one person or model said of a record, to all its questions."""
    marks, options, misfits, ignored = list[SpanMark](), list[str](), list[Misfit](), set[str]()
    for each in given:
        # A response may be sent without an answer to a question that nobody has to answer.
        if each.value is None:
            continue
        if (rows := span_rows(each.value)) is not None and (rows or each.question in asked.span_questions):
            for row in rows:
                mark = _read_span(row, each.question)
                if isinstance(mark, SpanMark):
                    marks.append(mark)
                else:
                    misfits.append(mark)
                ignored |= {f"{each.question}.{name}" for name in row.keys() - _SPAN_FIELDS}
        elif (chosen := _chosen_options(each.value)) is not None:
            options += [f"{each.question}.{one}" for one in chosen]
        else:
            misfits.append(_refuse_answer(each))
    first = given[0]
    agent = MODEL + (escape_surrogates(first.user) or "unnamed")
    return replace(
        bare,
        **({"annotator": agent} if first.is_suggested else _signer(first.user)),
        state="submitted" if first.is_suggested else _state_of(given, status),
        marks=tuple(marks),
        options=tuple(options),
        misfits=tuple(misfits),
        ignored=frozenset(ignored),
        partial=not any(each.question in asked.span_questions and each.value is not None for each in given),
    )


def _state_of(given: Sequence[QuestionAnswer], status: str) -> State:
    """What a response was: one that is a draft in any part is a draft."""
    states = [_STATES.get(each.status.casefold(), "draft") for each in given if each.status]
    if not states:
        return "draft" if status == "pending" else "submitted"
    return min(states, key=("draft", "skipped", "submitted").index)


def _signer(user: str) -> dict[str, Any]:
    """Who answered: an account, whose number there is a UUID; or the name that somebody put in its place."""
    try:
        return {"account": Account(number=str(UUID(user)))}
    except ValueError:
        return {"annotator": escape_surrogates(user)} if user else {"account": Account()}


def _read_span(row: Mapping[str, Any], question: str) -> SpanMark | Misfit:
    match row:
        case {"start": int(start), "end": int(end), "label": str(label)} if bool not in (type(start), type(end)):
            return SpanMark(f"{question}:{label}:{start}-{end}", ((start, end),), label)
    return Misfit("span", "", "unreadable", "start, end or label is missing, or is not what it is", dict(row))


def _chosen_options(value: object) -> list[str] | None:
    """The options of a label question; None for anything else, words that somebody wrote among them."""
    values = value if isinstance(value, list) else [value]
    chosen = [each for each in values if isinstance(each, str) and len(each) <= _LONGEST_OPTION and "\n" not in each]
    return chosen if len(chosen) == len(values) else None


def _refuse_answer(given: QuestionAnswer) -> Misfit:
    value: Any = given.value
    kinds = ((int | float, "a rating"), (list, "a ranking"), (str, "a text"), (object, "an answer of its form"))
    kind = next(kind for of, kind in kinds if isinstance(value, of))
    reason = f"nothing here has a place for {kind}, to the question {given.question!r}"
    return Misfit("annotation", "", "unsupported", reason, value)
