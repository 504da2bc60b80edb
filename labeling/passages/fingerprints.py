"""Fingerprints: which few runs of words of a text must be looked up so that no shared run of ``words`` is missed.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003): the
text's runs of ``gram`` words are numbered, and of every ``words - gram + 1`` neighbours the smallest number is kept. A
run of ``words`` words holds exactly that many neighbours, so two texts that share it keep the same one in it. About one
word in three begins a fingerprint.

A shared fingerprint is not yet a shared run: most are stock phrases. ``beside`` tells those by a byte of each word next
to them, so that few texts must be looked into. ``windows`` then names every run of ``words`` words that holds a given
fingerprint: two articles share a run if, and only if, they share the number of such a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from labeling.passages.words import Hashes, hash_grams, mix_bits, running_sums

if TYPE_CHECKING:
    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Stream

_SHORT_TEXT_SALT = np.uint64(0xD1B54A32D192ED03)  # a text of few words is no run of these words
_NEAR = 4  # words on either side of a fingerprint of which a byte is kept: eight, in one number


def winnow(stream: Stream, words: int) -> tuple[Numbers, Hashes, Numbers, Hashes]:
    """The fingerprints of the texts of a stream; a text of fewer than ``words`` words has none.

    Args:
        stream: The words of some texts.
        words: The shortest shared run that must be found.

    Returns:
        Four arrays of one length: the number of the text in the stream, the fingerprint, the word it starts at, counted
        from the start of its text, and what stands beside it, for ``beside``.
    """
    places, values = _select_smallest(stream, words)
    text = np.searchsorted(stream.bounds, places, side="right") - 1
    return text, values, places - stream.bounds[text], _neighbours(stream.words.ids, places, gram_size(words))


def neighbour_masks(words: int) -> list[np.uint64]:
    """Of two places of a fingerprint in one run of ``words`` words, the neighbours are the same in one of these masks.

    The run has so many words before the fingerprint, and the rest of them after it; four on a side are looked at.
    """
    rest = words - gram_size(words)
    sides = {(min(before, _NEAR), min(rest - before, _NEAR)) for before in range(rest + 1)}
    return [np.uint64(((1 << 8 * (before + after)) - 1) << 8 * (_NEAR - before)) for before, after in sorted(sides)]


def find_windows(stream: Stream, text: Numbers, at: Numbers, words: int) -> tuple[Numbers, Hashes, Numbers]:
    """The runs of ``words`` words that hold a fingerprint which starts at word ``at`` of a text of the stream.

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
    changes = np.zeros(len(stream.words) + 1, np.int64)
    np.add.at(changes, first[last >= first], 1)
    np.add.at(changes, last[last >= first] + 1, -1)
    places = np.flatnonzero(np.cumsum(changes) > 0)
    owner = np.searchsorted(stream.bounds, places, side="right") - 1
    return owner, hash_grams(stream.words.ids, words)[places], places - stream.bounds[owner]


def hash_texts(stream: Stream) -> Hashes:
    """One number for each text of a stream, of all its words in order: the same for the same words."""
    starts, ends = stream.bounds[:-1], stream.bounds[1:]
    sums, inverse = running_sums(stream.words.ids)
    all_words = (sums[ends] - sums[starts]) * inverse[starts]
    return mix_bits(all_words ^ mix_bits((ends - starts).astype(np.uint64) + _SHORT_TEXT_SALT))


def gram_size(words: int) -> int:
    """How many words a fingerprint covers: two thirds of a run.

    With fewer there are fewer fingerprints, but more of them are stock phrases that thousands of articles have.
    """
    return words * 2 // 3


def _select_smallest(stream: Stream, words: int) -> tuple[Numbers, Hashes]:
    """Where in the stream fingerprints start, and their numbers. No window looks across the end of a text."""
    values = hash_grams(stream.words.ids, gram_size(words))
    width = words - gram_size(words) + 1
    if len(values) < width:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    smallest = _sliding_extreme(np.minimum, values, width)
    smallest[~_fits_in_text(stream, words, len(smallest))] = 0
    # A number is kept when it is the smallest of a window, and no window's smallest is above the numbers in it.
    around = np.zeros(len(values) + width - 1, np.uint64)
    around[width - 1 : width - 1 + len(smallest)] = smallest
    places = np.flatnonzero(values == _sliding_extreme(np.maximum, around, width))
    return places, values[places]


def _neighbours(ids: Hashes, places: Numbers, size: int) -> Hashes:
    """A byte of each of the four words before and the four after a run; beyond the ends of a text, of any."""
    edge = np.zeros(_NEAR, np.uint8)
    padded = np.concatenate((edge, ids.astype(np.uint8), edge))
    fours: npt.NDArray[np.uint32] = np.ndarray((len(padded) - _NEAR + 1,), "<u4", padded, strides=(1,))
    before, after = fours[places].astype(np.uint64), fours[places + _NEAR + size].astype(np.uint64)
    return before | after << np.uint64(8 * _NEAR)


def _sliding_extreme(choose: np.ufunc, values: Hashes, width: int) -> Hashes:
    """The smallest or greatest of every ``width`` neighbours, by windows that double."""
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
