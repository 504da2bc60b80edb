"""The rows of decisions.jsonl: what adjudicators decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from labeling.annotations import Annotation
from labeling.values import Frozen
from labeling.workspace.rows.conflict import DecidedKind, Item
from labeling.workspace.rows.server_state import ServerNumber, check_written_instant

if TYPE_CHECKING:
    from collections.abc import Sized

# Why a decision was needed, as far as the adjudicator says so.
DecisionReason: TypeAlias = Literal["", "slip", "guideline silent", "ambiguous"]


def _is_omitted(value: Sized) -> bool:
    return not value


class Decision(Frozen):
    """What an adjudicator decided of one conflict: of the items that were ``judged``, the ``accepted`` ones stand.

    Accepted may be what nobody had drawn. ``what`` and ``start``..``end`` are those of the conflict, and ``beside`` is
    what all agreed on there and nobody asked about. ``decision`` is the answer: ``a``, ``b`` ... for one of the
    versions, ``both``, ``neither``, ``other``. ``by`` is the adjudicator, ``why`` the reason if one was given, ``at``
    the instant; ``task`` and ``server_id`` are the server's numbers of the card and of the answer.

    ``article`` as ``what``: the adjudicator's annotation of the whole article, in ``words``; then there are no items.
    ``inherited_from`` is the article on which it was decided, where this one shares its words.
    """

    conflict: str
    article: str
    digest: str
    what: DecidedKind
    start: int
    end: int
    judged: tuple[Item, ...] = ()
    accepted: tuple[Item, ...] = ()
    decision: str
    by: str
    why: DecisionReason = ""
    at: Annotated[str, AfterValidator(check_written_instant)]
    task: ServerNumber | None = None
    server_id: ServerNumber | None = None
    # Left out where they are empty, as nearly everywhere.
    beside: tuple[Item, ...] = Field(default=(), exclude_if=_is_omitted)
    inherited_from: str = Field(default="", exclude_if=_is_omitted)
    words: Annotation | None = Field(default=None, exclude_if=lambda words: words is None)
