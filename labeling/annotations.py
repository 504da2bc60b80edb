"""Annotations of an article: spans, relations and choices, and the checks every annotation must pass.

All offsets are Unicode code points into ``article.text``, half open: ``text[start:end]`` is the span. They are compared
with ``<`` and ``>=`` only. Nothing here touches disk, network, clock or a random number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from pydantic import Field, JsonValue, model_validator

from labeling.errors import DamagedFile
from labeling.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Article
    from labeling.schema import Schema

MODEL = "model:"
PROJECTED = "projected:"

State: TypeAlias = Literal["submitted", "skipped", "draft"]
ThingKind: TypeAlias = Literal["span", "relation", "choice", "annotation"]
Defect: TypeAlias = Literal[
    "unreadable",  # not of the form Label Studio, or the tool it was made with, gives such a thing
    "unknown article",  # a task of this project that names no article of ours
    "stale text",  # drawn on a text that is not the article's
    "unknown label",  # a label the schema does not have
    "unknown choice",  # a choice or an option the schema does not have
    "offsets out of range",  # not 0 <= start < end <= length of the text
    "duplicate id",  # a second span with the same id
    "duplicate span",  # a second span with the same offsets and label
    "broken relation",  # an end that is no span, or is itself in quarantine; no label; a loop
    "relation not allowed",  # the schema does not allow this label between these labels
    "unsupported",  # made elsewhere, and without a place here: a discontinuous span, an attribute, a comment
    "migrated",  # the project file's [migrations] remove it, or merge it with another that says the same
]

# Not defects, but what the project file itself asks for: `compile` needs no further leave.
DEFECTS_BY_RULE: frozenset[Defect] = frozenset({"migrated"})


# A label and the words that bear it, whatever their case and the blanks between them.
Surface: TypeAlias = tuple[str, str]

CheckItem = TypeVar("CheckItem")
Fault: TypeAlias = tuple[Defect, str]


class Span(Frozen):
    """A labelled stretch ``text[start:end]`` of an article."""

    id: str
    start: int = Field(ge=0)
    end: int
    label: str
    unsure: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _not_empty(self) -> Span:
        if not self.start < self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class Relation(Frozen):
    """A labelled, directed link from the span ``head`` to the span ``tail``, both by id."""

    head: str
    tail: str
    label: str


class Annotation(Frozen):
    """What one annotator said about one article: the spans, relations and choices of one submission.

    ``annotator`` is a person's name on the server, ``model:<name>`` or ``projected:<article id>``. ``seconds`` is the
    time the annotator took, ``updated`` an ISO 8601 instant of the server, ``task`` and ``server_id`` the server's ids.
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
    task: int | None = None
    server_id: int | None = None

    @property
    def by_person(self) -> bool:
        """Whether a person said it: only a person's word can become gold."""
        return not self.annotator.startswith((MODEL, PROJECTED))

    @property
    def imported(self) -> bool:
        """Whether it was imported from a file (see `is_imported`)."""
        return is_imported(self.annotator, self.task)


class QuarantineRow(Frozen):
    """One thing that failed a check, kept as it came, with the reason; it is never repaired in silence."""

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
    """A reconciled span: how it was decided (``rule``) and by whom; ``drawn`` holds the offsets before trimming."""

    id: str
    start: int
    end: int
    label: str
    unsure: bool = False
    rule: str
    by: tuple[str, ...]
    drawn: tuple[int, int] | None = None


class Gold(Frozen):
    """The reconciled annotation of one article.

    ``open`` lists the stretches where annotators disagree: there nothing is known, which is not the same as nothing
    found. ``complete`` is true when nothing is open. ``open_choices`` lists the options (``event=CONSULT``) on which
    annotators disagree. ``usable`` is false when an annotator ruled the article out.
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

    Drafts and skips are not submissions, and what models said, or anybody said of another text, does not count. Ana
    submits at 9:00 and again at 9:30, Ben skips: the result has Ana's annotation of 9:30 alone.

    Args:
        annotations: All annotations of one article, in any order.
        digest: The digest of its text.

    Raises:
        DamagedFile: An annotation's ``updated`` is not an instant.
    """
    latest: dict[str, Annotation] = {}
    for annotation in sorted(annotations, key=submission_order):
        if annotation.by_person and annotation.state == "submitted" and annotation.digest == digest:
            latest[annotation.annotator] = annotation
    return latest


def submission_order(annotation: Annotation) -> tuple[str, datetime, int]:
    """The place of an annotation among those of its article: by annotator, then by time, then by the server's number.

    Instants are compared, not their texts; one without a time zone is in UTC, none at all is before all others.

    Raises:
        DamagedFile: ``updated`` is not an instant.
    """
    try:
        updated = datetime.fromisoformat(annotation.updated or "0001-01-01")
    except ValueError:
        raise DamagedFile(
            f"when {annotation.annotator!r} updated {annotation.article!r} cannot be read: {annotation.updated!r}",
            todo="pull again, or mend annotations.jsonl: updated is an ISO 8601 date and time",
            where=annotation.article,
        ) from None
    return annotation.annotator, updated.replace(tzinfo=updated.tzinfo or UTC), annotation.server_id or 0


