"""What every room says of stretches and of the words in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import fold_words, overlaps, surface_of

ENDS = st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))


@given(one=ENDS, other=ENDS)
def test_overlap_is_a_code_point_in_common(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Half-open intervals overlap when, and only when, their code points do; the order of the two does not matter."""
    common = set(range(*one)) & set(range(*other))

    assert overlaps(*one, *other) == overlaps(*other, *one) == bool(common)


def test_surface_ignores_case_and_blanks() -> None:
    """A name in capitals, or broken over two lines, has the surface of the name; another label has another."""
    assert surface_of("A", "UNITED\n  Kingdom") == surface_of("A", "United Kingdom") == ("A", "united kingdom")
    assert surface_of("B", "United Kingdom") != surface_of("A", "United Kingdom")


@given(st.text())
def test_folding_is_idempotent(words: str) -> None:
    """Words that were folded stay as they are."""
    assert fold_words(fold_words(words)) == fold_words(words)
