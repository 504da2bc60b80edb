"""The notes under each card: definitions, the nearest decided conflicts, and where the article is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.studio.cards.card_page import card_notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.project import Project
    from labeling.studio.cards.card_question import CardQuestion


class CardNotes:
    """What is told under the cards of a project; ``pages`` has the page of each article."""

    def __init__(self, project: Project, pages: Mapping[str, str]) -> None:
        self._project, self._pages = project, pages

    def write(self, question: CardQuestion) -> str:
        """The notes of a card, as HTML."""
        return card_notes(question, (), self._pages.get(question.article.id, ""))
