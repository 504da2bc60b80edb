"""A row of ``mistakes.jsonl``: what an annotator has otherwise than gold, at one place of the test set."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen

MistakeKind: TypeAlias = Literal["missed", "invented", "wrong label", "wrong boundaries", "wrong label and boundaries"]
MISTAKE_KINDS: tuple[MistakeKind, ...] = (
    "missed",
    "invented",
    "wrong label",
    "wrong boundaries",
    "wrong label and boundaries",
)


class MistakenSpan(Frozen):
    """A span of one side, ``start..end`` in code points; ``score`` is how sure a model was of it, where it says so."""

    id: str
    start: int = Field(ge=0)
    end: int
    label: str
    score: float | None = None


class Mistake(Frozen):
    """What gold has and what ``annotator`` has instead of it; None for nothing.

    ``missed`` has no ``predicted``, ``invented`` no ``gold``. The other kinds have both: two spans of one place with
    different labels, two of one label that overlap, or two that overlap and differ in both. Each span is in one
    mistake at most. ``start`` is where the earlier of the two begins; the words are those of the article, which is
    named with the digest of its text.
    """

    annotator: str
    article: str
    digest: str
    leak_group: str
    start: int = Field(ge=0)
    kind: MistakeKind
    gold: MistakenSpan | None = None
    predicted: MistakenSpan | None = None
