"""The rows of a file in JSON that is not JSON lines: one array, an object around one, or objects printed over lines.

Which it is, its content tells: every tool's files end in ``.json``.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.errors import UnreadableArticle
from labeling.sources.json_items import stream_array
from labeling.sources.plain_files import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

_LARGEST_OBJECT = 200_000_000  # characters: an object is read as a whole, an array item by item
_DEEPEST_ROWS = 4  # levels of objects around an array: `{"response": {"docs": [...]}}` has two
_ONE_A_LINE = "write one article a line (.jsonl), or one array of all"

JsonFields: TypeAlias = dict[str, Any]


class DoubledFields(dict[str, Any]):
    """A JSON object in which a key stands twice with different values: ``doubled`` is the key, ``pairs`` has all."""

    def __init__(self, pairs: list[tuple[str, Any]], doubled: str) -> None:
        """Make the object as any reader would, in which the last value of a key counts."""
        super().__init__(pairs)
        self.pairs, self.doubled = pairs, doubled


def _keep_pairs(pairs: list[tuple[str, Any]]) -> JsonFields:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    # The same value twice is one value.
    doubled = next((key for key, value in pairs if value != fields[key]), None)
    return fields if doubled is None else DoubledFields(pairs, doubled)


# Made once: making one takes longer than reading a short line.
JSON_DECODER = json.JSONDecoder(object_pairs_hook=_keep_pairs)


def list_pairs(fields: JsonFields) -> Iterable[tuple[str, Any]]:
    """The keys and values of a JSON object, a key as often as it stands there with another value."""
    return fields.pairs if isinstance(fields, DoubledFields) else fields.items()


def find_json_rows(text: TextIO, is_row: Callable[[JsonFields], bool]) -> Iterator[Any] | None:
    """The rows of a text that is one JSON value, or several over many lines; None where each line is one.

    An array is streamed. Of an object the rows are in the arrays that hold any, whatever they are called; an object
    without one is a row itself.

    Args:
        text: Where to read from; left at its start where the answer is None.
        is_row: Whether an object is a row, by what it holds.

    Raises:
        UnreadableArticle: It is JSON over many lines, and broken or too large; for an array, while it is read.
    """
    text.seek(0)
    first, second = _next_line(text), _next_line(text)
    value = _decode_line(first)
    text.seek(0)
    # A line that is broken by itself is one of many lines: an array that goes on ends in a comma, or has just begun.
    is_broken = value is None and first.strip() != "[" and not first.rstrip().endswith(",")
    if is_broken and isinstance(_decode_line(second), dict):
        return None
    if first.startswith("[") and (value is None or not second.startswith("{")):
        return _stream_rows(text, is_row)
    if not first.startswith("{") or isinstance(_decode_line(second), dict):
        return None
    if isinstance(value, dict):
        rows = [] if second or is_row(value) else _inner_rows(value, is_row)
        return iter(rows) if rows else None
    return _read_objects(text, is_row) if _goes_on(first) and second else None


def _next_line(text: TextIO) -> str:
    """The next line that is not blank, without a byte order mark and blanks around it; of a long one the beginning.

    It is "" at the end, and where the bytes end in the middle of a character: whoever reads the lines tells of that.
    """
    try:
        while line := text.readline(LONGEST_LINE):
            if line := line.strip("\ufeff \t\r\n"):
                return line
    except UnicodeDecodeError:
        pass
    return ""


def _decode_line(line: str) -> object:
    """The value of a line; None if it is not JSON."""
    try:
        return JSON_DECODER.decode(line)
    except (ValueError, RecursionError):
        return None


def _goes_on(line: str) -> bool:
    """Whether what a line begins goes on in the next one: it is JSON up to its last sign."""
    try:
        JSON_DECODER.decode(line)
    except json.JSONDecodeError as error:
        return error.pos >= len(line) - 1
    except RecursionError:
        return False
    return False


def _stream_rows(text: TextIO, is_row: Callable[[JsonFields], bool]) -> Iterator[Any]:
    def fail(reason: str) -> UnreadableArticle:
        return UnreadableArticle(reason, todo=f"mend it, or {_ONE_A_LINE}")

    head = text.read(LONGEST_LINE).lstrip("\ufeff \t\r\n")
    for item in stream_array(head, text, fail, decoder=JSON_DECODER, longest=LONGEST_LINE):
        yield from _rows_in(item, is_row)


def _read_objects(text: TextIO, is_row: Callable[[JsonFields], bool]) -> Iterator[Any]:
    content = text.read(_LARGEST_OBJECT + 1).lstrip("\ufeff")
    if len(content) > _LARGEST_OBJECT:
        raise UnreadableArticle(
            f"it is an object of more than {_LARGEST_OBJECT:,} characters over many lines", todo=_ONE_A_LINE
        )
    values, at = list[Any](), 0
    try:
        while rest := content[at : at + 1]:
            if rest.isspace():
                at += 1
                continue
            value, at = JSON_DECODER.raw_decode(content, at)
            values.append(value)
    except (ValueError, RecursionError) as error:
        # The message has the place only, never the text.
        place = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableArticle(
            f"it is JSON over many lines, and broken{place}", todo=f"mend it, or {_ONE_A_LINE}"
        ) from None
    return chain.from_iterable(_rows_in(value, is_row) for value in values)


def _rows_in(value: object, is_row: Callable[[JsonFields], bool]) -> list[Any]:
    """The rows that a value holds; itself, where it holds none: whoever reads it says what is wrong with it."""
    if not isinstance(value, dict) or is_row(value):
        return [value]
    return _inner_rows(value, is_row) or [value]


def _inner_rows(fields: JsonFields, is_row: Callable[[JsonFields], bool], depth: int = 1) -> list[Any]:
    rows = list[Any]()
    for value in (value for _, value in list_pairs(fields)):
        if isinstance(value, list) and any(isinstance(each, dict) and is_row(each) for each in value):
            rows += value
        elif isinstance(value, dict) and depth < _DEEPEST_ROWS:
            rows += _inner_rows(value, is_row, depth + 1)
    return rows
