"""A simulated adjudicator, who decides conflicts by the truth, and errs at a known rate."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.versions import decide_conflict, versions_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from labeling.workspace.rows.conflict import Conflict, Item
    from labeling.workspace.rows.decision_row import Decision

# The day on which all decisions of a simulation are made.
_AT = "2026-01-05T09:00:00+00:00"


@dataclass(frozen=True)
class SimulatedAdjudicator:
    """Who chooses, of the answers of a card, the one nearest to the truth; and at ``rate`` any other."""

    name: str
    rate: float
    seed: int = 1

    def decide(self, conflict: Conflict, truth: AbstractSet[Item]) -> Decision:
        """The decision of a conflict; ``truth`` are the items that stand in its article."""
        chance = random.Random(f"{self.seed} {self.name} {conflict.id}")  # noqa: S311 - a simulation, no secret
        versions = versions_of(conflict)
        union = tuple(item for version in versions for item in version)
        answers = [*versions, union, ()] if len(versions) > 1 else [*versions, ()]
        right = set(conflict.items) & truth
        best = min(answers, key=lambda answer: len(set(answer) ^ right))
        if chance.random() < self.rate:
            best = chance.choice([answer for answer in answers if answer != best])
        return decide_conflict(conflict, best, self.name, _AT)
