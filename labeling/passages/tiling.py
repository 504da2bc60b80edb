"""Tiles: runs of words that two texts share, each word of either text under one tile at most.

Greedy string tiling (Wise: YAP3: Improved detection of similarities in computer program and other texts, 1996): the
longest shared run becomes a tile, then the longest run of what is still free, and so on. Of ``a b c d e x`` and
``x a b c d e`` that is ``a b c d e``; ``x`` is shared as well, but shorter than the shortest tile of 4 words.

Many pairs are laid at once, as two streams: text ``i`` of the one with text ``i`` of the other. For a single pair,
calling numpy takes longer than its work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from labeling.passages.shared_runs import find_repeated
from labeling.passages.words import Hashes, expand_ranges, hash_grams, mix_bits

if TYPE_CHECKING:
    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Stream

_TILE = 4  # words of the shortest tile, or all words of a shorter text
_FREE, _COVERED = b"\0", b"\1"
_HALF = 31  # bits of a place in a stream; two of them are a number without a sign
_SEEN = 64  # places in the one text at which a run of the other is looked for


@dataclass(frozen=True)
class Tiles:
    """Runs of ``words`` words that start at word ``left`` of the one stream and at word ``right`` of the other.

    Four arrays of one length; ``pair`` is the number of the text in both streams.
    """

    pair: Numbers
    left: Numbers
    right: Numbers
    words: Numbers

    def __len__(self) -> int:
        return len(self.words)

    def take(self, order: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Tiles:
        """Some of the tiles, in that order."""
        return Tiles(self.pair[order], self.left[order], self.right[order], self.words[order])


def lay_tiles(left: Stream, right: Stream) -> Tiles:
    """The tiles of each pair, in the order of the right texts.

    Args:
        left: The words of the one text of each pair.
        right: The words of the other.
    """
    sizes = np.minimum(_TILE, np.minimum(left.lengths(), right.lengths()))
    runs = _stack_tiles([_diagonal_runs(left, right, sizes, size) for size in np.unique(sizes).tolist()])
    # Most runs overlap no other one, and are tiles as they are; only the others compete for words.
    apart = ~(_overlaps_another(runs.left, runs.words) | _overlaps_another(runs.right, runs.words))
    laid = _stack_tiles([runs.take(apart), _lay_overlapping(runs.take(~apart), left, right, sizes)])
    return laid.take(np.argsort(laid.right))


def _diagonal_runs(left: Stream, right: Stream, sizes: Numbers, size: int) -> Tiles:
    """The longest runs on every diagonal, of the pairs whose shortest tile has ``size`` words."""
    ours, theirs = _run_starts(left, sizes, size), _run_starts(right, sizes, size)
    at, other = _match_runs(_run_keys(left, ours, size), _run_keys(right, theirs, size))
    at, other = ours[at], theirs[other]
    # Sorted by diagonal, on which the distance of both places is the same, and along it: in one number, as a text that
    # repeats itself has a million such places.
    along = np.sort(((at - other + len(right.words)) << _HALF) + other, kind="stable")
    other = along & ((1 << _HALF) - 1)
    # A run ends where a place is left out, or a pair does.
    begins = np.zeros(len(right.words) + 1, bool)
    begins[right.bounds] = True
    first = np.flatnonzero((np.diff(along, prepend=-2) != 1) | begins[other])
    words = np.diff(np.append(first, len(along))) + size - 1
    other = other[first]
    at = (along[first] >> _HALF) - len(right.words) + other
    return Tiles(np.searchsorted(right.bounds, other, side="right") - 1, at, other, words)


def _run_starts(stream: Stream, sizes: Numbers, size: int) -> Numbers:
    """Where runs of ``size`` words start that end in the same text, in the texts of that size."""
    last = np.repeat(np.where(sizes == size, stream.bounds[1:] - size, -1), stream.lengths())
    return np.flatnonzero(np.arange(len(last)) <= last)


def _run_keys(stream: Stream, places: Numbers, size: int) -> Hashes:
    """A number for each run, of its words and its pair."""
    pair = np.repeat(np.arange(stream.texts, dtype=np.uint64), stream.lengths())[places]
    return mix_bits(hash_grams(stream.words.ids, size)[places] + mix_bits(pair))


def _match_runs(left: Hashes, right: Hashes) -> tuple[Numbers, Numbers]:
    """All pairs of places with the same number; of one that the left side repeats, its first ``_SEEN`` places."""
    # Only numbers that occur twice can match, which are few; so the search is among these alone.
    again = np.sort(find_repeated(np.concatenate((left, right))))
    ours, theirs = again[again < len(left)], again[again >= len(left)] - len(left)
    order = ours[np.argsort(left[ours], kind="stable")]
    ranked = left[order]
    low = np.searchsorted(ranked, right[theirs], side="left")
    count = np.minimum(np.searchsorted(ranked, right[theirs], side="right") - low, _SEEN)
    return order[expand_ranges(low, count)], np.repeat(theirs, count)


def _overlaps_another(starts: Numbers, words: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each run shares a word with another one, on this side."""
    order = np.argsort(starts)
    # In the order of their starts, a run overlaps an earlier one if it begins before the furthest end so far.
    reach = np.maximum.accumulate((starts + words)[order])
    into = np.zeros(len(order) + 1, bool)  # whether a run begins inside one of those before it
    into[1:-1] = starts[order][1:] < reach[:-1]
    overlapping = np.zeros(len(order), bool)
    overlapping[order] = into[:-1] | into[1:]
    return overlapping


def _lay_overlapping(runs: Tiles, left: Stream, right: Stream, sizes: Numbers) -> Tiles:
    """Tiles of runs that overlap: the longest run first, and of each the longest part that no tile before it covers."""
    # One by one, and so in bytearrays: calling numpy takes longer than searching these.
    covered_left, covered_right = bytearray(len(left.words)), bytearray(len(right.words))
    runs = runs.take(np.lexsort((runs.left, runs.right, -runs.words)))
    laid: list[tuple[int, int, int, int]] = []
    for pair, one, other, words, least in zip(*_tile_columns(runs), sizes[runs.pair].tolist(), strict=True):
        # Most runs in a text that repeats itself have nothing left.
        if any(
            covered.find(_FREE * least, begin, begin + words) < 0
            for covered, begin in ((covered_left, one), (covered_right, other))
        ):
            continue
        start, free = _longest_free(covered_left[one : one + words], covered_right[other : other + words])
        if free >= least:
            one, other = one + start, other + start  # noqa: PLW2901 - the run, as far as it is free
            covered_left[one : one + free] = covered_right[other : other + free] = _COVERED * free
            laid.append((pair, one, other, free))
    return Tiles(*np.array(laid, np.int64).reshape(-1, 4).T)


def _longest_free(left: bytearray, right: bytearray) -> tuple[int, int]:
    """Where the longest stretch starts that is covered on neither side, and how long it is."""
    if _COVERED not in left and _COVERED not in right:
        return 0, len(left)
    # Covered on either side: the two are joined as one long whole number.
    either = int.from_bytes(left, "big") | int.from_bytes(right, "big")
    lengths = [len(free) for free in either.to_bytes(len(left), "big").split(_COVERED)]
    best = lengths.index(max(lengths))
    return sum(lengths[:best]) + best, lengths[best]


def _tile_columns(laid: Tiles) -> list[list[int]]:
    return [column.tolist() for column in (laid.pair, laid.left, laid.right, laid.words)]


def _stack_tiles(parts: list[Tiles]) -> Tiles:
    names = ("pair", "left", "right", "words")
    return Tiles(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
