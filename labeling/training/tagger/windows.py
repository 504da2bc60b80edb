"""Windows over the tokens of a long text: each answers for its own tokens, and sees some of its neighbours'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# What begins with a token: nothing, a sentence, a paragraph.
NOTHING, SENTENCE, PARAGRAPH = range(3)
# How a sentence ends, and what may stand after that.
_ENDS: Final = frozenset((".", "!", "?", "\u2026", "\u3002"))
_CLOSES: Final = frozenset((")", "]", '"', "'", "''", "\u201d", "\u2019", "\xbb"))


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """The tokens ``first..last`` are read, of which ``start..stop`` are the window's own; all half open."""

    first: int
    start: int
    stop: int
    last: int


def cut_windows(breaks: Sequence[int], own: int, margin: int) -> list[TokenWindow]:
    """Cut a text into windows whose own tokens are all tokens, each once, in order.

    A window ends before the last paragraph that begins in its second half; where none does before the last sentence,
    and where none does either after ``own`` tokens.

    Args:
        breaks: What begins with each token, as `find_breaks` has it.
        own: The most tokens that are a window's own.
        margin: How many tokens it sees on either side of them, as far as there are so many.

    Returns:
        Seven tokens, the sixth of which begins a sentence, with ``own=6, margin=1``: 0..5 that sees 0..6, and 5..7 that
        sees 4..7. A text without tokens has no window.

    Raises:
        ValueError: A window would have no token of its own.
    """
    if own < 1 or margin < 0:
        raise ValueError(f"a window cannot have {own} tokens of its own and see {margin} beside them")
    windows = []
    start = 0
    while start < len(breaks):
        stop = _find_stop(breaks, start, own)
        windows.append(TokenWindow(max(0, start - margin), start, stop, min(len(breaks), stop + margin)))
        start = stop
    return windows


def _find_stop(breaks: Sequence[int], start: int, own: int) -> int:
    if len(breaks) - start <= own:
        return len(breaks)
    half = range(start + own, start + own // 2, -1)
    for kind in (PARAGRAPH, SENTENCE):
        if found := next((token for token in half if breaks[token] >= kind), 0):
            return found
    return start + own


def find_breaks(text: str, starts: Sequence[int], ends: Sequence[int]) -> list[int]:
    r"""What begins with each token, roughly: a paragraph after a line end, a sentence after its sign and a blank.

    Of the tokens of ``"Go. Stop\nNow"`` the first, ``Go``, and the last begin a paragraph, ``Stop`` a sentence.
    """
    breaks = []
    before, ended = 0, False
    for start, end in zip(starts, ends, strict=True):
        gap = text[before:start]
        if not before or "\n" in gap:
            breaks.append(PARAGRAPH)
        else:
            breaks.append(SENTENCE if ended and gap else NOTHING)
        word = text[start:end]
        ended = word in _ENDS or (ended and not gap and word in _CLOSES)
        before = end
    return breaks
