"""Two texts side by side: which stretches of words they share, exactly or lightly edited, to the character.

Runs of words that stand in both texts are laid like tiles, the longest first, each word of either text under one tile
at most (greedy string tiling; Wise: YAP3, 1996). Tiles that follow each other closely in both texts are one stretch:
what lies between them was edited. A stretch counts when one of its tiles is a run that joins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from labeling.passages.words import Hashes, Numbers, grams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.passages.words import Words

_TILE = 4  # words of the shortest tile
_GAP = 8  # words that may lie between two tiles of a stretch, in either text
_SEEN = 64  # places in the one text at which a run of the other is looked for


class Tile(NamedTuple):
    """A run of ``words`` words that stands at word ``left`` of the one text and at word ``right`` of the other."""

    left: int
    right: int
    words: int


@dataclass(frozen=True)
class Stretch:
    """A passage of two texts: its tiles in order, and its ends in both texts in code points, half open."""

    tiles: tuple[Tile, ...]
    left_start: int
    left_end: int
    right_start: int
    right_end: int

    @property
    def words(self) -> int:
        """How many words stand in both texts."""
        return sum(tile.words for tile in self.tiles)


def align(left: Words, right: Words, words: int) -> list[Stretch]:
    """The stretches that two texts share, in the order of the right one.

    Args:
        left: The words of the one text, as ``without`` leaves them when some are boilerplate.
        right: The words of the other.
        words: A stretch must hold a run of so many words, or be all of both texts.
    """
    tiles = sorted(_laid(_runs(left.ids, right.ids), len(left), len(right)), key=lambda tile: tile.right)
    least = min(words, max(len(left), len(right)))
    return [_stretch(chain, left, right) for chain in _chains(tiles) if max(tile.words for tile in chain) >= least]


def _runs(left: Hashes, right: Hashes) -> list[Tile]:
    """The longest runs on every diagonal, of ``_TILE`` words or more (or of all words of a shorter text)."""
    size = min(_TILE, len(left), len(right))
    at, other = _matches(grams(left, size), grams(right, size))
    order = np.lexsort((other, at - other))
    at, other = at[order], other[order]
    breaks = (np.diff(at - other, prepend=-(1 << 40)) != 0) | (np.diff(other, prepend=-2) != 1)
    first = np.flatnonzero(breaks)
    lengths = np.diff(np.append(first, len(at))) + size - 1
    return [Tile(*run) for run in zip(at[first].tolist(), other[first].tolist(), lengths.tolist(), strict=True)]


def _matches(left: Hashes, right: Hashes) -> tuple[Numbers, Numbers]:
    """All pairs of places with the same number; of a number that the left text repeats, the first ``_SEEN`` places."""
    order = np.argsort(left, kind="stable")
    ranked = left[order]
    low = np.searchsorted(ranked, right, side="left")
    count = np.minimum(np.searchsorted(ranked, right, side="right") - low, _SEEN)
    other = np.repeat(np.arange(len(right)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return order[np.repeat(low, count) + within], other


def _laid(runs: Iterable[Tile], left_size: int, right_size: int) -> Iterator[Tile]:
    """The tiles: the longest runs first, and of each run the longest part that no earlier tile covers."""
    taken_left, taken_right = np.zeros(left_size, bool), np.zeros(right_size, bool)
    for run in sorted(runs, key=lambda run: (-run.words, run.right, run.left)):
        left = slice(run.left, run.left + run.words)
        right = slice(run.right, run.right + run.words)
        free = ~(taken_left[left] | taken_right[right])
        if not free.all():
            run = _longest(run, free)  # noqa: PLW2901 - the run, as far as it is free
            left = slice(run.left, run.left + run.words)
            right = slice(run.right, run.right + run.words)
        if run.words >= min(_TILE, left_size, right_size):
            taken_left[left] = taken_right[right] = True
            yield run


def _longest(run: Tile, free: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Tile:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False]))))
    if not len(edges):
        return Tile(run.left, run.right, 0)
    starts, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - starts))
    start = int(starts[best])
    return Tile(run.left + start, run.right + start, int(ends[best]) - start)


def _chains(tiles: Iterable[Tile]) -> Iterator[tuple[Tile, ...]]:
    """Tiles in the order of the right text, cut where the next one is not near in both texts."""
    chain: list[Tile] = []
    for tile in tiles:
        if chain and not _near(chain[-1], tile):
            yield tuple(chain)
            chain = []
        chain.append(tile)
    if chain:
        yield tuple(chain)


def _near(tile: Tile, following: Tile) -> bool:
    left = following.left - (tile.left + tile.words)
    right = following.right - (tile.right + tile.words)
    return 0 <= left <= _GAP and 0 <= right <= _GAP


def _stretch(chain: tuple[Tile, ...], left: Words, right: Words) -> Stretch:
    first, last = chain[0], chain[-1]
    return Stretch(
        tiles=chain,
        left_start=int(left.starts[first.left]),
        left_end=int(left.ends[last.left + last.words - 1]),
        right_start=int(right.starts[first.right]),
        right_end=int(right.ends[last.right + last.words - 1]),
    )
