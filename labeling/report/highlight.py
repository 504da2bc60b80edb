"""Annotated articles as people read them: the text with its spans marked, nested and crossing ones too.

The text is cut where any span starts or ends; each piece has the labels of the spans that cover it. The pieces joined
together are the text, character for character.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.articles import Article
    from labeling.evaluation.matching import SpanLike
    from labeling.report.findings import Findings

_MOST_ARTICLES = 6


@dataclass(frozen=True)
class MarkedPiece:
    """A stretch of text with the labels of all spans over it, the longest first, and of those that end with it."""

    text: str
    labels: tuple[str, ...]
    ending: tuple[str, ...]


@dataclass(frozen=True)
class HighlightedArticle:
    """A gold article with its spans marked."""

    article: Article
    split: str
    pieces: Sequence[MarkedPiece]


def highlight_articles(findings: Findings) -> Iterator[HighlightedArticle]:
    """The first gold articles, spans marked; articles without any span come last."""
    fullest = sorted(findings.gold, key=lambda gold: (not gold.spans, gold.article))
    for gold in fullest[:_MOST_ARTICLES]:
        article = findings.articles.get(gold.article)
        # Gold of another text than the article's has offsets into that text.
        if article is not None and article.digest == gold.digest:
            split = findings.split_of.get(gold.article, "none")
            yield HighlightedArticle(article, split, mark_spans(article.text, gold.spans))


def mark_spans(text: str, spans: Sequence[SpanLike]) -> list[MarkedPiece]:
    """Cut ``text`` at every boundary of ``spans``.

    ``ab`` without spans is one piece without labels; a span DATE over ``b`` makes two, ``a``, and ``b`` with DATE.
    """
    # Between two cuts the same spans cover every character.
    cuts = sorted({0, len(text), *(span.start for span in spans), *(span.end for span in spans)})
    longest_first = sorted(spans, key=lambda span: (span.start - span.end, span.start, span.label))
    starting, ending = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for rank, span in enumerate(longest_first):
        if span.start < span.end:
            starting[span.start].append(rank)
            ending[span.end].append(rank)
    # The spans over a piece, by their rank: from piece to piece only those that start or end change.
    over, pieces = list[int](), list[MarkedPiece]()
    for start, end in pairwise(cuts):
        for rank in starting[start]:
            insort(over, rank)
        labels = tuple(longest_first[rank].label for rank in over)
        gone = ending[end]
        pieces.append(MarkedPiece(text[start:end], labels, tuple(longest_first[rank].label for rank in reversed(gone))))
        for rank in gone:
            del over[bisect_left(over, rank)]
    return pieces
