"""Two sets of scores, article by article: what the later one gained, with intervals of the differences."""

from __future__ import annotations

from labeling.values import Frozen


class ScoreDifference(Frozen):
    """A measure before and now, on the same articles, and what it gained with the 95 % interval of that (low, high).

    What is undefined is None; ``undefined`` has the reason, of the difference or of its interval.
    """

    before: float | None
    now: float | None
    gain: float | None
    interval: tuple[float, float] | None = None
    undefined: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether all of the interval is on one side of 0: chance in the choice of articles does not explain it."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


class AnnotatorChange(Frozen):
    """What one annotator gained on another, or on itself of before, by the exact rule; ``labels`` has F1 by label."""

    before: str
    now: str
    precision: ScoreDifference
    recall: ScoreDifference
    f1: ScoreDifference
    labels: dict[str, ScoreDifference] = {}


class ScoreComparison(Frozen):
    """Two sets of scores on the ``articles``, in ``leak_groups``, that both have with the same text and the same gold.

    Attributes:
        articles: How many were compared.
        leak_groups: Of them, as the later scores have them.
        added: The test articles that the earlier scores do not have.
        gone: Those that the later ones do not have.
        changed: Those whose text or gold is another now: what became of their scores is not the annotators' doing.
        changes: Each annotator of now beside the one of that name before; a model without one beside the best before.
        refused: Why nothing was compared; empty where something was.
        signature: How the intervals were made.
    """

    articles: int
    leak_groups: int
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    changes: tuple[AnnotatorChange, ...] = ()
    refused: str = ""
    signature: str = ""
