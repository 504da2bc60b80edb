"""``labeling report``: everything the workspace knows, on one page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
from pydantic import RootModel

from labeling.annotations import Annotation, Gold, LedgerRow, Quarantined
from labeling.articles import Article, Reject
from labeling.corpora.checksums import input_at
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.ledger import sums
from labeling.report import page
from labeling.report.page import Findings
from labeling.rows.assignment import Assignment
from labeling.rows.conflict import Conflict
from labeling.rows.passage import Clustered
from labeling.rows.reprint import Audit, Projected
from labeling.rows.score import Agreement, Curve, Score
from labeling.verbs.options import json_option, show, with_project
from labeling.workspace import missing, read_value, rows_or_none, write_text

if TYPE_CHECKING:
    from labeling.ledger import Sums
    from labeling.project import Project
    from labeling.workspace import Workspace


@dataclass(frozen=True)
class Report:
    """Where the page lies."""

    page: str


def report(project: Project) -> Report:
    """Write ``report.html`` from whatever files there are.

    Raises:
        MissingInput: Nothing was ingested.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    if not workspace.articles.exists():
        raise missing(workspace.articles)
    with workspace.opened():
        findings = _findings(workspace, project.file.passages.words)
        html = page.report(project.file.project.name, project.schema, findings)
        write_text(workspace.report, html)
    return Report(str(workspace.report))


@click.command("report")
@json_option
@with_project
def report_cli(project: Project, *, as_json: bool) -> int:
    r"""Put the numbers on one page that people look at.

    The page stands alone, without scripts or anything from elsewhere: mail it, keep it.

    \b
    Example:
      labeling evaluate && labeling report
      xdg-open exports/diplomatic/report.html
    """
    show(asdict(report(project)), as_json=as_json)
    return 0


def _findings(workspace: Workspace, words: int) -> Findings:
    from labeling.rows.assignment import Leakage
    from labeling.rows.passage import Passage
    from labeling.studio.sync.task_urls import task_pages

    compiled = (workspace.latest / MANIFEST).exists()
    agreement = read_value(workspace.agreement, Agreement) if workspace.agreement.exists() else None
    return Findings(
        articles=rows_or_none(workspace.articles, Article),
        rejects=rows_or_none(workspace.rejects, Reject),
        annotations=rows_or_none(workspace.annotations, Annotation),
        quarantine=rows_or_none(workspace.quarantine, Quarantined),
        gold=rows_or_none(workspace.gold, Gold),
        conflicts=rows_or_none(workspace.conflicts, Conflict),
        task_pages=task_pages(workspace),
        assignments=rows_or_none(workspace.splits, Assignment),
        ledger=_sums(workspace, compiled=compiled),
        scores=_scores(workspace),
        corpus=workspace.latest.resolve().name if compiled else "",
        agreement=agreement,
        agreement_stale=agreement is not None and agreement.annotations != input_at(workspace.annotations).sha256,
        clusters=rows_or_none(workspace.clusters, Clustered),
        passages=rows_or_none(workspace.passages, Passage),
        words=words,
        projected=rows_or_none(workspace.projected, Projected),
        curve=read_value(workspace.curve, Curve) if workspace.curve.exists() else None,
        leakage=read_value(workspace.leakage, Leakage) if workspace.leakage.exists() else None,
        audit=read_value(workspace.audit, Audit) if workspace.audit.exists() else None,
    )


def _sums(workspace: Workspace, *, compiled: bool) -> Sums | None:
    """Both accounts as the manifest has them; before a compile, the first one."""
    if compiled:
        return read_value(workspace.latest / MANIFEST, Manifest).ledger
    return sums(rows_or_none(workspace.ledger, LedgerRow)) or None


def _scores(workspace: Workspace) -> list[Score]:
    """The scores, the best first."""
    if not workspace.scores.exists():
        return []
    scores = read_value(workspace.scores, RootModel[dict[str, Score]]).root.values()
    return sorted(scores, key=lambda score: (-(score.exact.micro.f1 or 0.0), score.annotator))
