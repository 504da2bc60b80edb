"""Trials of stopping: articles labelled in random order, and at some sizes what the verdict sees and what is true.

A trial shuffles a corpus. Its first articles are the test articles, the next ones are labelled one after the other. At
each size the fast tagger is trained on the parts that `judge_stopping` wants, and scored on the test articles. What is
true is measured on everything that is neither labelled nor a test article: ``draws`` times the next articles are drawn
from it, a tagger is trained on them, too, and F1 of both taggers is compared on the rest.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from labeling.learning.stopping import CurveRun, plan_curve_runs
from simulated.fast_tagger import FastTagger, PreparedArticle, prepare_article, train_fast_tagger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from labeling.annotations import Annotation
    from labeling.articles import Article

    # Articles x labels x pairs, gold and predicted.
    Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class TrialPlan:
    """How many articles: to test on, labelled at each round, next after each; how often these are drawn."""

    test: int
    sizes: tuple[int, ...]
    horizon: int
    draws: int = 3


@dataclass(frozen=True)
class TrialRound:
    """One size: the runs that the verdict sees; the true F1, and by draw and label what the next articles brought.

    ``gains`` has None for a label that neither gold nor a tagger has among the articles that were compared.
    """

    labelled: int
    runs: tuple[CurveRun, ...]
    f1: float
    gain: tuple[float, ...]
    label_gains: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class MarkedCorpus:
    """Articles as the tagger reads them, with their spans by start, end and label; made once for all trials."""

    prepared: tuple[PreparedArticle, ...]
    truths: tuple[Annotation, ...]
    labels: tuple[str, ...]

    def train(self, numbers: Sequence[int], seed: int) -> FastTagger:
        """A tagger of these articles."""
        return train_fast_tagger([(self.prepared[n], self.truths[n]) for n in numbers], self.labels, seed)

    def count(self, tagger: FastTagger, numbers: Sequence[int]) -> Counts:
        """Pairs, gold and predicted of these articles by label: as `pair_spans` pairs exactly, where none is twice."""
        places = {label: at for at, label in enumerate(self.labels)}
        counts = np.zeros((len(numbers), len(self.labels), 3), np.int64)
        for row, (number, found) in enumerate(
            zip(numbers, tagger.find_places([self.prepared[n] for n in numbers]), strict=True)
        ):
            gold = {(span.start, span.end, span.label) for span in self.truths[number].spans}
            for column, places_found in enumerate((gold & found, gold, found)):
                for _, _, label in places_found:
                    counts[row, places[label], column] += 1
        return counts


def mark_corpus(articles: Sequence[tuple[Article, Annotation]]) -> MarkedCorpus:
    """Prepare each article."""
    return MarkedCorpus(
        tuple(prepare_article(article) for article, _ in articles),
        tuple(truth for _, truth in articles),
        tuple(sorted({span.label for _, truth in articles for span in truth.spans})),
    )


def run_trial(corpus: MarkedCorpus, plan: TrialPlan, seed: int) -> list[TrialRound]:
    """All rounds of one trial; the last one has no runs, and is how good everything labelled would have been."""
    order = list(range(len(corpus.truths)))
    source = random.Random(seed)  # noqa: S311 - draws articles, not secrets
    source.shuffle(order)
    test, pool = order[: plan.test], order[plan.test :]
    last = plan.sizes[-1] + plan.horizon
    held = pool[last:]
    rounds = [_play_round(corpus, plan, (test, pool, held), size, seed, source) for size in plan.sizes]
    final = corpus.count(corpus.train(pool[:last], seed), held)
    return [*rounds, TrialRound(last, (), _f1_of(final.sum(axis=(0, 1))) or 0.0, (), {})]


def _play_round(
    corpus: MarkedCorpus,
    plan: TrialPlan,
    drawn: tuple[Sequence[int], Sequence[int], Sequence[int]],
    size: int,
    seed: int,
    source: random.Random,
) -> TrialRound:
    test, pool, held = drawn
    labelled, rest = pool[:size], pool[size:]
    names = {str(number): str(number) for number in labelled}
    runs, tagger = [], None
    for groups, part in plan_curve_runs(names, str(seed)):
        tagger = corpus.train([int(name) for name in part], seed)
        runs.append(CurveRun(groups, len(part), _group_counts(corpus, corpus.count(tagger, test))))
    if tagger is None:
        raise ValueError("a round without articles")
    before = dict(zip(rest, corpus.count(tagger, rest), strict=True))
    gains = [_draw_gain(corpus, labelled, before, plan.horizon, seed, source) for _ in range(plan.draws)]
    return TrialRound(
        size,
        tuple(runs),
        _f1_of(np.sum([before[number] for number in held], axis=(0, 1))) or 0.0,
        tuple(gain[""] or 0.0 for gain in gains),
        {label: tuple(gain[label] for gain in gains) for label in corpus.labels},
    )


def _draw_gain(
    corpus: MarkedCorpus,
    labelled: Sequence[int],
    before: Mapping[int, Counts],
    horizon: int,
    seed: int,
    source: random.Random,
) -> dict[str, float | None]:
    """What articles drawn anew bring, by label, and of everything under an empty name."""
    new = source.sample(sorted(before), horizon)
    others = sorted(before.keys() - set(new))
    after = corpus.count(corpus.train([*labelled, *new], seed), others).sum(axis=0)
    was = np.sum([before[number] for number in others], axis=0)
    both = {"": (was.sum(axis=0), after.sum(axis=0))}
    both |= {label: (was[at], after[at]) for at, label in enumerate(corpus.labels)}
    f1 = {name: (_f1_of(one), _f1_of(other)) for name, (one, other) in both.items()}
    return {name: None if one is None or other is None else other - one for name, (one, other) in f1.items()}


def _group_counts(corpus: MarkedCorpus, counts: Counts) -> dict[str, dict[str, list[int]]]:
    """By test article, each a leak group, and label."""
    return {
        f"t{row:04}": {label: each[at].tolist() for at, label in enumerate(corpus.labels) if each[at].any()}
        for row, each in enumerate(counts)
    }


def _f1_of(counts: Counts) -> float | None:
    pairs, gold, predicted = (int(number) for number in counts)
    return 2 * pairs / (gold + predicted) if gold + predicted else None
