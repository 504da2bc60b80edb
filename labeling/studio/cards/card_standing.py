"""How far the cards are: what is to be sent, what waits for an answer, and what was answered since the last pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.studio.cards.card_archive import read_last_cards
from labeling.studio.cards.card_plan import plan_cards, read_sent_cards
from labeling.studio.cards.card_task import card_of
from labeling.studio.cards.current_doubts import find_current_doubts
from labeling.studio.sync.closed_plan import find_further_project, list_adjudicators

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.workspace.table import Workspace

_STANDING_FIELDS = "id,data,updated_at,total_annotations,cancelled_annotations"


@dataclass(frozen=True)
class CardStanding:
    """Of the open ``conflicts``, ``not_sent`` have no card yet; of the others the card waits, was answered or skipped.

    Cards about ``doubts`` that are current are counted among those that wait, were answered or skipped, too.
    ``not_pulled`` counts cards on which something was said since the last pull. ``url`` is where cards are answered.
    """

    url: str
    conflicts: int
    not_sent: int
    waiting: int
    answered: int
    skipped: int
    not_pulled: int
    doubts: int = 0

    @property
    def next(self) -> str:
        """The command that brings the cards on; "" where it is an adjudicator's turn, or nobody's."""
        return "labeling pull" if self.not_pulled else "labeling cards" if self.not_sent else ""


def read_card_standing(project: Project, studio: Studio) -> CardStanding | None:
    """Compare the open conflicts with the cards; None where nobody decides and there never was a card.

    Raises:
        StudioError: The server did not do what was asked.
    """
    workspace = project.workspace
    link = workspace.studio_link.value_if_written()
    known = link.cards if link else None
    conflicts = [row.id for row in workspace.conflicts.rows_if_written()]
    remote = find_further_project(studio, known) if known else None
    if remote is None:
        nobody = not (known or list_adjudicators(project))
        return None if nobody else CardStanding("", len(conflicts), len(conflicts), 0, 0, 0, 0)
    rows = list(studio.list_tasks(remote.number, _STANDING_FIELDS))
    sent = read_sent_cards(rows)
    doubts = find_current_doubts(project, (card.doubt for card in sent))
    plan = plan_cards([*conflicts, *doubts], sent)
    skipped = sum(card.is_skipped for card in plan.waiting.values())
    return CardStanding(
        url=f"{studio.url}/projects/{remote.number}/data?labeling=1",
        conflicts=len(conflicts),
        not_sent=len(plan.new),
        waiting=len(plan.waiting) - skipped,
        answered=len(plan.answered),
        skipped=skipped,
        not_pulled=_count_not_pulled(workspace, rows),
        doubts=len(doubts),
    )


def remove_cards(studio: Studio, workspace: Workspace, texts: Collection[tuple[str, str]]) -> int:
    """Remove the cards of these texts of articles, and those articles as a whole, answers and all; how many.

    Raises:
        StudioError: The server did not do what was asked; it may be tried again.
    """
    link = workspace.studio_link.value_if_written()
    removed = 0
    for known in link.further if link else ():
        if find_further_project(studio, known):
            rows = list(studio.list_tasks(known.project, "id,data"))
            gone = [row["id"] for row in rows if _is_of(row["data"], texts)]
            for number in gone:
                studio.remove_task(number)
            removed += len(gone)
    return removed


def _is_of(data: Mapping[str, Any], texts: Collection[tuple[str, str]]) -> bool:
    """Whether a task is about one of these texts: a card's data have its digest under another name."""
    return any((data.get("article"), data.get(name)) in texts for name in ("text_digest", "digest"))


def _count_not_pulled(workspace: Workspace, rows: Collection[Mapping[str, Any]]) -> int:
    """How many cards have other answers than the last pull has kept: a task's time moves with each."""
    last = {task["id"]: str(task.get("updated_at")) for task in read_last_cards(workspace.pulls)}
    said = [row for row in rows if card_of(row["data"]) and (row["total_annotations"] or row["id"] in last)]
    return sum(last.get(row["id"], "") != str(row["updated_at"]) for row in said)
