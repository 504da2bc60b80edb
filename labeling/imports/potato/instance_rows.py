"""The rows of Potato's output, of each version and form; each becomes one.

* version 1, JSON lines: ``displayed_text``, ``label_annotations`` by scheme and label, ``span_annotations`` as a list;
  a user's own file has ``id``, the file of all has ``user_id`` and ``instance_id``;
* version 1, tables: ``user``, ``instance_id``, ``displayed_text``, ``scheme:::label``, ``span_annotation:::label``;
* version 2, JSON lines: ``instance_id``, ``user_id``, ``labels``, ``spans`` by scheme, ``links``; no text;
* version 2, tables: ``instance_id``, ``user_id``, ``scheme.label``, ``scheme._spans``; no text.
"""

from __future__ import annotations

import ast
import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.articles import Reject
from labeling.imports.jsonl import is_plain_object, refuse_value, stream_values
from labeling.imports.record import reject_unreadable
from labeling.sources.plain_files import LONGEST_LINE, open_plain, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.imports.glimpse import JsonLine

_ANSWERS = ("label_annotations", "span_annotations")
_KNOWN = frozenset(
    {"id", "instance_id", "user", "user_id", "displayed_text", "text", *_ANSWERS, "labels", "spans", "links"}
)
_NAMES = ("id", "instance_id", "user", "user_id")
_SECONDS = {"id": "instance_id", "user": "user_id", "text": "displayed_text"}
_SECONDS |= {"labels": "label_annotations", "spans": "span_annotations"}
# How long people took, and each key that they pressed.
_BOOKKEEPING_FIELDS = frozenset({"behavioral_data", "phase", "page"})
_LABEL_SIGN, _SPAN_COLUMN, _SPANS_END = ":::", "span_annotation:::", "._spans"


@dataclass(frozen=True)
class InstanceRow:
    """What one user did with one text.

    ``text`` is None where the row has none. ``labels`` are values by scheme and label, ``spans`` as they came, those of
    another form than an object among them; ``has_spans`` is true where the row has a place for them.
    """

    where: str
    id: str
    user: str
    text: object
    labels: Mapping[str, Any]
    spans: tuple[Any, ...] = ()
    links: tuple[Any, ...] = ()
    unread: Mapping[str, object] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


def tell_row(fields: JsonLine) -> tuple[str, ...]:
    """The names of the fields by which an object is a row of Potato's; none for anything else."""
    for name in _ANSWERS:
        if name in fields and {"displayed_text", "instance_id", "id"} & fields.keys():
            return ("displayed_text", name) if "displayed_text" in fields else (name,)
    if {"instance_id", "user_id"} <= fields.keys() and {"labels", "spans"} & fields.keys():
        return "instance_id", "user_id"
    return ()


def tell_header(names: list[str]) -> tuple[str, ...]:
    """The names of the columns by which a table is one of Potato's; none for any other."""
    has_user = next((name for name in ("user", "user_id") if name in names), "")
    return ("instance_id", has_user) if "instance_id" in names and has_user else ()


def split_header(line: str) -> tuple[list[str], str]:
    """The names in a table's first line, and the sign between them."""
    sign = "\t" if "\t" in line else ","
    try:
        return next(csv.reader([line], delimiter=sign), []), sign
    except csv.Error:
        # Whatever has a cell of more than 131,072 characters does not begin with names.
        return [], sign


def stream_instances(path: Path) -> Iterator[InstanceRow | Reject]:
    """The rows of a file of any form.

    Raises:
        UnreadableArticle: It is not a plain file.
        OSError: It cannot be read.
    """
    with open_plain(path) as file:
        head = file.read(1 << 16).removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace")
    if tell_header(split_header(head.partition("\n")[0].rstrip("\r"))[0]):
        yield from _read_table(path)
        return
    for where, value in stream_values(path, lambda fields: bool(tell_row(fields))):
        if isinstance(value, Reject):
            yield value
        elif not is_plain_object(value):
            yield refuse_value(value, where)
        else:
            yield _parse_row(value, where)


