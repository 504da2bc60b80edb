"""Alignment: two texts side by side, to the character."""

from __future__ import annotations

from itertools import product, takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.passages.alignment import align_streams, align_words
from labeling.passages.normalise import Texts
from labeling.passages.tiling import lay_tiles
from labeling.passages.words import stream_of, words_of

REAL = Path(__file__).parents[2] / "../shared/articles"
TOKENS = st.lists(st.sampled_from([f"w{n}" for n in range(12)]), min_size=1, max_size=50)


def side_by_side(left: str, right: str, words: int = 12) -> list[tuple[str, str, int]]:
    """The stretches as printed in both texts, and how many words they have in common."""
    return [
        (left[each.left_start : each.left_end], right[each.right_start : each.right_end], each.words)
        for each in align_words(words_of(left), words_of(right), words)
    ]


def test_a_lightly_edited_passage_is_one_stretch() -> None:
    """A word inserted, a word replaced and other typography give one stretch, whose words are counted."""
    left = (
        "Before it. They underlined the urgent need for all countries to take immediate, sustained, verifiable steps."
    )
    right = "THEY underlined the urgent need for all\n\ncountries to also take immediate sustained verifiable action"

    assert side_by_side(left, right, 9) == [
        (
            "They underlined the urgent need for all countries to take immediate, sustained, verifiable",
            "THEY underlined the urgent need for all\n\ncountries to also take immediate sustained verifiable",
            9 + 4,
        )
    ]
    assert side_by_side(left, right, 10) == []


def test_runs_below_the_least_length_are_not_passages() -> None:
    """Eleven words in common are not twelve."""
    shared = " ".join(f"s{n}" for n in range(11))

    assert side_by_side(f"a {shared} b", f"c {shared} d") == []
    assert side_by_side(f"a {shared} x b", f"c {shared} x d") == [(f"{shared} x", f"{shared} x", 12)]


def test_passages_are_found_in_any_order() -> None:
    """Two paragraphs that changed places are two stretches, in the order of the right text."""
    one, two = " ".join(f"a{n}" for n in range(12)), " ".join(f"b{n}" for n in range(14))

    assert side_by_side(f"{one} x {two}", f"{two} y {one}") == [(two, two, 14), (one, one, 12)]


def test_each_word_is_in_one_stretch_at_most() -> None:
    """A paragraph that one text prints twice and the other once is shared once."""
    one = " ".join(f"a{n}" for n in range(12))

    assert side_by_side(f"{one}. {one}.", one) == [(one, one, 12)]


def test_short_texts_are_shared_as_a_whole() -> None:
    """Texts of fewer words are a passage when all their words are the same."""
    assert side_by_side("Talks fail.", "TALKS FAIL") == [("Talks fail", "TALKS FAIL", 2)]
    assert side_by_side("Talks fail.", "Talks fail again") == []


@given(TOKENS, TOKENS, st.integers(6, 12))
def test_tiles_are_the_same_words_on_both_sides(left: list[str], right: list[str], words: int) -> None:
    """What a tile covers is word for word the same in both texts, and no word is covered twice."""
    stretches = align_words(words_of(" ".join(left)), words_of(" ".join(right)), words)
    tiles = [tile for stretch in stretches for tile in stretch.tiles]

    for tile in tiles:
        assert left[tile.left : tile.left + tile.words] == right[tile.right : tile.right + tile.words]
    for side in ("left", "right"):
        covered = [getattr(tile, side) + n for tile in tiles for n in range(tile.words)]
        assert len(covered) == len(set(covered))


