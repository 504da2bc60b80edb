"""Files with an article a row: JSON lines, the other shapes of JSON, and tables. Each row is taken or refused alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from labeling.articles import Reject, SourceRow, reject_of
from labeling.errors import ArticleError, OverlongArticle, UnreadableArticle
from labeling.sources.fields import field_of_column, is_article_row, make_source_row
from labeling.sources.json_rows import JSON_DECODER, find_json_rows, list_pairs
from labeling.sources.opened_text import (
    IngestOptions,
    Remark,
    choose_encoding,
    open_text,
    refuse_broken,
    remark_guess,
    remark_ignored,
)
from labeling.sources.plain_files import LONGEST_LINE
from labeling.sources.tables import open_table

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from labeling.sources.inputs import SourceFile

ReadItem: TypeAlias = "SourceRow | Reject | Remark"


def read_json(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[ReadItem]:
    """The articles of a file in JSON: one a line, in an array, or in an object around one."""
    # Ignored columns are reported once a file, not once a line.
    encoding, ignored = choose_encoding(file, terms), set[str]()
    yield from remark_guess(source, encoding)
    # Only LF ends a line: JSON may have other line separators inside a string.
    with open_text(file, encoding, "\n") as stream:
        rows = find_json_rows(stream, is_article_row)
        if rows is not None:
            for number, row in enumerate(rows, start=1):
                yield _parse_item(row, source, f"{source.where}:[{number}]", ignored)
        else:
            yield from _read_lines(stream, source, ignored)
    yield from remark_ignored(source, ignored)


def read_table(source: SourceFile, file: BinaryIO, terms: IngestOptions) -> Iterator[ReadItem]:
    """The articles of a table: comma-separated records and the like."""
    encoding = choose_encoding(file, terms)
    yield from remark_guess(source, encoding)
    # The csv module wants line ends as they are.
    with open_text(file, encoding, "") as stream:
        header, records = open_table(stream)
        for start, cells in records:
            if cells:
                yield _parse_record(header, cells, source, f"{source.where}:{start}")
    yield from remark_ignored(source, {column for column in header if not field_of_column(column)})


def _read_lines(stream: io.TextIOWrapper, source: SourceFile, ignored: set[str]) -> Iterator[ReadItem]:
    for number, line in enumerate(_limited_lines(stream), start=1):
        if line.strip():
            yield _parse_line(line, source, f"{source.where}:{number}", ignored)


def _limited_lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a stream; of one that is too long its first part, and the rest is passed over in pieces."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while line and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)


def _parse_line(line: str, source: SourceFile, where: str, ignored: set[str]) -> SourceRow | Reject:
    try:
        if len(line) > LONGEST_LINE:
            raise OverlongArticle(
                f"the line has more than {LONGEST_LINE:,} characters", todo="write one article a line, or split it"
            )
        refuse_broken(line)
        return _make_json_row(_parse_object(line), source, where, ignored)
    except ArticleError as error:
        return reject_of(error, "", where)


def _parse_item(item: object, source: SourceFile, where: str, ignored: set[str]) -> SourceRow | Reject:
    try:
        if not isinstance(item, dict):
            raise UnreadableArticle("the item is not a JSON object", todo='write [{"id": ..., "text": ...}, ...]')
        refuse_broken(json.dumps(item, ensure_ascii=False))
        return _make_json_row(item, source, where, ignored)
    except ArticleError as error:
        return reject_of(error, "", where)


def _make_json_row(values: dict[str, Any], source: SourceFile, where: str, ignored: set[str]) -> SourceRow:
    ignored |= {key for key in values if not field_of_column(key)}
    return make_source_row(list_pairs(values), source, where)


def _parse_object(line: str) -> dict[str, Any]:
    try:
        # Deep nesting ends in a RecursionError, not in a ValueError.
        values = JSON_DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        # The message has the place only, never the line: texts do not belong in messages.
        place = f" at column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableArticle(f"the line is not JSON{place}", todo="mend the line") from None
    if not isinstance(values, dict):
        raise UnreadableArticle("the line is not a JSON object", todo='write {"id": ..., "text": ...} on each line')
    return values


def _parse_record(
    header: list[str], cells: list[str] | UnreadableArticle, source: SourceFile, where: str
) -> SourceRow | Reject:
    try:
        # The table comes as a stream, in which a fault takes the place of a record.
        if isinstance(cells, UnreadableArticle):
            raise cells
        if len(cells) != len(header):
            raise UnreadableArticle(
                f"the row has {len(cells)} cells and the header {len(header)}", todo="quote the cells of the row"
            )
        refuse_broken("".join(cells))
        return make_source_row(zip(header, cells, strict=True), source, where)
    except ArticleError as error:
        return reject_of(error, "", where)
