"""From offsets in a text as it came to offsets in the article: other units, a byte order mark, and line ends.

An article has LF for CRLF and CR, and no byte order mark at its head; each makes the offsets after it smaller. In the
text ``a``, CR, LF, ``b`` the ``b`` is at 3, in the article at 2.

A counting is named by what it counts: ``code-points``, ``utf-16`` or ``utf-8``, and besides what it counts otherwise
than the text has it. ``lf`` is each line end as one, though the text has CRLF; ``crlf`` as two, though it has LF;
``no-bom`` is without the byte order mark that the text has, ``bom`` with one that it has not. ``utf-16,lf`` is both;
``lf`` alone counts code points.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from labeling.articles import normalise_newlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BYTE_ORDER_MARK = "\ufeff"
_UNITS = ("code-points", "utf-16", "utf-8")


def _name_countings(ends: Iterable[str], marks: Iterable[str]) -> tuple[str, ...]:
    """The names of all countings of these line ends and marks."""
    return tuple(_name_counting(unit, end, mark) for mark, end, unit in product(marks, ends, _UNITS))


def _name_counting(unit: str, *others: str) -> str:
    """The name of a counting by its parts; code points are only named alone."""
    parts = [each for each in others if each]
    return ",".join(parts if parts and unit == _UNITS[0] else [unit, *parts])


# The bits of the (last) byte of a unit by which it goes on with a character, and what they are then.
_INSIDE = {"utf-16": (0xFC, 0xDC), "utf-8": (0xC0, 0x80)}

CODE_POINTS = _UNITS[0]
# What tools are known to count, the likeliest first; and what a text gains that is converted after it was annotated.
LIKELY_COUNTINGS = _name_countings(("", "lf"), ("", "no-bom"))
COUNTINGS = tuple(dict.fromkeys((*LIKELY_COUNTINGS, *_name_countings(("", "lf", "crlf"), ("", "no-bom", "bom")))))


def article_text(text: str) -> str:
    """The article's text for ``text``: without a byte order mark, line ends as LF."""
    return normalise_newlines(text.removeprefix(_BYTE_ORDER_MARK))


def find_telling_parts(text: str) -> frozenset[str]:
    """The parts of countings' names that make a difference in the text: in ASCII with CRLF, ``lf`` and ``bom``."""
    crlf = text.count("\r\n")
    told = {
        "utf-16": not text.isascii() and len(text.encode("utf-16-le", errors="surrogatepass")) > 2 * len(text),
        "utf-8": not text.isascii(),
        "lf": crlf > 0,
        "crlf": text.count("\n") > crlf,
        "no-bom": text.startswith(_BYTE_ORDER_MARK),
        "bom": not text.startswith(_BYTE_ORDER_MARK),
    }
    return frozenset(name for name, tells in told.items() if tells)


@cache
def simplify_counting(counting: str, telling: frozenset[str]) -> str:
    """The simplest counting that is the same where only these parts tell: nothing tells, so it is code points."""
    parts = counting.split(",")
    # The mark is not ASCII, whatever the text is.
    tells = telling | ({"utf-8"} if "bom" in telling.intersection(parts) else set())
    unit, *others = [part for part in parts if part in tells or part == CODE_POINTS] or [CODE_POINTS]
    return _name_counting(unit, *others) if unit in _UNITS else _name_counting(CODE_POINTS, unit, *others)


def make_offset_map(text: str, counting: str = CODE_POINTS) -> Callable[[int], int | None]:
    """A function from an offset in ``text``, counted so, to the offset in ``article_text(text)``.

    It gives None for an offset outside the text, or inside a character (half of a UTF-16 pair).
    """
    parts = simplify_counting(counting, find_telling_parts(text)).split(",")
    counted = _convert_text(text, parts)
    units = _find_points(counted, parts[0]) if parts[0] in _INSIDE else None
    # Most texts need no map at all.
    plain = not units and "\r" not in counted and not counted.startswith(_BYTE_ORDER_MARK)
    removed = [] if plain else _removed_places(counted)
    length = len(counted)
    if plain:
        return lambda offset: offset if 0 <= offset <= length else None

    def place(offset: int) -> int | None:
        # None for half of a pair, which is not a boundary of a character.
        point = units(offset) if units else offset
        if point is None or not 0 <= point <= length:
            return None
        return point - bisect_left(removed, point) if removed else point

    return place


def _convert_text(text: str, parts: Iterable[str]) -> str:
    """The text as it was when its offsets were counted so."""
    changes: dict[str, Callable[[str], str]] = {
        "lf": lambda text: text.replace("\r\n", "\n"),
        "crlf": lambda text: re.sub("(?<!\r)\n", "\r\n", text),
        "no-bom": lambda text: text.removeprefix(_BYTE_ORDER_MARK),
        "bom": lambda text: _BYTE_ORDER_MARK + text,
    }
    for each in parts:
        text = changes[each](text) if each in changes else text
    return text


def _removed_places(text: str) -> list[int]:
    """Where the characters are that the article does not have: the byte order mark, and each LF after a CR."""
    mark = [0] if text.startswith(_BYTE_ORDER_MARK) else []
    return mark + [found.end() - 1 for found in re.finditer("\r\n", text)]


def _find_points(text: str, unit: str) -> Callable[[int], int | None]:
    """A function from an offset in UTF-16 or UTF-8 to code points; None for what is not a boundary of a character."""
    codec, size = ("utf-16-le", 2) if unit == "utf-16" else ("utf-8", 1)
    # What is not text (half of a pair alone) is refused later, with its article.
    data = text.encode(codec, errors="surrogatepass")

    def point(offset: int) -> int | None:
        at = offset * size
        inside = data[at + size - 1 : at + size]
        if not 0 <= at <= len(data) or (inside and inside[0] & _INSIDE[unit][0] == _INSIDE[unit][1]):
            return None
        return len(data[:at].decode(codec, errors="surrogatepass"))

    return point
