"""How far a command is, told to whoever looks on: a terminal's bar, or nobody.

Front doors and the reading of files tell it; what is told changes nothing that is written.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What is done, how much of it, and of how much.
Watcher: TypeAlias = "Callable[[str, int, int], None]"
_Item = TypeVar("_Item")

_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
# What tells its own progress; files that are read meanwhile are a part of it.
_ACTIVE: ContextVar[str] = ContextVar("active", default="")
_EVERY = 64


@contextmanager
def watch_progress(watcher: Watcher) -> Iterator[None]:
    """Have ``watcher`` called with what is done, how much and of how much, in this thread, while the block runs."""
    before = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(before)


def is_watched() -> bool:
    """Whether somebody looks on, and nothing else tells its progress now."""
    return _WATCHER.get() is not None and not _ACTIVE.get()


def mark_progress(what: str, done: int, total: int) -> None:
    """Tell whoever looks on that so many parts of the work are done, unless a part of it is telling."""
    watcher = _WATCHER.get()
    if watcher is not None and not _ACTIVE.get():
        watcher(what, done, total)


def track_items(what: str, items: Iterable[_Item], total: int) -> Iterable[_Item]:
    """The same items, each told when it was taken; as they are where nobody looks on.

    >>> told = []
    >>> with watch_progress(lambda *words: told.append(words)):
    ...     [item for item in track_items("counting", "ab", 2)]
    ['a', 'b']
    >>> told[-1]
    ('counting', 2, 2)
    """
    return _track(what, ((item, 1) for item in items), total) if is_watched() else items


def track_lines(what: str, lines: Iterable[bytes], size: int) -> Iterable[bytes]:
    """The lines of a file of so many bytes, told by the bytes that were read."""
    return _track(what, ((line, len(line)) for line in lines), size, _EVERY) if is_watched() else lines


def _track(what: str, items: Iterable[tuple[_Item, int]], total: int, every: int = 1) -> Iterator[_Item]:
    watcher, done = _WATCHER.get(), 0
    if watcher is None or _ACTIVE.get():
        # Somebody else has begun to tell since.
        yield from (item for item, _ in items)
        return
    _ACTIVE.set(what)
    try:
        for number, (item, weight) in enumerate(items):
            yield item
            done += weight
            if not number % every:
                watcher(what, done, total)
        watcher(what, done, total)
    finally:
        _ACTIVE.set("")
