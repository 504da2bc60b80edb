"""Front door of ``labeling audit``: gold of articles that share words -> ``audit.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.reprints.consistency import audit_gold
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.reprint import Audit


def audit(project: Project) -> Audit:
    """Compare the gold of words that two articles share, and write ``audit.json``.

    Raises:
        MissingInput: Nothing was ingested, clustered or adjudicated.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    with workspace.opened():
        found = audit_gold(
            workspace.gold.rows(),
            workspace.articles.by("id"),
            workspace.passages.rows(),
            project.file.passages.words,
            list_task_urls(workspace),
        )
        workspace.audit.write(found)
    return found
