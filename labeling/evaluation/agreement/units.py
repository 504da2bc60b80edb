"""Units: the spans of one label and one annotator, the gaps between them, and how much two readings differ in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass
class UnitCounts:
    """The units of one label and what was observed; by leak group, and how often each length.

    ``gaps``, ``read`` and ``text`` are beside those of texts in which nobody marked anything: a text with a unit has
    one gap less of its whole length, and two more on either side.
    """

    observed: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    read: Counter[str] = field(default_factory=Counter)
    text: Counter[str] = field(default_factory=Counter)
    units: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    gaps: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def leave_out(self, group: str, length: int, readers: int, *, article: bool) -> None:
        """Leave out readings of an article, or the article altogether."""
        self.read[group] -= length * readers
        self.text[group] -= length if article else 0
        self.gaps[group][length] -= readers

    def add_units(self, group: str, length: int, readings: Sequence[tuple[tuple[int, int], ...]]) -> None:
        """Add the units of two readings or more of an article, in the place of the gaps that were added for them."""
        gaps, lengths = self.gaps[group], self.units[group]
        # Most readings of a text are the same.
        for units, times in Counter(readings).items():
            if units:
                gaps[length] -= times
                for gap in _list_gaps(units, length):
                    gaps[gap] += times
                for start, end in units:
                    lengths[end - start] += times
        if readings.count(readings[0]) == len(readings):
            return
        differences = sum(sum_differences(one, other) for one, other in combinations(readings, 2) if one != other)
        # Each two of them are compared both ways.
        self.observed[group] += 2 * differences / (len(readings) - 1)


def join_overlapping(places: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The units of sorted spans of one label: those that share a code point are one.

    >>> join_overlapping([(0, 5), (3, 9), (9, 12)])
    ((0, 9), (9, 12))
    """
    units = list[tuple[int, int]]()
    for start, end in places:
        if units and start < units[-1][1]:
            units[-1] = units[-1][0], max(end, units[-1][1])
        else:
            units.append((start, end))
    return tuple(units)


def sum_differences(ones: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """How much two readings of a text differ, unit by unit and gap by gap, one way.

    >>> sum_differences([(225, 295), (370, 400)], [(220, 300), (355, 375), (400, 420)])
    1300
    """
    total, at, met = 0, 0, set[int]()
    for start, end in ones:
        # Units of one reading do not overlap: what ends before this one starts can meet no later one.
        while at < len(others) and others[at][1] <= start:
            at += 1
        beside = at
        while beside < len(others) and others[beside][0] < end:
            total += (start - others[beside][0]) ** 2 + (end - others[beside][1]) ** 2
            met.add(beside)
            beside += 1
        # It meets none: it is in a gap.
        total += (end - start) ** 2 if beside == at else 0
    return total + sum((end - start) ** 2 for number, (start, end) in enumerate(others) if number not in met)


def _list_gaps(units: Sequence[tuple[int, int]], length: int) -> Iterator[int]:
    """The lengths of the gaps before, between and after units."""
    ends = [0, *(end for _, end in units)]
    starts = [*(start for start, _ in units), length]
    return (start - end for end, start in zip(ends, starts, strict=True) if start > end)
