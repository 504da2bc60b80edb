"""The front door of the report: all files of a workspace -> ``report.html``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.report.findings import read_findings
from labeling.report.page import render_report
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from labeling.project import Project


@dataclass(frozen=True)
class ReportResult:
    """The path of the page."""

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
        findings = read_findings(workspace, project.file.passages.words)
        html = render_report(project.file.project.name, project.schema, findings)
        write_text(workspace.report, html)
    return ReportResult(str(workspace.report))
