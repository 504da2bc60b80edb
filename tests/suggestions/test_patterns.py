"""Patterns match what spaCy's matcher matches on whole texts, though only stretches are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from labeling.suggestions.pattern_steps import PatternStep, find_stretches
from labeling.suggestions.pattern_tokens import PatternTokens
from labeling.suggestions.patterns import compile_pattern
from labeling.suggestions.phrases import PhraseTable
from labeling.suggestions.token_row import RowSpan, TokenRow, keep_longest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NLP = spacy.blank("en")
TOKENS = PatternTokens(NLP.vocab)

# Lists, expressions, labels, what depends on the place, and odd spellings that spaCy takes as well.
SPECS: list[dict[str, Any]] = [
    {},
    {"TEXT": "a"},
    {"TEXT": {"IN": ["A", "b"]}},
    {"LOWER": {"IN": ["a", "b"]}},
    {"lower": "b"},
    {"ORTH": {"in": ["B", "cc"]}},
    {"TEXT": {"REGEX": "^[A-Z]"}},
    {"TEXT": {"REGEX": "^[a-z]"}, "LOWER": {"NOT_IN": ["b"]}, "ENT_TYPE": ""},
    {"IS_TITLE": True},
    {"LENGTH": {">=": 2}},
    {"NORM": "a"},
    {"SPACY": False},
    {"IS_SENT_START": True},
    {"ENT_TYPE": "X"},
    {"ENT_TYPE": {"IN": ["", "Y"]}},
    {"ENT_TYPE": {"NOT_IN": ["X"]}},
    {"ENT_TYPE": "Y", "TEXT": {"IN": ["b", "cc"]}},
]
REPEATS = ("", "?", "*", "+", "!", "{2}", "{1,2}", "{,2}", "{2,}")


@st.composite
def parts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A pattern of up to five tokens, some of them optional or repeated."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(SPECS), st.sampled_from(REPEATS)), min_size=1, max_size=5))
    repeated = [{draw(st.sampled_from(["OP", "op"])): repeat} if repeat else {} for _, repeat in drawn]
    return [{**spec, **repeat} for (spec, _), repeat in zip(drawn, repeated, strict=True)]


@st.composite
def docs(draw: st.DrawFn) -> Doc:
    """A few words, with blanks after some of them, and entities on some."""
    words = draw(st.lists(st.sampled_from(["a", "A", "b", "B", "cc"]), max_size=14))
    doc = Doc(NLP.vocab, words=words, spaces=[draw(st.booleans()) for _ in words])
    doc.ents = [
        Span(doc, at, at + 1, label=label)
        for at, label in enumerate(draw(st.sampled_from(["", "X", "Y"])) for _ in words)
        if label
    ]
    return doc


def whole(doc: Doc, pattern: list[dict[str, Any]], marked: range) -> Iterator[tuple[int, int]]:
    """The bracketed parts of what spaCy's matcher finds in the whole doc."""
    matcher = Matcher(NLP.vocab)
    matcher.add("it", [pattern], greedy="LONGEST")
    for _, start, _, places in matcher(doc, with_alignments=True):  # type: ignore[misc]
        inside = [start + at for at, place in enumerate(places) if place in marked]
        if inside:
            yield inside[0], inside[-1] + 1


@given(docs(), parts(), st.integers(0, 2), st.integers(1, 5))
def test_patterns_find_what_the_matcher_finds_in_whole_texts(
    doc: Doc, pattern: list[dict[str, Any]], first: int, length: int
) -> None:
    """Whatever the pattern: the same spans as when spaCy's matcher is given the whole text."""
    marked = range(first, first + length)
    made = compile_pattern(pattern, marked, TOKENS)
    row = TokenRow([doc])
    fitting = TOKENS.filter_by_label(TOKENS.places(row), row)

    assert sorted(made.spans(row, fitting)) == sorted(whole(doc, pattern, marked))


@given(st.lists(docs(), min_size=1, max_size=4), parts(), st.integers(0, 2), st.integers(1, 5))
def test_texts_in_a_row_are_matched_as_each_alone(
    texts: list[Doc], pattern: list[dict[str, Any]], first: int, length: int
) -> None:
    """No match goes from one text to the next, and none is lost, though all are looked at together."""
    marked = range(first, first + length)
    made = compile_pattern(pattern, marked, TOKENS)
    row = TokenRow(texts)
    alone = {
        (base + start, base + end)
        for base, doc in zip(row.firsts, texts, strict=True)
        for start, end in whole(doc, pattern, marked)
    }

    assert {*made.spans(row, TOKENS.filter_by_label(TOKENS.places(row), row))} == alone


@given(
    st.lists(docs(), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["X", "Y"]), st.lists(st.sampled_from(["a", "A b", "a b", "B B", "cc a", "b"]))),
    st.booleans(),
)
def test_phrases_are_found_where_the_phrase_matcher_finds_them(
    texts: list[Doc],
    phrases: dict[str, list[str]],
    any_case: bool,  # noqa: FBT001 - drawn
) -> None:
    """As they are or in small letters, in each text of a row; of two labels on the same words spaCy's first is kept."""
    tokens = PatternTokens(NLP.vocab)
    table = PhraseTable(NLP, phrases, tokens, any_case=any_case)
    row = TokenRow(texts)
    matcher = PhraseMatcher(NLP.vocab, attr="LOWER" if any_case else "ORTH")
    for label, words in phrases.items():
        matcher.add(label, [NLP.make_doc(each) for each in words])

    found = list(table.find(row, tokens.places(row)))

    for base, doc in zip(row.firsts, texts, strict=True):
        theirs = matcher(doc, as_spans=True)
        own = range(base, base + len(doc))
        ours = [RowSpan(start - base, end - base, label) for start, end, label in found if start in own]
        assert {*ours} == {RowSpan(each.start, each.end, each.label_) for each in theirs}
        assert keep_longest(ours) == [RowSpan(each.start, each.end, each.label_) for each in filter_spans(theirs)]


def bits(*places: int) -> int:
    """The number with these bits set."""
    return sum(1 << place for place in places)


ONE, MAYBE, SOME, ANY = (False, False), (True, False), (False, True), (True, True)


@pytest.mark.parametrize(
    ("steps", "fitting", "found"),
    [
        ([ONE], [bits(1, 2, 5)], [(1, 3), (5, 6)]),
        ([ONE, ONE], [bits(0, 3), bits(1, 5)], [(0, 2)]),
        ([ONE, ONE], [bits(0, 3), bits(2, 5)], []),
        ([ONE, SOME], [bits(0, 5), bits(1, 2, 3, 7)], [(0, 4)]),
        ([ANY, ONE], [bits(0, 1, 2, 5, 6), bits(3)], [(0, 4)]),
        ([MAYBE, ONE], [bits(2, 4), bits(3, 7)], [(2, 5), (7, 8)]),
        ([ANY], [0], []),
    ],
)
def test_stretches_are_where_a_pattern_can_match(
    steps: Sequence[tuple[bool, bool]], fitting: list[int], found: list[tuple[int, int]]
) -> None:
    """In eight tokens, worked out by hand; places from which nothing leads to the end are left out."""
    numbered = [PatternStep(number, *step) for number, step in enumerate(steps)]

    assert list(find_stretches(numbered, fitting, 8)) == found


def test_stretches_are_found_in_one_pass() -> None:
    """A million tokens, of which every third fits; shifting numbers of that length from one to the next takes hours."""
    length = 1_000_000
    fits = int("001" * (length // 3), 2)

    assert sum(1 for _ in find_stretches([PatternStep(0, *ONE)], [fits], length)) == length // 3
