"""The rows of splits.jsonl, and the leakage certificate that stands beside them in leakage.json."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen

SplitName: TypeAlias = Literal["train", "dev", "test"]


SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")


class SplitAssignment(Frozen):
    """The split of one article; None, with the reason, for an article that is left out of all of them."""

    article: str
    leak_group: str
    split: SplitName | None
    reason: str = ""


class Overlap(Frozen):
    """What the articles of ``other`` share with those of ``one``.

    Of the ``articles`` of ``other``, ``exact`` have the words of an article of ``one``, ``near`` have half of their
    words in runs of 5 words that stand in ``one``, ``passage`` hold a run that joins, ``boilerplate`` hold boilerplate
    that stands in ``one`` too. ``passages`` counts stretches of runs that join, and texts too short for one that are
    the same; ``shorter_runs`` counts stretches of runs of 6 words or more that do not. Of the ``surfaces`` of
    ``other``, each a label and words, ``surfaces_seen`` stand in ``one`` too.
    """

    one: SplitName
    other: SplitName
    articles: int
    exact: int
    near: int
    passage: int
    passages: int
    shorter_runs: int
    boilerplate: int
    surfaces: int
    surfaces_seen: int


class SharedText(Frozen):
    """A stretch of ``words`` words of the article ``other`` that begins with a run of the article ``one``."""

    words: int
    one: str
    one_split: SplitName
    other: str
    other_split: SplitName
    text: str


class SplitComparison(Frozen):
    """What every two splits share, and the longest of it."""

    overlaps: tuple[Overlap, ...]
    worst: tuple[SharedText, ...]


class Leakage(Frozen):
    """``leakage.json``. ``shared_passages_across_splits`` must be 0; the rest is counted, and no fault.

    ``measured_on`` has the SHA-256 of the files that it depends on; `compile` refuses a certificate of others.
    """

    words: int
    shared_passages_across_splits: int
    boilerplate_across_splits: int
    shorter_runs_across_splits: int
    splits: SplitComparison
    random_split: SplitComparison
    measured_on: dict[str, str] = {}
