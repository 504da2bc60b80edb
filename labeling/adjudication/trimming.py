"""The one place where a boundary moves: blanks and stray punctuation at the edges of a span, by named rules.

``adjudicate`` applies the rules that the project file names, and keeps the drawn offsets next to the trimmed ones.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TrimRule: TypeAlias = Literal["blanks", "punctuation"]

_PUNCTUATION_MARKS = frozenset(",.;:!?")
# Single quotes are not a pair: a name may end in an apostrophe.
_OPENS = {"(": ")", "[": "]", "{": "}", "“": "”", "«": "»"}
_CLOSES = {closing: opening for opening, closing in _OPENS.items()}
# `U.S.`, `a.m.`, `J.`, `Inc.`, `Gen.`: their stop belongs to them; that of `EU.` or `Nations.` ends a sentence.
_ABBREVIATION = re.compile(r"\w\.\w?\.$|\b(?:[^\W\d_]|[A-Z][a-z]{1,2})\.$")
_LONGEST_ABBREVIATION = 4  # characters that the expression looks at; with one more, the start of a word is seen


def trim(text: str, start: int, end: int, rules: Collection[TrimRule]) -> tuple[int, int]:
    """The offsets without the strays at either edge; ``start == end`` when nothing is left. It is idempotent.

    ``blanks``: white space as Unicode has it. ``punctuation``: ``, . ; : ! ?`` (but the stop of an abbreviation
    stays), and a bracket or double quote whose other half is not in the span.

    >>> trim("by  Mr. Smith, (UN", 2, 14, ["blanks", "punctuation"])
    (4, 13)
    """
    rest = _Remainder(text, start, end)
    strays = [_STRAY[rule] for rule in rules]
    while rest.start < rest.end:
        # One mark at a time: what is stray depends on what is left of the span.
        if any(is_stray(rest, rest.start) for is_stray in strays):
            rest.start += 1
        elif any(is_stray(rest, rest.end - 1) for is_stray in strays):
            rest.end -= 1
        else:
            break
    return rest.start, rest.end


@dataclass
class _Remainder:
    """What is left of a span while it is trimmed. What takes a look at all of it is found out once, when needed."""

    text: str
    start: int
    end: int

    @cached_property
    def halves(self) -> dict[int, int]:
        """Where the other half of each bracket is; those of the span stay the same while it gets smaller."""
        found = dict[int, int]()
        opened: dict[str, list[int]] = {opening: [] for opening in _OPENS}
        for at in range(self.start, self.end):
            mark = self.text[at]
            if mark in _OPENS:
                opened[mark].append(at)
            elif mark in _CLOSES and opened[_CLOSES[mark]]:
                other = opened[_CLOSES[mark]].pop()
                found[at], found[other] = other, at
        return found

    @cached_property
    def quotes(self) -> list[int]:
        """Where the double quotes are."""
        return [at for at in range(self.start, self.end) if self.text[at] == '"']

    def count_quotes(self) -> int:
        """How many of them are left."""
        return bisect_left(self.quotes, self.end) - bisect_left(self.quotes, self.start)


def _is_blank(rest: _Remainder, at: int) -> bool:
    return rest.text[at].isspace()


def _is_stray_punctuation(rest: _Remainder, at: int) -> bool:
    mark, first = rest.text[at], at == rest.start
    if mark in _PUNCTUATION_MARKS:
        return first or mark != "." or not _ends_abbreviated(rest)
    if mark == '"':
        return rest.count_quotes() % 2 == 1
    if mark not in (_OPENS if first else _CLOSES):
        # A bracket that faces away from the span belongs to the text outside.
        return mark in _OPENS or mark in _CLOSES
    return not rest.start <= rest.halves.get(at, -1) < rest.end


def _ends_abbreviated(rest: _Remainder) -> bool:
    return bool(_ABBREVIATION.search(rest.text[max(rest.start, rest.end - _LONGEST_ABBREVIATION - 1) : rest.end]))


_STRAY: dict[TrimRule, Callable[[_Remainder, int], bool]] = {"blanks": _is_blank, "punctuation": _is_stray_punctuation}
