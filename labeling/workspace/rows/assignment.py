"""The rows of ``splits.jsonl``, and ``leakage.json``, the certificate that they share nothing."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen

SplitName: TypeAlias = Literal["train", "dev", "test"]

SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")


def _is_false(value: object) -> bool:
    return value is False


class SplitAssignment(Frozen):
    """The split of one article; None, with the reason, for an article that is left out of all of them.

    ``stream`` is whether it was of the random stream when it was placed; the key is left out where it was not.
    """

    article: str
    leak_group: str
    split: SplitName | None
    reason: str = ""
    stream: bool = Field(default=False, exclude_if=_is_false)


class Overlap(Frozen):
    """What the articles of ``other`` (say, test) share with those of ``one`` (say, train).

    * ``articles``: how many articles ``other`` has.

    * ``exact``: how many of them have the same words as an article of ``one``, whatever case and punctuation are. A
      reprint that only writes `MALE` for `Malé` counts.

    * ``near``: how many have half of their words or more in runs of 5 words that are in ``one`` as well. An article of
      40 words with a sentence of 20 words from ``one`` counts, with one of 19 it does not.

    * ``passage``: how many hold a run that joins, of 12 words unless the project file has another number. An article
      with three quotations of 12 words from ``one`` counts once.

    * ``passages``: how many stretches of such runs there are, and articles too short for one that are the same in
      ``one``. A common stretch of 30 words holds 19 runs of 12, and counts once; the three quotations count three
      times. Must be 0.

    * ``shorter_runs``: how many stretches of runs of 6 words or more there are, no word of which is in a run that
      joins. `Minister for the Middle East Tobias` is one.

    * ``boilerplate``: how many hold boilerplate that an article of ``one`` holds as well. Thirty bulletins with the
      footer that train has, too, are 30.

    * ``surfaces``, ``surfaces_seen``: how many surfaces (a label with its words, case and blanks folded) their gold
      has, and how many of these that of ``one`` has as well. `Chad` and `CHAD` as COUNTRY and `Lena` as PERSON are 2;
      if gold of ``one`` has only `Chad` as COUNTRY, 1 is seen.
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
    """What each two splits share, and the longest stretches of it, ten at most."""

    overlaps: tuple[Overlap, ...]
    worst: tuple[SharedText, ...]


class Leakage(Frozen):
    """``leakage.json``: what the splits share, and what a random split of the same sizes would share.

    ``shared_passages_across_splits`` sums `passages` over each two splits and must be 0; the rest is counted for
    information. A run of ``words`` words joins. ``measured_on`` has the SHA-256 of the files that the numbers depend
    on; `compile` refuses a certificate of others.
    """

    words: int
    shared_passages_across_splits: int
    boilerplate_across_splits: int
    shorter_runs_across_splits: int
    splits: SplitComparison
    random_split: SplitComparison
    measured_on: dict[str, str] = {}
