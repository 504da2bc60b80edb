"""What a round brought: the row of ``rounds.jsonl``, and the fixed set on which models are compared. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from labeling.learning.actions import add_actions
from labeling.values import digest_of
from labeling.workspace.rows.learning_rows import Outlook, RoundRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from labeling.workspace.rows.learning_rows import DoneReading
    from labeling.workspace.rows.score import Measure

# Leak groups, one article of each: whether two models agree shows in a few hundred spans.
FIXED_SIZE: Final = 100


@dataclass(frozen=True)
class RoundFacts:
    """What a round found out besides what people did: see `RoundRow`, whose fields these are."""

    basis: str
    articles: int
    open: int
    dataset: str = ""
    model: str = ""
    score: Measure | None = None
    stability: float | None = None
    outlook: Outlook | None = None
    by_label: Mapping[str, Outlook] = field(default_factory=dict)
    why: str = ""


def make_round(
    before: Sequence[RoundRow], facts: RoundFacts, readings: Iterable[DoneReading], at: str, horizon: int
) -> RoundRow:
    """The next row.

    Args:
        before: The rounds before.
        facts: What it found out.
        readings: What people did since the round before.
        at: The instant, in UTC.
        horizon: For how many further articles it would be told what they are worth, where that is not known.
    """
    counted = [*readings]
    seconds = [row.seconds for row in counted if row.seconds is not None]
    unknown = Outlook(articles=horizon, gain=None, interval=None, verdict="cannot tell", why=facts.why)
    outlook = facts.outlook or unknown
    return RoundRow(
        round=number_next(before),
        at=at,
        basis=facts.basis,
        articles=facts.articles,
        new=max(facts.articles - (before[-1].articles if before else 0), 0),
        open=facts.open,
        actions=add_actions(row.actions for row in counted),
        seconds=round(sum(seconds), 1) if seconds else None,
        dataset=facts.dataset,
        model=facts.model,
        score=facts.score,
        stability=facts.stability,
        outlook=outlook,
        by_label=dict(facts.by_label),
        verdict=outlook.verdict,
        why=facts.why,
    )


def number_next(before: Sequence[RoundRow]) -> int:
    """The number of the round after these."""
    return max((row.round for row in before), default=0) + 1


def draw_fixed_set(
    groups: Mapping[str, str], seed: str, kept: Collection[str] = (), size: int = FIXED_SIZE
) -> list[str]:
    """The articles on which models are compared: drawn by hash, one a leak group, and kept while they are there.

    Args:
        groups: Article id to leak group, of all articles.
        seed: Draws them.
        kept: Those that were drawn before: as many as are there still, and others for the rest.
        size: How many.
    """
    drawn = {groups[name]: name for name in sorted(kept) if name in groups}
    first = dict[str, str]()
    for name in sorted(groups):
        first.setdefault(groups[name], name)
    order = sorted(first.keys() - drawn.keys(), key=lambda group: digest_of(f"{seed}:fixed:{group}"))
    drawn |= {group: first[group] for group in order[: max(size - len(drawn), 0)]}
    return sorted(drawn.values())
