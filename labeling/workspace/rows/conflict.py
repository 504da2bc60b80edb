"""The rows of conflicts.jsonl: where annotators differ, and the items they differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen, canonical_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

    from pydantic import JsonValue

ConflictKind: TypeAlias = Literal["boundary", "label", "missed", "relation", "choice"]
# What is decided: single spans, relations or options, or all that is to be said of an article.
DecidedKind: TypeAlias = Literal["span", "relation", "choice", "article"]

_ID_SIGNS = 12  # of a conflict's id: of a million conflicts, two share one with a chance of one in five hundred


def _says_nothing(value: Sized | None) -> bool:
    return not value


class SpanItem(Frozen):
    """A span that somebody drew or may draw, after trimming: ``text[start:end]`` is a ``label``."""

    start: int
    end: int
    label: str

    @property
    def key(self) -> tuple[int, int, str]:
        """By what spans are compared, and put in order."""
        return self.start, self.end, self.label


class RelationItem(Frozen):
    """A relation between two spans of gold; the ends of a symmetric one stand in the order of the text."""

    head: SpanItem
    label: str
    tail: SpanItem

    @property
    def key(self) -> tuple[tuple[int, int, str], str, tuple[int, int, str]]:
        """By what relations are compared, and put in order."""
        return self.head.key, self.label, self.tail.key


class ChoiceItem(Frozen):
    """An option of a question about the whole article: ``event=CONSULT``."""

    choice: str

    @property
    def key(self) -> tuple[str]:
        """By what options are compared, and put in order."""
        return (self.choice,)


# What can be gold or not: one span, one relation, one option.
Item: TypeAlias = SpanItem | RelationItem | ChoiceItem


class Reading(Frozen):
    """One annotator's reading of a disputed stretch; ``id`` is its name in the ledger.

    ``head`` and ``tail`` are the ends of a relation.
    """

    annotator: str
    id: str
    start: int
    end: int
    label: str
    head: SpanItem | None = Field(default=None, exclude_if=_says_nothing)
    tail: SpanItem | None = Field(default=None, exclude_if=_says_nothing)


class Conflict(Frozen):
    """A stretch on which annotators differ, and the readings of those who marked something there.

    ``boundary``: offsets differ. ``label``: one stretch, several labels. ``missed``: some marked it, others marked
    nothing there. ``relation``: the stretch holds both ends. ``choice``: the stretch is the whole text. ``missed_by``
    names the annotators who marked nothing. ``task`` is the number of the server's task, to send people there.

    ``id`` is a digest of the article, its text (``digest``) and what is in dispute, whoever says it: the same dispute
    has the same id on every rerun. ``decided`` is what stands there by an adjudicator's word, and ``beside`` what all
    agree on: spans that overlap the stretch, the other options of the question.
    """

    article: str
    kind: ConflictKind
    start: int
    end: int
    readings: tuple[Reading, ...]
    missed_by: tuple[str, ...] = ()
    task: int | None = None
    # Empty in what was written before there were decisions.
    id: str = ""
    digest: str = ""
    decided: tuple[Item, ...] = Field(default=(), exclude_if=_says_nothing)
    beside: tuple[Item, ...] = Field(default=(), exclude_if=_says_nothing)

    @property
    def what(self) -> DecidedKind:
        """What kind of thing is in dispute."""
        return self.kind if self.kind in ("relation", "choice") else "span"

    @property
    def items(self) -> tuple[Item, ...]:
        """What is in dispute, each once, in order."""
        return sort_items({item_of(reading, self.what) for reading in self.readings})

    @property
    def in_gold(self) -> tuple[Item, ...]:
        """What of it is gold: nothing where annotators differ, and something where gold itself is in question."""
        return ()


def item_of(reading: Reading, what: DecidedKind) -> Item:
    """What a reading says, whoever says it."""
    if what == "choice":
        return ChoiceItem(choice=reading.id)
    if what == "relation" and reading.head and reading.tail:
        return RelationItem(head=reading.head, label=reading.label, tail=reading.tail)
    return SpanItem(start=reading.start, end=reading.end, label=reading.label)


def sort_items(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items of one kind in the order of the text, each once."""
    return tuple(sorted(set(items), key=lambda item: item.key))


def make_conflict_id(article: str, digest: str, what: DecidedKind, items: Iterable[Item]) -> str:
    """The id of the question whether some items of one kind stand in a text, whoever says so."""
    told: list[JsonValue] = [item.model_dump(mode="json") for item in sort_items(items)]
    return digest_of(canonical_json([article, digest, what, told]))[:_ID_SIGNS]
