"""Annotations of an article: spans, relations and choices, as people and models make them and as gold has them.

All offsets are Unicode code points into ``article.text``, half open: ``text[start:end]`` is the span. They are compared
with ``<`` and ``>=`` only. Nothing here touches disk, network, clock or a random number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue, model_validator

from labeling.errors import DamagedFile
from labeling.values import Frozen, is_absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized


# How the signatures of annotators begin that are not people.
MODEL = "model:"
PROJECTED = "projected:"

# The rule by which a span is gold on which an adjudicator decided.
ADJUDICATED = "adjudicated"

State: TypeAlias = Literal["submitted", "skipped", "draft"]
ThingKind: TypeAlias = Literal["span", "relation", "choice", "annotation"]
Defect: TypeAlias = Literal[
    "unreadable",  # not in the form of Label Studio, or of the tool it was made with
    "unknown article",  # a task of this project that does not name an article of ours
    "stale text",  # drawn on a text that is not the article's
    "unknown label",  # a label the schema does not have
    "unknown choice",  # a choice or an option the schema does not have
    "offsets out of range",  # not 0 <= start < end <= length of the text
    "duplicate id",  # a second span with the same id
    "duplicate span",  # a second span with the same offsets and label
    "broken relation",  # an end that is not a span, or is itself in quarantine; no label; a loop
    "relation not allowed",  # the schema does not allow this label between these labels
    "unsupported",  # made elsewhere, and without a place here: a discontinuous span, an attribute, a comment
    "spoken for another",  # signed by one person, in words that another gave it, or that nobody on the server sent
    "not an adjudicator",  # an answer to a card by somebody who does not decide
    "changed card",  # an answer to a card in words that another gave it
    "outdated card",  # an answer to a question that is no more
    "unreadable card",  # an answer to a card that is none of its answers
    "migrated",  # the project file's [migrations] remove it, or merge it with another that then is the same
]

# Not defects, but what the project file itself asks for: `compile` needs no further permission.
DEFECTS_BY_RULE: frozenset[Defect] = frozenset({"migrated"})

# Answers to cards that decide nothing: what they are about stays as it was, so that they stop no dataset either.
CARD_DEFECTS: frozenset[Defect] = frozenset({"not an adjudicator", "changed card", "outdated card", "unreadable card"})

# A slip of the pen that costs one relation: it is in quarantine and on the card, and stops no dataset.
RELATION_SLIPS: frozenset[Defect] = frozenset({"broken relation", "relation not allowed"})


# How the items begin that people are asked about: `label PERSON`, `relation PARTY_TO`, `choice event=CONSULT`.
LABEL_ITEM = "label "
RELATION_ITEM = "relation "
CHOICE_ITEM = "choice "


# A label and the words that have it, whatever their case and the blanks between them.
Surface: TypeAlias = tuple[str, str]


# How the ids of spans begin that were offered while somebody annotated.
OFFERED = "offered-"


def _is_empty(value: Sized) -> bool:
    return not value


def _is_false(value: bool) -> bool:  # noqa: FBT001 - as pydantic calls it
    return not value


# From 0 to 1: how sure a model is, in shares of what it is right about. People's words have none, and then the key is
# left out: such a row is the same line that it was before there was this key.
_Score: TypeAlias = Annotated[float | None, Field(ge=0.0, le=1.0, allow_inf_nan=False, exclude_if=is_absent)]


class Span(Frozen):
    """A labelled stretch ``text[start:end]`` of an article.

    ``score`` is how probable the model holds it that made it, from 0 to 1; there is none under what people say.
    ``offered``: nobody drew it; it was offered while they annotated, and they let it stand, or changed it.
    """

    id: str
    start: int = Field(ge=0)
    end: int
    label: str
    unsure: bool = False
    note: str = ""
    score: _Score = None
    # Left out where it was drawn: such a row is the same line that it was before there was this key.
    offered: bool = Field(default=False, exclude_if=_is_false)

    @model_validator(mode="after")
    def _not_empty(self) -> Span:
        if not self.start < self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class Relation(Frozen):
    """A labelled, directed link from the span ``head`` to the span ``tail``, both by id; ``score`` as of a span."""

    head: str
    tail: str
    label: str
    score: _Score = None


class Annotation(Frozen):
    """The spans, relations and choices of one annotator on one article.

    ``annotator`` is a person's name on the server, ``model:<name>`` or ``projected:<article id>``. ``seconds`` is the
    time the annotator took, ``updated`` an ISO 8601 instant of the server, ``task`` and ``server_id`` the server's ids.
    ``imported_as`` is who was imported as its author, while these are the words that `push` brought to the server.
    ``sent`` is when the annotator last sent these words, where that was before ``updated``: a star is set later, and a
    restored server has instants of its own. ``open`` has the stretches of which the annotation says nothing: who judged
    one span was not asked for the rest of the text.
    """

    article: str
    digest: str
    annotator: str
    state: State = "submitted"
    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: dict[str, tuple[str, ...]] = {}
    ground_truth: bool = False
    seconds: float | None = None
    updated: str = ""
    # Left out where it is not needed: such a row is the same line that it was before there was this key.
    sent: str = Field(default="", exclude_if=_is_empty)
    imported_as: str = Field(default="", exclude_if=_is_empty)
    task: int | None = None
    server_id: int | None = None
    open: tuple[tuple[int, int], ...] = Field(default=(), exclude_if=_is_empty)

    @property
    def by_person(self) -> bool:
        """Whether a person made it: only a person's annotation can become gold."""
        return not self.annotator.startswith((MODEL, PROJECTED))

    @property
    def imported(self) -> bool:
        """Whether it was imported from a file (see `is_imported`)."""
        return is_imported(self.annotator, self.task)


