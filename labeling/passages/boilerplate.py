"""Boilerplate: words that join nothing. They are made unlike all others, so that every run ends where they begin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from labeling.passages.words import Hashes, Numbers, Words, all_words, mixed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.passages.words import Stream

Phrases: TypeAlias = tuple[Hashes, ...]


def phrases_of(texts: Iterable[str]) -> Phrases:
    """The words of the phrases that a project file declares to be boilerplate."""
    return tuple(words.ids for words in all_words([text for text in texts if text.strip()]))


def occurrences(ids: Hashes, phrase: Hashes) -> Numbers:
    """The places among ``ids`` at which the words of ``phrase`` stand."""
    places = np.flatnonzero(ids[: max(0, len(ids) - len(phrase) + 1)] == phrase[0])
    for step in range(1, len(phrase)):
        places = places[ids[places + step] == phrase[step]]
    return places


def without(words: Words, phrases: Phrases, masks: Numbers, length: int, number: int) -> tuple[Words, int]:
    """The words of an article with its boilerplate made unlike any other word, and how many words are left.

    Args:
        words: All words of the article.
        phrases: Declared boilerplate, wherever it stands in it.
        masks: The words at which found boilerplate starts.
        length: How many words each of ``masks`` covers.
        number: The article's own number. Articles of the same text have the same, and so stay alike.
    """
    gone = _gone(words.ids, phrases, masks, length)
    if not len(gone):
        return words, len(words)
    ids = words.ids.copy()
    ids[gone] = mixed(gone.astype(np.uint64) + np.uint64(number))
    return replace(words, ids=ids), len(words) - len(gone)


def stream_without(stream: Stream, phrases: Phrases, numbers: Hashes) -> Stream:
    """A stream with declared boilerplate made unlike any other word; ``numbers`` as in ``without``, one a text."""
    if not phrases:
        return stream
    ids = stream.words.ids.copy()
    for text in range(stream.texts):
        own = slice(stream.bounds[text], stream.bounds[text + 1])
        ids[own] = without(stream.of(text), phrases, np.zeros(0, np.int64), 0, int(numbers[text]))[0].ids
    return replace(stream, words=replace(stream.words, ids=ids))


def _gone(ids: Hashes, phrases: Phrases, masks: Numbers, length: int) -> Numbers:
    """The words that boilerplate covers, each once, in order."""
    spans = [(masks, length), *((occurrences(ids, phrase), len(phrase)) for phrase in phrases)]
    covered = [starts[:, None] + np.arange(size) for starts, size in spans if len(starts)]
    return np.unique(np.concatenate([each.ravel() for each in covered])) if covered else np.zeros(0, np.int64)
