"""Which of the doubts that were put to adjudicators are current: gold is as it was, and nobody has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.gold_in_doubt import pose_doubt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.adjudication.gold_in_doubt import AskedDoubt, GoldInDoubt
    from labeling.project import Project


def find_current_doubts(project: Project, asked: Iterable[AskedDoubt | None]) -> dict[str, GoldInDoubt]:
    """The questions that are to be put today, by their ids, in their order; empty without gold.

    Raises:
        DamagedFile: A file of the workspace has a line that is not a row of it.
    """
    workspace, labels = project.workspace, project.schema.label_names
    wanted = {each.id: each for each in asked if each}
    if not wanted or not (workspace.gold.exists() and workspace.articles.exists()):
        return {}
    articles, gold = workspace.articles.by("id"), workspace.gold.by("article")
    decided = {row.conflict for row in workspace.decisions.rows_if_written() if not row.inherited_from}
    posed = (
        pose_doubt(each, articles.get(each.article), gold.get(each.article), labels)
        for name, each in wanted.items()
        if name not in decided
    )
    return {each.id: each for each in posed if each}