def laid_by_hand(left: list[str], right: list[str]) -> list[tuple[int, int, int]]:
    """Tiles by comparing every word with every other: the longest run first, as far as its words are free."""
    least = min(4, len(left), len(right))
    runs: list[tuple[int, int, int]] = []
    for i, j in product(range(len(left)), range(len(right))):
        if i == 0 or j == 0 or left[i - 1] != right[j - 1]:
            alike = list(takewhile(lambda pair: pair[0] == pair[1], zip(left[i:], right[j:], strict=False)))
            runs.append((-len(alike), j, i))
    ours, theirs, tiles = set[int](), set[int](), list[tuple[int, int, int]]()
    for words, j, i in sorted(runs):
        free = "".join(" x"[i + n not in ours and j + n not in theirs] for n in range(-words))
        longest = max(free.split(" "), key=len)
        if len(longest) >= least:
            start = free.index(longest)
            ours |= set(range(i + start, i + start + len(longest)))
            theirs |= set(range(j + start, j + start + len(longest)))
            tiles.append((i + start, j + start, len(longest)))
    return sorted(tiles, key=lambda tile: tile[1])


@given(TOKENS, TOKENS)
def test_tiles_equal_those_of_a_plain_search(left: list[str], right: list[str]) -> None:
    """The longest run is laid first, and of two as long the one that comes first in the right text."""
    one, other = (stream_of(Texts.from_strings([" ".join(text)])) for text in (left, right))
    found = lay_tiles(one, other)

    assert list(zip(found.left.tolist(), found.right.tolist(), found.words.tolist(), strict=True)) == laid_by_hand(
        left, right
    )


@given(TOKENS, TOKENS, TOKENS, TOKENS, st.integers(6, 12))
def test_every_shared_run_is_inside_a_stretch(
    a: list[str], b: list[str], c: list[str], d: list[str], words: int
) -> None:
    """A run that both texts have, of words that are nowhere else, is inside one stretch."""
    run = [f"run{n}" for n in range(words)]
    left, right = [*a, *run, *b], [*c, *run, *d]
    stretches = align_words(words_of(" ".join(left)), words_of(" ".join(right)), words)

    assert any(
        tile.left <= len(a) and tile.left + tile.words >= len(a) + words and tile.left - tile.right == len(a) - len(c)
        for stretch in stretches
        for tile in stretch.tiles
    )


@pytest.mark.skipif(not REAL.exists(), reason="the two real articles are not here")
def test_alignment_of_the_two_real_articles_is_exact_to_the_character() -> None:
    """Four passages, seen by hand: one across a glued sentence and an added word, one across an edited clause."""
    left, right = (path.read_text(encoding="utf-8") for path in sorted(REAL.glob("*.txt")))
    found = side_by_side(left, right)

    assert [(one.split()[0], one[-13:], other.split()[0], other[-13:], words) for one, other, words in found] == [
        ("Maldives", "der terrorism", "Maldives", "der terrorism", 16),
        ("Emphasising", " such attacks", "Emphasising", " such attacks", 37 + 64),
        ("exchanged", "ment agencies", "exchanged", "ment agencies", 19 + 21),
        ("also", " in Male\u2019.The", "also", " in Male, the", 48),
    ]
    assert "(IOR).Both sides reviewed" in found[1][0]
    assert "(IOR).\n\nBoth sides also reviewed" in found[1][1]


@given(st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=5), st.integers(6, 12))
def test_alignment_does_not_depend_on_the_batch(pairs: list[tuple[list[str], list[str]]], words: int) -> None:
    """Other pairs in the batch change nothing, whatever the lengths of the texts."""
    left, right = (
        stream_of(Texts.from_strings(" ".join(text) for text in texts)) for texts in zip(*pairs, strict=True)
    )
    found = align_streams(left, right, words)
    ends = (found.left_start, found.left_end, found.right_start, found.right_end, found.words)
    alone = [
        (number, each.left_start, each.left_end, each.right_start, each.right_end, each.words)
        for number in range(len(pairs))
        for each in align_words(left.words_of_text(number), right.words_of_text(number), words)
    ]

    assert list(zip(found.pair.tolist(), *(column.tolist() for column in ends), strict=True)) == alone


def test_texts_without_a_common_word_share_no_stretch() -> None:
    """The result is empty."""
    assert align_words(words_of("a b c"), words_of("d e f"), 6) == []
