"""What was gained between two sets of scores: by hand, beside another program, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import numpy as np
import pytest
from scipy import stats

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.evaluation.compared_scores import compare_scores, count_by_article
from labeling.evaluation.scores import ScoredArticle, score_spans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from labeling.workspace.rows.score import Score

# How many of the gold spans of an article an annotator has, how many there are, and how many were invented.
Row = tuple[int, int, int]


def score(rows: Mapping[str, Row], name: str = "model:m", *, text: str = "x" * 400, groups: str = "") -> Score:
    """The score of an annotator on articles; each is a leak group by itself unless ``groups`` names theirs."""
    scored = [
        _judge(article, row, text, groups[place] if groups else article)
        for place, (article, row) in enumerate(rows.items())
    ]
    found = score_spans(name, scored, ["A"])
    return found.model_copy(update={"article_counts": tuple(count_by_article(scored))})


def _judge(name: str, row: Row, text: str, group: str) -> ScoredArticle:
    right, gold, invented = row
    article = made.article(name, text)
    places = [(10 * number, 10 * number + 5) for number in range(gold + invented)]
    true = tuple(
        GoldSpan(id=f"g{start}", start=start, end=end, label="A" if start % 20 else "B", rule="unanimous", by=("ana",))
        for start, end in places[:gold]
    )
    found = tuple(
        Span(id=f"p{start}", start=start, end=end, label="A" if start % 20 else "B")
        for start, end in [*places[:right], *places[gold:]]
    )
    return ScoredArticle(
        article,
        group,
        Gold(article=name, digest=article.digest, complete=True, spans=true),
        Annotation(article=name, digest=article.digest, annotator="model:m", spans=found),
    )


def test_the_gain_by_hand() -> None:
    """The example of the module: F1 from 2/3 to 6/7, and resampled gains of 1/3, 4/21 and 0."""
    before, now = {"1": (1, 2, 0), "2": (1, 2, 0)}, {"1": (2, 2, 0), "2": (1, 2, 0)}
    found = compare_scores({"model:m": score(before)}, {"model:m": score(now)})
    (change,) = found.changes

    assert (found.articles, found.leak_groups, found.refused) == (2, 2, "")
    assert change.f1.before == pytest.approx(2 / 3)
    assert change.f1.now == pytest.approx(6 / 7)
    assert change.f1.gain == pytest.approx(4 / 21)
    assert change.f1.interval == pytest.approx((0, 1 / 3))
    assert not change.f1.is_clear
    # What each said was right, then as now, whichever group is drawn.
    assert (change.precision.gain, change.precision.interval) == (0, (0, 0))
    assert change.recall.gain == pytest.approx(1 / 4)


def test_a_gain_everywhere_is_clear() -> None:
    """Each of two groups gained the same: so does every resample, while each F1 by itself has a wide interval."""
    before = score({"1": (0, 1, 0), "2": (5, 10, 0)})
    now = score({"1": (1, 1, 0), "2": (10, 10, 0)})
    (change,) = compare_scores({"model:m": before}, {"model:m": now}).changes

    assert change.recall.interval is not None
    assert change.recall.interval[0] >= 0.5
    assert change.recall.is_clear


def test_the_interval_is_that_of_scipy() -> None:
    """`scipy.stats.bootstrap` resamples both sides together, by groups; with draws of its own it differs a bit."""
    drawn = np.random.default_rng(7).integers(0, [10, 3, 10, 3], size=(40, 4)).tolist()
    gold = {f"{number}": 1 + max(one, other) for number, (one, _, other, _) in enumerate(drawn)}
    rows = [
        {name: (own[side], gold[name], own[side + 1]) for name, own in zip(gold, drawn, strict=True)} for side in (0, 2)
    ]
    (change,) = compare_scores({"model:m": score(rows[0])}, {"model:m": score(rows[1])}).changes

    def gain(*columns: NDArray[np.float64]) -> float:
        sums = [float(column.sum()) for column in columns]
        return 2 * sums[3] / (sums[4] + sums[3] + sums[5]) - 2 * sums[0] / (sums[1] + sums[0] + sums[2])

    columns = [np.array([side[name][place] for name in gold], float) for side in rows for place in range(3)]
    theirs = stats.bootstrap(columns, gain, paired=True, vectorized=False, method="percentile", rng=1)

    assert change.f1.gain == pytest.approx(gain(*columns))
    assert change.f1.interval == pytest.approx(tuple(theirs.confidence_interval), abs=0.012)
    # Unpaired it would be wider: what is hard for one is hard for the other.
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert change.f1.interval is not None
    assert change.f1.interval[1] - change.f1.interval[0] == pytest.approx(width, rel=0.1)


def test_only_articles_of_both_are_compared() -> None:
    """A new article, on which the model is good, makes it no better than it was on the others."""
    before = {"1": (1, 2, 0), "2": (1, 2, 0), "gone": (0, 9, 0)}
    now = {"1": (1, 2, 0), "2": (1, 2, 0), "new": (9, 9, 0)}
    found = compare_scores({"model:m": score(before)}, {"model:m": score(now)})

    assert (found.articles, found.added, found.gone, found.changed) == (2, ("new",), ("gone",), ())
    assert (found.changes[0].f1.gain, found.changes[0].f1.interval) == (0, (0, 0))


@pytest.mark.parametrize(
    ("other", "left_out"),
    [({"text": "y" * 400}, ("1", "2")), ({}, ("2",))],
    ids=["another text", "another gold span"],
)
def test_what_is_other_gold_is_not_compared(other: dict[str, str], left_out: tuple[str, ...]) -> None:
    """Where a text or its gold is another, the annotators did not do it; of what is left there may be nothing."""
    now = {"1": (1, 2, 0), "2": (1, 2, 0) if other else (1, 3, 0)}
    found = compare_scores(
        {"model:m": score({"1": (1, 2, 0), "2": (1, 2, 0)})}, {"model:m": score(now, text=other.get("text", "x" * 400))}
    )

    assert found.changed == left_out
    assert found.articles == 2 - len(left_out)
    assert bool(found.refused) == (not found.articles)


def test_other_test_sets_are_refused() -> None:
    """No article in common, or gold changed everywhere: a reason, and no number."""
    apart = compare_scores({"m": score({"1": (1, 2, 0)})}, {"m": score({"2": (1, 2, 0)})})
    changed = compare_scores({"m": score({"1": (1, 2, 0)})}, {"m": score({"1": (1, 3, 0)})})

    assert (apart.refused, apart.changes) == ("the two test sets have no article in common", ())
    assert changed.refused == "of every article in common (1), the text or the gold is another now"


@pytest.mark.parametrize("which", ["earlier", "later"])
def test_scores_of_before_are_refused(which: str) -> None:
    """They do not have what each article adds, and nothing can be drawn twice."""
    counted = {"m": score({"1": (1, 2, 0)})}
    uncounted = {"m": counted["m"].model_copy(update={"article_counts": ()})}
    found = compare_scores(uncounted, counted) if which == "earlier" else compare_scores(counted, uncounted)

    assert found.refused.startswith(f"the {which} scores were made before articles were counted")


def test_scores_of_nobody_are_refused() -> None:
    """An empty file is not one of before."""
    assert compare_scores({}, {"m": score({"1": (1, 2, 0)})}).refused == "the earlier scores are of nobody"


def test_annotators_of_other_articles_are_compared_on_those_of_all() -> None:
    """A file put together of two: who was not measured on an article has not missed what is there."""
    before = {"m": score({"1": (1, 2, 0), "2": (1, 2, 0)}), "n": score({"2": (1, 2, 0)})}
    now = {"m": score({"1": (1, 2, 0), "2": (1, 2, 0)}), "n": score({"1": (1, 2, 0), "2": (1, 2, 0)})}
    found = compare_scores(before, now)

    assert found.articles == 1
    assert [each.recall.gain for each in found.changes] == [0, 0]


def test_one_leak_group_has_a_gain_without_an_interval() -> None:
    """Forty copies of one communique are one observation, by the groups of now."""
    before = score({"1": (1, 2, 0), "2": (0, 2, 0)})
    now = score({"1": (2, 2, 0), "2": (0, 2, 0)}, groups="gg")
    found = compare_scores({"model:m": before}, {"model:m": now})

    assert found.leak_groups == 1
    assert found.changes[0].recall.gain == pytest.approx(1 / 4)
    assert found.changes[0].recall.interval is None
    assert found.changes[0].recall.undefined == "one leak group, and a resample needs two"


def test_a_new_model_is_put_beside_the_best_before() -> None:
    """One that is called otherwise, as each training's is; a person who was not there before has nobody."""
    rows = {"1": (1, 2, 0), "2": (1, 2, 0)}
    before = {
        "model:bad": score({"1": (0, 2, 0), "2": (0, 2, 0)}, "model:bad"),
        "model:good": score(rows, "model:good"),
        "ana": score({"1": (2, 2, 0), "2": (2, 2, 0)}, "ana"),
    }
    now = {name: score(rows, name) for name in ("model:bad", "model:new", "ana", "ben")}
    found = compare_scores(before, now)

    assert [(each.before, each.now) for each in found.changes] == [
        ("ana", "ana"),
        ("model:bad", "model:bad"),
        ("model:good", "model:new"),
    ]


def test_labels_have_their_own_gain() -> None:
    """Every other span is a B; the second of two is an A, which was found only now."""
    before, now = {"1": (1, 2, 0), "2": (1, 2, 0)}, {"1": (2, 2, 0), "2": (2, 2, 0)}
    (change,) = compare_scores({"m": score(before)}, {"m": score(now)}).changes

    assert change.labels["B"].gain == 0
    assert (change.labels["A"].before, change.labels["A"].now, change.labels["A"].gain) == (0, 1, 1)


def test_what_is_undefined_has_a_reason() -> None:
    """Who predicts nothing has no precision, then or now."""
    (change,) = compare_scores({"m": score({"1": (0, 2, 0)})}, {"m": score({"1": (1, 2, 0)})}).changes

    assert (change.precision.before, change.precision.now, change.precision.gain) == (None, 1, None)
    assert change.precision.undefined == "nothing was predicted before"


def test_scores_with_counts_come_back_from_json() -> None:
    """`scores.json` has all that the comparison needs."""
    kept = score({"1": (1, 2, 0), "2": (1, 2, 1)})
    again = type(kept).model_validate_json(kept.model_dump_json())

    assert compare_scores({"m": again}, {"m": kept}).changes[0].f1.gain == 0
