"""Open conflicts as people read them: the disputed words, what is around them, and who reads them how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.report.surroundings import quote_after, quote_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.report.findings import Findings
    from labeling.workspace.rows.conflict import Conflict, Reading


@dataclass(frozen=True)
class Dispute:
    """A conflict in its surroundings."""

    article: str
    kind: str
    before: str
    text: str
    after: str
    readings: Sequence[str]


def list_disputes(findings: Findings) -> Iterator[Dispute]:
    """Each conflict with the words around it; a choice is about the whole article and has none."""
    for conflict in findings.conflicts:
        # Conflicts are of the last `adjudicate`, articles of today.
        article = findings.articles.get(conflict.article)
        text = article.text if article else ""
        whole = conflict.kind == "choice"
        yield Dispute(
            article=conflict.article,
            kind=conflict.kind,
            before="" if whole else quote_before(text, conflict.start),
            text="the whole article" if whole else text[conflict.start : conflict.end],
            after="" if whole else quote_after(text, conflict.end),
            readings=[
                *(_describe_reading(reading, conflict, text) for reading in conflict.readings),
                *(f"{name}: nothing" for name in conflict.missed_by),
            ],
        )


def _describe_reading(reading: Reading, conflict: Conflict, text: str) -> str:
    """The annotator and the label: ``ana: MEETING``; and the words, where they are not the whole disputed stretch."""
    line = f"{reading.annotator}: {reading.label}"
    same_stretch = (reading.start, reading.end) == (conflict.start, conflict.end)
    if same_stretch or conflict.kind in {"choice", "relation"}:
        return line
    return f"{line} “{text[reading.start : reading.end]}”"
