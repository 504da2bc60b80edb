"""A row of ``doubts.jsonl``: a reading of gold that somebody should look at once more."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen

DoubtKind: TypeAlias = Literal[
    "model",  # models that were trained on other leak groups say otherwise, with confidence
    "rare reading",  # the same words are nearly always read otherwise
    "precedent",  # an adjudicator decided otherwise on the same words
    "reprint",  # the same passage is labelled otherwise in another article
    "edge",  # it cuts a word, or begins or ends with what the guidelines leave out
]


class Doubt(Frozen):
    """A doubt about ``text``, which is ``start..end`` of an article; the more likely an error, the higher ``score``.

    ``label`` is what gold has there, "" for nothing; ``instead`` what speaks against it, "" for nothing. ``score`` is
    the share of such doubts that are expected to be right, 0 to 1. ``kinds`` are all that speak against this reading,
    ``kind`` the strongest. ``ends`` is where the span should begin and end, where that is in doubt and known.
    """

    kind: DoubtKind
    kinds: tuple[DoubtKind, ...]
    article: str
    digest: str
    start: int
    end: int
    text: str
    label: str
    instead: str
    score: float
    why: str
    ends: tuple[int, int] | None = Field(default=None, exclude_if=lambda ends: ends is None)