class QuarantineRow(Frozen):
    """A thing that failed a check, kept as it came (``raw``), with the reason; it is never repaired silently."""

    article: str
    annotator: str
    what: ThingKind
    id: str
    kind: Defect
    reason: str
    task: int | None = None
    server_id: int | None = None
    raw: JsonValue = None

    @property
    def imported(self) -> bool:
        """Whether it was imported from a file (see `is_imported`)."""
        return is_imported(self.annotator, self.task)


class GoldSpan(Frozen):
    """A reconciled span: how it was decided (``rule``) and by whom; ``drawn`` holds the offsets before trimming.

    ``unanimous``: all agree who were asked. ``only annotator``: one person was. ``adjudicated``: annotators differ, and
    the adjudicator named in ``by`` decided that it stands, with ``inherited_from`` on the article of that name, whose
    words this one shares.
    """

    id: str
    start: int
    end: int
    label: str
    unsure: bool = False
    rule: str
    by: tuple[str, ...]
    drawn: tuple[int, int] | None = None
    # Left out where it is empty: such a row is the same line that it was before there was this key.
    inherited_from: str = Field(default="", exclude_if=_is_empty)


class Gold(Frozen):
    """The reconciled annotation of one article.

    ``open`` lists the stretches where annotators disagree, or of which none of them was asked: there nothing is known,
    which is not the same as nothing found. ``complete`` is true when nothing is open, and everybody was asked for every
    label. ``open_choices`` lists the options (``event=CONSULT``) of which nothing is known: annotators disagree, or
    none of them was asked. ``unasked`` lists all that came to be asked for only after the article was judged: ``label
    WHEN``, ``relation PARTY_TO``, ``choice event=CONSULT``. ``usable`` is false when an annotator ruled the article
    out.
    """

    article: str
    digest: str
    complete: bool
    usable: bool = True
    annotators: tuple[str, ...] = ()
    spans: tuple[GoldSpan, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: dict[str, tuple[str, ...]] = {}
    open: tuple[tuple[int, int], ...] = ()
    open_choices: tuple[str, ...] = ()
    # Left out where it is empty: such a row is the same line that it was before there was this key.
    unasked: tuple[str, ...] = Field(default=(), exclude_if=_is_empty)

    @property
    def unasked_labels(self) -> frozenset[str]:
        """The labels for which nobody was asked when the article was judged."""
        return frozenset(item.removeprefix(LABEL_ITEM) for item in self.unasked if item.startswith(LABEL_ITEM))

    @property
    def unasked_relations(self) -> frozenset[str]:
        """The relation types for which nobody was asked when the article was judged."""
        return frozenset(item.removeprefix(RELATION_ITEM) for item in self.unasked if item.startswith(RELATION_ITEM))


class LedgerRow(Frozen):
    """What became of one thing at one stage: one outcome, with its reason.

    ``stage`` is ``gold`` or the name of a target: ``spacy``, ``huggingface``, ``conll``, ``prodigy``.
    """

    article: str
    annotator: str = ""
    what: ThingKind
    id: str
    stage: str
    outcome: Literal[
        "gold",
        "merged",
        "open",
        "decided_against",
        "quarantined",
        "kept",
        "split",
        "span_only",
        "not_held",
        "left_out",
        "lost",
    ]
    reason: str = ""


def is_imported(annotator: str, task: int | None) -> bool:
    """Whether a row was imported from a file, not pulled from a server.

    An import names its annotator and has no task. A row with neither is about a whole task that could not be read.
    """
    return task is None and annotator != ""


def latest_submissions(annotations: Iterable[Annotation], digest: str) -> dict[str, Annotation]:
    """Each person's latest submission on an article, by annotator in the order of their names.

    Drafts and skips are not submissions, and annotations by models, or of another text, do not count. Ana submits at
    9:00 and again at 9:30, Ben skips: the result has Ana's annotation of 9:30 alone.

    Args:
        annotations: All annotations of one article, in any order.
        digest: The digest of its text.

    Raises:
        DamagedFile: An annotation's ``updated`` is not an instant.
    """
    latest: dict[str, Annotation] = {}
    # In the order of time, so that a later submission takes the place of an earlier one.
    for annotation in sorted(annotations, key=submission_order):
        if annotation.by_person and annotation.state == "submitted" and annotation.digest == digest:
            before = latest.get(annotation.annotator)
            # A word about one span does not take back what was said of the whole text.
            if before is None or before.open or not annotation.open:
                latest[annotation.annotator] = annotation
    return latest


def submission_order(annotation: Annotation) -> tuple[str, datetime, int]:
    """The place of an annotation among those of its article: by annotator, then by time, then by the server's number.

    Instants are compared, not their texts; one without a time zone is in UTC, none at all is before all others.

    Raises:
        DamagedFile: ``updated`` is not an instant.
    """
    try:
        # Most imports have no time: they come before whatever was updated on the server.
        updated = datetime.fromisoformat(annotation.updated or "0001-01-01")
    except ValueError:
        raise DamagedFile(
            f"when {annotation.annotator!r} updated {annotation.article!r} cannot be read: {annotation.updated!r}",
            todo="pull again, or mend annotations.jsonl: updated is an ISO 8601 date and time",
            where=annotation.article,
        ) from None
    return annotation.annotator, updated.replace(tzinfo=updated.tzinfo or UTC), annotation.server_id or 0


def overlaps(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two half-open intervals, neither of them empty, have a code point in common.

    >>> overlaps(0, 5, 4, 9), overlaps(0, 5, 5, 9)
    (True, False)
    """
    return start < other_end and other_start < end


def surface_of(label: str, words: str) -> Surface:
    r"""The surface of a span: its label, and its words with case and blanks folded.

    Two spans have one surface when a reader would say that they mark the same words with the same label. Newswire sets
    a name in capitals in its headlines and breaks lines within names; a model that learnt the name has seen it in
    either form. So ``leakage.json`` and ``scores.json`` count surfaces folded, and by this function alone.

    >>> surface_of("COUNTRY", "UNITED\n  Kingdom") == surface_of("COUNTRY", "United Kingdom")
    True
    """
    return label, fold_words(words)


def fold_words(words: str) -> str:
    r"""Words as surfaces are compared: every stretch of blanks one space, letters without case.

    >>> fold_words("UNITED\n  Kingdom")
    'united kingdom'
    """
    return " ".join(words.casefold().split())


def relation_id(relation: Relation) -> str:
    """The name of a relation in ledgers and quarantine; a relation has no id of its own."""
    return f"{relation.head} {relation.label} {relation.tail}"


def choice_id(name: str, option: str) -> str:
    """The name of a choice in ledgers and quarantine."""
    return f"{name}={option}"


def choice_item(name: str) -> str:
    """The item that asks for an option, by the name that `choice_id` gives it."""
    return CHOICE_ITEM + name
