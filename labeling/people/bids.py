"""The bids of readers for stories: a number for each pair, drawn by a hash and weighted by the reader's share. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    import numpy.typing as npt

    Hashes: TypeAlias = npt.NDArray[np.uint64]
    Bids: TypeAlias = npt.NDArray[np.float64]

_SMALLEST = 1e-12  # of all shares; a smaller one bids as if it were that
_LAST = 1e30  # more than any bid


def compute_bids(
    stories: Sequence[tuple[str, str | None]], readers: Sequence[str], portions: Mapping[str, Fraction], salt: str
) -> Bids:
    """The bid of each reader for each story: the least wins. A reader of twice the share wins twice as often.

    Args:
        stories: In the rows of the result; with each the reader, if any, who comes last whatever they bid.
        readers: In its columns.
        portions: What part of everything is each reader's.
        salt: Another one, other bids.
    """
    mixed = _mix(_hash_all(f"{salt}\n{story}" for story, _ in stories)[:, None] ^ _hash_all(readers)[None, :])
    # 53 bits, as many as a number has; never 0 or 1.
    drawn = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    weights = np.array([max(float(portions[reader]), _SMALLEST) for reader in readers])
    bids: Bids = -np.log(drawn) / weights
    places = {reader: place for place, reader in enumerate(readers)}
    for number, (_, last) in enumerate(stories):
        if last in places:
            bids[number, places[last]] += _LAST
    return bids


def rank_bids(bids: Bids) -> Iterator[tuple[int, list[int]]]:
    """Each row with its columns, the best bid first; rows in the order of their best bids."""
    ranks = np.argsort(bids, axis=1, kind="stable").tolist()
    return ((row, ranks[row]) for row in np.argsort(bids.min(axis=1), kind="stable").tolist())


def _hash_all(names: Iterable[str]) -> Hashes:
    digests = b"".join(sha256(name.encode("utf-8", "surrogatepass")).digest()[:8] for name in names)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _mix(numbers: Hashes) -> Hashes:
    """Spread each number over all 64 bits, so that two that differ in one bit have nothing in common (splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
