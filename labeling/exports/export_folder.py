"""The folder of an export: made beside its place and renamed when it is whole; never over what somebody else put there.

An earlier export makes room for a new one, if it is as it was written: what people annotated in it since would be lost.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.imports.own_exports import EXPORT_RECORD, read_export_record
from labeling.workspace.checksums import OutputFile, describe_output
from labeling.workspace.storage import close_to_everybody, name_disk_errors, replace_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUILDING, _ASIDE = ".building", ".aside"


def refuse_foreign_folder(folder: Path) -> None:
    """See that an export may be written there: nothing lies there, or an export of ours that nobody has changed.

    Raises:
        UsageError: Anything else lies there.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise _refusal(folder, "is not a folder")
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()
    }
    if not found:
        return
    record = read_export_record(folder)
    if record is None:
        raise _refusal(folder, "holds files that no export wrote")
    if foreign := sorted(found - record.files.keys() - {EXPORT_RECORD}):
        raise _refusal(folder, f"holds {foreign[0]}, which no export wrote")
    changed = (
        name for name in sorted(found & record.files.keys()) if not _is_as_written(folder / name, record.files[name])
    )
    if name := next(changed, ""):
        raise _refusal(folder, f"holds {name}, which was changed since it was exported")


@contextmanager
def open_export_folder(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder``, which takes its place when the block ends well.

    Raises:
        NoRoom: The disk is full, or the place may not be written.
    """
    new, aside = folder.with_name(f".{folder.name}{_BUILDING}"), folder.with_name(f".{folder.name}{_ASIDE}")
    with name_disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Whatever is left of a killed export: the workspace is held, so that nobody else is writing there.
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
        new.mkdir()
        try:
            yield new
            close_to_everybody(new)
            replace_folder(new, folder, aside)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _is_as_written(path: Path, described: OutputFile) -> bool:
    return path.is_file() and not path.is_symlink() and describe_output(path) == described


def _refusal(folder: Path, why: str) -> UsageError:
    return UsageError(
        f"{folder} {why}: nothing is written over it",
        todo="name another folder with --out, or move what lies there",
        where=str(folder),
    )
