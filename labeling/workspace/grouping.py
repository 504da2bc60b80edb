"""The leak group of each article, as the workspace has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.articles import group_by_text

if TYPE_CHECKING:
    from labeling.workspace.table import Workspace


def read_leak_groups(workspace: Workspace) -> dict[str, str]:
    """The leak group of each article by its id: the one in ``clusters.jsonl``, else that of its identical texts.

    Raises:
        MissingInput: Nothing was ingested.
        DamagedFile: A line of one of the files is not a row of it.
    """
    groups = group_by_text(workspace.articles.rows())
    return groups | {row.article: row.leak_group for row in workspace.clusters.rows_if_written()}
