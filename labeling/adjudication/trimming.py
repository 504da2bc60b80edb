"""The one place where a boundary moves: blanks and stray punctuation at the edges of a span, by named rules.

``adjudicate`` applies the rules that the project file names, and keeps the drawn offsets next to the trimmed ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TrimRule: TypeAlias = Literal["blanks", "punctuation"]

_PUNCTUATION_MARKS = frozenset(",.;:!?")
# Single quotes are not a pair: a name may end in an apostrophe.
_OPENS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}
_CLOSES = {closing: opening for opening, closing in _OPENS.items()}
# `U.S.`, `a.m.`, `J.`, `Inc.`, `Gen.`: their stop belongs to them; that of `EU.` or `Nations.` ends a sentence.
_ABBREVIATION = re.compile(r"(?:\w\.)+\w?\.$|\b(?:[^\W\d_]|[A-Z][a-z]{1,2})\.$")


def trim(text: str, start: int, end: int, rules: Collection[TrimRule]) -> tuple[int, int]:
    """The offsets without the strays at either edge; ``start == end`` when nothing is left. It is idempotent.

    ``blanks``: white space as Unicode has it. ``punctuation``: ``, . ; : ! ?`` (but the stop of an abbreviation
    stays), and a bracket or double quote whose other half is not in the span.

    >>> trim("by  Mr. Smith, (UN", 2, 14, ["blanks", "punctuation"])
    (4, 13)
    """
    while start < end:
        # One mark at a time: what is stray depends on what is left of the span.
        stretch = text[start:end]
        if any(_STRAY[rule](stretch, 0) for rule in rules):
            start += 1
        elif any(_STRAY[rule](stretch, -1) for rule in rules):
            end -= 1
        else:
            break
    return start, end


def _is_blank(stretch: str, edge: int) -> bool:
    return stretch[edge].isspace()


def _is_stray_punctuation(stretch: str, edge: int) -> bool:
    mark = stretch[edge]
    if mark in _PUNCTUATION_MARKS:
        return not (edge == -1 and mark == "." and _ABBREVIATION.search(stretch))
    if mark == '"':
        return stretch.count(mark) % 2 == 1
    other = (_OPENS if edge == 0 else _CLOSES).get(mark)
    if other is None:
        # A bracket that faces away from the span belongs to the text outside.
        return mark in _OPENS or mark in _CLOSES
    return _is_unclosed(stretch if edge == 0 else stretch[::-1], mark, other)


def _is_unclosed(stretch: str, mark: str, other: str) -> bool:
    """Whether the bracket that ``stretch`` begins with finds no other half in it."""
    depth = 0
    for character in stretch:
        depth += (character == mark) - (character == other)
        if depth == 0:
            return False
    return True


_STRAY: dict[TrimRule, Callable[[str, int], bool]] = {"blanks": _is_blank, "punctuation": _is_stray_punctuation}
