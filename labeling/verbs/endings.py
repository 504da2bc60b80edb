"""How every verb ends at the terminal: what has changed in the workspace, and the next command; and how one begins."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from labeling.errors import LabelingError
from labeling.project import Project, find_project_file, load_project
from labeling.workspace.standing import NOTHING_LEFT
from labeling.workspace.table import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from labeling.workspace.table import Workspace

_MOST = 5  # of the names of files
_WELCOME = """\
labeling turns newswire into trustworthy training data. Nothing was begun in this folder yet.

  labeling init      begins a project of your own: asks what is to be marked, and writes a project file
  labeling demo      shows the whole journey with sample articles, in a minute or two
  labeling --help    lists every command"""
_TELL_THEMSELVES = frozenset({"status", "forget"})


def read_digests(workspace: Workspace) -> dict[str, str]:
    """The digest of each file in custody, by its name; none where the record is not there or cannot be read."""
    try:
        return {row.file: row.sha256 for row in workspace.custody.rows_if_written()}
    except LabelingError:
        return {}


def list_beginning(config: Path | None, workspace: Path | None) -> list[str]:
    """Where one is, and how to begin there or to go on.

    Raises:
        ProjectError: The project file has a fault.
    """
    path = config or find_project_file()
    project = load_project(config, workspace)
    files = project.workspace
    if not (config or os.path.lexists(path) or files.articles.exists()):
        return [_WELCOME]
    where = f"{project.file.project.name}: {project.path}, the work lies in {files.root}"
    further = f"\nHow far it is: {name_next('status')}\nEvery command: labeling --help"
    return [where, "", *_list_next(project), further]


def list_ending(project: Project, before: Mapping[str, str]) -> list[str]:
    """What has changed since ``before`` was read, what people do next, and the next command.

    Nothing is told of a workspace that cannot be read now: the verb that needs it says so.
    """
    context = click.get_current_context()
    verb = context.info_name or ""
    if verb in _TELL_THEMSELVES:
        return []
    return [*_tell_changes(project.workspace, before, verb), *_list_next(project)]


def _list_next(project: Project) -> list[str]:
    try:
        # Loaded here: it looks whether a server runs.
        from labeling.studio.sync.next_step import find_next_step

        step = find_next_step(project)
    except (LabelingError, OSError):
        return []
    return [*step.people, f"Next: {name_next(step.command)}"]


def name_next(command: str) -> str:
    """A verb as it is typed in this folder; without one, that nothing is left to do."""
    return name_command(command, *_read_options()) if command else NOTHING_LEFT


def name_command(command: str, config: Path | None = None, workspace: Path | None = None) -> str:
    """The command line of a verb, with the options that name what it works on.

    >>> from pathlib import Path
    >>> name_command("push", Path("desk news.toml"))
    "labeling --config 'desk news.toml' push"
    """
    options = (("--config", config), ("--workspace", workspace))
    named = [f"{option} {shlex.quote(str(value))}" for option, value in options if value is not None]
    return " ".join(["labeling", *named, command])


def _read_options() -> tuple[Path | None, Path | None]:
    """What was named before the verb, if anything was."""
    top = click.get_current_context().find_root()
    config, workspace = (
        top.params.get(name) if top.get_parameter_source(name) is ParameterSource.COMMANDLINE else None
        for name in ("config", "workspace")
    )
    return config, workspace


def _tell_changes(workspace: Workspace, before: Mapping[str, str], verb: str) -> list[str]:
    now = read_digests(workspace)
    changed = [name for name in _order([*now, *before]) if now.get(name) != before.get(name)]
    if changed:
        more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
        return [f"Changed: {', '.join(changed[:_MOST])}{more} in {workspace.root}"]
    # What others make lies elsewhere, and they have told where.
    writers = {file.verb for _, file in described()}
    return [f"Changed: nothing in {workspace.root}"] if verb in writers else []


def _order(names: Iterable[str]) -> list[str]:
    """In the order of the journey; what is not of the table last."""
    places = {file.name: place for place, (_, file) in enumerate(described())}
    return sorted({*names}, key=lambda name: (places.get(name, len(places)), name))
