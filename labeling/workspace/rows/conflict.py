"""The rows of conflicts.jsonl: where annotators differ."""

from __future__ import annotations

from typing import Literal, TypeAlias

from labeling.values import Frozen

ConflictKind: TypeAlias = Literal["boundary", "label", "missed", "relation", "choice"]


class Reading(Frozen):
    """What one annotator says about a disputed stretch; ``id`` names it as the ledger does."""

    annotator: str
    id: str
    start: int
    end: int
    label: str


class Conflict(Frozen):
    """A stretch on which annotators differ, and what each of them says.

    ``boundary``: offsets differ. ``label``: one stretch, several labels. ``missed``: some say it, the others say
    nothing there. ``relation``: the stretch holds both ends. ``choice``: the stretch is the whole text. ``missed_by``
    names the annotators who say nothing. ``task`` is the server's, to send people there.
    """

    article: str
    kind: ConflictKind
    start: int
    end: int
    readings: tuple[Reading, ...]
    missed_by: tuple[str, ...] = ()
    task: int | None = None
