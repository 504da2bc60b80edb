"""Front door of ``labeling push``: articles and suggestions -> tasks; ``studio.json``, ``pushed.jsonl``.

And since when people are asked for what the page shows: ``asked.jsonl``, with the guidelines that they had in
``guideline-versions.jsonl``, and ``ask-again.jsonl``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labeling.annotations import MODEL
from labeling.studio.api.connect import connect
from labeling.studio.api.remote import RemoteProject
from labeling.studio.sync.closed_plan import renew_closed_plans
from labeling.studio.sync.imported_words import BroughtTally, ImportedWords
from labeling.studio.sync.offered_record import OfferedRecord, former_names
from labeling.studio.sync.order_in_force import order_elsewhere
from labeling.studio.sync.page_items import record_ask_again
from labeling.studio.sync.project_link import prepare_project, preview_project, warn_of_namesakes
from labeling.studio.sync.push_delivery import ProjectPush, PushResult
from labeling.studio.sync.push_plan import digest_bare, digest_suggestions, foresee_joined, plan_push, plan_suggestions
from labeling.studio.sync.push_queue import read_queue
from labeling.studio.sync.superseding import Superseding
from labeling.studio.sync.team_plan import announce_suggestions, bring_team_plan, find_tasks_of, open_team_plan
from labeling.studio.sync.tell_readers import tell_readers
from labeling.workspace.custody import keep_custody
from labeling.workspace.journal import load_journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.errors import NotBrought
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.push_queue import ImportedAs
    from labeling.studio.sync.team_plan import TeamPlan
    from labeling.workspace.file_handles import RowsFile, ValueFile
    from labeling.workspace.rows.server_state import PushedTask, TextKey


@dataclass(frozen=True)
class Forecast:
    """What a push would do: the ids of articles that are new on the server, the same, changed or gone.

    ``suggestions`` counts what would be sent; ``replaced`` are the models whose suggestions would be removed and sent
    anew, where models are in the loop except in articles that somebody has begun. ``page`` is whether the labelling
    page would change.
    ``imported`` counts imported annotations that would be brought, ``imported_there`` those that are there;
    ``strangers`` has an error for each person without an account.
    """

    new: tuple[str, ...]
    same: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    suggestions: int
    replaced: tuple[str, ...]
    page: bool
    imported: int = 0
    imported_there: int = 0
    strangers: tuple[NotBrought, ...] = ()


@dataclass(frozen=True)
class Pace:
    """How long a push waits: ``wait`` seconds for another command in this workspace.

    And ``patience`` seconds for a request that may still be at work on the server because its answer was lost; ``say``
    is called with a sentence on what the server is asked then.
    """

    wait: float = 0.0
    patience: float = 30.0
    say: Callable[[str], None] = lambda _sentence: None


def push(
    project: Project,
    *,
    server: Credentials | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    new_versions: bool = False,
    imported: ImportedAs = "nothing",
    pace: Pace = Pace(),
) -> PushResult:
    """Bring every article of the workspace to Label Studio, exactly once: the fullest of each story first.

    The project is made at the first push. A second push adds nothing. Suggestions go along as predictions; what a model
    suggests later or otherwise is sent as well, in place of what it suggested before. With ``annotate_once`` in the
    project file, a reprint waits until its story has been annotated and `carry` has brought that to it. Where the page
    asks for something new, those who submitted before are listed to be asked again.

    Args:
        project: Which articles, and the schema that the page shows.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        progress: Called with how many of the new articles have arrived, and of how many.
        new_versions: Send articles whose text has changed as new tasks, in place of refusing them.
        imported: Bring imported annotations there, too: as ``suggestions`` signed by who made them, or as
            ``annotations`` of these people, who need accounts there; models only suggest.
        pace: How long to wait.

    Raises:
        MissingInput: Nothing was ingested; or not clustered, where the project file has ``annotate_once``.
        Altered: A file that it reads is not as it was left.
        WorkspaceBusy: Another command is writing here.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        SchemaInUse: The schema lost something that annotations on the server use.
        StudioError: The server did not do what was asked; run it again, it goes on where it ended.
    """
    workspace = project.workspace
    reads: list[RowsFile[Any]] = [workspace.articles, workspace.clusters, workspace.projected, workspace.suggestions]
    reads += [workspace.asked, workspace.annotations, workspace.quarantine, workspace.assignments]
    reads += [workspace.guideline_versions, workspace.decisions, workspace.queue]
    writes: list[RowsFile[Any] | ValueFile[Any]] = [workspace.studio_link, workspace.pushed, workspace.asked]
    writes += [workspace.guideline_versions, workspace.ask_again]
    if project.file.has_loop:
        writes.append(workspace.offered)
    if imported != "nothing":
        reads += [workspace.imported, workspace.signed]
    if imported == "annotations":
        writes.append(workspace.signed)
    with (
        workspace.opened(pace.wait),
        keep_custody(
            workspace,
            "push",
            reads=reads,
            writes=writes,
        ) as notes,
    ):
        queue, waiting = read_queue(project, imported)
        tally = BroughtTally()
        with connect(workspace, server) as studio:
            # The page comes first: the server refuses tasks that its config cannot show.
            remote = prepare_project(studio, project, pace.say)
            altered = workspace.pushed.path.name in notes.altered
            team = open_team_plan(project, studio, pace.say)
            team = replace(team, bare=digest_bare(queue) if team.layer else {})
            if team.bare or imported == "suggestions":
                signed = queue.texts if imported == "suggestions" else ()
                signatures = {name for text in signed for name in queue.suggested(text[0])}
                tasks = find_tasks_of(project, load_journal(workspace.pushed.path))
                announce_suggestions(team, remote.number, signatures, tasks)
            superseding = _open_superseding(project, studio, remote, team) if queue.joined is not None else None
            delivery = ProjectPush(
                studio, remote, workspace.pushed.path, pace.patience, pace.say, altered, team.readers, superseding
            )
            result = delivery.run(queue, progress, new_versions=new_versions)
            if imported == "annotations":
                tally = ImportedWords(studio, remote, workspace).bring(load_journal(workspace.pushed.path))
            strangers = tally.refusals(studio.url)
            # Last, for links and plan name tasks that have just been sent.
            again = record_ask_again(project)
            order_elsewhere(project, studio, remote, is_served=team.orders)
            bring_team_plan(project, studio, remote.number, team, load_journal(workspace.pushed.path), again)
            renew_closed_plans(project, studio, team.layer)
            there = find_tasks_of(project, load_journal(workspace.pushed.path))
            tell_readers(project, team.layer, remote.number, {each["email"] for each in team.people}, there)
    return replace(
        result,
        waiting=waiting,
        ask_again=len(again),
        imported=tally.brought,
        imported_there=tally.there,
        refused=(*result.refused, *strangers),
    )


def _open_superseding(project: Project, studio: Studio, remote: RemoteProject, team: TeamPlan) -> Superseding:
    named = project.file.suggest
    former = former_names(
        project.workspace, [MODEL + Path(each).name for each in (named.pipeline, named.zero_shot) if each]
    )
    layer = team.layer if team.layer and team.layer.orders else None
    by_score = project.file.learning is not None and not team.orders
    return Superseding(studio, remote.number, OfferedRecord(project.workspace, former), layer, by_score)


def forecast(
    project: Project,
    *,
    server: Credentials | None = None,
    imported: ImportedAs = "nothing",
    pace: Pace = Pace(),
) -> Forecast:
    """What `push` would do; nothing is sent, the server is only asked.

    Raises:
        SchemaInUse: As `push` would.
        StudioError: The same.
    """
    workspace = project.workspace
    with workspace.opened(pace.wait):
        queue, _ = read_queue(project, imported)
        tally = BroughtTally()
        with connect(workspace, server) as studio:
            remote, page_changes = preview_project(studio, project)
            known: dict[TextKey, PushedTask] = {}
            plan = plan_push(queue.texts, known)
            if remote is None:
                warn_of_namesakes(studio, project, pace.say)
            else:
                delivery = ProjectPush(studio, remote, workspace.pushed.path, pace.patience, pace.say)
                plan, known = delivery.plan(queue.texts)
            if imported == "annotations":
                # A project that is not there yet has no number, and nothing in it.
                there = remote or RemoteProject(0, "", "", "", 0, 0, 0, 0, "")
                tally = ImportedWords(studio, there, workspace).foresee(known)
            strangers = tally.refusals(studio.url)

    # Suggestions for new articles travel with their tasks, all others in requests of their own.
    digests = digest_suggestions(queue)
    updates = plan_suggestions(plan.same, {name: each for name, each in digests.items() if name != queue.joined}, known)
    if queue.joined is not None:
        updates += foresee_joined(plan.same, queue.joined, digests.get(queue.joined, {}), known)
    along = sum(text in of_model for of_model in digests.values() for text in plan.new)
    return Forecast(
        new=tuple(name for name, _ in plan.new),
        same=tuple(name for name, _ in plan.same),
        changed=tuple(name for (name, _), _ in plan.changed),
        gone=plan.gone,
        suggestions=along + sum(len(update.suggestions) for update in updates),
        replaced=tuple(update.model for update in updates if update.replaced),
        page=page_changes,
        imported=tally.brought,
        imported_there=tally.there,
        strangers=strangers,
    )