def check_annotation(
    annotation: Annotation, article: Article, schema: Schema
) -> tuple[Annotation, tuple[QuarantineRow, ...]]:
    """Part what is sound from what is not, thing by thing; nothing is repaired and nothing is dropped.

    Spans must lie in the article's text, bear a label of the schema, and stand once; relations must join two sound
    spans whose labels the schema allows; choices must be the schema's. On a text that is not the article's, everything
    is stale.

    Returns:
        The annotation with what is sound, and the rest with a reason each: the relations that touch a bad span too.
    """
    spans, bad_spans = _separate(annotation.spans, _span_fault(annotation, article, schema))
    labels = {span.id: span.label for span in spans}
    relations, bad_relations = _separate(annotation.relations, _relation_fault(labels, schema))
    chosen, bad_choices = _separate(_list_options(annotation), _choice_fault(annotation, article, schema))
    faults: tuple[tuple[ThingKind, str, Defect, str], ...] = (
        *(("span", span.id, *fault) for span, fault in bad_spans),
        *(("relation", relation_id(relation), *fault) for relation, fault in bad_relations),
        *(("choice", choice_id(*option), *fault) for option, fault in bad_choices),
    )
    sound = annotation.model_copy(update={"spans": spans, "relations": relations, "choices": _group_by_set(chosen)})
    return sound, tuple(make_quarantine_row(annotation, *fault) for fault in faults)


def make_quarantine_row(  # the five words of one finding
    annotation: Annotation, what: ThingKind, name: str, kind: Defect, reason: str, raw: JsonValue = None
) -> QuarantineRow:
    """One finding about a part of ``annotation``, signed with whose it is."""
    return QuarantineRow(
        article=annotation.article,
        annotator=annotation.annotator,
        what=what,
        id=name,
        kind=kind,
        reason=reason,
        task=annotation.task,
        server_id=annotation.server_id,
        raw=raw,
    )


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


def _separate(
    items: Iterable[CheckItem], fault_of: Callable[[CheckItem], Fault | None]
) -> tuple[tuple[CheckItem, ...], tuple[tuple[CheckItem, Fault], ...]]:
    """The sound ones, and the others each with its fault, in the order given."""
    judged = [(item, fault_of(item)) for item in items]
    return (
        tuple(item for item, fault in judged if fault is None),
        tuple((item, fault) for item, fault in judged if fault is not None),
    )


def _span_fault(annotation: Annotation, article: Article, schema: Schema) -> Callable[[Span], Fault | None]:
    known, ids, places = set(schema.label_names), set[str](), set[tuple[int, int, str]]()

    def fault_of(span: Span) -> Fault | None:
        if annotation.digest != article.digest:
            return (
                "stale text",
                f"drawn on the text {annotation.digest[:12]}, the article is {article.digest[:12]}",
            )
        if span.label not in known:
            return "unknown label", f"{span.label!r} is no label of the schema"
        if span.end > len(article.text):
            return (
                "offsets out of range",
                f"{span.start}..{span.end} in a text of {len(article.text)} characters",
            )
        if span.id in ids:
            return "duplicate id", f"a second span with the id {span.id!r}"
        place = (span.start, span.end, span.label)
        if place in places:
            return "duplicate span", f"a second {span.label} at {span.start}..{span.end}"
        ids.add(span.id)
        places.add(place)
        return None

    return fault_of


def _relation_fault(labels: dict[str, str], schema: Schema) -> Callable[[Relation], Fault | None]:
    seen = set[Relation]()

    def fault_of(relation: Relation) -> Fault | None:
        kind = schema.relation(relation.label)
        if kind is None:
            return "unknown label", f"{relation.label!r} is no relation of the schema"
        gone = [end for end in (relation.head, relation.tail) if end not in labels]
        if gone:
            return "broken relation", f"the end {gone[0]!r} is no sound span"
        if relation.head == relation.tail:
            return "broken relation", "it joins a span to itself"
        head, tail = labels[relation.head], labels[relation.tail]
        if not kind.allows(head, tail):
            return "relation not allowed", f"{relation.label} may not join {head} to {tail}"
        if relation in seen:
            return "broken relation", "it stands twice"
        seen.add(relation)
        return None

    return fault_of


def _choice_fault(
    annotation: Annotation, article: Article, schema: Schema
) -> Callable[[tuple[str, str]], Fault | None]:
    def fault_of(chosen: tuple[str, str]) -> Fault | None:
        name, option = chosen
        choices = schema.choice_set(name)
        if annotation.digest != article.digest:
            return "stale text", f"said of the text {annotation.digest[:12]}"
        if choices is None:
            return "unknown choice", f"{name!r} is no choice of the schema"
        if option not in {known.name for known in choices.options}:
            return "unknown choice", f"{option!r} is no option of {name!r}"
        if not choices.multiple and len(annotation.choices[name]) > 1:
            return "unknown choice", f"{name!r} takes one option, not {len(annotation.choices[name])}"
        return None

    return fault_of


def _list_options(annotation: Annotation) -> Iterator[tuple[str, str]]:
    return ((name, option) for name, options in annotation.choices.items() for option in options)


def _group_by_set(chosen: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    sets: dict[str, tuple[str, ...]] = {}
    for name, option in chosen:
        sets[name] = (*sets.get(name, ()), option)
    return sets
