"""One article, settled: what annotators agree on and what an adjudicator decided is gold, the rest is in dispute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.choice_consensus import agree_on_choices
from labeling.adjudication.consensus import agree_on_spans
from labeling.adjudication.open_stretches import shared_stretches
from labeling.adjudication.relation_consensus import agree_on_relations
from labeling.adjudication.rulings import RULED_OUT, UNUSABLE, USABLE
from labeling.annotations import CHOICE_ITEM, LABEL_ITEM, Gold, LedgerRow, choice_id
from labeling.ledger import list_entering_things, make_ledger_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from labeling.adjudication.open_conflicts import Silence
    from labeling.adjudication.rulings import Rulings
    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.rows.conflict import Conflict


@dataclass(frozen=True)
class SettledArticle:
    """Gold of one article, what is in dispute, a ledger row for each thing, and the things only an adjudicator drew."""

    gold: Gold
    conflicts: tuple[Conflict, ...]
    rows: tuple[LedgerRow, ...]
    added: tuple[Thing, ...] = ()


@dataclass(frozen=True)
class SettlingTerms:
    """By what an article is settled: the schema, all that it asks for (``items``), and the rules that trim spans.

    ``silence`` is what each submission says nothing of, ``rulings`` what adjudicators decided.
    """

    schema: Schema
    items: tuple[str, ...]
    trimming: Collection[TrimRule]
    silence: Silence
    rulings: Rulings


def settle_article(article: Article, submissions: Sequence[Annotation], terms: SettlingTerms) -> SettledArticle:
    """Settle one article.

    Args:
        article: The article.
        submissions: What counts of each annotator, in the order of their names; at least one.
        terms: By what.
    """
    schema, silence, rulings = terms.schema, terms.silence, terms.rulings
    ruled_out = _list_against(submissions, rulings)
    if ruled_out:
        return _rule_out_article(article, submissions, ruled_out)
    # What not one of them was asked for is not known, and not absent.
    unasked = frozenset.intersection(*(frozenset(silence[each.annotator]) for each in submissions))
    spans = agree_on_spans(article, submissions, terms.trimming, silence, rulings)
    relations = agree_on_relations(article, submissions, spans, schema, silence, rulings)
    choices = agree_on_choices(article, submissions, schema, silence, rulings)
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
        unasked=tuple(item for item in terms.items if item in unasked),
    )
    return SettledArticle(
        gold,
        (*spans.conflicts, *relations.conflicts, *choices.conflicts),
        (*spans.rows, *relations.rows, *choices.rows),
        (*spans.added, *relations.added, *choices.added),
    )


def make_rows_against(annotation: Annotation, reason: str) -> list[LedgerRow]:
    """A ledger row for everything that an annotation says, none of which stands."""
    return [
        row
        for article, annotator, what, name in list_entering_things([annotation], ())
        for row in make_ledger_rows(article, what, [(annotator, name)], reason)
    ]


def _list_against(submissions: Sequence[Annotation], rulings: Rulings) -> list[str]:
    """Who rules the article out, if that stands: anybody may, and an adjudicator may see it otherwise."""
    against = [each.annotator for each in submissions for option in each.choices.get(USABLE, ()) if option == UNUSABLE]
    ruling = rulings.find(RULED_OUT, is_agreed=len(against) == len(submissions))
    if ruling:
        return (against or [ruling.by]) if ruling.accepted else []
    return against


def _rule_out_article(article: Article, submissions: Sequence[Annotation], ruled_out: Sequence[str]) -> SettledArticle:
    """An article that anyone ruled out: that verdict becomes gold, and nothing else."""
    verdict = choice_id(USABLE, UNUSABLE)
    rows = [
        row
        for each in submissions
        for row in make_rows_against(each, f"usable: no, says {ruled_out[0]}")
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
    against = {each.annotator for each in submissions if UNUSABLE in each.choices.get(USABLE, ())}
    added: list[Thing] = [(article.id, name, "choice", verdict) for name in ruled_out if name not in against]
    return SettledArticle(gold, (), tuple(rows), tuple(added))
