"""All facts of a workspace: what the report shows, and what `labeling report --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.facts.change_facts import tell_changes
from labeling.report.facts.facts import Facts
from labeling.report.facts.gold_facts import tell_conflicts, tell_labels, tell_trust, tell_worth
from labeling.report.facts.next_steps import WaitingWork, tell_next
from labeling.report.facts.quality_facts import tell_errors, tell_quality
from labeling.report.facts.reading_facts import tell_forecast, tell_progress, tell_speed, tell_work
from labeling.report.facts.set_aside import list_quarantined, list_removed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.report.facts.earlier import Earlier
    from labeling.report.facts.source import FactSource
    from labeling.workspace.standing import WorkspaceStanding


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
    labels, worth, trust = tell_labels(source), tell_worth(source), tell_trust(source)
    quarantine = list_quarantined(source)
    shown = source.shown
    return Facts(
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
    )
