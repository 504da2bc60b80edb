"""When to stop: what more articles are worth, from one extractor trained on parts of what is labelled.

F1 grows with the number ``n`` of leak groups as ``a - b * n ** -c``, an inverse power law (Cortes et al., Learning
Curves: Asymptotic Values and Rate of Convergence, 1994; fitted by weighted least squares as by Figueroa et al.,
Predicting Sample Size Required for Classification Performance, 2012), with ``b`` at least 0 and ``c`` from 0.1 to 1.
With ``c`` of 1, F1 of 0.5 at 50 leak groups and of 0.6 at 100 there are 0.65 at 200: the gain of 100 more is 0.05.

The interval, 95 %, is of resamples (Efron and Tibshirani, An Introduction to the Bootstrap, 1993): each draws the leak
groups of the test articles anew, the same for all runs, and moves each run as far as runs of one size differ from each
other. Nothing here touches disk, network, clock or a random number without a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.evaluation.learning_curve import grow_training_sets
from labeling.evaluation.matching import pair_spans
from labeling.evaluation.resampling import ENOUGH_GROUPS, Bootstrap, resample_weights
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


# How many parts of equal size there are of each: two halves and four quarters cost two trainings on everything.
PARTS = (4, 2)
_RESAMPLES = 1000
_EXPONENTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Of a curve of three unknowns.
_ENOUGH_SIZES = 3


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
    above 0 and the gain is at least ``worth``; else it cannot be told.

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
    if low >= worth or (low > 0 and gain >= worth):
        return "go on", ""
    return "cannot tell", f"{worth} lies within the interval"


def _find_obstacle(runs: Sequence[CurveRun], label: str | None) -> str:
    """Why no gain can be told; empty where it can."""
    sizes = [run.leak_groups for run in runs]
    groups = {group for run in runs for group in run.counts}
    if len(groups) < ENOUGH_GROUPS:
        return f"{len(groups)} leak groups to test on, and a resample needs two"
    if len(set(sizes)) < _ENOUGH_SIZES:
        return f"trained on {len(set(sizes))} sizes, and a curve needs three"
    if len(set(sizes)) == len(sizes):
        return "no size was trained twice, which tells how far trainings differ"
    if not all(_sum_counts(run, label)[1:].sum() for run in runs):
        return "a training and gold have no span of it"
    return ""


def _sum_counts(run: CurveRun, label: str | None) -> Numbers:
    total: Numbers = _tabulate_run(run, sorted(run.counts), label).sum(axis=0)
    return total


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
    tables = np.stack([_tabulate_run(run, groups, label) for run in runs])
    sizes = np.array([run.leak_groups for run in runs], np.float64)
    number = int(digest_of(seed)[:15], 16)
    weights = resample_weights(len(groups), Bootstrap(_RESAMPLES, number))
    drawn = np.ones((1, len(groups))) if weights is None else weights
    f1 = _f1_of(tables.sum(axis=1))
    source = np.random.Generator(np.random.PCG64(number + 1))
    spread = _draw_spread(f1, sizes, source)
    moved = _f1_of(np.einsum("bg,rgc->brc", drawn, tables)) + source.normal(size=(len(drawn), len(sizes))) * spread
    gains = _fit_gains(moved, sizes, horizon) + source.normal(size=len(drawn)) * spread[:, -1]
    low, high = np.quantile(gains, [0.025, 0.975])
    return float(_fit_gains(f1[None], sizes, horizon)[0]), float(low), float(high)


def _f1_of(counts: Numbers) -> Numbers:
    """F1 of pairs, gold and predicted in the last place; 0 where a resample has no span."""
    import numpy as np

    f1: Numbers = 2 * counts[..., 0] / np.maximum(counts[..., 1] + counts[..., 2], 1)
    return f1


def _draw_spread(f1: Numbers, sizes: Numbers, source: np.random.Generator) -> Numbers:
    """Resamples x runs: the standard deviation of trainings on so many leak groups, which shrinks with their root.

    It is known from few runs, and drawn as far as it may be off: sum of squares / chi squared.
    """
    import numpy as np

    squares, freedom = 0.0, 0
    for size in np.unique(sizes):
        same = f1[sizes == size]
        squares += float(size * ((same - same.mean()) ** 2).sum())
        freedom += len(same) - 1
    spread: Numbers = np.sqrt(squares / source.chisquare(freedom, size=(_RESAMPLES, 1)) / sizes)
    return spread


def _fit_gains(f1: Numbers, sizes: Numbers, horizon: int) -> Numbers:
    """What ``horizon`` more leak groups bring by the best curve through each row of F1, one number a row."""
    import numpy as np

    share = sizes / sizes.sum()
    centred = f1 - (f1 @ share)[:, None]
    best: Numbers = np.full(len(f1), np.inf)
    gains: Numbers = np.zeros(len(f1))
    for exponent in _EXPONENTS:
        power = sizes**-exponent
        across = power - power @ share
        slope = np.maximum(-(centred * share) @ across / ((across**2) @ share), 0.0)
        left = ((centred + slope[:, None] * across) ** 2) @ share
        last = sizes.max()
        gain = slope * (last**-exponent - (last + horizon) ** -exponent)
        gains, best = np.where(left < best, gain, gains), np.minimum(left, best)
    return gains
