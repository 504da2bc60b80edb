"""The names beside the rows of a chart: as long as there is room, each another one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterable

# So many letters have room; where a name is longer the table has it whole.
ROOM = 17


def name_rows(names: Iterable[str], room: int = ROOM) -> dict[str, str]:
    """Each name and how it is written: a long one without its middle, a second one of the same form numbered.

    >>> name_rows(["ana", "model:tagger-0a1b2c3d4e5f"])
    {'ana': 'ana', 'model:tagger-0a1b2c3d4e5f': 'model:tagg…3d4e5f'}
    """
    written: dict[str, str] = {}
    seen = Counter[str]()
    for name in dict.fromkeys(names):
        short = _shorten(name, room)
        seen[short] += 1
        written[name] = short if seen[short] == 1 else f"{short} ({seen[short]})"
    return written


def _shorten(name: str, room: int) -> str:
    """Cut by us and between code points: Vega cuts an emoji in half, and cannot draw the half."""
    if _measure(name) <= room:
        return name
    tail = room // 3 + 1
    return f"{_fit(name, room - tail - 1)}…{_fit(name[::-1], tail)[::-1]}"


def _fit(name: str, room: int) -> str:
    while _measure(name) > room:
        name = name[: min(len(name) - 1, room)]
    return name


def _measure(text: str) -> int:
    """How many Latin letters it is as wide as: signs of Chinese or an emoji are two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
