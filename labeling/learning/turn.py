"""One round on its way: its steps, each told with its time, in the order in which `learn` takes them."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO, TypeVar

from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.manifest import NAME_LENGTH
from labeling.errors import NothingToCompile, NothingToLearn, ProjectFileError
from labeling.learning.actions import add_actions
from labeling.learning.open_articles import read_state
from labeling.learning.readings import record_readings
from labeling.learning.round_order import compare_on_fixed_set, find_last_model, with_model, write_queue
from labeling.learning.rounds import RoundFacts, make_round, number_next
from labeling.learning.trained_model import RoundTraining, find_trained_model, measure_model, train_model
from labeling.passages.cluster import cluster
from labeling.reprints.carry import carry
from labeling.splits.split import split
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.suggestions.suggest import suggest
from labeling.training.split_data import read_split_data
from labeling.values import format_percent
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_record import CustodyRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from labeling.corpora.compile_dataset import CompileResult
    from labeling.learning.open_articles import ReadingState
    from labeling.learning.trained_model import TrainedModel
    from labeling.project import LearningSection, Project
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.learning_rows import DoneReading, RoundRow

    # Called with how much is done, and of how much.
    Progress = Callable[[int, int], None]

Came = TypeVar("Came")


@dataclass(frozen=True)
class LearnStep:
    """A step that was done: its verb, the seconds it took, and what came of it, for people."""

    verb: str
    seconds: float
    said: str


@dataclass(frozen=True)
class LearnOptions:
    """How a round is gone through.

    Attributes:
        seed: Of every random number in training, and ``steps`` the most updates.
        verdict: Whether to tell what more articles are worth, at the price of two further trainings on everything.
        pace: How long to wait for another command, and for requests whose answer was lost.
        log: Where what training tells goes.
        show: Opens the progress of a step, by its verb.
        tell: Called with each step when it is done.
    """

    seed: int = 1
    steps: int | None = None
    verdict: bool = True
    pace: Pace = field(default_factory=Pace)
    log: TextIO = sys.stderr
    show: Callable[[str], AbstractContextManager[Progress]] = lambda _verb: nullcontext(lambda _done, _all: None)
    tell: Callable[[LearnStep], None] = lambda _step: None


USUAL_OPTIONS: LearnOptions = LearnOptions()


def section_of(project: Project) -> LearningSection:
    """[learning] of a project file.

    Raises:
        ProjectFileError: It has none.
    """
    if project.file.learning is None:
        raise ProjectFileError(
            f"{project.path} has no [learning]: it states which articles chance chooses, before a model chooses any",
            todo="add the line [learning] to it; docs/learning.md says what it does",
            where=str(project.path),
        )
    return project.file.learning


@dataclass
class LearnTurn:
    """One round on its way: what is done, and what people did since the last one."""

    project: Project
    section: LearningSection
    server: Credentials | None
    options: LearnOptions
    done: list[LearnStep] = field(default_factory=list)
    readings: list[DoneReading] = field(default_factory=list)

    def step(self, verb: str, work: Callable[[Progress], tuple[Came, str]]) -> Came:
        """Do one step, and tell how long it took and what came of it."""
        begun = time.monotonic()
        with self.options.show(verb) as progress:
            came, said = work(progress)
        self.done.append(LearnStep(verb, round(time.monotonic() - begun, 2), said))
        self.options.tell(self.done[-1])
        return came

    def bring_words(self, before: Sequence[RoundRow]) -> None:
        """Fetch what people said and did, reconcile it, and find what shares words, as far as there is any of it."""
        workspace = self.project.workspace
        if workspace.studio_link.exists():
            self.step("pull", self._pull)
        if CustodyRecord(workspace).state(workspace.clusters.path.name) not in {"made", "adopted"}:
            self.step("cluster", self._cluster)
        if not workspace.annotations.exists():
            return
        self.step("count", lambda _progress: self._count(before))
        # Before gold: what adjudicators decided is inherited by reprints.
        if self.project.file.reprints.annotate_once:
            self.step("carry", self._carry)
        self.step("adjudicate", self._adjudicate)

    def divide(self) -> None:
        """Give what is gold its split."""
        self.step("split", self._split)

    def make_dataset(self) -> tuple[str, str]:
        """Split and compile: the dataset's digest; or why nothing can be trained on it."""
        if not self.project.workspace.gold.exists():
            return "", "nobody has annotated anything yet"
        self.divide()
        try:
            made = self.step("compile", self._compile)
        except NothingToCompile as error:
            return "", str(error)
        for name in ("train", "dev"):
            if not made.articles[name]:
                return made.digest[:NAME_LENGTH], f"the {name} split holds no article yet"
        return made.digest[:NAME_LENGTH], ""

    def make_model(self, dataset: str) -> tuple[TrainedModel | None, str]:
        """Train and measure, as far as that was not done before; or why there is too little to learn from."""
        asked = self.options
        plan = RoundTraining(self.project, self.section, asked.log, asked.seed, asked.steps, asked.verdict)
        trained = find_trained_model(plan, dataset)
        try:
            trained = trained or self.step("train", lambda _progress: self._train(plan, dataset))
        except NothingToLearn as error:
            return None, str(error)
        if trained.asked != plan.asked and self._has_test():
            known = trained
            trained = self.step("evaluate", lambda progress: self._measure(plan, known, progress))
        return trained, ""

    def suggest_and_order(
        self, facts: RoundFacts, trained: TrainedModel | None, before: Sequence[RoundRow], state: ReadingState
    ) -> RoundFacts:
        """Let the model say what it finds, compare it with the one before, and order what is open."""
        last = find_last_model(before)
        model = trained.signature if trained else last
        self.step("suggest", lambda progress: self._suggest(model, progress))
        if trained:
            facts = replace(facts, stability=compare_on_fixed_set(self.project, state.groups, last, trained.signature))
        return replace(facts, open=self.step("order", lambda _progress: self._order(state, model)))

    def push(self) -> int:
        """Bring articles, suggestions and order to the server; how many were refused."""
        return self.step("push", self._push)

    def close(self, facts: RoundFacts) -> RoundRow:
        """Write the row, unless another command has closed this round meanwhile."""
        workspace = self.project.workspace
        with workspace.opened(self.options.pace.wait), keep_custody(workspace, "learn", writes=(workspace.rounds,)):
            rows = [*workspace.rounds.rows_if_written()]
            if rows and rows[-1].basis == facts.basis:
                return rows[-1]
            at = datetime.now(UTC).isoformat(timespec="seconds")
            row = make_round(rows, facts, self.readings, at, self.section.horizon)
            workspace.rounds.write([*rows, row])
        return row

    def _pull(self, _progress: Progress) -> tuple[None, str]:
        came = pull(self.project, server=self.server, changes=True, wait=self.options.pace.wait)
        return None, f"{came.new} new, {came.edited} edited, {came.deleted} deleted; {came.submitted} submitted"

    def _cluster(self, _progress: Progress) -> tuple[None, str]:
        found = cluster(self.project)
        return None, f"{found.articles} articles in {found.leak_groups} leak groups"

    def _count(self, before: Sequence[RoundRow]) -> tuple[None, str]:
        places = read_state(self.project.workspace, self.section).places
        self.readings = record_readings(self.project, number_next(before), places)
        total = add_actions(row.actions for row in self.readings)
        unknown = "; what was offered and removed is not known here" if total.mentions_removed is None else ""
        return None, (
            f"{len(self.readings)} readings: {total.spans_kept} spans kept, {total.spans_mended} mended, "
            f"{total.spans_removed} removed, {total.spans_added} added; weight {total.weight}{unknown}"
        )

    def _carry(self, _progress: Progress) -> tuple[None, str]:
        came = carry(self.project)
        return None, f"{came.spans} spans to {came.articles} articles"

    def _adjudicate(self, _progress: Progress) -> tuple[None, str]:
        came = adjudicate(self.project)
        return None, f"{came.complete} of {came.articles} articles complete, {came.conflicts} conflicts"

    def _split(self, _progress: Progress) -> tuple[None, str]:
        came = split(self.project)
        return None, f"{came.train} train, {came.dev} dev, {came.test} test; {came.new} new"

    def _compile(self, _progress: Progress) -> tuple[CompileResult, str]:
        made = compile_dataset(self.project)
        return made, f"{made.digest[:NAME_LENGTH]}: {made.spans} spans, {made.relations} relations"

    def _train(self, plan: RoundTraining, dataset: str) -> tuple[TrainedModel, str]:
        if plan.lost:
            self.project.workspace.say(plan.lost)
        trained = train_model(plan, dataset)
        return trained, trained.model

    def _has_test(self) -> bool:
        return bool(read_split_data(self.project.workspace).leak_groups["test"])

    def _measure(self, plan: RoundTraining, trained: TrainedModel, progress: Progress) -> tuple[TrainedModel, str]:
        measured = measure_model(plan, trained, progress)
        f1 = measured.score.f1 if measured.score else None
        verdict = measured.outlook.verdict if measured.outlook else "cannot tell"
        return measured, f"F1 {format_percent(f1)}; verdict: {verdict}"

    def _suggest(self, model: str, progress: Progress) -> tuple[None, str]:
        came = suggest(with_model(self.project, model), progress=progress)
        counts = [f"{sum(labels.values())} by {name}" for name, labels in came.spans.items()]
        return None, f"{', '.join(counts) or 'no'} spans"

    def _order(self, state: ReadingState, model: str) -> tuple[int, str]:
        queue = write_queue(self.project, self.section, state, model)
        first = f"; first {queue[0].article}" if queue else ""
        return len(queue), f"{len(queue)} open, {sum(row.chosen_by == 'stream' for row in queue)} by chance{first}"

    def _push(self, progress: Progress) -> tuple[int, str]:
        pushed = push(self.project, server=self.server, progress=progress, pace=self.options.pace)
        refused = len(pushed.refused)
        return refused, f"{pushed.new} new, {pushed.suggestions} suggestions, {refused} refused: {pushed.url}"
