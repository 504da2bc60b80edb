"""Resamples of leak groups, by which every interval here is made: the same draws for all measures of the same articles.

The percentile interval of a cluster bootstrap, 95 % (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13). The clusters are leak groups: forty copies of one communique are one observation, not forty. Two leak
groups can be drawn as both, the first twice, or the second twice; a ratio of 1/2 in the first and 2/2 in the second is
then 3/4, 1/2 or 1, and the interval reaches from 1/2 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Weights: TypeAlias = NDArray[np.float64]

# Numbers, or one for each resample.
Count = TypeVar("Count", int, "NDArray[np.float64]")

# The least number of leak groups of which resamples can differ.
ENOUGH_GROUPS = 2


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: the number of resamples, and the seed that draws them."""

    resamples: int = 1000
    seed: int = 1


# What every score is made with, unless a test asks for less.
BOOTSTRAP = Bootstrap()


# Most measures in a row are of the same articles: those of the last two numbers of leak groups are kept.
@lru_cache(maxsize=2)
def resample_weights(groups: int, bootstrap: Bootstrap) -> Weights | None:
    """How often each leak group is drawn in each resample: resamples x groups; None where resamples cannot differ."""
    import numpy as np

    if groups < ENOUGH_GROUPS:
        return None
    # A generator named outright: the default one may change between versions of numpy, and with it every interval.
    source = np.random.Generator(np.random.PCG64(bootstrap.seed))
    # Whole numbers as floats, in which they are exact and their products many times as fast.
    weights = source.multinomial(groups, [1 / groups] * groups, size=bootstrap.resamples).astype(np.float64)
    weights.setflags(write=False)
    return weights


def take_interval(numerator: Weights, denominator: Weights) -> tuple[float, float] | None:
    """The middle 95 % of the resampled ratios, of those that are defined."""
    import numpy as np

    # A resample without any span of a label has no ratio, and is left out.
    defined = denominator > 0
    if not defined.any():
        return None
    low, high = np.quantile(numerator[defined] / denominator[defined], [0.025, 0.975])
    return float(low), float(high)
