"""The numbers at the head of the page, and the three promises beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from labeling.report.tables.promise_tables import balances

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.report.facts.facts import Facts
    from labeling.report.findings import Findings


@dataclass(frozen=True)
class HeadlineNumber:
    """One number at the head of the page."""

    name: str
    number: int
    note: str = ""


class Promise(NamedTuple):
    """What was promised, in a few words with its sign, and the section that shows it."""

    id: str
    sentence: str
    tone: Literal["", "good", "bad"] = ""


def list_promises(findings: Findings, facts: Facts) -> Iterator[Promise]:
    """Nothing lost, nothing leaked, nothing unexplained: each with how it stands."""
    counted = [counts for accounts in (findings.ledger or {}).values() for counts in accounts.values()]
    if not counted:
        yield Promise("lost", "? no account yet")
    elif all(balances(counts) for counts in counted):
        yield Promise("lost", "✓ nothing lost", "good")
    else:
        yield Promise("lost", "! an account does not balance", "bad")
    if findings.leakage is None:
        yield Promise("leaked", "? splits not compared yet")
    elif shared := findings.leakage.shared_passages_across_splits:
        yield Promise("leaked", f"! {shared:,} shared passages", "bad")
    else:
        yield Promise("leaked", "✓ nothing leaked", "good")
    if things := len(facts.quarantine) + len(findings.rejects):
        yield Promise("unexplained", f"! {things:,} in quarantine or refused", "bad")
    else:
        yield Promise("unexplained", "✓ nothing unexplained", "good")


def list_headline_numbers(findings: Findings) -> list[HeadlineNumber]:
    """The numbers at the head of the page, in the order of the journey."""
    # Before `cluster` has run there is nothing to tell of groups.
    groups = {row.leak_group for row in findings.clusters}
    stories = {row.story for row in findings.clusters}
    annotators = {annotation.annotator for annotation in findings.annotations}
    spans = sum(len(gold.spans) for gold in findings.gold)
    numbers = [HeadlineNumber("articles", len(findings.articles), _describe_refused(findings))]
    if groups:
        numbers.append(HeadlineNumber("leak groups", len(groups), f"{len(stories)} stories: what articles are worth"))
    return [
        *numbers,
        HeadlineNumber("annotations", len(findings.annotations), f"by {len(annotators)} annotators"),
        HeadlineNumber("in quarantine", len(findings.quarantine), _describe_spoken_for(findings)),
        HeadlineNumber("gold spans", spans, f"in {len(findings.gold)} articles"),
        HeadlineNumber("open conflicts", len(findings.conflicts)),
    ]


def _describe_refused(findings: Findings) -> str:
    return f"{len(findings.rejects)} refused in the last run" if findings.rejects else ""


def _describe_spoken_for(findings: Findings) -> str:
    spoken = sum(row.kind == "spoken for another" for row in findings.quarantine)
    return f"{spoken} annotations spoken for another" if spoken else ""