def _parse_row(fields: JsonLine, where: str) -> InstanceRow:
    labels = fields.get("label_annotations", fields.get("labels"))
    spans = fields.get("span_annotations", fields.get("spans"))
    links = fields.get("links")
    return InstanceRow(
        where=where,
        id=_as_id(fields.get("instance_id", fields.get("id"))),
        user=_as_id(fields.get("user_id", fields.get("user"))),
        text=fields.get("displayed_text", fields.get("text")),
        labels=labels if isinstance(labels, dict) else {"": labels} if labels else {},
        spans=tuple(_list_spans(spans)),
        links=tuple(_list_spans(links)),
        unread={
            name: each
            for name, each in fields.items()
            if name not in _KNOWN | _BOOKKEEPING_FIELDS or _is_odd_or_second(name, each, fields)
        },
        ignored=frozenset(_BOOKKEEPING_FIELDS & fields.keys()),
    )


def _is_odd_or_second(name: str, value: object, fields: JsonLine) -> bool:
    """Whether a field of a row is not what its name says, or has another before it that says the same."""
    if value is None:
        return False
    if name in _NAMES:
        return isinstance(value, bool) or not isinstance(value, str | int)
    other = _SECONDS.get(name, "")
    return bool(other) and other in fields and fields[other] != value


def _list_spans(value: object) -> list[Any]:
    """Spans out of a list, of lists by scheme, or of keys with all in them: ``ner:PERSON:0:9``."""
    if isinstance(value, list):
        return value
    found = list[Any]()
    for name, each in value.items() if isinstance(value, dict) else ():
        match each:
            case list():
                found += [{"schema": name} | one if isinstance(one, dict) else one for one in each]
            case dict() if "start" in each:
                found.append(each)
            case dict():
                found += _list_spans(each)
            case _:
                found.append(_split_key(str(name)))
    return found or ([value] if value and not isinstance(value, dict) else [])


def _split_key(name: str) -> object:
    parts = name.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():  # noqa: PLR2004 - label, start, end
        scheme, _, label = parts[0].rpartition(":")
        return {"schema": scheme, "annotation": label, "start": int(parts[1]), "end": int(parts[2])}
    return name


def _read_table(path: Path) -> Iterator[InstanceRow | Reject]:
    text = read_plain(path).decode("utf-8-sig", errors="replace")
    names, sign = split_header(text.partition("\n")[0].rstrip("\r"))
    # A cell holds all the spans of a text.
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        # Line ends inside of cells are part of them.
        reader = csv.reader(text.splitlines(keepends=True), delimiter=sign)
        next(reader)
        for number, cells in enumerate(reader, start=1):
            where = f"{path}:[{number}]"
            if len(cells) != len(names):
                yield reject_unreadable(
                    where, f"it has {len(cells)} cells under {len(names)} names", "export the file again"
                )
            else:
                yield _parse_cells(dict(zip(names, cells, strict=True)), where)
    except csv.Error as error:
        yield reject_unreadable(str(path), f"it is not a table: {error}", "export the file again")
    finally:
        csv.field_size_limit(before)


def _parse_cells(cells: dict[str, str], where: str) -> InstanceRow:
    labels, spans, unread = dict[str, dict[str, Any]](), list[Any](), dict[str, object]()
    for name, cell in cells.items():
        # Neither an id nor a user is a list, and what it holds may be the spans.
        is_odd = cell.startswith(("[", "{")) and name not in {"text", "displayed_text"}
        if not cell or (name in _KNOWN and not is_odd):
            continue
        if name in _KNOWN:
            unread[name] = _read_cell(cell)
        elif name.startswith(_SPAN_COLUMN) or name.endswith(_SPANS_END):
            spans += _list_spans(_read_cell(cell))
        elif _LABEL_SIGN in name or "." in name:
            scheme, _, label = name.partition(_LABEL_SIGN if _LABEL_SIGN in name else ".")
            labels.setdefault(scheme, {})[label] = cell
        else:
            unread[name] = _read_cell(cell) if is_odd else cell
    text = cells.get("displayed_text") or cells.get("text") or None
    user = cells.get("user_id") or cells.get("user") or ""
    return InstanceRow(where, cells["instance_id"], user, text, labels, tuple(spans), unread=unread)


def _read_cell(cell: str) -> object:
    """The spans in a cell: JSON, or as Python writes a list; the cell itself where it is neither."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        try:
            return ast.literal_eval(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return [cell]


def _as_id(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
