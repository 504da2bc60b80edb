"""What a foreign file contains about one text, in its own labels and offsets; nothing of it is checked yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.articles import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

    from labeling.annotations import Defect, State, ThingKind
    from labeling.articles import SourceRow


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a span or an event (``Negation``, ``Certainty=Low``), with an id of its own."""

    id: str
    name: str


# The parts of a stretch, each from its start to its end; several where it is discontinuous.
MarkParts: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SpanMark:
    """A labelled stretch of the text as it came, in half-open intervals.

    ``covers`` is the file's own copy of the stretch, if it has one. A mark of several ``parts`` is discontinuous.
    ``region`` is what links call it and its fellows, where one stretch has several labels; "" where that is its ``id``.
    """

    id: str
    parts: MarkParts
    label: str
    covers: str | None = None
    note: str = ""
    attributes: tuple[Attribute, ...] = ()
    region: str = ""


@dataclass(frozen=True, slots=True)
class RelationMark:
    """A labelled, directed link between two marks, by their ids; ``left`` and ``bi`` only suit a symmetric type."""

    head: str
    tail: str
    label: str
    direction: str = "right"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that has no place here, or that cannot be read, as it came."""

    what: ThingKind
    id: str
    kind: Defect
    reason: str
    raw: JsonValue = None


@dataclass(frozen=True)
class Account:
    """Whose an annotation is on the server that it comes from: an e-mail address, or else a number or UUID there."""

    number: int | str | None = None
    email: str = ""


@dataclass(frozen=True)
class ImportRecord:
    """One annotator's annotation of one text, as a file has it.

    ``row`` is the text and what is known of it; ``named`` is true when its id comes from the file, false when it was
    made up from the text. ``annotator`` is "" when the file names none, or has an ``account`` in place of a name;
    ``nobody`` tells why what it has is not a person. ``options`` are labels of the whole text. ``updated`` is an ISO
    instant or "", ``seconds`` what it took. Where it ``is_silent``, nobody said anything of the text.

    ``ignored`` names fields of the file that were not read, ``unread`` has the values of those that might hold
    annotations, ``words`` is how many the file cuts the text into, 0 where it does not tell. ``odd`` names what is
    known of the article and had a value of no use. ``copies`` are further places whose words the file has, with these
    words: tokens. ``layout`` tells what the reader decided about columns.

    ``task`` is what was asked, as the tool counts questions: of two answers of one person the later one counts; ""
    where the tool does not tell. ``partial`` is true where the question was about what is marked, or about the text as
    a whole, so that the answer says nothing of the rest of the text; ``open`` has stretches of which only what is
    marked is known.
    """

    row: SourceRow
    named: bool = True
    annotator: str = ""
    account: Account | None = None
    state: State = "submitted"
    marks: tuple[SpanMark, ...] = ()
    links: tuple[RelationMark, ...] = ()
    options: tuple[str, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    updated: str = ""
    ignored: frozenset[str] = frozenset()
    ground_truth: bool = False
    seconds: float | None = None
    is_silent: bool = False
    copies: tuple[tuple[int, int, str], ...] = ()
    nobody: str = ""
    unread: Mapping[str, object] = field(default_factory=dict)
    words: int = 0
    odd: tuple[str, ...] = ()
    layout: str = ""
    task: str = ""
    partial: bool = False
    open: tuple[tuple[int, int], ...] = ()


ImportItem: TypeAlias = ImportRecord | Reject

# Gives the text of an article that was ingested before, by the id that a file has for it, or by the digest of its text;
# None for any other.
TextLookup: TypeAlias = "Callable[[str], str | None]"


def reject_unreadable(where: str, reason: str, todo: str) -> Reject:
    """The refusal of a file or line from which no text can be had."""
    return Reject(where=where, id="", kind="unreadable", reason=reason, todo=todo)
