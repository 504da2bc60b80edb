"""Stories: which articles of a leak group report one thing from one text, so that people annotate it once.

No threshold on text alone can decide that: an agency's daily releases share three quarters of their words and report
different days, while two outlets' versions of one press release may share half. So source and date count, too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labeling.passages.alignment import align_words
from labeling.passages.shared_runs import UNKNOWN
from labeling.passages.words import Hashes, expand_ranges, hash_grams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Words
    from labeling.project import PassageRules

_GRAM = 5  # words by which articles are looked up
_SKETCH = 64  # runs that represent an article, those with the smallest numbers
_MOST_MISSES = 8  # articles in a row that prove to be other stories: then those that are less alike are not looked at


@dataclass(frozen=True)
class StoryArticle:
    """An article with what stories are decided by.

    ``words`` are its words, boilerplate made unlike any other; ``own`` counts those that are left; ``whole`` is the
    number of its text as a whole. ``source`` and ``day`` are ``UNKNOWN`` where they are not known. ``shared`` counts
    the words that it shares with those fuller articles that it was aligned with already.
    """

    article: int
    words: Words
    own: int
    whole: int
    source: int
    day: int
    shared: Mapping[int, int]


def group_stories(reports: Sequence[StoryArticle], rules: PassageRules) -> dict[int, int]:
    """Each article's story, named by its lead, the fullest article in it.

    The fullest article that has no story yet leads one, and all that report the same from the same text join it
    (``is_one_story``), so stories do not run on from day to day through articles in between. Ties go to the lesser
    number; the order of ``reports`` changes nothing. Where it is not known what two articles share, sketches select
    the ones to align.

    Articles of 100, 90 and 80 words, of three sources and one day: the second shares 60 words with the first, the third
    60 with the second and none with the first. With a ``story_coverage`` of 0.4, the first leads a story with the
    second in it, for 60 of 90 are enough; the third leads its own.

    Args:
        reports: The articles of one leak group, or of several.
        rules: Coverage, days and the length of a run that joins.
    """
    ranked = sorted(reports, key=lambda report: (-len(report.words), report.article))
    laid, sketches = _index_aligned(ranked), _Sketches(ranked)
    lead_of: dict[int, int] = {}
    for place, lead in enumerate(ranked):
        if lead.article not in lead_of:
            known, unknown = laid[lead.article], list[StoryArticle]()
            # With all that are less full it was aligned already: then no sketch is needed.
            if len(known) < len(ranked) - place - 1:
                near = (ranked[other] for other in sketches.near(place, _least_share(rules)))
                unknown = [other for other in near if lead.article not in other.shared]
            retellings = [
                *_find_known_retellings(lead, known, rules),
                *_find_likely_retellings(lead, unknown, lead_of, rules),
            ]
            lead_of |= {article: lead.article for article in (lead.article, *retellings) if article not in lead_of}
    return lead_of


def _index_aligned(ranked: Iterable[StoryArticle]) -> defaultdict[int, list[StoryArticle]]:
    """For each article, the less full ones that were aligned with it."""
    laid: defaultdict[int, list[StoryArticle]] = defaultdict(list)
    for report in ranked:
        for centre in report.shared:
            laid[centre].append(report)
    return laid


def _find_known_retellings(lead: StoryArticle, known: Iterable[StoryArticle], rules: PassageRules) -> Iterator[int]:
    """The articles of the lead's story among those whose words in common with it were counted already."""
    return (other.article for other in known if is_one_story(lead, other, rules))


def _find_likely_retellings(
    lead: StoryArticle, near: Iterable[StoryArticle], lead_of: Mapping[int, int], rules: PassageRules
) -> Iterator[int]:
    """The same among those that may share enough with it and have no story yet, the most similar ones first."""
    misses = {True: 0, False: 0}  # of its source and of others, for which different shares are asked
    for other in near:
        same_source = lead.source == other.source
        if other.article in lead_of:
            continue
        # Texts that are the same in every word are one story whatever came before, and are never passed over.
        if lead.whole != other.whole and (
            misses[same_source] == _MOST_MISSES or not _is_close_in_time(lead, other, rules)
        ):
            continue
        joins = is_one_story(lead, other, rules)
        misses[same_source] = 0 if joins else misses[same_source] + 1
        if joins:
            yield other.article


