"""A whole article as a task for an adjudicator, and what of a task tells that it is one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Span
from labeling.studio.cards.article_page import DIFFERENCES, DIFFERS, article_differences
from labeling.studio.cards.card_question import places_of
from labeling.studio.format.tasks import TEXT, result_of, task_data
from labeling.values import canonical_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.studio.cards.card_question import CardQuestion
    from labeling.studio.format.regions import Json

# What signs the draft; no reader is called so: names have no blanks.
AGREED = "agreed by all"

_STATE = "versions_digest"
_MARK = "differs-"
# What the list of articles need not show.
SHOWN_ABOVE = (DIFFERENCES, _STATE)


def whole_article_task(
    article: Article, gold: Gold | None, versions: Mapping[str, Annotation], questions: Sequence[CardQuestion]
) -> Json:
    """The task: the article, what readers differ in, the draft of what all agree on, and each reader's version.

    Args:
        article: The article.
        gold: What stands in it; None where nothing does.
        versions: What each reader submitted, by name.
        questions: Its open conflicts.
    """
    marks = [*_list_marks(article, questions)]
    said = {AGREED: _draft_of(article, gold), **versions}
    predictions: list[JsonValue] = [
        {"model_version": name, "result": [*result_of(words, article), *marks]} for name, words in said.items()
    ]
    data = task_data(article) | {DIFFERENCES: article_differences(questions)}
    state = digest_of(canonical_json([data, predictions]))
    return {"data": data | {_STATE: state}, "predictions": predictions}


def whole_article_of(data: Mapping[str, JsonValue]) -> tuple[str, str] | None:
    """The article, and the digest of all that the task shows of it; None for a task that is not a whole article's."""
    name, state = data.get("article"), data.get(_STATE)
    return (name, state) if isinstance(name, str) and isinstance(state, str) and DIFFERENCES in data else None


def without_marks(result: object) -> list[JsonValue]:
    """The rows of a result that say something: without the marks of differences, and what hangs on them."""
    rows = [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []
    marks = {str(row.get("id")) for row in rows if row.get("from_name") == DIFFERS}
    return [row for row in rows if not marks & {str(row.get(name)) for name in ("id", "from_id", "to_id")}]


def _draft_of(article: Article, gold: Gold | None) -> Annotation:
    words = Annotation(article=article.id, digest=article.digest, annotator=AGREED)
    if gold is None or gold.digest != article.digest:
        return words
    names = ("id", "start", "end", "label", "unsure")
    spans = tuple(Span(**{name: getattr(span, name) for name in names}) for span in gold.spans)
    return words.model_copy(update={"spans": spans, "relations": gold.relations, "choices": gold.choices})


def _list_marks(article: Article, questions: Sequence[CardQuestion]) -> Iterator[Json]:
    places = {place for question in questions for item in question.conflict.items for place in places_of(item)}
    for start, end in sorted(places):
        value: Json = {"start": start, "end": end, "text": article.text[start:end], "labels": [DIFFERS]}
        # They cannot be dragged away by accident.
        yield {
            "id": f"{_MARK}{start}-{end}",
            "from_name": DIFFERS,
            "to_name": TEXT,
            "type": "labels",
            "readonly": True,
            "value": value,
        }
