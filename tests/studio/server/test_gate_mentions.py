"""Where else the words of a span stand, and which of these places are offered: without a server."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.studio.server.gate.labeling_gate.mentions import (
    MOST,
    choose_mentions,
    find_mentions,
    name_offered,
)


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Oslo, Oslo's, (Oslo), #Oslo; Oslofjord, Nord-Oslo.Oslo", "Oslo", ["Oslo"] * 6),
        ("😀 Oslo 🇲🇻Oslo", "Oslo", ["Oslo", "Oslo"]),
        ("oslo OSLO Oslo oSLO", "Oslo", ["OSLO", "Oslo"]),
        ("oslo OSLO Oslo oSLO", "OSLO", ["OSLO", "Oslo"]),
        ("polish POLISH", "POLISH", ["POLISH"]),
        ("WHO who Who", "Who", ["Who"]),
        ("US us U.S.", "US", ["US"]),
        ("Foreign\n  Ministry, FOREIGN MINISTRY", "Foreign Ministry", ["Foreign\n  Ministry", "FOREIGN MINISTRY"]),
        ("in 2024, not 2024-05-03 nor 1,2024 or 12024", "2024", ["2024"]),
        ("U.S. and U.S.A. and U.S", "U.S", ["U.S", "U.S"]),
        ("U.S. and U.S.A.", "U.S.", ["U.S."]),
        ("Plan B. Bob", "B", ["B"]),
        ("中国政府和中国", "中国", ["中国", "中国"]),
        ("cafe\u0301 cafe", "cafe", ["cafe"]),
        ("می\u200cشود می", "می", ["می"]),
        ("xA A A A", "A A", ["A A"]),
        ("... ...", "...", []),
        ("a" * 200, "a" * 200, []),
    ],
)
def test_a_mention_is_whole_words_in_the_same_case_or_in_capitals(text: str, words: str, found: list[str]) -> None:
    """Of any script, beside any sign; no part of a word, of a number or of an abbreviation."""
    assert [text[start:end] for start, end in find_mentions(text, words)] == found


def test_what_stands_or_was_refused_or_is_marked_otherwise_is_not_offered() -> None:
    """Nor what lies within or across a span of that label; the longer of two names comes first."""
    text = "York, New York, York, York, Bank of New York, York"
    #       0     6         16    22    28               46
    drawn = [(0, 4, "CITY"), (6, 14, "CITY")]
    standing = [*drawn, (16, 20, "PERSON"), (28, 44, "BANK")]
    chosen = choose_mentions(text, drawn, standing, [(22, 26, "CITY")])
    assert chosen == [(36, 44, "CITY"), (46, 50, "CITY")]
    assert choose_mentions(text, drawn, [*standing, *chosen], [(22, 26, "CITY")]) == []
    across = [*drawn, (45, 47, "CITY")]
    assert [each[0] for each in choose_mentions(text, drawn[:1], across, [])] == [16, 22, 40]


WORDS = ["Ana", "Ana Cruz", "ANA", "cruz", "Anatol", "😀", "\n", ".", "5", "5.5", "中"]


@given(st.data())
def test_offers_are_sound(data: st.DataObject) -> None:
    """Each is a stretch of the same words, free of all of its label that stands; offered again, there is nothing."""
    words = data.draw(st.lists(st.sampled_from(WORDS), max_size=30))
    glue = data.draw(st.sampled_from([" ", "  ", ""]))
    text = glue.join(words) or "x"
    start = data.draw(st.integers(0, len(text) - 1))
    drawn = (start, data.draw(st.integers(start + 1, len(text))), "A")
    standing = [drawn]
    offers = choose_mentions(text, [drawn], standing, [])
    for first, last, label in offers:
        assert label == "A"
        assert text[first:last].split() != []
        assert text[first:last].lower().split() == text[drawn[0] : drawn[1]].lower().split()
    marked = sorted([drawn, *offers])
    assert all(one[1] <= two[0] for one, two in pairwise(marked))
    assert choose_mentions(text, [drawn], [*standing, *offers], []) == []
    assert choose_mentions(text, [drawn], standing, offers) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 20_000, "a"),
        ("a " * 20_000, "a a a a a a a a a a a a a a a a b"),
        ("a" + " " * 20_000 + "a", "a b"),
        ("a." * 20_000, "a.a"),
        ("A  " * 20_000, "A A A A"),
        ("中" * 20_000, "中中"),
    ],
)
def test_long_texts_of_one_sign_are_gone_through_once(text: str, words: str) -> None:
    """Nor are more places offered than a page can show: in quadratic time this would not end."""
    assert len(choose_mentions(text, [(0, len(words), "A")], [], [])) <= MOST
    assert all(start < end for start, end in find_mentions(text, words))


def test_an_offer_has_one_name_and_other_offers_have_others() -> None:
    """So that the page, asked to show it twice, shows it once."""
    places = [(1, 2, "A"), (1, 3, "A"), (1, 2, "B"), (11, 2, "A")]
    assert len({*map(name_offered, places)}) == len(places)
    assert name_offered((1, 2, "A")) == name_offered((1, 2, "A"))
