"""Rows of a workspace's files by one of their fields, each read when it is asked for: files may be large."""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from labeling.errors import DamagedFile
from labeling.workspace.storage import RowModel, damaged_error, missing_error, open_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class IndexedRows(Mapping[str, RowModel]):
    """The rows of a file of ours by one of their fields, each read when it is asked for: files may be large."""

    def __init__(self, path: Path, kind: type[RowModel], field: str) -> None:
        """Note where each row begins; of two with the same field, the later one.

        Raises:
            MissingInput: The file is not there.
            DamagedFile: A line is not such a row.
        """
        if not os.path.lexists(path):
            raise missing_error(path)
        self._path, self._kind = path, kind
        self._places: dict[str, tuple[int, int]] = {}
        start = 0
        with open_to_read(path) as lines:
            for number, line in enumerate(lines, start=1):
                self._places[_read_field(path, number, line, field)] = number, start
                start += len(line)
        self._file = open_to_read(path)
        # Nobody has to close it: it is only read.
        weakref.finalize(self, self._file.close)

    def __getitem__(self, name: str) -> RowModel:
        number, start = self._places[name]
        self._file.seek(start)
        return _validated(self._path, number, self._file.readline(), self._kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class GroupedRows(Mapping[str, list[RowModel]]):
    """The rows of a file of ours by a field that several may share, each group read when it is asked for.

    The rows of a group come in the order of the file, and need not follow one another there.
    """

    def __init__(self, path: Path, kind: type[RowModel], field: str) -> None:
        """Note where each row begins.

        Raises:
            DamagedFile: A line is not such a row.
        """
        self._path, self._kind = path, kind
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._file = open_to_read(path)
        weakref.finalize(self, self._file.close)
        start = 0
        for number, line in enumerate(self._file, start=1):
            # Every row is looked at once, so that a damaged one is known before anything is done with the others.
            row = _validated(path, number, line, kind)
            self._places.setdefault(getattr(row, field), []).append((number, start))
            start += len(line)

    def __getitem__(self, name: str) -> list[RowModel]:
        return [self._read(number, start) for number, start in self._places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _read(self, number: int, start: int) -> RowModel:
        self._file.seek(start)
        return _validated(self._path, number, self._file.readline(), self._kind)


def _validated(path: Path, number: int, line: bytes, kind: type[RowModel]) -> RowModel:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        raise damaged_error(path, number, error) from None


def _read_field(path: Path, number: int, line: bytes, field: str) -> str:
    try:
        return str(json.loads(line)[field])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedFile(
            f"{path}, line {number}: it is not a row with {field!r}",
            todo="restore the file, or write it anew with the verb that makes it",
            where=f"{path}:{number}",
        ) from None
