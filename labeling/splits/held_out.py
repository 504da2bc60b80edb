"""The test set as it is drawn, with what its gold was made of: all that ``trust.json`` is measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import latest_submissions, surface_of
from labeling.evaluation.agreement.views import find_suggested
from labeling.evaluation.trustworthiness import HeldOutArticle, measure_trust
from labeling.workspace.journal import load_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.annotations import Gold, Surface
    from labeling.articles import Article
    from labeling.workspace.custody import CustodyFile
    from labeling.workspace.rows.assignment import SplitAssignment, SplitName
    from labeling.workspace.rows.trust import Trust
    from labeling.workspace.table import Workspace


def list_trust_files(workspace: Workspace) -> tuple[CustodyFile, ...]:
    """The files that tell how gold was made."""
    return workspace.annotations, workspace.kept, workspace.users


def find_trust(workspace: Workspace, rows: Sequence[SplitAssignment], gold: Mapping[str, Gold]) -> Trust:
    """How much scores on the test split can be relied on.

    Args:
        workspace: What was annotated.
        rows: The splits; they need not be written yet.
        gold: Gold by article.
    """
    articles = workspace.articles.by("id")
    usable = {name: each for name, each in gold.items() if each.usable and name in articles}

    def list_split(split: SplitName) -> Iterator[tuple[SplitAssignment, Article, Gold]]:
        for row in rows:
            if row.split == split and row.article in usable:
                yield row, articles[row.article], usable[row.article]

    trained_on: set[Surface] = {
        surface_of(span.label, article.text[span.start : span.end])
        for _, article, own in list_split("train")
        for span in own.spans
    }
    said = workspace.annotations.grouped_by("article")
    users = workspace.users.value_if_written()
    was_suggested = find_suggested(
        workspace.kept.rows_if_written(), users.emails if users else {}, load_journal(workspace.pushed.path)
    )
    return measure_trust(
        (
            HeldOutArticle(
                text=article.text,
                leak_group=row.leak_group,
                gold=own,
                said=[
                    one
                    for one in latest_submissions(said.get(article.id, ()), own.digest).values()
                    if one.annotator in own.annotators
                ],
            )
            for row, article, own in list_split("test")
        ),
        trained_on,
        was_suggested,
    )
