"""``studio.json``: the project on a server that a workspace belongs to; made, found again, and kept up to date.

A project is known by its number and the instant of its creation, so that another server's project of the same number,
or one on a server that was set up anew, is never taken for ours. The address alone proves nothing: the embedded server
may come back at another port.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import ValidationError

from labeling.errors import DamagedFile, ProjectGone, SchemaInUse, StudioError
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.schema_change import find_orphans
from labeling.studio.format.tasks import TECHNICAL
from labeling.studio.sync.page_items import record_asked
from labeling.workspace.rows.server_state import ProjectLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject
    from labeling.workspace.table import Workspace


_MOST_NAMED = 5  # projects of one title


def find_linked_project(studio: Studio, workspace: Workspace) -> RemoteProject:
    """The workspace's project on that server.

    Raises:
        MissingInput: The workspace was never pushed.
        DamagedFile: ``studio.json`` cannot be read.
        ProjectGone: The server does not have it, or another project under its number.
    """
    link = read_link(workspace)
    remote = studio.project(link.project)
    if remote is None or remote.created != link.created:
        raise ProjectGone(
            f"project {link.project} of {link.url}, to which {workspace.root} was pushed, is not at {studio.url} "
            f"for {studio.email}",
            todo=_explain_way_out(studio, workspace),
            where=studio.url,
        )
    # The same project at another address: the embedded server came back at another port.
    if link.url != studio.url:
        workspace.studio_link.write(link.model_copy(update={"url": studio.url}))
    return remote


def _explain_way_out(studio: Studio, workspace: Workspace) -> str:
    """What to do about a project that is not there; annotations are kept in the answers of the last pulls."""
    # Before the first pull there is nothing to build it from.
    rebuild, nothing = "", "with nothing"
    if workspace.pulls.is_dir() and any(workspace.pulls.iterdir()):
        rebuild = "if the server was set up anew, `labeling restore` builds it again there, annotations and all; "
        nothing = "with nothing of what was annotated"
    return (
        f"speak to the server it is on, as a user who sees it; {rebuild}to begin {nothing} at {studio.url}, move "
        f"{workspace.studio_link.path.name} and {workspace.pushed.path.name} out of the workspace"
    )


def prepare_project(
    studio: Studio, project: Project, say: Callable[[str], None] = lambda _sentence: None
) -> RemoteProject:
    """The workspace's project, made if it was never pushed, its page showing the schema as it is now.

    Since when the page asks for what it does is written to ``asked.jsonl``.

    Raises:
        ProjectGone: As `find_linked_project` does.
        SchemaInUse: Annotations there use what the schema has lost since; nothing was changed.
    """
    remote, changed = preview_project(studio, project)
    config = labelling_config(project.schema, project.file.assist).strip()
    page = labelling_instruction(project.schema)
    known = list(project.workspace.asked.rows()) if project.workspace.asked.exists() else None
    if remote is None:
        warn_of_namesakes(studio, project, say)
        remote = _create_project(studio, project, config, page)
        record_asked(project, studio, remote, None)
        return remote
    is_new = record_asked(project, studio, remote, known)
    if changed:
        studio.change_page(remote.number, config, page)
        _arrange_list(studio, remote.number)
    if is_new:
        # It counts from when the page shows it: nobody was asked before.
        record_asked(project, studio, remote, known)
    return remote


def warn_of_namesakes(studio: Studio, project: Project, say: Callable[[str], None]) -> None:
    """Say that projects of that title are there: a colleague's, whose ``studio.json`` this workspace lacks."""
    title = project.file.project.name
    pages = [f"{studio.url}/projects/{number}/data" for number in studio.projects_titled(title)]
    if pages:
        link = project.workspace.studio_link.path.name
        say(
            f"There is a project {title!r} already: {', '.join(pages[:_MOST_NAMED])}. A push without its {link} makes "
            f"another one; to work in that one, get {link} from whoever made it."
        )


def preview_project(studio: Studio, project: Project) -> tuple[RemoteProject | None, bool]:
    """The workspace's project if there is one, and whether its page would change; nothing is made or changed.

    Raises:
        ProjectGone: As `find_linked_project` does.
        SchemaInUse: As `prepare_project` does.
    """
    config = labelling_config(project.schema, project.file.assist).strip()
    page = labelling_instruction(project.schema)
    if not project.workspace.studio_link.exists():
        return None, True
    remote = find_linked_project(studio, project.workspace)
    # Blanks around the config do not count.
    changed = (remote.config.strip(), remote.instruction) != (config, page)
    if changed:
        _refuse_orphans(studio, remote, project.schema, config)
    return remote, changed


def link_project(workspace: Workspace, studio: Studio, number: int) -> RemoteProject:
    """Let the workspace belong to that project.

    Raises:
        ProjectGone: The server does not show it.
    """
    remote = studio.project(number)
    if remote is None:
        raise ProjectGone(
            f"{studio.url} made project {number} and does not show it to {studio.email}",
            todo="see that this user may see new projects",
            where=studio.url,
        )
    # Of a further project, this server may know nothing: it is found again, or made anew.
    workspace.studio_link.write(ProjectLink(url=studio.url, project=remote.number, created=remote.created))
    _arrange_list(studio, number)
    return remote


def _arrange_list(studio: Studio, number: int) -> None:
    """Let the list of articles begin with what people know them by; a server that cannot is used all the same."""
    with suppress(StudioError):
        studio.arrange_list(number, TECHNICAL)


def _create_project(studio: Studio, project: Project, config: str, page: str) -> RemoteProject:
    # The title is not unique on the server: only the number that comes back names the project.
    about = project.file.project
    number = studio.create_project(about.name, about.description, config, page)
    return link_project(project.workspace, studio, number)


def _refuse_orphans(studio: Studio, remote: RemoteProject, schema: Schema, config: str) -> None:
    migrated = schema.migrations.migrated_terms()
    orphans = find_orphans(remote.config, config, migrated, lambda: studio.export(remote.number))
    if orphans:
        # Each with how often it is used, so that a slip can be told from a label in use for years.
        listed = ", ".join(f"{name} ({number}x)" for name, number in sorted(orphans.items()))
        raise SchemaInUse(
            f"annotations in project {remote.number} of {studio.url} use what the schema no longer has: {listed}",
            todo="write under [migrations] in the project file what becomes of each when annotations are read "
            '(labels.OLD = "NEW", or "" for nothing), or put them back',
            where=studio.url,
        )


def read_link(workspace: Workspace) -> ProjectLink:
    """Where the workspace was pushed to.

    Raises:
        MissingInput: It was never pushed.
        DamagedFile: ``studio.json`` cannot be read.
    """
    path = workspace.studio_link.path
    if not path.exists():
        raise workspace.studio_link.missing()
    try:
        return ProjectLink.model_validate_json(path.read_bytes())
    except ValidationError:
        raise DamagedFile(
            f"{path} is not what `labeling push` writes there", todo="restore it from a copy", where=str(path)
        ) from None
