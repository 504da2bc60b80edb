"""How files of ours are read and written: whole or not at all, one row at a time, each fault with its name.

Every write goes to a temporary file beside the target and is renamed over it, so a reader never sees half a file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from labeling.errors import DamagedFile, MissingInput, NoRoom
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import JsonValue


RowModel = TypeVar("RowModel", bound=BaseModel)

# What `replace_file` calls its temporary files.
TEMPORARY = re.compile(r"\..+\.(jsonl|json|json\.gz)\.[a-z0-9_]{8}")

# What the system says when nothing can be written there.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


@contextmanager
def replace_file(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it over ``path`` when the block ends well, else remove it.

    Raises:
        NoRoom: The disk is full, or the folder may not be written: ``path`` is what it was.
    """
    with name_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def name_disk_errors(path: Path) -> Iterator[None]:
    """Give a disk that takes nothing more, or a folder that is closed to us, its name.

    Raises:
        NoRoom: One of these happened in the block.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise NoRoom(
            f"{path} cannot be written: {error.strerror}",
            todo="make room there, or name another folder with --workspace; then run the same command again",
            where=str(path),
        ) from None


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write ``text`` as UTF-8 with LF, all of it or nothing."""
    with replace_file(path, mode) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: JsonValue, mode: int = 0o644) -> None:
    """Write one JSON value for people and programs: keys sorted, indented."""
    write_text(path, json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n", mode)


def write_rows(path: Path, rows: Iterable[BaseModel]) -> None:
    """Write one canonical JSON line a row, in the order given (the caller sorts by what the file is about)."""
    with replace_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(canonical_json(row.model_dump(mode="json")) + "\n" for row in rows)


def read_rows(path: Path, kind: type[RowModel]) -> Iterator[RowModel]:
    """Read the rows of a file of ours, one at a time.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: A line is not such a row; the message has file, line and reason.
    """
    if not path.exists():
        raise missing_error(path)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise _damaged_error(path, number, error) from None


def read_value(path: Path, kind: type[RowModel]) -> RowModel:
    """Read a file of ours that holds one value.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: It does not hold such a value.
    """
    if not path.exists():
        raise missing_error(path)
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise _damaged_error(path, 1, error) from None


class IndexedRows(Mapping[str, RowModel]):
    """The rows of a file of ours by one of their fields, each read when it is asked for: files may be large."""

    def __init__(self, path: Path, kind: type[RowModel], field: str) -> None:
        """Note where each row begins; of two with the same field, the later one.

        Raises:
            MissingInput: The file is not there.
            DamagedFile: A line is not such a row.
        """
        if not path.exists():
            raise missing_error(path)
        self._path, self._kind = path, kind
        self._places: dict[str, tuple[int, int]] = {}
        start = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                self._places[_read_field(path, number, line, field)] = number, start
                start += len(line)
        self._file = path.open("rb")
        # Nobody has to close it: it is only read.
        weakref.finalize(self, self._file.close)

    def __getitem__(self, name: str) -> RowModel:
        number, start = self._places[name]
        self._file.seek(start)
        try:
            return self._kind.model_validate_json(self._file.readline())
        except ValidationError as error:
            raise _damaged_error(self._path, number, error) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


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

    def add(self, place: tuple[str | int, ...], line: str) -> None:
        """Take a line (without its end) that belongs at that place in the order.

        Raises:
            NoRoom: The disk is full.
        """
        content = line.encode("utf-8") + b"\n"
        with name_disk_errors(self._path):
            self._spool.write(content)
        self._places.append((place, self._end, len(content)))
        self._end += len(content)

    def write(self, path: Path) -> None:
        """Write all lines in their order, or nothing.

        Raises:
            NoRoom: The disk is full.
        """
        with replace_file(path) as temporary, temporary.open("wb") as out:
            for _, start, length in sorted(self._places):
                self._spool.seek(start)
                out.write(self._spool.read(length))


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def missing_error(path: Path, verb: str = "") -> MissingInput:
    """The error for a file that is needed and not there; ``verb`` is what should have written it."""
    todo = f"run `labeling {verb}` first" if verb else "put it back, or write it anew with the verb that makes it"
    return MissingInput(f"{path} is not there", todo=todo, where=str(path))


def _read_field(path: Path, number: int, line: bytes, field: str) -> str:
    try:
        return str(json.loads(line)[field])
    except (ValueError, KeyError, TypeError):
        raise DamagedFile(
            f"{path}, line {number}: it is not a row with {field!r}",
            todo="restore the file, or write it anew with the verb that makes it",
            where=f"{path}:{number}",
        ) from None


def _damaged_error(path: Path, number: int, error: ValidationError) -> DamagedFile:
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the line"
    return DamagedFile(
        f"{path}, line {number}: {field}: {first['msg']}",
        todo="restore the file, or write it anew with the verb that makes it",
        where=f"{path}:{number}",
    )


@dataclass(frozen=True)
class ValueFile(Generic[RowModel]):
    """A file of ours that holds one value; ``verb`` is what writes it."""

    path: Path
    model: type[RowModel]
    verb: str

    def exists(self) -> bool:
        """Whether it was written."""
        return self.path.exists()

    def value(self) -> RowModel:
        """Read the value.

        Raises:
            MissingInput: The file is not there; the way out names the verb that writes it.
            DamagedFile: It does not hold such a value.
        """
        if not self.path.exists():
            raise self.missing()
        return read_value(self.path, self.model)

    def value_if_written(self) -> RowModel | None:
        """The value, or None when the file is not there yet.

        Raises:
            DamagedFile: It does not hold such a value.
        """
        return read_value(self.path, self.model) if self.path.exists() else None

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
        return self.path.exists()

    def rows(self) -> Iterator[RowModel]:
        """Read the rows, one at a time.

        Raises:
            MissingInput: The file is not there; the way out names the verb that writes it.
            DamagedFile: A line is not such a row; the message has file, line and reason.
        """
        if not self.path.exists():
            raise self.missing()
        yield from read_rows(self.path, self.model)

    def rows_if_written(self) -> Iterator[RowModel]:
        """Read the rows, one at a time; none when the file is not there yet.

        Raises:
            DamagedFile: A line is not such a row.
        """
        if self.path.exists():
            yield from read_rows(self.path, self.model)

    def by(self, field: str) -> IndexedRows[RowModel]:
        """The rows by one of their fields, each read when it is asked for: the file may be larger than memory.

        Raises:
            MissingInput: The file is not there.
            DamagedFile: A line is not such a row.
        """
        if not self.path.exists():
            raise self.missing()
        return IndexedRows(self.path, self.model, field)

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


def _comparable(value: object) -> str | int:
    return value if isinstance(value, str | int) else 0 if value is None else str(value)
