"""Relations of gold in the terms of the head: pairs of spans, what may be said of each, and what is known of it.

What is not known does not teach that there is nothing: of an article whose relations are not all known only those that
are there are learned, and a relation that nobody was asked for may hold between any two spans.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling.training.tagger.relation_features import RelationForm, RelationOutput, rows_of
from labeling.training.tagger.relation_signs import (
    MarkedSpan,
    list_signs,
    mark_text,
    measure_reach,
    order_spans,
    pair_near_spans,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from labeling.training.fitting.examples import Example
    from labeling.training.fitting.lessons import Lesson
    from labeling.training.tagger.model_folder import RelationKind
    from labeling.training.tagger.relation_signs import Reach, SpannedText

# Start, end and label of a span; a relation of two of them, in the order of the text where it has no direction.
SpanPlace: TypeAlias = tuple[int, int, str]
SaidRelation: TypeAlias = tuple[SpanPlace, str, SpanPlace]


@dataclass(frozen=True)
class RelationLesson:
    """A text with the spans and relations of gold.

    Attributes:
        text: The text with its spans.
        rows: Of its words in the vectors.
        related: What is said of each pair of spans that is related, by their numbers, the earlier one first.
        complete: Whether any other pair is known to have no relation but ``unasked`` ones.
        unasked: The relations that nobody was asked for.
    """

    text: SpannedText
    rows: NDArray[np.int64]
    related: Mapping[tuple[int, int], frozenset[RelationOutput]]
    complete: bool
    unasked: frozenset[str]


def make_relation_lesson(lesson: Lesson, kinds: Sequence[RelationKind]) -> RelationLesson:
    """Put a lesson's relations in terms of its tokens.

    Left out are those that ``kinds`` do not allow, and those of a span that ends inside a token.
    """
    example = lesson.example
    gold = mark_gold(lesson)
    spans = [span for _, span in gold]
    places = {gold[old][0]: new for new, old in enumerate(order_spans(spans))}
    related: dict[tuple[int, int], set[RelationOutput]] = defaultdict(set)
    for head, tail, kind in _allowed_relations(example, kinds):
        if head in places and tail in places:
            first, second = sorted((places[head], places[tail]))
            related[first, second].add(RelationOutput(kind.name, places[tail] < places[head] and not kind.symmetric))
    return RelationLesson(
        mark_text(lesson.prepared, spans),
        rows_of(lesson.prepared),
        {pair: frozenset(outputs) for pair, outputs in related.items()},
        example.complete,
        example.unasked_relations,
    )


def mark_gold(lesson: Lesson) -> list[tuple[int, MarkedSpan]]:
    """The spans of gold that are whole tokens, each with its number in the example."""
    return [
        (number, MarkedSpan(span[0], span[1], lesson.example.spans[number][2]))
        for number, span in enumerate(lesson.spans)
        if span
    ]


def list_facts(example: Example, kinds: Sequence[RelationKind]) -> set[SaidRelation]:
    """The relations of an example that a head of these kinds is to say, each once from whichever end it was drawn."""
    return {
        make_fact(example.spans[head], example.spans[tail], kind)
        for head, tail, kind in _allowed_relations(example, kinds)
    }


def make_fact(head: SpanPlace, tail: SpanPlace, kind: RelationKind) -> SaidRelation:
    """A relation as it is compared: without a direction, from the earlier span."""
    first, second = sorted((head, tail)) if kind.symmetric else (head, tail)
    return first, kind.name, second


def shape_permitted(
    lessons: Iterable[RelationLesson], kinds: Sequence[RelationKind]
) -> tuple[tuple[RelationOutput, ...], dict[tuple[str, str], tuple[int, ...]]]:
    """What a head may say, and of which labels: the relations that train has, between labels that have them there.

    Where train has ``Ana WORKS_FOR NASA``, the same may be said of a company before a person, backwards, if train has a
    WORKS_FOR that goes backwards; without a direction, always.
    """
    directed = {kind.name for kind in kinds if not kind.symmetric}
    seen = [
        (output, lesson.text.spans[first].label, lesson.text.spans[second].label)
        for lesson in lessons
        for (first, second), outputs in lesson.related.items()
        for output in outputs
    ]
    outputs = sorted({output for output, _, _ in seen}, key=lambda output: (output.label, output.backwards))
    permitted: dict[tuple[str, str], set[int]] = defaultdict(set)
    for output, first, second in seen:
        permitted[first, second].add(outputs.index(output))
        turned = RelationOutput(output.label, output.label in directed and not output.backwards)
        if turned in outputs:
            permitted[second, first].add(outputs.index(turned))
    return tuple(outputs), {labels: tuple(sorted(numbers)) for labels, numbers in sorted(permitted.items())}


def find_reach(lessons: Iterable[RelationLesson]) -> Reach:
    """How near related spans are, in nearly all of train."""
    return measure_reach((lesson.text, *pair) for lesson in lessons for pair in lesson.related)


def collect_signs(lessons: Iterable[RelationLesson], form: RelationForm, least: int) -> list[str]:
    """The signs that at least so many pairs of train have, in order."""
    counts = Counter(
        sign
        for lesson in lessons
        for first, second in pair_near_spans(lesson.text, form.reach)
        if (lesson.text.spans[first].label, lesson.text.spans[second].label) in form.permitted
        for sign in list_signs(lesson.text, first, second)
    )
    return sorted(sign for sign, count in counts.items() if count >= least)


def _allowed_relations(example: Example, kinds: Sequence[RelationKind]) -> list[tuple[int, int, RelationKind]]:
    by_name = {kind.name: kind for kind in kinds}
    return [
        (head, tail, kind)
        for head, tail, label in example.relations
        if head != tail
        and (kind := by_name.get(label))
        and _allows(kind, example.spans[head][2], example.spans[tail][2])
    ]


def _allows(kind: RelationKind, head: str, tail: str) -> bool:
    if not kind.heads and not kind.tails:
        return head == tail
    return (head in kind.heads and tail in kind.tails) or (kind.symmetric and tail in kind.heads and head in kind.tails)
