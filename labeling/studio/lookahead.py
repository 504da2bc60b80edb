"""Our work and the server's at the same time, so that neither waits for the other."""

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


def at_once(number: int, calls: Iterable[Callable[[], Item]]) -> Iterator[Item]:
    """What these calls return, in their order; so many of them are under way while one answer is in use."""
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    coming = deque[Future[Item]]()
    with ThreadPoolExecutor(number) as callers:
        for call in calls:
            coming.append(callers.submit(call))
            if len(coming) > number:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
