"""From what annotators said to gold, with an account of every region.

One annotator's word is gold. Of two or more, what all agree on is gold, and the rest is an open conflict that goes back
to people; nobody is outvoted, not by a third either. It is settled when those who differ say the same, or one of them
skips the article: what they submit next takes the place of what they said. Only a person's word counts, and each
person's latest submission. Boundaries move here and nowhere else, by the project's trimming rules.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labeling.adjudication.consensus import agreed_choices, agreed_relations, agreed_spans
from labeling.annotations import Gold, LedgerRow, check, choice_id, quarantined
from labeling.errors import DamagedFile
from labeling.ledger import check_balance, rows_of, things_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.adjudication.trimming import Rule
    from labeling.annotations import Annotation, Quarantined
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.rows.conflict import Conflict

# The choice by which an annotator rules a whole article out.
USABLE, NO = "usable", "no"


@dataclass(frozen=True)
class Adjudicated:
    """Gold and conflicts by article, the first account of the ledger, and what only now was found to be unsound."""

    gold: tuple[Gold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()


def adjudicate(
    annotations: Iterable[Annotation],
    quarantine: Iterable[Quarantined],
    articles: Mapping[str, Article],
    schema: Schema,
    trimming: Collection[Rule],
) -> Adjudicated:
    """Reconcile the annotations of every article.

    Args:
        annotations: What people said, several annotators an article, several submissions an annotator. Each is checked
            once more, for the schema may have changed since it was pulled.
        quarantine: What was found unsound before: it is no part of the annotations, but of the account.
        articles: The articles by id.
        schema: The schema of the project.
        trimming: The rules of ``labeling.adjudication.trimming`` to apply to every boundary.

    Returns:
        Gold by article id (none for an article nobody submitted), conflicts, and one ledger row for every span,
        relation and choice that came in.

    Raises:
        DamagedFile: An annotation's ``updated`` is no instant.
        LedgerUnbalanced: Something got no outcome or two; a fault of the program.
    """
    said, before = list(annotations), list(quarantine)
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for annotation in said:
        by_article[annotation.article].append(annotation)
    parts = [_article(articles.get(name), by_article[name], schema, trimming) for name in sorted(by_article)]
    ledger = sorted([*map(_in_quarantine, before), *(row for part in parts for row in part.ledger)], key=_order)
    check_balance("gold", things_of(said, before), ledger)
    return Adjudicated(
        tuple(gold for part in parts for gold in part.gold),
        tuple(conflict for part in parts for conflict in part.conflicts),
        tuple(ledger),
        tuple(found for part in parts for found in part.quarantined),
    )


def _article(
    article: Article | None, said: Sequence[Annotation], schema: Schema, trimming: Collection[Rule]
) -> Adjudicated:
    if article is None:
        found = tuple(finding for annotation in said for finding in _homeless(annotation))
        return Adjudicated(ledger=tuple(map(_in_quarantine, found)), quarantined=found)
    checked = [check(annotation, article, schema) for annotation in sorted(said, key=_latest_last)]
    found = tuple(finding for _, findings in checked for finding in findings)
    # Nothing an annotator said of another text counts, not even that nothing is there.
    standing, aside = _standing([sound for sound, _ in checked], article.digest)
    decided = _decided(article, standing, schema, trimming) if standing else Adjudicated()
    rows = (*map(_in_quarantine, found), *aside, *decided.ledger)
    return Adjudicated(decided.gold, decided.conflicts, rows, found)


def _homeless(annotation: Annotation) -> Iterator[Quarantined]:
    for _, _, what, name in things_of([annotation], ()):
        yield quarantined(annotation, what, name, "unknown article", "no article of this name was taken in")


def _latest_last(annotation: Annotation) -> tuple[str, datetime, int]:
    try:
        updated = datetime.fromisoformat(annotation.updated or "0001-01-01")
    except ValueError:
        raise DamagedFile(
            f"{annotation.updated!r}, when {annotation.annotator!r} updated {annotation.article!r}, is no instant",
            todo="pull again, or mend annotations.jsonl: updated is an ISO 8601 date and time",
            where=annotation.article,
        ) from None
    return annotation.annotator, updated.replace(tzinfo=updated.tzinfo or UTC), annotation.server_id or 0


def _standing(annotations: Sequence[Annotation], digest: str) -> tuple[list[Annotation], list[LedgerRow]]:
    """Each person's latest submission, by annotator; and a row for everything in what was set aside."""
    standing = {
        each.annotator: each
        for each in annotations
        if each.by_person and each.state == "submitted" and each.digest == digest
    }
    aside = [each for each in annotations if each is not standing.get(each.annotator)]
    return list(standing.values()), [row for each in aside for row in _rows(each, _why_aside(each))]


def _why_aside(annotation: Annotation) -> str:
    if not annotation.by_person:
        return "only a person's word can become gold"
    why = {"skipped": "skipped", "draft": "a draft, not submitted"}
    return why.get(annotation.state, "superseded by a later submission")


def _rows(annotation: Annotation, against: str) -> list[LedgerRow]:
    return [
        row
        for article, annotator, what, name in things_of([annotation], ())
        for row in rows_of(article, what, [(annotator, name)], against)
    ]


def _decided(
    article: Article, standing: Sequence[Annotation], schema: Schema, trimming: Collection[Rule]
) -> Adjudicated:
    ruled_out = [each.annotator for each in standing for option in each.choices.get(USABLE, ()) if option == NO]
    if ruled_out:
        return _unusable(article, standing, ruled_out)
    spans = agreed_spans(article, standing, trimming)
    relations = agreed_relations(article.id, standing, spans, schema)
    choices = agreed_choices(article, standing)
    gold = Gold(
        article=article.id,
        digest=article.digest,
        complete=not spans.conflicts,
        annotators=tuple(each.annotator for each in standing),
        spans=spans.gold,
        relations=relations.gold,
        choices=choices.gold,
        open=tuple((conflict.start, conflict.end) for conflict in spans.conflicts),
        open_choices=choices.open,
    )
    return Adjudicated(
        (gold,),
        (*spans.conflicts, *relations.conflicts, *choices.conflicts),
        (*spans.rows, *relations.rows, *choices.rows),
    )


def _unusable(article: Article, standing: Sequence[Annotation], ruled_out: Sequence[str]) -> Adjudicated:
    """An article that anyone ruled out: nothing said about it becomes gold but that."""
    verdict = choice_id(USABLE, NO)
    rows = [
        row
        for each in standing
        for row in _rows(each, f"usable: no, says {ruled_out[0]}")
        if (row.what, row.id) != ("choice", verdict)
    ]
    rows += rows_of(article.id, "choice", [(annotator, verdict) for annotator in ruled_out])
    gold = Gold(
        article=article.id,
        digest=article.digest,
        complete=True,
        usable=False,
        annotators=tuple(each.annotator for each in standing),
        choices={USABLE: (NO,)},
    )
    return Adjudicated((gold,), (), tuple(rows))


def _in_quarantine(found: Quarantined) -> LedgerRow:
    return LedgerRow(
        article=found.article,
        annotator=found.annotator,
        what=found.what,
        id=found.id,
        stage="gold",
        outcome="quarantined",
        reason=f"{found.kind}: {found.reason}",
    )


def _order(row: LedgerRow) -> tuple[str, str, str, str, str, str]:
    return row.article, row.annotator, row.what, row.id, row.outcome, row.reason
