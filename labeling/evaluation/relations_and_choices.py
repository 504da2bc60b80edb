"""Relations and choices against gold, by the ruler that measures spans.

A relation is right when its label is, and both its spans are, to the character and to their labels; by the overlapping
rule it is enough that both spans are partners of gold's by that rule. One without a direction may be drawn from either
end. A choice is right when the option is. Where gold is open nothing is known: a relation with an end that touches an
open stretch, or an option in dispute, is counted only if it is right.

An example. Gold has `Oslo PART_OF Norway`; predicted are the same, and `Rome PART_OF Norway`: precision is 1/2, recall
1/1, F1 2/3. Were Rome in an open stretch of gold, the second would not be counted, and precision would be 1/1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.annotations import LABEL_ITEM, RELATION_ITEM, choice_id, choice_item, fold_words, overlaps
from labeling.evaluation.matching import pair_spans
from labeling.evaluation.resampling import BOOTSTRAP
from labeling.evaluation.scores import PairedArticle, compute_measures, sign_measures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, Gold, Relation
    from labeling.articles import Article
    from labeling.evaluation.matching import SpanLike
    from labeling.evaluation.resampling import Bootstrap
    from labeling.evaluation.scores import ScoredArticle
    from labeling.schema import Schema
    from labeling.workspace.rows.score import Measures, PairingRule


@dataclass(frozen=True)
class Claim:
    """A relation or a choice in the form that the ruler compares: as a span, from the first to the last code point.

    Two claims are the same when their ``id`` is, so that it holds all that must be right. ``words`` are the words of
    both ends, folded as in `surface_of`. ``doubtful`` marks one that touches what gold leaves open.
    """

    id: str
    start: int
    end: int
    label: str
    words: tuple[str, ...] = ()
    doubtful: bool = False


# The label of a relation, and the words of both its ends, folded as in `surface_of`.
RelationSurface: TypeAlias = tuple[str, tuple[str, ...]]


def measure_relations(
    scored: Iterable[ScoredArticle],
    schema: Schema,
    corpus: str = "",
    bootstrap: Bootstrap = BOOTSTRAP,
    rule: PairingRule = "exact",
    trained_on: Collection[RelationSurface] | None = None,
) -> Measures | None:
    """Measure an annotator's relations; None when there is not a single one.

    Args:
        scored: Every article of the test set.
        schema: Names the relations, and those without a direction.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
        rule: How near both spans must be to gold's.
        trained_on: The `relation_surfaces` of the training split, to separate seen from unseen.
    """
    paired = [pair_relations(each, schema, rule) for each in scored]
    signature = sign_measures(rule, bootstrap, corpus, "relations")
    seen = None if trained_on is None else lambda _, each: (each.label, each.words) in trained_on
    return _measure_claims(paired, [kind.name for kind in schema.relations], signature, bootstrap, rule, seen)


def pair_relations(scored: ScoredArticle, schema: Schema, rule: PairingRule = "exact") -> PairedArticle:
    """The relations of one article: gold's, those of them that were predicted, and the predictions that count."""
    return _pair_claims(
        scored,
        _relation_claims(_compared_relations(scored.gold, scored), scored.gold, scored, schema),
        _relation_claims(
            _compared_relations(scored.prediction, scored), scored.prediction, scored, schema, _partners(scored, rule)
        ),
    )


def relation_surfaces(article: Article, gold: Gold | Annotation, schema: Schema) -> set[RelationSurface]:
    """Each relation of an article by its label and the words of both ends, in order where the relation has a direction.

    `Rome PART_OF Italy` is ``("PART_OF", ("rome", "italy"))``, and not the same as `Italy PART_OF Rome`.
    """
    ends = _find_ends(gold.relations, gold.spans)
    symmetric = _symmetric_relations(schema)
    return {
        (relation.label, _words_of(both, article.text, directed=relation.label not in symmetric))
        for relation, both in zip(gold.relations, ends, strict=True)
        if both
    }


def measure_choices(
    scored: Iterable[ScoredArticle], schema: Schema, corpus: str = "", bootstrap: Bootstrap = BOOTSTRAP
) -> Measures | None:
    """Measure an annotator's choices; None when there is not a single one.

    `usable` is left aside: every article of a dataset is.

    Args:
        scored: Every article of the test set.
        schema: Names the options, which are listed as ``name=option``.
        corpus: The digest of the manifest whose test set this is.
        bootstrap: Resamples and seed of the intervals.
    """
    paired = [pair_choices(each, schema) for each in scored]
    signature = sign_measures("exact", bootstrap, corpus, "choices")
    return _measure_claims(paired, list_compared_options(schema), signature, bootstrap)


def list_compared_options(schema: Schema) -> list[str]:
    """The options that are compared, as ``name=option``: each option is a label of its own."""
    options = [choice_id(each.name, option.name) for each in schema.choices for option in each.options]
    return [label for label in options if not label.startswith(choice_id("usable", ""))]


