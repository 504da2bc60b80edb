"""Tables: comma-separated records and the like, each with the line it starts in."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import UnreadableArticle
from labeling.sources.fields import COLUMNS, field_of_column
from labeling.sources.plain_files import LONGEST_LINE

if TYPE_CHECKING:
    import io
    from _csv import Reader
    from collections.abc import Iterator

TableRecord: TypeAlias = "tuple[int, list[str] | UnreadableArticle]"

_NAME_COLUMNS = f"name the columns in the first line; the text's is one of: {', '.join(COLUMNS['text'])}"
_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 100_000  # characters; below the limit by which csv itself refuses a cell


def open_table(stream: io.TextIOWrapper) -> tuple[list[str], Iterator[TableRecord]]:
    """The names of the columns, and a stream of records: the line of each, and its cells (none on a blank line).

    A record that cannot be parsed comes as the reason why. ``stream`` must have been opened with ``newline=""``.

    Raises:
        UnreadableArticle: The first line names no column of texts.
    """
    # The header alone decides on the delimiter; then reading begins anew.
    header_line = stream.readline(_LONGEST_HEADER + 1)
    if len(header_line) > _LONGEST_HEADER:
        raise UnreadableArticle(
            f"the first line has more than {_LONGEST_HEADER:,} characters, so it does not name the columns",
            todo=_NAME_COLUMNS,
        )
    delimiter = _delimiter(header_line)
    stream.seek(0)
    records = _records(csv.reader(stream, delimiter=delimiter, strict=True))
    _, header = next(records, (1, list[str]()))
    if isinstance(header, UnreadableArticle):
        raise header
    # Without this check every row would be refused for the same reason.
    if "text" not in map(field_of_column, header):
        raise UnreadableArticle(
            "the first line names no column of texts",
            todo=_NAME_COLUMNS,
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
    """The next record. Over-long texts are refused by the project's limit, and only absurd cells by that of csv.

    The latter holds for the whole process, so it is put back before anybody else can read a table.
    """
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)
