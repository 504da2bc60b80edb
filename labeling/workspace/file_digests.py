"""The digests of the workspace's files: computed when asked for, or known from a cache beside them, as git does it.

A file counts as unchanged while its size, its inode and the time of its last change are what they were. Nobody sets
that time by hand. The cache may be deleted: it costs one reading of each file.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.annotations import is_imported
from labeling.errors import DamagedFile
from labeling.values import Frozen
from labeling.workspace.storage import file_digest, read_value, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CACHE = ".custody-cache.json"
# Nanoseconds. A file that changed so shortly before it was read may change again within one tick of the file system's
# clock, and look the same: it is not remembered.
_TICK = 50_000_000


class KnownFile(Frozen):
    """A file whose digest was computed, by what would be other had it changed."""

    size: int
    inode: int
    changed: int
    sha256: str


class KnownFiles(Frozen):
    """The cache: the files of one workspace, by name."""

    files: dict[str, KnownFile] = {}


class FileDigests:
    """The SHA-256 of each file of a folder, by its name; empty for one that is not there."""

    def __init__(self, root: Path, *, always_hash: bool = False) -> None:
        """Read the cache; with ``always_hash`` no file is taken for unchanged. A damaged cache is forgotten."""
        self._root, self._always_hash = root, always_hash
        self._known = dict(_read_cache(root / CACHE).files)
        self._before = dict(self._known)
        self._digests: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """The digest of a file, computed at most once."""
        if name not in self._digests:
            self._digests[name] = self._find(name)
        return self._digests[name]

    def forget(self, names: Iterable[str]) -> None:
        """Have these files read again when they are asked for next: they were written."""
        for name in names:
            self._digests.pop(name, None)

    def keep(self) -> None:
        """Write the cache, if there is anything new in it."""
        if self._known != self._before:
            write_json(self._root / CACHE, KnownFiles(files=self._known).model_dump(mode="json"))
            self._before = dict(self._known)

    def _find(self, name: str) -> str:
        path = self._root / name
        if not path.is_file():
            return ""
        now, stat = time.time_ns(), path.stat()
        size, inode, changed = stat.st_size, stat.st_ino, stat.st_ctime_ns
        known = self._known.pop(name, None)
        if known and not self._always_hash and (known.size, known.inode, known.changed) == (size, inode, changed):
            self._known[name] = known
            return known.sha256
        digest = file_digest(path)
        if now - changed > _TICK:
            self._known[name] = KnownFile(size=size, inode=inode, changed=changed, sha256=digest)
        return digest


def digest_parts(path: Path) -> dict[str, str]:
    """The digest of each part of a file of annotations or quarantine, by who answers for it.

    The empty name is the server's part, any other that of the imports of an annotator. A line that cannot be read
    counts to the server's.
    """
    parts: defaultdict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    with path.open("rb") as lines:
        for line in lines:
            parts[_importer(line)].update(line)
    return {author: parts[author].hexdigest() for author in sorted(parts)}


def _importer(line: bytes) -> str:
    """The annotator of an imported row; empty for a row from a server."""
    # Our JSON has no blanks between key and value, so that most lines need not be parsed.
    if b'"task":null' not in line:
        return ""
    try:
        row = json.loads(line)
        return str(row["annotator"]) if is_imported(row["annotator"], row["task"]) else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _read_cache(path: Path) -> KnownFiles:
    try:
        return read_value(path, KnownFiles) if path.exists() else KnownFiles()
    except DamagedFile:
        return KnownFiles()
