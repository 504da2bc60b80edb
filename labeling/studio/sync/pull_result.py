"""What a pull brought: counted line by line, and summed up. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.studio.cards.pull_cards import CardTally


@dataclass(frozen=True)
class PullResult:
    """What there is now: tasks, annotations by state, what is sound in them, and what is in quarantine, by kind.

    ``kept`` is the server's answer as it came; empty when nothing had changed. ``new``, ``edited`` and ``deleted``
    count annotations and drafts since the last pull. ``empty`` ones are among the ``submitted``: annotated, nothing
    found. ``unsubmitted`` has a sentence for each draft that is newer than its annotation. ``thinned`` counts old
    answers that were removed. ``repeated`` names tasks and annotations that the server sent more than once:
    they are counted once. ``replaced`` names annotators whose imported annotations the server has now. ``cards`` is
    what came of the answers on cards; None where there are none.
    """

    kept: str
    tasks: int
    new: int
    edited: int
    deleted: int
    annotators: int
    submitted: int
    empty: int
    skipped: int
    drafts: int
    spans: int
    relations: int
    quarantined: dict[str, int]
    unsubmitted: tuple[str, ...]
    thinned: int = 0
    repeated: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    cards: CardTally | None = None


@dataclass
class PullTally:
    """What the lines of both files contain, counted as they pass."""

    annotators: set[str] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)
    empty: int = 0
    spans: int = 0
    relations: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)

    def count(self, row: Mapping[str, Any]) -> None:
        """Count an annotation or a finding, as its line has it."""
        if "kind" in row:
            self.quarantined[row["kind"]] += 1
            return
        self.annotators.add(row["annotator"])
        self.states[row["state"]] += 1
        self.empty += row["state"] == "submitted" and not row["spans"] and not row["choices"]
        self.spans += len(row["spans"])
        self.relations += len(row["relations"])
