"""The project of cards beside the readers' project: found again, made, and closed to readers before a card is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import StudioError
from labeling.studio.cards.card_page import card_config, card_instruction
from labeling.studio.sync.closed_plan import close_project, find_further_project
from labeling.studio.sync.project_link import read_link
from labeling.studio.sync.team_plan import find_owners_layer
from labeling.workspace.rows.server_state import FurtherProject

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject

_ENDING = ": cards"
_LONGEST_TITLE = 50  # characters that Label Studio takes


def find_cards_project(studio: Studio, project: Project) -> RemoteProject | None:
    """The project of cards, if there is one: the one that ``studio.json`` names, else one that was made for us.

    What names it may have been lost, when a command was killed, or be with a colleague.

    Raises:
        MissingInput: The workspace was never pushed.
    """
    link = read_link(project.workspace)
    remote = find_further_project(studio, link.cards) if link.cards else None
    if remote:
        return remote
    mark = _describe_purpose(project)
    there = (studio.project(number) for number in studio.projects_titled(_cards_title(project)))
    return next((each for each in there if each and each.description == mark), None)


def open_cards_project(studio: Studio, project: Project) -> RemoteProject:
    """The project of cards, made where there is none, closed to readers, its page as it is to be now.

    Raises:
        MissingInput: The workspace was never pushed.
        StudioError: The server did not do what was asked.
    """
    config, instruction = card_config(project.schema).strip(), card_instruction()
    remote = find_cards_project(studio, project)
    layer = find_owners_layer(studio, project.workspace.say)
    if remote is None:
        number = studio.create_project(
            _cards_title(project), _describe_purpose(project), config, instruction, opens_instruction=False
        )
        remote = studio.project(number)
    if remote is None:
        raise StudioError(
            f"{studio.url} made a project of cards, and does not show it to {studio.email}",
            todo="see that this user may see new projects",
            where=studio.url,
        )
    close_project(project, layer, remote.number)
    if (remote.config.strip(), remote.instruction) != (config, instruction):
        studio.change_page(remote.number, config, instruction)
    _remember(project, remote)
    return remote


def _remember(project: Project, remote: RemoteProject) -> None:
    link = read_link(project.workspace)
    cards = FurtherProject(project=remote.number, created=remote.created)
    if link.cards != cards:
        project.workspace.studio_link.write(link.model_copy(update={"cards": cards}))


def _cards_title(project: Project) -> str:
    return f"{project.file.project.name[: _LONGEST_TITLE - len(_ENDING)]}{_ENDING}"


def _describe_purpose(project: Project) -> str:
    """What the project is there for, by which it is known again."""
    link = read_link(project.workspace)
    return f"What the readers of project {link.project} (made {link.created}) differ on, a card each, for adjudicators."
