"""The answers to the last five questions: can the test set be trusted, who did what, how good is each, what changed."""

from __future__ import annotations

from labeling.report.facts.answers import Answer
from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.reliance_row import RelianceRates
from labeling.workspace.rows.score import Score


class SurfaceShare(Frozen):
    """Of the surfaces of the test set (a label with its words), how many training has as well: 3 of 4 are 0.75."""

    surfaces: int
    seen: int
    share: float | None


class TrustAnswer(Answer):
    """Can the test set be trusted: ``warnings`` has what speaks against it, "" where nothing does.

    ``names`` are its surfaces that are seen in training. ``suggested`` counts its articles that were read with
    suggestions, None where that is not known; ``of_stream`` those that chance chose, None without a random stream.
    ``shared_passages`` is what it shares with the other splits, and must be 0.
    """

    trusted: bool | None = None
    articles: int = 0
    leak_groups: int = 0
    names: SurfaceShare | None = None
    suggested: int | None = None
    of_stream: int | None = None
    shared_passages: int | None = None
    warnings: tuple[str, ...] = ()


class PersonWork(Frozen):
    """What one person did: annotations by state, the spans of what they submitted, and those they were unsure of.

    ``decisions`` are conflicts that they settled, ``quarantined`` what of theirs is in quarantine. ``seconds`` is what
    they took for all they submitted, as far as it is known.
    """

    person: str
    submitted: int
    skipped: int
    drafts: int
    spans: int
    unsure: int
    relations: int
    imported: int
    decisions: int = 0
    quarantined: int = 0
    conflicts: int = 0
    seconds: float | None = None


class WorkAnswer(Answer):
    """Who did what; ``models`` are those whose suggestions are kept, with how many articles each has."""

    people: tuple[PersonWork, ...] = ()
    models: dict[str, int] = {}


class PersonQuality(Frozen):
    """How good one person is, each measure F1 of spans, exact, with its interval.

    ``others`` is how far they agree with each other reader, by name; ``adjudicator`` with who has seen all words;
    ``gold_questions`` with settled gold, ``reprints`` with themselves. ``gold`` is their score against gold of the test
    set. ``as_suggested`` counts submissions that say exactly what was suggested, within ten seconds.
    """

    person: str
    others: dict[str, Coefficient] = {}
    adjudicators: dict[str, Coefficient] = {}
    gold_questions: Coefficient | None = None
    reprints: Coefficient | None = None
    gold: Score | None = None
    as_suggested: int | None = None


class QualityAnswer(Answer):
    """How good is each: readers by their agreement, models by their scores, the best first."""

    people: tuple[PersonQuality, ...] = ()
    models: tuple[Score, ...] = ()
    assisted: RelianceRates | None = None
    unassisted: RelianceRates | None = None


class ErrorPlace(Frozen):
    """A stretch that gold or a model marks: ``label`` is "" where this side has nothing."""

    start: int
    end: int
    label: str
    text: str


class ModelError(Frozen):
    """An error of a model in its surroundings, gold and model side by side; ``link`` opens the article."""

    model: str
    kind: str
    article: str
    before: str
    text: str
    after: str
    gold: ErrorPlace | None
    predicted: ErrorPlace | None
    link: str = ""


class ErrorAnswer(Answer):
    """Where is the model wrong: how many errors by model and kind, by model and label, and each of them."""

    kinds: dict[str, dict[str, int]] = {}
    labels: dict[str, dict[str, int]] = {}
    errors: tuple[ModelError, ...] = ()


class ArticleChange(Frozen):
    """Articles that came, went, or have other gold than before; the ids of each."""

    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    other_gold: tuple[str, ...] = ()
    other_text: tuple[str, ...] = ()


class NumberChange(Frozen):
    """A number before and now: ``gold spans``, ``test articles``; None where one side does not have it."""

    what: str
    before: float | None
    now: float | None


class PairedChange(Frozen):
    """What a measure gained on the same articles: the difference with its 95 % interval, or why there is none."""

    annotator: str
    what: str
    before: float | None
    now: float | None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    undefined: str = ""


class ChangeAnswer(Answer):
    """What changed since ``against`` (the name of a dataset, a release or a file of scores; "" without one)."""

    against: str = ""
    kind: str = ""
    articles: ArticleChange | None = None
    numbers: tuple[NumberChange, ...] = ()
    scores: tuple[PairedChange, ...] = ()


class RemovedThing(Frozen):
    """What the project file's migrations removed: a decision, counted by what and why, with the articles."""

    what: str
    why: str
    count: int
    articles: tuple[str, ...]


class QuarantinedThing(Frozen):
    """A thing in quarantine, with its person, its article, the server's task, and the page that opens it."""

    article: str
    person: str
    what: str
    id: str
    kind: str
    why: str
    task: int | None
    link: str = ""
