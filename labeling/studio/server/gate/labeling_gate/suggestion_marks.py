"""Suggestions known by what they say: on another server they have other numbers, and are still the same ones.

What somebody was served before a move stands in the table as a mark, a number below 0, until that suggestion is here.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

_FIGURES = 15  # hexadecimal ones, so that a mark is a number that both databases take


def mark_of(version: str, result: Any) -> int:  # noqa: ANN401 - any JSON
    """The mark of a suggestion: of which model it is, and what it says."""
    written = json.dumps([version, result], sort_keys=True)
    return -(int(hashlib.sha256(written.encode()).hexdigest()[:_FIGURES], 16) or 1)


def marks_of(predictions: Collection[int]) -> dict[int, int]:
    """The marks of those of these suggestions that are here, by their numbers."""
    from tasks.models import Prediction

    found = Prediction.objects.filter(id__in=[*predictions]).values_list("id", "model_version", "result")
    return {int(number): mark_of(str(version or ""), result) for number, version, result in found}


def write_mark(mark: int) -> str:
    """A mark as it goes out.

    >>> write_mark(-255), read_mark("ff")
    ('ff', -255)
    """
    return f"{-mark:x}"


def read_mark(text: str) -> int | None:
    """The mark that went out so; None if it is not one."""
    is_mark = text.isascii() and 0 < len(text) <= _FIGURES and all(sign in "0123456789abcdef" for sign in text)
    return -int(text, 16) if is_mark and int(text, 16) else None
