"""Whether a model's scores mean what they say: of what it holds true to 70 %, 70 in a hundred should be right.

The expected calibration error (Naeini, Cooper and Hauskrecht, 2015; Guo et al., 2017) puts predictions by their scores
into ten bins of equal width, takes in each the distance between the mean score and the share that is right, and
averages these by the number of predictions in a bin. 0 is perfect.

An example. Of two predictions with a score of 0.9 one is right, of two with 0.2 neither: the bins are off by 0.4 and
by 0.2, and the error is 0.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from labeling.annotations import Span
from labeling.evaluation.resampling import BOOTSTRAP, ENOUGH_GROUPS, resample_weights, take_interval
from labeling.evaluation.scores import pair_article
from labeling.workspace.rows.score import CalibrationBin, Reliability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.evaluation.resampling import Bootstrap, Weights
    from labeling.evaluation.scores import ScoredArticle

CALIBRATION_BINS = 10


def expected_calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance between scores and the share that is right, over ten bins; of no prediction it is 0.

    >>> round(expected_calibration_error([0.9, 0.9, 0.2, 0.2], [True, False, False, False]), 9)
    0.3

    Args:
        scores: From 0 to 1.
        right: Whether each prediction is right, in the same order.
    """
    bins: list[list[float]] = [[] for _ in range(CALIBRATION_BINS)]
    for score, is_right in zip(scores, right, strict=True):
        bins[_find_bin(score)].append(score - is_right)
    return sum(abs(sum(gaps)) for gaps in bins) / max(1, len(scores))


def measure_reliability(scored: Iterable[ScoredArticle], bootstrap: Bootstrap = BOOTSTRAP) -> Reliability | None:
    """The reliability of an annotator's spans that have scores; None where none has one.

    Right is a span by the exact rule. One without a partner that touches what gold leaves open is not counted, as in
    `score_spans`. The shares that are right, bin by bin, have the intervals of resampled leak groups.
    """
    judged = [each for article in scored for each in _judge_spans(article)]
    if not judged:
        return None
    scores, right = [each.score for each in judged], [each.is_right for each in judged]
    return Reliability(
        spans=len(judged),
        calibration_error=expected_calibration_error(scores, right),
        mean_score=sum(scores) / len(judged),
        right=sum(right) / len(judged),
        bins=tuple(_measure_bins(judged, bootstrap)),
    )


def _find_bin(score: float) -> int:
    """The bin of a score; one of 1 is in the last, not in one of its own."""
    return min(int(score * CALIBRATION_BINS), CALIBRATION_BINS - 1)


class _Judged(NamedTuple):
    """A span with a score, whether it is right, and where it is from."""

    leak_group: str
    score: float
    is_right: bool


def _judge_spans(article: ScoredArticle) -> Iterator[_Judged]:
    paired = pair_article(article, "exact")
    for number, span in enumerate(paired.predicted):
        # Those with a partner come first, as many as gold has with one.
        if isinstance(span, Span) and span.score is not None:
            yield _Judged(article.leak_group, span.score, number < len(paired.paired))


def _measure_bins(judged: Sequence[_Judged], bootstrap: Bootstrap) -> Iterator[CalibrationBin]:
    groups = sorted({each.leak_group for each in judged})
    weights = resample_weights(len(groups), bootstrap)
    for number in sorted({_find_bin(each.score) for each in judged}):
        held = [each for each in judged if _find_bin(each.score) == number]
        yield CalibrationBin(
            low=number / CALIBRATION_BINS,
            high=(number + 1) / CALIBRATION_BINS,
            spans=len(held),
            mean_score=sum(each.score for each in held) / len(held),
            right=sum(each.is_right for each in held) / len(held),
            right_interval=_spread_of_right(held, groups, weights),
        )


def _spread_of_right(
    held: Sequence[_Judged], groups: Sequence[str], weights: Weights | None
) -> tuple[float, float] | None:
    import numpy as np

    # Those of one leak group come and go together: their share would always be the same.
    if weights is None or len({each.leak_group for each in held}) < ENOUGH_GROUPS:
        return None
    rows = {group: row for row, group in enumerate(groups)}
    table = np.zeros((len(groups), 2))
    for each in held:
        table[rows[each.leak_group]] += (each.is_right, 1)
    drawn = weights @ table
    return take_interval(drawn[:, 0], drawn[:, 1])
