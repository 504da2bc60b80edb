"""Krippendorff's alpha for nominal data, several coders, and values that are missing.

Alpha is 1 - observed / expected disagreement (Krippendorff, Content Analysis, 2004, chapter 11): 1 when all agree, 0
when they agree as often as by chance, below that when they agree less often. A unit with fewer than two values is not
counted. What is undefined is None: where everybody gave one and the same value each time, nobody could have disagreed,
and nothing is known of how well they tell things apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.evaluation.resampling import ENOUGH_GROUPS, resample_weights, take_interval
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.score import ONE_LEAK_GROUP

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

    from labeling.evaluation.resampling import Bootstrap, Weights

NO_TWO_VALUES = "nobody's answer stands beside another's"
NO_CHOICE = "everybody gave one and the same answer each time"


def alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data; None where nobody could have disagreed.

    It is 1 - observed / expected disagreement, both as numbers of unlike pairs of values. Two articles on each of which
    one says a and the other b: 4 unlike pairs are observed, and (4^2 - 2^2 - 2^2) / (4 - 1) = 8/3 expected.

    >>> alpha([["a", "a"], ["b", "b"]]), alpha([["a", "b"], ["a", "b"]])
    (1.0, -0.5)

    Args:
        units: For each thing that was judged, the value that each judge gave it; a unit with less than two values is
            not counted.
    """
    # Expected is what the same values would give if they were dealt out to the units at random.
    counts = [Counter(unit) for unit in units if len(unit) > 1]
    expected = _count_unlike_pairs(Counter(value for count in counts for value in count.elements()))
    return 1 - sum(map(_count_unlike_pairs, counts)) / expected if expected else None


@dataclass
class ValueCounts:
    """The values of units as alpha needs them: by leak group, unlike pairs within units, and how often each value."""

    unlike: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    values: dict[Hashable, Counter[str]] = field(default_factory=dict)
    units: int = 0

    def add(self, group: str, unit: Sequence[Hashable]) -> None:
        """Add the values of a unit, if it has two."""
        number = len(unit)
        if number < 2:  # noqa: PLR2004 - a pair has two values
            return
        self.units += 1
        # Most units have one value.
        held = {unit[0]: number} if unit.count(unit[0]) == number else Counter(unit)
        if len(held) > 1:
            self.unlike[group] += (number**2 - sum(count**2 for count in held.values())) / (number - 1)
        for value, count in held.items():
            if value not in self.values:
                self.values[value] = Counter()
            self.values[value][group] += count


@dataclass
class FlagCounts:
    """Units to each of which everybody gives any number of flags: of each flag by itself, given or not.

    Of most flags nobody gives any to most units; what all say of these is counted once.
    """

    given: dict[str, ValueCounts] = field(default_factory=dict)
    units: int = 0
    values: Counter[str] = field(default_factory=Counter)

    def add(self, group: str, unit: Sequence[Collection[str]]) -> None:
        """Add a unit, if two or more judged it: the flags that each gave it."""
        if len(unit) > 1:
            self.units += 1
            self.values[group] += len(unit)
            for flag in {flag for flags in unit for flag in flags}:
                self.given.setdefault(flag, ValueCounts()).add(group, [flag in flags for flags in unit])

    def count(self, flag: str) -> ValueCounts:
        """The values of one flag: in all units to which nobody gave it, all say that it is not."""
        found = self.given.get(flag) or ValueCounts()
        others = self.values.copy()
        for numbers in found.values.values():
            others.subtract(numbers)
        values = {**found.values, False: +(others + found.values.get(False, Counter()))}
        return ValueCounts(found.unlike, {value: numbers for value, numbers in values.items() if numbers}, self.units)


def measure_alpha(counts: ValueCounts, groups: Sequence[str], bootstrap: Bootstrap) -> Coefficient:
    """Alpha of such units, with its interval by leak group.

    Args:
        counts: The units.
        groups: All leak groups that were read, in order.
        bootstrap: Resamples and seed of the interval.
    """
    import numpy as np

    if len(counts.values) < 2:  # noqa: PLR2004 - values that differ are two
        return Coefficient(value=None, items=counts.units, undefined=NO_CHOICE if counts.units else NO_TWO_VALUES)
    columns: list[Mapping[str, float]] = [counts.unlike, *counts.values.values()]
    numbers = [[column.get(group, 0) for column in columns] for group in groups]
    table = np.array(numbers, np.float64).reshape(-1, len(columns))
    observed, expected = _disagreements(table.sum(axis=0, keepdims=True))
    weights = resample_weights(len(groups), bootstrap)
    interval = None
    if weights is not None:
        drawn, chance = _disagreements(weights @ table)
        interval = take_interval(chance - drawn, chance)
    return Coefficient(
        value=float(1 - observed[0] / expected[0]),
        items=counts.units,
        interval=interval,
        undefined=ONE_LEAK_GROUP if len(groups) < ENOUGH_GROUPS else "",
    )


def _disagreements(sums: Weights) -> tuple[Weights, Weights]:
    """Observed and expected unlike pairs of each row of sums, which has those observed and the number of each value."""
    import numpy as np

    total = sums[:, 1:].sum(axis=1)
    # Of fewer than two values no pair can be made.
    expected = (total**2 - (sums[:, 1:] ** 2).sum(axis=1)) / np.maximum(total - 1, 1)
    return sums[:, 0], expected


def _count_unlike_pairs(counts: Counter[Hashable]) -> float:
    """The number of ordered pairs of unlike values, each value weighed as one however many others it is paired with."""
    number = counts.total()
    if number < 2:  # noqa: PLR2004 - a pair has two values
        return 0
    return (number**2 - sum(count**2 for count in counts.values())) / (number - 1)
