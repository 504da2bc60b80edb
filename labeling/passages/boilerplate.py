"""Boilerplate: words that join nothing.

Each of its words gets a number that no other word has. So a run that holds one of them equals no other run, and every
shared run ends where boilerplate begins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from labeling.passages.words import Hashes, mix_bits, words_of_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Stream

Phrases: TypeAlias = tuple[Hashes, ...]

NO_PLACES = np.zeros(0, np.int64)


def read_phrases(texts: Iterable[str]) -> Phrases:
    """The numbers of the words of each phrase that the project file declares to be boilerplate."""
    return tuple(words.ids for words in words_of_all([text for text in texts if text.strip()]))


def find_occurrences(ids: Hashes, phrase: Hashes) -> Numbers:
    """Where among ``ids`` the words of ``phrase`` begin."""
    # All places of its first word, then of these the ones that go on with the second, and so on.
    places = np.flatnonzero(ids[: max(0, len(ids) - len(phrase) + 1)] == phrase[0])
    for step in range(1, len(phrase)):
        places = places[ids[places + step] == phrase[step]]
    return places


def mask_boilerplate(
    stream: Stream, phrases: Phrases, numbers: Hashes, masks: Sequence[Numbers] = (), length: int = 0
) -> tuple[Stream, Numbers]:
    """A stream with each word of boilerplate made unlike any other word, and how many words each text has left.

    Args:
        stream: All words of some articles.
        phrases: Declared boilerplate, wherever it is.
        numbers: Each article's own number. Articles of the same text have the same, and so stay alike.
        masks: For each article the words at which found boilerplate starts, where any was looked for.
        length: How many words each of the masks covers.
    """
    remaining = stream.lengths()
    ids = stream.words.ids
    # Declared phrases may be anywhere; without any, only texts with found boilerplate are gone through.
    for text in range(stream.texts) if phrases else [text for text, mask in enumerate(masks) if len(mask)]:
        own = slice(stream.bounds[text], stream.bounds[text + 1])
        gone = _covered_words(ids[own], phrases, masks[text] if len(masks) else NO_PLACES, length)
        remaining[text] -= len(gone)
        # Streams are frozen values: the numbers are copied before the first of them is changed.
        if len(gone) and ids is stream.words.ids:
            ids = ids.copy()
        ids[own][gone] = mix_bits(gone.astype(np.uint64) + numbers[text])
    return replace(stream, words=replace(stream.words, ids=ids)), remaining


def _covered_words(ids: Hashes, phrases: Phrases, masks: Numbers, length: int) -> Numbers:
    """The words that boilerplate covers, each once, in order."""
    spans = [(masks, length), *((find_occurrences(ids, phrase), len(phrase)) for phrase in phrases)]
    covered = [starts[:, None] + np.arange(size) for starts, size in spans if len(starts)]
    return np.unique(np.concatenate([each.ravel() for each in covered])) if covered else NO_PLACES
