"""Learning curves: steps are leak groups, each holds the one before it, and copies are not a step."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.evaluation.learning_curve import grow_training_sets, measure_gain
from labeling.workspace.rows.score import CurvePoint, Measure

groupings = st.lists(st.integers(0, 30), max_size=60).map(
    lambda groups: {f"a{n:02}": f"g{group}" for n, group in enumerate(groups)}
)


def point(groups: int, f1: float | None) -> CurvePoint:
    """A point of that F1."""
    measure = Measure(pairs=0, gold=0, predicted=0, precision=None, recall=None, f1=f1)
    return CurvePoint(leak_groups=groups, articles=groups, exact=measure)


def test_steps_are_an_eighth_a_quarter_half_and_all() -> None:
    """Of eighty leak groups: ten, twenty, forty, eighty."""
    groups = {f"a{n}": f"g{n}" for n in range(80)}

    assert [size for size, _ in grow_training_sets(groups, 4, "1")] == [10, 20, 40, 80]


def test_forty_copies_are_one_leak_group() -> None:
    """Forty copies of one communique and three other articles: four leak groups, so the steps are one, two and four."""
    groups = {f"copy{n}": "communique" for n in range(40)} | {name: name for name in "abc"}

    found = list(grow_training_sets(groups, 4, "1"))

    assert [size for size, _ in found] == [1, 2, 4]
    assert sorted(found[-1][1]) == sorted(groups)


@given(groupings, st.integers(1, 6), st.permutations(range(60)))
def test_each_step_holds_the_one_before(groups: dict[str, str], points: int, order: list[int]) -> None:
    """Whole leak groups, each step with the one before it, the last with all; the order of input changes nothing."""
    found = list(grow_training_sets(groups, points, "1"))
    names = sorted(groups, key=lambda name: order[int(name[1:])])

    for size, articles in found:
        inside = {groups[article] for article in articles}
        assert len(inside) == size
        assert set(articles) == {article for article, group in groups.items() if group in inside}
    assert all(set(one) < set(other) for (_, one), (_, other) in pairwise(found))
    assert [set(articles) for _, articles in found[-1:]] == ([set(groups)] if groups else [])
    assert list(grow_training_sets({name: groups[name] for name in names}, points, "1")) == found


def test_gain_of_the_last_step() -> None:
    """The difference of the last two points; None for one point, or where F1 is undefined."""
    assert measure_gain([point(1, 0.1), point(2, 0.3), point(4, 0.35)]) == pytest.approx(0.05)
    assert measure_gain([point(1, 0.1)]) is measure_gain([point(1, None), point(2, 0.3)]) is measure_gain([]) is None
