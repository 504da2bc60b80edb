"""From annotations to gold, with an account of every span, relation and choice.

What a single annotator marks is gold. Of two or more, what all agree on is gold, and the rest is an open conflict that
goes back to people; nobody is outvoted, not by a third either. It is settled when an adjudicator decides (see
`labeling.adjudication.rulings`), when those who differ submit the same, or one of them skips the article: a later
submission takes the place of an earlier one. Only people count, each with their latest submission. Boundaries move here
and nowhere else, by the project's trimming rules. Of a label that came after a submission, that submission says
nothing: where nobody was asked for it, gold lists it as `unasked`. Of a stretch that a submission leaves open it says
nothing either: where nobody says anything, the stretch is open in gold.

An example. Ana marks PERSON 0..9 and COUNTRY 18..26, Ben PERSON 0..9 and GOV_BODY 18..26. Gold is PERSON 0..9, with
18..26 open; there is a conflict of the kind `label`; and the account of spans is: 4 in, 1 gold, 1 merged, 2 open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.adjudication.checks import check_annotation, make_quarantine_row
from labeling.adjudication.decided_articles import DecidedArticle, collect_decided
from labeling.adjudication.rulings import NOTHING_DECIDED, Rulings, read_whole_annotation
from labeling.adjudication.settled_article import SettlingTerms, make_rows_against, settle_article
from labeling.annotations import LedgerRow, latest_submissions, submission_order
from labeling.ledger import check_balance, list_entering_things
from labeling.workspace.asking import sent_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence

    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation, Gold, QuarantineRow
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.asking import Asking
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.decision_row import Decision

NOT_SUBMITTED = "nobody's submission of the article counts"


@dataclass(frozen=True)
class AdjudicationOutcome:
    """Gold and conflicts by article, the first account of the ledger, and what was found unsound only now.

    ``decided`` counts the decisions that count, ``idle`` those that do nothing, by the reason.
    """

    gold: tuple[Gold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()
    decided: int = 0
    idle: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _ArticlePart:
    """What one article adds to the outcome."""

    gold: Gold | None = None
    conflicts: tuple[Conflict, ...] = ()
    rows: tuple[LedgerRow, ...] = ()
    added: tuple[Thing, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()


def _never(_: Annotation) -> bool:
    return False


@dataclass(frozen=True)
class AdjudicationRules:
    """By what annotations are reconciled: the schema, the rules that trim boundaries, and what was asked of whom.

    ``is_answer`` tells the answers to gold questions, which are compared with gold and change nothing of it.
    ``decisions`` are what adjudicators decided, and ``is_adjudicator`` tells the annotations by which one decides a
    whole article.
    """

    schema: Schema
    trimming: Collection[TrimRule]
    asking: Asking
    is_answer: Callable[[Annotation], bool] = _never
    decisions: Sequence[Decision] = ()
    is_adjudicator: Callable[[Annotation], bool] = _never


def reconcile_annotations(
    annotations: Iterable[Annotation],
    quarantine: Iterable[QuarantineRow],
    articles: Mapping[str, Article],
    rules: AdjudicationRules,
) -> AdjudicationOutcome:
    """Reconcile the annotations of every article.

    Args:
        annotations: Several annotators an article, several submissions an annotator. Each is checked once more, since
            the schema may have changed after it was pulled.
        quarantine: What was found unsound before: it is not part of the annotations, but of the account.
        articles: The articles by id.
        rules: The schema of the project, what moves boundaries, and what was asked of whom.

    Returns:
        Gold by article id (but not for an article that nobody submitted), conflicts, and one ledger row for every span,
        relation and choice that came in.

    Raises:
        DamagedFile: An annotation's ``updated`` is not an instant.
        LedgerUnbalanced: Something got no outcome, or two; a fault of the program.
    """
    everything, quarantined = list(annotations), list(quarantine)
    decided, idle = collect_decided(rules.decisions, articles, rules.schema, rules.trimming)
    # An article is settled by itself, whatever is in the others.
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in everything:
        by_article[annotation.article].append(annotation)
    words = [word for name in sorted(decided) for word in decided[name].words]
    names = sorted({*by_article, *(word.article for word in words)})
    parts = [
        _adjudicate_article(articles.get(name), by_article[name], decided.get(name) or DecidedArticle(), rules)
        for name in names
    ]
    rows = [*map(_quarantine_entry, quarantined), *(row for part in parts for row in part.rows)]
    ledger = sorted(rows, key=_ledger_order)
    # Whatever came in has come out, once.
    added = (thing for part in parts for thing in part.added)
    check_balance("gold", [*list_entering_things([*everything, *words], quarantined), *added], ledger)
    gold = tuple(part.gold for part in parts if part.gold)
    idle += _count_unread(decided, {each.article for each in gold})
    return AdjudicationOutcome(
        gold,
        tuple(conflict for part in parts for conflict in part.conflicts),
        tuple(ledger),
        tuple(found for part in parts for found in part.quarantined),
        decided=sum(not each.inherited_from for each in rules.decisions) - idle.total(),
        idle=dict(sorted(idle.items())),
    )


def _count_unread(decided: Mapping[str, DecidedArticle], settled: Container[str]) -> Counter[str]:
    """The decisions on articles of which no submission counts: without one, nothing is gold."""
    unread = [each for name, found in decided.items() if name not in settled for each in found.decisions]
    return +Counter({NOT_SUBMITTED: sum(not each.inherited_from for each in unread)})


def _adjudicate_article(
    article: Article | None, annotations: Sequence[Annotation], decided: DecidedArticle, rules: AdjudicationRules
) -> _ArticlePart:
    if article is None:
        found = tuple(row for annotation in annotations for row in _quarantine_homeless(annotation))
        return _ArticlePart(rows=tuple(map(_quarantine_entry, found)), quarantined=found)
    said = sorted([*annotations, *decided.words], key=submission_order)
    checked = [check_annotation(each, article, rules.schema) for each in said]
    found = tuple(row for _, rows in checked for row in rows)
    words = {id(sound) for each, (sound, _) in zip(said, checked, strict=True) if any(each is w for w in decided.words)}
    # An annotation of another text does not count, not even an empty one: nobody looked at this text.
    counted = [sound for sound, _ in checked if id(sound) in words or not rules.is_answer(sound)]
    deciding = [
        each
        for each in counted
        if is_whole_submission(each, article) and (id(each) in words or rules.is_adjudicator(each))
    ]
    latest = latest_submissions(_without_others_of(deciding, counted), article.digest)
    aside = [sound for sound, _ in checked if sound is not latest.get(sound.annotator)]
    rows = [
        *map(_quarantine_entry, found),
        *(row for each in aside for row in make_rows_against(each, _why_aside(each, rules))),
    ]
    # Without a submission nothing is gold, not even an empty annotation.
    if not latest:
        return _ArticlePart(rows=tuple(rows), quarantined=found)
    submissions = [*latest.values()]
    silence = {each.annotator: rules.asking.silent_on(each) for each in submissions}
    whole = [each for each in submissions if any(each is one for one in deciding)]
    rulings = _make_rulings(article, decided, whole, rules, silence)
    terms = SettlingTerms(rules.schema, rules.asking.items, rules.trimming, silence, rulings)
    settled = settle_article(article, submissions, terms)
    return _ArticlePart(settled.gold, settled.conflicts, (*rows, *settled.rows), settled.added, found)


def is_whole_submission(annotation: Annotation, article: Article) -> bool:
    """Whether a person submitted it, on the whole of this text."""
    is_submitted = annotation.by_person and annotation.state == "submitted"
    return is_submitted and annotation.digest == article.digest and not annotation.open


def _without_others_of(deciding: Sequence[Annotation], counted: Sequence[Annotation]) -> list[Annotation]:
    """Without what those who decide said otherwise, as readers say."""
    if not deciding:
        return [*counted]
    names, chosen = {each.annotator for each in deciding}, {id(each) for each in deciding}
    return [each for each in counted if each.annotator not in names or id(each) in chosen]


def _make_rulings(
    article: Article,
    decided: DecidedArticle,
    whole: Sequence[Annotation],
    rules: AdjudicationRules,
    silence: Silence,
) -> Rulings:
    if not whole:
        return Rulings(decided.decisions) if decided.decisions else NOTHING_DECIDED
    # Of two adjudicators who read the article, the later decides.
    last = max(whole, key=lambda each: (sent_at(each), each.annotator))
    read = read_whole_annotation(last, article, rules.schema, rules.trimming, silence[last.annotator])
    return Rulings(decided.decisions, read)


def _quarantine_homeless(annotation: Annotation) -> Iterator[QuarantineRow]:
    for _, _, what, name in list_entering_things([annotation], ()):
        yield make_quarantine_row(annotation, what, name, "unknown article", "no article of this name was taken in")


def _why_aside(annotation: Annotation, rules: AdjudicationRules) -> str:
    if annotation.state == "submitted" and rules.is_answer(annotation):
        return "an answer to a gold question"
    if not annotation.by_person:
        return "only a person's word can become gold"
    why = {"skipped": "skipped", "draft": "a draft, not submitted"}
    return why.get(annotation.state, "superseded by a later submission")


def _quarantine_entry(found: QuarantineRow) -> LedgerRow:
    return LedgerRow(
        article=found.article,
        annotator=found.annotator,
        what=found.what,
        id=found.id,
        stage="gold",
        outcome="quarantined",
        reason=f"{found.kind}: {found.reason}",
    )


def _ledger_order(row: LedgerRow) -> tuple[str, str, str, str, str, str]:
    return row.article, row.annotator, row.what, row.id, row.outcome, row.reason
