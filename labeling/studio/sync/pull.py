"""Front door of ``labeling pull``: tasks -> ``pulls/``, as they came, ``annotations.jsonl``, ``quarantine.jsonl``.

And the answers on cards -> ``decisions.jsonl``.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.errors import LabelingError, StudioError, WorkspaceBusy
from labeling.studio.api.connect import connect
from labeling.studio.cards.pull_cards import bring_decisions, fetch_cards, thin_cards_kept
from labeling.studio.sync.adoption import adopt_words
from labeling.studio.sync.author_list import record_slips
from labeling.studio.sync.layer_state import fetch_layer_state, list_first_kept, list_last_words
from labeling.studio.sync.page_items import record_ask_again
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull_archive import thin_archive
from labeling.studio.sync.pull_collection import ProjectPull, files_built_upon
from labeling.workspace.custody import are_as_left, keep_custody, list_doubtful_importers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.adoption import Adoption
    from labeling.studio.sync.pull_result import PullResult

WHOLE_PULL_EVERY = dt.timedelta(days=1)
_LONGEST_PAUSE = 900.0  # seconds between two tries of `watch` while the server fails


def pull(
    project: Project,
    *,
    server: Credentials | None = None,
    now: dt.datetime | None = None,
    changes: bool = False,
    wait: float = 0.0,
    adoption: Adoption | None = None,
) -> PullResult:
    """Fetch what people have annotated, and read it; what was pulled before stays in ``pulls/``.

    Args:
        project: Whose annotations, and the schema they are checked against.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        now: The instant in the name of the kept answer; the clock's when None.
        changes: Fetch only what has changed since the last pull. All of it is fetched all the same when there is
            nothing to build upon, a file is not as the last pull left it, or the schema, the articles or the
            annotators' names are not what they were.
        wait: Seconds to wait for another command in this workspace.
        adoption: Annotations in quarantine as spoken for another whose words count from now on, until they are changed,
            and why. Then everything is fetched.

    Raises:
        UsageError: What is to be adopted is not in quarantine, or for no reason.
        MissingInput: Nothing was ingested, or nothing pushed.
        Altered: ``articles.jsonl`` is not as it was left.
        WorkspaceBusy: Another command is writing here.
        ProjectGone: The workspace was pushed to a project that is not on this server.
        ShortAnswer: Fewer tasks or annotations came than the server counts; nothing was written.
        NoRoom: The disk is full; the files are what they were.
        StudioError: The server did not do what was asked; nothing was written.
    """
    workspace = project.workspace
    instant = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC)
    built_upon = files_built_upon(workspace)
    of_layer = (workspace.kept, workspace.audit_trail)
    to_people = (workspace.ask_again, workspace.slips)
    decided = (workspace.first, workspace.signed, workspace.decisions)
    written = (*built_upon, *of_layer, *decided, workspace.users, *to_people)
    known = (*of_layer, workspace.first, workspace.signed, workspace.decisions, workspace.asked, workspace.forgotten)
    reads = (workspace.articles, workspace.annotations, workspace.quarantine, *known)
    with (
        workspace.opened(wait),
        keep_custody(workspace, "pull", reads=reads, writes=written) as notes,
    ):
        # A file that somebody changed, or that is gone, is nothing to add to.
        as_left = are_as_left(workspace, built_upon, found=False)
        # Read one by one when a task names them: a corpus may be larger than memory.
        articles = workspace.articles.by("id")
        with connect(workspace, server) as studio:
            remote = find_linked_project(studio, workspace)
            policy = project.file.policies.changed_by_others
            doubtful = list_doubtful_importers(workspace)
            # Before the words themselves: what came in between is among both.
            fetch_layer_state(workspace, studio, remote.number, changes=changes)
            cards = fetch_cards(project, studio)
            kept = partial(list_first_kept, workspace)
            last = partial(list_last_words, workspace, remote.number, remote.created)
            collection = ProjectPull(
                studio, remote, workspace, project.schema, articles, policy, as_left, doubtful, kept, last
            )
            if adoption:
                adopt_words(workspace, adoption)
            result = (
                collection.pull_changes(instant) if changes and not adoption else collection.pull_everything(instant)
            )
        if result.replaced:
            notes.options["replaced"] = [*result.replaced]
        # Who has submitted since is not asked again any more.
        record_ask_again(project)
        record_slips(workspace)
        tally = bring_decisions(project, cards, instant) if cards else None
        thinned = thin_archive(workspace.pulls, instant, workspace.watermark.value().answers)
        thinned += thin_cards_kept(project, instant)
        answers = [name for name in (Path(result.kept).name, tally.kept if tally else "") if name]
        notes.written.extend(f"{workspace.pulls.name}/{name}" for name in (*answers, *thinned))
    found = result.quarantined | (tally.quarantined if tally else {})
    return replace(result, thinned=len(thinned), quarantined=dict(sorted(found.items())), cards=tally)


def watch(
    project: Project, *, server: Credentials | None = None, every: float = 60.0
) -> Iterator[PullResult | LabelingError]:
    """Pull what has changed, again and again: all of it first and once a day; while the server fails, ever more rarely.

    Args:
        project: As for `pull`.
        server: The same.
        every: Seconds between two pulls; the workspace is free in between.

    Yields:
        What came, or what went wrong with the server or because another command was at work.

    Raises:
        LabelingError: Whatever waiting does not mend.
    """
    last_whole, pause = -math.inf, every
    while True:
        # Not the time of day, which may jump.
        now = time.monotonic()
        # Once a day everything, so that whatever changes without a trace is found too.
        is_whole = now - last_whole >= WHOLE_PULL_EVERY.total_seconds()
        try:
            yield pull(project, server=server, changes=not is_whole, wait=every)
            last_whole = now if is_whole else last_whole
            pause = every
        except (StudioError, WorkspaceBusy) as error:
            yield error
            # Twice as long after each failure, and back to normal after the first success.
            pause = min(pause * 2, max(_LONGEST_PAUSE, every))
        time.sleep(pause)
