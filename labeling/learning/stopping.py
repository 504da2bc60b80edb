"""When to stop: what more articles are worth, from one extractor trained on parts of what is labelled.

F1 grows with the number ``n`` of leak groups as ``a - b * n ** -c``, an inverse power law (Cortes et al., Learning
Curves: Asymptotic Values and Rate of Convergence, 1994), fitted by weighted least squares as by Figueroa et al.
(Predicting Sample Size Required for Classification Performance, 2012), with ``b`` at least 0 and ``c`` from 0, where it
is the logarithm of ``n``, to 1. With ``c`` of 1, F1 of 0.5 at 50 leak groups and of 0.6 at 100 is 0.65 at 200: the next
hundred bring 0.05.

The interval, 95 %, is of resamples (Efron and Tibshirani, An Introduction to the Bootstrap, 1993). Each draws the leak
groups of the test articles anew, the same for all runs, and moves each run by what trainings on other articles would
differ. How far, runs of one size tell, and what is expected before: two thirds of what as many other test articles
would change (measured, docs/stopping.md). Of what the last run had by luck, the share ``next / (labelled + next)`` is
lost again with more articles, and is part of what is foretold. Nothing here touches disk, network, clock or a random
number without a seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.evaluation.learning_curve import grow_training_sets
from labeling.evaluation.matching import pair_spans
from labeling.evaluation.resampling import Bootstrap, resample_weights
from labeling.values import digest_of
from labeling.workspace.rows.learning_rows import Outlook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from labeling.annotations import Annotation
    from labeling.evaluation.scores import GroupCounts
    from labeling.workspace.rows.learning_rows import StoppingVerdict

    Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class CurveRun:
    """One training on a part of the labelled articles, scored on the test articles, the same in all runs.

    ``counts`` has pairs, gold and predicted by leak group and label, as `count_paired` counts them, also of test leak
    groups without any span.
    """

    leak_groups: int
    articles: int
    counts: GroupCounts


# How many parts of equal size there are of each: four quarters and two halves cost two trainings on everything.
PARTS = (4, 2)
_RESAMPLES = 1000
# The first one stands for the logarithm, to which the law goes there.
_EXPONENTS = (0.001, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Of a curve of three unknowns.
_ENOUGH_SIZES = 3
# How far other training articles move F1, beside as many other test articles; and of how many differences between runs
# that is worth the evidence.
_TRAINED_TO_TESTED = 2 / 3
_EXPECTED_FREEDOM = 4
# Of fewer test leak groups with a span the resamples are too much alike: their interval would be too narrow.
ENOUGH_TO_TEST = 10


def plan_curve_runs(groups: Mapping[str, str], seed: str) -> Iterator[tuple[int, list[str]]]:
    """The parts that `judge_stopping` wants a training on each: four quarters, two halves, all; whole leak groups.

    Args:
        groups: Article id to leak group, of the articles to train on.
        seed: Orders the leak groups.

    Yields:
        How many leak groups, and their articles; the last time all of them, where a round's own model can be taken.
    """
    *_, (size, articles) = [(0, list[str]()), *grow_training_sets(groups, 1, seed)]
    order = list(dict.fromkeys(groups[article] for article in articles))
    for parts in PARTS:
        for number in range(parts if size >= parts else 0):
            chosen = set(order[number::parts])
            yield len(chosen), [article for article in articles if groups[article] in chosen]
    if size:
        yield size, articles


def judge_stopping(
    runs: Sequence[CurveRun], horizon: int, worth: float, seed: str, *, label: str | None = None
) -> Outlook:
    """What the next articles are worth in F1, and whether to go on.

    Stop where the whole interval lies below ``worth``; go on where its lower end is at or above it, or where it is
    above 0 and the gain is at least ``worth``; else it cannot be told. Nothing can be told, and ``why`` says so, where
    fewer than three sizes were trained, or none twice, where fewer than ten test leak groups have a span of it, or
    where the extractor finds none of it yet.

    Args:
        runs: One for each part of `plan_curve_runs`, all scored on the same test articles.
        horizon: How many articles come next, each of a leak group of its own, as the queue orders them.
        worth: The F1 below which they are not worth it.
        seed: Draws the resamples.
        label: Of its spans alone; of all where it is None.
    """
    if reason := _find_obstacle(runs, label):
        return Outlook(articles=horizon, gain=None, interval=None, verdict="cannot tell", why=reason)
    gain, low, high = _extrapolate_gain(runs, horizon, seed, label)
    verdict, why = _reach_verdict(gain, low, high, worth)
    return Outlook(articles=horizon, gain=gain, interval=(low, high), verdict=verdict, why=why)


def measure_stability(before: Iterable[Annotation], after: Iterable[Annotation]) -> float | None:
    """How far two models say the same of the same articles: F1 of their spans, start, end and label alike.

    Three spans of one, two of the other and two that both have are 2 * 2 / (3 + 2) = 0.8; None where there is no span.
    """
    ones, others = {each.article: each for each in before}, {each.article: each for each in after}
    both = [(ones[article].spans, others[article].spans) for article in sorted(ones.keys() & others.keys())]
    spans = sum(len(one) + len(other) for one, other in both)
    pairs = sum(len(pair_spans(one, other, "exact").pairs) for one, other in both)
    return 2 * pairs / spans if spans else None


def _reach_verdict(gain: float, low: float, high: float, worth: float) -> tuple[StoppingVerdict, str]:
    if high < worth:
        return "stop", f"even the upper end is below {worth}"
    if low >= worth:
        return "go on", f"even the lower end is not below {worth}"
    if low > 0 and gain >= worth:
        return "go on", f"it is above 0 for sure, and likely {worth} or more"
    return "cannot tell", f"{worth} lies within the interval"


def _find_obstacle(runs: Sequence[CurveRun], label: str | None) -> str:
    """Why no gain can be told; empty where it can."""
    last = max(runs, key=lambda run: run.leak_groups, default=CurveRun(0, 0, {}))
    table = _tabulate_run(last, sorted(last.counts), label)
    # First: of too small a test split, nothing is trained on parts.
    if runs and (tested := int((table[:, 1] > 0).sum())) < ENOUGH_TO_TEST:
        return f"{tested} test leak groups have a span of it, and resamples need {ENOUGH_TO_TEST}"
    levels = _find_levels([run.leak_groups for run in runs])
    if len(set(levels)) < _ENOUGH_SIZES:
        return f"trained on {len(set(levels))} sizes, and a curve needs three"
    if len(set(levels)) == len(levels):
        return "no size was trained twice, which tells how far trainings differ"
    # A curve that is still at 0 says nothing of when it will rise.
    return "" if table[:, 0].any() else "the extractor finds none of it yet"


def _find_levels(sizes: Sequence[int]) -> list[int]:
    """How often the largest size was halved: 13 and 12 of 50 are both quarters."""
    return [round(math.log2(max(sizes) / size)) for size in sizes]


def _tabulate_run(run: CurveRun, groups: Sequence[str], label: str | None) -> Numbers:
    """Leak groups x pairs, gold and predicted."""
    import numpy as np

    table = np.zeros((len(groups), 3))
    for row, group in enumerate(groups):
        for name, counts in run.counts.get(group, {}).items():
            if label in {None, name}:
                table[row] += counts
    return table


def _extrapolate_gain(
    runs: Sequence[CurveRun], horizon: int, seed: str, label: str | None
) -> tuple[float, float, float]:
    """The gain of the curve through the runs, and the middle 95 % of that of resamples."""
    import numpy as np

    groups = sorted({group for run in runs for group in run.counts})
    tables = {number: _tabulate_run(run, groups, label) for number, run in enumerate(runs)}
    # In an order of their own, so that the same runs have the same interval.
    order = sorted(tables, key=lambda number: (runs[number].leak_groups, tables[number].tolist()))
    counts, sizes = np.stack([tables[number] for number in order]), [runs[number].leak_groups for number in order]
    number = int(digest_of(seed)[:15], 16)
    source = np.random.Generator(np.random.PCG64(number + 1))
    f1, drawn = _f1_of(counts.sum(axis=1)), _resample_f1(counts, number)
    last = np.array(sizes) == max(sizes)
    # Of one article: that of as many as there are shrinks with their root.
    expected = _TRAINED_TO_TESTED * float(drawn[:, last].std(axis=0).mean()) * math.sqrt(len(groups))
    luck = source.normal(size=drawn.shape) * _draw_spread(f1, sizes, expected, source)
    gains = _fit_gains(drawn + luck, sizes, horizon)
    # Luck of the last run makes the curve look steeper than it is, and is lost when more comes: both in one direction.
    gains = gains + luck[:, last].mean(axis=1) * horizon / (max(sizes) + horizon)
    # F1 ends at 0 and at 1.
    now = float(f1[last].mean())
    told = [_fit_gains(f1[None], sizes, horizon)[0], *np.quantile(gains, [0.025, 0.975])]
    gain, low, high = (float(each) for each in np.clip(told, -now, 1 - now))
    return gain, low, high


def _resample_f1(counts: Numbers, number: int) -> Numbers:
    """Resamples x runs: F1 on test leak groups that are drawn anew, the same for all runs."""
    runs, groups, columns = counts.shape
    weights = resample_weights(groups, Bootstrap(_RESAMPLES, number))
    if weights is None:
        return _f1_of(counts.sum(axis=1))[None].repeat(_RESAMPLES, axis=0)
    product = weights @ counts.transpose(1, 0, 2).reshape(groups, runs * columns)
    return _f1_of(product.reshape(_RESAMPLES, runs, columns))


def _f1_of(counts: Numbers) -> Numbers:
    """F1 of pairs, gold and predicted in the last place; 0 where a resample has no span."""
    import numpy as np

    f1: Numbers = 2 * counts[..., 0] / np.maximum(counts[..., 1] + counts[..., 2], 1)
    return f1


def _draw_spread(f1: Numbers, sizes: Sequence[int], expected: float, source: np.random.Generator) -> Numbers:
    """Resamples x runs: the standard deviation of trainings on so many leak groups, which shrinks with their root.

    It is known from few runs and what is expected of one leak group, and drawn as far as it may be off: sum of squares
    / chi squared.
    """
    import numpy as np

    levels = np.array(_find_levels(sizes))
    squares, freedom = _EXPECTED_FREEDOM * expected**2, _EXPECTED_FREEDOM
    for level in np.unique(levels):
        same = f1[levels == level]
        squares += float((np.array(sizes)[levels == level] * (same - same.mean()) ** 2).sum())
        freedom += len(same) - 1
    spread: Numbers = np.sqrt(squares / source.chisquare(freedom, size=(_RESAMPLES, 1)) / np.array(sizes))
    return spread


def _fit_gains(f1: Numbers, sizes: Sequence[int], horizon: int) -> Numbers:
    """What ``horizon`` more leak groups bring by the best curve through each row of F1, one number a row.

    For each exponent the other two numbers are those of a straight line, in which a run has the weight of its size.
    """
    import numpy as np

    sizes_of, last = np.array(sizes, np.float64), float(max(sizes))
    share = sizes_of / sizes_of.sum()
    centred = f1 - (f1 @ share)[:, None]
    best: Numbers = np.full(len(f1), np.inf)
    gains: Numbers = np.zeros(len(f1))
    for exponent in _EXPONENTS:
        power = sizes_of**-exponent
        across = power - power @ share
        slope = np.maximum(-(centred * share) @ across / ((across**2) @ share), 0.0)
        left = ((centred + slope[:, None] * across) ** 2) @ share
        gain = slope * (last**-exponent - (last + horizon) ** -exponent)
        # Of curves that fit alike, the flatter one: less is promised.
        better = left <= best
        gains, best = np.where(better, gain, gains), np.where(better, left, best)
    return gains
