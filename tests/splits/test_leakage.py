"""The leakage certificate: what splits share, counted by hand and against a plain comparison of all runs."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import LeakError
from labeling.splits.certificate import refuse_leak
from labeling.splits.leakage import SplitArticle, certify_splits
from labeling.workspace.rows.assignment import SPLITS, Leakage, Overlap, SplitName
from labeling.workspace.rows.passage import Passage, Place

WORDS = 12
RELEASE = " ".join(f"release{n}" for n in range(20))


def own(name: str, count: int) -> str:
    """Words that only one article has."""
    return " ".join(f"{name}{n}" for n in range(count))


def held(name: str, text: str, split: SplitName, *surfaces: tuple[str, str]) -> SplitArticle:
    """An article in a split."""
    return SplitArticle(name, text, split, frozenset(surfaces))


def between(leakage: Leakage, one: str, other: str) -> Overlap:
    """The counts of two splits."""
    return next(each for each in leakage.splits.overlaps if (each.one, each.other) == (one, other))


def test_a_shared_passage_is_counted_and_refused() -> None:
    """Twenty words of train in a test article: one passage, named with both articles, and no text in the message."""
    leakage = certify_splits(
        [held("a", f"{own('a', 9)} {RELEASE}", "train"), held("b", f"{RELEASE.upper()}. {own('b', 9)}", "test")],
        [],
        WORDS,
        "1",
    )
    worst = leakage.splits.worst[0]

    assert leakage.shared_passages_across_splits == 1
    assert between(leakage, "train", "test") == Overlap(
        one="train",
        other="test",
        articles=1,
        exact=0,
        near=1,
        passage=1,
        passages=1,
        shorter_runs=0,
        boilerplate=0,
        surfaces=0,
        surfaces_seen=0,
    )
    assert (worst.words, worst.one, worst.other, worst.text) == (20, "a", "b", RELEASE.upper())
    with pytest.raises(LeakError, match=r"1 passages .* 20 words, in 'a' \(train\) and 'b' \(test\)") as refusal:
        refuse_leak(leakage)
    assert "release" not in str(refusal.value).lower()
    assert "labeling cluster" in refusal.value.todo


def test_shorter_runs_are_counted_and_not_refused() -> None:
    """Eleven words are a shorter run, five are not counted; the longest shorter run is shown."""
    eleven, five = own("e", 11), own("f", 5)
    leakage = certify_splits(
        [held("a", f"{eleven} {own('a', 9)} {five}", "train"), held("b", f"x {eleven} {own('b', 9)} {five}", "dev")],
        [],
        WORDS,
        "1",
    )

    refuse_leak(leakage)
    assert (leakage.shared_passages_across_splits, leakage.shorter_runs_across_splits) == (0, 1)
    assert [(worst.words, worst.text) for worst in leakage.splits.worst] == [(11, eleven)]


def test_boilerplate_is_counted_and_cuts_runs() -> None:
    """A footer of twenty words between eleven shared ones joins nothing; it is counted once."""
    before = own("e", 11)
    texts = {name: f"{own(name, 5)} {before} {RELEASE}" for name in "ab"}
    footer = Passage(
        passage="p1",
        words=20,
        kind="boilerplate",
        places=tuple(Place(article=name, start=text.index("release0"), end=len(text)) for name, text in texts.items()),
    )
    articles = [held("a", texts["a"], "train"), held("b", texts["b"], "test")]
    leakage = certify_splits(articles, [footer], WORDS, "1")

    assert certify_splits(articles, [], WORDS, "1").shared_passages_across_splits == 1
    assert (leakage.shared_passages_across_splits, leakage.boilerplate_across_splits) == (0, 1)
    assert (between(leakage, "train", "test").boilerplate, leakage.shorter_runs_across_splits) == (1, 1)


def test_identical_short_texts_are_a_leak() -> None:
    """Two words are not a run of twelve, but the same article twice is the same article."""
    leakage = certify_splits([held("a", "Talks fail.", "train"), held("b", "TALKS FAIL", "test")], [], WORDS, "1")

    assert between(leakage, "train", "test").exact == leakage.shared_passages_across_splits == 1
    with pytest.raises(LeakError, match="2 words, in 'a'"):
        refuse_leak(leakage)


def test_surfaces_with_another_label_are_not_seen() -> None:
    """Of three labelled surfaces of test, two are in train, one of them with another label."""
    articles = [
        held("a", own("a", 9), "train", ("COUNTRY", "chad"), ("PERSON", "lena")),
        held("b", own("b", 9), "test", ("COUNTRY", "chad"), ("LOCATION", "lena"), ("PERSON", "jonas")),
    ]
    overlap = between(certify_splits(articles, [], WORDS, "1"), "train", "test")

    assert (overlap.surfaces, overlap.surfaces_seen) == (3, 1)


def test_random_split_of_the_same_sizes_is_measured() -> None:
    """Ten releases of four reprints, kept together, share nothing; dealt at random, every release is divided."""
    splits = [SPLITS[place] for place in (0, 0, 0, 0, 0, 0, 1, 1, 2, 2)]
    articles = [held(f"a{n:02}", f"{own(f'r{n % 10}x', 30)} {own(f'o{n}x', 5)}", splits[n % 10]) for n in range(40)]
    leakage = certify_splits(articles, [], WORDS, "1")

    assert leakage.shared_passages_across_splits == 0
    assert sum(each.passages for each in leakage.random_split.overlaps) > 10
    assert [each.articles for each in leakage.random_split.overlaps] == [
        each.articles for each in leakage.splits.overlaps
    ]
    assert leakage.random_split.worst[0].words == 30
    assert certify_splits(articles[::-1], [], WORDS, "1") == leakage
    assert certify_splits(articles, [], WORDS, "2").random_split != leakage.random_split


TEXT = st.lists(st.sampled_from("abc"), min_size=1, max_size=30)


@given(st.lists(st.tuples(TEXT, st.sampled_from(SPLITS)), min_size=1, max_size=8))
def test_counts_equal_those_of_a_plain_comparison(articles: list[tuple[list[str], SplitName]]) -> None:
    """For every two splits: articles with a run of twelve words, and words in such runs, one run at a time."""
    leakage = certify_splits(
        [held(f"a{n}", " ".join(words), split) for n, (words, split) in enumerate(articles)], [], WORDS, "1"
    )

    for one, other in combinations(SPLITS, 2):
        runs = {
            tuple(words[n : n + WORDS])
            for words, split in articles
            if split == one
            for n in range(len(words) - WORDS + 1)
        }
        expected, stretches = 0, 0
        for words in (words for words, split in articles if split == other):
            starts = [n for n in range(len(words) - WORDS + 1) if tuple(words[n : n + WORDS]) in runs]
            expected += bool(starts)
            stretches += sum(n == 0 or start - starts[n - 1] > WORDS for n, start in enumerate(starts))
        whole = [words for words, split in articles if split == one]
        short = sum(words in whole and len(words) < WORDS for words, split in articles if split == other)
        overlap = between(leakage, one, other)
        assert (overlap.passage, overlap.passages) == (expected, stretches + short)
        assert overlap.exact == sum(words in whole for words, split in articles if split == other)


@pytest.mark.parametrize(
    ("train", "test", "counts"),
    [
        ("Talks in Mal\u00e9 fail.", "TALKS IN MALE FAIL", {"exact": 1, "near": 0, "passage": 0, "passages": 1}),
        (own("s", 20), f"{own('s', 20)} {own('t', 20)}", {"near": 1}),
        (own("s", 19), f"{own('s', 19)} {own('t', 21)}", {"near": 0}),
        (own("s", 30), f"{own('t', 9)} {own('s', 30)}", {"passage": 1, "passages": 1}),
        (
            f"{own('a', 12)} . {own('x', 9)} {own('b', 12)} {own('y', 9)} {own('c', 12)}",
            f"{own('a', 12)} {own('v', 3)} {own('b', 12)} {own('w', 3)} {own('c', 12)}",
            {"passage": 1, "passages": 3},
        ),
        ("Minister for the Middle East Tobias said", "the Minister for the Middle East Tobias", {"shorter_runs": 1}),
    ],
)
def test_counts_of_two_articles_by_hand(train: str, test: str, counts: dict[str, int]) -> None:
    """The examples by which `Overlap` explains its fields."""
    overlap = between(
        certify_splits([held("a", train, "train"), held("b", test, "test")], [], WORDS, "1"), "train", "test"
    )

    assert {name: getattr(overlap, name) for name in counts} == counts


def test_empty_corpus_has_no_leak() -> None:
    """Without articles nothing is shared."""
    leakage = certify_splits([], [], WORDS, "1")

    refuse_leak(leakage)
    assert leakage.splits == leakage.random_split
