"""The order of what is open: a permutation with the stream's share in it, each story once before any copy."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.learning.reading_queue import OpenArticle, plan_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

SCORES = st.lists(st.none() | st.floats(0, 1), max_size=6).map(tuple)


@st.composite
def open_articles(draw: st.DrawFn) -> list[OpenArticle]:
    """Up to twenty open articles; whether one is drawn depends on its leak group alone, and each story lies in one."""
    drawn = {f"g{number}": draw(st.booleans()) for number in range(8)}
    rows = draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 60), SCORES), max_size=20))
    return [
        OpenArticle(
            id=f"a{number}",
            story=f"g{group}s{story}",
            leak_group=f"g{group}",
            tokens=tokens,
            span_scores=scores,
            expected_misses=story / 2,
            drawn=drawn[f"g{group}"],
            assisted=not (drawn[f"g{group}"] and group % 2),
        )
        for number, (group, story, tokens, scores) in enumerate(rows)
    ]


GROUPS = st.sets(st.sampled_from([f"g{number}" for number in range(8)]))
SHARES = st.sampled_from([0.0, 0.1, 0.2, 0.25, 1 / 3, 0.5, 0.9, 1.0])


def alone(name: str, *scores: float | None, tokens: int = 50, **facts: object) -> OpenArticle:
    """An article that shares nothing with another."""
    return OpenArticle(id=name, story=name, leak_group=name, tokens=tokens, span_scores=scores, **facts)  # type: ignore[arg-type]


def ordered(articles: Sequence[OpenArticle], *labelled: str, share: float = 0.2, seed: str = "1") -> list[str]:
    """The ids in the order of the queue."""
    return [row.article for row in plan_queue(articles, labelled, share=share, seed=seed)]


@given(open_articles(), GROUPS, SHARES)
def test_queue_is_a_permutation_of_what_is_open(articles: list[OpenArticle], labelled: set[str], share: float) -> None:
    """Each open article once, numbered from 1, with its own group, and its own mark of whether it is assisted."""
    rows = plan_queue(articles, labelled, share=share)

    assert [row.order for row in rows] == list(range(1, len(articles) + 1))
    assert {(row.article, row.leak_group, row.chosen_by == "stream", row.assisted) for row in rows} == {
        (each.id, each.leak_group, each.drawn, each.assisted) for each in articles
    }


@given(open_articles(), GROUPS, SHARES, st.randoms(use_true_random=False))
def test_queue_does_not_depend_on_the_order_of_its_input(
    articles: list[OpenArticle], labelled: set[str], share: float, chance: object
) -> None:
    """Shuffled articles have the same queue."""
    shuffled = [*articles]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert plan_queue(shuffled, labelled, share=share) == plan_queue(articles, labelled, share=share)


@given(open_articles(), GROUPS, SHARES)
def test_no_group_has_a_second_article_before_each_was_served_once(
    articles: list[OpenArticle], labelled: set[str], share: float
) -> None:
    """At the front stands one article of each group of which nothing is annotated; none of one that is."""
    rows = plan_queue(articles, labelled, share=share)
    fresh = {each.leak_group for each in articles} - labelled

    assert {row.leak_group for row in rows[: len(fresh)]} == fresh


@given(open_articles(), GROUPS, SHARES)
def test_copies_stand_last(articles: list[OpenArticle], labelled: set[str], share: float) -> None:
    """After an article whose story stood in the queue before, or is annotated, no story comes for the first time."""
    told = {each.story for each in articles if each.leak_group in labelled and each.id < "a5"}
    stories = {each.id: each.story for each in articles}
    seen, copies = set(told), []
    for row in plan_queue(articles, labelled, told, share=share):
        copies.append(stories[row.article] in seen)
        seen.add(stories[row.article])

    assert copies == sorted(copies)


@given(open_articles(), SHARES)
def test_each_beginning_has_the_streams_share(articles: list[OpenArticle], share: float) -> None:
    """Within one article, as long as both kinds are left at the front; and the stream never lags."""
    front = plan_queue(articles, (), share=share)[: len({each.leak_group for each in articles})]
    kinds = [row.chosen_by for row in front]
    for length in range(1, len(kinds) + 1):
        # Both kinds could have been taken for the last place of this beginning.
        if set(kinds[length - 1 :]) == {"stream", "model"}:
            assert -1e-9 < kinds[:length].count("stream") - share * length < 1


@given(open_articles(), SCORES)
def test_no_model_chooses_in_the_stream(articles: list[OpenArticle], scores: tuple[float | None, ...]) -> None:
    """Whatever it says of the articles that were drawn, their order is the same, and it is not explained by doubt."""
    rows = plan_queue(articles, (), share=0.2)
    changed = [replace(each, span_scores=scores, expected_misses=9) if each.drawn else each for each in articles]
    after = plan_queue(changed, (), share=0.2)

    assert [row.article for row in rows] == [row.article for row in after]
    assert {row.why for row in after if row.chosen_by == "stream"} <= {""}


@given(st.lists(st.floats(0, 1), max_size=5), st.floats(0, 1), st.floats(0, 1), st.floats(0, 3))
def test_less_certain_is_never_later(rest: list[float], one: float, other: float, misses: float) -> None:
    """Of two articles that differ in the score of one span alone, the one with the lower score has no less doubt."""
    low, high = sorted((one, other))
    doubts = [alone("a", *rest, score, expected_misses=misses).doubt for score in (low, high)]

    assert doubts[0] >= doubts[1]


def test_uncertain_comes_before_certain() -> None:
    """By the weakest spans: ten certain ones do not hide a weak one, and what was missed counts as an error does."""
    certain, weak = alone("certain", *[0.99] * 11), alone("weak", *[0.99] * 10, 0.2)
    missed = alone("missed", *[0.99] * 11, expected_misses=1.0)

    assert ordered([certain, weak, missed]) == ["missed", "weak", "certain"]


def test_doubt_is_normalised_by_length() -> None:
    """Three weak spans in 300 tokens are less than two in 100."""
    long, short = alone("long", 0.4, 0.4, 0.4, tokens=300), alone("short", 0.4, 0.4, tokens=100)

    assert long.doubt == pytest.approx(100 * 1.8 / 300)
    assert short.doubt == pytest.approx(100 * 1.2 / 100)
    assert ordered([long, short]) == ["short", "long"]


def test_a_model_without_scores_leaves_the_order_to_misses_and_chance() -> None:
    """None counts as certain: what is expected to be missed decides, then the hash, by the seed."""
    names = [f"a{number}" for number in range(30)]
    silent = [alone(name, None, None) for name in names]

    first = ordered(silent)
    assert first != names
    assert first != ordered(silent, seed="2")
    assert first == ordered([alone(name, 0.9) for name in names])
    missing = [replace(each, expected_misses=0.1) if each.id == first[-1] else each for each in silent]
    assert ordered(missing) == [first[-1], *first[:-1]]


def test_most_doubted_article_speaks_for_its_leak_group() -> None:
    """Its reprint comes after an article of another group, though that one is doubted less."""
    lead, reprint = alone("lead", 0.1), replace(alone("reprint", 0.2), story="lead", leak_group="lead")

    assert ordered([lead, reprint, alone("other", 0.7)]) == ["lead", "other", "reprint"]


def test_further_stories_of_a_group_come_before_copies() -> None:
    """What shares a paragraph with annotated text is still news; what is a reprint of it is not."""
    copy = replace(alone("copy", 0.1), story="told", leak_group="group")
    news = replace(alone("news", 0.7), leak_group="group")
    rows = plan_queue([copy, news, alone("fresh", 0.9)], {"group"}, {"told"}, share=0.2)

    assert [row.article for row in rows] == ["fresh", "news", "copy"]


def test_stream_stands_first_and_in_its_share() -> None:
    """One of four: at places 1, 5 and 9; when the stream is used up, the others follow."""
    rows = plan_queue(
        [alone(f"m{number}", 0.1) for number in range(12)] + [alone(f"s{number}", drawn=True) for number in range(3)],
        (),
        share=0.25,
    )

    assert [row.order for row in rows if row.chosen_by == "stream"] == [1, 5, 9]


def test_queue_says_what_the_model_doubts() -> None:
    """The numbers of weak spans and of all, the words and the score of the weakest, and what was missed."""
    (row,) = plan_queue([alone("a", 0.99, 0.31, 0.5, weakest="Quad")], (), share=0.2)
    (other,) = plan_queue([alone("a", None, 0.5, expected_misses=1.24)], (), share=0.2)

    assert row.why == "2 weak spans of 3, the weakest 'Quad' (0.31)"
    assert other.why == "1 weak span of 2, the weakest (0.50); 1.2 missed, by what is expected"
    # 1.19 errors are expected in 50 tokens, so 2.38 in a hundred.
    assert row.score == pytest.approx(1 / 3.38, abs=1e-4)
    assert re.fullmatch("0 weak spans of 0", plan_queue([alone("b")], (), share=0.2)[0].why)
