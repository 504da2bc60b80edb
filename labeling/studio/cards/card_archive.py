"""The cards as a server sent them, kept in ``pulls/`` beside the readers' answers: ``<time>.cards.json.gz``."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from labeling.studio.sync.pull_archive import (
    COMPRESSION_LEVEL,
    WHOLE_ENDING,
    archive_name,
    list_superfluous,
    read_archive,
)
from labeling.values import canonical_json, digest_of
from labeling.workspace.storage import name_disk_errors, replace_file

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic import JsonValue

CARDS_ENDING = ".cards.json.gz"


def keep_cards(folder: Path, instant: dt.datetime, tasks: Sequence[JsonValue]) -> str:
    """Keep the tasks of all cards as they came; the name of the file, "" where they are as they were kept last.

    Raises:
        NoRoom: The disk is full.
    """
    if _find_last(folder) and _digest_tasks([*read_last_cards(folder)]) == _digest_tasks(tasks):
        return ""
    path = folder / (archive_name(instant).removesuffix(WHOLE_ENDING) + CARDS_ENDING)
    with replace_file(path) as temporary:
        temporary.write_bytes(gzip.compress(json.dumps([*tasks]).encode(), COMPRESSION_LEVEL, mtime=0))
    return path.name


def read_last_cards(folder: Path) -> Iterator[dict[str, Any]]:
    """The tasks of all cards as they were kept last; none where none were.

    Raises:
        UnreadableExport: The file is damaged, or something else.
    """
    last = _find_last(folder)
    yield from read_archive(last) if last else ()


def thin_cards(folder: Path, now: dt.datetime) -> list[str]:
    """Remove what may go, as of the readers' answers; return the names of those files.

    Raises:
        NoRoom: The folder is closed to us.
    """
    with name_disk_errors(folder):
        names = {path.name.removesuffix(CARDS_ENDING) + WHOLE_ENDING: path for path in folder.glob(f"*{CARDS_ENDING}")}
        gone = [names[name] for name in list_superfluous(names, now)]
        for path in gone:
            path.unlink()
    return [path.name for path in gone]


def _find_last(folder: Path) -> Path | None:
    return max(folder.glob(f"*{CARDS_ENDING}"), default=None, key=lambda path: path.name)


def _digest_tasks(tasks: Sequence[JsonValue]) -> str:
    return digest_of(canonical_json([json.dumps(task, sort_keys=True) for task in tasks]))
