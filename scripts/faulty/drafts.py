"""A file of annotations before it is written: its rows, which something may befall, and how they become a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

# The rows of a file: objects of JSON, or cells of lines.
Rows = list[Any]


class WriteRows(Protocol):
    """Writes the rows into a folder; of a file that is ``cut`` the end is missing."""

    def __call__(self, folder: Path, rows: Rows, *, cut: bool) -> Path:
        """The file that was written."""


@dataclass(frozen=True)
class Draft:
    """The rows of a file; ``copied`` tells whether the words of every span stand in them besides the text."""

    rows: Rows
    copied: bool
    write: WriteRows


def write_cut(path: Path, content: str, *, cut: bool) -> Path:
    """A file, of which the end is cut off, in the midst of its last annotation, if it is to be."""
    data = content.encode()
    path.write_bytes(data[: -min(9, len(data) // 3)] if cut else data)
    return path


def write_lines(name: str, ending: str = ".jsonl") -> WriteRows:
    """A writer of JSON lines."""

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        return write_cut(folder / f"{name}{ending}", "\n".join(lines) + "\n", cut=cut)

    return write


def list_objects(value: object) -> list[dict[str, Any]]:
    """All objects in some JSON, from without."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(each for one in inner for each in list_objects(one))]


def list_lists(value: object) -> list[list[Any]]:
    """All lists in some JSON, from without."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, list) else []), *(each for one in inner for each in list_lists(one))]
