"""The store of datasets and releases: each is made in a folder beside its place, renamed to its digest, linked last."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeling.errors import MissingInput, UsageError
from labeling.workspace.storage import close_to_everybody, missing_error, name_disk_errors, replace_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.workspace.table import Workspace

_BUILDING = ".building."
_ASIDE = ".aside."  # what a new folder of the same name takes the place of, in this moment
LATEST = "latest"


@contextmanager
def open_build_folder(store: Path) -> Iterator[Path]:
    """A new folder in the store; whatever is left of it, or of earlier crashes, is removed when the block ends.

    Raises:
        NoRoom: The folder cannot be made or written.
    """
    with name_disk_errors(store):
        store.mkdir(parents=True, exist_ok=True)
        # The workspace is locked, so that whatever is being built there belongs to a process that died.
        for crashed in store.glob(f"{_BUILDING}*"):
            crashed.unlink() if crashed.is_symlink() else shutil.rmtree(crashed)
        for aside in store.glob(f"{_ASIDE}*"):
            if not (store / aside.name.removeprefix(_ASIDE)).exists():
                aside.replace(store / aside.name.removeprefix(_ASIDE))
            shutil.rmtree(aside, ignore_errors=True)
        # Made by no library for temporary folders: those are closed to all but their owner, whatever the umask.
        folder = store / f"{_BUILDING}new"
        folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def store_folder(folder: Path, store: Path, name: str, latest: str = LATEST) -> Path:
    """Rename a finished folder to ``name``, then let ``latest`` point there.

    A folder of that name can only hold the same, or what was damaged since: the new one takes its place.

    Raises:
        NoRoom: The store may not be written.
    """
    target = store / name
    with name_disk_errors(target):
        close_to_everybody(folder)
        # Each step is one rename, so that a crash between two of them leaves no half of a dataset under its name.
        replace_folder(folder, target, store / f"{_ASIDE}{name}")
        # A link cannot be changed in place: a new one takes the place of the old.
        pointer = store / f"{_BUILDING}{latest}"
        pointer.unlink(missing_ok=True)
        try:
            pointer.symlink_to(name)
            pointer.replace(store / latest)
        finally:
            pointer.unlink(missing_ok=True)
    return target


def find_dataset(folder: Path | None, workspace: Workspace) -> Path:
    """The dataset in the folder that is named, or the latest of the workspace.

    Raises:
        UsageError: The folder that is named holds none.
        MissingInput: None is named, and nothing was compiled.
    """
    if folder is not None:
        return require_folder(folder, "manifest.json", "dataset", "compile")
    if not (workspace.latest / "manifest.json").exists():
        raise missing_error(workspace.latest / "manifest.json", "compile")
    return workspace.latest


def target_folder(corpus: Path, target: str) -> Path:
    """The folder of one target in a dataset.

    Raises:
        MissingInput: The dataset was compiled without that target.
    """
    folder = corpus / target
    if not folder.is_dir():
        raise MissingInput(
            f"{corpus} has no files for {target}",
            todo=f'name "{target}" under [compile] targets in the project file, and run `labeling compile` again',
            where=str(corpus),
        )
    return folder


def require_folder(folder: Path, name: str, what: str, verb: str) -> Path:
    """A folder that was named, if it holds the file that makes it what is meant.

    Raises:
        UsageError: It does not: it was mistyped.
    """
    if (folder / name).exists():
        return folder
    why = f"it has no {name}" if folder.is_dir() else "the folder does not exist"
    raise UsageError(
        f"{folder} is not a {what}: {why}", todo=f"name a folder that `labeling {verb}` wrote", where=str(folder)
    )
