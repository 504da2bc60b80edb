"""Predictions against gold: precision, recall and F1, each with an interval and a signature of how it was made.

The measures are those of information retrieval over paired spans: precision = pairs / predicted, recall = pairs / gold,
F1 = 2 pairs / (predicted + gold), the harmonic mean of both. A ratio whose denominator is 0 is undefined: it is None,
with the reason in ``undefined``, never 0 or 1.

An example. Gold has PERSON 0..5 and COUNTRY 10..15; predicted are PERSON 0..5, COUNTRY 10..14 and DATE 20..24. By the
exact rule there is one pair: precision is 1/3, recall 1/2, F1 2/5. By the overlapping rule COUNTRY has a partner too:
2/3, 2/2 and 4/5.

An interval is the percentile interval of a cluster bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 13), 95 %, in which the clusters are leak groups: forty copies of one communique are one observation, not
forty. It shows how far the number would move on other articles of this kind, not how far another training run would
move it.

Where gold is open nothing is known: a prediction that touches an open stretch and has no partner in gold is not
counted, since nobody can tell whether it is wrong. One that has a partner is right, and counted. A label that was not
asked for when an article was judged is left out for that article, on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from labeling import __version__
from labeling.annotations import LABEL_ITEM, Gold, overlaps, surface_of
from labeling.evaluation.matching import pair_spans
from labeling.evaluation.resampling import BOOTSTRAP, ENOUGH_GROUPS, Count, resample_weights, take_interval
from labeling.workspace.rows.score import NOTHING_TO_SCORE, ONE_LEAK_GROUP, Measure, Measures, PairingRule, Score

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from labeling.annotations import Annotation, Surface
    from labeling.articles import Article
    from labeling.evaluation.matching import SpanLike
    from labeling.evaluation.resampling import Bootstrap, Weights

    SpanFilter: TypeAlias = Callable[[str, SpanLike], bool]

# How many pairs, gold and predicted there are, by leak group and label.
GroupCounts: TypeAlias = "dict[str, dict[str, list[int]]]"


@dataclass(frozen=True)
class ScoredArticle:
    """One article of a test set: a prediction, and what it is compared with.

    ``gold`` is gold, or another annotator's submission where people are compared with each other. ``silent_on`` are
    the items (``label WHEN``) of which one of two people says nothing; gold has its own.
    """

    article: Article
    leak_group: str
    gold: Gold | Annotation
    prediction: Annotation
    silent_on: frozenset[str] = frozenset()

    @property
    def sides(self) -> tuple[Gold | Annotation, Annotation]:
        """What is compared, and with what."""
        return self.gold, self.prediction

    @property
    def turned(self) -> ScoredArticle:
        """The same two annotators, each in the other's place; gold stays where it is."""
        if isinstance(self.gold, Gold):
            return self
        return replace(self, gold=self.prediction, prediction=self.gold)

    @property
    def unasked(self) -> frozenset[str]:
        """The items that are left out of the comparison."""
        return self.silent_on | frozenset(self.gold.unasked if isinstance(self.gold, Gold) else ())

    def compared_spans(self, annotation: Gold | Annotation) -> list[SpanLike]:
        """The spans of one side, without those of a label that is left out."""
        unasked = self.unasked
        return [span for span in annotation.spans if LABEL_ITEM + span.label not in unasked]

    @property
    def open(self) -> tuple[tuple[int, int], ...]:
        """The stretches of which nothing is known; a submission leaves none open."""
        return self.gold.open if isinstance(self.gold, Gold) else ()

    @property
    def open_choices(self) -> tuple[str, ...]:
        """The options (``event=CONSULT``) of which nothing is known; a submission leaves none open."""
        return self.gold.open_choices if isinstance(self.gold, Gold) else ()