def pair_choices(scored: ScoredArticle, schema: Schema) -> PairedArticle:
    """The options of one article: gold's, those of them that were predicted, and the predictions that count."""
    labels = {*list_compared_options(schema)}

    def claims(annotation: Gold | Annotation) -> list[Claim]:
        chosen = {choice_id(name, option) for name, options in annotation.choices.items() for option in options}
        asked = [name for name in sorted(chosen & labels) if choice_item(name) not in scored.unasked]
        return [Claim(name, 0, 1, name, doubtful=name in scored.open_choices) for name in asked]

    return _pair_claims(scored, claims(scored.gold), claims(scored.prediction))


def _partners(scored: ScoredArticle, rule: PairingRule) -> dict[str, SpanLike]:
    """Gold's spans by the ids of the predicted spans that are their partners."""
    pairing = pair_spans(scored.gold.spans, scored.prediction.spans, rule)
    return {predicted.id: gold for gold, predicted in pairing.pairs}


def _compared_relations(annotation: Gold | Annotation, scored: ScoredArticle) -> list[Relation]:
    """The relations of one side, without those of a type, or with an end of a label, that is left out."""
    unasked = scored.unasked
    if not unasked:
        return list(annotation.relations)
    left_out = {span.id for span in annotation.spans if LABEL_ITEM + span.label in unasked}
    return [
        each
        for each in annotation.relations
        if RELATION_ITEM + each.label not in unasked and left_out.isdisjoint({each.head, each.tail})
    ]


def _relation_claims(
    relations: Sequence[Relation],
    annotation: Gold | Annotation,
    scored: ScoredArticle,
    schema: Schema,
    partners: Mapping[str, SpanLike] | None = None,
) -> list[Claim]:
    """Relations of one side as claims, with gold's spans in the place of their partners."""
    ends = _find_ends(relations, annotation.spans, partners)
    symmetric = _symmetric_relations(schema)
    return [
        _relation_claim(relation, both, scored, directed=relation.label not in symmetric)
        for relation, both in zip(relations, ends, strict=True)
    ]


def _find_ends(
    relations: Iterable[Relation], spans: Iterable[SpanLike], partners: Mapping[str, SpanLike] | None = None
) -> list[tuple[SpanLike, SpanLike] | None]:
    """Head and tail of each relation; None where one of them is missing."""
    known: dict[str, SpanLike] = {span.id: span for span in spans}
    # A predicted span that has a partner stands for it: its relation then has the same id as gold's.
    known.update(partners or {})
    return [
        (known[each.head], known[each.tail]) if each.head in known and each.tail in known else None
        for each in relations
    ]


def _relation_claim(
    relation: Relation, ends: tuple[SpanLike, SpanLike] | None, scored: ScoredArticle, *, directed: bool
) -> Claim:
    if ends is None:
        # No other claim has this id: a relation of a span that is not there is always wrong.
        return Claim(id=f"{relation} joins no two spans", start=0, end=1, label=relation.label)
    # The ends of a relation without a direction are sorted, so that it is the same from either end.
    places = [(end.start, end.end, end.label) for end in ends]
    return Claim(
        id=f"{places if directed else sorted(places)} {relation.label}",
        start=min(end.start for end in ends),
        end=max(end.end for end in ends),
        label=relation.label,
        words=_words_of(ends, scored.article.text, directed=directed),
        doubtful=any(overlaps(end.start, end.end, *stretch) for stretch in scored.open for end in ends),
    )


def _words_of(ends: tuple[SpanLike, SpanLike], text: str, *, directed: bool) -> tuple[str, ...]:
    words = [fold_words(text[end.start : end.end]) for end in ends]
    return tuple(words if directed else sorted(words))


def _symmetric_relations(schema: Schema) -> set[str]:
    return {kind.name for kind in schema.relations if kind.symmetric}


def _pair_claims(scored: ScoredArticle, gold: Sequence[Claim], predicted: Sequence[Claim]) -> PairedArticle:
    # By id, so that a relation that is drawn twice counts once.
    true, claimed = {each.id: each for each in gold}, {each.id: each for each in predicted}
    return PairedArticle(
        leak_group=scored.leak_group,
        text=scored.article.text,
        paired=[each for name, each in true.items() if name in claimed],
        gold=list(true.values()),
        predicted=[each for name, each in claimed.items() if name in true or not each.doubtful],
    )


def _measure_claims(
    paired: Sequence[PairedArticle],
    labels: Sequence[str],
    signature: str,
    bootstrap: Bootstrap,
    rule: PairingRule = "exact",
    seen: Callable[[str, Any], bool] | None = None,
) -> Measures | None:
    # Whoever marks none was not asked for any: they get no score, which is not a score of 0.
    if not any(each.predicted for each in paired):
        return None
    return compute_measures(paired, labels, signature, rule, bootstrap, seen)
