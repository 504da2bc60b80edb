"""All facts of a workspace: what the report shows, and what `labeling report --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.facts.answers import Gap
from labeling.report.facts.change_facts import tell_changes
from labeling.report.facts.facts import Facts
from labeling.report.facts.gold_facts import tell_conflicts, tell_labels, tell_trust, tell_worth
from labeling.report.facts.next_steps import WaitingWork, tell_next
from labeling.report.facts.quality_facts import tell_errors, tell_quality
from labeling.report.facts.reading_facts import tell_forecast, tell_progress, tell_speed, tell_work
from labeling.report.facts.set_aside import list_quarantined, list_removed
from labeling.report.facts.shared_facts import list_families, list_shared_pairs
from labeling.reprints.annotate_once import compute_savings
from labeling.workspace.custody_rules import LATEST_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.report.facts.answers import Answer
    from labeling.report.facts.earlier import Earlier
    from labeling.report.facts.source import FactSource
    from labeling.workspace.standing import WorkspaceStanding

# What is told from files that may be older than others.
_ANSWERED_FROM = {
    "how_far": ("gold.jsonl", "splits.jsonl"),
    "which_conflicts": ("conflicts.jsonl",),
    "weak_labels": ("gold.jsonl", "audit.json", "agreement.json", "scores.json"),
    "more_worth_it": ("curve.json",),
    "test_set": ("trust.json", "leakage.json"),
    "how_good": ("agreement.json", "scores.json"),
    "model_errors": ("mistakes.jsonl",),
    "changes": ("agreement.json", "leakage.json", LATEST_MANIFEST, "scores.json"),
}


def collect_facts(source: FactSource, standing: WorkspaceStanding, earlier: Sequence[Earlier] = ()) -> Facts:
    """Answer the twelve questions.

    Args:
        source: What the files have.
        standing: How they stand, and what comes next.
        earlier: What to compare with.

    Raises:
        DamagedFile: A file cannot be read.
        CorpusChanged: A dataset or a release is not what it was.
    """
    stale = {file.file: file.verb for file in standing.files if file.state == "stale"}
    labels, worth, trust = tell_labels(source), tell_worth(source), tell_trust(source)
    quarantine = list_quarantined(source)
    shown = source.shown
    facts = Facts(
        project=source.project.file.project.name,
        dataset=shown.corpus,
        how_far=tell_progress(source),
        how_fast=tell_speed(source),
        when_done=tell_forecast(source),
        what_next=tell_next(source, WaitingWork(standing, quarantine, labels, worth, trust)),
        which_conflicts=tell_conflicts(source),
        weak_labels=labels,
        more_worth_it=worth,
        test_set=trust,
        who_did_what=tell_work(source),
        how_good=tell_quality(source),
        model_errors=tell_errors(source),
        changes=tell_changes(source, earlier),
        removed=list_removed(source),
        quarantine=quarantine,
        agreement=shown.agreement,
        agreement_stale=shown.agreement_stale,
        scores=tuple(shown.scores),
        rounds=source.rounds,
        ledger=shown.ledger or {},
        leakage=shown.leakage,
        audit=shown.audit,
        rejects=tuple(shown.rejects),
        families=list_families(source),
        shared_pairs=list_shared_pairs(source),
        savings=tuple(compute_savings(source.findings.projected, source.findings.gold)),
    )
    aged = {name: _with_stale_gaps(getattr(facts, name), list(_list_stale(name, stale))) for name in _ANSWERED_FROM}
    return facts.model_copy(update=aged)


def _list_stale(name: str, stale: Mapping[str, str]) -> Iterator[Gap]:
    """What of an answer's files was made from others than are there now, and the verb that makes each anew."""
    for file in _ANSWERED_FROM[name]:
        if file in stale:
            yield Gap(why=f"{file} was made from other files than are there now", command=f"labeling {stale[file]}")


def _with_stale_gaps(answer: Answer, gaps: Sequence[Gap]) -> Answer:
    # What an answer says itself is told once.
    known = {gap.command for gap in answer.gaps}
    more = tuple(gap for gap in gaps if gap.command not in known)
    return answer.model_copy(update={"gaps": (*answer.gaps, *more)}) if more else answer
