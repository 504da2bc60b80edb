"""Plain files: what may be opened to be read, packed or not, and the longest line or cell that is taken from it."""

from __future__ import annotations

import gzip
import os
import stat
import tempfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from labeling.errors import UnreadableArticle

if TYPE_CHECKING:
    from pathlib import Path

# In characters, a hundred times the longest text that Label Studio's page bears. Only a file without line ends, or with
# a quote that is never closed, has longer ones; without a limit they would fill the memory.
LONGEST_LINE = 10_000_000

_LARGEST_UNPACKED = 2_000_000_000  # bytes: a few thousand bytes can be packed zeros without an end
_CHUNK = 1 << 20  # bytes
_GZIP = b"\x1f\x8b\x08"
_OTHER_PACKINGS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh91AY&SY", "packed by bzip2"),
    (b"\xfd7zXZ\x00", "packed by xz"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (_GZIP, "packed twice by gzip"),
)

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file to read its bytes; of one that is packed by gzip, whatever its name, those that it holds.

    Raises:
        UnreadableArticle: It is a link, a pipe, a device, or anything else that is not a file with an end; what is
            packed is damaged, or too much.
        OSError: It is not there, or may not be read.
    """
    if path.is_symlink():
        raise UnreadableArticle(
            f"it is a link to {path.readlink()}", todo="name the file itself, or put a copy in the link's place"
        )
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind == stat.S_IFREG:
        return unpack(os.fdopen(handle, "rb"))
    os.close(handle)
    raise UnreadableArticle(
        f"it is {_KINDS.get(kind, 'not a plain file')}", todo="name a plain file, or give its content to `-`"
    )


def unpack(file: BinaryIO) -> BinaryIO:
    """The file itself; if it is packed by gzip, a temporary file of what it holds in its place.

    Raises:
        UnreadableArticle: What is packed is damaged, or more than two gigabytes.
    """
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    if not packed:
        return file
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
    try:
        with file:
            _copy_unpacked(file, spool)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


def refuse_packed(file: BinaryIO) -> None:
    """Refuse a file that is packed in a way that is not read, by its first bytes, and leave it at its start.

    Raises:
        UnreadableArticle: It is an archive, or packed otherwise than once by gzip.
    """
    head = file.read(16)
    file.seek(0)
    found = next((name for mark, name in _OTHER_PACKINGS if head.startswith(mark)), None)
    if found:
        raise UnreadableArticle(f"it is {found}", todo="unpack it, and name what comes out")


def _copy_unpacked(file: BinaryIO, spool: BinaryIO) -> None:
    room = _LARGEST_UNPACKED
    try:
        with gzip.GzipFile(fileobj=file) as content:
            while room > 0 and (chunk := content.read(_CHUNK)):
                spool.write(chunk)
                room -= len(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableArticle(
            f"what gzip packed is damaged: {error}", todo="copy the file again, or mend it with `zcat`"
        ) from None
    if room <= 0:
        raise UnreadableArticle(
            f"it holds more than {_LARGEST_UNPACKED:,} bytes", todo="unpack it with `gunzip`, and name what comes out"
        )


def read_plain(path: Path) -> bytes:
    """All bytes of a plain file.

    Raises:
        UnreadableArticle: It is a link, a pipe, a device, or anything else that is not a file with an end.
        OSError: It is not there, or may not be read.
    """
    with open_plain(path) as file:
        return file.read()
