"""What is left in dispute between annotators: whom it concerns, the conflict to be settled, and its ledger rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from labeling.ledger import make_ledger_rows
from labeling.workspace.rows.conflict import Conflict, make_conflict_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, LedgerRow, ThingKind
    from labeling.articles import Article
    from labeling.workspace.rows.conflict import ConflictKind, Item, Reading

# Of each annotator, the items (`label WHEN`) of which the annotation says nothing; who is not there speaks of all.
Silence: TypeAlias = "Mapping[str, Collection[str]]"


def list_asked(
    submissions: Iterable[Annotation], marked_by: Collection[str], silence: Silence, items: Collection[str]
) -> list[str]:
    """The annotators who were asked for one of the items, or marked it all the same, in their order."""
    return [
        one.annotator
        for one in submissions
        if one.annotator in marked_by or any(item not in silence.get(one.annotator, ()) for item in items)
    ]


def list_lookers(submissions: Iterable[Annotation], stretch: tuple[int, int]) -> list[Annotation]:
    """The submissions that say anything of a stretch: not those that leave all of it open."""
    start, end = stretch
    return [one for one in submissions if not any(first <= start and end <= last for first, last in one.open)]


def make_conflict(
    article: Article,
    kind: ConflictKind,
    readings: Sequence[Reading],
    submissions: Sequence[Annotation],
    *,
    decided: tuple[Item, ...] = (),
    beside: tuple[Item, ...] = (),
) -> Conflict:
    """The question to people: where it is, what each said, and who of those it concerns marked nothing.

    Args:
        article: On which.
        kind: In what they differ.
        readings: What each marked.
        submissions: Of those whom it concerns.
        decided: What stands there by an adjudicator's word.
        beside: What all agree on there.
    """
    marked_by = {reading.annotator for reading in readings}
    conflict = Conflict(
        article=article.id,
        kind=kind,
        start=min(reading.start for reading in readings),
        end=max(reading.end for reading in readings),
        readings=tuple(readings),
        missed_by=tuple(one.annotator for one in submissions if one.annotator not in marked_by),
        task=next((one.task for one in submissions if one.task is not None), None),
        digest=article.digest,
        decided=decided,
        beside=beside,
    )
    name = make_conflict_id(article.id, article.digest, conflict.what, conflict.items)
    return conflict.model_copy(update={"id": name})


def make_disputed_rows(what: ThingKind, conflicts: Iterable[Conflict]) -> list[LedgerRow]:
    """A row for all that is in these conflicts, which is open."""
    return [
        row
        for conflict in conflicts
        for row in make_ledger_rows(
            conflict.article,
            what,
            [(reading.annotator, reading.id) for reading in conflict.readings],
            f"open conflict: {conflict.kind}, {conflict.start}..{conflict.end}",
            "open",
        )
    ]