def score_spans(
    annotator: str,
    scored: Iterable[ScoredArticle],
    labels: Sequence[str],
    *,
    trained_on: Collection[Surface] | None = None,
    corpus: str = "",
    bootstrap: Bootstrap = BOOTSTRAP,
) -> Score:
    """Measure one annotator's spans against gold.

    Args:
        annotator: Whose spans they are.
        scored: Every article of the test set, also those without any span.
        labels: The labels to list, in that order; spans with another label count in micro alone.
        trained_on: The surfaces of the training split (see `surface_of`), to separate seen from unseen.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
    """
    # Each rule of pairing goes over all articles once more.
    articles = list(scored)

    def was_seen(text: str, span: SpanLike) -> bool:
        return surface_of(span.label, text[span.start : span.end]) in (trained_on or ())

    def measures(rule: PairingRule, listed: Sequence[str] = labels, seen: SpanFilter | None = None) -> Measures:
        paired = [pair_article(each, rule) for each in articles]
        return compute_measures(paired, listed, sign_measures(rule, bootstrap, corpus), rule, bootstrap, seen)

    return Score(
        annotator=annotator,
        articles=len(articles),
        leak_groups=len({each.leak_group for each in articles}),
        exact=measures("exact", seen=None if trained_on is None else was_seen),
        # By position, labels may differ within a pair: there is nothing to list by label.
        position=measures("position", ()),
        overlapping=measures("overlapping"),
    )


@dataclass(frozen=True)
class PairedArticle:
    """One article after pairing: what of gold has a partner, all of gold, and the predictions that count.

    Spans, relations and choices all come to this, and the counting that follows knows no difference.
    """

    leak_group: str
    text: str
    paired: Sequence[SpanLike]
    gold: Sequence[SpanLike]
    predicted: Sequence[SpanLike]


def compute_measures(
    paired: Sequence[PairedArticle],
    labels: Sequence[str],
    signature: str,
    rule: PairingRule = "exact",
    bootstrap: Bootstrap = BOOTSTRAP,
    seen: SpanFilter | None = None,
) -> Measures:
    """Measures over everything that was paired, and by label.

    Args:
        paired: One for each article of the test set.
        labels: The labels to list.
        signature: What the numbers depend on (see `sign_measures`).
        rule: The rule of pairing.
        bootstrap: Resamples and seed of the intervals.
        seen: Whether the training split has a span like this one; None where nobody asks.
    """
    counts = count_paired(paired)
    seen_counts = count_paired(paired, seen) if seen else None
    unseen_counts = count_paired(paired, lambda *each: not seen(*each)) if seen else None
    return Measures(
        rule=rule,
        micro=measure_counts(counts, [None], bootstrap)[0],
        labels=dict(zip(labels, measure_counts(counts, labels, bootstrap), strict=True)),
        signature=signature,
        seen=measure_counts(seen_counts, [None], bootstrap)[0] if seen_counts is not None else None,
        unseen=measure_counts(unseen_counts, [None], bootstrap)[0] if unseen_counts is not None else None,
    )


def count_paired(paired: Iterable[PairedArticle], keep: SpanFilter | None = None) -> GroupCounts:
    """Pairs, gold and predicted by leak group and label; of those spans alone that are to be kept."""
    counts: GroupCounts = {}
    for each in paired:
        labels = counts.setdefault(each.leak_group, {})
        for column, spans in enumerate((each.paired, each.gold, each.predicted)):
            for span in spans:
                if keep is None or keep(each.text, span):
                    labels.setdefault(span.label, [0, 0, 0])[column] += 1
    return counts


def measure_counts(counts: GroupCounts, labels: Sequence[str | None], bootstrap: Bootstrap) -> list[Measure]:
    """The measure of each label, and of all of them together for None: by the sums over all leak groups."""
    groups = sorted(counts)
    # One set of resamples for all measures, so that seen, unseen and labels can be compared with micro.
    weights = resample_weights(len(groups), bootstrap)
    # Pairs, gold and predicted of each label in each leak group; summed, and summed anew for each resample.
    table = _tabulate_counts([counts[group] for group in groups], labels)
    drawn = [None] * len(labels) if weights is None else _resample_columns(weights, table)
    return [_compute_measure(each.sum(axis=0), len(groups), more) for each, more in zip(table, drawn, strict=True)]


def _resample_columns(weights: Weights, table: Weights) -> Sequence[Weights]:
    """The three sums of each label, for each resample: one product of matrices for all labels."""
    labels, groups, columns = table.shape
    product = weights @ table.transpose(1, 0, 2).reshape(groups, labels * columns)
    return [*product.T.reshape(labels, columns, len(weights))]


