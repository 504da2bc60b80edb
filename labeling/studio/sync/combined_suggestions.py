"""What the page offers of an article, when something was carried to it: one suggestion, made of several. Pure.

Label Studio's page starts people from the suggestions of one model only, the same for all tasks. So what was carried
and what a model suggests are joined under one signature; our own files keep them apart.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from labeling.annotations import PROJECTED, Annotation, Relation, Span
from labeling.reprints.annotate_once import overlaps_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.workspace.rows.reprint import ProjectedRow


def find_shown_model(suggested: Iterable[Mapping[str, Annotation]]) -> str:
    """The model with suggestions for most articles, of two with as many the first by name; empty without any.

    Args:
        suggested: The suggestions of models for each article, by model.
    """
    articles_of = Counter(
        model
        for by_model in suggested
        for model, annotation in by_model.items()
        if annotation.spans or annotation.choices
    )
    return min(articles_of, key=lambda model: (-articles_of[model], model), default="")


def combine_for_article(
    by_model: Mapping[str, Annotation], shown: str, carried: Sequence[ProjectedRow]
) -> dict[str, Annotation]:
    """What the page offers of an article, by who signs it: one suggestion, for it can show one model's only.

    What was carried comes before the suggestion of ``shown``, which fills the stretches where nothing was carried from.
    If two sentences share their words with an annotated article, the spans of these two are the carried ones, and those
    of all other sentences the model's. All models of ``by_model`` become empty: their suggestions are in that one, or
    were never shown.

    Args:
        by_model: The suggestions of models for the article; it may be empty when something was carried.
        shown: The model whose suggestions the page shows where nothing was carried.
        carried: What was carried to this article; nothing, where somebody reads it blind.
    """
    offered: dict[str, Annotation] = {
        name: Annotation(article=one.article, digest=one.digest, annotator=name) for name, one in by_model.items()
    }
    parts = [_carried_annotation(row) for row in carried]
    if shown in by_model:
        parts.append(_drop_covered(by_model[shown], carried))
    if parts:
        signature = combined_signature(shown)
        offered[signature] = _join_annotations(parts, signature)
    return offered


def combined_signature(shown: str) -> str:
    """The signature of what was carried together with a model's suggestion."""
    return f"{PROJECTED}+{shown}"


def _drop_covered(model: Annotation, carried: Sequence[ProjectedRow]) -> Annotation:
    """A model's suggestion without spans in carried stretches or spans that touch carried ones."""
    stretches = [stretch for row in carried for stretch in row.stretches]
    taken = [(span.start, span.end) for row in carried for span in row.spans]
    spans = tuple(
        span
        for span in model.spans
        if not overlaps_any((span.start, span.end), taken)
        and not any(start <= span.start and span.end <= end for start, end in stretches)
    )
    return model.model_copy(update={"spans": spans})


def _join_annotations(parts: Sequence[Annotation], annotator: str) -> Annotation:
    """Several annotations in one; ids that occur twice are told apart, relations without both ends are left out."""
    spans: list[Span] = []
    relations: list[Relation] = []
    names: Counter[str] = Counter()
    for part in parts:
        # The second span of an id gets one prime, the third two.
        renamed = {span.id: span.id + "'" * names[span.id] for span in part.spans}
        names.update(renamed.keys())
        spans += [span.model_copy(update={"id": renamed[span.id]}) for span in part.spans]
        relations += [
            each.model_copy(update={"head": renamed[each.head], "tail": renamed[each.tail]})
            for each in part.relations
            if {each.head, each.tail} <= renamed.keys()
        ]
    first, last = parts[0], parts[-1]
    return Annotation(
        article=first.article,
        digest=first.digest,
        annotator=annotator,
        spans=tuple(sorted(spans, key=lambda span: (span.start, -span.end, span.label, span.id))),
        relations=tuple(relations),
        # Choices are about the whole article, and come from the model alone, which is the last.
        choices=last.choices,
    )


def _carried_annotation(row: ProjectedRow) -> Annotation:
    return Annotation(
        article=row.article, digest=row.digest, annotator=row.annotator, spans=row.spans, relations=row.relations
    )
