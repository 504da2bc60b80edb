"""From annotations to gold, with an account of every span, relation and choice.

What a single annotator marks is gold. Of two or more, what all agree on is gold, and the rest is an open conflict that
goes back to people; nobody is outvoted, not by a third either. It is settled when those who differ submit the same, or
one of them skips the article: a later submission takes the place of an earlier one. Only people count, each with their
latest submission. Boundaries move here and nowhere else, by the project's trimming rules. Of a label that came after a
submission, that submission says nothing: where nobody was asked for it, gold lists it as `unasked`. Of a stretch that a
submission leaves open it says nothing either: where nobody says anything, the stretch is open in gold.

An example. Ana marks PERSON 0..9 and COUNTRY 18..26, Ben PERSON 0..9 and GOV_BODY 18..26. Gold is PERSON 0..9, with
18..26 open; there is a conflict of the kind `label`; and the account of spans is: 4 in, 1 gold, 1 merged, 2 open.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.checks import check_annotation, make_quarantine_row
from labeling.adjudication.consensus import agree_on_choices, agree_on_spans
from labeling.adjudication.open_stretches import shared_stretches
from labeling.adjudication.relation_consensus import agree_on_relations
from labeling.annotations import (
    CHOICE_ITEM,
    LABEL_ITEM,
    Gold,
    LedgerRow,
    choice_id,
    latest_submissions,
    submission_order,
)
from labeling.ledger import check_balance, list_entering_things, make_ledger_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation, QuarantineRow
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.asking import Asking
    from labeling.workspace.rows.conflict import Conflict

# The choice, and the option, by which an annotator rules a whole article out.
USABLE = "usable"
UNUSABLE = "no"


@dataclass(frozen=True)
class AdjudicationOutcome:
    """Gold and conflicts by article, the first account of the ledger, and what was found unsound only now."""

    gold: tuple[Gold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()


def _is_no_answer(_: Annotation) -> bool:
    return False


@dataclass(frozen=True)
class AdjudicationRules:
    """By what annotations are reconciled: the schema, the rules that trim boundaries, and what was asked of whom.

    ``is_answer`` tells the answers to gold questions, which are compared with gold and change nothing of it.
    """

    schema: Schema
    trimming: Collection[TrimRule]
    asking: Asking
    is_answer: Callable[[Annotation], bool] = _is_no_answer


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
    # An article is settled by itself, whatever is in the others.
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in everything:
        by_article[annotation.article].append(annotation)
    parts = [_adjudicate_article(articles.get(name), by_article[name], rules) for name in sorted(by_article)]
    rows = [*map(_quarantine_entry, quarantined), *(row for part in parts for row in part.ledger)]
    ledger = sorted(rows, key=_ledger_order)
    # Whatever came in has come out, once.
    check_balance("gold", list_entering_things(everything, quarantined), ledger)
    return AdjudicationOutcome(
        tuple(gold for part in parts for gold in part.gold),
        tuple(conflict for part in parts for conflict in part.conflicts),
        tuple(ledger),
        tuple(found for part in parts for found in part.quarantined),
    )


def _adjudicate_article(
    article: Article | None, annotations: Sequence[Annotation], rules: AdjudicationRules
) -> AdjudicationOutcome:
    if article is None:
        found = tuple(row for annotation in annotations for row in _quarantine_homeless(annotation))
        return AdjudicationOutcome(ledger=tuple(map(_quarantine_entry, found)), quarantined=found)
    checked = [check_annotation(each, article, rules.schema) for each in sorted(annotations, key=submission_order)]
    found = tuple(row for _, rows in checked for row in rows)
    # An annotation of another text does not count, not even an empty one: nobody looked at this text.
    latest = latest_submissions([sound for sound, _ in checked if not rules.is_answer(sound)], article.digest)
    aside = [sound for sound, _ in checked if sound is not latest.get(sound.annotator)]
    # Without a submission nothing is gold, not even an empty annotation.
    decided = AdjudicationOutcome()
    if latest:
        decided = _settle_article(article, list(latest.values()), rules)
    rows = [
        *map(_quarantine_entry, found),
        *(row for each in aside for row in _decided_against_rows(each, _why_aside(each, rules))),
        *decided.ledger,
    ]
    return AdjudicationOutcome(decided.gold, decided.conflicts, tuple(rows), found)


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


def _decided_against_rows(annotation: Annotation, reason: str) -> list[LedgerRow]:
    return [
        row
        for article, annotator, what, name in list_entering_things([annotation], ())
        for row in make_ledger_rows(article, what, [(annotator, name)], reason)
    ]


def _settle_article(
    article: Article, submissions: Sequence[Annotation], rules: AdjudicationRules
) -> AdjudicationOutcome:
    ruled_out = [
        each.annotator for each in submissions for option in each.choices.get(USABLE, ()) if option == UNUSABLE
    ]
    if ruled_out:
        return _rule_out_article(article, submissions, ruled_out)
    silence = {each.annotator: rules.asking.silent_on(each) for each in submissions}
    # What not one of them was asked for is not known, and not absent.
    unasked = frozenset.intersection(*silence.values())
    spans = agree_on_spans(article, submissions, rules.trimming, silence)
    relations = agree_on_relations(article, submissions, spans, rules.schema, silence)
    choices = agree_on_choices(article, submissions, rules.schema, silence)
    dark = submissions[0].open
    for each in submissions[1:]:
        dark = shared_stretches(dark, each.open)
    chosen = {choice_id(name, option) for name, options in choices.gold.items() for option in options}
    unknown = {item.removeprefix(CHOICE_ITEM) for item in unasked if item.startswith(CHOICE_ITEM)} - chosen
    gold = Gold(
        article=article.id,
        digest=article.digest,
        # A relation or a choice in dispute leaves the spans complete.
        complete=not spans.conflicts and not dark and not any(item.startswith(LABEL_ITEM) for item in unasked),
        annotators=tuple(each.annotator for each in submissions),
        spans=spans.gold,
        relations=relations.gold,
        choices=choices.gold,
        open=tuple(sorted({*((conflict.start, conflict.end) for conflict in spans.conflicts), *dark})),
        open_choices=tuple(sorted({*choices.open, *unknown})),
        unasked=tuple(item for item in rules.asking.items if item in unasked),
    )
    return AdjudicationOutcome(
        (gold,),
        (*spans.conflicts, *relations.conflicts, *choices.conflicts),
        (*spans.rows, *relations.rows, *choices.rows),
    )


def _rule_out_article(
    article: Article, submissions: Sequence[Annotation], ruled_out: Sequence[str]
) -> AdjudicationOutcome:
    """An article that anyone ruled out: that verdict becomes gold, and nothing else."""
    verdict = choice_id(USABLE, UNUSABLE)
    rows = [
        row
        for each in submissions
        for row in _decided_against_rows(each, f"usable: no, says {ruled_out[0]}")
        # The verdict itself has its own row below.
        if (row.what, row.id) != ("choice", verdict)
    ]
    rows += make_ledger_rows(article.id, "choice", [(annotator, verdict) for annotator in ruled_out])
    gold = Gold(
        article=article.id,
        digest=article.digest,
        complete=True,
        usable=False,
        annotators=tuple(each.annotator for each in submissions),
        choices={USABLE: (UNUSABLE,)},
    )
    return AdjudicationOutcome((gold,), (), tuple(rows))


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
