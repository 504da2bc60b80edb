"""Batches: how much goes to the server in one request. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BatchItem = TypeVar("BatchItem")


def split_batches(
    items: Iterable[BatchItem], size: Callable[[BatchItem], int], most: int, most_size: int
) -> Iterator[list[BatchItem]]:
    """Cut ``items`` into runs of at most ``most`` of them and ``most_size`` in all; one that is larger goes alone.

    Items of the sizes 2, 2, 3, 9, 1, at most three and 5 in all, become [2, 2], [3], [9], [1].
    """
    batch: list[BatchItem] = []
    total = 0
    for item in items:
        this = size(item)
        # An item that is too large by itself goes alone, for it cannot be cut.
        if batch and (len(batch) == most or total + this > most_size):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += this
    if batch:
        yield batch
