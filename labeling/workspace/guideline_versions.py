"""Which guidelines were in force when, by ``asked.jsonl``, and what an annotation was made under. Pure.

Each row of an item names the guidelines under which it was first asked for. Where only their words changed, a row of
its own says so: its item is ``guidelines``. An example: PERSON is asked for since Monday, under guidelines 1; WHEN
since Wednesday, under guidelines 2; on Friday a definition changed, and a row ``guidelines`` names guidelines 3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.workspace.asking import parse_instant, sent_at
from labeling.workspace.rows.asked_item import GUIDELINES_ITEM, AskedItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from labeling.annotations import Annotation


@dataclass(frozen=True)
class GuidelinePeriod:
    """Guidelines in force ``since`` an instant of the server, by the digest of their text."""

    since: str
    digest: str


def list_periods(asked: Iterable[AskedItem]) -> list[GuidelinePeriod]:
    """The guidelines that were in force one after the other, by the rows of ``asked.jsonl``; the latest is the last.

    Of several at one instant, which only workspaces of before have, the one that most rows name counts.
    """
    told: dict[datetime, Counter[tuple[str, str]]] = {}
    for row in asked:
        told.setdefault(parse_instant(row.since), Counter())[row.guidelines, row.since] += 1
    periods = list[GuidelinePeriod]()
    for instant in sorted(told):
        (digest, since), _ = min(told[instant].items(), key=lambda each: (-each[1], each[0]))
        if not periods or periods[-1].digest != digest:
            periods.append(GuidelinePeriod(since, digest))
    return periods


def find_period(periods: Sequence[GuidelinePeriod], annotation: Annotation) -> GuidelinePeriod | None:
    """The guidelines an annotation was made under: the latest that were in force before its author last sent it.

    None for what was made elsewhere, or before anything was recorded.
    """
    if annotation.imported or annotation.imported_as:
        return None
    sent = sent_at(annotation)
    earlier = [period for period in periods if parse_instant(period.since) < sent]
    return earlier[-1] if earlier else None


def find_period_at(periods: Sequence[GuidelinePeriod], instant: datetime) -> GuidelinePeriod | None:
    """The guidelines in force at an instant; None before the first."""
    earlier = [period for period in periods if parse_instant(period.since) <= instant]
    return earlier[-1] if earlier else None


def keep_periods(
    before: Iterable[AskedItem], asked: Sequence[AskedItem], now: str, schema_digest: str, guidelines: str
) -> list[AskedItem]:
    """The rows of ``asked.jsonl`` with those that tell which guidelines were in force, where no item's row does.

    Args:
        before: The rows as they are.
        asked: The rows of the items that are asked for from now on.
        now: The server's time.
        schema_digest: The digest of the schema as it is now.
        guidelines: The digest of the guidelines as they are now.
    """
    earlier = list(before)
    rows = [*asked]
    # An item that is gone takes with it what its row told of the guidelines.
    for period in list_periods(earlier):
        if not any(row.since == period.since and row.guidelines == period.digest for row in rows):
            schema = next(
                row.schema_digest for row in earlier if (row.since, row.guidelines) == (period.since, period.digest)
            )
            rows.append(_period_row(period.since, schema, period.digest))
    latest = list_periods(rows)
    if not latest or latest[-1].digest != guidelines:
        rows.append(_period_row(now, schema_digest, guidelines))
    return sorted(rows, key=lambda row: (row.item, row.since))


def _period_row(since: str, schema_digest: str, guidelines: str) -> AskedItem:
    return AskedItem(item=GUIDELINES_ITEM, since=since, schema_digest=schema_digest, guidelines=guidelines)
