"""A figure beside its floor, how both are timed, and the table of them."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import JsonValue

_WIDTHS = (8, 40, 12, 12, 6, 13)  # of all columns but the last


@dataclass(frozen=True)
class Times:
    """Seconds of each run: ours and the floor's, run by run side by side."""

    ours: tuple[float, ...]
    floor: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    ``unit`` is what is counted (``articles``), or empty where the seconds themselves are the figure. ``count`` of them
    took our seconds, and ``floor_count`` the floor's: as many, unless it says otherwise. ``beside`` says what the floor
    is.
    """

    section: str
    what: str
    beside: str
    times: Times
    unit: str = ""
    count: int = 1
    floor_count: int | None = None

    @property
    def floor_counted(self) -> int:
        """How many the floor's seconds are for."""
        return self.count if self.floor_count is None else self.floor_count

    @property
    def ratio(self) -> float:
        """Our time over the floor's for the same work, by the medians: 1 is as fast as the floor, 2 takes twice."""
        return _each(self.times.ours, self.count) / _each(self.times.floor, self.floor_counted)

    @property
    def ratios(self) -> list[float]:
        """The ratio of each run by itself, sorted: how much the machine's noise matters."""
        pairs = zip(self.times.ours, self.times.floor, strict=True)
        return sorted(ours / self.count / (floor / self.floor_counted) for ours, floor in pairs)

    def cells(self) -> list[str]:
        """The figure as the table shows it."""
        spread = f"{self.ratios[0]:.2f}-{self.ratios[-1]:.2f}" if len(self.ratios) > 1 else "one run"
        ours, floor = self._shown(self.times.ours, self.count), self._shown(self.times.floor, self.floor_counted)
        return [self.section, self.what, ours, floor, f"{self.ratio:.2f}", spread, self.beside]

    def record(self) -> JsonValue:
        """The figure as the JSON file has it, with the seconds of every run."""
        return {
            "section": self.section,
            "what": self.what,
            "beside": self.beside,
            "unit": self.unit,
            "count": self.count,
            "floor_count": self.floor_counted,
            "seconds": list(self.times.ours),
            "floor_seconds": list(self.times.floor),
            "ratio": self.ratio,
        }

    def _shown(self, seconds: Sequence[float], count: int) -> str:
        each = _each(seconds, count)
        return f"{1 / each:,.0f} /s" if self.unit else f"{each:.2f} s"


def timed(work: Callable[[], object]) -> float:
    """The seconds that ``work`` takes, with no earlier garbage to collect."""
    gc.collect()
    begun = perf_counter()
    work()
    return perf_counter() - begun


def side_by_side(runs: int, ours: Callable[[int], float], floor: Callable[[int], float]) -> Times:
    """The seconds of both, run by run; who goes first alternates, as the machine is noisy.

    Args:
        runs: How many.
        ours: Does our work of one run, whose number it is given, and returns the seconds of what counts.
        floor: The same for the floor.
    """
    pairs = [_pair(run, ours, floor) for run in range(runs)]
    return Times(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def table(figures: Iterable[Figure]) -> Iterable[str]:
    """The lines of the table, head first."""
    yield _line(["", "", "ours", "floor", "ratio", "of the runs", "the floor is"])
    for figure in figures:
        yield _line(figure.cells())


def _pair(run: int, ours: Callable[[int], float], floor: Callable[[int], float]) -> tuple[float, float]:
    if run % 2:
        below = floor(run)
        return ours(run), below
    return ours(run), floor(run)


def _each(seconds: Sequence[float], count: int) -> float:
    return median(seconds) / count


def _line(cells: Sequence[str]) -> str:
    left, right = cells[:2], cells[2:-1]
    return "".join(
        [
            *(f"{cell:<{width}}" for cell, width in zip(left, _WIDTHS[:2], strict=True)),
            # On a machine that does much besides, figures may be wider than their columns.
            *(f" {cell:>{width - 1}}" for cell, width in zip(right, _WIDTHS[2:], strict=True)),
            f"  {cells[-1]}",
        ]
    ).rstrip()
