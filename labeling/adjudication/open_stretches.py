"""The stretches of a text of which an annotation says nothing: the rest of what it was asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def rest_of(stretches: Iterable[tuple[int, int]], length: int) -> tuple[tuple[int, int], ...]:
    """What a text of ``length`` code points has besides some stretches of it.

    >>> rest_of([(0, 9), (5, 12)], 19)
    ((12, 19),)
    """
    rest, at = list[tuple[int, int]](), 0
    for start, end in (*sorted(stretches), (length, length)):
        if at < start:
            rest.append((at, start))
        at = max(at, end)
    return tuple(rest)


def shared_stretches(ones: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """What stretches have in common with others.

    >>> shared_stretches([(0, 9), (12, 19)], [(5, 14)])
    ((5, 9), (12, 14))
    """
    left, right = sorted(ones), sorted(others)
    both = set[tuple[int, int]]()
    at = 0
    for start, end in left:
        # What ends before this one begins is behind those that follow, too, unless a longer one was there first.
        while at < len(right) and right[at][1] <= start:
            at += 1
        number = at
        while number < len(right) and right[number][0] < end:
            first, last = right[number]
            both.add((max(start, first), min(end, last)))
            number += 1
    return tuple(sorted((start, end) for start, end in both if start < end))
