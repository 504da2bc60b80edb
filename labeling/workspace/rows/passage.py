"""The rows of ``passages.jsonl`` and ``clusters.jsonl``: shared words, stories and leak groups."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen

PassageKind: TypeAlias = Literal["reprint", "boilerplate"]


class Place(Frozen):
    """A stretch of an article: a half-open interval of code points."""

    article: str
    start: int
    end: int


class Passage(Frozen):
    """One line of ``passages.jsonl``: a stretch of words shared by two or more articles.

    The first place is in the fullest article that has the passage; each other place is aligned with it, and may be
    lightly edited. ``words`` is the least number of words that one of them has in common with the first: 38 for two
    reprints that have 40 and 38. ``boilerplate`` joins nothing.
    """

    passage: str
    words: int
    kind: PassageKind
    places: tuple[Place, ...]


class ClusterRow(Frozen):
    """One line of ``clusters.jsonl``: the story and the leak group of an article, and whether it leads its story."""

    article: str
    story: str
    leak_group: str
    lead: bool
