"""From the probabilities of a model to scores that mean what they say.

Platt's method (Platt 1999, with his targets): a straight line from the logit of the probability to that of being right.
It has two numbers, which some dozen spans of dev can bear; isotonic regression has as many as there are steps, and
wants a thousand (Niculescu-Mizil and Caruana 2005). A single temperature could only sharpen or dull: it
leaves 1/2 where it is, and what a chain holds for even is right more often or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from labeling.training.tagger.model_folder import Calibration
from labeling.training.tagger.span_scores import calibrate, logit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Fewer spans, or spans that are all right or all wrong, say nothing of the line between.
_FEWEST: Final = 20
_FOLDS: Final = 5
_ITERATIONS: Final = 50
_SETTLED: Final = 1e-8
_RIDGE: Final = 1e-6


def fit_calibration(probabilities: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The line that fits best, by Newton's method; probabilities as they are where there is too little to fit it to.

    It never falls: of two spans the more probable one has no lower score.
    """
    wins, losses = sum(right), len(right) - sum(right)
    if len(right) < _FEWEST or not wins or not losses:
        return Calibration()
    logits = np.array([logit_of(each) for each in probabilities])
    # Platt's targets: as if one more of either kind had been seen.
    targets = np.where(np.array(right), (wins + 1) / (wins + 2), 1 / (losses + 2))
    line = _newton(np.stack([logits, np.ones_like(logits)], 1), targets)
    if line[0] <= 0:
        return Calibration()
    return Calibration(float(line[0]), float(line[1]))


def cross_calibrated(probabilities: Sequence[float], right: Sequence[bool], texts: Sequence[int]) -> list[float]:
    """The score of each span, calibrated on the spans of other texts: four fifths of them, by the text's number."""
    scores = list(probabilities)
    for fold in range(_FOLDS):
        inside = [number for number, text in enumerate(texts) if text % _FOLDS == fold]
        held = set(inside)
        others = [number for number in range(len(texts)) if number not in held]
        line = fit_calibration([probabilities[n] for n in others], [right[n] for n in others])
        for number in inside:
            scores[number] = calibrate(probabilities[number], line.slope, line.offset)
    return scores


def _newton(features: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of a logistic regression: each step is halved until it is one downhill."""
    weights = np.array([1.0, 0.0])
    for _ in range(_ITERATIONS):
        # The logistic function, by one that does not overflow.
        chances = (1 + np.tanh(features @ weights / 2)) / 2
        # A little ridge: all probabilities may be the same.
        curvature = (features * (chances * (1 - chances))[:, None]).T @ features + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, features.T @ (chances - targets))
        here = _log_loss(features @ weights, targets)
        while np.abs(step).max() > _SETTLED and _log_loss(features @ (weights - step), targets) > here:
            step = step / 2
        if np.abs(step).max() <= _SETTLED:
            break
        weights = weights - step
    return weights


def _log_loss(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    return float((np.logaddexp(0, logits) - targets * logits).sum())
