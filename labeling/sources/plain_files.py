"""Plain files: what may be opened to be read, and the longest line or cell that is taken from it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from labeling.errors import UnreadableArticle

if TYPE_CHECKING:
    from pathlib import Path

# In characters, a hundred times the longest text that Label Studio's page bears. Only a file without line ends, or with
# a quote that is never closed, has longer ones; without a limit they would fill the memory.
LONGEST_LINE = 10_000_000

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file to read its bytes.

    Raises:
        UnreadableArticle: It is a link, a pipe, a device, or anything else that is not a file with an end.
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
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise UnreadableArticle(
        f"it is {_KINDS.get(kind, 'not a plain file')}", todo="name a plain file, or give its content to `-`"
    )


def read_plain(path: Path) -> bytes:
    """All bytes of a plain file.

    Raises:
        UnreadableArticle: It is a link, a pipe, a device, or anything else that is not a file with an end.
        OSError: It is not there, or may not be read.
    """
    with open_plain(path) as file:
        return file.read()
