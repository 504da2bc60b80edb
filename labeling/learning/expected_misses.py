"""How many spans a model is expected to have missed in an article, whatever kind of model it is.

A model scores what it found, and says nothing of what it did not find. Names in a text are seen without one: runs of
words with a capital letter. Articles that people have read tell how often such a run is a span though the model had
found nothing there; of words that were met before, how often these were. No score of the model is needed, so that this
works with spaCy's NER, too. What has no capital letter is not seen. A pure module: no disk, network, clock or chance.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Stretches = Sequence[tuple[int, int]]

_WORD: Final = re.compile(r"[^\W_]+")
# Between two words of one name.
_WITHIN: Final = frozenset({" ", "-", "'", "\N{RIGHT SINGLE QUOTATION MARK}", "&"})
# The share of all names counts as so many further times that a name was met.
_PRIOR: Final = 2.0


@dataclass(frozen=True)
class ReadText:
    """A text that a person has read: what a model had found there before, and what is there. Code points, half open."""

    text: str
    found: Stretches
    gold: Stretches


@dataclass(frozen=True)
class MissRates:
    """Of names where nothing was found, by their words in small letters: how often met, how often a span.

    ``share`` is how probable it is that a name which was never met is a span: the mean over names. With `Quad`, met
    twice and missed once, and `The`, met six times and never missed, it is the mean of 1/2 and 0.
    """

    met: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    share: float = 0.0


def learn_misses(texts: Iterable[ReadText]) -> MissRates:
    """What articles tell that people have read; nothing, if none have been, and then no misses are expected."""
    met, missed = Counter[str](), Counter[str]()
    for each in texts:
        gold = _Cover(each.gold)
        for name, place in _find_names(each.text, each.found):
            met[name] += 1
            missed[name] += place in gold
    return MissRates(met, missed, fsum(missed[name] / times for name, times in met.items()) / max(len(met), 1))


def expect_misses(text: str, found: Stretches, rates: MissRates) -> float:
    """The expected number of names in a text that are spans though the model found nothing there.

    With a share of 1/4, and `Quad` met twice and missed once: `Quad` is a span by (1 + 2/4) / (2 + 2) = 3/8, a name
    that was never met by 1/4, and both together are 5/8 of a span.
    """
    return fsum(
        (rates.missed.get(name, 0) + _PRIOR * rates.share) / (rates.met.get(name, 0) + _PRIOR)
        for name, _ in _find_names(text, found)
    )


class _Cover:
    """Stretches of a text, asked whether one of them has a part of another stretch."""

    def __init__(self, stretches: Stretches) -> None:
        self._starts, self._reach = [], list[int]()
        for start, end in sorted(stretches):
            self._starts.append(start)
            # How far those reach that begin here or before.
            self._reach.append(max(end, self._reach[-1] if self._reach else 0))

    def __contains__(self, place: tuple[int, int]) -> bool:
        before = bisect_left(self._starts, place[1])
        return before > 0 and self._reach[before - 1] > place[0]


def _find_names(text: str, found: Stretches) -> Iterator[tuple[str, tuple[int, int]]]:
    """Names, in small letters, and where they stand, that share nothing with what was found."""
    cover = _Cover(found)
    for start, end in _find_runs(text):
        if (start, end) not in cover:
            yield text[start:end].casefold(), (start, end)


def _find_runs(text: str) -> Iterator[tuple[int, int]]:
    """Words with a capital letter, those together that are next to one another."""
    run: tuple[int, int] | None = None
    for match in _WORD.finditer(text):
        start, end = match.span()
        capital = text[start].isupper()
        if run and capital and text[run[1] : start] in _WITHIN:
            run = (run[0], end)
            continue
        if run:
            yield run
        run = (start, end) if capital else None
    if run:
        yield run
