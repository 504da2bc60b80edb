"""The files of a workspace as its table hands them out: of one value or of many rows; and lines on their way there.

How a file is read and written, whole or not at all, is in `labeling.workspace.storage`.
"""

from __future__ import annotations

import heapq
import os
import tempfile
import weakref
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Generic

from labeling.workspace.row_lookup import GroupedRows, IndexedRows
from labeling.workspace.storage import (
    RowModel,
    missing_error,
    name_disk_errors,
    read_rows,
    read_value,
    replace_file,
    write_json,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from labeling.errors import MissingInput


@dataclass(frozen=True)
class ValueFile(Generic[RowModel]):
    """A file of ours that holds one value; ``verb`` is what writes it."""

    path: Path
    model: type[RowModel]
    verb: str

    def exists(self) -> bool:
        """Whether it was written."""
        return os.path.lexists(self.path)

    def value(self) -> RowModel:
        """Read the value.

        Raises:
            MissingInput: The file is not there; the way out names the verb that writes it.
            DamagedFile: It does not hold such a value.
        """
        if not self.exists():
            raise self.missing()
        return read_value(self.path, self.model)

    def value_if_written(self) -> RowModel | None:
        """The value, or None when the file is not there yet.

        Raises:
            DamagedFile: It does not hold such a value.
        """
        return read_value(self.path, self.model) if self.exists() else None

    def write(self, value: RowModel) -> None:
        """Replace the file: keys sorted, indented.

        Raises:
            NoRoom: The disk is full, or the folder may not be written: the file is what it was.
        """
        write_json(self.path, value.model_dump(mode="json"))

    def missing(self) -> MissingInput:
        """The error for a file that is needed and not there."""
        return missing_error(self.path, self.verb)


@dataclass(frozen=True)
class RowsFile(Generic[RowModel]):
    """A file of ours with one row a line; ``verb`` is what writes it.

    ``order`` names the fields by which its lines are sorted; without any they stand as they were found.
    """

    path: Path
    model: type[RowModel]
    verb: str
    order: tuple[str, ...] = ()

    def exists(self) -> bool:
        """Whether it was written."""
        return os.path.lexists(self.path)

    def rows(self) -> Iterator[RowModel]:
        """Read the rows, one at a time.

        Raises:
            MissingInput: The file is not there; the way out names the verb that writes it.
            DamagedFile: A line is not such a row; the message has file, line and reason.
        """
        if not self.exists():
            raise self.missing()
        yield from read_rows(self.path, self.model)

    def rows_if_written(self) -> Iterator[RowModel]:
        """Read the rows, one at a time; none when the file is not there yet.

        Raises:
            DamagedFile: A line is not such a row.
        """
        if self.exists():
            yield from read_rows(self.path, self.model)

    def by(self, field: str) -> IndexedRows[RowModel]:
        """The rows by one of their fields, each read when it is asked for: the file may be larger than memory.

        Raises:
            MissingInput: The file is not there.
            DamagedFile: A line is not such a row.
        """
        if not self.exists():
            raise self.missing()
        return IndexedRows(self.path, self.model, field)

    def grouped_by(self, field: str) -> Mapping[str, list[RowModel]]:
        """All rows by a field that several may share, each group read when it is asked for; none before it is written.

        Raises:
            DamagedFile: A line is not such a row.
        """
        return GroupedRows(self.path, self.model, field) if self.path.exists() else {}

    def write(self, rows: Iterable[RowModel]) -> None:
        """Replace the file, its lines in their order.

        Raises:
            NoRoom: The disk is full, or the folder may not be written: the file is what it was.
        """
        ordered: Iterable[RowModel] = sorted(rows, key=self.place_of) if self.order else rows
        write_rows(self.path, ordered)

    def write_sorted(self, rows: Iterable[RowModel]) -> None:
        """Replace the file with rows that come in its order, as many as there may be: none is held in memory.

        Raises:
            ValueError: They do not come in order; a fault of the program, and the file is what it was.
            NoRoom: The disk is full, or the folder may not be written: the file is what it was.
        """
        write_rows(self.path, self._checked(rows))

    def drop(self, is_dropped: Callable[[RowModel], bool]) -> int:
        """Take rows out of the file, if there are such, and return how many; all other lines stay to the byte.

        Raises:
            DamagedFile: A line is not such a row; the file is what it was.
            NoRoom: The disk is full, or the folder may not be written: the file is what it was.
        """
        dropped = {number for number, row in enumerate(self.rows_if_written()) if is_dropped(row)}
        if dropped:
            with replace_file(self.path) as temporary, temporary.open("wb") as out, self.path.open("rb") as lines:
                out.writelines(line for number, line in enumerate(lines) if number not in dropped)
        return len(dropped)

    def place_of(self, row: RowModel) -> tuple[str | int, ...]:
        """Where a row stands among the others: the fields of its order, empty ones first."""
        return tuple(_comparable(getattr(row, field)) for field in self.order)

    def place_of_json(self, row: Mapping[str, object]) -> tuple[str | int, ...]:
        """The same for a row as its line has it."""
        return tuple(_comparable(row[field]) for field in self.order)

    def missing(self) -> MissingInput:
        """The error for a file that is needed and not there."""
        return missing_error(self.path, self.verb)

    def _checked(self, rows: Iterable[RowModel]) -> Iterator[RowModel]:
        last: tuple[str | int, ...] = ()
        for row in rows:
            place = self.place_of(row)
            if place < last:
                raise ValueError(f"rows for {self.path.name} are out of order: {place} after {last}")
            yield row
            last = place


class SortedLines:
    """Lines on their way into a sorted file: kept on the disk meanwhile, for there may be many."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``, without a name: whatever happens, nothing is left there."""
        with name_disk_errors(folder):
            self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as this
        weakref.finalize(self, self._spool.close)
        self._path = folder
        self._places: list[tuple[tuple[str | int, ...], int, int]] = []
        self._end = 0

    def add(self, place: tuple[str | int, ...], line: bytes) -> None:
        """Take a line (in UTF-8, without its end) that belongs at that place in the order.

        Raises:
            NoRoom: The disk is full.
        """
        content = line + b"\n"
        with name_disk_errors(self._path):
            self._spool.write(content)
        self._places.append((place, self._end, len(content)))
        self._end += len(content)

    def write(
        self, path: Path, among: Iterable[tuple[tuple[str | int, ...], bytes]] = (), *, one_of: int | None = None
    ) -> None:
        """Write all lines in their order, or nothing.

        Args:
            path: The file to replace.
            among: Further lines with their places, which come in order.
            one_of: Of lines whose places begin with the same so many fields, only the first is written.

        Raises:
            ValueError: Those do not come in order; a fault of the program, and the file is what it was.
            NoRoom: The disk is full.
        """
        others = ((place, line + b"\n") for place, line in among)
        last: tuple[str | int, ...] = ()
        with replace_file(path) as temporary, temporary.open("wb") as out:
            for place, content in heapq.merge(others, self._sorted(), key=itemgetter(0)):
                if place < last:
                    raise ValueError(f"lines for {path.name} are out of order: {place} after {last}")
                if one_of is None or place[:one_of] != last[:one_of]:
                    out.write(content)
                last = place

    def _sorted(self) -> Iterator[tuple[tuple[str | int, ...], bytes]]:
        for place, start, length in sorted(self._places):
            self._spool.seek(start)
            yield place, self._spool.read(length)


def _comparable(value: object) -> str | int:
    return value if isinstance(value, str | int) else 0 if value is None else str(value)
