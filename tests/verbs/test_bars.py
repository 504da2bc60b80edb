"""The moving line at a terminal: with the time left, apart from what is printed, and nowhere else."""

from __future__ import annotations

import io
import re
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import made
import pytest

from labeling.articles import Article
from labeling.verbs import bars
from labeling.verbs.bars import Course, clear_bar, end_bar, open_log, show_bar, update_bar
from labeling.workspace.progress_watch import is_watched, mark_progress, track_items, track_lines, watch_progress
from labeling.workspace.storage import read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Terminal(io.StringIO):
    """What somebody would look at."""

    def isatty(self) -> bool:
        """It is one."""
        return True

    @property
    def shown(self) -> str:
        """All that was written, without the signs that move the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


@contextmanager
def at_terminal() -> Iterator[Terminal]:
    """Stderr at a terminal, and bars that come at once; not a fixture, for pytest sets stderr anew for each test."""
    with pytest.MonkeyPatch.context() as patch, Terminal() as terminal:
        patch.setattr(sys, "stderr", terminal)
        patch.setattr(bars, "_DELAY", 0.01)
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "100")
        yield terminal


def wait_for(terminal: Terminal, what: str) -> bool:
    """Whether it is shown within some seconds."""
    end = time.monotonic() + 10
    while what not in terminal.shown and time.monotonic() < end:
        time.sleep(0.02)
    return what in terminal.shown


def test_the_time_left_is_what_it_took_for_what_is_to_be_done() -> None:
    """25 of 100 in 10 seconds: 30 more, of which two have passed. Nothing is foretold from nothing."""
    assert Course("a", since=0.0, base=0, last=10.0, done=25, total=100).seconds_left(12.0) == 30 - 2
    # It came in when 20 were done: 5 in 10 seconds.
    assert Course("a", since=0.0, base=20, last=10.0, done=25, total=100).seconds_left(10.0) == 75 * 2
    assert Course("a", since=0.0).seconds_left(10.0) is None
    assert Course("a", since=0.0, base=5, last=0.0, done=5, total=9).seconds_left(10.0) is None
    assert Course("a", since=0.0, base=0, last=1.0, done=1, total=2).seconds_left(10.0) == 0


def test_a_bar_shows_what_is_done_and_the_time_left() -> None:
    """And is gone at the end."""
    with at_terminal() as terminal, show_bar("count"):
        update_bar("counting [/bold] sheep", 1, 400)
        time.sleep(0.02)
        update_bar("counting [/bold] sheep", 100, 400)
        assert wait_for(terminal, "counting [/bold] sheep")
        assert wait_for(terminal, " left")
        assert wait_for(terminal, "25%")
        end_bar()
        before = terminal.getvalue()
        time.sleep(0.2)
        assert terminal.getvalue() == before


def test_a_bar_makes_room_for_what_is_printed() -> None:
    """It is taken away first, and comes again."""
    with at_terminal() as terminal, show_bar("work"):
        assert wait_for(terminal, "work")
        open_log().write("a line of a log\n")
        assert "\x1b[2K" in terminal.getvalue()
        length = len(terminal.shown)
        end = time.monotonic() + 10
        while len(terminal.shown) <= length and time.monotonic() < end:
            time.sleep(0.02)
        assert "work" in terminal.shown[length:]
        assert "a line of a log\n" in terminal.shown


def test_an_ended_bar_stays_away() -> None:
    """Whatever is told to it later."""
    with at_terminal() as terminal, show_bar("work"):
        end_bar()
        update_bar("work", 1, 2)
        clear_bar(err=True)
        time.sleep(0.2)
        assert terminal.getvalue() == ""


def test_nothing_is_shown_where_nobody_looks_on(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe or a log; and nothing is counted."""
    with show_bar("work"):
        assert not is_watched()
        update_bar("work", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_not_a_terminal(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `2>&-`: the command does its work."""
    monkeypatch.setattr(sys, stream, None)
    with show_bar("work"):
        clear_bar(err=stream == "stderr")


def test_what_is_read_is_told_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are the same; a file that is read within another's rows does not tell."""
    monkeypatch.setattr("labeling.workspace.storage._WORTH_WATCHING", 10)
    articles = [made.article(f"a{number}", "word " * 50) for number in range(300)]
    write_rows(tmp_path / "articles.jsonl", articles)
    write_rows(tmp_path / "others.jsonl", articles[:80])
    told: list[tuple[str, int, int]] = []

    with watch_progress(lambda *words: told.append(words)):
        read = []
        for number, row in enumerate(read_rows(tmp_path / "articles.jsonl", Article)):
            if not number:
                assert len([*read_rows(tmp_path / "others.jsonl", Article)]) == 80
                mark_progress("within", 1, 2)
            read.append(row)

    assert read == articles
    size = (tmp_path / "articles.jsonl").stat().st_size
    assert {what for what, _, _ in told} == {"articles.jsonl"}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1] == ("articles.jsonl", size, size)
    assert len(told) < 20


def test_reading_that_is_broken_off_lets_others_tell() -> None:
    """The first rows of a file, and no more."""
    told: list[tuple[str, int, int]] = []
    with watch_progress(lambda *words: told.append(words)):
        rows = iter(track_lines("a", [b"1\n", b"2\n"], 4))
        assert next(rows) == b"1\n"
        del rows
        assert [*track_items("b", "xy", 2)] == ["x", "y"]
    assert told[-1] == ("b", 2, 2)
    assert [*track_items("c", "xy", 2)] == ["x", "y"]
    assert told[-1] == ("b", 2, 2)
