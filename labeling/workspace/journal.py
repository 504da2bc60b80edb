"""``pushed.jsonl``: which article is which task. Written before a batch is sent and after the answer has come.

A line without a task number says that the article was being sent, and a suggestion without a digest that it was:
whether they arrived, only the server knows. Of several lines about one text of an article the last one counts; a push
that ends well leaves one each, sorted. An article whose text changed has a line for each text that has a task.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labeling.values import canonical_json
from labeling.workspace.rows.server_state import PushedTask, TextKey
from labeling.workspace.storage import create_shared, name_disk_errors, open_to_read, read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


IN_DOUBT = ""  # stands for the digest of a suggestion that was being sent, or being replaced


def load_journal(path: Path) -> dict[TextKey, PushedTask]:
    """The journal by article and text; empty where nothing was pushed.

    Raises:
        DamagedFile: A line is not such a row. A last line that was cut off by a crash does not count: it is dropped.
    """
    if not os.path.lexists(path):
        return {}
    _drop_torn_line(path)
    return {row.key: row for row in read_rows(path, PushedTask)}


def append_to_journal(path: Path, rows: Iterable[PushedTask]) -> None:
    """Add lines, and return when they are on the disk.

    Raises:
        NoRoom: The disk is full, or the file may not be written.
    """
    with name_disk_errors(path):
        create_shared(path)
    with name_disk_errors(path), path.open("a", encoding="utf-8", newline="\n") as out:
        out.writelines(canonical_json(row.model_dump(mode="json")) + "\n" for row in rows)
        out.flush()
        os.fsync(out.fileno())


def rewrite_journal(path: Path, journal: dict[TextKey, PushedTask]) -> None:
    """Write the journal anew: one line a task, sorted."""
    write_rows(path, (journal[key] for key in sorted(journal)))


def _drop_torn_line(path: Path) -> None:
    with open_to_read(path) as file:
        content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with name_disk_errors(path), path.open("rb+") as file:
            file.truncate(whole)
