"""What a file is: its size, its SHA-256, its number of lines."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from labeling.values import Frozen
from labeling.workspace.storage import file_digest, open_to_read

if TYPE_CHECKING:
    from pathlib import Path


class InputFile(Frozen):
    """A file that a dataset was made from: its rows and its SHA-256."""

    rows: int
    sha256: str


class OutputFile(Frozen):
    """A file of a dataset: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


def describe_input(path: Path) -> InputFile:
    """Describe a file of JSON lines; a file that is not there has no rows."""
    if not os.path.lexists(path):
        return InputFile(rows=0, sha256=hashlib.sha256(b"").hexdigest())
    with open_to_read(path) as lines:
        rows = sum(1 for _ in lines)
    return InputFile(rows=rows, sha256=file_digest(path))


def describe_output(path: Path) -> OutputFile:
    """Describe a file of a dataset."""
    return OutputFile(bytes=path.stat().st_size, sha256=file_digest(path))
