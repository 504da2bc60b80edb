"""Fingerprints: the few runs of words of a text to look up, so that no shared run of ``words`` words is missed.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003): the
text's runs of k words (``gram_size``) are numbered by a hash, and of every ``words - k + 1`` neighbouring numbers the
smallest is kept. A run of ``words`` words holds exactly that many neighbours, so two texts that share it keep the same
number in it.

With runs of 12 words, k is 8, and windows are of 5 numbers. If the runs of 8 words of a text have the numbers 7 3 9 5 6
4 8, its three windows (7 3 9 5 6, 3 9 5 6 4, 9 5 6 4 8) keep 3, 3 and 4: two fingerprints of seven. On the average it
is 2 in 6 (the paper's density of 2 / (w + 1) for a window of w = 5), so that one word in three begins a fingerprint.

A shared fingerprint is not yet a shared run: most are stock phrases. A byte of each word next to it tells most of those
apart (``neighbour_masks``), so that few texts must be looked into again. ``find_windows`` then numbers every run of
``words`` words that holds a given fingerprint: two articles share a run if, and only if, they share such a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from labeling.passages.words import Hashes, hash_grams, mix_bits, running_sums

if TYPE_CHECKING:
    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Stream

_SHORT_TEXT_SALT = np.uint64(0xD1B54A32D192ED03)  # so that a text as a whole is never taken for a run of its words
_NEAR = 4  # words on either side of a fingerprint of which a byte is kept: eight, in one number


def winnow(stream: Stream, words: int) -> tuple[Numbers, Hashes, Numbers, Hashes]:
    """The fingerprints of the texts of a stream; a text of fewer than ``words`` words has none.

    Args:
        stream: The words of some texts.
        words: The shortest shared run that must be found.

    Returns:
        Four arrays of one length: the number of the text in the stream, the fingerprint, the word it starts at, counted
        from the start of its text, and a byte of each word next to it (``neighbour_masks``).
    """
    places, values = _select_smallest(stream, words)
    text = np.searchsorted(stream.bounds, places, side="right") - 1
    return text, values, places - stream.bounds[text], _neighbours(stream.words.ids, places, gram_size(words))


def neighbour_masks(words: int) -> list[np.uint64]:
    """Masks over the bytes next to a fingerprint: two copies of a run have the same bytes under one of them at least.

    A run of ``words`` words has some words before the fingerprint that it holds, and the rest of them after it. There
    is a mask for each way to part them; no more than four words on a side are looked at. A run of 12 holds a
    fingerprint of 8 and 4 words more: 0 before it and 4 after, 1 and 3, 2 and 2, 3 and 1, or 4 and 0.
    """
    rest = words - gram_size(words)
    sides = {(min(before, _NEAR), min(rest - before, _NEAR)) for before in range(rest + 1)}
    return [np.uint64(((1 << 8 * (before + after)) - 1) << 8 * (_NEAR - before)) for before, after in sorted(sides)]


def find_windows(stream: Stream, text: Numbers, at: Numbers, words: int) -> tuple[Numbers, Hashes, Numbers]:
    """The runs of ``words`` words that hold a fingerprint which starts at word ``at`` of a text of the stream.

    With runs of 8 words and fingerprints of 5, one that starts at word 6 is in the runs that start at words 3 to 6.

    Args:
        stream: The words of some texts.
        text: The number of the text in the stream, for each fingerprint.
        at: The word it starts at, counted from the start of its text.
        words: The length of a run.

    Returns:
        Three arrays, each run once: the number of the text, the number of the run, and the word it starts at.
    """
    begin, end = stream.bounds[text], stream.bounds[text + 1]
    first = np.maximum(begin + at - (words - gram_size(words)), begin)
    last = np.minimum(begin + at, end - words)
    # One is added where such runs begin and taken away after the last, so that the sum tells which places have one.
    changes = np.zeros(len(stream.words) + 1, np.int64)
    np.add.at(changes, first[last >= first], 1)
    np.add.at(changes, last[last >= first] + 1, -1)
    places = np.flatnonzero(np.cumsum(changes) > 0)
    owner = np.searchsorted(stream.bounds, places, side="right") - 1
    return owner, hash_grams(stream.words.ids, words)[places], places - stream.bounds[owner]


def hash_texts(stream: Stream) -> Hashes:
    """One number for each text of a stream, of all its words in order; the same for the same words."""
    starts, ends = stream.bounds[:-1], stream.bounds[1:]
    sums, inverse = running_sums(stream.words.ids)
    all_words = (sums[ends] - sums[starts]) * inverse[starts]
    return mix_bits(all_words ^ mix_bits((ends - starts).astype(np.uint64) + _SHORT_TEXT_SALT))


def gram_size(words: int) -> int:
    """How many words a fingerprint covers: two thirds of a run, so 8 of 12.

    With fewer words there are fewer fingerprints, but more of them are stock phrases that thousands of articles have.
    """
    return words * 2 // 3


def _select_smallest(stream: Stream, words: int) -> tuple[Numbers, Hashes]:
    """Where in the stream fingerprints start, and their numbers. No window reaches across the end of a text."""
    values = hash_grams(stream.words.ids, gram_size(words))
    width = words - gram_size(words) + 1
    if len(values) < width:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    # The smallest number of each window, and 0 for windows across the end of a text.
    smallest = _sliding_extreme(np.minimum, values, width)
    smallest[~_fits_in_text(stream, words, len(smallest))] = 0
    # A number is kept when it is the smallest of a window, and no window's smallest is above the numbers in it.
    around = np.zeros(len(values) + width - 1, np.uint64)
    around[width - 1 : width - 1 + len(smallest)] = smallest
    places = np.flatnonzero(values == _sliding_extreme(np.maximum, around, width))
    return places, values[places]


def _neighbours(ids: Hashes, places: Numbers, size: int) -> Hashes:
    """A byte of each of the four words before and the four after a run, in one number; past the ends of a text any."""
    # Four bytes in a row are read as one number, at every place at once.
    edge = np.zeros(_NEAR, np.uint8)
    padded = np.concatenate((edge, ids.astype(np.uint8), edge))
    fours: npt.NDArray[np.uint32] = np.ndarray((len(padded) - _NEAR + 1,), "<u4", padded, strides=(1,))
    before, after = fours[places].astype(np.uint64), fours[places + _NEAR + size].astype(np.uint64)
    return before | after << np.uint64(8 * _NEAR)


def _sliding_extreme(choose: np.ufunc, values: Hashes, width: int) -> Hashes:
    """The smallest or greatest of every ``width`` neighbours, by windows that double.

    The least of 4 neighbours is the lesser one of the leasts of two pairs: log2(width) passes over all values.
    """
    chosen, reach = values, 1
    while reach < width:
        step = min(reach, width - reach)
        chosen = choose(chosen[:-step], chosen[step:])
        reach += step
    return chosen


def _fits_in_text(stream: Stream, words: int, count: int) -> npt.NDArray[np.bool_]:
    """Whether the run of ``words`` words at each word of the stream ends in the text it starts in."""
    changes = np.zeros(count + 1, np.int64)
    lengths = stream.lengths()
    long = lengths >= words
    np.add.at(changes, stream.bounds[:-1][long], 1)
    np.add.at(changes, stream.bounds[:-1][long] + lengths[long] - words + 1, -1)
    return np.cumsum(changes[:count]) > 0
