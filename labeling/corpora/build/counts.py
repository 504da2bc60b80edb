"""How much a split holds: articles, tokens, spans by label, and the people behind them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import Field

from labeling.annotations import ADJUDICATED
from labeling.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article


def _is_uncounted(counts: dict[str, int] | int) -> bool:
    return not counts


class SplitCounts(Frozen):
    """How much a split holds, in numbers.

    ``complete`` counts the articles where nothing is open, ``annotators`` the people behind its gold, ``labels`` the
    spans by label and ``sources`` the articles by source. ``unasked`` counts the articles that were judged before an
    item (``label WHEN``) was asked for, ``adjudicated`` the spans that stand because an adjudicator decided so.
    """

    articles: int
    complete: int
    characters: int
    tokens: int
    spans: int
    relations: int
    choices: int
    annotators: int
    labels: dict[str, int]
    sources: dict[str, int]
    # Left out where it is empty: such a manifest is the same that it was before there was this key.
    unasked: dict[str, int] = Field(default={}, exclude_if=_is_uncounted)
    adjudicated: int = Field(default=0, exclude_if=_is_uncounted)


@dataclass
class SplitCounter:
    """A split as it is counted, article by article and piece by piece."""

    numbers: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)
    annotators: set[str] = field(default_factory=set)

    def count(self, article: Article, gold: Gold, tokens: int) -> None:
        """Count one article."""
        self.labels.update(span.label for span in gold.spans)
        self.sources[article.source] += 1
        decided = [span for span in gold.spans if span.rule == ADJUDICATED]
        self.annotators.update(gold.annotators, *(span.by for span in decided))
        self.unasked.update(gold.unasked)
        # Gold's own numbers, before any target: all targets must hold as many.
        self.numbers.update(
            articles=1,
            complete=int(gold.complete),
            characters=len(article.text),
            tokens=tokens,
            spans=len(gold.spans),
            relations=len(gold.relations),
            choices=sum(map(len, gold.choices.values())),
            adjudicated=len(decided),
        )

    def add(self, other: SplitCounter) -> None:
        """Add what another counter has counted, of other articles."""
        self.labels.update(other.labels)
        self.sources.update(other.sources)
        self.unasked.update(other.unasked)
        # A set, not a number: one person may have annotated articles of both.
        self.annotators.update(other.annotators)
        self.numbers.update(other.numbers)

    def split(self, labels: Sequence[str]) -> SplitCounts:
        """The sums, with every label of the schema, in its order, also those without a span."""
        return SplitCounts(
            articles=self.numbers["articles"],
            complete=self.numbers["complete"],
            characters=self.numbers["characters"],
            tokens=self.numbers["tokens"],
            spans=self.numbers["spans"],
            relations=self.numbers["relations"],
            choices=self.numbers["choices"],
            annotators=len(self.annotators),
            labels={label: self.labels[label] for label in labels},
            sources=dict(sorted(self.sources.items())),
            unasked=dict(sorted(self.unasked.items())),
            adjudicated=self.numbers["adjudicated"],
        )
