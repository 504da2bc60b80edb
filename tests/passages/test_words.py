"""Words: the same whatever the typography, and at the right characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.passages import words as room
from labeling.passages.normalise import Texts
from labeling.passages.words import hash_grams, make_streams, words_of, words_of_all


def cut(text: str) -> list[str]:
    """The words of a text, as it prints them."""
    words = words_of(text)
    return [text[start:end] for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(IOR).Both sides", ["IOR", "Both", "sides"]),
        ("India-#Maldives @MoFAmvtoday", ["India", "Maldives", "MoFAmvtoday"]),
        ("Male\u2019s, 1,000", ["Male", "s", "1", "000"]),
        ("naïve — \u2018x\u2019 😀 y", ["naïve", "x", "y"]),
        ("Male\u0301 wins", ["Male\u0301", "wins"]),
        ("Min\u00adister\u200e Haider", ["Min\u00adister\u200e", "Haider"]),
        ("外交部 said", ["外", "交", "部", "said"]),
        ("한국 정부", ["한국", "정부"]),
        ("👍 👍", ["👍 👍"]),
    ],
)
def test_offsets_of_words_are_where_they_are_printed(text: str, expected: list[str]) -> None:
    """A word is a run of letters and digits with its marks; without any, the text is one word."""
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("De-Radicalisation", "de-radicalisation"),
        ("(IOR).Both sides", "(IOR).\n\nBoth sides"),
        ("Côte d\u2019Ivoire", "COTE D'IVOIRE"),
        ("Male\u0301", "Mal\u00e9"),
        ("co\u00adoperate", "cooperate"),
        ("\uff25\uff35\uff12\uff17", "eu27"),
        ("\u041e\u0411\u0421\u0415", "\u043e\u0431\u0441\u0435"),
        ("İstanbul", "istanbul"),
    ],
)
def test_words_ignore_typography(one: str, other: str) -> None:
    """Case, accents, width, punctuation and invisible marks do not make another word."""
    assert words_of(one).ids.tolist() == words_of(other).ids.tolist()


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12))
def test_words_do_not_depend_on_the_batch(texts: list[str]) -> None:
    """A text's words do not depend on its neighbours in a batch."""
    together = [(each.ids.tolist(), each.starts.tolist(), each.ends.tolist()) for each in words_of_all(texts)]
    apart = [(each.ids.tolist(), each.starts.tolist(), each.ends.tolist()) for each in map(words_of, texts)]

    assert together == apart


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12), st.integers(1, 30))
def test_words_do_not_depend_on_the_size_of_batches(texts: list[str], size: int) -> None:
    """However many bytes are read at once, every text is read once and in order."""
    whole = [each.ids.tolist() for each in words_of_all(texts)]
    before, room._CACHE_BYTES = room._CACHE_BYTES, size
    try:
        parts = list(make_streams(Texts.from_strings(texts)))
    finally:
        room._CACHE_BYTES = before

    assert [part.first for part in parts] == [sum(p.texts for p in parts[:n]) for n in range(len(parts))]
    assert [part.words_of_text(n).ids.tolist() for part in parts for n in range(part.texts)] == whole


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_ascii_words_are_those_of_a_regular_expression(text: str) -> None:
    """Of plain ASCII, the words are the runs of letters and digits that `re` finds, underscores aside."""
    expected = [(found.start(), found.end()) for found in re.finditer(r"[A-Za-z0-9]+", text)] or [(0, len(text))]
    words = words_of(text)

    assert list(zip(words.starts.tolist(), words.ends.tolist(), strict=True)) == expected


# Words of every length around eight bytes and sixty-four, of letters that take one byte, two and more.
SPELLED = st.builds(
    "".join,
    st.lists(st.sampled_from(["a", "b", "\u00f8", "\u043e", "ab" * 3, "ba" * 4, "a" * 31]), min_size=1, max_size=9),
)


@given(st.lists(SPELLED, min_size=1, max_size=30))
def test_word_numbers_are_equal_when_words_are(spelled: list[str]) -> None:
    """Two words have one number exactly when they are spelled alike, whatever is next to them."""
    numbers = words_of(" ".join(spelled)).ids.tolist()

    assert len(numbers) == len(spelled)
    assert len(set(numbers)) == len(set(spelled)) == len(set(zip(numbers, spelled, strict=True)))
    assert numbers == [words_of(word).ids.tolist()[0] for word in spelled]


@given(st.lists(st.sampled_from(["a", "b", "c", "ab", "ba"]), min_size=1, max_size=40), st.integers(1, 6))
def test_grams_are_equal_when_their_words_are(words: list[str], size: int) -> None:
    """Two runs have one number exactly when they are the same words, wherever they start."""
    values = hash_grams(words_of(" ".join(words)).ids, size).tolist()
    runs = [tuple(words[n : n + size]) for n in range(len(words) - size + 1)]

    assert len(values) == len(runs)
    assert len(set(values)) == len(set(runs)) == len(set(zip(values, runs, strict=True)))
