"""Which extractor is trained where there is to be one: on all of a dataset, or on parts of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.project import shipped_config
from labeling.training import extractors
from labeling.training.taggers import find_missing_package, plan_tagger, train_tagger
from labeling.training.vectors import find_vectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from labeling.project import Project


def choose_training(
    project: Project, config: Path | None, checkpoint: str, seed: int, steps: int | None
) -> tuple[str, Callable[..., Path]]:
    """What one extractor is called, and the function that trains it on a dataset, or on a part of one.

    It is the one that `labeling train` trains first: a tagger where PyTorch is installed, else the shipped ``ner.cfg``;
    the config, if one is named. The function takes the dataset's folder and that for models.

    Raises:
        UsageError: A config and a checkpoint are both named.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        TrainingError: A package is missing.
    """
    if checkpoint or not (config or find_missing_package()):
        if config:
            raise UsageError(
                f"{config.name} and the checkpoint {checkpoint} are both named, and the curve is of one extractor",
                todo="name one of them",
            )
        # Vectors are read once for all parts.
        return extractors.TAGGER, partial(train_tagger, plan_tagger(project, checkpoint, seed=seed, steps=steps))
    config = config or shipped_config("ner.cfg")
    vectors = find_vectors(project)
    return config.stem, partial(extractors.train_pipeline, config, vectors=vectors, seed=seed, steps=steps)
