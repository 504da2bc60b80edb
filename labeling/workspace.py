"""The workspace: the names of its files, its lock, and the one way files are read and written.

Files between the steps are the database: JSON lines, sorted, the same bytes on every rerun. Every write goes to a
temporary file beside the target and is renamed over it, so a reader never sees half a file.
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
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from labeling.errors import DamagedFile, MissingInput, NoRoom, WorkspaceBusy
from labeling.values import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import JsonValue


Row = TypeVar("Row", bound=BaseModel)

# What `replacing` calls its temporary files.
_TEMPORARY = re.compile(r"\..+\.(jsonl|json|json\.gz)\.[a-z0-9_]{8}")

# What the system says when nothing can be written there.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})

# Which verb writes which file: what to run when it is missing.
_WRITTEN_BY = {
    "articles.jsonl": "ingest",
    "suggestions.jsonl": "suggest",
    "studio.json": "push",
    "pushed.jsonl": "push",
    "annotations.jsonl": "pull",
    "quarantine.jsonl": "pull",
    "pulled.jsonl": "pull",
    "users.json": "pull",
    "passages.jsonl": "cluster",
    "clusters.jsonl": "cluster",
    "projected.jsonl": "carry",
    "audit.json": "audit",
    "agreement.json": "agree",
    "gold.jsonl": "adjudicate",
    "conflicts.jsonl": "adjudicate",
    "ledger.jsonl": "adjudicate",
    "splits.jsonl": "split",
    "leakage.json": "split",
    "manifest.json": "compile",
    "release.json": "release",
    "extractor.json": "train",
    "scores.json": "evaluate",
    "curve.json": "curve",
}


class Workspace:
    """The folder of one project: ``exports/<project>`` unless another is named."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is made until something is written."""
        self.root = root
        self.articles = root / "articles.jsonl"
        self.rejects = root / "rejects.jsonl"
        self.suggestions = root / "suggestions.jsonl"
        self.studio_link = root / "studio.json"
        self.pushed = root / "pushed.jsonl"
        self.pulls = root / "pulls"
        self.pulled = root / "pulled.jsonl"
        self.watermark = root / "pulled.json"
        self.users = root / "users.json"
        self.annotations = root / "annotations.jsonl"
        self.quarantine = root / "quarantine.jsonl"
        self.passages = root / "passages.jsonl"
        self.clusters = root / "clusters.jsonl"
        self.projected = root / "projected.jsonl"
        self.audit = root / "audit.json"
        self.agreement = root / "agreement.json"
        self.gold = root / "gold.jsonl"
        self.conflicts = root / "conflicts.jsonl"
        self.ledger = root / "ledger.jsonl"
        self.splits = root / "splits.jsonl"
        self.leakage = root / "leakage.json"
        self.corpora = root / "corpora"
        self.latest = root / "corpora" / "latest"
        self.releases = root / "releases"
        self.models = root / "models"
        self.scores = root / "scores.json"
        self.curve = root / "curve.json"
        self.report = root / "report.html"
        self.studio = root / "studio"

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Hold the workspace for writing; a process that dies lets go of it.

        Args:
            wait: Seconds to wait for another command that holds it.

        Raises:
            WorkspaceBusy: Another command holds it, for longer than that.
            NoRoom: The folder cannot be made or written.
        """
        from filelock import FileLock, Timeout

        with storing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".lock", mode=0o666)  # as far as their umask lets them, users share a workspace
        try:
            with storing(self.root):
                lock.acquire(timeout=wait)
        except Timeout:
            raise WorkspaceBusy(
                f"another command is writing to {self.root}" + (f", for {wait:g} seconds now" if wait else ""),
                todo="wait until it is done (`push` and `pull` do so with --wait SECONDS), or name another folder "
                "with --workspace",
                where=str(self.root),
            ) from None
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    @contextmanager
    def opened(self, wait: float = 0) -> Iterator[None]:
        """Hold the workspace as `lock` does, if it is one: a folder that was mistyped stays as it is.

        Raises:
            MissingInput: Nothing was ever taken in there.
            WorkspaceBusy: Another command holds it, for longer than that.
            NoRoom: It cannot be written.
        """
        if not (self.articles.exists() or self.corpora.is_dir()):
            raise missing(self.articles)
        with self.lock(wait):
            yield

    def _sweep(self) -> None:
        """Remove what killed commands were writing when they were killed: nobody else is writing now."""
        for folder in (self.root, self.pulls):
            for path in folder.glob(".*") if folder.is_dir() else ():
                if _TEMPORARY.fullmatch(path.name):
                    path.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it over ``path`` when the block ends well, else remove it.

    Raises:
        NoRoom: The disk is full, or the folder may not be written: ``path`` is what it was.
    """
    with storing(path):
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
def storing(path: Path) -> Iterator[None]:
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
    with replacing(path, mode) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: JsonValue, mode: int = 0o644) -> None:
    """Write one JSON value for people and programs: keys sorted, indented."""
    write_text(path, json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n", mode)


def write_rows(path: Path, rows: Iterable[BaseModel]) -> None:
    """Write one canonical JSON line a row, in the order given (the caller sorts by what the file is about)."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(canonical(row.model_dump(mode="json")) + "\n" for row in rows)


def read_rows(path: Path, kind: type[Row]) -> Iterator[Row]:
    """Read the rows of a file of ours, one at a time.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: A line is not such a row; the message has file, line and reason.
    """
    if not path.exists():
        raise missing(path)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise _damaged(path, number, error) from None


def read_value(path: Path, kind: type[Row]) -> Row:
    """Read a file of ours that holds one value.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: It does not hold such a value.
    """
    if not path.exists():
        raise missing(path)
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise _damaged(path, 1, error) from None


class Indexed(Mapping[str, Row]):
    """The rows of a file of ours by one of their fields, each read when it is asked for: files may be large."""

    def __init__(self, path: Path, kind: type[Row], field: str) -> None:
        """Note where each row begins; of two with the same field, the later one.

        Raises:
            MissingInput: The file is not there.
            DamagedFile: A line is no such row.
        """
        if not path.exists():
            raise missing(path)
        self._path, self._kind = path, kind
        self._places: dict[str, tuple[int, int]] = {}
        start = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                self._places[_field(path, number, line, field)] = number, start
                start += len(line)
        self._file = path.open("rb")
        # Nobody has to close it: it is only read.
        weakref.finalize(self, self._file.close)

    def __getitem__(self, name: str) -> Row:
        number, start = self._places[name]
        self._file.seek(start)
        try:
            return self._kind.model_validate_json(self._file.readline())
        except ValidationError as error:
            raise _damaged(self._path, number, error) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Sorted:
    """Lines on their way into a sorted file: kept on the disk meanwhile, for there may be many."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``, without a name: whatever happens, nothing is left there."""
        with storing(folder):
            self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as this
        weakref.finalize(self, self._spool.close)
        self._path = folder
        self._places: list[tuple[tuple[str, str, int, str], int, int]] = []
        self._end = 0

    def add(self, place: tuple[str, str, int, str], line: str) -> None:
        """Take a line (without its end) that belongs at that place in the order.

        Raises:
            NoRoom: The disk is full.
        """
        content = line.encode("utf-8") + b"\n"
        with storing(self._path):
            self._spool.write(content)
        self._places.append((place, self._end, len(content)))
        self._end += len(content)

    def write(self, path: Path) -> None:
        """Write all lines in their order, or nothing.

        Raises:
            NoRoom: The disk is full.
        """
        with replacing(path) as temporary, temporary.open("wb") as out:
            for _, start, length in sorted(self._places):
                self._spool.seek(start)
                out.write(self._spool.read(length))


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def rows_or_none(path: Path, kind: type[Row]) -> list[Row]:
    """All rows of a file of ours; none when it is not there yet."""
    return list(read_rows(path, kind)) if path.exists() else []


def missing(path: Path) -> MissingInput:
    """The error for a file that an earlier verb should have written."""
    verb = _WRITTEN_BY.get(path.name)
    todo = f"run `labeling {verb}` first" if verb else "put it back, or write it anew with the verb that makes it"
    return MissingInput(f"{path} is not there", todo=todo, where=str(path))


def _field(path: Path, number: int, line: bytes, field: str) -> str:
    try:
        return str(json.loads(line)[field])
    except (ValueError, KeyError, TypeError):
        raise DamagedFile(
            f"{path}, line {number}: it is no row with {field!r}",
            todo="restore the file, or write it anew with the verb that makes it",
            where=f"{path}:{number}",
        ) from None


def _damaged(path: Path, number: int, error: ValidationError) -> DamagedFile:
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the line"
    return DamagedFile(
        f"{path}, line {number}: {field}: {first['msg']}",
        todo="restore the file, or write it anew with the verb that makes it",
        where=f"{path}:{number}",
    )
