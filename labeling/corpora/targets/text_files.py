"""A target whose files are text: one file a split, written piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.rows.assignment import SplitName


class SplitFilesWriter:
    """Writes ``train``, ``dev`` and ``test`` with one ending into a folder; an empty split is an empty file."""

    def __init__(self, folder: Path, ending: str) -> None:
        """Open the files of a new folder."""
        folder.mkdir(parents=True)
        # LF on every system: the same bytes everywhere.
        self._files = {
            split: (folder / f"{split}.{ending}").open("w", encoding="utf-8", newline="\n") for split in SPLITS
        }

    def add(self, split: SplitName, part: str) -> None:
        """Append what a piece adds to one split."""
        self._files[split].write(part)

    def close(self) -> None:
        """Write what is left."""
        for file in self._files.values():
            file.close()
