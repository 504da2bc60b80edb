"""What we send: an article as a task, an annotation as the result that Label Studio's editor would store. Pure.

Label Studio's ``start`` and ``end`` are Unicode code points, half open, as ours are, so offsets pass through untouched.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from labeling.schema import NOTE, UNSURE
from labeling.studio.format.labelling_config import OUTLET
from labeling.values import canonical_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import JsonValue

    from labeling.annotations import Annotation, Relation, Span
    from labeling.articles import Article
    from labeling.studio.format.regions import Json

# The names of the controls in the labelling config; a choice set's control has the choice set's own name.
LABEL = "label"
TEXT = "text"

# What the list of articles need not show: title, date and source come first then.
TECHNICAL = ("article", "digest", OUTLET, "url")

_SUGGESTION_DIGEST = 16  # characters: enough to tell apart what one model suggests for one article


# Names the readers of a task on a server without a layer, each between bars.
READERS = "readers"


def task_of(
    article: Article,
    suggestions: Iterable[Annotation] = (),
    readers: str | None = None,
    scores: Mapping[str, float] = MappingProxyType({}),
) -> Json:
    """The task that shows ``article``, with what models say about it as predictions.

    A suggestion without any content makes no prediction: the page would show it as an empty annotation. ``readers`` are
    for a server without a layer, where the data of a task tells whose it is; ``scores`` are those of the predictions
    that have one, by annotator.
    """
    predictions: list[JsonValue] = [
        prediction_of(suggestion, article, scores.get(suggestion.annotator))
        for suggestion in suggestions
        if has_content(suggestion)
    ]
    marked: Json = {} if readers is None else {READERS: readers}
    return {"data": task_data(article) | marked, "predictions": predictions}


def prediction_of(suggestion: Annotation, article: Article, score: float | None = None) -> Json:
    """A model's annotation as a prediction; ``model_version`` is its annotator.

    With a ``score``, which tells how much it needs no look, its spans and relations have theirs as well.
    """
    result: list[JsonValue] = [*result_of(suggestion, article, scored=score is not None)]
    prediction: Json = {"model_version": suggestion.annotator, "result": result}
    return prediction if score is None else {**prediction, "score": score}


def submission_of(annotation: Annotation, article: Article) -> Json:
    """A person's annotation as the web page would submit it."""
    return {
        "result": [*result_of(annotation, article)],
        "was_cancelled": annotation.state == "skipped",
        "ground_truth": annotation.ground_truth,
        "lead_time": annotation.seconds,
    }


def has_content(annotation: Annotation) -> bool:
    """Whether it has a span or an option. Relations do not count by themselves: they need spans."""
    return bool(annotation.spans or any(annotation.choices.values()))


def result_of(annotation: Annotation, article: Article, *, scored: bool = False) -> list[Json]:
    """The regions, relations and choices of ``annotation``, as the editor stores them.

    A span becomes a region of its own id; its ``unsure`` and ``note`` are rows that share that id. Their scores are
    left out, unless it is ``scored``.
    """
    return [
        *(row for span in annotation.spans for row in _span_rows(span, article, scored=scored)),
        *(_relation_row(relation) | _score_of(relation, scored=scored) for relation in annotation.relations),
        *(_choice_row(name, options) for name, options in annotation.choices.items() if options),
    ]


def digest_result(result: object) -> str:
    """The digest of a suggestion's result, as we send it or as the server has it."""
    return digest_of(canonical_json(result))[:_SUGGESTION_DIGEST]  # type: ignore[arg-type]  # it came out of JSON


def task_data(article: Article) -> Json:
    """What a task knows of its article."""
    return {
        "article": article.id,
        "digest": article.digest,
        "text": article.text,
        "title": article.title,
        "published": article.published,
        "source": article.source,
        # Twice, because the page hides a key named `source`; see OUTLET.
        OUTLET: article.source,
        "url": article.url,
    }


def _score_of(thing: Span | Relation, *, scored: bool) -> Json:
    return {"score": thing.score} if scored and thing.score is not None else {}


def _span_rows(span: Span, article: Article, *, scored: bool) -> list[Json]:
    # `text` is for people who look at the JSON: nobody reads it, see `submissions`.
    stretch: Json = {"start": span.start, "end": span.end, "text": article.text[span.start : span.end]}
    # The editor ties the rows of one region together by their id, and repeats the offsets in each.
    labelled = _result_row(span.id, LABEL, "labels", {**stretch, "labels": [span.label]})
    rows = [labelled | _score_of(span, scored=scored)]
    if span.unsure:
        rows.append(_result_row(span.id, UNSURE, "choices", {**stretch, "choices": [UNSURE]}))
    if span.note:
        rows.append(_result_row(span.id, NOTE, "textarea", {**stretch, "text": [span.note]}))
    return rows


def _choice_row(name: str, options: tuple[str, ...]) -> Json:
    return _result_row(f"choice:{name}", name, "choices", {"choices": [*options]})


def _result_row(name: str, control: str, kind: str, value: Json) -> Json:
    return {"id": name, "from_name": control, "to_name": TEXT, "type": kind, "value": value}


def _relation_row(relation: Relation) -> Json:
    return {
        "type": "relation",
        "from_id": relation.head,
        "to_id": relation.tail,
        "direction": "right",
        "labels": [relation.label],
    }
