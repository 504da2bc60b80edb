"""Numbers and bodies in one spelling, so that the layer and Label Studio read the same in them.

Label Studio reads a number with a sign, with other digits or with a fraction as well, and keeps what it can write into
no answer after that.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from .subject import row_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# What numbers a row of the database, in a query and in a path.
_OF_A_QUERY = frozenset({"project", "view", "tabID", "tab", "task"})
_OF_A_PATH = frozenset({"pk", "annotation_id"})
_DEEPEST = 50  # levels of a body; what the page sends has ten
# How the page writes that there is no such row yet.
_NOT_SAVED = (None, "", -1, "-1")


def plain_query(asked: Mapping[str, str]) -> dict[str, str]:
    """The parameters; one that is to number a row, and is written in any other way than by digits, is left out.

    >>> plain_query({"view": "+2", "project": "01", "page": "+1"})
    {'project': '1', 'page': '+1'}
    """
    numbers = {name: row_number(value) for name, value in asked.items() if name in _OF_A_QUERY}
    plain = {name: value if name not in numbers else str(numbers[name]) for name, value in asked.items()}
    return {name: value for name, value in plain.items() if name not in numbers or numbers[name] is not None}


def has_plain_numbers(named: Mapping[str, Any]) -> bool:
    """Whether what numbers a row in a path is written by digits."""
    return all(row_number(value) is not None for name, value in named.items() if name in _OF_A_PATH)


def names_no_row(value: object) -> bool:
    """Whether a field of a body says that there is no such row: one that was never saved has 0, or -1, on the page."""
    return value in _NOT_SAVED or row_number(value) == 0


def plain_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body, with a result that was written as a text read.

    Raises:
        ValueError: It holds half a character, or a number without end: neither its author nor the owner would ever get
            an answer again that has it in it. Or it holds NUL, which PostgreSQL does not store, or is nested so deep
            that whoever reads it some calls further in fails.
    """
    read = dict(body)
    try:
        if isinstance(body.get("result"), str):
            read["result"] = json.loads(body["result"])
        _check_depth(read)
        seconds = body.get("lead_time")
        if seconds is not None and not math.isfinite(float(seconds)):
            raise ValueError("lead_time")
        json.dumps(read, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(type(error).__name__) from error
    return read


def _check_depth(value: object) -> None:
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        if any(isinstance(each, str) and "\0" in each for each in level):
            raise ValueError("NUL")
        inner = [[*each, *each.values()] if isinstance(each, dict) else each for each in level]
        level = [each for listed in inner if isinstance(listed, list) for each in listed]
    if level:
        raise ValueError("depth")
