"""Which two spans of a text may be related, and by what signs that is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.training.tagger.relation_signs import (
    MarkedSpan,
    Reach,
    SpannedText,
    classify_distance,
    fold_word,
    list_signs,
    measure_reach,
    order_spans,
    pair_near_spans,
)

WORDS = ("ana", "met", "bo", "lund", "of", "nasa", "in", "oslo", ".", "cy", "left", "0")
ANA, BO, NASA, OSLO, CY = (
    MarkedSpan(0, 1, "PERSON"),
    MarkedSpan(2, 4, "PERSON"),
    MarkedSpan(5, 6, "FIRM"),
    MarkedSpan(7, 8, "CITY"),
    MarkedSpan(9, 10, "PERSON"),
)
TEXT = SpannedText(WORDS, (0,) * 9 + (1,) * 3, (ANA, BO, NASA, OSLO, CY))
MARKED_SPANS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 6), st.sampled_from("AB")).map(
        lambda drawn: MarkedSpan(drawn[0], min(12, drawn[0] + drawn[1]), drawn[2])
    ),
    max_size=8,
)


def test_pairs_are_those_within_the_reach() -> None:
    """By sentences and by the tokens between the two, the earlier span first."""
    assert list(pair_near_spans(TEXT, Reach(0, 1))) == [(0, 1), (1, 2), (2, 3)]
    assert list(pair_near_spans(TEXT, Reach(0, 9))) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert (3, 4) in set(pair_near_spans(TEXT, Reach(1, 1)))


@given(MARKED_SPANS, st.integers(0, 1), st.integers(0, 12))
def test_pairs_are_found_as_by_trying_all(spans: list[MarkedSpan], sentences: int, tokens: int) -> None:
    """Stopping at the first span that is too far leaves none out."""
    ordered = tuple(spans[number] for number in order_spans(spans))
    text = SpannedText(WORDS, TEXT.sentences, ordered)
    near = [
        (first, second)
        for second, other in enumerate(ordered)
        for first, span in enumerate(ordered[:second])
        if text.sentences[other.start] - text.sentences[span.start] <= sentences and other.start - span.end <= tokens
    ]
    assert sorted(pair_near_spans(text, Reach(sentences, tokens))) == sorted(near)


@given(MARKED_SPANS)
def test_every_pair_has_signs_of_its_own_once(spans: list[MarkedSpan]) -> None:
    """Also of spans that overlap, at either end of the text; the same again when asked again."""
    text = SpannedText(WORDS, TEXT.sentences, tuple(spans[number] for number in order_spans(spans)))
    for pair in pair_near_spans(text, Reach(1, 12)):
        signs = list_signs(text, *pair)
        assert len(signs) == len(set(signs)) > 0
        assert signs == list_signs(text, *pair)


def test_signs_name_what_lies_between_by_its_label() -> None:
    """A name between two spans is not a sign, its label is."""
    signs = list_signs(TEXT, 0, 3)

    assert "between=[PERSON]" in signs
    assert "between=[FIRM]" in signs
    assert "two=met [PERSON]" in signs
    assert not any("lund" in sign or "nasa" in sign for sign in signs)


def test_signs_tell_a_short_phrase_and_the_words_around() -> None:
    """Of ``Bo Lund of NASA in``: by itself, and with both labels."""
    signs = set(list_signs(TEXT, 1, 2))

    assert {"phrase=of", "phrase=of|PERSON>FIRM", "labels=PERSON>FIRM", "names=lund nasa"} <= signs
    assert {"before=met", "after=in", "distance=1", "spans=0"} <= signs


def test_order_matters_to_labels() -> None:
    """A company after a person is another pair than a person after a company."""
    turned = SpannedText(WORDS, TEXT.sentences, (ANA, MarkedSpan(2, 4, "FIRM"), MarkedSpan(5, 6, "PERSON")))

    assert "labels=FIRM>PERSON" in list_signs(turned, 1, 2)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 0), (4, 4), (5, 5), (7, 5), (8, 6), (9, 6), (10, 7), (14, 7), (15, 8), (10_000, 11)]
)
def test_distances_are_classed_ever_more_coarsely(count: int, expected: int) -> None:
    """Two classes for each doubling from five on: 5 to 7, 8 and 9, 10 to 14."""
    assert classify_distance(count) == expected


def test_words_are_folded() -> None:
    """Capitals and numbers do not tell what relation it is."""
    assert [fold_word(word) for word in ("Talks", "2,000", "x-15", "Ölpreis")] == ["talks", "0", "0", "ölpreis"]


def test_reach_holds_nearly_all_related_pairs() -> None:
    """One in twenty may be farther; of no pair it is nothing."""
    assert measure_reach([(TEXT, 0, 1)] * 19 + [(TEXT, 0, 4)]) == Reach(0, 1)
    assert measure_reach([(TEXT, 0, 1)] * 18 + [(TEXT, 3, 4)] * 2) == Reach(1, 1)
    assert measure_reach([]) == Reach(0, 0)
