"""The model of agreement.json: how far annotators agree, each measure with its interval or why it has no value."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen
from labeling.workspace.rows.score import Score

MeasuredOn: TypeAlias = Literal["", "first submissions", "annotations"]
DisagreementKind: TypeAlias = Literal["label", "boundary", "missed"]


class AnnotatorPair(Frozen):
    """Two annotators and how far their spans agree: the score of ``other`` when ``one`` is taken for gold.

    F1 is the same the other way round; precision and recall change places.
    """

    one: str
    other: str
    score: Score


class Coefficient(Frozen):
    """A measure with its 95 % interval (low, high), and the ``items`` that it was counted from.

    What is undefined is None; ``undefined`` has the reason, of the value or of the interval.
    """

    value: float | None
    items: int
    interval: tuple[float, float] | None = None
    undefined: str = ""


class LabelledCoefficient(Frozen):
    """A measure over everything (``all``), and by label; labels that nobody used are left out."""

    all: Coefficient
    labels: dict[str, Coefficient] = {}


class GroupAgreement(Frozen):
    """How far two annotators or more agree, over the articles that at least two of them submitted.

    ``spans`` has F1 by rule of pairing: ``exact``, ``overlapping``, ``position`` alone, ``label`` alone; over more than
    two annotators it is that of all their pairs together. ``relations`` has F1 by ``exact`` and ``overlapping``,
    ``choices_f1`` that of the options chosen. Krippendorff's alpha is in ``labels`` (the labels of stretches that two
    or more marked), in ``unitizing`` (where they mark spans), and in ``choices`` by choice set and by option
    (``event=CONSULT``). With gold, and with oneself, there is only F1.
    """

    annotators: tuple[str, ...]
    articles: int
    leak_groups: int
    spans: dict[str, LabelledCoefficient]
    relations: dict[str, LabelledCoefficient] = {}
    choices_f1: LabelledCoefficient | None = None
    labels: LabelledCoefficient | None = None
    unitizing: LabelledCoefficient | None = None
    choices: dict[str, Coefficient] = {}


class FirstWordsCount(Frozen):
    """How many first submissions were measured, and who kept them.

    ``layer`` as they were submitted; ``pull`` as a pull first saw them, so that they may have changed before that;
    ``imported`` as their files have them. ``changed`` counts those whose author says something else today.
    """

    submissions: int
    layer: int
    pull: int
    imported: int
    changed: int


class Confusions(Frozen):
    """Which labels two annotators, or the pairs of all, give the same words, and how often.

    Spans of one place are counted first, then those that overlap; a span with no counterpart is in the column ``""``.
    Of a pair, a row is a label of the first annotator; of all, the labels come in the order of the alphabet.
    """

    annotators: tuple[str, ...]
    counts: dict[str, dict[str, int]]


class DisagreeingSide(Frozen):
    """What one annotator has there: ``label`` is "" for nothing; ``link`` opens their own annotation, or a new one."""

    annotator: str
    start: int
    end: int
    label: str
    text: str
    link: str = ""


class Disagreement(Frozen):
    """Two readings of the same words, with what is around them; ``times`` counts all disagreements of this kind."""

    kind: DisagreementKind
    article: str
    before: str
    text: str
    after: str
    sides: tuple[DisagreeingSide, ...]
    times: int


class Agreement(Frozen):
    """``agreement.json``. ``annotations`` is the SHA-256 of the file it was measured on, ``measured_on`` what that has.

    ``articles`` counts those that two or more submitted. ``choices`` has alpha by choice set, or by option
    (``event=CONSULT``) for a set of which several options can be chosen. ``group`` is all readers together, ``by_pair``
    each two of them; ``settled`` is both, group first, on the annotations of today, whose SHA-256 is ``settled_on``.
    ``suggestions`` has the readings
    ``with`` and ``without`` a model's suggestions before their readers' eyes. ``models`` sets a model beside a reader,
    ``adjudicators`` somebody who has seen the readers' words; ``gold_questions`` a reader beside settled gold,
    ``reprints`` a reader beside their own words on the same text. A file of before has the first five alone.
    """

    annotations: str
    articles: int
    annotators: tuple[str, ...]
    pairs: tuple[AnnotatorPair, ...]
    choices: dict[str, float | None]
    measured_on: MeasuredOn = ""
    first_words: FirstWordsCount | None = None
    group: GroupAgreement | None = None
    by_pair: tuple[GroupAgreement, ...] = ()
    settled: tuple[GroupAgreement, ...] = ()
    settled_on: str = ""
    suggestions: dict[str, GroupAgreement] = {}
    models: tuple[GroupAgreement, ...] = ()
    adjudicators: tuple[GroupAgreement, ...] = ()
    gold_questions: tuple[GroupAgreement, ...] = ()
    reprints: tuple[GroupAgreement, ...] = ()
    confusions: tuple[Confusions, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
