"""Which field of Argilla's records is the text that is asked about: the settings that say it are not in the records.

Every span has to lie in it and to begin and end at the edge of a word; among several such fields it is the one called
``text``, then the only one that is not a title. Nothing is guessed between two. A chat, an image or any other field
that is not a string is not a text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.sources.fields import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.imports.argilla.record_forms import AskedRecord

_SPAN_KEYS = frozenset({"start", "end"})
_ADDRESSES = ("http://", "https://", "data:")


@dataclass(frozen=True)
class AskedText:
    """The ``field`` with the text, "" where none could be told; the questions that ask for spans.

    ``candidates`` are the fields between which nothing could be decided.
    """

    field: str
    span_questions: frozenset[str]
    candidates: tuple[str, ...] = ()

    def reason_against(self, record: AskedRecord) -> str:
        """Why no text can be had of a record, or ""."""
        text = record.fields.get(self.field)
        if isinstance(text, str) and text:
            return ""
        if self.candidates:
            among = ", ".join(f"`{name}`" for name in self.candidates)
            return f"no field can be told to be the one that its questions are about, between {among}"
        kinds = ", ".join(f"`{name}` is {_kind_of(each)}" for name, each in record.fields.items())
        return f"it has no text: {kinds or 'it has no field'}"


def choose_asked_text(records: Sequence[AskedRecord]) -> AskedText:
    """The field that the span questions of a file are about, as far as the records tell."""
    questions = frozenset(given.question for record in records for given in record.answers if span_rows(given.value))
    strings = Counter(name for record in records for name, each in record.fields.items() if _kind_of(each) == "a text")
    # Metadata stands beside the texts in the flattened form; a field that others lack is not a text of the file.
    names = sorted(name for name, count in strings.items() if 2 * count > len(records))
    # Scripts without blanks have no edges of words: there a span has to lie in the text at least.
    for fits in (_is_in_words, _is_in_text):
        fitting = [name for name in names if all(_holds_spans(record, name, fits) for record in records)]
        if fitting:
            names = fitting
            break
    if "text" in names:
        return AskedText("text", questions)
    others = {each for known, all_ in COLUMNS.items() if known != "text" for each in all_}
    names = [name for name in names if name.casefold() not in others] or names
    return AskedText(names[0], questions) if len(names) == 1 else AskedText("", questions, tuple(names))


def span_rows(value: object) -> list[dict[str, Any]] | None:
    """The spans of an answer, as they came; None for anything but a list of them; empty for an empty list."""
    if not isinstance(value, list) or not all(isinstance(each, dict) and _SPAN_KEYS & each.keys() for each in value):
        return None
    return value


def _holds_spans(record: AskedRecord, name: str, fits: Callable[[str, object, object], bool]) -> bool:
    text = record.fields.get(name)
    if not isinstance(text, str):
        return not record.answers
    spans = (row for given in record.answers for row in span_rows(given.value) or ())
    return all(fits(text, row.get("start"), row.get("end")) for row in spans)


def _is_in_words(text: str, start: object, end: object) -> bool:
    if not (type(start) is int and type(end) is int and _is_in_text(text, start, end)):
        return False
    edges = (text[max(start - 1, 0) : start + 1], text[end - 1 : end + 1])
    is_inside = any(len(edge) > 1 and edge.isalnum() for edge in edges)
    return not is_inside and not text[start].isspace() and not text[end - 1].isspace()


def _is_in_text(text: str, start: object, end: object) -> bool:
    return type(start) is int and type(end) is int and 0 <= start < end <= len(text)


def _kind_of(value: object) -> str:
    match value:
        case str() if value.startswith(_ADDRESSES) and len(value.split()) == 1:
            return "an image, or another address"
        case str():
            return "a text"
        case [{"role": _}, *_]:
            return "a chat"
        case dict():
            return "a field of a form of its own"
    return f"of type {type(value).__name__}"
