"""The versions of a conflict, among which an adjudicator decides, and the decision that an answer makes. Pure."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from labeling.workspace.rows.conflict import item_of, sort_items
from labeling.workspace.rows.decision_row import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.workspace.rows.conflict import Conflict, Item

# The answers besides one of the versions, which are `a`, `b` and so on.
BOTH = "both"
NEITHER = "neither"
OTHER = "other"


def versions_of(conflict: Conflict) -> list[tuple[Item, ...]]:
    """The versions among which is to be decided: each annotator's items, what was decided before, each once.

    Sorted by their items, which does not tell whose they are; where gold is in question, what it has comes first. Who
    marked nothing has no version: that is ``neither``.
    Ana has PERSON 0..9, Ben and Cyd PERSON 0..4: the versions are ``[PERSON 0..4]`` and ``[PERSON 0..9]``.
    """
    said: dict[str, set[Item]] = {}
    for reading in conflict.readings:
        said.setdefault(reading.annotator, set()).add(item_of(reading, conflict.what))
    versions = {sort_items(items) for items in (*said.values(), conflict.decided) if items}
    first = sort_items(conflict.in_gold)
    return sorted(versions, key=lambda version: (version != first, [item.key for item in version]))


def name_answer(conflict: Conflict, accepted: Iterable[Item]) -> str:
    """The answer that accepts these items: ``a`` for the first version, ``both`` for all, ``neither``, ``other``."""
    chosen, versions = sort_items(accepted), versions_of(conflict)
    if not chosen:
        return NEITHER
    if chosen in versions:
        return name_version(versions.index(chosen))
    return BOTH if chosen == sort_items(item for version in versions for item in version) else OTHER


def name_version(number: int) -> str:
    """What the version is called that has this place among them, from 0: ``a``, ``b``; after ``z`` comes ``27``."""
    return ascii_lowercase[number] if number < len(ascii_lowercase) else str(number + 1)


def decide_conflict(conflict: Conflict, accepted: Iterable[Item], by: str, at: str) -> Decision:
    """The decision that these items stand, and nothing else that is in dispute there or was decided there before.

    Args:
        conflict: The question.
        accepted: What is to stand, be it in dispute, or drawn by nobody.
        by: The adjudicator, as annotators are named.
        at: When, an ISO instant.
    """
    chosen = sort_items(accepted)
    return Decision(
        conflict=conflict.id,
        article=conflict.article,
        digest=conflict.digest,
        what=conflict.what,
        start=conflict.start,
        end=conflict.end,
        judged=sort_items([*conflict.items, *conflict.decided]),
        accepted=chosen,
        decision=name_answer(conflict, chosen),
        by=by,
        at=at,
        beside=conflict.beside,
    )
