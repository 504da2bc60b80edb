"""The part of an article that a card shows: what is in dispute, and two hundred code points around it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CARD_MARGIN = 200  # code points before what is in dispute, and after it
_GAP = "\n[…]\n"
_BEFORE, _AFTER = "… ", " …"


@dataclass(frozen=True)
class CardWindow:
    """Pieces of an article in one text: each with where it begins and ends in the article, and begins in ``text``."""

    text: str
    pieces: tuple[tuple[int, int, int], ...]

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a stretch of the article stands in the text; None where it is not there as a whole."""
        for first, last, at in self.pieces:
            if first <= start and end <= last:
                return at + start - first, at + end - first
        return None


def cut_window(text: str, stretches: Iterable[tuple[int, int]], around: int = CARD_MARGIN) -> CardWindow:
    """The stretches of a text with what is around them; pieces that touch are one, and between others stands ``[…]``.

    >>> cut_window("abcdefghij", [(4, 5)], 2)
    CardWindow(text='… cdefg …', pieces=((2, 7, 2),))
    """
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        first, last = max(0, start - around), min(len(text), end + around)
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    shown = _BEFORE if joined and joined[0][0] > 0 else ""
    pieces: list[tuple[int, int, int]] = []
    for first, last in joined:
        shown += _GAP if pieces else ""
        pieces.append((first, last, len(shown)))
        shown += text[first:last]
    if joined and joined[-1][1] < len(text):
        shown += _AFTER
    return CardWindow(shown, tuple(pieces))
