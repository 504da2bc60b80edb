"""Letters: texts as UTF-8, and where their code points are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.passages.normalise import Texts, fold_text

TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=8)
SIZED = st.characters(categories=["Lu", "Ll", "Lo", "Mn", "So", "Zs", "Po"])  # of one to four bytes


@given(TEXTS, st.integers(0, 8), st.integers(0, 8))
def test_slice_of_texts_equals_slice_of_a_list(texts: list[str], first: int, end: int) -> None:
    """Any part of the texts, in the order given, and as many bytes as each has."""
    part = Texts.from_strings(texts)[first:end]

    assert part.tolist() == texts[first:end]
    assert len(part) == len(texts[first:end])
    assert part.sizes() == [len(text.encode()) for text in texts[first:end]]


@given(st.lists(st.text(SIZED, max_size=20), min_size=1, max_size=8))
def test_offsets_are_code_points(texts: list[str]) -> None:
    """There is one value for each code point, whatever bytes it takes; each text starts where Python has its start."""
    text = fold_text(*Texts.from_strings(texts).join())
    starts = [sum(len(each) + 1 for each in texts[:number]) for number in range(len(texts) + 1)]

    assert text.offsets.tolist() == starts
    assert len(text.value) == starts[-1]


def test_folding_drops_case_and_accents() -> None:
    """A break is 0; a letter that has no form in one byte keeps its own number."""
    text = fold_text(*Texts.from_strings(["\u00c9\u0142, \u0416"]).join())

    assert text.kind is None
    assert text.value.tolist() == [ord("e"), ord("\u0142"), 0, 0, ord("\u0436"), 0]
