"""What was submitted once, in the names of today: the project file's ``[migrations]`` on an annotation. Pure.

First words stay as they were, while labels may have other names since. What has no name any more is left out: a label
that was removed or split, a relation one of whose ends is gone. Of two spans that become the same, the first stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import Relation, Span

if TYPE_CHECKING:
    from labeling.annotations import Annotation
    from labeling.schema import Schema


def rename_annotation(annotation: Annotation, schema: Schema) -> Annotation:
    """An annotation in the names of a schema; the same one where it has them already."""
    spans, kept = _rename_spans(annotation, schema)
    fields = {
        "spans": spans,
        "relations": _rename_relations(annotation, schema, kept),
        "choices": _rename_choices(annotation, schema),
    }
    return annotation.model_copy(update=fields)


def _rename_spans(annotation: Annotation, schema: Schema) -> tuple[tuple[Span, ...], dict[str, str]]:
    """The spans, and which of them each span that was there is now."""
    labels = {*schema.label_names}
    places: dict[tuple[int, int, str], Span] = {}
    kept: dict[str, str] = {}
    for span in annotation.spans:
        label = schema.migrations.labels.get(span.label, span.label)
        if label in labels:
            first = places.setdefault((span.start, span.end, label), span.model_copy(update={"label": label}))
            kept[span.id] = first.id
    return tuple(places.values()), kept


def _rename_relations(annotation: Annotation, schema: Schema, kept: dict[str, str]) -> tuple[Relation, ...]:
    names = {relation.name for relation in schema.relations}
    moved = (
        Relation(
            head=kept.get(each.head, ""),
            tail=kept.get(each.tail, ""),
            label=schema.migrations.relations.get(each.label, each.label),
        )
        for each in annotation.relations
    )
    return tuple(dict.fromkeys(each for each in moved if each.label in names and each.head and each.tail))


def _rename_choices(annotation: Annotation, schema: Schema) -> dict[str, tuple[str, ...]]:
    options = {f"{choice.name}.{option.name}" for choice in schema.choices for option in choice.options}
    renamed: dict[str, dict[str, None]] = {}
    for name, chosen in annotation.choices.items():
        for option in chosen:
            now = schema.migrations.choices.get(f"{name}.{option}", f"{name}.{option}")
            if now in options:
                renamed.setdefault(now.partition(".")[0], {})[now.partition(".")[2]] = None
    return {name: tuple(chosen) for name, chosen in renamed.items()}
