"""Winnowing: few fingerprints, and none missing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labeling.passages.fingerprints import find_windows, gram_size, hash_texts, neighbour_masks, winnow
from labeling.passages.normalise import Texts
from labeling.passages.words import Stream, hash_grams, make_streams, words_of

WORDS = st.lists(st.sampled_from([f"w{n}" for n in range(9)]), min_size=1, max_size=60)
N = 8


def stream_of(*texts: list[str]) -> Stream:
    """The texts' words in one stream."""
    (stream,) = make_streams(Texts.from_strings(" ".join(text) for text in texts))
    return stream


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_every_run_holds_a_fingerprint(texts: list[list[str]]) -> None:
    """Of every run of N words one of its N - k + 1 runs of k words is kept: the guarantee of winnowing."""
    text, _, at, _ = winnow(stream_of(*texts), N)
    kept = set(zip(text.tolist(), at.tolist(), strict=True))

    for number, words in enumerate(texts):
        for start in range(len(words) - N + 1):
            assert any((number, place) in kept for place in range(start, start + N - gram_size(N) + 1))


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_fingerprints_are_the_smallest_of_a_window(texts: list[list[str]]) -> None:
    """The kept numbers are exactly those that are the smallest of some window, computed one window at a time."""
    text, values, at, _ = winnow(stream_of(*texts), N)
    width = N - gram_size(N) + 1
    expected = set()
    for number, words in enumerate(texts):
        runs = hash_grams(words_of(" ".join(words)).ids, gram_size(N)).tolist()
        for start in range(len(runs) - width + 1):
            least = min(runs[start : start + width])
            expected |= {(number, run, start + n) for n, run in enumerate(runs[start : start + width]) if run == least}

    assert set(zip(text.tolist(), values.tolist(), at.tolist(), strict=True)) == expected


def test_one_word_in_three_begins_a_fingerprint() -> None:
    """The expected density of winnowing with a window of 5 is 2 / (5 + 1) (Schleimer, Wilkerson, Aiken 2003)."""
    words = np.random.default_rng(7).integers(0, 10**6, 40_000)
    text, *_ = winnow(stream_of([f"w{word}" for word in words]), 12)

    assert abs(len(text) / len(words) - 2 / 6) < 0.005


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from([6, 8, 12, 21, 40]))
def test_neighbours_of_a_fingerprint_never_hide_a_run(texts: list[list[str]], words: int) -> None:
    """Wherever a run of N words occurs twice, its fingerprint has the same neighbours, under one mask at least."""
    copied = [f"run{n}" for n in range(words)]
    whole = [*texts[0], *copied, *texts[-1]]
    text, values, at, near = winnow(stream_of(*texts, copied, whole, [*copied, *texts[0]]), words)
    seen: dict[tuple[int, int], set[int]] = {}
    for number, start in ((len(texts), 0), (len(texts) + 1, len(texts[0])), (len(texts) + 2, 0)):
        inside = (text == number) & (at >= start) & (at <= start + words - gram_size(words))
        for value, beside_it in zip(values[inside].tolist(), near[inside].tolist(), strict=True):
            for mask in neighbour_masks(words):
                seen.setdefault((value, int(mask)), set()).add(beside_it & int(mask))
    found = {value for value, _ in seen}

    assert found
    assert all(any(len(seen[value, int(mask)]) == 1 for mask in neighbour_masks(words)) for value in found)


def test_masks_cover_the_words_of_a_run_next_to_its_fingerprint() -> None:
    """Runs of 12 words hold a fingerprint of 8 and 4 more: 0 before and 4 after, or 1 and 3, and so on; a byte each."""
    assert [f"{int(mask):016x}" for mask in neighbour_masks(12)] == [
        "ffffffff00000000",
        "00ffffffff000000",
        "0000ffffffff0000",
        "000000ffffffff00",
        "00000000ffffffff",
    ]
    assert [f"{int(mask):016x}" for mask in neighbour_masks(6)] == [
        "0000ffff00000000",
        "000000ffff000000",
        "00000000ffff0000",
    ]


def runs_that_hold(texts: list[list[str]], *prints: tuple[int, int]) -> list[tuple[int, int, int]]:
    """The runs of N words that hold fingerprints, each given by the number of its text and its first word."""
    text, at = (np.array(column) for column in zip(*prints, strict=True))
    owner, values, places = find_windows(stream_of(*texts), text, at, N)
    return list(zip(owner.tolist(), values.tolist(), places.tolist(), strict=True))


def test_the_windows_of_a_fingerprint_are_all_runs_that_hold_it() -> None:
    """With N = 8 and k = 5, a fingerprint at word 6 is in the runs that start at words 3 to 6, each given once."""
    words = [f"w{n}" for n in range(30)]
    values = hash_grams(words_of(" ".join(words)).ids, N).tolist()

    assert gram_size(N) == 5
    assert runs_that_hold([["x"], words], (1, 6)) == [(1, values[n], n) for n in (3, 4, 5, 6)]
    assert runs_that_hold([["x"], words], (1, 6), (1, 7)) == [(1, values[n], n) for n in (3, 4, 5, 6, 7)]


def test_windows_end_where_the_text_does() -> None:
    """No run starts before the first word or ends after the last, and a short text has none."""
    words = [f"w{n}" for n in range(10)]
    found = runs_that_hold([words, words, words[:3]], (0, 0), (0, 5), (1, 5), (2, 0))

    assert [(owner, place) for owner, _, place in found] == [(0, 0), (0, 2), (1, 2)]


def test_hash_of_a_text_depends_on_its_words_and_their_order() -> None:
    """The same words in order have one number; in another order, or one word more, another."""
    values = hash_texts(stream_of(["a", "b"], ["A,", "b!"], ["b", "a"], ["a", "b", "b"], ["b"], ["b", "b"])).tolist()

    assert values[0] == values[1]
    assert len(set(values)) == 5
