"""The front door of the report: all files of a workspace -> ``report.html``, and its facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.report.facts.cast import Cast
from labeling.report.facts.collect_facts import collect_facts
from labeling.report.facts.earlier import open_earlier
from labeling.report.facts.source import FactSource
from labeling.report.findings import read_findings
from labeling.report.hidden_names import hide_readers
from labeling.report.page import render_report
from labeling.studio.sync.next_step import read_project_standing
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import SELF_MENDING
from labeling.workspace.pseudonyms import open_pseudonyms
from labeling.workspace.storage import write_text
from labeling.workspace.table import described

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from labeling.project import Project
    from labeling.report.facts.facts import Facts


@dataclass(frozen=True)
class ReportResult:
    """The path of the page, and the facts that it shows."""

    page: str
    facts: Facts


def write_report(project: Project, against: Sequence[Path] = ()) -> ReportResult:
    """Write ``report.html`` from whatever files there are.

    Args:
        project: Whose workspace.
        against: What to compare with: datasets, releases, ``scores.json``, facts of an earlier report, or workspaces;
            of several that know a thing the first counts.

    Raises:
        MissingInput: Nothing was ingested.
        Altered: A file is not as it was left.
        DamagedFile: A file of the workspace cannot be read.
        UsageError: What to compare with is none of these.
        CorpusChanged: A dataset or a release to compare with is not what it was.
    """
    workspace = project.workspace
    if not workspace.articles.exists():
        raise workspace.articles.missing()
    earlier = [open_earlier(path, workspace) for path in against]
    standing = read_project_standing(project)
    # The record is not a source of itself: a second report leaves the same one.
    others = SELF_MENDING | {workspace.custody.path.name}
    reads = [getattr(workspace, name) for name, file in described() if file.name not in others]
    with workspace.opened(), keep_custody(workspace, "report", reads=reads, stale=False) as notes:
        source = _read_source(project)
        facts = collect_facts(source, standing, earlier)
        html = render_report(project.file.project.name, project.schema, source.shown, facts)
        write_text(workspace.report, html)
        notes.written.append(workspace.report.name)
    return ReportResult(str(workspace.report), facts)


def _read_source(project: Project) -> FactSource:
    """All that the workspace knows, and how the report calls people."""
    findings = read_findings(project)
    if not project.file.hides_names:
        return FactSource(project, findings, findings, Cast(project, None))
    names = open_pseudonyms(project.workspace, project.file.emails)
    return FactSource(project, findings, hide_readers(findings, names), Cast(project, names))
