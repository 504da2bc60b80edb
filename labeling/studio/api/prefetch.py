"""Our work and the server's at the same time, so that neither waits for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = TypeVar("Item")


def prefetch_items(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, none of them None; while one is in use, the next is being made on another thread."""
    from concurrent.futures import ThreadPoolExecutor

    # One thread: what makes the items is never asked for two at once.
    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item
