"""The further projects beside the readers' one: found again, made, and closed to readers before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from labeling.errors import StudioError
from labeling.studio.sync.closed_plan import close_project, find_further_project
from labeling.studio.sync.project_link import read_link
from labeling.studio.sync.team_plan import find_owners_layer
from labeling.workspace.rows.server_state import FurtherProject

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject

_LONGEST_TITLE = 50  # characters that Label Studio takes


@dataclass(frozen=True)
class FurtherPage:
    """What a further project shows: ``name`` is its key in ``studio.json``, and the end of its title.

    ``purpose`` is what it is there for, as a sentence with ``{}`` for the readers' project.
    """

    name: Literal["cards", "articles"]
    purpose: str
    config: str
    instruction: str


def find_project_for(studio: Studio, project: Project, page: FurtherPage) -> RemoteProject | None:
    """The project of a page, if there is one: the one that ``studio.json`` names, else one that was made for us.

    What names it may have been lost, when a command was killed, or be with a colleague.

    Raises:
        MissingInput: The workspace was never pushed.
    """
    known: FurtherProject | None = getattr(read_link(project.workspace), page.name)
    remote = find_further_project(studio, known) if known else None
    if remote:
        return remote
    mark = _describe_purpose(project, page)
    there = (studio.project(number) for number in studio.projects_titled(_further_title(project, page)))
    return next((each for each in there if each and each.description == mark), None)


def open_project_for(studio: Studio, project: Project, page: FurtherPage) -> RemoteProject:
    """The project of a page, made where there is none, closed to readers, its page as it is to be now.

    Raises:
        MissingInput: The workspace was never pushed.
        StudioError: The server did not do what was asked.
    """
    remote = find_project_for(studio, project, page)
    layer = find_owners_layer(studio, project.workspace.say)
    if remote is None:
        title, mark = _further_title(project, page), _describe_purpose(project, page)
        number = studio.create_project(title, mark, page.config, page.instruction, opens_instruction=False)
        remote = studio.project(number)
    if remote is None:
        raise StudioError(
            f"{studio.url} made a project of {page.name}, and does not show it to {studio.email}",
            todo="see that this user may see new projects",
            where=studio.url,
        )
    close_project(project, layer, remote.number, page.name)
    if (remote.config.strip(), remote.instruction) != (page.config, page.instruction):
        studio.change_page(remote.number, page.config, page.instruction)
    _remember_project(project, remote, page)
    return remote


def _remember_project(project: Project, remote: RemoteProject, page: FurtherPage) -> None:
    link = read_link(project.workspace)
    further = FurtherProject(project=remote.number, created=remote.created)
    if getattr(link, page.name) != further:
        project.workspace.studio_link.write(link.model_copy(update={page.name: further}))


def _further_title(project: Project, page: FurtherPage) -> str:
    ending = f": {page.name}"
    return f"{project.file.project.name[: _LONGEST_TITLE - len(ending)]}{ending}"


def _describe_purpose(project: Project, page: FurtherPage) -> str:
    """What the project is there for, by which it is known again."""
    link = read_link(project.workspace)
    return page.purpose.format(f"project {link.project} (made {link.created})")
