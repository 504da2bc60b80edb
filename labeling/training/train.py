"""Front door of ``labeling train``: the latest dataset -> extractors in ``models/``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from labeling.corpora.manifest import verify_dataset
from labeling.project import shipped_config
from labeling.training import extractors
from labeling.training.taggers import describe_loss, find_missing_package, plan_tagger, train_tagger
from labeling.training.vectors import find_vectors
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from labeling.project import Project

# What is trained without PyTorch when nothing is named: the flat layer, and every span.
DEFAULT_CONFIGS = ("ner.cfg", "spancat.cfg")


@dataclass(frozen=True)
class TrainResult:
    """The folders of the models; what was lost for want of a package, and how to get it, empty where nothing was."""

    models: tuple[str, ...]
    lost: str = ""


def train(
    project: Project,
    configs: Sequence[Path] = (),
    *,
    checkpoints: Sequence[str] = (),
    seed: int = 1,
    steps: int | None = None,
    log: TextIO = sys.stderr,
) -> TrainResult:
    """Train extractors on the latest dataset, into ``models/``: a tagger, if nothing is named and PyTorch is there.

    A model's name ends in a digest of dataset, settings, word vectors, seed and steps: one that was trained otherwise
    stays. Word vectors are those that ``[train] vectors`` of the project file names; they lie in the model.

    Args:
        project: Whose dataset.
        configs: spaCy training configs; where nothing is named and PyTorch is not installed, the shipped ``ner.cfg``
            and ``spancat.cfg``.
        checkpoints: Encoders of ``transformers``, each a folder or a name on the Hub: a tagger stands on each.
        seed: Of every random number in training.
        steps: The most updates.
        log: Where spaCy's table goes, or a tagger's lines.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: The dataset is not what its manifest describes.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        TrainingError: There is nothing to train on, a package is missing, or a config or checkpoint cannot be used.
        NoRoom: The disk is full, or the folder for models may not be written.
    """
    latest, models, lost = project.workspace.latest, project.workspace.models, ""
    if not configs and not checkpoints:
        if missing := find_missing_package():
            configs, lost = [shipped_config(name) for name in DEFAULT_CONFIGS], describe_loss(missing)
        else:
            checkpoints = ("",)
    workspace = project.workspace
    # Word vectors are cut to the words of the articles.
    reads = (LATEST_MANIFEST, workspace.articles)
    with workspace.opened(), keep_custody(workspace, "train", reads=reads, stale=False) as notes:
        extractors.corpus_digest(latest)
        verify_dataset(latest)
        # Before the first of them is trained: what is missing is missed at once.
        recipes = [plan_tagger(project, name, seed=seed, steps=steps) for name in checkpoints]
        vectors = find_vectors(project) if configs else None
        made = [
            *(
                extractors.train_pipeline(config, latest, models, vectors=vectors, seed=seed, steps=steps, log=log)
                for config in configs
            ),
            *(train_tagger(recipe, latest, models, log=log) for recipe in recipes),
        ]
        notes.options["seed"] = seed
        notes.written.extend(f"models/{model.name}/{extractors.EXTRACTOR_CARD}" for model in made)
    return TrainResult(tuple(map(str, made)), lost)
