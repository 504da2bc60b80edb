"""What there is to say of an article, thing by thing, and what of it a format cannot hold.

A thing is a span, a relation, an option of a choice, a doubt (``unsure``) or a note of a span, a stretch that is open,
of which it says nothing, a model's score of a span or a relation, or the annotation itself: that somebody submitted or
skipped. Each is kept or listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pydantic import JsonValue

from labeling.annotations import Annotation, choice_id, relation_id
from labeling.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.articles import Article

ExportedKind: TypeAlias = Literal["annotation", "span", "relation", "choice", "unsure", "note", "open", "score"]
EXPORTED_KINDS: Final[tuple[ExportedKind, ...]] = (
    "annotation",
    "span",
    "relation",
    "choice",
    "unsure",
    "note",
    "open",
    "score",
)
# The kind of a thing, and what it is called: the id of its span, the name of the relation or the option, its place.
ThingKey: TypeAlias = tuple[ExportedKind, str]

_OF_A_SPAN = "its span is not held"


class NotHeld(Frozen):
    """A thing that the format of an export cannot hold, as it was said (``value``), with the reason."""

    article: str
    annotator: str
    what: ExportedKind
    id: str
    reason: str
    value: JsonValue = None


@dataclass(frozen=True)
class Saying:
    """One annotation of an article on its way out; ``reason`` tells why nothing of it goes out, "" if it does."""

    article: Article
    annotation: Annotation
    reason: str = ""


def list_said_things(said: Annotation) -> dict[ThingKey, JsonValue]:
    """All that an annotation has, each thing with its value."""
    things: dict[ThingKey, JsonValue] = {("annotation", said.annotator): {"state": said.state}}
    for span in said.spans:
        things["span", span.id] = span.model_dump(mode="json")
        if span.unsure:
            things["unsure", span.id] = True
        if span.note:
            things["note", span.id] = span.note
    things |= {("relation", relation_id(each)): each.model_dump(mode="json") for each in said.relations}
    things |= {
        ("choice", choice_id(name, option)): option for name, options in said.choices.items() for option in options
    }
    scores = {each.id: each.score for each in said.spans} | {relation_id(each): each.score for each in said.relations}
    things |= {("score", name): score for name, score in scores.items() if score is not None}
    return things | {("open", f"{start}..{end}"): [start, end] for start, end in said.open}


def list_not_held(saying: Saying, left: Mapping[ThingKey, str]) -> Iterator[NotHeld]:
    """The rows of what a writer left out, each with its reason; all of a saying that does not go out."""
    for key, value in list_said_things(saying.annotation).items():
        if reason := saying.reason or left.get(key, ""):
            yield NotHeld(
                article=saying.annotation.article,
                annotator=saying.annotation.annotator,
                what=key[0],
                id=key[1],
                reason=reason,
                value=value,
            )


def leave_out_spans(said: Annotation, unfit: Mapping[str, str]) -> tuple[Annotation, dict[ThingKey, str]]:
    """An annotation without the spans that a format cannot hold, and without what is about them.

    Args:
        said: The annotation.
        unfit: The reason for each such span, by its id.

    Returns:
        The annotation, and the reason of each thing that is left out.
    """
    left: dict[ThingKey, str] = {("span", name): reason for name, reason in unfit.items()}
    for span in (each for each in said.spans if each.id in unfit):
        left |= {("unsure", span.id): _OF_A_SPAN} if span.unsure else {}
        left |= {("note", span.id): _OF_A_SPAN} if span.note else {}
    spans = tuple(span for span in said.spans if span.id not in unfit)
    kept = {span.id for span in spans}
    broken = [each for each in said.relations if not {each.head, each.tail} <= kept]
    left |= {("relation", relation_id(each)): "one of its ends is not held" for each in broken}
    relations = tuple(each for each in said.relations if each not in broken)
    return said.model_copy(update={"spans": spans, "relations": relations}), left


def leave_out_all(said: Annotation, reason: str) -> dict[ThingKey, str]:
    """The same reason for everything that an annotation has."""
    return dict.fromkeys(list_said_things(said), reason)


def leave_out_kinds(said: Annotation, *kinds: ExportedKind, reason: str) -> dict[ThingKey, str]:
    """The same reason for all things of these kinds."""
    return {key: reason for key in list_said_things(said) if key[0] in kinds}
