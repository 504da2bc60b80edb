"""All that a workspace knows, as its files hold it: what the report is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_decisions_today
from labeling.adjudication.precedents import list_contradictions
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.ledger import sum_ledger
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import read_value
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.adjudication.precedents import Contradiction
    from labeling.annotations import Annotation, Gold, QuarantineRow
    from labeling.articles import Article, Reject
    from labeling.ledger import Sums
    from labeling.project import Project
    from labeling.workspace.rows.agreements import Agreement
    from labeling.workspace.rows.assignment import Leakage, SplitAssignment
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.passage import ClusterRow, Passage
    from labeling.workspace.rows.reprint import Audit, ProjectedRow
    from labeling.workspace.rows.score import Curve, Score
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class Findings:
    """The contents of a workspace; a file that is not there yet is empty here.

    ``articles`` are by id. ``task_pages`` are the addresses of articles in Label Studio. ``agreement_stale`` is true
    when words came since agreement was measured. ``words`` is the least length of a passage, as the project file
    has it.
    """

    articles: Mapping[str, Article] = field(default_factory=dict)
    rejects: Sequence[Reject] = ()
    annotations: Sequence[Annotation] = ()
    quarantine: Sequence[QuarantineRow] = ()
    gold: Sequence[Gold] = ()
    conflicts: Sequence[Conflict] = ()
    contradictions: Sequence[Contradiction] = ()
    task_pages: Mapping[str, str] = field(default_factory=dict)
    assignments: Sequence[SplitAssignment] = ()
    ledger: Sums | None = None
    scores: Sequence[Score] = ()
    corpus: str = ""
    agreement: Agreement | None = None
    agreement_stale: bool = False
    clusters: Sequence[ClusterRow] = ()
    passages: Sequence[Passage] = ()
    words: int = 12
    projected: Sequence[ProjectedRow] = ()
    audit: Audit | None = None
    leakage: Leakage | None = None
    curve: Curve | None = None

    @cached_property
    def split_of(self) -> Mapping[str, str]:
        """The split of each article that was assigned, "none" where it has no place in any."""
        return {each.article: each.split or "none" for each in self.assignments}

    @cached_property
    def group_of(self) -> Mapping[str, str]:
        """The leak group of each article that was clustered."""
        return {row.article: row.leak_group for row in self.clusters}


def read_findings(project: Project) -> Findings:
    """Read the files of a project's workspace.

    Raises:
        MissingInput: Nothing was ingested.
        DamagedFile: One of the files cannot be read.
    """
    workspace = project.workspace
    # Each file is optional, so that the page can be made at any point of the journey.
    compiled = (workspace.latest / MANIFEST).exists()
    agreement = workspace.agreement.value_if_written()
    # Indexed, not read: few of the articles are shown.
    articles = workspace.articles.by("id")
    return Findings(
        articles=articles,
        rejects=list(workspace.rejects.rows_if_written()),
        annotations=list(workspace.annotations.rows_if_written()),
        quarantine=list(workspace.quarantine.rows_if_written()),
        gold=list(workspace.gold.rows_if_written()),
        conflicts=list(workspace.conflicts.rows_if_written()),
        contradictions=list_contradictions(read_decisions_today(project), articles),
        task_pages=list_task_urls(workspace),
        assignments=list(workspace.splits.rows_if_written()),
        ledger=_read_sums(workspace, compiled=compiled),
        scores=_read_scores(workspace),
        corpus=workspace.latest.resolve().name if compiled else "",
        agreement=agreement,
        agreement_stale=agreement is not None and _is_stale(agreement, workspace),
        clusters=list(workspace.clusters.rows_if_written()),
        passages=list(workspace.passages.rows_if_written()),
        words=project.file.passages.words,
        projected=list(workspace.projected.rows_if_written()),
        audit=workspace.audit.value_if_written(),
        leakage=workspace.leakage.value_if_written(),
        curve=workspace.curve.value_if_written(),
    )


def _is_stale(agreement: Agreement, workspace: Workspace) -> bool:
    """Whether other words are there than agreement was measured on, first ones or those of today."""
    settled_on = agreement.settled_on and describe_input(workspace.annotations.path).sha256
    return (agreement.annotations, agreement.settled_on) != (
        describe_input(workspace.measured.path).sha256,
        settled_on,
    )


def _read_sums(workspace: Workspace, *, compiled: bool) -> Sums | None:
    """Both accounts as the manifest has them; before a compile, the first one."""
    # The manifest has the accounts of the targets, too.
    if compiled:
        return read_value(workspace.latest / MANIFEST, Manifest).ledger
    return sum_ledger(list(workspace.ledger.rows_if_written())) or None


def _read_scores(workspace: Workspace) -> list[Score]:
    """The scores, the best first."""
    scores = workspace.scores.value_if_written()
    if scores is None:
        return []
    return sorted(scores.root.values(), key=lambda score: (-(score.exact.micro.f1 or 0.0), score.annotator))
