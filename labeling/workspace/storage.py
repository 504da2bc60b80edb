"""How files of ours are read and written: whole or not at all, one row at a time, each fault with its name.

Every write goes to a temporary file beside the target and is renamed over it, so a reader never sees half a file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from labeling.errors import DamagedFile, MissingInput, NoRoom
from labeling.values import canonical_json, digest_of
from labeling.workspace.progress_watch import track_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader

    from pydantic import JsonValue


RowModel = TypeVar("RowModel", bound=BaseModel)

# What `replace_file` calls its temporary files.
TEMPORARY = re.compile(r"\..+\.(jsonl|json|json\.gz)\.[a-z0-9_]{8}")

# The rights of a file before the umask has its say: nobody else may ever write it, colleagues of a group perhaps.
SHARED = 0o664

# In bytes: a smaller file is read in a moment.
_WORTH_WATCHING = 2_000_000

# What the system says when nothing can be written there.
_NO_ROOM = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO),
        # Something else lies where our file or folder belongs.
        *(errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ENXIO),
    }
)


@contextmanager
def replace_file(path: Path, mode: int = SHARED) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it over ``path`` when the block ends well, else remove it.

    Raises:
        NoRoom: The disk is full, or the folder may not be written: ``path`` is what it was.
    """
    with name_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        # Made anew, because only at its making the system takes the umask off a file's rights.
        temporary.unlink()
        create_shared(temporary, mode)
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def create_shared(path: Path, mode: int = SHARED) -> None:
    """Make an empty file with these rights, as far as the umask lets it have them; one that is there stays as it is."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, mode))


def replace_folder(new: Path, target: Path, aside: Path) -> None:
    """Rename a folder to a name that another may have, which steps ``aside`` for it, and back if that fails."""
    # A folder cannot be renamed over another one.
    if target.exists():
        target.replace(aside)
    try:
        new.replace(target)
    except OSError:
        if aside.exists():
            aside.replace(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def close_to_everybody(folder: Path) -> None:
    """Take from everybody the right to write a folder and what is in it: libraries leave that to the umask alone."""
    for path in (folder, *folder.rglob("*")):
        rights = path.lstat().st_mode
        if rights & stat.S_IWOTH and not stat.S_ISLNK(rights):
            path.chmod(stat.S_IMODE(rights) & ~stat.S_IWOTH)


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


def write_text(path: Path, text: str, mode: int = SHARED) -> None:
    """Write ``text`` as UTF-8 with LF, all of it or nothing."""
    with replace_file(path, mode) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def create_new_text(path: Path, text: str) -> bool:
    """Write a file that was not there, as UTF-8 with LF; False, and nothing is touched, where there is one.

    Raises:
        NoRoom: The disk is full, or the folder may not be written: nothing is left there.
    """
    with name_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not a temporary file and a rename, which takes the place of what is there.
            out = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, SHARED), "wb")
        except FileExistsError:
            return False
        except FileNotFoundError as error:
            # A folder that takes no files of ours, as those of the system are.
            raise OSError(errno.EACCES, error.strerror) from None
        try:
            with out:
                out.write(text.encode())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return True


def write_json(path: Path, value: JsonValue, mode: int = SHARED) -> None:
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
    if not os.path.lexists(path):
        raise missing_error(path)
    with open_to_read(path) as lines:
        size = os.fstat(lines.fileno()).st_size
        watched = track_lines(path.name, lines, size) if size > _WORTH_WATCHING else lines
        for number, line in enumerate(watched, start=1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                raise damaged_error(path, number, error) from None


def read_value(path: Path, kind: type[RowModel]) -> RowModel:
    """Read a file of ours that holds one value.

    Raises:
        MissingInput: The file is not there.
        DamagedFile: It does not hold such a value.
    """
    if not os.path.lexists(path):
        raise missing_error(path)
    try:
        with open_to_read(path) as content:
            return kind.model_validate_json(content.read())
    except ValidationError as error:
        raise damaged_error(path, 1, error) from None


def open_to_read(path: Path) -> BufferedReader:
    """Open a file of ours, which a link may lead to.

    Raises:
        DamagedFile: It is a folder, a pipe, a link that leads nowhere, or closed to us.
    """
    try:
        # A pipe that nobody writes to would be waited for.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise _unreadable_error(path, str(error.strerror)) from None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise _unreadable_error(path, "it is not a plain file")


def _unreadable_error(path: Path, reason: str) -> DamagedFile:
    return DamagedFile(
        f"{path} cannot be read: {reason}",
        todo="put the file back, or see to its rights; or remove it, and write it anew with the verb that makes it",
        where=str(path),
    )


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with open_to_read(path) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """The digest of all files in a folder, by their names; of links, what they lead to."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest_of(canonical_json([[path.relative_to(folder).as_posix(), file_digest(path)] for path in files]))


def missing_error(path: Path, verb: str = "") -> MissingInput:
    """The error for a file that is needed and not there; ``verb`` is what should have written it."""
    todo = f"run `labeling {verb}` first" if verb else "put it back, or write it anew with the verb that makes it"
    return MissingInput(f"{path} is not there", todo=todo, where=str(path))


def damaged_error(path: Path, number: int, error: ValidationError) -> DamagedFile:
    """The error for a line (counted from one) that is not such a row or value as the file should have."""
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the line"
    return DamagedFile(
        f"{path}, line {number}: {field}: {first['msg']}",
        todo="restore the file, or write it anew with the verb that makes it",
        where=f"{path}:{number}",
    )
