"""The project of cards beside the readers' project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.studio.cards.card_page import card_config, card_instruction
from labeling.studio.cards.further_projects import FurtherPage, find_project_for, open_project_for

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteProject


def find_cards_project(studio: Studio, project: Project) -> RemoteProject | None:
    """The project of cards, if there is one: see `find_project_for`."""
    return find_project_for(studio, project, _page_of_cards(project.schema))


def open_cards_project(studio: Studio, project: Project) -> RemoteProject:
    """The project of cards, made where there is none, closed to readers: see `open_project_for`."""
    return open_project_for(studio, project, _page_of_cards(project.schema))


def _page_of_cards(schema: Schema) -> FurtherPage:
    purpose = "What the readers of {} differ on, a card each, for adjudicators."
    return FurtherPage("cards", purpose, card_config(schema).strip(), card_instruction())
