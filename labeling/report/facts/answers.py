"""The answers to the first seven questions: how far, how fast, when, what next, conflicts, labels, more.

Every answer has ``sentence``, the answer in one sentence for people, "" where there is none; and ``gaps``, what is not
known yet, each with the command that fills it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.assignment import SplitName
from labeling.workspace.rows.conflict import ConflictKind
from labeling.workspace.rows.learning_rows import Outlook, StoppingVerdict
from labeling.workspace.rows.score import Curve, Measure

# What is to be done next is told in this order.
StepKind: TypeAlias = Literal[
    "mend",  # a file is not as it was left, or its verb was cut short
    "look",  # words in quarantine that a person has to look at
    "slip",  # relations that their authors are to mend
    "settle",  # conflicts, and rulings that differ
    "read",  # articles that wait for a reader
    "ask again",  # what was judged before an item was asked for
    "doubt",  # what in gold is likely to be wrong
    "command",  # the next command of the road
    "label",  # labels that are weak
    "decide",  # whether to go on, and whether the test set is to be trusted
]


class Gap(Frozen):
    """What is not known, why, and the command that brings it: ``labeling evaluate``; "" where only people can."""

    why: str
    command: str = ""


class Answer(Frozen):
    """The answer to a question, as far as there is one."""

    sentence: str = ""
    gaps: tuple[Gap, ...] = ()


class PlaceProgress(Frozen):
    """How many articles of a split are there, have gold, and of these have nothing open; or of none of the splits."""

    split: SplitName | Literal["none"]
    articles: int
    gold: int
    complete: int


class ReaderProgress(Frozen):
    """One person's articles: ``given`` are those of the plan, None without one; ``open`` those left of them."""

    person: str
    given: int | None
    submitted: int
    skipped: int
    drafts: int
    open: int | None


class ProgressAnswer(Answer):
    """How far are we. ``read`` articles have a submission, ``finished`` ones as many as planned, of today's text.

    Without a plan one submission is enough. ``readings`` are submissions and skips, ``planned`` those of the plan.
    """

    articles: int = 0
    read: int = 0
    finished: int = 0
    gold: int = 0
    readings: int = 0
    planned: int | None = None
    splits: tuple[PlaceProgress, ...] = ()
    people: tuple[ReaderProgress, ...] = ()


class ReaderSpeed(Frozen):
    """One person's pace, or that of all (``person`` is ""): seconds an article (the median), submissions a day."""

    person: str
    submissions: int
    seconds: float | None
    per_day: float | None
    days: int
    last: str = ""


class SpeedAnswer(Answer):
    """How fast. ``per_week`` has the submissions of each week, the Monday first: ``{"2026-05-04": 12}``."""

    team: ReaderSpeed | None = None
    people: tuple[ReaderSpeed, ...] = ()
    per_week: dict[str, int] = {}


class ForecastAnswer(Answer):
    """When done: so many readings are ``left``, and the day on which the last is made, with a 95 % interval."""

    left: int | None = None
    expected: str = ""
    earliest: str = ""
    latest: str = ""


class NextStep(Frozen):
    """Something to be done: what, why, by which command, or on which page (``link``); ``count`` is how many of it."""

    rank: int
    kind: StepKind
    what: str
    why: str = ""
    count: int = 1
    command: str = ""
    link: str = ""


class NextAnswer(Answer):
    """What next, the most urgent first."""

    steps: tuple[NextStep, ...] = ()


class DisputedReading(Frozen):
    """What one person says there: ``label`` is "" where they marked nothing."""

    person: str
    label: str
    text: str = ""


class OpenConflict(Frozen):
    """A conflict with its surroundings, and the page on which it is settled or read."""

    id: str
    article: str
    kind: ConflictKind
    before: str
    text: str
    after: str
    readings: tuple[DisputedReading, ...]
    link: str = ""


class OpposedRulings(Frozen):
    """Two decisions of adjudicators that say other things of the same words."""

    text: str
    decisions: tuple[str, ...]


class ConflictAnswer(Answer):
    """Which conflicts are open: how many by kind, by label, and each of them."""

    count: int = 0
    kinds: dict[str, int] = {}
    labels: dict[str, int] = {}
    conflicts: tuple[OpenConflict, ...] = ()
    contradictions: tuple[OpposedRulings, ...] = ()


class LabelStanding(Frozen):
    """One label: what gold has, how far readers agree on it, what the best model makes of it, and what is weak in it.

    ``agreement`` is F1 of all pairs of readers, exact. ``alike`` is the share of its spans that are labelled alike in
    shared words. ``weak`` has the reasons, the weightiest first; empty where nothing speaks against it.
    """

    label: str
    color: str
    spans: int
    leak_groups: int
    splits: dict[str, int] = {}
    agreement: Coefficient | None = None
    alike: float | None = None
    model: Measure | None = None
    conflicts: int = 0
    doubts: int = 0
    weak: tuple[str, ...] = ()


class LabelAnswer(Answer):
    """Which labels are weak: all of them, the weakest first; ``model`` is whose score they have."""

    labels: tuple[LabelStanding, ...] = ()
    model: str = ""


class WorthAnswer(Answer):
    """Is more worth it: the verdict of the last round, in all and by label; ``gain`` is the curve's last step."""

    verdict: StoppingVerdict | Literal[""] = ""
    round: int | None = None
    outlook: Outlook | None = None
    by_label: dict[str, Outlook] = {}
    curve: Curve | None = None
    gain: float | None = None
