"""One moving line at a terminal on how far a command is, with the time left; nothing where nobody looks on."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TextIO, cast

from labeling.workspace.progress_watch import watch_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, ProgressColumn, Task, TaskID

_DELAY = 1.5  # seconds before anything is shown


@dataclass
class Course:
    """How work goes: ``base`` was done at ``since``, and ``done`` of ``total`` at ``last``; in seconds."""

    what: str
    since: float
    base: int = 0
    last: float = 0.0
    done: int = 0
    total: int = 0

    def seconds_left(self, now: float) -> float | None:
        """The time left if it goes on as it went; None before anything was done.

        >>> Course("reading", since=0.0, base=0, last=10.0, done=25, total=100).seconds_left(12.0)
        28.0
        """
        if self.done <= self.base or self.last <= self.since:
            return None
        seconds_each = (self.last - self.since) / (self.done - self.base)
        return max(0.0, (self.total - self.done) * seconds_each - (now - self.last))


class Bar:
    """It comes when the command has taken a moment, goes before anything is printed, and comes again a moment later."""

    def __init__(self, verb: str) -> None:
        """Wait for the moment; ``verb`` is shown while nothing else is told."""
        self._verb, self._began = verb, time.monotonic()
        self._course = Course(verb, self._began)
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._wait()

    def update(self, what: str, done: int, total: int) -> None:
        """Show that so much is done."""
        if done >= total:
            # What comes after it tells nothing yet.
            what, done, total = self._verb, 0, 0
        now, course = time.monotonic(), self._course
        with self._lock:
            if (course.what, course.total) != (what, total):
                self._course = Course(what, now, done, now, done, total)
            elif done > course.done:
                course.done, course.last = done, now
            if self._live is not None and self._task is not None:
                self._live.update(self._task, description=what, completed=done, total=total or None)

    def clear(self) -> None:
        """Make room for what is printed; the bar comes again a moment later."""
        with self._lock:
            if self._live is not None:
                self._hide()
                self._wait()

    def end(self) -> None:
        """Show nothing any more."""
        with self._lock:
            self._hide()

    def tell_time(self) -> str:
        """The time left, as far as it can be told; else the time that the command has taken."""
        # Without the lock: who draws the bar is waited for by whoever has it.
        now = time.monotonic()
        left = self._course.seconds_left(now)
        seconds = timedelta(seconds=round(now - self._began if left is None else left))
        return f"{seconds}" if left is None else f"{seconds} left"

    def _wait(self) -> None:
        self._timer = threading.Timer(_DELAY, self._show)
        self._timer.daemon = True
        self._timer.start()

    def _hide(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self) -> None:
        columns = _make_columns(self.tell_time)
        with self._lock:
            if threading.current_thread() is not self._timer:
                # It was ended, or began anew, while this waited for the lock.
                return
            course = self._course
            self._live = _make_progress(columns)
            self._task = self._live.add_task(course.what, total=course.total or None, completed=course.done)
            self._live.start()


def _make_columns(tell_time: Callable[[], str]) -> tuple[ProgressColumn, ...]:
    # Loaded here: most commands are done before.
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TaskProgressColumn, TextColumn
    from rich.text import Text

    class Times(ProgressColumn):
        def render(self, _task: Task) -> Text:
            return Text(tell_time())

    # What is done may be the name of a file: no markup.
    return SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), Times()


def _make_progress(columns: tuple[ProgressColumn, ...]) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True)


def _is_terminal(stream: TextIO | None) -> bool:
    # Somebody may have closed it: then it is None.
    return stream is not None and stream.isatty()


_shown: list[Bar] = []


@contextmanager
def show_bar(what: str) -> Iterator[None]:
    """Show how far the command is, at a terminal only."""
    if not _is_terminal(sys.stderr):
        yield
        return
    # The engine behind `cluster` has bars of its own, of its inner steps; somebody's own word goes first.
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    bar = Bar(what)
    _shown.append(bar)
    try:
        with watch_progress(bar.update):
            yield
    finally:
        _shown.remove(bar)
        bar.end()


def update_bar(what: str, done: int, total: int) -> None:
    """Show that so much is done, if there is a bar."""
    for bar in _shown:
        bar.update(what, done, total)


def clear_bar(*, err: bool) -> None:
    """Make room for what is printed, on stderr or on stdout, if that is at a terminal."""
    if _shown and _is_terminal(sys.stderr if err else sys.stdout):
        for bar in _shown:
            bar.clear()


def open_log() -> TextIO:
    """Stderr, for a log that is written while a bar is shown: the bar makes room for each piece."""
    return cast("TextIO", _Log()) if _shown else sys.stderr


class _Log(io.TextIOBase):
    def write(self, text: str, /) -> int:
        clear_bar(err=True)
        return sys.stderr.write(text)

    def isatty(self) -> bool:
        return sys.stderr.isatty()

    def flush(self) -> None:
        sys.stderr.flush()


def end_bar() -> None:
    """Show none for the rest of the command: what follows prints by itself, or waits for somebody."""
    for bar in _shown:
        bar.end()
