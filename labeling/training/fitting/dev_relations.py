"""How good the head for relations is on dev, and from which score on it is best."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from labeling.training.fitting.relation_lessons import list_facts, make_fact, mark_gold
from labeling.training.tagger.relation_head import relate_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from labeling.training.fitting.lessons import Lesson
    from labeling.training.tagger.model_folder import RelationKind
    from labeling.training.tagger.relation_head import RelationHead
    from labeling.training.tagger.relation_signs import MarkedSpan

# The least scores that are tried, in hundredths; dev is small, so that F1 is the mean over so many neighbours.
_TRIED, _NEIGHBOURS = range(2, 71), 5
_UNTOLD: Final = 0.5


class DevRelations(NamedTuple):
    """F1 of relations on dev: with the spans of gold, and with those that the tagger found."""

    given: float
    own: float


def choose_least(scores: Sequence[tuple[float, bool]], total: int) -> float:
    """The least score with the best F1, 0.5 where nothing tells; the mean of it and its neighbours decides.

    Args:
        scores: The score of each relation that might be said, and whether it is right.
        total: How many there are in gold.
    """
    if not total or not any(right for _, right in scores):
        return _UNTOLD
    found = [f1_from(scores, total, least / 100) for least in _TRIED]
    half = _NEIGHBOURS // 2
    smooth = [sum(part := found[max(0, n - half) : n + half + 1]) / len(part) for n in range(len(found))]
    return _TRIED[smooth.index(max(smooth))] / 100


def f1_from(scores: Sequence[tuple[float, bool]], total: int, least: float) -> float:
    """F1 of the relations that have at least a score; 0 of none.

    >>> f1_from([(0.9, True), (0.4, False), (0.2, True)], 2, 0.4)
    0.5
    """
    said = [right for score, right in scores if score >= least]
    return 2 * sum(said) / (total + len(said)) if total + len(said) else 0.0


def judge_relations(
    head: RelationHead,
    lesson: Lesson,
    kinds: Sequence[RelationKind],
    vectors: nn.Embedding,
    found: Sequence[tuple[MarkedSpan, float]] | None = None,
) -> list[tuple[float, bool]]:
    """The score of each relation that might be said of a text, and whether it is right, as far as that is known.

    Args:
        head: The head.
        lesson: The text with its gold.
        kinds: The relations.
        vectors: Of words.
        found: Spans with their scores; gold's when left out.
    """
    example, prepared = lesson.example, lesson.prepared
    spans = [(span, 1.0) for _, span in mark_gold(lesson)] if found is None else found
    facts, by_name = list_facts(example, kinds), {kind.name: kind for kind in kinds}
    judged = []
    for each in relate_spans(head, prepared, spans, vectors):
        first, second = (
            (prepared.starts[span.start], prepared.ends[span.end - 1], span.label)
            for span in (spans[each.head][0], spans[each.tail][0])
        )
        right = make_fact(first, second, by_name[each.label]) in facts
        if right or (example.complete and each.label not in example.unasked_relations):
            judged.append((each.chance, right))
    return judged


def settle_least(
    head: RelationHead,
    dev: Sequence[Lesson],
    kinds: Sequence[RelationKind],
    vectors: nn.Embedding,
    found: Sequence[Sequence[tuple[MarkedSpan, float]]],
) -> DevRelations:
    """Choose on dev how sure the head must be, with the spans of gold and with those ``found``; return its F1 then."""
    total = sum(len(list_facts(lesson.example, kinds)) for lesson in dev)
    of_gold = [each for lesson in dev for each in judge_relations(head, lesson, kinds, vectors)]
    of_own = [
        each
        for lesson, spans in zip(dev, found, strict=True)
        for each in judge_relations(head, lesson, kinds, vectors, spans)
    ]
    least, own_least = choose_least(of_gold, total), choose_least(of_own, total)
    head.form = replace(head.form, least=least, own_least=own_least)
    return DevRelations(f1_from(of_gold, total, least), f1_from(of_own, total, own_least))
