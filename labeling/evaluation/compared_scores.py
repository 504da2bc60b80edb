"""Two sets of scores on the same articles: what was gained, and whether chance explains it.

Both are counted article by article, so that the same leak groups are drawn for both (a paired cluster bootstrap; for
names, Berg-Kirkpatrick, Burkett and Klein, An Empirical Investigation of Statistical Significance in NLP, 2012). The
interval of a difference is much narrower than the two intervals beside each other make believe, for what is hard for
one annotator is hard for the other. It is the middle 95 % of the resampled differences.

Where test sets differ, only articles are compared that both have, with the same text and the same gold: a model that is
measured on easier articles has not become better. Which ones are left out is told. An example. Two leak groups: before,
1 of 2 names was found in each, and now 2 of 2 and 1 of 2, nothing invented. F1 was 2/3 and is 6/7. Resamples have the
first group twice, the second twice, or both: gains of 1/3, 0 and 4/21, so that the interval reaches from 0 to 1/3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling import __version__
from labeling.annotations import MODEL
from labeling.evaluation.resampling import BOOTSTRAP, ENOUGH_GROUPS, resample_weights, take_interval
from labeling.evaluation.scores import fractions_of, pair_article
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.score import NOTHING_TO_SCORE, ONE_LEAK_GROUP, ArticleCount
from labeling.workspace.rows.score_comparison import AnnotatorChange, ScoreComparison, ScoreDifference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.evaluation.resampling import Bootstrap, Weights
    from labeling.evaluation.scores import ScoredArticle
    from labeling.workspace.rows.score import Score

# What an article's counts are of: its text, and the gold it was compared with.
_Compared: TypeAlias = tuple[str, str]

_UNDEFINED = {"precision": "nothing was predicted", "recall": "gold has none", "f1": NOTHING_TO_SCORE}
_UNCOUNTED = "the {} scores were made before articles were counted one by one: evaluate those predictions again"


def count_by_article(scored: Iterable[ScoredArticle]) -> Iterator[ArticleCount]:
    """What each article adds to a score by the exact rule, by label."""
    for each in scored:
        paired = pair_article(each, "exact")
        labels: dict[str, list[int]] = {}
        for column, spans in enumerate((paired.paired, paired.gold, paired.predicted)):
            for span in spans:
                labels.setdefault(span.label, [0, 0, 0])[column] += 1
        yield ArticleCount(
            article=each.article.id,
            leak_group=each.leak_group,
            text=each.article.digest,
            gold=_digest_gold(each),
            labels={label: (pairs, gold, predicted) for label, (pairs, gold, predicted) in sorted(labels.items())},
        )


def compare_scores(
    before: Mapping[str, Score], now: Mapping[str, Score], bootstrap: Bootstrap = BOOTSTRAP
) -> ScoreComparison:
    """What each annotator gained on itself of before, and a model of another name on the best model of before.

    Args:
        before: Earlier scores, by annotator: those of another dataset, or another week.
        now: Later ones.
        bootstrap: Resamples and seed of the intervals.
    """
    sets = _index_articles(before), _index_articles(now)
    for scores, articles, which in zip((before, now), sets, ("earlier", "later"), strict=True):
        if not articles:
            why = _UNCOUNTED.format(which) if scores else f"the {which} scores are of nobody"
            return ScoreComparison(articles=0, leak_groups=0, refused=why)
    both = sorted(sets[0].keys() & sets[1].keys())
    same = [name for name in both if sets[0][name] == sets[1][name]]
    groups = {count.article: count.leak_group for score in now.values() for count in score.article_counts}
    beside = _Beside(same, groups, bootstrap)
    return ScoreComparison(
        articles=len(same),
        leak_groups=len(beside.groups),
        added=tuple(sorted(sets[1].keys() - sets[0].keys())),
        gone=tuple(sorted(sets[0].keys() - sets[1].keys())),
        changed=tuple(name for name in both if sets[0][name] != sets[1][name]),
        changes=tuple(_compare_annotators(before, now, beside)) if same else (),
        refused="" if same else _explain_refusal(len(both)),
        signature=f"match:exact|layer:spans|boot:{bootstrap.resamples}|seed:{bootstrap.seed}"
        f"|resample:leak group, paired|labeling:{__version__}",
    )


def _digest_gold(each: ScoredArticle) -> str:
    """The digest of all in gold that a count depends on."""
    spans = sorted((span.start, span.end, span.label) for span in each.compared_spans(each.gold))
    open_to_doubt: list[JsonValue] = [[start, end] for start, end in each.open]
    return digest_of(canonical_json([[[*span] for span in spans], open_to_doubt, [*sorted(each.unasked)]]))


def _index_articles(scores: Mapping[str, Score]) -> dict[str, _Compared]:
    """The articles that were counted, and what they were; of a file that was put together, those that all have."""
    counted = [{(each.article, (each.text, each.gold)) for each in score.article_counts} for score in scores.values()]
    return dict(set.intersection(*filter(None, counted))) if any(counted) else {}


def _explain_refusal(both: int) -> str:
    if not both:
        return "the two test sets have no article in common"
    return f"of every article in common ({both}), the text or the gold is another now"


@dataclass(frozen=True)
class _Beside:
    """The articles on which two annotators are put beside each other, and the leak group of each."""

    articles: Sequence[str]
    group_of: Mapping[str, str]
    bootstrap: Bootstrap

    @property
    def groups(self) -> list[str]:
        """Their leak groups, in order."""
        return sorted({self.group_of[article] for article in self.articles})

    def tabulate(self, score: Score, label: str | None = None) -> Weights:
        """Leak groups x pairs, gold and predicted; of all labels for None."""
        import numpy as np

        rows = {group: row for row, group in enumerate(self.groups)}
        wanted = set(self.articles)
        table = np.zeros((len(rows), 3))
        for count in score.article_counts:
            if count.article in wanted:
                for own in count.labels.values() if label is None else [count.labels.get(label, (0, 0, 0))]:
                    table[rows[self.group_of[count.article]]] += own
        return table


def _compare_annotators(
    before: Mapping[str, Score], now: Mapping[str, Score], beside: _Beside
) -> Iterator[AnnotatorChange]:
    best = _find_best_model(before, beside)
    for name in sorted(name for name in now if now[name].article_counts):
        known = name if name in before and before[name].article_counts else best if name.startswith(MODEL) else ""
        if known:
            yield _compare_two(before[known], now[name], beside)


def _find_best_model(scores: Mapping[str, Score], beside: _Beside) -> str:
    """The model with the highest F1 on the articles that are compared; "" where none was counted."""
    ranked = []
    for name in sorted(scores):
        if name.startswith(MODEL) and scores[name].article_counts:
            pairs, gold, predicted = beside.tabulate(scores[name]).sum(axis=0)
            ranked.append((-2 * pairs / max(1, gold + predicted), name))
    return min(ranked)[1] if ranked else ""


def _compare_two(before: Score, now: Score, beside: _Beside) -> AnnotatorChange:
    labels = sorted({label for score in (before, now) for count in score.article_counts for label in count.labels})
    micro = _compare_tables(beside.tabulate(before), beside.tabulate(now), beside.bootstrap)
    return AnnotatorChange(
        before=before.annotator,
        now=now.annotator,
        precision=micro["precision"],
        recall=micro["recall"],
        f1=micro["f1"],
        labels={
            label: _compare_tables(beside.tabulate(before, label), beside.tabulate(now, label), beside.bootstrap)["f1"]
            for label in labels
        },
    )


def _compare_tables(before: Weights, now: Weights, bootstrap: Bootstrap) -> dict[str, ScoreDifference]:
    """The differences of precision, recall and F1, by the sums over all leak groups."""
    weights = resample_weights(len(now), bootstrap)
    sums = [fractions_of(*map(int, table.sum(axis=0))) for table in (before, now)]
    drawn = None if weights is None else [fractions_of(*(weights @ table).T) for table in (before, now)]
    differences = {}
    for name in sums[0]:
        old, new = (part / whole if whole else None for part, whole in (each[name] for each in sums))
        spread = None if drawn is None else _spread_of_gain(drawn[0][name], drawn[1][name])
        differences[name] = _make_difference(name, old, new, spread, len(now))
    return differences


def _make_difference(
    name: str, old: float | None, new: float | None, spread: tuple[float, float] | None, groups: int
) -> ScoreDifference:
    if old is None or new is None:
        side = "before" if new is not None else "now" if old is not None else "before and now"
        return ScoreDifference(before=old, now=new, gain=None, undefined=f"{_UNDEFINED[name]} {side}")
    few = ONE_LEAK_GROUP if groups < ENOUGH_GROUPS else ""
    return ScoreDifference(before=old, now=new, gain=new - old, interval=spread, undefined=few)


def _spread_of_gain(old: tuple[Weights, Weights], new: tuple[Weights, Weights]) -> tuple[float, float] | None:
    """The interval of a difference of two ratios that are drawn together."""
    return take_interval(new[0] * old[1] - old[0] * new[1], old[1] * new[1])
