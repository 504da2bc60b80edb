"""Our work and the server's at the same time: the network on the main thread, where Ctrl-C ends it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, none of them None; while one is in use, the next is being made on another thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item


def behind(items: Iterable[Item], work: Callable[[Item], None]) -> None:
    """Do ``work`` on every item, in order, on another thread, while the next one comes; what it raises is raised."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as worker:
        done = worker.submit(lambda: None)
        for item in items:
            done.result()
            done = worker.submit(work, item)
        done.result()
