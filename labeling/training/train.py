"""Front door of ``labeling train``: the latest dataset -> extractors in ``models/``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from labeling.corpora.manifest import MANIFEST, verify_dataset
from labeling.project import shipped_config
from labeling.training import extractors
from labeling.training.token_classifier import Settings
from labeling.training.vectors import find_vectors
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from labeling.project import Project

# What is trained when nothing else is asked for: the flat layer, and every span.
DEFAULT_CONFIGS = ("ner.cfg", "spancat.cfg")


@dataclass(frozen=True)
class TrainResult:
    """The folders of the models."""

    models: tuple[str, ...]


def train(
    project: Project,
    configs: Sequence[Path] = (),
    *,
    checkpoints: Sequence[str] = (),
    seed: int = 1,
    steps: int | None = None,
    log: TextIO = sys.stderr,
) -> TrainResult:
    """Train an extractor for each config and each checkpoint on the latest dataset, into ``models/``.

    A model's name ends in a digest of dataset, settings, word vectors, seed and steps: one that was trained otherwise
    stays. Word vectors are those that ``[train] vectors`` of the project file names; they lie in the model.

    Args:
        project: Whose dataset.
        configs: spaCy training configs; the shipped ``ner.cfg`` and ``spancat.cfg`` when nothing is named.
        checkpoints: Models of ``transformers`` to fine-tune, each a folder or a name on the Hub.
        seed: Of every random number in training.
        steps: The most updates.
        log: Where spaCy's table goes.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: The dataset is not what its manifest describes.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        TrainingError: There is nothing to train on, or a config or checkpoint cannot be used.
        NoRoom: The disk is full, or the folder for models may not be written.
    """
    latest, models = project.workspace.latest, project.workspace.models
    if not configs and not checkpoints:
        configs = [shipped_config(name) for name in DEFAULT_CONFIGS]
    workspace = project.workspace
    # Word vectors are cut to the words of the articles.
    reads = (LATEST_MANIFEST, workspace.articles)
    with workspace.opened(), keep_custody(workspace, "train", reads=reads, stale=False) as notes:
        if (latest / MANIFEST).exists():
            verify_dataset(latest)
        vectors = find_vectors(project) if configs else None
        pipelines = [
            extractors.train_pipeline(config, latest, models, vectors=vectors, seed=seed, steps=steps, log=log)
            for config in configs
        ]
        # The same limit of steps for both kinds.
        settings = Settings(steps=steps)
        classifiers = [
            extractors.train_token_classifier(name, latest, models, seed=seed, settings=settings, log=log)
            for name in checkpoints
        ]
        made = [*pipelines, *classifiers]
        notes.options["seed"] = seed
        notes.written.extend(f"models/{model.name}/{extractors.EXTRACTOR_CARD}" for model in made)
    return TrainResult(tuple(map(str, made)))
