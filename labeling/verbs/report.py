"""``labeling report``: everything the workspace knows, on one page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.ledger import sum_ledger
from labeling.report import page
from labeling.report.page import Findings
from labeling.verbs.options import json_option, show, with_project
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import read_value, write_text

if TYPE_CHECKING:
    from labeling.ledger import Sums
    from labeling.project import Project
    from labeling.workspace.rows.score import Score
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class ReportResult:
    """Where the page lies."""

    page: str


def write_report(project: Project) -> ReportResult:
    """Write ``report.html`` from whatever files there are.

    Raises:
        MissingInput: Nothing was ingested.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    if not workspace.articles.exists():
        raise workspace.articles.missing()
    with workspace.opened():
        findings = _read_findings(workspace, project.file.passages.words)
        html = page.render_report(project.file.project.name, project.schema, findings)
        write_text(workspace.report, html)
    return ReportResult(str(workspace.report))


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
    show(asdict(write_report(project)), as_json=as_json)
    return 0


def _read_findings(workspace: Workspace, words: int) -> Findings:
    from labeling.workspace.task_urls import list_task_urls

    compiled = (workspace.latest / MANIFEST).exists()
    agreement = workspace.agreement.value_if_written()
    return Findings(
        articles=list(workspace.articles.rows_if_written()),
        rejects=list(workspace.rejects.rows_if_written()),
        annotations=list(workspace.annotations.rows_if_written()),
        quarantine=list(workspace.quarantine.rows_if_written()),
        gold=list(workspace.gold.rows_if_written()),
        conflicts=list(workspace.conflicts.rows_if_written()),
        task_pages=list_task_urls(workspace),
        assignments=list(workspace.splits.rows_if_written()),
        ledger=_read_sums(workspace, compiled=compiled),
        scores=_read_scores(workspace),
        corpus=workspace.latest.resolve().name if compiled else "",
        agreement=agreement,
        agreement_stale=agreement is not None
        and agreement.annotations != describe_input(workspace.annotations.path).sha256,
        clusters=list(workspace.clusters.rows_if_written()),
        passages=list(workspace.passages.rows_if_written()),
        words=words,
        projected=list(workspace.projected.rows_if_written()),
        curve=workspace.curve.value_if_written(),
        leakage=workspace.leakage.value_if_written(),
        audit=workspace.audit.value_if_written(),
    )


def _read_sums(workspace: Workspace, *, compiled: bool) -> Sums | None:
    """Both accounts as the manifest has them; before a compile, the first one."""
    if compiled:
        return read_value(workspace.latest / MANIFEST, Manifest).ledger
    return sum_ledger(list(workspace.ledger.rows_if_written())) or None


def _read_scores(workspace: Workspace) -> list[Score]:
    """The scores, the best first."""
    if not workspace.scores.exists():
        return []
    scores = workspace.scores.value().root.values()
    return sorted(scores, key=lambda score: (-(score.exact.micro.f1 or 0.0), score.annotator))
