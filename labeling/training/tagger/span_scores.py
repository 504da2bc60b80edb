"""From a probability to a score that means what it says: 0.9 for spans of which nine in ten are right."""

from __future__ import annotations

from math import exp, log
from typing import Final

# Nearer to 0 or 1 no probability is told from it: its logit stays a number.
_NEAREST: Final = 1e-6


def logit_of(probability: float) -> float:
    """The logarithm of the odds: of 1/2 it is 0, of 3/4 it is log 3; of 0 and 1 about -14 and 14."""
    inside = min(max(probability, _NEAREST), 1 - _NEAREST)
    return log(inside / (1 - inside))


def calibrate(probability: float, slope: float, offset: float) -> float:
    """``sigmoid(slope * logit(probability) + offset)``: with slope 1 and offset log 3, 1/2 becomes 3/4."""
    score = slope * logit_of(probability) + offset
    return 1 / (1 + exp(-score)) if score >= 0 else exp(score) / (1 + exp(score))
