"""The front door of the report: all files of a workspace -> ``report.html``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.report.findings import read_findings
from labeling.report.hidden_names import hide_readers
from labeling.report.page import render_report
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import SELF_MENDING
from labeling.workspace.pseudonyms import open_pseudonyms
from labeling.workspace.storage import write_text
from labeling.workspace.table import described

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
        Altered: A file is not as it was left.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    if not workspace.articles.exists():
        raise workspace.articles.missing()
    # The record is not a source of itself: a second report leaves the same one.
    others = SELF_MENDING | {workspace.custody.path.name}
    reads = [getattr(workspace, name) for name, file in described() if file.name not in others]
    with workspace.opened(), keep_custody(workspace, "report", reads=reads, stale=False) as notes:
        findings = read_findings(project)
        if project.file.hides_names:
            findings = hide_readers(findings, open_pseudonyms(workspace, project.file.emails))
        html = render_report(project.file.project.name, project.schema, findings)
        write_text(workspace.report, html)
        notes.written.append(workspace.report.name)
    return ReportResult(str(workspace.report))
