"""Front door of ``labeling restore``: the answers kept in ``pulls/`` -> a project on an empty server."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labeling.errors import MissingInput, ProjectGone, UsageError
from labeling.studio.api.connect import connect
from labeling.studio.format.submissions import is_forgotten_task
from labeling.studio.sync.first_words import FirstWords, KeptAnswers
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull_archive import find_latest_whole, list_past
from labeling.studio.sync.restoration import RestoreSource, rebuild_project
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.custody import are_as_left, keep_custody, refuse_altered
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.rows.forgotten_text import ForgottenTexts
from labeling.workspace.storage import missing_error, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

PASSWORDS = "restored-people.json"


@dataclass(frozen=True)
class RestoreResult:
    """What was restored: the project's page and number, tasks, annotations and drafts.

    ``people`` were let in anew, with the passwords in the file ``passwords`` ("" when nobody was); ``refused`` has a
    sentence for each draft that could not be restored.
    """

    url: str
    project: int
    tasks: int
    annotations: int
    drafts: int
    people: int
    passwords: str
    refused: tuple[str, ...]


def restore(
    project: Project,
    *,
    server: Credentials | None = None,
    source: Path | None = None,
    wait: float = 0.0,
    progress: Callable[[int], None] = lambda _done: None,
) -> RestoreResult:
    """Rebuild the project on a server that does not have it, from the last pull; a pull from there gives the same.

    Only the server's own numbers and instants differ. Suggestions are brought there by the next push.

    Args:
        project: Whose pulls, and the schema that the page shows.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        source: Another whole answer of ``pulls/`` than the last one.
        wait: Seconds to wait for another command in this workspace.
        progress: Called with how many tasks have arrived.

    Raises:
        MissingInput: Nothing was pulled.
        UsageError: The project is on that server, and needs no restoring.
        Altered: A kept answer, or who it is by, is not as it was left; nothing was sent.
        UnreadableExport: A kept answer is damaged; nothing was sent.
        StudioError: The server did not do what was asked; run it again, it begins anew.
    """
    workspace = project.workspace
    if not workspace.users.exists():
        raise workspace.users.missing()
    reads = (workspace.users, workspace.signed, workspace.quarantine, workspace.first, workspace.forgotten)
    of_layer = (workspace.kept, workspace.audit_trail, workspace.assignments, workspace.ask_again)
    writes = (workspace.studio_link, workspace.pushed, workspace.signed, workspace.first, workspace.kept)
    with workspace.lock(wait), keep_custody(workspace, "restore", reads=(*reads, *of_layer), writes=writes):
        kept = replace(_read_source(workspace, source), is_forgotten=_forgotten_judge(workspace))
        _refuse_altered_answers(workspace, kept)
        with connect(workspace, server) as studio:
            # Asked first, so that no second project comes about by mistake.
            _refuse_living(studio, workspace)
            _keep_first_words(project, kept)
            restored = rebuild_project(studio, project, kept, progress)
            url = f"{studio.url}/projects/{restored.number}/data"
        # People get them from whoever runs this; nobody else may read the file.
        passwords = workspace.root / PASSWORDS
        if restored.passwords:
            write_json(passwords, {**restored.passwords}, mode=0o600)
    return RestoreResult(
        url=url,
        project=restored.number,
        tasks=restored.tasks,
        annotations=restored.annotations,
        drafts=restored.drafts,
        people=len(restored.passwords),
        passwords=str(passwords) if restored.passwords else "",
        refused=restored.refused,
    )


def _read_source(workspace: Workspace, chosen: Path | None) -> RestoreSource:
    emails = workspace.users.value().emails
    users = {int(number): email for number, email in emails.items()}
    if chosen:
        return RestoreSource((chosen,), None, users)
    # Of tasks that somebody else wrote down as those of the last pull, some may be missing.
    as_left = are_as_left(workspace, (workspace.watermark, workspace.pulled))
    if as_left and workspace.watermark.exists() and workspace.pulled.exists():
        mark = workspace.watermark.value()
        # Exactly what the last pull was read from.
        answers = tuple(workspace.pulls / name for name in mark.answers)
        if all(path.exists() for path in answers):
            return RestoreSource(answers, frozenset(row.task for row in workspace.pulled.rows()), users)
    # The last pull was cut short: what it was to build upon is there.
    # Where a clock had run ahead, the last by name is not the newest.
    names = find_latest_whole(list_past((path.name for path in workspace.pulls.glob("*.gz")), dt.datetime.now(dt.UTC)))
    if not names:
        raise missing_error(workspace.pulls, "pull")
    return RestoreSource(tuple(workspace.pulls / name for name in names), None, users)


def _keep_first_words(project: Project, kept: RestoreSource) -> None:
    """In a workspace of before: the next pull brings other numbers of users than these answers have."""
    workspace = project.workspace
    if workspace.first.exists() or not (workspace.articles.exists() and workspace.studio_link.exists()):
        return
    names, created = annotator_names(kept.users.items()), workspace.studio_link.value().created
    by_editor = project.file.policies.changed_by_others == "editor"
    articles = workspace.articles.by("id")
    first = FirstWords(workspace)
    first.add_seen(KeptAnswers(workspace, project.schema, articles, names, created, by_editor).list_seen())
    first.write()


def _forgotten_judge(workspace: Workspace) -> Callable[[dict[str, Any]], bool]:
    """Whether a task of a kept answer is one of a forgotten article: answers are history, and stay what they are."""
    forgotten = ForgottenTexts(workspace.forgotten.rows_if_written())
    articles = workspace.articles.by("id") if forgotten and workspace.articles.exists() else {}

    def list_same_text(digest: str) -> list[str]:
        return [each.id for each in workspace.articles.rows_if_written() if each.digest == digest]

    return lambda task: is_forgotten_task(task, forgotten, articles, list_same_text)


def _refuse_altered_answers(workspace: Workspace, kept: RestoreSource) -> None:
    names = [f"{workspace.pulls.name}/{path.name}" for path in kept.answers if path.parent == workspace.pulls]
    refuse_altered(workspace, "restore", names, always_hash=True)
    unknown = [name for name in names if name not in CustodyRecord(workspace).rows]
    if unknown:
        workspace.say(f"No record tells who wrote {', '.join(unknown)}: restored as found.")


def _refuse_living(studio: Studio, workspace: Workspace) -> None:
    try:
        remote = find_linked_project(studio, workspace)
    except (ProjectGone, MissingInput):
        return
    raise UsageError(
        f"project {remote.number} of {studio.url} is there: it needs no restoring",
        todo="name the server to restore to in LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY",
        where=studio.url,
    )
