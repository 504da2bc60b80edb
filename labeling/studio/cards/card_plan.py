"""What is to be done so that each open conflict has one card on the server, and no other has one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.studio.cards.card_task import card_of, doubt_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.adjudication.gold_in_doubt import AskedDoubt


@dataclass(frozen=True)
class SentCard:
    """A card that is on the server: its task, the conflict that it is about, whether anybody has answered or skipped.

    ``data`` is what its page shows, ``doubt`` what it asks where it is not about a conflict.
    """

    task: int
    conflict: str
    is_answered: bool
    is_skipped: bool
    data: Mapping[str, Any]
    doubt: AskedDoubt | None = None


@dataclass(frozen=True)
class CardPlan:
    """Which conflicts are ``new`` there, by id; the cards that wait for an answer, those that have one, by conflict.

    ``outdated`` are cards that nobody has answered, of conflicts that are no more, or that have another card.
    """

    new: tuple[str, ...]
    waiting: dict[str, SentCard]
    answered: dict[str, SentCard]
    outdated: tuple[SentCard, ...]


def read_sent_cards(rows: Iterable[Mapping[str, Any]]) -> list[SentCard]:
    """The cards among the tasks that a server lists, in the order of their numbers; what is not a card is left out."""
    cards = [
        SentCard(
            task=row["id"],
            conflict=card_of(row["data"]),
            is_answered=bool(row["total_annotations"]),
            is_skipped=bool(row["cancelled_annotations"]) and not row["total_annotations"],
            data=row["data"],
            doubt=doubt_of(row["data"]),
        )
        for row in rows
    ]
    return sorted((card for card in cards if card.conflict), key=lambda card: card.task)


def plan_cards(conflicts: Sequence[str], sent: Iterable[SentCard]) -> CardPlan:
    """Compare the ids of all open conflicts with the cards there are: of two alike, the answered or older one stays.

    With a, b and c open, cards of a (answered), b twice and d: c is new, the second card of b and that of d are
    outdated.
    """
    is_open = set(conflicts)
    kept: dict[str, SentCard] = {}
    outdated: list[SentCard] = []
    # Answered ones first, so that of two cards the other goes.
    for card in sorted(sent, key=lambda card: (not card.is_answered, not card.is_skipped, card.task)):
        if card.conflict in is_open and card.conflict not in kept:
            kept[card.conflict] = card
        elif not card.is_answered:
            outdated.append(card)
    return CardPlan(
        new=tuple(dict.fromkeys(each for each in conflicts if each not in kept)),
        waiting={name: card for name, card in kept.items() if not card.is_answered},
        answered={name: card for name, card in kept.items() if card.is_answered},
        outdated=tuple(outdated),
    )
