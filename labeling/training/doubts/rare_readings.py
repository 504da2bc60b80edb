"""Rare readings of common words: they are labelled otherwise, or not at all, in nearly all other places. Pure.

An example: "Royal Air Force" stands in twenty places. In eighteen it is an ORG, in one a PERSON, in one it is not
marked. The last two are in doubt. Words inside a longer span are another matter and do not count, and neither does what
gold leaves open.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.training.doubts.marked_text import MarkedText, Suspicion, TokenStretch

# Tokens without case, and what they are read as: "" where they are not marked.
TokenWords: TypeAlias = tuple[str, ...]
ReadingCounts: TypeAlias = "Mapping[TokenWords, Counter[str]]"

_LONGEST = 8  # tokens
_COMMON = 4  # places in which words are read in one way, before another one is in doubt
_RARE = 0.25  # the most of all places in which that other one may be


def count_readings(texts: Iterable[MarkedText]) -> dict[TokenWords, Counter[str]]:
    """How words are read that are marked at least once, in how many places; texts are read twice."""
    marked = {
        tuple(text.words[start:stop]) for text in texts for start, stop in text.marked if stop - start <= _LONGEST
    }
    lookup = index_words(marked)
    counts: dict[TokenWords, Counter[str]] = {words: Counter() for words in marked}
    for text in texts:
        for words, _, readings in find_places(text, lookup):
            counts[words].update(readings)
    return counts


def find_rare_readings(texts: Iterable[MarkedText], counts: ReadingCounts) -> Iterator[Suspicion]:
    """The places whose reading is rare, each with what the words are read as nearly everywhere."""
    usual = {words: found for words, readings in counts.items() if (found := _usual_reading(readings))}
    lookup = index_words(usual)
    for text in texts:
        for words, stretch, readings in find_places(text, lookup):
            label, count = usual[words]
            total = counts[words].total()
            for reading in readings:
                rest = counts[words][reading]
                if reading == label or rest > _RARE * total or (not reading and label in text.unasked):
                    continue
                why = f"{label or 'not marked'} in {count} of {total} places of these words"
                # The share of the usual reading, were there two more places without it.
                strength = count / (total + 2)
                yield text.suspect("rare reading", text.place(stretch), (reading, label), strength, why)


def _usual_reading(readings: Counter[str]) -> tuple[str, int] | None:
    """What words are read as nearly everywhere, and in how many places; None where there is no such reading."""
    if not readings:
        return None
    label, count = min(readings.items(), key=lambda each: (-each[1], each[0]))
    return (label, count) if count >= _COMMON and count >= (1 - _RARE) * readings.total() else None


def index_words(known: Iterable[TokenWords]) -> dict[str, dict[int, set[TokenWords]]]:
    """Words by their first one and by how many there are, to be found in a text."""
    lookup: dict[str, dict[int, set[TokenWords]]] = {}
    for words in known:
        lookup.setdefault(words[0], {}).setdefault(len(words), set()).add(words)
    return lookup


def find_places(
    text: MarkedText, lookup: Mapping[str, Mapping[int, set[TokenWords]]]
) -> Iterator[tuple[TokenWords, TokenStretch, tuple[str, ...]]]:
    """Each place of known words in a text, with what it is read as."""
    for first, word in enumerate(text.words):
        for length, known in lookup.get(word, {}).items():
            words = tuple(text.words[first : first + length])
            if words not in known:
                continue
            stretch = first, first + length
            start, end = text.place(stretch)
            if stretch in text.cut or text.is_open(start, end):
                continue
            readings = text.marked.get(stretch)
            if readings is None and any(one <= start and end <= other for one, other in text.around(start, end)):
                continue
            yield words, stretch, readings or ("",)
