"""Two texts side by side: which stretches of words they share, exactly or lightly edited, to the character.

Tiles (``labeling.passages.tiling``) that follow each other within 8 words in both texts make one stretch: what lies
between them was edited. A stretch counts when one of its tiles is a run that joins.

Let a run of 12 words join. Two texts share 9 words, then the one adds a word, then they share 13 more: two tiles, one
stretch of 22 words. Were the second tile of 4 words, neither would join, and nothing would be shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from labeling.passages.tiling import Tiles, lay_tiles
from labeling.passages.words import stream_of_words

if TYPE_CHECKING:
    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Stream, Words

_GAP = 8  # words that may lie between two tiles of a stretch, in either text


class Tile(NamedTuple):
    """A run of ``words`` words that begins at word ``left`` of the one text and at word ``right`` of the other."""

    left: int
    right: int
    words: int


@dataclass(frozen=True)
class Stretch:
    """A passage of two texts: its tiles in order, and where it is in both, as half-open intervals of code points."""

    tiles: tuple[Tile, ...]
    left_start: int
    left_end: int
    right_start: int
    right_end: int

    @property
    def words(self) -> int:
        """How many words are in both texts."""
        return sum(tile.words for tile in self.tiles)


@dataclass(frozen=True)
class Stretches:
    """The passages of many pairs of texts, one an entry of arrays of one length; as ``Stretch`` has them.

    Stretch ``i`` belongs to the pair ``pair[i]`` and has the tiles ``first[i]`` to ``last[i]``, the last included.
    """

    tiles: Tiles
    first: Numbers
    last: Numbers
    pair: Numbers
    left_start: Numbers
    left_end: Numbers
    right_start: Numbers
    right_end: Numbers
    words: Numbers


def align_words(left: Words, right: Words, words: int) -> list[Stretch]:
    """The stretches that two texts share, in the order of the right one; as ``align_streams`` for one pair."""
    found = align_streams(stream_of_words(left), stream_of_words(right), words)
    laid = [*map(Tile, found.tiles.left.tolist(), found.tiles.right.tolist(), found.tiles.words.tolist())]
    chains = [
        tuple(laid[first : last + 1]) for first, last in zip(found.first.tolist(), found.last.tolist(), strict=True)
    ]
    ends = (found.left_start, found.left_end, found.right_start, found.right_end)
    return [*map(Stretch, chains, *(column.tolist() for column in ends))]


def align_streams(left: Stream, right: Stream, words: int) -> Stretches:
    """The stretches that the texts of each pair share, in the order of the right ones.

    Args:
        left: The words of the one text of each pair, as ``mask_boilerplate`` leaves them when some are boilerplate.
        right: The words of the other.
        words: A stretch must hold a run of so many words, or be all of both texts.
    """
    # A stretch is kept for its longest tile; ``least`` is less than ``words`` only where both texts are that short.
    laid = lay_tiles(left, right)
    first = np.flatnonzero(_stretch_starts(laid))
    least = np.minimum(words, np.maximum(left.lengths(), right.lengths()))[laid.pair[first]]
    kept = np.flatnonzero(np.maximum.reduceat(laid.words, first) >= least) if len(first) else first
    last = (np.append(first[1:], len(laid)) - 1)[kept]
    # Words of a stretch are those of its tiles, by differences of a running sum.
    sums, first = np.concatenate(([0], np.cumsum(laid.words))), first[kept]
    return Stretches(
        tiles=laid,
        first=first,
        last=last,
        pair=laid.pair[first],
        left_start=left.words.starts[laid.left[first]],
        left_end=left.words.ends[laid.left[last] + laid.words[last] - 1],
        right_start=right.words.starts[laid.right[first]],
        right_end=right.words.ends[laid.right[last] + laid.words[last] - 1],
        words=sums[last + 1] - sums[first],
    )


def _stretch_starts(laid: Tiles) -> npt.NDArray[np.bool_]:
    """Whether each tile begins a stretch, since it is not near the one before it in both texts of its pair."""
    begins = np.ones(len(laid), bool)
    near = laid.pair[1:] == laid.pair[:-1]
    for starts in (laid.left, laid.right):
        between = starts[1:] - (starts + laid.words)[:-1]
        near &= (between >= 0) & (between <= _GAP)
    begins[1:] = ~near
    return begins
