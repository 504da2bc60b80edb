"""JSON lines as annotation tools export them: an object a line, with more fields than we know."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, TypeGuard

from labeling.articles import Reject, reject_of
from labeling.errors import ArticleError
from labeling.imports.record import ImportItem, ImportRecord, reject_unreadable
from labeling.imports.unread_fields import keep_places
from labeling.sources.details import read_detail
from labeling.sources.fields import COLUMNS, make_source_row
from labeling.sources.inputs import SourceFile
from labeling.sources.json_items import MOST_LEVELS, is_deep
from labeling.sources.json_rows import JSON_DECODER, DoubledFields, find_json_rows
from labeling.sources.plain_files import LONGEST_LINE, open_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from labeling.articles import SourceRow
    from labeling.imports.glimpse import JsonLine

_LONGEST_LINE = 4 * LONGEST_LINE  # bytes, of as many characters


def read_json_lines(
    path: Path, name: str, read: Callable[[JsonLine, SourceRow, bool], ImportRecord]
) -> Iterator[ImportItem]:
    """Read a file line by line; a line that is not an object, or has no text, is refused with its number.

    A file that is one array of objects, or one object around such an array, is read like lines.

    Args:
        path: The file, in UTF-8.
        name: What articles without an id of their own are called after.
        read: Makes a record of the fields of a line, its article, and whether the id is the line's own.
    """
    source = SourceFile(path, name)
    for where, value in stream_values(path, lambda fields: "text" in fields or "data" in fields):
        yield value if isinstance(value, Reject) else _read_object(value, source, where, read)


def stream_values(path: Path, is_row: Callable[[JsonLine], bool]) -> Iterator[tuple[str, object]]:
    """The values of a file, each with where it stands: those of its lines, or else its rows, as ``is_row`` knows them.

    A line that is not JSON is a `Reject` in its place.

    Raises:
        UnreadableArticle: It is JSON over many lines, and broken or too large.
    """
    with open_plain(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n") as text:
        rows = find_json_rows(text, is_row)
        for number, row in enumerate(rows or (), start=1):
            yield f"{path}:[{number}]", row
    if rows is not None:
        return
    with open_plain(path) as lines:
        for number, line in enumerate(limited_lines(lines), start=1):
            if line.strip():
                yield f"{path}:{number}", _read_line(line, f"{path}:{number}")


def limited_lines(lines: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its first part, which is not JSON, and the rest is passed over."""
    while line := lines.readline(_LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = lines.readline(_LONGEST_LINE)


def _read_line(line: bytes, where: str) -> object:
    try:
        # Some tools begin each file, and so its first line, with a byte order mark.
        return JSON_DECODER.decode(line.decode("utf-8-sig").strip())
    except (ValueError, RecursionError) as error:
        return reject_unreadable(where, f"the line is not JSON: {error}", "export the file again")


def _read_object(
    fields: object, source: SourceFile, where: str, read: Callable[[JsonLine, SourceRow, bool], ImportRecord]
) -> ImportItem:
    if not is_plain_object(fields):
        return refuse_value(fields, where)
    # From here on a fault has the id of its article, if the line has one.
    known = article_fields(fields)
    try:
        row = make_source_row(known.items(), source, where)
    except ArticleError as error:
        return reject_of(error, str(known.get("id", "")))
    record = read(fields, row, row.id in {read_detail("id", known.get("id")).value, row.url} - {""})
    odd = find_odd_fields(fields)
    return replace(record, odd=tuple(odd), unread={**record.unread, **keep_places(odd)}) if odd else record


def is_plain_object(value: object) -> TypeGuard[JsonLine]:
    """Whether a value is an object, with each key once, and not too deep."""
    return isinstance(value, dict) and not isinstance(value, DoubledFields) and not is_deep(value)


def refuse_value(value: object, where: str) -> Reject:
    """The refusal of a value that is not such an object."""
    if isinstance(value, DoubledFields):
        return reject_unreadable(where, f"`{value.doubled}` stands there twice", "leave one of them")
    if not isinstance(value, dict):
        return reject_unreadable(where, "the line is not a JSON object", "name a file with one object a line")
    return reject_unreadable(where, f"its values are nested more than {MOST_LEVELS} deep", "export the file again")


def article_fields(fields: Mapping[str, Any]) -> JsonLine:
    """The fields about a line's article: its own, else those of its ``meta``; the text may be called ``data``.

    What is optional and of no use is not among them: an odd detail costs the detail, not the article.
    """
    found = {ours: value for ours in COLUMNS for _, value in _filled_fields(fields, ours)[:1]}
    return found if "text" in found or "data" not in fields else {**found, "text": fields["data"]}


def find_odd_fields(fields: Mapping[str, Any]) -> JsonLine:
    """What is known of a line's article and has a value of no use: ``meta.source`` where it is a number.

    Such a value may be anything, annotations among others.
    """
    places = ((prefix + ours, each.get(ours)) for ours in COLUMNS for prefix, each in _places_of(fields))
    return {name: value for name, value in places if not _is_empty_field(value) and not _is_useful(name, value)}


def _filled_fields(fields: Mapping[str, Any], ours: str) -> list[tuple[str, Any]]:
    values = ((prefix + ours, each.get(ours)) for prefix, each in _places_of(fields))
    return [(name, value) for name, value in values if not _is_empty_field(value) and _is_useful(name, value)]


def _places_of(fields: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Where a line tells of its article: in its own fields, and in its ``meta``."""
    meta = fields.get("meta")
    return [("", fields), *([("meta.", meta)] if isinstance(meta, dict) else [])]


def _is_empty_field(value: object) -> bool:
    # Tools write empty fields for what they do not know.
    return value is None or value == ""


def _is_useful(name: str, value: object) -> bool:
    """Whether a value can be what its name says."""
    ours = name.rpartition(".")[2]
    if ours == "text":
        # Without a text there is no article: that is a refusal, and has its own message.
        return name == "text" or isinstance(value, str)
    return not read_detail(ours, value).odd


def take_unread_fields(fields: JsonLine, known: Collection[str]) -> JsonLine:
    """The fields that are not read, with their values; those in ``meta`` under names like ``meta.section``."""
    meta = fields.get("meta")
    inner = meta if isinstance(meta, dict) else {}
    # A meta that is not an object has nothing that could be read.
    rest = {"meta": meta} if meta and not inner else {}
    return {
        **{name: value for name, value in fields.items() if name not in known},
        **rest,
        **{f"meta.{name}": value for name, value in inner.items() if name not in COLUMNS},
    }
