"""Front door of ``labeling audit``: gold of articles that share words -> ``audit.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.reprints.consistency import audit_gold
from labeling.workspace.custody import keep_custody
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.reprint import Audit


def audit(project: Project) -> Audit:
    """Compare the gold of words that two articles share, and write ``audit.json``.

    Raises:
        MissingInput: Nothing was ingested, clustered or adjudicated.
        Altered: A file that it reads is not as it was left.
        Stale: Gold was made from other annotations.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    reads = (workspace.gold, workspace.articles, workspace.passages)
    with workspace.opened(), keep_custody(workspace, "audit", reads=reads, writes=(workspace.audit,)) as notes:
        notes.options["words"] = project.file.passages.words
        found = audit_gold(
            workspace.gold.rows(),
            workspace.articles.by("id"),
            workspace.passages.rows(),
            project.file.passages.words,
            list_task_urls(workspace),
        )
        workspace.audit.write(found)
    return found
