"""The shelf of datasets: each is made beside its place to be, renamed to its digest, and pointed to last."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUILDING = ".building."
LATEST = "latest"


@contextmanager
def open_build_folder(shelf: Path) -> Iterator[Path]:
    """A new folder beside its place to be; whatever is left of it goes when the block ends, and of earlier crashes.

    Raises:
        NoRoom: The shelf cannot be made, or is closed to us.
    """
    with name_disk_errors(shelf):
        shelf.mkdir(parents=True, exist_ok=True)
        for crashed in shelf.glob(f"{_BUILDING}*"):
            crashed.unlink() if crashed.is_symlink() else shutil.rmtree(crashed)
        folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=shelf))
        folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def store_folder(folder: Path, shelf: Path, name: str, latest: str = LATEST) -> Path:
    """Rename a finished folder to ``name``, then let ``latest`` point there.

    A folder of that name can only hold the same, or what was damaged since: the new one takes its place.
    """
    target = shelf / name
    if target.exists():
        target.replace(shelf / f"{_BUILDING}{name}")
    folder.replace(target)
    pointer = shelf / f"{_BUILDING}{latest}"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(shelf / latest)
    shutil.rmtree(shelf / f"{_BUILDING}{name}", ignore_errors=True)
    return target
