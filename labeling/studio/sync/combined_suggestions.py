"""What the page offers of an article, when something was carried to it: one word, made of several.

Label Studio's page starts people from the words of one model only, the same for all tasks. So what was carried and
what a model says are joined under one signature; our own files keep them apart. Pure: no disk, no network, no clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from labeling.annotations import PROJECTED, Annotation, Relation, Span
from labeling.reprints.annotate_once import overlaps_any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.workspace.rows.reprint import ProjectedRow


def combine_suggestions(
    suggested: Mapping[str, Mapping[str, Annotation]], carried: Iterable[ProjectedRow]
) -> dict[str, dict[str, Annotation]]:
    """What the page offers of every article, when something was carried to some of them.

    Args:
        suggested: What models say, by article and model. Of several models, the one that says something of most
            articles is offered.
        carried: What was carried, to articles whose text it is.

    Returns:
        The word that is offered, and silence of all the models, by article and signature.
    """
    spoken = Counter(model for said in suggested.values() for model, one in said.items() if one.spans or one.choices)
    shown = min(spoken, key=lambda model: (-spoken[model], model), default="")
    rows: defaultdict[str, list[ProjectedRow]] = defaultdict(list)
    for row in carried:
        rows[row.article].append(row)
    return {
        article: combine_for_article(suggested.get(article, {}), shown, rows[article])
        for article in sorted(suggested.keys() | rows.keys())
    }


def combine_for_article(
    said: Mapping[str, Annotation], shown: str, carried: Sequence[ProjectedRow]
) -> dict[str, Annotation]:
    """What the page offers of an article, by who signs it: one word, for it can show one model's only.

    What was carried counts before ``shown``, which speaks where nobody was carried from. All models of ``said`` fall
    silent: their words are in that one, or were never shown.

    Args:
        said: What models say of the article; it may be empty when something was carried.
        shown: The model whose words the page shows where nothing was carried.
        carried: What was carried to this article.
    """
    silent = {name: Annotation(article=one.article, digest=one.digest, annotator=name) for name, one in said.items()}
    model = said.get(shown)
    parts = [*map(_carried_annotation, carried), *([_drop_covered(model, carried)] if model else [])]
    return (
        {**silent, combined_signature(shown): _join_annotations(parts, combined_signature(shown))} if parts else silent
    )


def combined_signature(shown: str) -> str:
    """The signature of what was carried together with a model's words."""
    return f"{PROJECTED}+{shown}"


def _drop_covered(model: Annotation, carried: Sequence[ProjectedRow]) -> Annotation:
    """A model's words without those about stretches in which somebody was carried from, or spans that touch theirs."""
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
    """The words of several in one; ids that stand twice are told apart, relations without both ends are left out."""
    spans, relations, names = list[Span](), list[Relation](), Counter[str]()
    for part in parts:
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
        choices=last.choices,
    )


def _carried_annotation(row: ProjectedRow) -> Annotation:
    return Annotation(
        article=row.article, digest=row.digest, annotator=row.annotator, spans=row.spans, relations=row.relations
    )
