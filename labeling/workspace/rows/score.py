"""The models of scores.json and curve.json: measures with their intervals."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen, format_percent, is_absent
from labeling.workspace.rows.mistake import MistakeKind

PairingRule: TypeAlias = Literal["exact", "position", "overlapping"]
SliceKind: TypeAlias = Literal["source", "date", "length", "seen", "nested"]

# Two reasons in `Measure.undefined`: F1 has no value, and nothing has an interval.
NOTHING_TO_SCORE = "neither has any"
ONE_LEAK_GROUP = "one leak group, and a resample needs two"


def _is_unmeasured(value: object) -> bool:
    return not value


class Measure(Frozen):
    """Precision, recall and F1 with what they were counted from, and their 95 % intervals (low, high).

    What is undefined is None; ``undefined`` has the reasons, as ``recall: gold has none; intervals: one leak group``.
    """

    pairs: int
    gold: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None
    precision_interval: tuple[float, float] | None = None
    recall_interval: tuple[float, float] | None = None
    f1_interval: tuple[float, float] | None = None
    undefined: str = ""

    @property
    def why_no_interval(self) -> str:
        """Why F1 has no interval: because it has no value, or because there is nothing to resample."""
        if self.f1_interval is not None:
            return ""
        if self.f1 is None:
            return NOTHING_TO_SCORE
        return ONE_LEAK_GROUP if ONE_LEAK_GROUP in self.undefined else ""

    @property
    def interval_text(self) -> str:
        """The interval of F1 in per cent, as people read it: ``38.0 to 45.2``; or why it has none."""
        if self.f1_interval is None:
            return self.why_no_interval
        low, high = self.f1_interval
        return f"{format_percent(low)} to {format_percent(high)}"


class Measures(Frozen):
    """The measures by one rule of pairing: over all (micro), and by label.

    ``seen`` counts the spans whose words had the same label somewhere in training, ``unseen`` the others; of a relation
    the words of both ends are compared. Both are None where that was not asked.
    """

    rule: PairingRule
    micro: Measure
    labels: dict[str, Measure]
    signature: str
    seen: Measure | None = None
    unseen: Measure | None = None


class Slice(Frozen):
    """The measure of a part of the test set, by the exact rule: ``articles`` hold what of it is measured.

    ``by`` is what the test set was cut by, ``name`` the part: a source; ``2023-05-01 to 2023-06-30``; ``120 to 800
    characters``; of spans, ``seen`` and ``unseen`` in training, ``nested`` (sharing words with another one) and
    ``flat``. The parts of one cut come in their order: the largest source first, days and lengths upwards.
    """

    by: SliceKind
    name: str
    articles: int
    leak_groups: int
    measure: Measure


class CalibrationBin(Frozen):
    """The spans whose scores are at least ``low`` and below ``high``; in the last bin a score of 1, too.

    ``right`` is the share of them that is right, with its interval by leak group, None where they are all of one.
    """

    low: float
    high: float
    spans: int
    mean_score: float
    right: float
    right_interval: tuple[float, float] | None = None


class Reliability(Frozen):
    """How far an annotator's scores are from being right as often as they say: of the spans that have one.

    ``calibration_error`` is the expected one, over ten bins of equal width. A ``mean_score`` above ``right``, the
    share that is right, is that of an annotator who is too sure. ``bins`` are those of the ten that hold any span.
    """

    spans: int
    calibration_error: float
    mean_score: float
    right: float
    bins: tuple[CalibrationBin, ...] = Field(default=(), exclude_if=_is_unmeasured)


class ArticleCount(Frozen):
    """What one article adds to a score by the exact rule: by label, how many pairs, gold spans and predicted spans.

    ``text`` and ``gold`` are digests of what was read and of what it was compared with: two scores count on the same
    where both are the same.
    """

    article: str
    leak_group: str
    text: str
    gold: str
    labels: dict[str, tuple[int, int, int]]


class Score(Frozen):
    """How well an annotator's spans, relations and choices agree with gold.

    ``exact`` wants start, end and label right, ``position`` only start and end, ``overlapping`` the label and one
    shared code point. ``relations``, the same by the overlapping rule, and ``choices`` are None for an annotator who
    marks none in the whole test set.
    ``out_of_reach`` names gold's spans (``<article> <span>``) that start or end inside a token: an extractor reads
    tokens and cannot predict them exactly, so its recall stays that much below 1.
    ``reliability`` is left out for an annotator without scores, as people and rules are.
    ``slices``, ``mistakes`` (how many of each kind; one by one they stand in ``mistakes.jsonl``) and
    ``article_counts``, from which two scores are compared, are left out where `evaluate` did not measure them.
    """

    annotator: str
    articles: int
    leak_groups: int
    exact: Measures
    position: Measures
    overlapping: Measures
    relations: Measures | None = None
    relations_overlapping: Measures | None = None
    choices: Measures | None = None
    out_of_reach: tuple[str, ...] = ()
    reliability: Reliability | None = Field(default=None, exclude_if=is_absent)
    slices: tuple[Slice, ...] = Field(default=(), exclude_if=_is_unmeasured)
    mistakes: dict[MistakeKind, int] = Field(default={}, exclude_if=_is_unmeasured)
    article_counts: tuple[ArticleCount, ...] = Field(default=(), exclude_if=_is_unmeasured)


class CurvePoint(Frozen):
    """The score of a model that was trained on some leak groups of train, and how many articles these hold.

    ``exact`` is the measure of all spans of the test split: start, end and label right.
    """

    leak_groups: int
    articles: int
    exact: Measure


class Curve(Frozen):
    """``curve.json``: one config trained on ever more leak groups, with the same seed; points in that order."""

    corpus: str
    config: str
    seed: int
    signature: str
    points: tuple[CurvePoint, ...]
