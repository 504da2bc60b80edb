"""What nobody has begun to read, with what a model says of it: what the queue is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.articles import group_by_text
from labeling.learning.expected_misses import MissRates, ReadText, expect_misses, learn_misses
from labeling.learning.reading_queue import OpenArticle
from labeling.splits.random_stream import draw_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.annotations import Annotation, Gold
    from labeling.learning.expected_misses import Stretches
    from labeling.project import LearningSection, Project
    from labeling.workspace.rows.learning_rows import BegunRow
    from labeling.workspace.rows.stream_row import StreamPlace
    from labeling.workspace.table import Workspace

_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class ReadingState:
    """What people have read, and where each article belongs.

    Attributes:
        groups: The leak group of each article, and ``stories`` its story.
        touched: The articles that people have begun, submitted, skipped or imported.
        settled: Of these, what is more than a draft.
        places: Which articles are of the random stream.
    """

    groups: Mapping[str, str]
    stories: Mapping[str, str]
    touched: frozenset[str]
    settled: frozenset[str]
    places: Mapping[str, StreamPlace]

    @property
    def touched_groups(self) -> set[str]:
        """The leak groups of what is touched."""
        return {self.groups[name] for name in self.touched if name in self.groups}

    @property
    def touched_stories(self) -> set[str]:
        """The stories of what is touched."""
        return {self.stories[name] for name in self.touched if name in self.stories}


def read_state(workspace: Workspace, section: LearningSection) -> ReadingState:
    """What people have read, by the files of the workspace, and what a hash draws of it.

    Raises:
        MissingInput: Nothing was ingested.
    """
    clusters = [*workspace.clusters.rows_if_written()]
    groups = {row.article: row.leak_group for row in clusters} or group_by_text(workspace.articles.rows())
    stories = {row.article: row.story for row in clusters}
    states = [(one.article, one.state) for one in workspace.annotations.rows_if_written() if one.by_person]
    touched = frozenset(name for name, _ in states)
    settled = frozenset(name for name, state in states if state != "draft")
    places = draw_stream(groups, section, workspace.stream.rows_if_written(), touched)
    return ReadingState(groups, stories, touched, settled, places)


def list_open_articles(
    project: Project, state: ReadingState, model: str, *, misses: bool = False
) -> Iterator[OpenArticle]:
    """Each article that nobody has touched, one at a time, with what a model suggests for it.

    Args:
        project: Whose workspace.
        state: What people have read.
        model: The model's signature; empty where there is none, and then all are alike.
        misses: Whether to say how many spans the model is expected to have missed.
    """
    workspace = project.workspace
    rates = _learn_rates(workspace, state) if misses else MissRates()
    suggested = workspace.suggestions.grouped_by("article")
    for article in workspace.articles.rows():
        if article.id in state.touched or article.id not in state.groups:
            continue
        rows = (row for row in suggested.get(article.id, ()) if model and row.annotator == model)
        said = next((row for row in rows if row.digest == article.digest), None)
        place = state.places.get(article.id)
        yield OpenArticle(
            id=article.id,
            story=state.stories.get(article.id, article.id),
            leak_group=state.groups[article.id],
            tokens=sum(1 for _ in _TOKEN.finditer(article.text)),
            span_scores=tuple(span.score for span in said.spans) if said else (),
            expected_misses=expect_misses(article.text, _places_of(said), rates) if said else 0.0,
            drawn=place is not None and place.drawn,
            assisted=place is None or place.assisted,
            weakest=_weakest_words(said, article.text),
        )


def _learn_rates(workspace: Workspace, state: ReadingState) -> MissRates:
    """What articles tell whose gold can be compared with what a model had said before anybody read them."""
    offered = {row.article: row for row in workspace.begun.rows_if_written() if row.source}
    texts = workspace.articles.by("id") if offered else {}
    return learn_misses(
        ReadText(texts[row.article].text, _places_of(offered[row.article]), _places_of(row))
        for row in workspace.gold.rows_if_written()
        if row.usable and row.article in offered and row.article in state.groups and row.article in texts
        if offered[row.article].digest == row.digest
    )


def _places_of(said: Annotation | BegunRow | Gold | None) -> Stretches:
    return sorted((span.start, span.end) for span in said.spans) if said else []


def _weakest_words(said: Annotation | None, text: str) -> str:
    scored = [span for span in said.spans if span.score is not None] if said else []
    weakest = min(scored, key=lambda span: (span.score or 0.0, span.start), default=None)
    return text[weakest.start : weakest.end] if weakest else ""
