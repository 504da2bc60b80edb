"""Expected misses: names where a model found nothing, by how often such were spans in what people have read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.learning.expected_misses import MissRates, ReadText, expect_misses, learn_misses

TEXTS = st.text(alphabet="Ab C.d-E\n'", max_size=40)
PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda at: (at[0], at[0] + at[1])), max_size=6)


def test_misses_are_expected_as_often_as_they_were() -> None:
    """Of three names one was missed, so a new one is by 1/3, and one that was not missed the one time by less."""
    read = [
        ReadText("The Quad met Chad.", found=[(13, 17)], gold=[(4, 8), (13, 17)]),
        ReadText("It was odd. Quad it is.", found=[], gold=[]),
    ]
    rates = learn_misses(read)

    # `The Quad` is one name, `It` another.
    assert rates.met == {"the quad": 1, "it": 1, "quad": 1}
    assert rates.missed == {"the quad": 1, "it": 0, "quad": 0}
    assert rates.share == pytest.approx(1 / 3)
    # A new name by 1/3, and `it` by (0 + 2/3) / (1 + 2).
    assert expect_misses("Oslo, it, It", [], rates) == pytest.approx(1 / 3 + 2 / 9)


def test_what_the_model_found_was_not_missed() -> None:
    """A name of which it found a part is not counted; neither are words in small letters."""
    rates = MissRates({"a": 1}, {"a": 1}, 1.0)

    assert expect_misses("Foreign Minister of Chad said", [(8, 16)], rates) == pytest.approx(1)
    assert expect_misses("the minister said", [], rates) == 0


def test_nothing_is_expected_before_anything_was_read() -> None:
    """Without an article that people have read there is nothing to go by."""
    assert learn_misses([]) == MissRates()
    assert expect_misses("Oslo and Chad", [], MissRates()) == 0


@given(TEXTS, PLACES, PLACES, TEXTS)
def test_expected_misses_are_no_more_than_names(
    text: str, found: list[tuple[int, int]], gold: list[tuple[int, int]], other: str
) -> None:
    """From 0 to the number of words with a capital letter, and never more where more was found."""
    rates = learn_misses([ReadText(text, found, gold)])
    expected = expect_misses(other, [], rates)

    assert 0 <= rates.share <= 1
    assert 0 <= expected <= sum(sign.isupper() for sign in other)
    assert expect_misses(other, found, rates) <= expected + 1e-9


@pytest.mark.parametrize("text", ["A" * 20_000, "A " * 10_000, "A-" * 10_000, "'A" * 10_000, "\n" * 20_000])
def test_long_runs_are_read_once(text: str) -> None:
    """Texts of one sign, or of two in turn, have one name or few, and are read in no time."""
    assert expect_misses(text, [], MissRates({"x": 1}, {"x": 1}, 1.0)) <= 10_001
