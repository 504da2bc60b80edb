"""What the answers are made of: the files of a workspace, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.people.forecast_work import forecast_work, list_dated_readings
from labeling.people.reading_progress import count_reading_progress
from labeling.workspace.rows.first_submission import first_submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from labeling.annotations import Annotation
    from labeling.people.reading_progress import ReadingProgress
    from labeling.project import Project
    from labeling.report.facts.cast import Cast
    from labeling.report.findings import Findings
    from labeling.workspace.rows.first_submission import FirstSubmission
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
        """The pace of readers, by address, and when they will be done; None where nobody has submitted on a server."""
        known, people = self.progress, self.project.file.people
        were_readers = {row.reader for row in self.workspace.assignments.rows_if_written()}
        others = set(people.adjudicators) - were_readers if people else set()
        readings = list_dated_readings(self._first_words(), self.cast.addresses, others)
        if not readings:
            return None
        plan = {reader: each.open for reader, each in known.readers.items() if each.open is not None}
        left = plan if known.planned is not None else known.articles - known.finished
        return forecast_work(readings, left, self._last_day(max(each.day for each in readings)))

    def _first_words(self) -> Iterable[FirstSubmission]:
        """What each submitted first; in a workspace of before, what they say today."""
        if self.workspace.first.exists():
            return self.workspace.first.rows()
        submitted = (one for one in self.findings.annotations if one.by_person and one.state == "submitted")
        return (first_submission(one, "import" if one.imported else "pull") for one in submitted)

    def _last_day(self, latest: date) -> date:
        """The day of the last pull; where that is not known, of the last submission."""
        pulled = self.workspace.watermark.value_if_written()
        return max(datetime.fromisoformat(pulled.seen).astimezone(UTC).date(), latest) if pulled else latest

    def link(self, article: str) -> str:
        """The page of an article in Label Studio, "" for one that was not sent."""
        return self.findings.task_pages.get(article, "")
