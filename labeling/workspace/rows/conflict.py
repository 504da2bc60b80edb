"""The rows of conflicts.jsonl: where annotators differ."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen

ConflictKind: TypeAlias = Literal["boundary", "label", "missed", "relation", "choice"]


class Reading(Frozen):
    """One annotator's reading of a disputed stretch; ``id`` is its name in the ledger."""

    annotator: str
    id: str
    start: int
    end: int
    label: str


class Conflict(Frozen):
    """A stretch on which annotators differ, and the readings of those who marked something there.

    ``boundary``: offsets differ. ``label``: one stretch, several labels. ``missed``: some marked it, others marked
    nothing there. ``relation``: the stretch holds both ends. ``choice``: the stretch is the whole text. ``missed_by``
    names the annotators who marked nothing. ``task`` is the number of the server's task, to send people there.
    """

    article: str
    kind: ConflictKind
    start: int
    end: int
    readings: tuple[Reading, ...]
    missed_by: tuple[str, ...] = ()
    task: int | None = None
