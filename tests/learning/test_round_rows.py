"""The row of a round, and the set on which models are compared."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from labeling.learning.rounds import RoundFacts, draw_fixed_set, make_round, number_next
from labeling.workspace.rows.learning_rows import ActionCounts, DoneReading, Outlook, RoundRow
from labeling.workspace.rows.score import Measure

FACTS = RoundFacts(basis="b", articles=5, open=7, why="the dev split holds no article yet")
AT = "2026-11-30T12:00:00+00:00"


def reading(seconds: float | None, **actions: int) -> DoneReading:
    """What Ana did in an article."""
    return DoneReading(article="a", annotator="ana", round=1, actions=ActionCounts(**actions), seconds=seconds)


def row(before: list[RoundRow], facts: RoundFacts = FACTS, *readings: DoneReading) -> RoundRow:
    """The next round."""
    return make_round(before, facts, readings, AT, 50)


def test_a_round_sums_what_people_did_and_how_long_as_far_as_it_is_known() -> None:
    """2 + 1 kept, 1 added; 30 and 12.25 seconds, and once nobody knows."""
    made = row([], FACTS, reading(30, spans_kept=2), reading(None, spans_kept=1, spans_added=1), reading(12.25))
    assert (made.actions, made.seconds) == (ActionCounts(spans_kept=3, spans_added=1), 42.2)
    assert row([], FACTS, reading(None)).seconds is None
    assert row([]).seconds is None


def test_a_round_without_training_cannot_tell_and_says_why() -> None:
    """Verdict and outlook are there all the same."""
    made = row([])
    unknown = Outlook(articles=50, gain=None, interval=None, verdict="cannot tell", why=FACTS.why)
    assert (made.outlook, made.verdict, made.why) == (unknown, "cannot tell", FACTS.why)
    assert made.sentence == "Round 1, without training: the dev split holds no article yet."


def test_a_round_with_a_model_is_told_in_one_line() -> None:
    """F1 of 2 * 3 / (4 + 4), with its interval; or that there is nothing to test on."""
    measure = Measure(pairs=3, gold=4, predicted=4, precision=3 / 4, recall=3 / 4, f1=3 / 4, f1_interval=(1 / 2, 1.0))
    outlook = Outlook(articles=50, gain=0.05, interval=(0.02, 0.08), verdict="go on")
    facts = RoundFacts(basis="b", articles=5, open=7, model="model:m", score=measure, outlook=outlook)
    assert row([], facts).sentence == "Round 1, on 5 articles: F1 75.0 (50.0 to 100.0); verdict: go on."
    untested = RoundFacts(basis="b", articles=5, open=7, model="model:m")
    assert row([], untested).sentence == "Round 1, on 5 articles: no test articles yet; verdict: cannot tell."


@pytest.mark.parametrize(("articles", "new"), [(5, 0), (9, 4), (3, 0)])
def test_rounds_are_numbered_and_count_what_is_new(articles: int, new: int) -> None:
    """After a round with five articles; fewer than before are none new."""
    first = row([])
    made = row([first], RoundFacts(basis="c", articles=articles, open=1))
    assert (made.round, made.new) == (2, new)
    assert number_next([first, made]) == 3


def test_the_fixed_set_has_one_article_a_leak_group() -> None:
    """Of five articles in three groups there are three, the first of each."""
    groups = {"a": "a", "b": "a", "c": "c", "d": "d", "e": "d"}
    assert draw_fixed_set(groups, "1") == ["a", "c", "d"]
    assert len(draw_fixed_set(groups, "1", size=2)) == 2


names = st.text("abcdef", min_size=1, max_size=2)


@given(st.dictionaries(names, names, max_size=12), st.dictionaries(names, names, max_size=12), st.integers(0, 6))
def test_the_fixed_set_stays_while_its_articles_are_there(
    groups: dict[str, str], more: dict[str, str], size: int
) -> None:
    """Whatever comes later: as many stay as there are groups of them, and never two of one group."""
    before = draw_fixed_set(groups, "1", size=size)
    later = more | groups
    after = draw_fixed_set(later, "1", before, size)
    assert set(before) <= set(after)
    assert len({later[name] for name in after}) == len(after) == min(size, len({*later.values()}))
    assert draw_fixed_set(later, "1", after, size) == after
