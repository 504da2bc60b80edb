"""Offsets of a text as it came into offsets of the article: other units, a byte order mark, and line ends.

An article has LF for CRLF and CR, and no byte order mark at its head; each makes offsets behind it smaller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.articles import normalise_newlines

if TYPE_CHECKING:
    from collections.abc import Callable

OffsetUnit: TypeAlias = Literal["code-points", "utf-16"]
OFFSET_UNITS: tuple[OffsetUnit, ...] = ("code-points", "utf-16")

_BYTE_ORDER_MARK = "\ufeff"


def article_text(text: str) -> str:
    """The text of the article that is made of ``text``."""
    return normalise_newlines(text.removeprefix(_BYTE_ORDER_MARK))


def make_offset_map(text: str, unit: OffsetUnit) -> Callable[[int], int | None]:
    """How to turn an offset into ``text`` into one into ``article_text(text)``.

    The function gives None for an offset outside of the text, or inside a character (half of a UTF-16 pair).
    """
    units = _utf16_offsets(text) if unit == "utf-16" else None
    plain = not units and "\r" not in text and not text.startswith(_BYTE_ORDER_MARK)

    def place(offset: int) -> int | None:
        point = units.get(offset) if units else offset
        if point is None or not 0 <= point <= len(text):
            return None
        return point if plain else len(article_text(text[:point]))

    return place


def _utf16_offsets(text: str) -> dict[int, int] | None:
    """Offsets in UTF-16 units to code points, one for each boundary of a character; None where they are the same."""
    if text.isascii() or max(text) <= "\uffff":
        return None
    table, units = {}, 0
    for point, sign in enumerate(text):
        table[units] = point
        units += 2 if sign > "\uffff" else 1
    return table | {units: len(text)}
