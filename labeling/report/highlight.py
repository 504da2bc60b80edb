"""An annotated article as people read it: the text with its spans marked, nested and crossing ones too.

The text is cut where any span starts or ends; each piece knows the spans that cover it. Pieces joined together are the
text, character for character.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.evaluation.matching import SpanLike


@dataclass(frozen=True)
class MarkedPiece:
    """A stretch of text with the labels of all spans over it, the longest first, and of those that end with it."""

    text: str
    labels: tuple[str, ...]
    ending: tuple[str, ...]


def mark_spans(text: str, spans: Sequence[SpanLike]) -> list[MarkedPiece]:
    """Cut ``text`` at every boundary of ``spans``.

    ``pieces("ab", [])`` is one piece without labels; a span on ``b`` makes two.
    """
    cuts = sorted({0, len(text), *(span.start for span in spans), *(span.end for span in spans)})
    longest_first = sorted(spans, key=lambda span: (span.start - span.end, span.start, span.label))
    return [
        MarkedPiece(
            text=text[start:end],
            labels=tuple(span.label for span in longest_first if span.start <= start and span.end >= end),
            ending=tuple(span.label for span in reversed(longest_first) if span.end == end and span.start < end),
        )
        for start, end in pairwise(cuts)
    ]
