"""The checks that every annotation must pass: whatever fails one is quarantined with a reason, and never repaired.

The reasons are written to quarantine.jsonl and to the ledger: they are part of these files' contents.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from labeling.annotations import Annotation, Defect, QuarantineRow, Relation, Span, ThingKind, choice_id, relation_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydantic import JsonValue

    from labeling.articles import Article
    from labeling.schema import Schema

CheckItem = TypeVar("CheckItem")
Fault: TypeAlias = tuple[Defect, str]


def check_annotation(
    annotation: Annotation, article: Article, schema: Schema
) -> tuple[Annotation, tuple[QuarantineRow, ...]]:
    """Separate what is sound from what is not, thing by thing; nothing is repaired, and nothing dropped.

    Spans must lie in the article's text, have a label of the schema, and occur once; relations must join two sound
    spans whose labels the schema allows; choices must be the schema's. Drawn on a text that is not the article's,
    everything is stale. A span 30..40 of a text of 35 code points is quarantined as `offsets out of range`, and a
    relation to it as a `broken relation`.

    Returns:
        The annotation with what is sound; and a quarantine row, with the reason, for each of the rest.
    """
    spans, bad_spans = _separate(annotation.spans, _span_fault(annotation, article, schema))
    # Spans first: a relation is sound only between spans that are.
    labels = {span.id: span.label for span in spans}
    relations, bad_relations = _separate(annotation.relations, _relation_fault(labels, schema))
    chosen, bad_choices = _separate(list_options(annotation), _choice_fault(annotation, article, schema))
    faults: tuple[tuple[ThingKind, str, Defect, str], ...] = (
        *(("span", span.id, *fault) for span, fault in bad_spans),
        *(("relation", relation_id(relation), *fault) for relation, fault in bad_relations),
        *(("choice", choice_id(*option), *fault) for option, fault in bad_choices),
    )
    sound = annotation.model_copy(update={"spans": spans, "relations": relations, "choices": group_by_set(chosen)})
    return sound, tuple(make_quarantine_row(annotation, *fault) for fault in faults)


def make_quarantine_row(  # a row has five fields of its own
    annotation: Annotation, what: ThingKind, name: str, kind: Defect, reason: str, raw: JsonValue = None
) -> QuarantineRow:
    """The quarantine row of one part of an annotation, with the annotation's signature."""
    return QuarantineRow(
        article=annotation.article,
        annotator=annotation.annotator,
        what=what,
        id=name,
        kind=kind,
        reason=reason,
        task=annotation.task,
        server_id=annotation.server_id,
        raw=raw,
    )


def group_by_set(chosen: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Options by their choice set, sets and options in the order given."""
    sets = defaultdict[str, list[str]](list)
    for name, option in chosen:
        sets[name].append(option)
    return {name: tuple(options) for name, options in sets.items()}


def _separate(
    items: Iterable[CheckItem], fault_of: Callable[[CheckItem], Fault | None]
) -> tuple[tuple[CheckItem, ...], tuple[tuple[CheckItem, Fault], ...]]:
    """The sound items, and the others each with its fault, in the order given."""
    checked = [(item, fault_of(item)) for item in items]
    return (
        tuple(item for item, fault in checked if fault is None),
        tuple((item, fault) for item, fault in checked if fault is not None),
    )


def _span_fault(annotation: Annotation, article: Article, schema: Schema) -> Callable[[Span], Fault | None]:
    # These grow while the spans are checked one after the other.
    labels = set(schema.label_names)
    ids = set[str]()
    places = set[tuple[int, int, str]]()

    def fault_of(span: Span) -> Fault | None:
        place = (span.start, span.end, span.label)
        if annotation.digest != article.digest:
            return "stale text", f"drawn on the text {annotation.digest[:12]}, the article is {article.digest[:12]}"
        if span.label not in labels:
            return "unknown label", f"{span.label!r} is not a label of the schema"
        if span.end > len(article.text):
            return "offsets out of range", f"{span.start}..{span.end} in a text of {len(article.text)} characters"
        if span.id in ids:
            return "duplicate id", f"a second span with the id {span.id!r}"
        if place in places:
            return "duplicate span", f"a second {span.label} at {span.start}..{span.end}"
        # Only sound spans make another one a duplicate.
        ids.add(span.id)
        places.add(place)
        return None

    return fault_of


def _relation_fault(labels: dict[str, str], schema: Schema) -> Callable[[Relation], Fault | None]:
    seen = set[tuple[str, str, str]]()

    def fault_of(relation: Relation) -> Fault | None:
        kind = schema.relation(relation.label)
        if kind is None:
            return "unknown label", f"{relation.label!r} is not a relation of the schema"
        # An end is missing when it was never drawn, or is itself in quarantine.
        missing = [end for end in (relation.head, relation.tail) if end not in labels]
        if missing:
            return "broken relation", f"the end {missing[0]!r} is not a sound span"
        if relation.head == relation.tail:
            return "broken relation", "it joins a span to itself"
        head, tail = labels[relation.head], labels[relation.tail]
        if not kind.allows(head, tail):
            return "relation not allowed", f"{relation.label} may not join {head} to {tail}"
        said = (relation.head, relation.label, relation.tail)
        if said in seen:
            return "broken relation", "it stands twice"
        seen.add(said)
        return None

    return fault_of


def _choice_fault(
    annotation: Annotation, article: Article, schema: Schema
) -> Callable[[tuple[str, str]], Fault | None]:
    def fault_of(chosen: tuple[str, str]) -> Fault | None:
        name, option = chosen
        choices = schema.choice_set(name)
        if annotation.digest != article.digest:
            return "stale text", f"said of the text {annotation.digest[:12]}"
        if choices is None:
            return "unknown choice", f"{name!r} is not a choice of the schema"
        if option not in {known.name for known in choices.options}:
            return "unknown choice", f"{option!r} is not an option of {name!r}"
        if not choices.multiple and len(annotation.choices[name]) > 1:
            return "unknown choice", f"{name!r} takes one option, not {len(annotation.choices[name])}"
        return None

    return fault_of


def list_options(annotation: Annotation) -> Iterator[tuple[str, str]]:
    """Every option that an annotation chose, with its choice set."""
    return ((name, option) for name, options in annotation.choices.items() for option in options)
