"""The next step of the work: what people do first, and the command that goes on; no server is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.errors import MissingInput
from labeling.studio.api.connect import URL
from labeling.studio.server.server import find_running_server
from labeling.workspace.standing import read_standing

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.standing import WorkspaceStanding
    from labeling.workspace.table import Workspace

_START = "serve --detach"
_ASKS_SERVER = frozenset({"push", "pull", "cards", "people invite"})
# What comes when conflicts are settled.
_AFTER_SETTLING = frozenset({"split", "compile", "train", "evaluate", "report", ""})


@dataclass(frozen=True)
class RoadStep:
    """``command`` goes on, without the program's name; "" where all is made. ``people`` tells what is done before it.

    >>> RoadStep("pull", ("Annotate at http://127.0.0.1:40321/projects/1/data",)).command
    'pull'
    """

    command: str
    people: tuple[str, ...] = ()


def find_next_step(project: Project) -> RoadStep:
    """What brings the work on, by the workspace's files and by whether its server runs.

    Raises:
        WorkspaceBusy: Another command is writing there.
        DamagedFile: A file that tells it cannot be read.
    """
    try:
        standing = read_project_standing(project)
    except MissingInput:
        return RoadStep("ingest FILES")
    following = standing.next.removeprefix("labeling ")
    return complete_step(project, "cards" if following in _AFTER_SETTLING and _has_unsent_cards(project) else following)


def read_project_standing(project: Project, wait: float = 0.0) -> WorkspaceStanding:
    """How the files of a project's workspace stand, as `read_standing` tells, for what its project file asks for.

    Raises:
        MissingInput: Nothing was ever taken in there.
        WorkspaceBusy: Another command is writing there.
        DamagedFile: The record of custody cannot be read.
    """
    file = project.file
    first = file.reprints.annotate_once
    return read_standing(project.workspace, wait, has_readers=file.has_readers, clusters_first=first)


def complete_step(project: Project, command: str) -> RoadStep:
    """The step that a command of the road is: after the server was started, people invited, articles annotated."""
    workspace = project.workspace
    if command == "pull" and project.file.has_readers and not workspace.users.exists():
        # Nobody has been seen there yet.
        command = "people invite"
    if command in _ASKS_SERVER and not _has_server(workspace):
        return RoadStep(_START)
    return RoadStep(command, tuple(_tell_people(workspace)) if command in ("pull", "") else ())


def _has_server(workspace: Workspace) -> bool:
    return bool(os.environ.get(URL, "").strip()) or find_running_server(workspace) is not None


def _has_unsent_cards(project: Project) -> bool:
    """Whether there are conflicts, somebody to decide them, and nothing was ever put to them."""
    people, link = project.file.people, project.workspace.studio_link.value_if_written()
    if not (people and people.adjudicators and link) or link.further:
        return False
    return next(project.workspace.conflicts.rows_if_written(), None) is not None


def _tell_people(workspace: Workspace) -> list[str]:
    """Where to annotate, and who gets in by what; nothing where nothing was pushed."""
    link = workspace.studio_link.value_if_written()
    if link is None:
        return []
    where = f"Annotate at {link.url}/projects/{link.project}/data"
    server = find_running_server(workspace)
    if server is None or server.url != link.url:
        return [where]
    return [where, f"  log in as {server.email}; the password is in {workspace.studio / 'credentials.json'}"]
