"""The words around a stretch of an article, as much as it takes to know where one is."""

from __future__ import annotations

CONTEXT = 60  # code points on either side
_CUT = "\u2026"


def quote_before(text: str, start: int) -> str:
    """What stands before an offset, with an ellipsis where more does."""
    return (_CUT if start > CONTEXT else "") + text[max(0, start - CONTEXT) : start]


def quote_after(text: str, end: int) -> str:
    """What stands behind an offset, with an ellipsis where more does."""
    return text[end : end + CONTEXT] + (_CUT if end + CONTEXT < len(text) else "")
