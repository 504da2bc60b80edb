"""Predictions of a trained extractor in the terms of annotations: spans, relations between them, choices.

Offsets are code points. What an extractor was not trained for stays empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from labeling.annotations import Relation, Span
from labeling.corpora.targets.spacy.docbin_public import SPANS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from spacy.language import Language
    from spacy.tokens import Doc

    from labeling.training.tagger.tagged_text import TaggedText

# The names of components in our configs.
CHOICES: Final = "textcat_multilabel"
RELATIONS: Final = "relations"
# More are noise: two machines may differ in the sixth.
_SCORE_DIGITS: Final = 4


@dataclass(frozen=True)
class Prediction:
    """An extractor's prediction for one article."""

    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


def prediction_from_places(places: Iterable[tuple[int, int, str]]) -> Prediction:
    """Spans from start, end and label, in the order of the text, each place once."""
    # Of two that start together the longer one comes first.
    ordered = sorted({(start, -end, label) for start, end, label in places})
    return Prediction(
        spans=tuple(
            Span(id=f"p{number}", start=start, end=-minus_end, label=label)
            for number, (start, minus_end, label) in enumerate(ordered, start=1)
        )
    )


def prediction_from_tagged(found: TaggedText) -> Prediction:
    """What a tagger answers, with its scores: spans in the order of the text, relations by their ids."""
    spans = tuple(
        Span(id=f"p{number}", start=each.start, end=each.end, label=each.label, score=round(each.score, _SCORE_DIGITS))
        for number, each in enumerate(found.spans, start=1)
    )
    relations = tuple(
        Relation(
            head=spans[each.head].id,
            tail=spans[each.tail].id,
            label=each.label,
            score=round(each.score, _SCORE_DIGITS),
        )
        for each in found.relations
    )
    return Prediction(spans, relations, {name: options for name, options in found.answers.items() if options})


def prediction_from_doc(
    doc: Doc, thresholds: Mapping[str, float], symmetric: Collection[str], exclusive: Collection[str]
) -> Prediction:
    """The prediction that a pipeline wrote into a ``Doc``: its categorised spans if it has any, else the entities.

    Args:
        doc: As the pipeline left it.
        thresholds: The least score that counts, by the name of the component; see `read_thresholds`.
        symmetric: The relations without a direction, which are predicted once.
        exclusive: The choices that take one option.
    """
    # A span categoriser finds nested spans too, which entities cannot hold.
    found = doc.spans.get(SPANS, doc.ents)
    spans = prediction_from_places((span.start_char, span.end_char, span.label_) for span in found).spans
    return Prediction(
        spans=spans,
        relations=tuple(extract_relations(doc, spans, thresholds, symmetric)),
        choices=extract_choices(doc.cats, thresholds, exclusive),
    )


def read_thresholds(nlp: Language) -> dict[str, float]:
    """The least score that counts, by the name of the component."""
    found = ((name, getattr(pipe, "cfg", {}).get("threshold")) for name, pipe in nlp.pipeline)
    return {name: threshold for name, threshold in found if threshold is not None}


def extract_relations(
    doc: Doc, spans: Iterable[Span], thresholds: Mapping[str, float], symmetric: Collection[str]
) -> Iterator[Relation]:
    """The relations between flat entities, by the ids of their spans; one without a direction only one way round."""
    if RELATIONS not in thresholds:
        return
    from labeling.corpora.targets.spacy.relation_classifier import related

    # The classifier names entities by their first token, annotations by the id of the span.
    ids = {(span.start, span.end): span.id for span in spans}
    places = {ent.start: ids[ent.start_char, ent.end_char] for ent in doc.ents}
    predicted = set[tuple[str, str, str]]()
    for head, tail, label in related(doc, thresholds[RELATIONS]):
        # The classifier scores both ways round: of a symmetric relation the second is the first again.
        if label in symmetric and (places[tail], label, places[head]) in predicted:
            continue
        predicted.add((places[head], label, places[tail]))
        yield Relation(head=places[head], tail=places[tail], label=label)


def extract_choices(
    cats: Mapping[str, float], thresholds: Mapping[str, float], exclusive: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The options whose score reaches the threshold; of a choice that takes one option, the best of them.

    Scores of 0.9 for `event=CONSULT`, 0.7 for `event=AID` and 0.4 for `event=AGREE`, with a threshold of 0.5, are the
    options CONSULT and AID; were `event` exclusive, CONSULT alone.
    """
    chosen: dict[str, tuple[str, ...]] = {}
    # From the best score down, so that an exclusive choice takes the first.
    for name, score in sorted(cats.items(), key=lambda each: (-each[1], each[0])):
        question, _, option = name.partition("=")
        taken = question in exclusive and question in chosen
        if score >= thresholds.get(CHOICES, 1.0) and not taken:
            chosen[question] = (*chosen.get(question, ()), option)
    return dict(sorted(chosen.items()))
