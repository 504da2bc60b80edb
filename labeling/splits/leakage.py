"""What the splits share, measured for the certificate by comparing every run of words with every other.

Of what ``cluster`` found it takes over only which passages are boilerplate: it uses neither fingerprints nor leak
groups, but all runs of all articles that have a split. The same is counted of a random split of the same sizes, for
comparison. `labeling.workspace.rows.assignment.Overlap` explains each count, with an example.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from labeling.passages.fingerprints import hash_texts
from labeling.passages.normalise import Numbers, Texts
from labeling.passages.words import Hashes, hash_grams, make_streams, words_of_all
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SPLITS, Leakage, Overlap, SharedText, SplitComparison, SplitName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.workspace.rows.passage import Passage

_NEAR_RUN = 5  # words of the runs by which articles are near each other
_SHORT = 6  # words of the shortest runs that are counted
_WORST = 10


@dataclass(frozen=True)
class SplitArticle:
    """An article that has a split: its id, its text, and the surfaces of its gold spans, each with its label."""

    id: str
    text: str
    split: SplitName
    surfaces: frozenset[tuple[str, str]] = frozenset()


def certify_splits(articles: Sequence[SplitArticle], boilerplate: Sequence[Passage], words: int, seed: str) -> Leakage:
    """Count what the splits share.

    Args:
        articles: Those that have a split, in any order.
        boilerplate: Passages that join nothing; a run that holds one of their words does not count.
        words: A run of so many words joins.
        seed: Deals the random split.
    """
    # By id, so that the same articles give the same certificate in any order.
    articles = sorted(articles, key=lambda article: article.id)
    corpus = _Corpus(articles, boilerplate, words)
    splits = corpus.compare_splits([article.split for article in articles])
    return Leakage(
        words=words,
        shared_passages_across_splits=sum(each.passages for each in splits.overlaps),
        boilerplate_across_splits=corpus.boilerplate_across([article.split for article in articles]),
        shorter_runs_across_splits=sum(each.shorter_runs for each in splits.overlaps),
        splits=splits,
        random_split=corpus.compare_splits(_deal_at_random(articles, seed)),
    )


def _deal_at_random(articles: Sequence[SplitArticle], seed: str) -> list[SplitName]:
    """A random split of the same sizes: the splits, dealt to the articles in the order of a seeded hash."""
    order = sorted(range(len(articles)), key=lambda place: digest_of(f"{seed}:random:{articles[place].id}"))
    dealt = sorted((article.split for article in articles), key=SPLITS.index)
    return [split for _, split in sorted(zip(order, dealt, strict=True))]


class _Corpus:
    """The words of all articles in a row, a blank after each article, so that no stretch crosses the end of one."""

    def __init__(self, articles: Sequence[SplitArticle], boilerplate: Sequence[Passage], words: int) -> None:
        self.articles, self.least = articles, words
        texts = [article.text for article in articles]
        # Article ``i`` has the places ``first[i]`` to ``first[i] + sizes[i]`` of the row; then comes its blank.
        self.words = words_of_all(texts)
        self.sizes = np.array([len(each) for each in self.words], np.int64)
        self.first = np.concatenate(([0], np.cumsum(self.sizes + 1)))
        self.owner: Numbers = np.repeat(np.arange(len(articles)), self.sizes + 1)
        self.wholes = np.concatenate(
            [np.zeros(0, np.uint64), *map(hash_texts, make_streams(Texts.from_strings(texts)))]
        )
        # Boilerplate is counted, and its words are taken out of all runs.
        self.holders = self._holders(boilerplate)
        self.free = self._free(boilerplate)
        self.runs = {size: self._runs(size) for size in {_NEAR_RUN, _SHORT, words}}

    def compare_splits(self, splits: Sequence[SplitName]) -> SplitComparison:
        """What every two splits share, when the articles are in ``splits``."""
        # Train with dev, train with test, dev with test.
        codes = np.array([SPLITS.index(split) for split in splits], np.int64)
        pairs = [_SplitPair(self, codes, one, other) for one, other in combinations(range(len(SPLITS)), 2)]
        texts = [text for pair in pairs for text in pair.worst()]
        worst = sorted(texts, key=lambda text: (-text.words, text.other, text.one, text.text))[:_WORST]
        return SplitComparison(overlaps=tuple(pair.overlap() for pair in pairs), worst=tuple(worst))

    def boilerplate_across(self, splits: Sequence[SplitName]) -> int:
        """How many passages of boilerplate are in two splits."""
        return sum(len({splits[place] for place in holders}) > 1 for holders in self.holders)

    def _holders(self, boilerplate: Sequence[Passage]) -> list[set[int]]:
        """The articles that hold each passage of boilerplate, by their place in the row."""
        number = {article.id: place for place, article in enumerate(self.articles)}
        return [{number[each.article] for each in passage.places if each.article in number} for passage in boilerplate]

    def _free(self, boilerplate: Sequence[Passage]) -> npt.NDArray[np.bool_]:
        """Whether each word counts: neither the blank after an article nor boilerplate."""
        free = np.ones(len(self.owner), bool)
        free[self.first[1:] - 1] = False
        number = {article.id: place for place, article in enumerate(self.articles)}
        for place in (place for passage in boilerplate for place in passage.places if place.article in number):
            # The words that the interval touches: from the first that ends after its start to the last before its end.
            article = number[place.article]
            low = np.searchsorted(self.words[article].ends, place.start, side="right")
            high = np.searchsorted(self.words[article].starts, place.end, side="left")
            free[self.first[article] + low : self.first[article] + high] = False
        return free

    def _runs(self, size: int) -> tuple[Hashes, Numbers]:
        """All runs of ``size`` words that count: their numbers, and where they start in the row."""
        ids = np.zeros(len(self.owner), np.uint64)
        for first, words in zip(self.first, self.words, strict=False):
            ids[first : first + len(words)] = words.ids
        values = hash_grams(ids, size)
        # A running sum of the words that do not count: a run is free of them when both its ends have the same sum.
        blocked = np.concatenate(([0], np.cumsum(~self.free)))
        places = np.flatnonzero(blocked[size : size + len(values)] == blocked[: len(values)])
        return values[places], places


class _SplitPair:
    """Two splits, and which words of the articles of the second are in the first as well."""

    def __init__(self, corpus: _Corpus, codes: Numbers, one: int, other: int) -> None:
        self.corpus, self.codes, self.one, self.other = corpus, codes, one, other
        self.joining = self._covered(corpus.least)
        self.short = self._covered(_SHORT)
        self.exact = (codes == other) & np.isin(corpus.wholes, corpus.wholes[codes == one])

    def overlap(self) -> Overlap:
        """The counts."""
        corpus, inside = self.corpus, self.codes == self.other
        # Words of each article in runs that are in the first split too, and words that count at all.
        near = np.bincount(corpus.owner[self._covered(_NEAR_RUN)], minlength=len(inside))
        own = np.bincount(corpus.owner[corpus.free], minlength=len(inside))
        seen, surfaces = self._surfaces(self.one), self._surfaces(self.other)
        return Overlap(
            one=SPLITS[self.one],
            other=SPLITS[self.other],
            articles=int(inside.sum()),
            exact=int(self.exact.sum()),
            near=int((inside & (own > 0) & (2 * near >= own)).sum()),
            passage=len(np.unique(corpus.owner[self.joining])),
            passages=len(_covered_stretches(self.joining)[0]) + len(self._short_texts()),
            shorter_runs=len(list(self._short_stretches())),
            boilerplate=len(self._with_boilerplate()),
            surfaces=len(surfaces),
            surfaces_seen=len(surfaces & seen),
        )

    def worst(self) -> list[SharedText]:
        """The longest passages; without any, the longest of the shorter runs."""
        joining = [*zip(*_covered_stretches(self.joining), strict=True), *self._short_texts()]
        # The longest first; of two as long the one that comes first in the row.
        found = sorted(joining or self._short_stretches(), key=lambda ends: (ends[0] - ends[1], ends[0]))
        return [self._text(int(start), int(end)) for start, end in found[:_WORST]]

    def _covered(self, size: int) -> npt.NDArray[np.bool_]:
        """The words of the second split in runs of ``size`` words that are in the first as well."""
        values, places = self.corpus.runs[size]
        split = self.codes[self.corpus.owner[places]]
        mine = split == self.other
        shared = places[mine][np.isin(values[mine], values[split == self.one])]
        # Each shared run adds one where it starts and takes it away where it ends: the sum counts the runs over a word.
        changes = np.zeros(len(self.corpus.owner) + 1, np.int64)
        np.add.at(changes, shared, 1)
        np.add.at(changes, shared + size, -1)
        return np.cumsum(changes[:-1]) > 0

    def _short_texts(self) -> list[tuple[int, int]]:
        """The articles too short for a run that joins, and word for word the same as one of the first split."""
        short = np.flatnonzero(self.exact & (self.corpus.sizes < self.corpus.least))
        return [(int(self.corpus.first[place]), int(self.corpus.first[place + 1]) - 1) for place in short]

    def _short_stretches(self) -> Iterator[tuple[int, int]]:
        """Stretches of short runs, no word of which is in a run that joins."""
        for start, end in zip(*_covered_stretches(self.short), strict=True):
            if not self.joining[start:end].any():
                yield start, end

    def _text(self, start: int, end: int) -> SharedText:
        corpus = self.corpus
        owner = int(corpus.owner[start])
        source = self._source(owner, start)
        words, first = corpus.words[owner], int(corpus.first[owner])
        return SharedText(
            words=end - start,
            one=corpus.articles[source].id,
            one_split=SPLITS[self.one],
            other=corpus.articles[owner].id,
            other_split=SPLITS[self.other],
            text=corpus.articles[owner].text[words.starts[start - first] : words.ends[end - first - 1]],
        )

    def _source(self, owner: int, start: int) -> int:
        """The first article of the first split that holds how the stretch at ``start`` begins."""
        corpus = self.corpus
        if self.exact[owner]:
            return int(np.flatnonzero((self.codes == self.one) & (corpus.wholes == corpus.wholes[owner]))[0])
        values, places = corpus.runs[corpus.least if self.joining[start] else _SHORT]
        owners = corpus.owner[places[values == values[np.searchsorted(places, start)]]]
        return int(owners[self.codes[owners] == self.one][0])

    def _with_boilerplate(self) -> set[int]:
        """The articles of the second split that hold boilerplate of the first."""
        both = [holders for holders in self.corpus.holders if any(self.codes[each] == self.one for each in holders)]
        return {each for holders in both for each in holders if self.codes[each] == self.other}

    def _surfaces(self, split: int) -> set[tuple[str, str]]:
        places = np.flatnonzero(self.codes == split)
        return {surface for place in places for surface in self.corpus.articles[place].surfaces}


def _covered_stretches(covered: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Where stretches of covered words start and end: half-open intervals of places in the row."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], covered, [False]))))
    return edges[::2], edges[1::2]
