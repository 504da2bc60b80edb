"""Gold as doubts are looked for in it: tokens with their spans, an article at a time. Pure.

All offsets are code points, but for `TokenStretch`, which counts tokens.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import overlaps
from labeling.tokens import tokens_touching

if TYPE_CHECKING:
    from labeling.workspace.rows.doubt import DoubtKind

# The first token, and the one behind the last.
TokenStretch: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class MarkedText:
    """An article with its gold: edges of its tokens, the labels by start and end, and of what nothing is known.

    ``unasked`` are the labels of which silence says nothing here.
    """

    article: str
    digest: str
    text: str
    leak_group: str
    starts: list[int]
    ends: list[int]
    spans: dict[tuple[int, int], tuple[str, ...]]
    open: tuple[tuple[int, int], ...] = ()
    unasked: frozenset[str] = frozenset()

    @cached_property
    def words(self) -> list[str]:
        """The tokens, without case."""
        return [self.text[start:end].casefold() for start, end in zip(self.starts, self.ends, strict=True)]

    @cached_property
    def token_starts(self) -> frozenset[int]:
        """Where tokens begin."""
        return frozenset(self.starts)

    @cached_property
    def marked(self) -> dict[TokenStretch, tuple[str, ...]]:
        """The labels of each stretch of tokens that is a span."""
        return {stretch: self.spans[place] for place, stretch in self._stretches if self.place(stretch) == place}

    @cached_property
    def cut(self) -> frozenset[TokenStretch]:
        """The stretches of which a span has all tokens, and some not to their ends: they are neither marked nor not."""
        return frozenset(stretch for place, stretch in self._stretches if self.place(stretch) != place) - {*self.marked}

    @cached_property
    def _stretches(self) -> list[tuple[tuple[int, int], TokenStretch]]:
        found = [(place, tokens_touching(self.starts, self.ends, *place)) for place in sorted(self.spans)]
        return [(place, (touched.start, touched.stop)) for place, touched in found if touched]

    @cached_property
    def _ordered(self) -> tuple[list[tuple[int, int]], int]:
        """The spans in order, and the length of the longest."""
        return sorted(self.spans), max((end - start for start, end in self.spans), default=0)

    def place(self, stretch: TokenStretch) -> tuple[int, int]:
        """Where a stretch of tokens begins and ends in the text."""
        return self.starts[stretch[0]], self.ends[stretch[1] - 1]

    def suspect(
        self, kind: DoubtKind, place: tuple[int, int], read: tuple[str, str], strength: float, why: str
    ) -> Suspicion:
        """Something that speaks against a reading: ``read`` is what gold has there, and what it should have instead."""
        (start, end), (label, instead) = place, read
        beside = not label and any(instead in self.spans[each] for each in self.around(start, end))
        return Suspicion(kind, self.article, start, end, label, instead, strength, why, self.text[start:end], beside)

    def is_open(self, start: int, end: int) -> bool:
        """Whether nothing is known of some of these code points."""
        return any(overlaps(start, end, *each) for each in self.open)

    def around(self, start: int, end: int) -> list[tuple[int, int]]:
        """The spans that have a code point in common with an interval, in order."""
        ordered, longest = self._ordered
        first = bisect_left(ordered, (start - longest, 0))
        last = bisect_left(ordered, (end, 0))
        return [each for each in ordered[first:last] if overlaps(start, end, *each)]


@dataclass(frozen=True)
class Suspicion:
    """One thing that speaks against a reading: ``strength`` is how much, from 0 to 1, among others of its kind.

    ``label`` and ``instead`` are what gold has there and what speaks against it, "" for nothing. ``beside`` is whether
    what is missing overlaps a span of the same label, so that it may be a boundary that is wrong. ``ends`` is where the
    span should begin and end instead, if that is what speaks against it.
    """

    kind: DoubtKind
    article: str
    start: int
    end: int
    label: str
    instead: str
    strength: float
    why: str
    text: str
    beside: bool = False
    ends: tuple[int, int] | None = None
