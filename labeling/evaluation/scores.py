"""Annotations against gold: precision, recall and F1, each with an interval and with the signature of its making.

The measures are those of information retrieval over paired spans: precision = pairs / predicted, recall = pairs / gold,
F1 = 2 pairs / (predicted + gold), the harmonic mean of both. A ratio whose denominator is 0 is undefined: it is None,
with the reason beside it, never 0 or 1.

An interval is the percentile interval of a bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13), 95 %, resampled by leak group: forty copies of one communique are one observation, not forty. It tells how
far the number would move on other articles of this kind, and nothing about another training run.

Where gold is open nothing is known: a prediction that touches an open stretch and has no partner in gold is not
counted, for nobody can say whether it is wrong. One that has a partner is right, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from labeling import __version__
from labeling.annotations import overlaps, surface_of
from labeling.evaluation.matching import pair_spans
from labeling.workspace.rows.score import Measure, Measures, PairingRule, Score

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from labeling.annotations import Surface
    from labeling.evaluation.matching import SpanLike

    SpanFilter: TypeAlias = Callable[[str, SpanLike], bool]
    Weights: TypeAlias = NDArray[np.int64]

# The least number of leak groups of which resamples can differ.
ENOUGH_GROUPS = 2


@dataclass(frozen=True)
class ScoredArticle:
    """One article with its gold and with what one annotator says; ``open`` are the stretches gold leaves open."""

    article: str
    leak_group: str
    text: str
    gold: Sequence[SpanLike]
    predicted: Sequence[SpanLike]
    open: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: how often to resample, and the seed of it."""

    resamples: int = 1000
    seed: int = 1


BOOTSTRAP = Bootstrap()


def score_spans(
    annotator: str,
    judged: Iterable[ScoredArticle],
    labels: Sequence[str],
    *,
    trained_on: Collection[Surface] | None = None,
    corpus: str = "",
    bootstrap: Bootstrap = BOOTSTRAP,
) -> Score:
    """Measure one annotator's spans against gold.

    Args:
        annotator: Whose spans they are.
        judged: Every article of the test set, also those without any span.
        labels: The labels to list, in that order; spans with another label count in micro alone.
        trained_on: The surfaces of the training split (see `surface_of`), to part seen from unseen.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
    """
    articles = list(judged)

    def measures(rule: PairingRule, listed: Sequence[str] = labels, seen: SpanFilter | None = None) -> Measures:
        outcomes = [_pair_article(each, rule) for each in articles]
        return compute_measures(outcomes, listed, sign_measures(rule, bootstrap, corpus), rule, bootstrap, seen)

    def is_known(text: str, span: SpanLike) -> bool:
        return surface_of(span.label, text[span.start : span.end]) in (trained_on or ())

    seen = None if trained_on is None else is_known
    return Score(
        annotator=annotator,
        articles=len(articles),
        leak_groups=len({each.leak_group for each in articles}),
        exact=measures("exact", seen=seen),
        position=measures("position", ()),
        overlapping=measures("overlapping"),
    )


def compute_measures(
    outcomes: Sequence[PairedArticle],
    labels: Sequence[str],
    signed: str,
    rule: PairingRule = "exact",
    bootstrap: Bootstrap = BOOTSTRAP,
    seen: SpanFilter | None = None,
) -> Measures:
    """Measures over all that was paired, and by label.

    Args:
        outcomes: One for each article of the test set.
        labels: The labels to list.
        signed: The signature of the numbers.
        rule: How was paired.
        bootstrap: Resamples and seed of the intervals.
        seen: Whether training had such a one; None where that is not asked.
    """
    groups = sorted({each.leak_group for each in outcomes})
    weights = _resample_weights(len(groups), bootstrap)
    return Measures(
        rule=rule,
        micro=_compute_measure(outcomes, groups, weights, lambda *_: True),
        labels={label: _compute_measure(outcomes, groups, weights, partial(_has_label, label)) for label in labels},
        signature=signed,
        seen=_compute_measure(outcomes, groups, weights, seen) if seen else None,
        unseen=_compute_measure(outcomes, groups, weights, lambda *each: not seen(*each)) if seen else None,
    )


