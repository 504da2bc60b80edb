"""Relations and choices against gold, by the ruler that measures spans.

A relation is right when its label is, and both its spans are to the character and to their labels; by the overlapping
rule it is enough that both spans are partners of gold's by that rule. One without a direction may be drawn from either
end. A choice is right when the option is. Where gold is open nothing is known: a relation with an end that touches an
open stretch, or an option in dispute, is counted only if it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.annotations import choice_id, fold_words, overlaps
from labeling.evaluation.matching import pair_spans
from labeling.evaluation.scores import BOOTSTRAP, PairedArticle, compute_measures, sign_measures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, Gold, Relation
    from labeling.articles import Article
    from labeling.evaluation.matching import SpanLike
    from labeling.evaluation.scores import Bootstrap
    from labeling.schema import Schema
    from labeling.workspace.rows.score import Measures, PairingRule


@dataclass(frozen=True)
class Claim:
    """A relation or a choice, as the ruler sees it: from the first code point it is about to the last.

    ``id`` says all that must be right, ``words`` what is printed at its ends, folded. ``doubtful`` marks one of which
    gold leaves open whether it is.
    """

    id: str
    start: int
    end: int
    label: str
    words: tuple[str, ...] = ()
    doubtful: bool = False


# The label of a relation, and the words of both its ends, folded.
RelationSurface: TypeAlias = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class ComparedArticle:
    """One article of the test set, with its gold and with what one annotator says."""

    article: Article
    leak_group: str
    gold: Gold
    said: Annotation


def measure_relations(
    heard: Iterable[ComparedArticle],
    schema: Schema,
    corpus: str = "",
    bootstrap: Bootstrap = BOOTSTRAP,
    rule: PairingRule = "exact",
    trained_on: Collection[RelationSurface] | None = None,
) -> Measures | None:
    """Measure an annotator's relations; None when it says none at all.

    Args:
        heard: Every article of the test set.
        schema: Names the relations, and those without a direction.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
        rule: How near both spans must be to gold's.
        trained_on: What `relation_surfaces` says of the training split, to part seen from unseen.
    """
    outcomes = [
        _pair_claims(
            each,
            _relation_claims(each.gold.relations, each.gold.spans, each.article, each.gold, schema),
            _relation_claims(
                each.said.relations, each.said.spans, each.article, each.gold, schema, _partners(each, rule)
            ),
        )
        for each in heard
    ]
    signed = sign_measures(rule, bootstrap, corpus, "relations")
    seen = None if trained_on is None else lambda _, each: (each.label, each.words) in trained_on
    return _measure_claims(outcomes, [kind.name for kind in schema.relations], signed, bootstrap, rule, seen)


def relation_surfaces(article: Article, gold: Gold, schema: Schema) -> set[RelationSurface]:
    """Each relation of an article by its label and the words of both ends, whose order counts if its direction does."""
    drawn = _relation_claims(gold.relations, gold.spans, article, gold, schema)
    return {(each.label, each.words) for each in drawn}


def measure_choices(
    heard: Iterable[ComparedArticle], schema: Schema, corpus: str = "", bootstrap: Bootstrap = BOOTSTRAP
) -> Measures | None:
    """Measure an annotator's choices, `usable` aside: every article of a dataset is; None when it makes none at all.

    Args:
        heard: Every article of the test set.
        schema: Names the options, which are listed as ``name=option``.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
    """
    options = [choice_id(each.name, option.name) for each in schema.choices for option in each.options]
    labels = [label for label in options if not label.startswith(choice_id("usable", ""))]

    def chosen(of: Gold | Annotation, gold: Gold) -> list[Claim]:
        names = {choice_id(name, option) for name, options in of.choices.items() for option in options}
        return [Claim(name, 0, 1, name, doubtful=name in gold.open_choices) for name in sorted(names & set(labels))]

    outcomes = [_pair_claims(each, chosen(each.gold, each.gold), chosen(each.said, each.gold)) for each in heard]
    return _measure_claims(outcomes, labels, sign_measures("exact", bootstrap, corpus, "choices"), bootstrap)


def _partners(heard: ComparedArticle, rule: PairingRule) -> dict[str, SpanLike]:
    """Gold's spans by the ids of the annotator's spans that are their partners."""
    return {mine.id: gold for gold, mine in pair_spans(heard.gold.spans, heard.said.spans, rule).pairs}


def _relation_claims(
    relations: Iterable[Relation],
    spans: Iterable[SpanLike],
    article: Article,
    gold: Gold,
    schema: Schema,
    partners: Mapping[str, SpanLike] | None = None,
) -> list[Claim]:
    """Relations as the ruler sees them, gold's spans in the place of their partners."""
    known = {span.id: span for span in spans} | dict(partners or {})
    symmetric = {kind.name for kind in schema.relations if kind.symmetric}
    return [
        _relation_claim(each, known, article.text, gold, directed=each.label not in symmetric) for each in relations
    ]


def _relation_claim(
    relation: Relation, spans: Mapping[str, SpanLike], text: str, gold: Gold, *, directed: bool
) -> Claim:
    if relation.head not in spans or relation.tail not in spans:
        return Claim(id=f"{relation} joins no two spans", start=0, end=1, label=relation.label)
    ends = [(end.start, end.end, end.label) for end in (spans[relation.head], spans[relation.tail])]
    words = [fold_words(text[start:end]) for start, end, _ in ends]
    return Claim(
        id=f"{ends if directed else sorted(ends)} {relation.label}",
        start=min(start for start, _, _ in ends),
        end=max(end for _, end, _ in ends),
        label=relation.label,
        words=tuple(words if directed else sorted(words)),
        doubtful=any(overlaps(start, end, *stretch) for stretch in gold.open for start, end, _ in ends),
    )


def _pair_claims(heard: ComparedArticle, gold: Sequence[Claim], said: Sequence[Claim]) -> PairedArticle:
    true, claimed = {each.id: each for each in gold}, {each.id: each for each in said}
    return PairedArticle(
        leak_group=heard.leak_group,
        text=heard.article.text,
        paired=[each for name, each in true.items() if name in claimed],
        gold=list(true.values()),
        predicted=[each for name, each in claimed.items() if name in true or not each.doubtful],
    )


def _measure_claims(
    outcomes: Sequence[PairedArticle],
    labels: Sequence[str],
    signed: str,
    bootstrap: Bootstrap,
    rule: PairingRule = "exact",
    seen: Callable[[str, Any], bool] | None = None,
) -> Measures | None:
    if not any(each.predicted for each in outcomes):
        return None
    return compute_measures(outcomes, labels, signed, rule, bootstrap, seen)
