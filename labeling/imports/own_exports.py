"""What `labeling export` wrote beside the files of a format: none of it is to be imported as one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from labeling.values import Frozen
from labeling.workspace.checksums import OutputFile

if TYPE_CHECKING:
    from pathlib import Path

EXPORT_RECORD = "export.json"


class ExportRecord(Frozen):
    """What an export is of, and the files that it wrote, by their path in its folder.

    ``who`` is the annotator, or "" for gold. ``kept`` and ``not_held`` count things by kind: together they are all that
    there was. ``beside`` names the files that are not of the format.
    """

    export: Literal[1] = 1
    format: str
    who: str
    articles: int
    kept: dict[str, int]
    not_held: dict[str, int]
    beside: tuple[str, ...]
    files: dict[str, OutputFile]


def read_export_record(folder: Path) -> ExportRecord | None:
    """The record in a folder; None where no export of ours lies there."""
    try:
        return ExportRecord.model_validate_json((folder / EXPORT_RECORD).read_bytes())
    except (OSError, ValidationError):
        return None


def files_beside(folder: Path) -> frozenset[Path]:
    """The files that an export of ours wrote into this folder beside those of the format."""
    record = read_export_record(folder)
    return frozenset(folder / name for name in (*record.beside, EXPORT_RECORD)) if record else frozenset()
