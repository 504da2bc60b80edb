"""A round's model: trained on the latest dataset unless it was already, measured on test, and what more would bring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from labeling import __version__
from labeling.errors import DamagedFile
from labeling.learning.part_trainings import train_parts
from labeling.learning.stopping import judge_stopping
from labeling.project import shipped_config
from labeling.training.chosen_training import choose_training
from labeling.training.evaluate import evaluate
from labeling.training.extractors import EXTRACTOR_CARD, read_extractor
from labeling.training.taggers import describe_loss, find_missing_package
from labeling.training.train import train
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.rows.learning_rows import Outlook
from labeling.workspace.rows.score import Measure
from labeling.workspace.storage import file_digest, read_value, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from labeling.project import LearningSection, Project
    from labeling.workspace.table import Workspace

# What was trained and measured last: a round that is cut short afterwards does not do it again.
_LEFT_OFF = ".learn-trained.json"


class TrainedModel(Frozen):
    """A model of a dataset, by its folder's name, and how it was trained.

    ``asked`` is the digest of what it was asked when it was measured, empty before: score and outlook are None then.
    """

    dataset: str
    recipe: str
    model: str
    asked: str = ""
    score: Measure | None = None
    outlook: Outlook | None = None
    by_label: dict[str, Outlook] = {}

    @property
    def signature(self) -> str:
        """By which its suggestions are signed."""
        return f"model:{self.model}"


@dataclass(frozen=True)
class RoundTraining:
    """How the model of each round is trained: by the project's [learning], a seed, and the most updates.

    ``log`` is where what training tells goes, ``verdict`` whether to tell what more articles are worth.
    """

    project: Project
    section: LearningSection
    log: TextIO
    seed: int = 1
    steps: int | None = None
    verdict: bool = True

    @property
    def config(self) -> Path | None:
        """The training config: that of the project file, beside it or from here or shipped; None for a tagger."""
        name = self.section.config
        if not name:
            # As `labeling train` chooses.
            missing = not self.section.checkpoint and find_missing_package()
            return shipped_config("ner.cfg") if missing else None
        beside = (self.project.path.parent / name, Path(name))
        return next((path for path in beside if path.is_file()), shipped_config(name))

    @property
    def lost(self) -> str:
        """What is lost for want of a package; empty where nothing is."""
        missing = "" if self.section.config or self.section.checkpoint else find_missing_package()
        return describe_loss(missing) if missing else ""

    @property
    def recipe(self) -> str:
        """The digest of all that decides the model besides the dataset."""
        config = self.config
        decides: list[JsonValue] = [
            __version__,
            self.section.model_dump(mode="json", include={"config", "checkpoint"}),
            file_digest(config) if config and config.is_file() else "",
            self.project.file.train.model_dump(mode="json"),
            self.seed,
            self.steps,
        ]
        return digest_of(canonical_json(decides))

    @property
    def asked(self) -> str:
        """The digest of what the model is asked when it is measured."""
        section = self.section.model_dump(mode="json", include={"horizon", "worth", "seed"})
        return digest_of(canonical_json([section, self.verdict]))


def find_trained_model(plan: RoundTraining, dataset: str) -> TrainedModel | None:
    """The model that was trained on this dataset, in this way; None where there is none yet."""
    noted = _read_trained_note(plan.project.workspace)
    if noted is None or (noted.dataset, noted.recipe) != (dataset, plan.recipe):
        return None
    return noted if (plan.project.workspace.models / noted.model / EXTRACTOR_CARD).is_file() else None


def train_model(plan: RoundTraining, dataset: str) -> TrainedModel:
    """Train on the latest dataset, and note the model.

    Raises:
        NothingToLearn: The dataset has too little.
        TrainingError: The config or checkpoint cannot be used.
    """
    config, checkpoint = plan.config, plan.section.checkpoint
    made = train(
        plan.project,
        [config] if config else [],
        checkpoints=[] if config else [checkpoint],
        seed=plan.seed,
        steps=plan.steps,
        log=plan.log,
    )
    trained = TrainedModel(dataset=dataset, recipe=plan.recipe, model=Path(made.models[0]).name)
    return _note(plan.project.workspace, trained)


def measure_model(plan: RoundTraining, trained: TrainedModel, progress: Callable[[int, int], None]) -> TrainedModel:
    """Score the model on test, and tell by further trainings what more articles are worth, if that is asked.

    Raises:
        TrainingError: The test split is empty.
    """
    project, section, workspace = plan.project, plan.section, plan.project.workspace
    folder = workspace.models / trained.model
    scored = evaluate(project).scores[read_extractor(folder).annotator]
    told: dict[str, object] = {"asked": plan.asked, "score": scored.exact.micro, "outlook": None, "by_label": {}}
    if plan.verdict:
        _, train_part = choose_training(project, plan.config, section.checkpoint, plan.seed, plan.steps)
        runs = train_parts(workspace, folder, train_part, section.seed, log=plan.log, progress=progress)
        judge = partial(judge_stopping, runs, section.horizon, section.worth, section.seed)
        told |= {"outlook": judge(), "by_label": {name: judge(label=name) for name in project.schema.label_names}}
    return _note(workspace, trained.model_copy(update=told))


def _note(workspace: Workspace, trained: TrainedModel) -> TrainedModel:
    with workspace.opened():
        write_json(workspace.root / _LEFT_OFF, trained.model_dump(mode="json"))
    return trained


def _read_trained_note(workspace: Workspace) -> TrainedModel | None:
    path = workspace.root / _LEFT_OFF
    try:
        return read_value(path, TrainedModel) if path.exists() else None
    except DamagedFile:
        # It saves time, and nothing else.
        return None
