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
from labeling.workspace.rows.score import Calibration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.evaluation.scores import ScoredArticle

CALIBRATION_BINS = 10


def expected_calibration_error(judged: Iterable[tuple[float, bool]]) -> float:
    """The mean distance between scores and the share that is right, over ten bins.

    >>> round(expected_calibration_error([(0.9, True), (0.9, False), (0.2, False), (0.2, False)]), 9)
    0.3

    Args:
        judged: Each prediction's score, from 0 to 1, and whether it is right; 0 when there is none.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(CALIBRATION_BINS)]
    for score, right in judged:
        # A score of 1 is in the last bin, not in one of its own.
        bins[min(int(score * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append((score, right))
    gaps = [abs(sum(score for score, _ in each) - sum(right for _, right in each)) for each in bins]
    return sum(gaps) / max(1, sum(map(len, bins)))


def measure_calibration(scored: Iterable[ScoredArticle]) -> Calibration | None:
    """The calibration of an annotator's spans that have scores; None where none has one.

    Right is a span by the exact rule. One without a partner that touches what gold leaves open is not counted, as in
    `score_spans`.
    """
    judged = [each for article in scored for each in _judge_spans(article)]
    if not judged:
        return None
    return Calibration(
        spans=len(judged),
        error=expected_calibration_error(judged),
        mean_score=sum(score for score, _ in judged) / len(judged),
        right=sum(right for _, right in judged) / len(judged),
    )


def _judge_spans(article: ScoredArticle) -> Iterator[tuple[float, bool]]:
    paired = pair_article(article, "exact")
    for number, span in enumerate(paired.predicted):
        # Those with a partner come first, as many as gold has with one.
        if isinstance(span, Span) and span.score is not None:
            yield span.score, number < len(paired.paired)
