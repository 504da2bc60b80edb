"""What the answers are made of: the files of a workspace, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.people.reading_progress import count_reading_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.annotations import Annotation
    from labeling.people.reading_progress import ReadingProgress
    from labeling.project import Project
    from labeling.report.facts.cast import Cast
    from labeling.report.findings import Findings
    from labeling.workspace.rows.forecast import WorkForecast
    from labeling.workspace.rows.learning_rows import RoundRow
    from labeling.workspace.rows.score import Score
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class FactSource:
    """A project and its findings: ``findings`` as the files have them, ``shown`` as the report calls people."""

    project: Project
    findings: Findings
    shown: Findings
    cast: Cast

    @property
    def workspace(self) -> Workspace:
        """The workspace of the project."""
        return self.project.workspace

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The digest of the text of each article."""
        return {article.id: article.digest for article in self.workspace.articles.rows()}

    @cached_property
    def progress(self) -> ReadingProgress:
        """How far the reading is, people by address."""
        rules = read_adjudication_rules(self.project)

        def is_reading(one: Annotation) -> bool:
            return not (rules.is_answer(one) or rules.is_adjudicator(one))

        plan = self.workspace.assignments.rows_if_written()
        find = self.cast.addresses.find
        return count_reading_progress(self.findings.annotations, self.digests, plan, find, is_reading)

    @cached_property
    def rounds(self) -> tuple[RoundRow, ...]:
        """The rounds of the loop."""
        return tuple(self.workspace.rounds.rows_if_written())

    @cached_property
    def best_model(self) -> Score | None:
        """The model with the highest F1 on the test set, None where no model was scored."""
        return next((score for score in self.shown.scores if score.annotator.startswith("model:")), None)

    @cached_property
    def forecast(self) -> WorkForecast | None:
        """The pace of readers, by address, and when they will be done; None where nobody has submitted anything."""
        return None

    def link(self, article: str) -> str:
        """The page of an article in Label Studio, "" for one that was not sent."""
        return self.findings.task_pages.get(article, "")
