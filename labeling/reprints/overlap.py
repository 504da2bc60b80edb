"""Which articles share passages, and how much: read off the passages, without aligning any texts.

A passage is in the fullest article that has it and in others, each aligned with that one. Two others share what
overlaps in the fullest. A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.workspace.rows.passage import Passage


class _SharedPlace(NamedTuple):
    """What an article has of the fullest one's text: a half-open interval of code points of that text."""

    article: str
    start: int
    end: int


def count_shared(
    passages: Iterable[Passage], ones: Collection[str], others: Collection[str]
) -> dict[str, Counter[str]]:
    """How many code points each of ``ones`` shares with each of ``others``, of those that share any.

    Boilerplate does not count. A passage of the fullest article, 0 to 96, is in a reprint; another one, 0 to 60, is in
    a third article: the reprint shares 96 code points with the fullest and 60 with the third article.

    The work grows with the pairs that share a passage, so one side had better be small: what people have annotated.
    """
    shared: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for places in _places_by_fullest(passages):
        left = [place for place in places if place.article in ones]
        right = [place for place in places if place.article in others]
        # Shared is the intersection of two half-open intervals.
        for one in left:
            for other in right:
                common = min(one.end, other.end) - max(one.start, other.start)
                if common > 0 and one.article != other.article:
                    shared[one.article][other.article] += common
    return dict(shared)


def _places_by_fullest(passages: Iterable[Passage]) -> Iterable[set[_SharedPlace]]:
    """For each article that is the fullest of a passage, which articles have what of it: it has all of it itself."""
    held: defaultdict[str, set[_SharedPlace]] = defaultdict(set)
    for passage in passages:
        if passage.kind == "reprint":
            fullest, *rest = passage.places
            held[fullest.article] |= {_SharedPlace(place.article, fullest.start, fullest.end) for place in rest}
    # The fullest has all of its own text up to where the last passage ends.
    for name, places in held.items():
        places.add(_SharedPlace(name, 0, max(place.end for place in places)))
    return held.values()