def _tabulate_counts(groups: Sequence[dict[str, list[int]]], labels: Sequence[str | None]) -> Weights:
    """Labels x leak groups x pairs, gold and predicted."""
    import numpy as np

    places = {label: at for at, label in enumerate(labels)}
    listed = [(row, label, numbers) for row, group in enumerate(groups) for label, numbers in group.items()]
    rows = np.array([row for row, _, _ in listed], np.int64)
    at = np.array([places.get(label, -1) for _, label, _ in listed], np.int64)
    values = np.array([numbers for _, _, numbers in listed], np.float64).reshape(-1, 3)
    table = np.zeros((len(labels), len(groups), 3))
    table[at[at >= 0], rows[at >= 0]] = values[at >= 0]
    if None in places:
        # Micro-averaged: the sums over all labels, not the mean of their ratios.
        for column in range(3):
            table[places[None], :, column] = np.bincount(rows, values[:, column], len(groups))
    return table


def sign_measures(rule: PairingRule, bootstrap: Bootstrap, corpus: str, layer: str = "spans") -> str:
    """All that a number depends on, in one line: two numbers can be compared when their signatures are the same."""
    parts = {
        "match": rule,
        "layer": layer,
        "boot": bootstrap.resamples,
        "seed": bootstrap.seed,
        # The version and the dataset come last, as in the signatures of sacreBLEU.
        "resample": "leak group",
        "labeling": __version__,
        "corpus": corpus or "none",
    }
    return "|".join(f"{name}:{value}" for name, value in parts.items())


def fractions_of(pairs: Count, gold: Count, predicted: Count) -> dict[str, tuple[Count, Count]]:
    """Precision, recall and F1, each as numerator and denominator: the one definition, for numbers and for resamples.

    >>> fractions_of(pairs=1, gold=2, predicted=3)
    {'precision': (1, 3), 'recall': (1, 2), 'f1': (2, 5)}
    """
    return {"precision": (pairs, predicted), "recall": (pairs, gold), "f1": (2 * pairs, predicted + gold)}


def pair_article(scored: ScoredArticle, rule: PairingRule) -> PairedArticle:
    """The spans of one article: gold's, those of them that have a partner, and the predictions that count."""
    # Only a prediction without a partner can be wrong, and only where gold is not open.
    true = scored.compared_spans(scored.gold)
    pairing = pair_spans(true, scored.compared_spans(scored.prediction), rule)
    wrong = [
        span
        for span in pairing.right
        if not any(overlaps(span.start, span.end, start, end) for start, end in scored.open)
    ]
    return PairedArticle(
        leak_group=scored.leak_group,
        text=scored.article.text,
        paired=[gold for gold, _ in pairing.pairs],
        gold=true,
        predicted=[*(predicted for _, predicted in pairing.pairs), *wrong],
    )


def _compute_measure(counts: Weights, groups: int, drawn: Weights | None) -> Measure:
    """The ratios of the sums of pairs, gold and predicted, and the intervals of their resampled sums."""
    pairs, gold, predicted = (int(number) for number in counts)
    ratios = {
        name: numerator / denominator if denominator else None
        for name, (numerator, denominator) in fractions_of(pairs, gold, predicted).items()
    }
    # None where there is nothing to resample.
    spread = {} if drawn is None else fractions_of(drawn[0], drawn[1], drawn[2])
    intervals = {name: take_interval(*each) for name, each in spread.items()}
    reasons = _explain_undefined(gold, predicted, groups)
    return Measure(
        pairs=pairs,
        gold=gold,
        predicted=predicted,
        precision=ratios["precision"],
        recall=ratios["recall"],
        f1=ratios["f1"],
        precision_interval=intervals.get("precision"),
        recall_interval=intervals.get("recall"),
        f1_interval=intervals.get("f1"),
        undefined="; ".join(f"{name}: {reason}" for name, reason in reasons.items()),
    )


def _explain_undefined(gold: int, predicted: int, groups: int) -> dict[str, str]:
    """Why a ratio has no value, and why none has an interval."""
    reasons = {}
    if not predicted:
        reasons["precision"] = "nothing was predicted"
    if not gold:
        reasons["recall"] = "gold has none"
    if not predicted and not gold:
        reasons["f1"] = NOTHING_TO_SCORE
    if groups < ENOUGH_GROUPS:
        reasons["intervals"] = ONE_LEAK_GROUP if groups else "no leak group, and a resample needs two"
    return reasons
