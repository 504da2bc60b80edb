"""Boundaries move by named rules, and stop where a mark belongs to the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.adjudication.trimming import TrimRule, trim

BOTH: tuple[TrimRule, ...] = ("blanks", "punctuation")


@pytest.mark.parametrize(
    ("drawn", "kept"),
    [
        ("  Male\u2019 ", "Male\u2019"),
        ("UN,", "UN"),
        ("the United Nations.", "the United Nations"),
        ("U.S.", "U.S."),
        ("in the U.S. ", "in the U.S."),
        ("John Smith Jr.", "John Smith Jr."),
        ("EU.", "EU"),
        ("J.", "J."),
        ("(IOR", "IOR"),
        ("Indian Ocean Region (IOR)", "Indian Ocean Region (IOR)"),
        ("IOR)", "IOR"),
        ("(UN) and (EU", "(UN) and (EU"),
        ("UN (", "UN"),
        (") UN", "UN"),
        ("“peace", "peace"),
        ("“peace”", "“peace”"),
        ('peace"', "peace"),
        ("@MoFAmvtoday", "@MoFAmvtoday"),
        ("\u00a0Delhi\u2003", "Delhi"),
        (" , . ", ""),
    ],
)
def test_strays_go_and_names_stay(drawn: str, kept: str) -> None:
    """Blanks and stray marks at the edges go; apostrophes, abbreviations and whole pairs stay."""
    start, end = trim(drawn, 0, len(drawn), BOTH)

    assert kept == drawn[start:end]


def test_only_the_named_rules_apply() -> None:
    """Without the rule for punctuation a comma stays; without any rule nothing moves."""
    assert trim(" UN, ", 0, 5, ["blanks"]) == (1, 4)
    assert trim(" UN, ", 0, 5, []) == (0, 5)


@given(st.text(max_size=12), st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_trim_is_idempotent(before: str, drawn: str, after: str) -> None:
    """What was trimmed lies within what was drawn, and trimming it again moves nothing."""
    text, start = before + drawn + after, len(before)
    first = trim(text, start, start + len(drawn), BOTH)

    assert start <= first[0] <= first[1] <= start + len(drawn)
    assert first == trim(text, *first, BOTH)


@pytest.mark.parametrize("mark", ["(", ")", '"', ".", "a.", "“", "([", " ", "()", "J.)"])
@pytest.mark.parametrize("end", ["", "x"])
def test_a_span_of_nothing_but_strays_is_looked_through_once(mark: str, end: str) -> None:
    """Half a million marks: to look at all that is left for each of them took the square of that."""
    text = mark * (500_000 // len(mark)) + end

    start, stop = trim(text, 0, len(text), BOTH)

    assert 0 <= start <= stop <= len(text)
