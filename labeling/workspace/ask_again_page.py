"""``ask-again.jsonl`` and the page of links beside it, ``ask-again.html``: both, or neither."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from labeling.workspace.storage import write_text
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.workspace.rows.asked_item import AskAgainRow
    from labeling.workspace.table import Workspace


def write_ask_again(workspace: Workspace, rows: Sequence[AskAgainRow]) -> None:
    """Replace both files; where nobody is to be asked again, they are removed.

    Raises:
        NoRoom: The disk is full, or the folder may not be written.
    """
    if rows:
        workspace.ask_again.write(rows)
        write_text(workspace.ask_again_page, _render_page(rows, list_task_urls(workspace)))
    else:
        workspace.ask_again.path.unlink(missing_ok=True)
        workspace.ask_again_page.unlink(missing_ok=True)


def _render_page(rows: Iterable[AskAgainRow], urls: Mapping[str, str]) -> str:
    """A list for each reader, with a link to each task."""
    by_reader: dict[str, list[AskAgainRow]] = {}
    for row in rows:
        by_reader.setdefault(row.reader, []).append(row)
    parts = ["<!doctype html>", '<meta charset="utf-8">', "<title>To be asked again</title>"]
    for reader, own in sorted(by_reader.items()):
        parts += [f"<h2>{html.escape(reader)}</h2>", "<ul>", *(_render_row(row, urls) for row in own), "</ul>"]
    return "\n".join([*parts, ""])


def _render_row(row: AskAgainRow, urls: Mapping[str, str]) -> str:
    article = html.escape(row.article)
    if row.article in urls:
        article = f'<a href="{html.escape(urls[row.article])}">{article}</a>'
    return f"<li>{article}: {html.escape(row.what)} ({html.escape(row.why)})</li>"
