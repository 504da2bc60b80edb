"""What the network sees of a word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.training.tagger.windows import NOTHING, SENTENCE
from labeling.training.tagger.word_features import (
    CHARACTER_ROWS,
    describe_shapes,
    number_characters,
    number_vocabulary,
    number_words,
)


def test_a_word_is_found_as_written_or_in_small_letters() -> None:
    """Row 1 is that of a word the vectors do not have; the first word has row 2."""
    rows = number_vocabulary(["oslo", "US", "us"])

    assert number_words(["Oslo", "US", "Us", "Rome"], rows).tolist() == [2, 3, 4, 1]
    assert number_words([], rows).tolist() == []


def test_the_characters_of_a_word() -> None:
    """Eight from the front, the middle, eight to the end; a short word has all of them twice, and zeros beside them."""
    a, b = ord("a") + 2, ord("b") + 2

    assert number_characters(["ab"]).tolist() == [[a, b, *[0] * 6, 1, *[0] * 6, a, b]]
    assert number_characters(["a" * 20 + "b"]).tolist() == [[a] * 8 + [1] + [a] * 7 + [b]]


@given(st.lists(st.text(), max_size=5))
def test_no_character_has_a_row_that_is_not_there(words: list[str]) -> None:
    """Whatever its script: all that is beyond Latin shares a row."""
    numbers = number_characters(words)

    assert numbers.shape == (len(words), 17)
    assert not numbers.size or 0 <= numbers.min() <= numbers.max() < CHARACTER_ROWS


def test_the_shapes_of_words() -> None:
    """Small letters, capitals, a capital first, a digit, neither letter nor digit, begins a sentence."""
    words, breaks = ["Oslo", "UN", "x", "2nd", "..."], [SENTENCE, NOTHING, NOTHING, NOTHING, NOTHING]

    assert describe_shapes(words, breaks).astype(int).tolist() == [
        [0, 0, 1, 0, 0, 1],
        [0, 1, 1, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
    ]
    assert describe_shapes([], []).shape == (0, 6)
