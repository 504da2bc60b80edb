"""What the page asks people for, and since when: ``asked.jsonl``, and whom to ask again: ``ask-again.jsonl``.

An item is written down before the page changes, and once more after it, with the server's time of then: whoever
submits in between is asked again, and no silence is ever taken for an answer to what was not on the page.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from labeling.guidelines import render_guidelines
from labeling.studio.format.schema_change import read_schema_terms
from labeling.values import digest_of
from labeling.workspace.ask_again_page import write_ask_again
from labeling.workspace.asking import Asking, list_page_items, update_asked
from labeling.workspace.custody import are_as_left
from labeling.workspace.guideline_versions import keep_periods
from labeling.workspace.rows.asked_item import GUIDELINES_ITEM, AskAgainRow
from labeling.workspace.rows.guideline_version import GuidelineVersion

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    rows = [row for row in known or () if row.item in page or row.item == GUIDELINES_ITEM]
    text = render_guidelines(project.schema, project.file.project.name)
    guidelines, digest = digest_of(text), project.schema.digest

    def ask(now: str) -> list[AskedItem]:
        asked = update_asked(rows, project.schema, start, now, guidelines)
        return keep_periods(rows, asked, now, digest, guidelines)

    asked = ask(_NOT_YET)
    is_new = any(row.since == _NOT_YET for row in asked)
    if is_new:
        now = (studio.clock() or studio.last_change(remote.number)) + _RESOLUTION
        asked = ask(_format_instant(now))
    _keep_version(project, GuidelineVersion(digest=guidelines, text=text, rules=project.schema))
    # The same file is not written anew: most pushes ask for nothing new.
    if asked != list(project.workspace.asked.rows_if_written()):
        project.workspace.asked.write(asked)
    return is_new


def _keep_version(project: Project, version: GuidelineVersion) -> None:
    """Keep the guidelines as they are now in ``guideline-versions.jsonl``, if they are not there yet."""
    kept = list(project.workspace.guideline_versions.rows_if_written())
    if all(each.digest != version.digest for each in kept):
        project.workspace.guideline_versions.write([*kept, version])


def record_ask_again(project: Project) -> tuple[AskAgainRow, ...]:
    """Write ``ask-again.jsonl``, and the page of links; both are removed where there is nobody to ask again."""
    workspace = project.workspace
    asking = Asking(project.schema, workspace.asked.rows_if_written())
    # What `labeling guidelines --diff` has put there; a file that somebody changed is made anew without it.
    is_as_left = are_as_left(workspace, [workspace.ask_again])
    anew = [row for row in workspace.ask_again.rows_if_written() if row.guidelines] if is_as_left else []
    rows = list[AskAgainRow]()
    # Where everything was asked for at once, nobody need be read.
    if asking.has_late_items or anew:
        said, quarantine = workspace.annotations.rows_if_written(), workspace.quarantine.rows_if_written()
        rows = asking.list_again(said, quarantine, anew)
    write_ask_again(workspace, rows)
    return tuple(rows)


def _format_instant(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
