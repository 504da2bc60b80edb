"""Finished parts of work that takes long, kept on the disk until the whole is done: a killed run goes on with them.

They lie in a hidden folder beside the file that is being made. Its name has the digest of all that decides the rows, so
that a part of other articles or settings is never taken; a part that was cut short is not one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.errors import WorkspaceBusy
from labeling.values import canonical_json
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

_MARK = ".parts-"
_SHOWN = 16  # of the digest's signs in the folder's name


@dataclass(frozen=True)
class Made:
    """Rows made of some articles, as canonical JSON lines in UTF-8; and what is counted of them, by two names."""

    rows: bytes = b""
    tally: dict[str, dict[str, int]] = field(default_factory=dict)

    def tally_value(self) -> JsonValue:
        """What is counted, as a value of JSON."""
        return {name: dict(counts) for name, counts in self.tally.items()}


class Parts:
    """The finished parts in a folder, by number."""

    def __init__(self, folder: Path) -> None:
        """Look into ``folder``, which is there: what was cut short, or is damaged, does not count."""
        self.folder = folder
        self.finished = {int(path.stem) for path in folder.glob("*.part") if path.stem.isdigit() and _is_whole(path)}

    def keep(self, number: int, made: Made) -> None:
        """Keep a part.

        Raises:
            NoRoom: The disk is full.
        """
        path = self.folder / f"{number:06}.part"
        unfinished = path.with_suffix(".unfinished")
        with name_disk_errors(path):
            head = canonical_json([hashlib.sha256(made.rows).hexdigest(), made.tally_value()]).encode()
            unfinished.write_bytes(head + b"\n" + made.rows)
            unfinished.replace(path)
        self.finished.add(number)

    def read(self, number: int) -> Made:
        """A part that was finished."""
        with (self.folder / f"{number:06}.part").open("rb") as part:
            _, tally = json.loads(part.readline())
            return Made(part.read(), tally)


@contextmanager
def keep_parts(target: Path, digest: str) -> Iterator[Parts]:
    """Yield the parts of a file to be made, perhaps some of a run that was cut short; remove them when it is done.

    Parts of the same file made of something else are removed at once.

    Args:
        target: The file.
        digest: Of all that decides its rows.

    Raises:
        WorkspaceBusy: Another command is making the same file.
        NoRoom: The folder cannot be made.
    """
    from filelock import FileLock, Timeout

    folder = target.parent / f".{target.name}{_MARK}{digest[:_SHOWN]}"
    lock = FileLock(target.parent / f".{target.name}.lock")
    with name_disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise WorkspaceBusy(
                f"another command is writing {target}", todo="wait until it is done", where=str(target)
            ) from None
    try:
        drop_parts(target, but=folder)
        with name_disk_errors(folder):
            folder.mkdir(exist_ok=True)
        yield Parts(folder)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        with suppress(OSError):
            (target.parent / f".{target.name}.lock").unlink()
        lock.release()


def drop_parts(target: Path, *, but: Path | None = None) -> None:
    """Remove the parts of a file that were kept for a run that did not come, but for those in one folder."""
    for folder in target.parent.glob(f".{_literal(target.name)}{_MARK}*"):
        if folder != but:
            shutil.rmtree(folder, ignore_errors=True)


def _literal(name: str) -> str:
    """A name as a pattern that only it fits."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _is_whole(path: Path) -> bool:
    """Whether a part is as it was written: after a loss of power it may be shorter than its name promises."""
    try:
        with path.open("rb") as part:
            digest, tally = json.loads(part.readline())
            return isinstance(tally, dict) and hashlib.file_digest(part, "sha256").hexdigest() == digest
    except (OSError, ValueError, TypeError):
        return False
