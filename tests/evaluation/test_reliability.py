"""Scores against what is right: by hand, and by another program on drawn numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.evaluation.reliability import expected_calibration_error, measure_reliability
from labeling.evaluation.scores import ScoredArticle

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACES = ((0, 5), (10, 15), (20, 25), (30, 35))


def _scored(scores: Iterable[float | None], **gold: object) -> ScoredArticle:
    """Gold has the first two places; the model has one place for each score."""
    article = made.article("a", "x" * 99)
    true = tuple(
        GoldSpan(id=f"g{start}", start=start, end=end, label="A", rule="unanimous", by=("ana",))
        for start, end in PLACES[:2]
    )
    found = tuple(
        Span(id=f"p{start}", start=start, end=end, label="A", score=score)
        for (start, end), score in zip(PLACES, scores, strict=False)
    )
    return ScoredArticle(
        article,
        "a",
        Gold(article="a", digest=article.digest, complete=True, spans=true).model_copy(update=gold),
        Annotation(article="a", digest=article.digest, annotator="model:m", spans=found),
    )


def test_the_error_is_the_gap_of_each_bin_by_its_size() -> None:
    """By hand: 0.95 and 0.9 for what is right, 0.25 and 0.35 for what is not: (2 x 0.075 + 0.25 + 0.35) / 4."""
    found = measure_reliability([_scored([0.95, 0.9, 0.25, 0.35])])

    assert found is not None
    assert found.calibration_error == pytest.approx(0.1875)
    assert (found.spans, found.right) == (4, 0.5)
    assert found.mean_score == pytest.approx(0.6125)


def test_a_score_of_one_is_in_the_last_bin() -> None:
    """1.0 for what is right and 0.9 for what is not are in one bin: 1.9 against one that is right."""
    assert expected_calibration_error([1.0, 0.9], [True, False]) == pytest.approx(0.45)
    assert expected_calibration_error([], []) == 0


def test_only_spans_with_scores_are_counted() -> None:
    """Where none has one there is nothing to measure, and the row says nothing of it."""
    assert measure_reliability([_scored([None, None])]) is None
    assert measure_reliability([]) is None
    found = measure_reliability([_scored([1.0, None, 0.5])])
    assert found is not None
    assert (found.spans, found.calibration_error) == (2, 0.25)


def test_bins_are_the_table_behind_the_error() -> None:
    """By hand: 0.95 and 0.9 right, 0.25 and 0.35 not; of one leak group, no share has an interval."""
    found = measure_reliability([_scored([0.95, 0.9, 0.25, 0.35])])

    assert found is not None
    assert [(each.low, each.high, each.spans, each.right, each.right_interval) for each in found.bins] == [
        (0.2, 0.3, 1, 0, None),
        (0.3, 0.4, 1, 0, None),
        (0.9, 1.0, 2, 1, None),
    ]
    assert [each.mean_score for each in found.bins] == pytest.approx([0.25, 0.35, 0.925])


def test_a_share_has_the_interval_of_its_leak_groups() -> None:
    """One is right in the first leak group and one wrong in the second: 1, 1/2 and 0 when they are drawn anew."""
    first, second = _scored([0.95]), replace(_scored([None, None, 0.95]), leak_group="b")
    found = measure_reliability([first, second])

    assert found is not None
    assert [(each.right, each.right_interval) for each in found.bins] == [(0.5, (0.0, 1.0))]


def test_bins_are_those_of_scikit_learn() -> None:
    """Its calibration curve has the same two columns, of drawn numbers."""
    source = np.random.default_rng(3)
    scored = [_scored(source.random(4).round(4).tolist()) for _ in range(50)]
    found = measure_reliability([replace(each, leak_group=f"{number}") for number, each in enumerate(scored)])
    scores = [span.score for each in scored for span in each.prediction.spans]
    share, mean = calibration_curve([1, 1, 0, 0] * 50, scores, n_bins=10)

    assert found is not None
    assert [each.right for each in found.bins] == pytest.approx(share.tolist())
    assert [each.mean_score for each in found.bins] == pytest.approx(mean.tolist())
    assert sum(each.spans for each in found.bins) == found.spans == 200
    assert found.calibration_error == pytest.approx(
        sum(each.spans * abs(each.right - each.mean_score) for each in found.bins) / 200
    )


def test_what_touches_an_open_stretch_is_not_judged() -> None:
    """The third place is open, and nobody knows whether the model is wrong there; in the second it is right."""
    found = measure_reliability([_scored([1.0, 0.8, 0.7, 0.6], complete=False, open=((12, 24),))])

    assert found is not None
    assert found.spans == 3
    assert found.right == pytest.approx(2 / 3)


@given(st.lists(st.tuples(st.integers(0, 999), st.booleans()), min_size=1, max_size=60))
def test_the_error_is_that_of_numpy(drawn: list[tuple[int, bool]]) -> None:
    """Binned by numpy, averaged by numpy, summed up by the formula as it is published."""
    # Never on the edge of a bin, where two programs may round apart.
    judged = [((number + 0.5) / 1000, right) for number, right in drawn]
    scores, right = np.array([score for score, _ in judged]), np.array([one for _, one in judged], float)
    where = np.digitize(scores, np.arange(1, 10) / 10)
    expected = sum(
        (where == each).mean() * abs(scores[where == each].mean() - right[where == each].mean())
        for each in set(where.tolist())
    )

    assert expected_calibration_error(scores.tolist(), [one for _, one in judged]) == pytest.approx(expected, abs=1e-12)
