"""The answers to the last five questions: can the test set be trusted, who did what, how good is each, what changed."""

from __future__ import annotations

from labeling.report.facts.answers import Answer, DisputedReading
from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.mistake import MistakeKind
from labeling.workspace.rows.reliance_row import RelianceRates
from labeling.workspace.rows.score import Score
from labeling.workspace.rows.score_comparison import ScoreComparison
from labeling.workspace.rows.trust import Trust


class TrustAnswer(Answer):
    """Can the test set be trusted: ``trusted`` is None where that was not measured, else whether there is no warning.

    ``of_stream`` counts the test articles that chance chose, None without a random stream. ``shared_passages`` is what
    two splits share, and must be 0. ``open_conflicts`` are those of test articles: until they are settled, scores are
    of what is settled alone.
    """

    trusted: bool | None = None
    open_conflicts: int = 0
    trust: Trust | None = None
    of_stream: int | None = None
    shared_passages: int | None = None


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
    """How good one reader is, each measure F1 of spans, exact, with its interval.

    ``others`` is how far they agree with each other reader, by name; ``adjudicators`` with who has seen all words;
    ``gold_questions`` with settled gold, ``reprints`` with themselves, ``models`` with each model. ``score`` is theirs
    against gold of the test set, where it was measured.
    """

    person: str
    others: dict[str, Coefficient] = {}
    adjudicators: dict[str, Coefficient] = {}
    gold_questions: Coefficient | None = None
    reprints: Coefficient | None = None
    models: dict[str, Coefficient] = {}
    score: Score | None = None


class QualityAnswer(Answer):
    """How good is each: readers by their agreement, by name; models by their scores, the best first.

    ``assisted`` and ``unassisted`` are what readers have of what a model had, with and without its suggestions.
    """

    people: tuple[PersonQuality, ...] = ()
    models: tuple[Score, ...] = ()
    assisted: RelianceRates | None = None
    unassisted: RelianceRates | None = None


class ModelError(Frozen):
    """A mistake of an annotator in its surroundings; ``gold`` and ``predicted`` are the words of both sides.

    ``text`` is what lies under either of the two, ``start`` its place in the article; ``link`` opens the article.
    """

    annotator: str
    kind: MistakeKind
    article: str
    start: int
    before: str
    text: str
    after: str
    gold: DisputedReading | None = None
    predicted: DisputedReading | None = None
    score: float | None = None
    link: str = ""


class ErrorAnswer(Answer):
    """Where is the model wrong: how many mistakes by annotator and kind, by annotator and label, and each of them."""

    kinds: dict[str, dict[MistakeKind, int]] = {}
    labels: dict[str, dict[str, int]] = {}
    errors: tuple[ModelError, ...] = ()


class ArticleChanges(Frozen):
    """The ids of articles that came, went, moved to another split, or have another text or other gold than before."""

    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    other_text: tuple[str, ...] = ()
    other_gold: tuple[str, ...] = ()
    other_split: tuple[str, ...] = ()


class NumberChange(Frozen):
    """A number before and now: ``gold spans``; None where one side does not have it. ``percent``: it is a share."""

    what: str
    before: float | None
    now: float | None
    percent: bool = False


class ChangeAnswer(Answer):
    """What changed since ``against``: the datasets, releases, scores and reports of before that were named.

    ``articles`` compares the datasets. ``numbers`` has gold, agreement and leakage, as far as either side has them.
    ``scores`` compares them on the same articles, with paired intervals.
    """

    against: tuple[str, ...] = ()
    articles: ArticleChanges | None = None
    numbers: tuple[NumberChange, ...] = ()
    scores: ScoreComparison | None = None


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


class LeakFamily(Frozen):
    """A leak group of several articles: the ids of each story, its lead first, and the splits that they are in."""

    name: str
    stories: tuple[tuple[str, ...], ...]
    splits: tuple[str, ...]


class SharedPair(Frozen):
    """Two articles that share ``words`` words in runs, and the split of each."""

    left: str
    right: str
    words: int
    splits: tuple[str, str]
