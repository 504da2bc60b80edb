"""The cells of a file's lines, in each way in which they may be cut; and whether they are rows of one table."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from labeling.imports.column_lines import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.imports.column_layout import Cells
    from labeling.imports.column_lines import Delimiter

_NEARLY_ALL = 0.9
_MOST = 0.8
_OF_A_TABLE = 0.6
_TOKEN_AND_TAG = 2  # cells
_FEWEST_OF_EVEN = 3  # rows
_FEWEST_OF_VARIED = 3  # cells: with two, a longer row may be a token with a blank in it


def cut_tables(sentences: Sequence[Sequence[str]]) -> Iterator[CellTable]:
    """The cells of the lines, in each way in which they may be cut; of two ways with one sign the more even first."""
    lines = [line for sentence in sentences for line in sentence]
    for sign, delimiters in groupby(DELIMITERS, key=lambda each: each.sign):
        # A sign that is in few lines is a token, and does not separate anything.
        share = _MOST / 2 if sign == "\t" else _NEARLY_ALL
        if sum(sign in line for line in lines) >= share * len(lines):
            tables = list[CellTable]()
            for delimiter in delimiters:
                # What is even needs no other cut.
                if not tables or tables[0].evenness < 1:
                    tables.append(CellTable(delimiter, [list(map(delimiter.split, each)) for each in sentences]))
            yield from sorted(tables, key=lambda table: -table.evenness)


class CellTable:
    """The cells of a file, cut at one delimiter; ``width`` is how many most rows have, or all if that varies."""

    def __init__(self, delimiter: Delimiter, sentences: Sequence[Sequence[Cells]]) -> None:
        self.delimiter = delimiter
        self.sentences = sentences
        rows = [row for sentence in sentences for row in sentence]
        counts = Counter(map(len, rows))
        usual = max(counts, key=lambda width: (counts[width], width), default=0)
        # Where the width changes from sentence to sentence, the last column is counted from the end.
        self.varies = counts[usual] < len(rows) / 2 or self._varies_by_sentence()
        self.evenness = counts[usual] / len(rows) if rows else 0.0
        self.is_even = usual > 1 and counts[usual] >= max(_FEWEST_OF_EVEN, _MOST * len(rows))
        # One row with something like a tag may be a line about a U-boat.
        self.is_told = usual == _TOKEN_AND_TAG or len(rows) > 1
        # Lines of prose have two words, or three, by chance; rows of a table have all of them.
        self.is_table = self.varies or usual == _TOKEN_AND_TAG or self.evenness >= _OF_A_TABLE
        self.width = self._common_width(counts, len(rows)) if self.varies else usual
        self.rows = [row for row in rows if (len(row) >= self.width if self.varies else len(row) == self.width)]
        self.numbers = [*range(self.width), *([-1] if self.varies else [])]

    def _varies_by_sentence(self) -> bool:
        widths = [{len(row) for row in sentence} for sentence in self.sentences if len(sentence) > 1]
        several = set[int]().union(*widths)
        return len(several) > 1 and min(several) >= _FEWEST_OF_VARIED and all(len(each) == 1 for each in widths)

    @staticmethod
    def _common_width(counts: Mapping[int, int], number: int) -> int:
        """The most cells that nearly all rows have."""
        return max(
            (
                width
                for width in counts
                if sum(n for other, n in counts.items() if other >= width) >= _NEARLY_ALL * number
            ),
            default=0,
        )

    def column(self, number: int) -> list[str]:
        """The cells of a column, from top to bottom."""
        return [row[number] for row in self.rows]
