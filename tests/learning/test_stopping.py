"""When to stop: the curve through a few trainings, the interval of what more articles bring, the verdict."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from labeling.annotations import Annotation, Span
from labeling.learning.stopping import CurveRun, _fit_gains, judge_stopping, measure_stability, plan_curve_runs

PLANNED = (50, 50, 50, 50, 100, 100, 200)
# F1 = 0.8 - 20 / n at these sizes.
HYPERBOLA = (0.4, 0.4, 0.4, 0.4, 0.6, 0.6, 0.7)

f1_values = st.lists(st.floats(0.05, 0.95), min_size=7, max_size=7)


def run_of(size: int, f1: float, groups: int = 20) -> CurveRun:
    """A run with that F1 on each test leak group: so many pairs of a thousand in each."""
    pairs = round(1000 * f1)
    return CurveRun(size, size, {f"t{n:03}": {"PERSON": [pairs, 1000, 1000]} for n in range(groups)})


def runs_of(f1: tuple[float, ...] | list[float], sizes: tuple[int, ...] = PLANNED) -> list[CurveRun]:
    """The runs that are asked for, with these F1."""
    return [run_of(size, each) for size, each in zip(sizes, f1, strict=True)]


def test_the_gain_is_that_of_the_power_law() -> None:
    """0.8 - 20/n: at 200 leak groups 0.7, at 250 0.72. Test articles and trainings are all alike: no interval left."""
    outlook = judge_stopping(runs_of(HYPERBOLA), 50, 0.01, "1")

    assert outlook.gain == pytest.approx(20 / 200 - 20 / 250)
    assert outlook.interval == pytest.approx((0.02, 0.02))
    assert (outlook.articles, outlook.verdict) == (50, "go on")


@pytest.mark.parametrize("exponent", [0.1, 0.3, 0.5, 0.8, 1.0])
def test_each_exponent_is_found_again(exponent: float) -> None:
    """F1 of 0.9 - n^-c: the next fifty bring 200^-c - 250^-c."""
    f1 = np.array([[0.9 - size**-exponent for size in PLANNED]])

    assert _fit_gains(f1, PLANNED, 50)[0] == pytest.approx(200**-exponent - 250**-exponent)


def test_a_logarithm_is_found_again() -> None:
    """F1 that grows by 0.07 with each doubling: fifty more of 200 bring 0.07 * log2(5/4)."""
    f1 = np.array([[0.1 + 0.07 * math.log2(size) for size in PLANNED]])

    assert _fit_gains(f1, PLANNED, 50)[0] == pytest.approx(0.07 * math.log2(5 / 4), rel=0.002)


@pytest.mark.parametrize("seed", range(10))
def test_the_fit_is_that_of_another_program(seed: int) -> None:
    """Trainings that differ by a few hundredths: scipy, which moves all three numbers at once, tells the same gain."""
    source = np.random.default_rng(seed)
    sizes = np.array(PLANNED, float)
    f1 = source.uniform(0.6, 0.9) - sizes ** -source.uniform(0.2, 0.9) + source.normal(0, 0.02, 7)

    def off(curve: list[float]) -> list[float]:
        limit, height, exponent = curve
        return list((limit - height * (sizes / 200) ** -exponent - f1) * np.sqrt(sizes))

    found = [
        least_squares(off, [0.8, 0.3, start], bounds=([-1000, 0, 0.001], [1000, 1000, 1])) for start in (0.01, 0.5, 1)
    ]
    _, height, exponent = min(found, key=lambda each: float(each.cost)).x

    assert _fit_gains(f1[None], PLANNED, 50)[0] == pytest.approx(height * (1 - 1.25**-exponent), abs=0.002)


@pytest.mark.parametrize(
    ("f1", "verdict"),
    [
        ((0.7,) * 7, "stop"),  # flat: nothing is gained
        ((0.7, 0.7, 0.7, 0.7, 0.65, 0.65, 0.6), "stop"),  # it never falls for good
        ((0.3, 0.31, 0.29, 0.3, 0.5, 0.51, 0.65), "go on"),
        ((0.3, 0.5, 0.4, 0.2, 0.5, 0.3, 0.5), "cannot tell"),  # trainings differ too much
    ],
)
def test_verdicts_of_curves(f1: tuple[float, ...], verdict: str) -> None:
    """The gain of 50 more, if 0.01 is worth it."""
    outlook = judge_stopping(runs_of(f1), 50, 0.01, "1")

    assert outlook.verdict == verdict
    assert outlook.why


def test_no_more_is_told_than_is_left_to_gain() -> None:
    """Of an F1 of 0.938 that rose from 0.5 by luck, 0.062 is left: gain and both ends stay at or below it."""
    outlook = judge_stopping(runs_of([0.5] * 6 + [0.938]), 400, 0.01, "1")

    assert outlook.gain is not None
    assert outlook.interval is not None
    assert max(outlook.gain, *outlook.interval) == pytest.approx(0.062)


@settings(deadline=None, max_examples=20)
@given(f1_values, st.floats(0.001, 0.2), st.integers(1, 500), st.randoms())
def test_the_verdict_is_that_of_gain_and_interval(f1: list[float], worth: float, horizon: int, chance: object) -> None:
    """By the rule that is stated, whatever the order of the runs, and the same for the same seed."""
    runs = runs_of(f1)
    outlook = judge_stopping(runs, horizon, worth, "1")
    getattr(chance, "shuffle")(runs)  # noqa: B009 - Hypothesis gives random.Random

    assert judge_stopping(runs, horizon, worth, "1") == outlook
    assert outlook.gain is not None
    assert outlook.interval is not None
    low, high = outlook.interval
    assert -1 <= low <= high <= 1
    expected = "cannot tell"
    if low >= worth or (low > 0 and outlook.gain >= worth):
        expected = "go on"
    if high < worth:
        expected = "stop"
    assert outlook.verdict == expected


def test_fewer_test_articles_tell_less() -> None:
    """Of a hundred test leak groups, half of which a training finds, the interval is wider than of a thousand."""

    def widths(groups: int) -> float:
        runs = [
            CurveRun(
                size,
                size,
                {f"t{n:04}": {"PERSON": [int((n * 7 + number) % 10 < 10 * f1), 1, 1]} for n in range(groups)},
            )
            for number, (size, f1) in enumerate(zip(PLANNED, HYPERBOLA, strict=True))
        ]
        interval = judge_stopping(runs, 50, 0.01, "1").interval
        assert interval is not None
        return interval[1] - interval[0]

    assert widths(1000) < widths(100) < widths(20)


def test_luck_of_the_last_run_widens_the_interval_towards_a_longer_horizon() -> None:
    """What was luck is lost with more articles: half of it with as many again."""
    f1 = (0.40, 0.44, 0.36, 0.40, 0.6, 0.6, 0.7)
    near, far = (judge_stopping(runs_of(f1), horizon, 0.01, "1").interval for horizon in (10, 200))

    assert near is not None
    assert far is not None
    assert far[1] - far[0] > near[1] - near[0]


def test_a_label_is_judged_by_its_own_spans() -> None:
    """PERSON still grows; COUNTRY is found as well as it ever will be."""
    runs = runs_of(HYPERBOLA)
    for run in runs:
        for counts in run.counts.values():
            counts["COUNTRY"] = [900, 1000, 1000]

    assert judge_stopping(runs, 50, 0.01, "1", label="PERSON") == judge_stopping(runs_of(HYPERBOLA), 50, 0.01, "1")
    assert judge_stopping(runs, 50, 0.01, "1", label="COUNTRY").verdict == "stop"


@pytest.mark.parametrize(
    ("runs", "label", "why"),
    [
        ([], None, "trained on 0 sizes, and a curve needs three"),
        (runs_of((0.5, 0.5, 0.6), (50, 50, 100)), None, "trained on 2 sizes, and a curve needs three"),
        # Nothing is trained on parts then, since the verdict is known.
        ([run_of(200, 0.7, 9)], None, "9 test leak groups have a span of it, and resamples need 10"),
        (
            runs_of((0.4, 0.5, 0.6, 0.7), (25, 50, 100, 200)),
            None,
            "no size was trained twice, which tells how far trainings differ",
        ),
        (
            [run_of(size, 0.5, groups=9) for size in PLANNED],
            None,
            "9 test leak groups have a span of it, and resamples need 10",
        ),
        (runs_of(HYPERBOLA), "DATE", "0 test leak groups have a span of it, and resamples need 10"),
        (runs_of((0.0,) * 7), None, "the extractor finds none of it yet"),
    ],
)
def test_what_cannot_be_told_says_why(runs: list[CurveRun], label: str | None, why: str) -> None:
    """No gain, no interval, no verdict."""
    outlook = judge_stopping(runs, 50, 0.01, "1", label=label)

    assert (outlook.gain, outlook.interval, outlook.verdict, outlook.why) == (None, None, "cannot tell", why)


def test_parts_are_four_quarters_two_halves_and_all() -> None:
    """Ten leak groups of two articles each: the quarters have 3, 3, 2 and 2 of them, and no group is divided."""
    groups = {f"a{n:02}": f"g{n // 2}" for n in range(20)}

    parts = list(plan_curve_runs(groups, "1"))

    assert [size for size, _ in parts] == [3, 3, 2, 2, 5, 5, 10]
    assert all(len(articles) == 2 * size for size, articles in parts)
    for some in (parts[:4], parts[4:6], parts[6:]):
        assert sorted(article for _, articles in some for article in articles) == sorted(groups)


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, [1]), (2, [1, 1, 2]), (3, [2, 1, 3]), (4, [1] * 4 + [2, 2, 4])]
)
def test_of_few_leak_groups_there_are_fewer_parts(number: int, sizes: list[int]) -> None:
    """No part is empty."""
    assert [size for size, _ in plan_curve_runs({f"a{n}": f"g{n}" for n in range(number)}, "1")] == sizes


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.integers(0, 40), st.integers(0, 20)), st.sampled_from("123"))
def test_parts_divide_the_leak_groups(groups: dict[int, int], seed: str) -> None:
    """Each article is once among the quarters and once among the halves, with its whole leak group."""
    named = {f"a{article}": f"g{group}" for article, group in groups.items()}
    parts = list(plan_curve_runs(named, seed))

    for size, articles in parts:
        inside = {named[article] for article in articles}
        assert len(inside) == size
        assert sorted(articles) == sorted(article for article, group in named.items() if group in inside)
    if len(set(named.values())) >= 4:
        assert [len(parts)] == [7]
        assert sum(size for size, _ in parts[:4]) == sum(size for size, _ in parts[4:6]) == parts[6][0]


def annotation(article: str, *spans: tuple[int, int], label: str = "X") -> Annotation:
    """Spans of one label."""
    made = tuple(Span(id=f"s{n}", start=start, end=end, label=label) for n, (start, end) in enumerate(spans))
    return Annotation(article=article, digest="d", annotator="model:m", spans=made)


def test_stability_is_f1_of_two_models() -> None:
    """Three spans and two, two of them alike: 4/5. Another label is not alike."""
    before = [annotation("a", (0, 1), (2, 3)), annotation("b", (0, 1))]
    after = [annotation("a", (0, 1), (2, 3)), annotation("b")]

    assert measure_stability(before, after) == measure_stability(after, before) == 4 / 5
    assert measure_stability(before, before) == 1
    assert measure_stability(before, [annotation("a", (0, 1), label="Y"), annotation("b", (0, 1))]) == 2 / 5


def test_stability_is_of_articles_that_both_read() -> None:
    """Where neither marked a span, or there is no such article, it is unknown."""
    assert measure_stability([annotation("a", (0, 1)), annotation("b", (0, 1))], [annotation("a", (0, 1))]) == 1
    assert measure_stability([annotation("b")], [annotation("b")]) is None
    assert measure_stability([annotation("a", (0, 1))], [annotation("b", (0, 1))]) is None
    assert measure_stability([], []) is None


def test_the_order_of_equal_runs_changes_nothing() -> None:
    """Two trainings on parts of one size that find different articles, in either order."""
    one, other = (
        CurveRun(100, 100, {f"t{n:02}": {"PERSON": [int(n % 2 == side), 1, 1]} for n in range(20)}) for side in (0, 1)
    )
    rest = runs_of(HYPERBOLA)

    assert len({str(judge_stopping([*rest, *two], 50, 0.01, "1")) for two in permutations([one, other])}) == 1
