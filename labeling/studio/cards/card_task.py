"""A card as a task of the server, and what of a task tells which card it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from labeling.adjudication.gold_in_doubt import AskedDoubt, GoldInDoubt
from labeling.studio.cards.card_page import READING
from labeling.studio.format.tasks import TEXT
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.conflict import RelationItem, SpanItem, sort_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

    from labeling.studio.cards.card_question import CardQuestion
    from labeling.studio.format.regions import Json
    from labeling.workspace.rows.conflict import Item

# What signs the marks in the text.
SHOWN = "readings"

_AGREED = "agreed"
_GREY = "#9a9a9a"
# Of versions, in their order; they tell them apart, and mean nothing.
_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#f0e442")


def card_task(question: CardQuestion, notes: str) -> Json:
    """The task that puts a question: its data, and what the versions mark as one prediction that cannot be changed."""
    marks = card_prediction(question)
    predictions: list[JsonValue] = [marks] if marks else []
    return {"data": card_data(question, notes), "predictions": predictions}


def card_prediction(question: CardQuestion) -> Json | None:
    """What the versions mark in the text; None where they mark nothing there."""
    marks = [*_list_marks(question)]
    return {"model_version": SHOWN, "result": [*marks, *_list_arrows(question)]} if marks else None


def card_data(question: CardQuestion, notes: str) -> Json:
    """What the task of a card knows: which conflict it is, and all that its page shows."""
    conflict = question.conflict
    answers: list[JsonValue] = [
        {"value": answer.words, "alias": answer.name, **({"hotkey": answer.key} if answer.key else {})}
        for answer in question.answers
    ]
    versions: list[JsonValue] = [
        [item.model_dump(mode="json") for item in sort_items(version)] for version in question.versions
    ]
    return {
        "conflict": conflict.id,
        "article": conflict.article,
        "what": conflict.what,
        "question": question.words,
        "title": question.article.title,
        "text": question.window.text,
        "readings": _list_readings(question),
        "answers": answers,
        "notes": notes,
        "versions": versions,
        "text_digest": conflict.digest,
        **({"doubt": conflict.asked.model_dump(mode="json")} if isinstance(conflict, GoldInDoubt) else {}),
    }


def card_of(data: Mapping[str, JsonValue]) -> str:
    """The id of the conflict that a task is the card of; empty for a task that is not a card."""
    name = data.get("conflict")
    return name if isinstance(name, str) else ""


def doubt_of(data: Mapping[str, JsonValue]) -> AskedDoubt | None:
    """The doubt that a task puts to adjudicators; None for a card about a conflict, and for what was tampered with."""
    try:
        asked = AskedDoubt.model_validate_json(canonical_json(data.get("doubt")))
    except (ValidationError, ValueError):
        return None
    return asked if (asked.id, asked.article) == (card_of(data), data.get("article")) else None


def _list_readings(question: CardQuestion) -> list[JsonValue]:
    """The labels of what is marked in the text, each once: the version's letter, and what it is there."""
    shown: dict[str, str] = {}
    for name, colour, _, label in _list_marked(question):
        shown.setdefault(_label_text(name, label), colour)
    # Keys that no hand finds: without one the page gives each a digit, which are the answers'.
    return [
        {"value": text, "background": colour, "hotkey": f"ctrl+alt+shift+f{number}"}
        for number, (text, colour) in enumerate(shown.items(), start=1)
    ]


def _list_marked(question: CardQuestion) -> Iterator[tuple[str, str, SpanItem, str]]:
    """Each stretch to be marked: whose it is, in which colour, where, and what it is there."""
    for number, (answer, items) in enumerate(zip(question.answers, question.versions, strict=False)):
        colour = _COLOURS[number % len(_COLOURS)]
        for item in items:
            yield from ((answer.name.upper(), colour, span, label) for span, label in _stretches_of(item))
    for item in question.conflict.beside:
        yield from ((_AGREED, _GREY, span, label) for span, label in _stretches_of(item))


def _stretches_of(item: Item) -> Iterator[tuple[SpanItem, str]]:
    if isinstance(item, SpanItem):
        yield item, item.label
    elif isinstance(item, RelationItem):
        yield item.head, f"{item.label} from: {item.head.label}"
        yield item.tail, f"{item.label} to: {item.tail.label}"


def _list_marks(question: CardQuestion) -> Iterator[Json]:
    for name, _, span, label in _list_marked(question):
        place = question.window.place(span.start, span.end)
        if place is None:
            continue
        start, end = place
        words = question.window.text[start:end]
        value: Json = {"start": start, "end": end, "text": words, "labels": [_label_text(name, label)]}
        # Only what cannot be dragged away by accident.
        yield {
            "id": _region_id(name, span, label),
            "from_name": READING,
            "to_name": TEXT,
            "type": "labels",
            "readonly": True,
            "value": value,
        }


def _list_arrows(question: CardQuestion) -> Iterator[Json]:
    for answer, items in zip(question.answers, question.versions, strict=False):
        for item in items:
            if isinstance(item, RelationItem):
                (head, from_label), (tail, to_label) = _stretches_of(item)
                name = answer.name.upper()
                yield {
                    "type": "relation",
                    "from_id": _region_id(name, head, from_label),
                    "to_id": _region_id(name, tail, to_label),
                    "direction": "right",
                    "labels": [item.label],
                }


def _label_text(name: str, label: str) -> str:
    return f"{name} {label}"


def _region_id(name: str, span: SpanItem, label: str) -> str:
    return digest_of(f"{name} {span.start} {span.end} {label}")[:10]
