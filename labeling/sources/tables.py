"""Tables: comma-separated records and the like, each with the line it starts in."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import UnreadableArticle
from labeling.sources.fields import COLUMNS, field_of_column

if TYPE_CHECKING:
    import io
    from _csv import Reader
    from collections.abc import Iterator

TableRecord: TypeAlias = "tuple[int, list[str] | UnreadableArticle]"

_DELIMITERS = ",;\t|"
_MAX_CELL = 2**31 - 1  # characters


def open_table(stream: io.TextIOWrapper) -> tuple[list[str], Iterator[TableRecord]]:
    """The names of the columns, and a stream of records: the line of each, and its cells (none on a blank line).

    A record that cannot be parsed comes as the reason why. ``stream`` must have been opened with ``newline=""``.

    Raises:
        UnreadableArticle: The first line names no column of texts.
    """
    # The header alone decides on the delimiter; then reading begins anew.
    delimiter = _delimiter(stream.readline())
    stream.seek(0)
    records = _records(csv.reader(stream, delimiter=delimiter, strict=True))
    _, header = next(records, (1, list[str]()))
    if isinstance(header, UnreadableArticle):
        raise header
    # Without this check every row would be refused for the same reason.
    if "text" not in map(field_of_column, header):
        raise UnreadableArticle(
            "the first line names no column of texts",
            todo=f"name the columns in the first line; the text's is one of: {', '.join(COLUMNS['text'])}",
        )
    return header, records


def _delimiter(header: str) -> str:
    """The delimiter that finds most of our columns in the header; a guess from the texts would often be wrong."""
    return max(_DELIMITERS, key=lambda sign: sum(bool(field_of_column(cell)) for cell in _cells(header, sign)))


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _records(reader: Reader) -> Iterator[TableRecord]:
    while True:
        # A cell may have line ends in it, so records are not lines.
        start = reader.line_num + 1
        try:
            yield start, _next_record(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield (
                start,
                UnreadableArticle(
                    f"lines {start} to {reader.line_num} are not a table row: {error}",
                    todo='close every quote, and double those inside a cell: "he said ""no"" to it"',
                ),
            )


def _next_record(reader: Reader) -> list[str]:
    """The next record, however long its cells: over-long texts are refused by our limit, not by csv's.

    That one holds for the whole process, so it is put back before anybody else can read a table.
    """
    before = csv.field_size_limit(_MAX_CELL)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)