def is_one_story(lead: StoryArticle, other: StoryArticle, rules: PassageRules) -> bool:
    """Whether two articles report one thing from one text.

    Word for word the same: always. Of two outlets, or of unknown ones: when enough of the shorter one is in passages
    of both (``story_coverage``), and no more than ``story_days`` lie between them where both days are known. Of one
    outlet: on two known days never, otherwise only when it is almost the same text (``rerun_coverage``).

    With a ``story_coverage`` of 0.4, an article of 100 words shares 40 with a fuller one of another outlet and of the
    same day: one story. With 39 it is another one; within one outlet, a ``rerun_coverage`` of 0.9 asks for 90.
    """
    if lead.whole == other.whole:
        return True
    if not _is_close_in_time(lead, other, rules):
        return False
    least = rules.rerun_coverage if _is_same_source(lead, other) else rules.story_coverage
    return _count_shared_words(lead, other, rules.words) >= least * max(1, min(lead.own, other.own))


def _is_same_source(lead: StoryArticle, other: StoryArticle) -> bool:
    return lead.source == other.source != UNKNOWN


def _is_close_in_time(lead: StoryArticle, other: StoryArticle, rules: PassageRules) -> bool:
    """Whether the days, as far as known, allow the two to be one story."""
    apart = abs(lead.day - other.day) if UNKNOWN not in {lead.day, other.day} else 0
    return apart <= (0 if _is_same_source(lead, other) else rules.story_days)


def _count_shared_words(lead: StoryArticle, other: StoryArticle, words: int) -> int:
    """How many words are in passages of both, matched word for word."""
    # Aligned already when the passages of the group were found.
    if lead.article in other.shared:
        return other.shared[lead.article]
    return sum(stretch.words for stretch in align_words(lead.words, other.words, words))


def _least_share(rules: PassageRules) -> float:
    """The share of a sketch that must be in common: half of what the rules ask, for a sketch is a sample."""
    return min(rules.story_coverage, rules.rerun_coverage) / 2


def _shingles(words: Words) -> Hashes:
    """The numbers of all runs of ``_GRAM`` words, each once, in order."""
    ranked = np.sort(hash_grams(words.ids, min(_GRAM, len(words))))
    each_once: Hashes = ranked[np.append(True, ranked[1:] != ranked[:-1])]
    return each_once


class _Sketches:
    """Which articles may be covered by a given one, without comparing all with all. Made when first used.

    Bottom-k sketches (Broder: On the resemblance and containment of documents, 1997): each article is represented by
    the ``_SKETCH`` runs of 5 words with the smallest hashes. Articles that share no more than a footer have few of them
    in common, and are never aligned.
    """

    def __init__(self, ranked: Sequence[StoryArticle]) -> None:
        self._ranked = ranked

    @cached_property
    def _shingles(self) -> list[Hashes]:
        return [_shingles(report.words) for report in self._ranked]

    @cached_property
    def _sizes(self) -> Numbers:
        return np.array([len(each[:_SKETCH]) for each in self._shingles], np.int64)

    @cached_property
    def _index(self) -> tuple[Hashes, Numbers]:
        """The numbers of all sketches in order, and the article of each."""
        values = np.concatenate([each[:_SKETCH] for each in self._shingles])
        order = np.argsort(values, kind="stable")
        return values[order], np.repeat(np.arange(len(self._sizes)), self._sizes)[order]

    def near(self, place: int, least: float) -> Iterator[int]:
        """The articles after ``place`` of whose sketch the one there has that share or more, most similar first."""
        # Of each number of the article, all its places in the index; counted by owner, these are the numbers in common.
        values, owners = self._index
        low = np.searchsorted(values, self._shingles[place], side="left")
        count = np.searchsorted(values, self._shingles[place], side="right") - low
        met = np.bincount(owners[expand_ranges(low, count)], minlength=len(self._sizes))
        near = np.flatnonzero(met >= np.maximum(1, least * self._sizes))
        near = near[near > place]
        yield from near[np.argsort(-met[near] / self._sizes[near], kind="stable")].tolist()
