"""What `make faults` makes of the times of texts of odd signs: too much, and a traceback, break the promise."""

from __future__ import annotations

import pytest
from benchmarks.texts import MOST, TextRow
from faulty.broken import Broken
from faulty.odd_texts import play_odd_texts

ORDINARY = TextRow("suggest", "'('", 1.0, 1.0)


def played(monkeypatch: pytest.MonkeyPatch, *rows: TextRow) -> str:
    """The sentence for the page, where these are the rows."""
    monkeypatch.setattr("faulty.odd_texts.play_texts", lambda *_, **__: iter(rows))
    return " ".join(play_odd_texts().split())


def test_the_worst_text_and_what_was_refused_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """4.5 seconds where an ordinary text takes 1.5 are three times; an error of ours is a refusal."""
    told = played(
        monkeypatch,
        ORDINARY,
        TextRow("cluster", "'.'", 4.5, 1.5),
        TextRow("ingest csv", "'x'", 0.1, 0.1, "EmptyArticle: nothing"),
    )

    assert "3.0 times as long (`cluster`)" in told
    assert "1 verbs ended with a named error" in told


@pytest.mark.parametrize(
    "row",
    [
        TextRow("suggest", "'('", 5.1, 1.0),
        TextRow("suggest", "'('", 0.1, 1.0, "RecursionError: too deep"),
        TextRow("suggest", "'('", 0.1, 1.0, "Path: no error at all"),
    ],
)
def test_what_takes_too_long_or_ends_in_a_traceback_breaks_the_promise(
    monkeypatch: pytest.MonkeyPatch, row: TextRow
) -> None:
    """It is named with its verb and its text."""
    assert row.ratio > MOST or row.fault
    with pytest.raises(Broken, match=r"suggest on '\('"):
        played(monkeypatch, ORDINARY, row)
