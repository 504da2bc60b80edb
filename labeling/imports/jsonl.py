"""JSON lines as annotation tools export them: an object a line, with more fields than we know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.articles import reject_of
from labeling.errors import ArticleError
from labeling.imports.record import Item, Statement, unreadable
from labeling.sources.fields import COLUMNS, row_of
from labeling.sources.inputs import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from labeling.articles import Row

Json: TypeAlias = dict[str, Any]


def statements(path: Path, name: str, read: Callable[[Json, Row, bool], Statement]) -> Iterator[Item]:
    """What each line of a file says; a line that is no object, or has no text, is refused with its number.

    Args:
        path: The file, in UTF-8.
        name: What articles without an id of their own are called after.
        read: Makes a statement of the fields of a line, its article, and whether the id is the line's own.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _item(line, Input(path, name), f"{path}:{number}", read)


def _item(line: bytes, source: Input, where: str, read: Callable[[Json, Row, bool], Statement]) -> Item:
    try:
        fields = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return unreadable(where, f"the line is no JSON: {error}", "export the file again")
    if not isinstance(fields, dict):
        return unreadable(where, "the line is no JSON object", "name a file with one object a line")
    known = article_fields(fields)
    try:
        row = row_of(known, source, where)
    except ArticleError as error:
        return reject_of(error, str(known.get("id", "")))
    return read(fields, row, bool(known.get("id") or known.get("url")))


def article_fields(fields: Mapping[str, Any]) -> Json:
    """What a line says of its article: fields of its own, else those of its ``meta``, and ``data`` for the text."""
    meta = fields.get("meta")
    known = {**(meta if isinstance(meta, dict) else {}), **fields}
    found = {ours: known[ours] for ours in COLUMNS if known.get(ours) is not None and known[ours] != ""}
    return found if "text" in found or "data" not in fields else {**found, "text": fields["data"]}


def unread(fields: Json, known: Collection[str]) -> set[str]:
    """The names of fields that nobody reads; of those in ``meta`` all that say nothing of the article."""
    meta = fields.get("meta")
    inner = set(meta) - set(COLUMNS) if isinstance(meta, dict) else set()
    return set(fields) - set(known) | {f"meta.{name}" for name in inner}
