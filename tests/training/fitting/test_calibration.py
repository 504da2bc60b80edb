"""From probabilities to scores."""

from __future__ import annotations

import random
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.evaluation.reliability import expected_calibration_error
from labeling.training.fitting.calibration import cross_calibrated, fit_calibration
from labeling.training.tagger.model_folder import Calibration
from labeling.training.tagger.span_scores import calibrate, logit_of


def test_the_line_is_that_of_another_program() -> None:
    """A logistic regression of scikit-learn without a penalty, to Platt's targets, has the same two numbers."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    chance = random.Random(3)  # noqa: S311 - data, not a secret
    probabilities = [chance.uniform(0.05, 0.99) for _ in range(200)]
    right = [chance.random() < each**2 for each in probabilities]
    wins, losses = sum(right), 200 - sum(right)
    high, low = (wins + 1) / (wins + 2), 1 / (losses + 2)
    # A target between 0 and 1 is a row of either kind, with weights.
    rows = [[logit_of(each)] for each in probabilities] * 2
    weights = [high if each else low for each in right] + [1 - (high if each else low) for each in right]
    theirs = linear_model.LogisticRegression(C=1e9, tol=1e-10).fit(rows, [1] * 200 + [0] * 200, weights)

    ours = fit_calibration(probabilities, right)

    assert ours.slope == pytest.approx(theirs.coef_[0][0], abs=1e-3)
    assert ours.offset == pytest.approx(theirs.intercept_[0], abs=1e-3)


def test_calibration_mends_what_is_sure_of_too_much() -> None:
    """Of spans held for 0.95, 0.75 and 0.55 seven, five and three in ten are right: off by 0.25, then by little."""
    probabilities = [each for each in (0.95, 0.75, 0.55) for _ in range(40)]
    right = [number < share for share in (28, 20, 12) for number in range(40)]
    line = fit_calibration(probabilities, right)
    scores = [calibrate(each, line.slope, line.offset) for each in probabilities]

    assert expected_calibration_error(probabilities, right) == pytest.approx(0.25)
    assert expected_calibration_error(scores, right) < 0.03


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_the_more_probable_span_has_no_lower_score(spans: list[tuple[float, bool]]) -> None:
    """Whatever was seen; and every score is a probability."""
    line = fit_calibration([chance for chance, _ in spans], [right for _, right in spans])
    scores = [calibrate(step / 20, line.slope, line.offset) for step in range(21)]

    assert scores == sorted(scores)
    assert 0 <= scores[0] <= scores[-1] <= 1


def test_too_little_to_learn_from_changes_nothing() -> None:
    """Nineteen spans, or spans that are all right, leave probabilities as they are."""
    assert fit_calibration([0.9] * 19, [True] * 10 + [False] * 9) == Calibration()
    assert fit_calibration([0.9, 0.8] * 30, [True] * 60) == Calibration()
    assert fit_calibration([], []) == Calibration()
    assert calibrate(0.75, 1.0, 0.0) == pytest.approx(0.75)
    assert calibrate(0.5, 1.0, log(3)) == pytest.approx(0.75)


def test_a_span_is_scored_without_its_text() -> None:
    """Changed answers in one text change the line for the others, and not for the texts scored with it."""
    chance = random.Random(2)  # noqa: S311 - the same
    probabilities = [chance.uniform(0.1, 0.9) for _ in range(100)]
    right = [chance.random() < each for each in probabilities]
    texts = [number // 10 for number in range(100)]
    flipped = [not each if text == 0 else each for each, text in zip(right, texts, strict=True)]

    before, after = (cross_calibrated(probabilities, each, texts) for each in (right, flipped))

    assert before[:10] == after[:10]
    assert before[10:20] != after[10:20]
