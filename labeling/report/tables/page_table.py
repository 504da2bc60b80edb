"""A table as the page shows it: named columns, rows of cells, and how much of a long list is shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from labeling.values import format_percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.workspace.rows.agreements import Coefficient

# Words so short stand in one line.
_SHORT = 26
# A longer list stands in its own file, beside the page.
MOST_ROWS = 200
NOTHING = "nothing"
DASH = "–"  # noqa: RUF001 - the dash is meant

ColumnKind: TypeAlias = Literal[
    "text",
    "number",
    "words",  # of an article, in the direction of their script
    "choice",  # few different values: the page offers them as a filter
]


class Heading(NamedTuple):
    """The name over a column, and what it holds."""

    name: str
    kind: ColumnKind = "text"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: words, marked ones between ``before`` and ``after``, a colour's patch, further lines.

    ``tone`` is "good" or "bad"; it is said by the words as well. ``sure`` words are set in bold.
    """

    text: str = ""
    link: str = ""
    colour: str = ""
    before: str = ""
    after: str = ""
    marked: str = ""
    lines: Sequence[str] = ()
    tone: Literal["", "good", "bad"] = ""
    bold: bool = False

    @property
    def is_filled(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.text or self.before or self.marked or self.after or self.lines)

    @property
    def is_short(self) -> bool:
        """Whether it is one short word or a few, which no line end should part."""
        return not self.marked and all(len(line) <= _SHORT for line in (self.text, *self.lines))


CellValue: TypeAlias = str | int | Cell | None


@dataclass(frozen=True)
class PageTable:
    """A table called ``name``; ``left_out`` rows are not shown, and stand in the workspace's ``file``."""

    name: str
    columns: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]
    left_out: int = 0
    file: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)


def number_columns(*names: str) -> list[Heading]:
    """Columns of numbers, by name."""
    return [Heading(name, "number") for name in names]


def make_table(
    name: str,
    columns: Sequence[Heading],
    rows: Sequence[Sequence[CellValue]],
    file: str = "",
    most: int = MOST_ROWS,
) -> PageTable:
    """A table of the first ``most`` rows: a number has commas, nothing is an empty cell."""
    shown = [[_make_cell(value) for value in row] for row in rows[:most]]
    return PageTable(name, columns, shown, max(0, len(rows) - most), file)


def drop_empty(table: PageTable) -> PageTable:
    """The table without the columns in which nothing stands."""
    kept = [place for place in range(len(table.columns)) if any(row[place].is_filled for row in table.rows)]
    rows = [[row[place] for place in kept] for row in table.rows]
    return replace(table, columns=[table.columns[place] for place in kept], rows=rows)


def tell_ratio(ratio: float | None) -> str:
    """A ratio in per cent, without the sign; a dash for what is undefined."""
    return format_percent(ratio, DASH)


def tell_interval(interval: tuple[float, float] | None, why: str = "") -> str:
    """``38.0 to 45.2``, in per cent; without an interval the reason."""
    return f"{tell_ratio(interval[0])} to {tell_ratio(interval[1])}" if interval else why


def tell_coefficient(coefficient: Coefficient | None) -> str:
    """``81.2 (75.0 to 88.1)``; a dash and the reason for what is undefined, nothing for what was not measured."""
    if coefficient is None:
        return ""
    interval = tell_interval(coefficient.interval, coefficient.undefined)
    return f"{tell_ratio(coefficient.value)} ({interval})" if interval else tell_ratio(coefficient.value)


def _make_cell(value: CellValue) -> Cell:
    if isinstance(value, Cell):
        return value
    if value is None:
        return Cell()
    return Cell(f"{value:,}" if isinstance(value, int) else value)
