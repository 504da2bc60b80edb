"""JSON lines as annotation tools export them: an object a line, with more fields than we know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from labeling.articles import reject_of
from labeling.errors import ArticleError
from labeling.imports.record import ImportItem, ImportRecord, reject_unreadable
from labeling.sources.fields import COLUMNS, make_source_row
from labeling.sources.inputs import SourceFile
from labeling.sources.plain_files import LONGEST_LINE, open_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from labeling.articles import SourceRow

_LONGEST_LINE = 4 * LONGEST_LINE  # bytes, of as many characters
_DEEPEST = 100  # levels

JsonLine: TypeAlias = dict[str, Any]


def read_json_lines(
    path: Path, name: str, read: Callable[[JsonLine, SourceRow, bool], ImportRecord]
) -> Iterator[ImportItem]:
    """Read a file line by line; a line that is not an object, or has no text, is refused with its number.

    Args:
        path: The file, in UTF-8.
        name: What articles without an id of their own are called after.
        read: Makes a record of the fields of a line, its article, and whether the id is the line's own.
    """
    with open_plain(path) as lines:
        for number, line in enumerate(limited_lines(lines), start=1):
            if line.strip():
                yield _read_item(line, SourceFile(path, name), f"{path}:{number}", read)


def limited_lines(lines: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its first part, which is not JSON, and the rest is passed over."""
    while line := lines.readline(_LONGEST_LINE):
        yield line
        while line and not line.endswith(b"\n"):
            line = lines.readline(_LONGEST_LINE)


def _read_item(
    line: bytes, source: SourceFile, where: str, read: Callable[[JsonLine, SourceRow, bool], ImportRecord]
) -> ImportItem:
    try:
        # Some tools begin each file, and so its first line, with a byte order mark.
        fields = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return reject_unreadable(where, f"the line is not JSON: {error}", "export the file again")
    if not isinstance(fields, dict):
        return reject_unreadable(where, "the line is not a JSON object", "name a file with one object a line")
    if _is_deep(fields):
        return reject_unreadable(where, f"its values are nested more than {_DEEPEST} deep", "export the file again")
    # From here on a fault has the id of its article, if the line has one.
    known = article_fields(fields)
    try:
        row = make_source_row(known, source, where)
    except ArticleError as error:
        return reject_of(error, str(known.get("id", "")))
    return read(fields, row, bool(known.get("id") or known.get("url")))


def _is_deep(value: object) -> bool:
    """Whether a value is nested deeper than anybody's annotations, and so deeper than it could be written again."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = [each for outer in level for each in _items(outer)]
        if not inner:
            return False
        level = inner
    return True


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def article_fields(fields: Mapping[str, Any]) -> JsonLine:
    """The fields about a line's article: its own, else those of its ``meta``; the text may be called ``data``."""
    meta = fields.get("meta")
    known = {**(meta if isinstance(meta, dict) else {}), **fields}
    # Tools write empty fields for what they do not know.
    found = {ours: known[ours] for ours in COLUMNS if known.get(ours) is not None and known[ours] != ""}
    return found if "text" in found or "data" not in fields else {**found, "text": fields["data"]}


def list_unread_fields(fields: JsonLine, known: Collection[str]) -> set[str]:
    """The names of the fields that are not read; of those in ``meta``, all that are not about the article."""
    meta = fields.get("meta")
    inner = set(meta) - set(COLUMNS) if isinstance(meta, dict) else set()
    return set(fields) - set(known) | {f"meta.{name}" for name in inner}
