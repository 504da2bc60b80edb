"""The notes under each card: definitions, the nearest decided conflicts, and where the article is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.precedents import Precedents
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
        nearest = self._precedents.find_nearest(question.conflict, question.article)
        page = self._pages.get(question.article.id, "")
        return card_notes(question, [each.sentence for each in nearest], page)

    @cached_property
    def _precedents(self) -> Precedents:
        workspace = self._project.workspace
        return Precedents(workspace.decisions.rows_if_written(), workspace.articles.by("id"))
