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
from labeling.workspace.rows.forecast import Finish, ReadingPace
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
    """How many articles a split has (all have gold), and of how many nothing is open; "none" are those left out."""

    split: SplitName | Literal["none"]
    articles: int
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
    """How far are we. Of all ``articles``, ``read`` ones were submitted by somebody, ``finished`` ones by all planned.

    A skip finishes as a submission does; without a plan one person is enough. ``gold`` counts the articles with gold in
    which nothing is open. ``readings`` are submissions and skips of readers, ``planned`` how many the plan wants.
    """

    articles: int = 0
    read: int = 0
    finished: int = 0
    gold: int = 0
    readings: int = 0
    planned: int | None = None
    splits: tuple[PlaceProgress, ...] = ()
    people: tuple[ReaderProgress, ...] = ()


class SpeedAnswer(Answer):
    """How fast: of the team and of each person, up to the day ``until``; ``reader`` of the team is ""."""

    until: str = ""
    team: ReadingPace | None = None
    people: tuple[ReadingPace, ...] = ()


class ForecastAnswer(Answer):
    """When done: ``as_planned`` is when the last reader is done, ``together`` if they helped each other out.

    ``people`` has it by reader; ``left`` counts the readings that are still to be made.
    """

    left: int | None = None
    as_planned: Finish | None = None
    together: Finish | None = None
    people: dict[str, Finish] = {}
    method: str = ""


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

    ``splits`` counts its gold spans by split. ``agreement`` is F1 of all pairs of readers, exact. ``alike`` is the
    share of its spans that are labelled alike in shared words. ``weak`` has the reasons; none where it is not weak.
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
