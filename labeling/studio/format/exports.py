"""Label Studio's export files: a plain export or a snapshot is read, anything else refused by name. Pure."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from labeling.errors import UnreadableExport
from labeling.sources.json_items import MOST_LEVELS, cut_deep, read_more_text, stream_array
from labeling.workspace.rows.server_state import is_server_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from pydantic import JsonValue

# What may be a lone surrogate, not a number, or a number too large for a float. It finds more than there is: the
# halves of a pair, and words of a text; these are then looked at more closely.
_SUSPECT = re.compile(rb"\xed[\xa0-\xbf]|\\u[dD][89a-fA-F]|NaN|Infinity|[eE]\+?[0-9]{3}|[0-9]{300}")

_LISTS = 200 - MOST_LEVELS  # pydantic's parser goes 200 levels deep

_EXPORT_AGAIN = "export it from Label Studio as JSON, not as JSON-MIN, CSV, TSV or CoNLL"


class OnceOnly:
    """Lets each task, annotation and draft of an export through once, however often the server sends it.

    ``repeated`` names those that came again: ``task 7``, ``annotation 23 of task 7``.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._seen: set[tuple[str, object]] = set()
        self.repeated: list[str] = []

    def let_through(self, tasks: Iterable[JsonValue]) -> Iterator[dict[str, Any]]:
        """The tasks, in the order given, without what has come before."""
        for task in tasks:
            # Nothing else comes out of `read_export`.
            if isinstance(task, dict) and self._is_new("task", task, ""):
                yield self._without_repeats(task)

    def _without_repeats(self, task: dict[str, JsonValue]) -> dict[str, JsonValue]:
        place = f" of task {task.get('id')}"
        kept = dict(task)
        for part, kind in (("annotations", "annotation"), ("drafts", "draft")):
            rows = task.get(part)
            if isinstance(rows, list):
                kept[part] = [row for row in rows if not isinstance(row, dict) or self._is_new(kind, row, place)]
        return kept

    def _is_new(self, kind: str, row: dict[str, JsonValue], place: str) -> bool:
        number = row.get("id")
        # Without a number nothing can be told apart; it is refused where it is read.
        if not isinstance(number, int):
            return True
        if (kind, number) in self._seen:
            self.repeated.append(f"{kind} {number}{place}")
            return False
        self._seen.add((kind, number))
        return True


def stream_export(text: TextIO, where: str) -> Iterator[dict[str, JsonValue]]:
    """The tasks of an export, one at a time: it may be larger than memory.

    Args:
        text: Where to read it from.
        where: What to call it in a refusal.

    Raises:
        UnreadableExport: As `read_export` does, when it comes to the place.
    """

    def fail(reason: str) -> UnreadableExport:
        return _unreadable_export(where, reason)

    head = read_more_text(text, "", fail) or ""
    if not head.startswith("["):
        read_export((head + text.read()).encode("utf-8", "surrogatepass"), where)
        raise fail("it does not hold a list of tasks")
    for number, task in enumerate(map(cut_deep, stream_array(head, text, fail)), start=1):
        _check_task(task, number, where)
        if isinstance(task, dict):
            yield task


def is_portable(raw: bytes) -> bool:
    """Whether a JSON text surely has neither lone surrogates nor NaN in it: its tasks then need no closer look."""
    return _SUSPECT.search(raw) is None


def read_export(raw: bytes, where: str) -> list[JsonValue]:
    """The tasks of a plain JSON export or a snapshot, as they came; each is for `submissions.read_task`.

    Args:
        raw: The file's bytes.
        where: What to call the file in a refusal.

    Raises:
        UnreadableExport: It is not a list of tasks with ``id``, ``data`` and ``annotations``.
    """
    tasks = _decode(raw, where)
    if not isinstance(tasks, list):
        raise _unreadable_export(where, f"it holds one {_json_kind(tasks)}, not a list of tasks")
    for number, task in enumerate(tasks, start=1):
        _check_task(task, number, where)
    return tasks


def _decode(raw: bytes, where: str) -> JsonValue:
    """A JSON text, in which what is nested absurdly deep is cut off."""
    # Within so many lists, pydantic's parser itself refuses what is nested deeper than anything of anybody's.
    with suppress(ValueError, TypeError):
        value: JsonValue = from_json(b"[" * _LISTS + raw + b"]" * _LISTS)
        for _ in range(_LISTS):
            (value,) = cast("list[JsonValue]", value)
        return value
    try:
        return cut_deep(json.loads(raw))
    except (ValueError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"it is not JSON ({error})"
        raise _unreadable_export(where, reason) from None


def _check_task(task: JsonValue, number: int, where: str) -> None:
    if not isinstance(task, dict):
        raise _unreadable_export(where, f"item {number} is one {_json_kind(task)}, not a task")
    # JSON-MIN and files made for an import lack one of these.
    lacking = [key for key in ("id", "data", "annotations") if key not in task]
    if lacking:
        raise _unreadable_export(
            where, f"item {number} has no {lacking[0]!r}: it was written to be imported, or is not a task"
        )
    # A truth value would be taken for task 1, and a list cannot be looked up.
    if not is_server_number(task["id"]):
        raise _unreadable_export(where, f"item {number} has one {_json_kind(task['id'])} for its `id`, not a number")
    if not isinstance(task["data"], dict) or not isinstance(task["annotations"], list):
        raise _unreadable_export(where, f"item {number} has `data` or `annotations` of another kind than a task's")


def _unreadable_export(where: str, reason: str) -> UnreadableExport:
    return UnreadableExport(f"{where} is not a Label Studio export: {reason}", todo=_EXPORT_AGAIN, where=where)


def _json_kind(value: object) -> str:
    return {dict: "object", list: "list", str: "string", bool: "truth value"}.get(type(value), "number or null")
