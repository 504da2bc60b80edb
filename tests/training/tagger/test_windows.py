"""Windows over the tokens of a long text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.training.tagger.windows import (
    NOTHING,
    PARAGRAPH,
    SENTENCE,
    TokenWindow,
    cut_windows,
    find_breaks,
)

BREAKS = st.lists(st.sampled_from([NOTHING, NOTHING, NOTHING, SENTENCE, PARAGRAPH]), max_size=80)


@given(BREAKS, st.integers(1, 20), st.integers(0, 9))
def test_each_token_is_a_windows_own_once(breaks: list[int], own: int, margin: int) -> None:
    """In order, at most so many in a window, and each window sees its margins as far as the text goes."""
    windows = cut_windows(breaks, own, margin)

    assert [token for each in windows for token in range(each.start, each.stop)] == list(range(len(breaks)))
    assert all(0 < each.stop - each.start <= own for each in windows)
    assert all(each.first == max(0, each.start - margin) for each in windows)
    assert all(each.last == min(len(breaks), each.stop + margin) for each in windows)


@given(BREAKS, st.integers(1, 20))
def test_a_window_ends_at_a_break_of_its_second_half(breaks: list[int], own: int) -> None:
    """At the last paragraph there, else the last sentence; between two others only where there is neither."""
    for window, following in pairwise(cut_windows(breaks, own, 0)):
        assert following.start == window.stop
        half = range(window.start + own // 2 + 1, window.start + own + 1)
        kinds = [breaks[token] for token in half if token < len(breaks)]
        assert breaks[window.stop] >= min(max(kinds), PARAGRAPH) or max(kinds) == NOTHING


def test_a_text_of_one_token_and_one_of_twenty_thousand() -> None:
    """One window; and as many as it takes. Nothing has none."""
    assert cut_windows([], 128, 24) == []
    assert cut_windows([PARAGRAPH], 128, 24) == [TokenWindow(0, 0, 1, 1)]
    # 20,000 tokens without a break, 100 a window.
    assert len(cut_windows([NOTHING] * 20_000, 100, 10)) == 200


def test_a_window_without_tokens_of_its_own_is_refused() -> None:
    """It would never end."""
    with pytest.raises(ValueError, match="0 tokens of its own"):
        cut_windows([NOTHING], 0, 1)


def test_a_paragraph_goes_before_a_later_sentence() -> None:
    """Of seven tokens the fifth begins a paragraph and the sixth a sentence: the cut is before the fifth."""
    breaks = [PARAGRAPH, NOTHING, NOTHING, NOTHING, PARAGRAPH, SENTENCE, NOTHING]

    assert cut_windows(breaks, 6, 1) == [TokenWindow(0, 0, 4, 5), TokenWindow(3, 4, 7, 7)]
    assert cut_windows([*breaks[:4], NOTHING, *breaks[5:]], 6, 1) == [TokenWindow(0, 0, 5, 6), TokenWindow(4, 5, 7, 7)]


def test_breaks_of_a_text() -> None:
    """A sentence begins after a sign that ends one and a blank, also behind a quote; a paragraph after a line end."""
    words = ["He", "said", '"', "Go", ".", '"', "Then", "No.", "5", "\n", "New", "a", ".", "b"]
    text = 'He said "Go." Then No. 5\nNew a.b'
    starts, ends, at = [], [], 0
    for word in words:
        if word != "\n":
            at = text.index(word, at)
            starts.append(at)
            ends.append(at + len(word))
            at += len(word)

    found = find_breaks(text, starts, ends)

    begins = {word: kind for word, kind in zip((w for w in words if w != "\n"), found, strict=True) if kind != NOTHING}
    assert begins == {"He": PARAGRAPH, "Then": SENTENCE, "New": PARAGRAPH}
