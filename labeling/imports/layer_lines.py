"""The lines of WebAnno TSV 3: the layers of its head, its sentences, and their rows, a token or a part of one each.

A row has a cell for each feature of each layer. One with other cells than the head names, or with a cell of no form, is
spoilt: its word is a word of the text, and what it says of it is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

_LAYER = re.compile(r"#T_(SP|RL|CH)=([^|]+)\|?(.*)")
_ROW = re.compile(r"(\d+-\d+(?:\.\d+)?)\t(\d{1,12})-(\d{1,12})\t([^\t]+)(?:\t(.*))?")
_VALUE = re.compile(r"((?:\\.|[^\\|\[])*+)(?:\[(\d+)\])?(\||$)", re.DOTALL)
_UNITS = ("utf-16", "code-points", "utf-8")


class BrokenWebAnno(ValueError):
    """A file whose rows or offsets do not fit its text."""


@dataclass(frozen=True)
class LayerColumns:
    """A layer of the head: its name, the names of its features, and the number of its first column."""

    kind: str
    name: str
    features: tuple[str, ...]
    first: int

    @property
    def short(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    @property
    def columns(self) -> range:
        """The numbers of its columns."""
        return range(self.first, self.first + max(1, len(self.features)))


@dataclass(frozen=True)
class LayerRow:
    """A token, or a part of one: its name in the file, its place, and its cells, of which there should be ``width``."""

    name: str
    start: int
    end: int
    word: str
    cells: tuple[str, ...]
    line: int
    width: int

    @property
    def is_token(self) -> bool:
        """Whether it is a whole token."""
        return "." not in self.name

    def values(self, column: int) -> list[tuple[str, str]]:
        """The values in a cell, each with the number of its annotation, or ""; none where it has no form."""
        # With other cells than the head names it cannot be told which is which.
        return _split_values(self.cells[column]) or [] if len(self.cells) == self.width else []


@dataclass
class LayerFile:
    """A file: its layers; its sentences, each with its lines of text and its rows."""

    layers: list[LayerColumns] = field(default_factory=list)
    sentences: list[tuple[list[str], list[LayerRow]]] = field(default_factory=lambda: [([], [])])

    @property
    def rows(self) -> list[LayerRow]:
        """The rows of all sentences."""
        return [row for _, rows in self.sentences for row in rows]

    @cached_property
    def spoilt(self) -> dict[str, str]:
        """Why the cells of a row cannot be read, by the name of the row."""
        reasons = {row.name: _reason_against(row) for row in self.rows}
        return {name: reason for name, reason in reasons.items() if reason}

    @cached_property
    def unit(self) -> str:
        """What its offsets count, by the lengths of the tokens: UTF-16, as it should be, where all would do."""
        fits = Counter(dict.fromkeys(_UNITS, 0))
        for row in self.rows:
            fits.update(unit for unit in _UNITS if row.end - row.start == measure(row.word, unit))
        return max(_UNITS, key=lambda unit: fits[unit])

    def check(self) -> None:
        """See that each row has a name of its own, and that the head is that of the rows.

        Raises:
            BrokenWebAnno: It is not so.
        """
        rows = self.rows
        doubled = next((name for name, count in Counter(row.name for row in rows).items() if count > 1), "")
        if doubled:
            raise BrokenWebAnno(f"two rows are called {doubled}")
        if rows and len(self.spoilt) == len(rows):
            raise BrokenWebAnno(f"of all its rows, {self.spoilt[rows[0].name]}")
        names = {row.name for row in rows}
        orphan = next((row for row in rows if not row.is_token and row.name.partition(".")[0] not in names), None)
        if orphan:
            raise BrokenWebAnno(f"row {orphan.name} is a part of a token that is not there")


def read_layer_file(content: str) -> LayerFile:
    """The layers and rows of a file.

    Raises:
        BrokenWebAnno: A line is not of the format, or the head is not that of the rows.
    """
    file, first = LayerFile(), 0
    for number, line in enumerate(re.split(r"\r?\n", content), start=1):
        if found := _LAYER.fullmatch(line):
            layer = LayerColumns(found[1], found[2], tuple(filter(None, found[3].split("|"))), first)
            first = layer.columns.stop
            file.layers.append(layer)
        elif line.startswith("#Text="):
            if file.sentences[-1][1]:
                file.sentences.append(([], []))
            file.sentences[-1][0].append(_unescape(line.removeprefix("#Text=")))
        elif found := _ROW.fullmatch(line.rstrip("\t")):
            cells = tuple(found[5].split("\t")) if found[5] else ()
            row = LayerRow(found[1], int(found[2]), int(found[3]), _unescape(found[4]), cells, number, first)
            file.sentences[-1][1].append(row)
        elif line.startswith("#T_") or (line.strip() and not line.startswith("#")):
            raise BrokenWebAnno(f"line {number} is not a row or a layer of WebAnno TSV 3")
    file.check()
    return file


def measure(text: str, unit: str) -> int:
    r"""The length of a text in a unit.

    >>> [measure("\U0001f600\u00e9", unit) for unit in ("code-points", "utf-16", "utf-8")]
    [2, 3, 6]
    """
    if unit == "code-points":
        return len(text)
    return (
        len(text.encode("utf-16-le", "surrogatepass")) // 2
        if unit == "utf-16"
        else len(text.encode("utf-8", "surrogatepass"))
    )


def _reason_against(row: LayerRow) -> str:
    if len(row.cells) != row.width:
        return f"line {row.line} has {len(row.cells)} cells, and the head names {row.width}"
    odd = next((cell for cell in row.cells if _split_values(cell) is None), "")
    return f"line {row.line} has the cell {odd!r}, which is not a list of values" if odd else ""


def _split_values(cell: str) -> list[tuple[str, str]] | None:
    """The values of a cell with their numbers; None where it is not wholly made of such."""
    if cell in {"_", ""}:
        return []
    found, at = list[tuple[str, str]](), 0
    while at < len(cell):
        value = _VALUE.match(cell, at)
        # Nothing before or after a line between two values is not a value.
        if value is None or not value[1] or (value[3] and value.end() == len(cell)):
            return None
        found.append((re.sub(r"\\(.)", r"\1", value[1]), value[2] or ""))
        at = value.end()
    return found


def _unescape(text: str) -> str:
    signs = {"n": "\n", "r": "\r", "t": "\t"}
    return re.sub(r"\\(.)", lambda found: signs.get(found[1], found[1]), text)