def sign_measures(rule: PairingRule, bootstrap: Bootstrap, corpus: str, layer: str = "spans") -> str:
    """All that a number depends on, in one line: numbers compare when their signatures are the same."""
    parts = {
        "match": rule,
        "layer": layer,
        "boot": bootstrap.resamples,
        "seed": bootstrap.seed,
        "resample": "leak group",
        "labeling": __version__,
        "corpus": corpus or "none",
    }
    return "|".join(f"{name}:{value}" for name, value in parts.items())


@dataclass(frozen=True)
class PairedArticle:
    """One article after pairing: the spans of gold that have a partner, all of gold, and the predictions that count."""

    leak_group: str
    text: str
    paired: Sequence[SpanLike]
    gold: Sequence[SpanLike]
    predicted: Sequence[SpanLike]


def _pair_article(judged: ScoredArticle, rule: PairingRule) -> PairedArticle:
    pairing = pair_spans(judged.gold, judged.predicted, rule)
    wrong = [
        span
        for span in pairing.right
        if not any(overlaps(span.start, span.end, start, end) for start, end in judged.open)
    ]
    return PairedArticle(
        leak_group=judged.leak_group,
        text=judged.text,
        paired=[gold for gold, _ in pairing.pairs],
        gold=judged.gold,
        predicted=[*(predicted for _, predicted in pairing.pairs), *wrong],
    )


def _has_label(label: str, _text: str, span: SpanLike) -> bool:
    return span.label == label


def _compute_measure(
    outcomes: Sequence[PairedArticle], groups: Sequence[str], weights: Weights | None, keep: SpanFilter
) -> Measure:
    """Count the kept spans by leak group, and take the ratios of the sums and of the resampled sums."""
    counts = {group: [0, 0, 0] for group in groups}
    for each in outcomes:
        for column, spans in enumerate((each.paired, each.gold, each.predicted)):
            counts[each.leak_group][column] += sum(keep(each.text, span) for span in spans)
    pairs, gold, predicted = (sum(count[column] for count in counts.values()) for column in range(3))
    intervals = {} if weights is None else _intervals(list(counts.values()), weights)
    return Measure(
        pairs=pairs,
        gold=gold,
        predicted=predicted,
        precision=pairs / predicted if predicted else None,
        recall=pairs / gold if gold else None,
        f1=2 * pairs / (predicted + gold) if predicted + gold else None,
        **intervals,
        undefined=_explain_undefined(gold, predicted, len(groups)),
    )


def _explain_undefined(gold: int, predicted: int, groups: int) -> str:
    reasons = [
        "precision: nothing was predicted" * (not predicted),
        "recall: gold has none" * (not gold),
        "f1: neither has any" * (not predicted and not gold),
        f"intervals: {'one leak group' if groups else 'no leak group'}, and a resample needs two"
        * (groups < ENOUGH_GROUPS),
    ]
    return "; ".join(filter(None, reasons))


def _resample_weights(groups: int, bootstrap: Bootstrap) -> Weights | None:
    """How often each leak group is drawn in each resample: resamples x groups, the same for every measure."""
    import numpy as np

    if groups < ENOUGH_GROUPS:
        return None
    source = np.random.Generator(np.random.PCG64(bootstrap.seed))
    return source.multinomial(groups, [1 / groups] * groups, size=bootstrap.resamples)


def _intervals(counts: Sequence[Sequence[int]], weights: Weights) -> dict[str, tuple[float, float] | None]:
    import numpy as np

    pairs, gold, predicted = (weights @ np.asarray(counts)).T
    return {
        "precision_interval": _percentiles(pairs, predicted),
        "recall_interval": _percentiles(pairs, gold),
        "f1_interval": _percentiles(2 * pairs, predicted + gold),
    }


def _percentiles(numerator: Weights, denominator: Weights) -> tuple[float, float] | None:
    """The middle 95 % of the resampled ratios, of those that are defined."""
    import numpy as np

    defined = denominator > 0
    if not defined.any():
        return None
    low, high = np.quantile(numerator[defined] / denominator[defined], [0.025, 0.975])
    return float(low), float(high)
