"""What scores.json, agreement.json and curve.json hold: measures with their intervals."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen

PairingRule: TypeAlias = Literal["exact", "position", "overlapping"]


class Measure(Frozen):
    """Precision, recall and F1 with what they were counted from, and their 95 % intervals (low, high).

    What is undefined is None, and ``undefined`` says why.
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
        reasons = dict(each.split(": ", 1) for each in self.undefined.split("; ") if each)
        return "" if self.f1_interval else reasons.get("f1") or reasons.get("intervals", "")


class Measures(Frozen):
    """The measures by one rule of pairing: over all (micro), and by label.

    ``seen`` and ``unseen`` part them by whether the same words bore the same label in training, of a relation the words
    of both ends; None where that was not asked.
    """

    rule: PairingRule
    micro: Measure
    labels: dict[str, Measure]
    signature: str
    seen: Measure | None = None
    unseen: Measure | None = None


class Score(Frozen):
    """What an annotator's spans are worth against gold.

    ``exact`` wants start, end and label right, ``position`` only start and end, ``overlapping`` the label and one
    shared code point. ``relations``, the same by the overlapping rule, and ``choices`` are of `statements`: None for an
    annotator that says none in the whole test set.
    ``out_of_reach`` names gold's spans (``<article> <span>``) that start or end inside a token: an extractor, which
    reads tokens, cannot say them exactly, and its recall stays that much below 1.
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


class AnnotatorPair(Frozen):
    """Two annotators and how far their spans agree: the score of ``other`` when ``one`` is taken for gold.

    F1 is the same the other way round; precision and recall change places.
    """

    one: str
    other: str
    score: Score


class Agreement(Frozen):
    """``agreement.json``. ``annotations`` is the SHA-256 of the file it was measured on.

    ``articles`` counts those that two or more submitted. ``choices`` has alpha by choice set, for a set of which
    several options can be chosen by option (``event=CONSULT``).
    """

    annotations: str
    articles: int
    annotators: tuple[str, ...]
    pairs: tuple[AnnotatorPair, ...]
    choices: dict[str, float | None]


class CurvePoint(Frozen):
    """What a model is worth that was trained on so many leak groups of train, which are so many articles.

    ``exact`` is the measure of all spans of the test split: start, end and label right.
    """

    leak_groups: int
    articles: int
    exact: Measure


class Curve(Frozen):
    """``curve.json``: points in the order of their leak groups, of one config, each trained with the same seed."""

    corpus: str
    config: str
    seed: int
    signature: str
    points: tuple[CurvePoint, ...]
