"""What is not in gold, and why: what a migration removed, by decision; and what is in quarantine, by a fault."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.annotations import DEFECTS_BY_RULE
from labeling.report.facts.people_and_models import QuarantinedThing, RemovedThing

if TYPE_CHECKING:
    from labeling.annotations import QuarantineRow
    from labeling.report.facts.source import FactSource


def list_removed(source: FactSource) -> tuple[RemovedThing, ...]:
    """What the project file's migrations removed or merged, by kind and reason, the most frequent first."""
    found = defaultdict[tuple[str, str], list["QuarantineRow"]](list)
    for row in source.findings.quarantine:
        if row.kind in DEFECTS_BY_RULE:
            found[row.what, source.cast.hide(row.reason)].append(row)
    ranked = sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))
    return tuple(
        RemovedThing(what=what, why=why, count=len(rows), articles=tuple(sorted({row.article for row in rows})))
        for (what, why), rows in ranked
    )


def list_quarantined(source: FactSource) -> tuple[QuarantinedThing, ...]:
    """What is in quarantine by a fault, each with its person, article, task and page."""
    return tuple(
        QuarantinedThing(
            article=row.article,
            person=source.cast.call(row.annotator) if row.annotator else "",
            what=row.what,
            id=row.id,
            kind=row.kind,
            why=source.cast.hide(row.reason),
            task=row.task,
            link=source.link(row.article),
        )
        for row in source.findings.quarantine
        if row.kind not in DEFECTS_BY_RULE
    )
