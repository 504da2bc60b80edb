"""When to stop: the curve through a few trainings, the interval of what more articles bring, the verdict."""

from __future__ import annotations

import pytest

from labeling.annotations import Annotation, Span
from labeling.learning.stopping import CurveRun, judge_stopping, measure_stability, plan_curve_runs


def run_of(size: int, f1: float, groups: int = 200) -> CurveRun:
    """A run that has that F1 on each of the test leak groups: so many pairs of a thousand in each."""
    pairs = round(1000 * f1)
    return CurveRun(size, size, {f"t{n:03}": {"PERSON": [pairs, 1000, 1000]} for n in range(groups)})


def runs_of(*points: tuple[int, float]) -> list[CurveRun]:
    """A run for each size and F1."""
    return [run_of(size, f1) for size, f1 in points]


# F1 = 0.8 - 20 / n.
HYPERBOLA = ((50, 0.4), (50, 0.4), (50, 0.4), (50, 0.4), (100, 0.6), (100, 0.6), (200, 0.7))


def test_the_gain_is_that_of_the_power_law() -> None:
    """0.8 - 20/n: at 200 leak groups 0.7, at 250 0.72."""
    outlook = judge_stopping(runs_of(*HYPERBOLA), 50, 0.01, "1")

    assert outlook.gain == pytest.approx(20 / 200 - 20 / 250)
    assert outlook.interval == pytest.approx((0.02, 0.02))
    assert outlook.verdict == "go on"
    assert outlook.articles == 50


def test_a_flat_curve_says_stop() -> None:
    """The same F1 at each size: nothing is gained."""
    flat = runs_of(*((size, 0.7) for size, _ in HYPERBOLA))

    assert judge_stopping(flat, 50, 0.01, "1").verdict == "stop"


def test_parts_are_four_quarters_two_halves_and_all() -> None:
    """Ten leak groups of two articles each: the quarters have 3, 3, 2 and 2 of them, and no group is divided."""
    groups = {f"a{n:02}": f"g{n // 2}" for n in range(20)}

    parts = list(plan_curve_runs(groups, "1"))

    assert [size for size, _ in parts] == [3, 3, 2, 2, 5, 5, 10]
    assert sorted(article for _, articles in parts[:4] for article in articles) == sorted(groups)
    assert sorted(article for _, articles in parts[4:6] for article in articles) == sorted(groups)
    assert all(len(articles) == 2 * size for size, articles in parts)


def annotation(article: str, *spans: tuple[int, int]) -> Annotation:
    """Spans of one label."""
    made = tuple(Span(id=f"s{n}", start=start, end=end, label="X") for n, (start, end) in enumerate(spans))
    return Annotation(article=article, digest="d", annotator="model:m", spans=made)


def test_stability_is_f1_of_two_models() -> None:
    """Three spans and two, two of them alike: 4/5."""
    before = [annotation("a", (0, 1), (2, 3)), annotation("b", (0, 1))]
    after = [annotation("a", (0, 1), (2, 3)), annotation("b")]

    assert measure_stability(before, after) == 4 / 5
    assert measure_stability([annotation("b")], [annotation("b")]) is None
