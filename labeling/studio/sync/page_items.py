"""What the page asks people for, and since when: ``asked.jsonl``, and whom to ask again: ``ask-again.jsonl``.

An item is written down before the page changes, and once more after it, with the server's time of then: whoever
submits in between is asked again, and no silence is ever taken for an answer to what was not on the page.
"""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING

from labeling.guidelines import render_guidelines
from labeling.studio.format.schema_change import read_schema_terms
from labeling.values import digest_of
from labeling.workspace.asking import Asking, list_page_items, update_asked
from labeling.workspace.rows.asked_item import AskAgainRow
from labeling.workspace.storage import write_text
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.workspace.rows.asked_item import AskedItem

# The server tells its time to the second.
_RESOLUTION = dt.timedelta(seconds=1)
# Stands for the server's time, which is asked for only where something is new.
_NOT_YET = "9999-12-31T23:59:59Z"


def record_asked(project: Project, studio: Studio, remote: RemoteProject, known: Sequence[AskedItem] | None) -> bool:
    """Write ``asked.jsonl`` for the schema as it is; return whether it asks for something new.

    Args:
        project: Whose schema the page shows, or is about to.
        studio: The server.
        remote: The project as it was before its page changes; as it was made, where this push makes it.
        known: The rows as they were before this push; None where there were none, as in a workspace that was pushed
            before there were any: then what the page asks for already counts as asked since the project was made.
    """
    page = list_page_items(read_schema_terms(remote.config))
    start = dict.fromkeys(page, remote.created) if known is None else {}
    # A row was written by a push that was cut short before the page changed: nobody has been asked yet.
    rows = [row for row in known or () if row.item in page]
    guidelines = digest_of(render_guidelines(project.schema, project.file.project.name))
    asked = update_asked(rows, project.schema, start, _NOT_YET, guidelines)
    is_new = any(row.since == _NOT_YET for row in asked)
    if is_new:
        now = (studio.clock() or studio.last_change(remote.number)) + _RESOLUTION
        asked = update_asked(rows, project.schema, start, _format_instant(now), guidelines)
    # The same file is not written anew: most pushes ask for nothing new.
    if asked != list(project.workspace.asked.rows_if_written()):
        project.workspace.asked.write(asked)
    return is_new


def record_ask_again(project: Project) -> tuple[AskAgainRow, ...]:
    """Write ``ask-again.jsonl``, and the page of links; both are removed where there is nobody to ask again."""
    workspace = project.workspace
    asking = Asking(project.schema, workspace.asked.rows_if_written())
    rows = list[AskAgainRow]()
    # Where everything was asked for at once, nobody need be read.
    if asking.has_late_items:
        rows = asking.list_again(workspace.annotations.rows_if_written(), workspace.quarantine.rows_if_written())
    if rows:
        workspace.ask_again.write(rows)
        write_text(workspace.ask_again_page, _render_page(rows, list_task_urls(workspace)))
    else:
        workspace.ask_again.path.unlink(missing_ok=True)
        workspace.ask_again_page.unlink(missing_ok=True)
    return tuple(rows)


def _format_instant(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _render_page(rows: Iterable[AskAgainRow], urls: dict[str, str]) -> str:
    """A list for each reader, with a link to each task."""
    by_reader: dict[str, list[AskAgainRow]] = {}
    for row in rows:
        by_reader.setdefault(row.reader, []).append(row)
    parts = ["<!doctype html>", '<meta charset="utf-8">', "<title>To be asked again</title>"]
    for reader, own in sorted(by_reader.items()):
        parts += [f"<h2>{html.escape(reader)}</h2>", "<ul>", *(_render_row(row, urls) for row in own), "</ul>"]
    return "\n".join([*parts, ""])


def _render_row(row: AskAgainRow, urls: dict[str, str]) -> str:
    article = html.escape(row.article)
    if row.article in urls:
        article = f'<a href="{html.escape(urls[row.article])}">{article}</a>'
    return f"<li>{article}: {html.escape(row.what)} ({html.escape(row.why)})</li>"
