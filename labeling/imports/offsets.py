"""From offsets in a text as it came to offsets in the article: other units, a byte order mark, and line ends.

An article has LF for CRLF and CR, and no byte order mark at its head; each makes the offsets after it smaller. In the
text ``a``, CR, LF, ``b`` the ``b`` is at 3, in the article at 2.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.articles import normalise_newlines

if TYPE_CHECKING:
    from collections.abc import Callable

OffsetUnit: TypeAlias = Literal["code-points", "utf-16"]
OFFSET_UNITS: tuple[OffsetUnit, ...] = ("code-points", "utf-16")

_BYTE_ORDER_MARK = "\ufeff"


def article_text(text: str) -> str:
    """The article's text for ``text``: without a byte order mark, line ends as LF."""
    return normalise_newlines(text.removeprefix(_BYTE_ORDER_MARK))


def make_offset_map(text: str, unit: OffsetUnit) -> Callable[[int], int | None]:
    """A function from an offset in ``text``, counted in ``unit``, to the offset in ``article_text(text)``.

    It gives None for an offset outside the text, or inside a character (half of a UTF-16 pair).
    """
    units = _utf16_offsets(text) if unit == "utf-16" else None
    # Most texts need no map at all.
    plain = not units and "\r" not in text and not text.startswith(_BYTE_ORDER_MARK)
    removed = [] if plain else _removed_places(text)

    def place(offset: int) -> int | None:
        # None for half of a pair, which is not a boundary of a character.
        point = units.get(offset) if units else offset
        if point is None or not 0 <= point <= len(text):
            return None
        return point - bisect_left(removed, point)

    return place


def _removed_places(text: str) -> list[int]:
    """Where the characters are that the article does not have: the byte order mark, and each LF after a CR."""
    mark = [0] if text.startswith(_BYTE_ORDER_MARK) else []
    return mark + [found.end() - 1 for found in re.finditer("\r\n", text)]


def _utf16_offsets(text: str) -> dict[int, int] | None:
    """Code points by UTF-16 offset, one for each boundary of a character; None where both are the same."""
    # Below U+10000 every character is one unit.
    if text.isascii() or max(text) <= "\uffff":
        return None
    table = {}
    units = 0
    for point, sign in enumerate(text):
        table[units] = point
        units += 2 if sign > "\uffff" else 1
    return table | {units: len(text)}
