"""What is observed of units, and what chance would give: sums by leak group, in all or in each resample of them.

A unit of length l has g - l + 1 places in a gap of g. Of gaps that no unit is longer than, the sum over all units and
gaps is one of products of sums, so that a resample costs no more than adding up; the few shorter gaps are counted by
their lengths.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from labeling.evaluation.agreement.units import UnitCounts
    from labeling.evaluation.resampling import Weights

# The columns of sums by leak group: what was observed; the length of all readings, and of all articles; of the units
# their number, (2l^3 - 3l^2 + l) / 3, l^2, l^3, l^2 - l; of gaps no unit is longer than, their number and lengths + 1.
_COLUMNS = 10
_OBSERVED, _READ, _TEXT, _UNITS, _CUBIC, _SQUARES, _CUBES, _WITHIN, _GAPS, _ROOM = range(_COLUMNS)


@dataclass(frozen=True)
class EmptyTexts:
    """The articles, as if nobody had marked anything: the row of the leak group, the length, how many readings."""

    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]
    readings: NDArray[np.int64]

    def sum_by_group(self, groups: int, longest: int) -> Weights:
        """The sums of readings, texts, and gaps that no unit is longer than."""
        import numpy as np

        sums = np.zeros((groups, _COLUMNS))
        long = self.lengths >= longest
        for column, values in (
            (_READ, self.readings * self.lengths),
            (_TEXT, self.lengths),
            (_GAPS, self.readings * long),
            (_ROOM, self.readings * (self.lengths + 1) * long),
        ):
            sums[:, column] = np.bincount(self.rows, values, groups)
        return sums


class UnitDisagreement:
    """Observed and expected of one label, as two rows: of all leak groups, and of each resample of them."""

    def __init__(self, counts: UnitCounts, empty: EmptyTexts, groups: Sequence[str], weights: Weights | None) -> None:
        import numpy as np

        self._counts, self._groups, self._rows = counts, groups, {group: row for row, group in enumerate(groups)}
        self._lengths = sorted({length for held in counts.units.values() for length in held})
        self.units = sum(held.total() for held in counts.units.values())
        self._longest = self._lengths[-1] if self._lengths else 0
        self._sums = self._tabulate(empty)
        self._short = self._list_short_gaps(empty)
        self.whole = self._disagree(np.ones((1, len(groups))))
        self.drawn = None if weights is None else self._disagree(weights)

    def _tabulate(self, empty: EmptyTexts) -> Weights:
        import numpy as np

        sums = empty.sum_by_group(len(self._groups), self._longest)
        held = self._counts
        for column, values in ((_OBSERVED, held.observed), (_READ, held.read), (_TEXT, held.text)):
            for group, value in values.items():
                sums[self._rows[group], column] += value
        lengths = _list_lengths(held.units, self._rows)
        square, cube = lengths[1] ** 2, lengths[1] ** 3
        powers = (1, (2 * cube - 3 * square + lengths[1]) / 3, square, cube, square - lengths[1])
        for column, power in enumerate(powers, _UNITS):
            sums[:, column] = np.bincount(lengths[0].astype(int), lengths[2] * power, len(sums))
        gaps = _list_lengths(held.gaps, self._rows)
        long = gaps[2] * (gaps[1] >= self._longest)
        for column, values in ((_GAPS, long), (_ROOM, long * (gaps[1] + 1))):
            sums[:, column] += np.bincount(gaps[0].astype(int), values, len(sums))
        return sums

    def _list_short_gaps(self, empty: EmptyTexts) -> dict[int, Counter[int]]:
        """By row, how many gaps there are of each length that some unit is longer than."""
        short: dict[int, Counter[int]] = defaultdict(Counter)
        for at in (empty.lengths < self._longest).nonzero()[0]:
            short[int(empty.rows[at])][int(empty.lengths[at])] += int(empty.readings[at])
        for group, gaps in self._counts.gaps.items():
            for gap, number in gaps.items():
                if gap < self._longest:
                    short[self._rows[group]][gap] += number
        return short

    def _disagree(self, weights: Weights) -> Weights:
        import numpy as np

        sums = (weights @ self._sums).T
        # Within a gap of g, a unit of l has g - l + 1 places; for gaps that hold every unit that is a sum of products.
        chance = (sums[_UNITS] - 1) * sums[_CUBIC] + sums[_SQUARES] * sums[_ROOM] - sums[_CUBES] * sums[_GAPS]
        if self._short:
            chance = chance + self._chance_of_short_gaps(weights)
        read = sums[_READ]
        ways = read * (read - 1) - sums[_WITHIN]
        defined = (ways > 0) & (sums[_UNITS] > 0)
        observed = np.where(defined, sums[_OBSERVED] / np.where(defined, read * sums[_TEXT], 1), 0)
        expected = np.where(defined, 2 * chance / np.where(defined, ways * sums[_TEXT], 1), 0)
        return np.stack((observed, expected))

    def _chance_of_short_gaps(self, weights: Weights) -> Weights:
        import numpy as np

        gaps = sorted({gap for held in self._short.values() for gap in held})
        lengths = [length for length in self._lengths if length <= gaps[-1]]
        units = {self._rows[group]: held for group, held in self._counts.units.items()}
        room = np.subtract.outer(np.array(gaps), np.array(lengths)) + 1
        places = np.maximum(room, 0) * np.array(lengths, float) ** 2
        drawn = _sum_lengths(self._short, gaps, weights) @ places
        chance: Weights = (drawn * _sum_lengths(units, lengths, weights)).sum(axis=1)
        return chance


def _list_lengths(held: Mapping[str, Counter[int]], rows: Mapping[str, int]) -> Weights:
    """Three rows: the leak group's, a length, and how often."""
    import numpy as np

    listed = [(rows[group], length, number) for group, lengths in held.items() for length, number in lengths.items()]
    return np.array(listed, np.float64).reshape(-1, 3).T


def _sum_lengths(held: Mapping[int, Counter[int]], lengths: Sequence[int], weights: Weights) -> Weights:
    """How many there are of each length: of all rows together, or of each resample of them."""
    import numpy as np

    places = {length: column for column, length in enumerate(lengths)}
    rows = [row for row, numbers in held.items() if any(length in places for length in numbers)]
    table = np.zeros((len(rows), len(lengths)))
    for at, row in enumerate(rows):
        for length, number in held[row].items():
            if length in places:
                table[at, places[length]] += number
    return weights[:, rows] @ table
