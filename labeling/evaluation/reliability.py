"""Whether a model's scores mean what they say: of what it holds true to 70 %, 70 in a hundred should be right.

The expected calibration error (Naeini, Cooper and Hauskrecht, 2015; Guo et al., 2017) puts predictions by their scores
into ten bins of equal width, takes in each the distance between the mean score and the share that is right, and
averages these by the number of predictions in a bin. 0 is perfect.

An example. Of two predictions with a score of 0.9 one is right, of two with 0.2 neither: the bins are off by 0.4 and
by 0.2, and the error is 0.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import Span
from labeling.evaluation.scores import pair_article
from labeling.workspace.rows.score import Reliability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
        # A score of 1 is in the last bin, not in one of its own.
        bins[min(int(score * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append(score - is_right)
    return sum(abs(sum(gaps)) for gaps in bins) / max(1, len(scores))


def measure_reliability(scored: Iterable[ScoredArticle]) -> Reliability | None:
    """The reliability of an annotator's spans that have scores; None where none has one.

    Right is a span by the exact rule. One without a partner that touches what gold leaves open is not counted, as in
    `score_spans`.
    """
    judged = [each for article in scored for each in _judge_spans(article)]
    if not judged:
        return None
    scores, right = [score for score, _ in judged], [is_right for _, is_right in judged]
    return Reliability(
        spans=len(judged),
        calibration_error=expected_calibration_error(scores, right),
        mean_score=sum(scores) / len(judged),
        right=sum(right) / len(judged),
    )


def _judge_spans(article: ScoredArticle) -> Iterator[tuple[float, bool]]:
    paired = pair_article(article, "exact")
    for number, span in enumerate(paired.predicted):
        # Those with a partner come first, as many as gold has with one.
        if isinstance(span, Span) and span.score is not None:
            yield span.score, number < len(paired.paired)
