"""Where a person finds an article in Label Studio's page: known from our own files, without asking the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.workspace import journal

if TYPE_CHECKING:
    from labeling.workspace.table import Workspace


# On a server of ours a page at an address with this shows whoever opens it their own annotation, or a new one: without
# it, Label Studio opens the last annotation there is, for editing, whosever it is.
OWN = "&own=1"


def list_task_urls(workspace: Workspace) -> dict[str, str]:
    """The address of each article's task, as last pushed; of two texts of an article, the later task's.

    Raises:
        DamagedFile: ``studio.json`` or ``pushed.jsonl`` cannot be read.
    """
    if not workspace.studio_link.exists():
        return {}
    link = workspace.studio_link.value()
    rows = sorted(journal.load_journal(workspace.pushed.path).values(), key=lambda row: row.task or 0)
    return {row.article: f"{link.url}/projects/{link.project}/data?task={row.task}{OWN}" for row in rows if row.task}
