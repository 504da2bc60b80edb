"""The notes under each card: definitions, the nearest decided conflicts, and where the article is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_decisions_today
from labeling.adjudication.precedents import Precedents, list_contradictions, list_silent
from labeling.studio.cards.card_page import card_notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.adjudication.precedents import Contradiction, Precedent
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.studio.cards.card_question import CardQuestion
    from labeling.workspace.rows.decision_row import Decision


class CardNotes:
    """What is told under the cards of a project; ``pages`` has the page of each article."""

    def __init__(self, project: Project, pages: Mapping[str, str]) -> None:
        self._project, self._pages = project, pages

    def write(self, question: CardQuestion) -> str:
        """The notes of a card, as HTML."""
        nearest = self._precedents.find_nearest(question.conflict, question.article)
        page = self._pages.get(question.article.id, "")
        return card_notes(question, [*map(tell_precedent, nearest)], page)

    def list_contradictions(self) -> list[str]:
        """What was decided otherwise in the same words, a sentence each."""
        return [tell_contradiction(each) for each in list_contradictions(self._decided, self._articles)]

    def list_silent(self) -> list[str]:
        """What was decided where the guidelines are silent, a sentence each."""
        return [tell_precedent(each) for each in list_silent(self._decided, self._articles)]

    @cached_property
    def _precedents(self) -> Precedents:
        return Precedents(self._decided, self._articles)

    @cached_property
    def _decided(self) -> list[Decision]:
        return read_decisions_today(self._project)

    @cached_property
    def _articles(self) -> Mapping[str, Article]:
        return self._project.workspace.articles.by("id")


def tell_precedent(precedent: Precedent) -> str:
    """A decision in words: ``“British”: NATIONALITY, not COUNTRY (slip): lead, 2026-11-23, toi/a``."""
    return f"{precedent.sentence}: {precedent.source}"


def tell_contradiction(found: Contradiction) -> str:
    """A question that was decided otherwise, in words: ``“British”: NATIONALITY: toi/a; but COUNTRY: toi/b``."""
    return f"“{found.words}”: {'; but '.join(found.sentences)}"
