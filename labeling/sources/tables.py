"""Tables: comma-separated records and the like, each with the line it starts in."""

from __future__ import annotations

import csv
import re
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
# What Excel writes and reads before the header.
_NAMED_DELIMITER = re.compile(r'"?sep=(\\t|[^\s"]|\t)"?', re.IGNORECASE)
_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 100_000  # characters; below the limit by which csv itself refuses a cell


class _PlainCells(csv.excel):
    quoting = csv.QUOTE_NONE


def open_table(stream: io.TextIOWrapper) -> tuple[list[str], Iterator[TableRecord]]:
    """The names of the columns, and a stream of records: the line of each, and its cells (none on a blank line).

    A record that cannot be parsed comes as the reason why. ``stream`` must have been opened with ``newline=""``.

    Raises:
        UnreadableArticle: The first line names no column of texts.
    """
    # The header alone decides on the delimiter; then reading begins anew.
    first = _header_line(stream)
    named = _NAMED_DELIMITER.fullmatch(first.rstrip("\r\n"))
    skipped = 1 if named else 0
    delimiter = named[1].replace("\\t", "\t") if named else _delimiter(first)
    plain = delimiter == "\t" and _are_quotes_signs(stream, skipped)
    records = _open_records(stream, skipped, delimiter, plain=plain)
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


def _header_line(stream: io.TextIOWrapper) -> str:
    line = stream.readline(_LONGEST_HEADER + 1)
    if len(line) > _LONGEST_HEADER:
        raise UnreadableArticle(
            f"the first line has more than {_LONGEST_HEADER:,} characters, so it does not name the columns",
            todo=_NAME_COLUMNS,
        )
    return line


def _open_records(stream: io.TextIOWrapper, skipped: int, delimiter: str, *, plain: bool) -> Iterator[TableRecord]:
    """The records from the header on, after the lines that are ``skipped``; in ``plain`` ones a quote is a sign."""
    stream.seek(0)
    for _ in range(skipped):
        stream.readline()
    dialect = _PlainCells if plain else csv.excel
    return _records(csv.reader(stream, dialect, delimiter=delimiter, strict=True), skipped)


def _are_quotes_signs(stream: io.TextIOWrapper, skipped: int) -> bool:
    """Whether a quote at the beginning of a cell is a sign of the text: with tabs between cells most tools quote none.

    It is one where fewer records fit the header if quotes close cells: a stray quote takes in the lines that follow.
    """
    misfits = _count_misfits(_open_records(stream, skipped, "\t", plain=False))
    return misfits > 0 and _count_misfits(_open_records(stream, skipped, "\t", plain=True)) < misfits


def _count_misfits(records: Iterator[TableRecord]) -> int:
    """The records that nobody would write.

    They cannot be parsed, have another number of cells than the first, go over several lines, or begin with an empty
    cell: a line that goes on with a quoted cell may have as many tabs as the header by chance.
    """
    width = misfits = 0
    for _, cells in records:
        if isinstance(cells, UnreadableArticle):
            misfits += 1
            continue
        width = width or len(cells)
        odd = bool(cells) and (len(cells) != width or not cells[0])
        misfits += odd or any("\n" in cell for cell in cells)
    return misfits


def _delimiter(header: str) -> str:
    """The delimiter that finds most of our columns in the header; a guess from the texts would often be wrong."""
    return max(_DELIMITERS, key=lambda sign: sum(bool(field_of_column(cell)) for cell in _cells(header, sign)))


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _records(reader: Reader, skipped: int) -> Iterator[TableRecord]:
    while True:
        # A cell may have line ends in it, so records are not lines.
        start = reader.line_num + skipped + 1
        try:
            yield start, _next_record(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield (
                start,
                UnreadableArticle(
                    f"lines {start} to {reader.line_num + skipped} are not a table row: {error}",
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
