"""Front door of ``labeling predict``: a trained extractor and the articles of the workspace -> annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.training.extractors import EXTRACTOR_CARD
from labeling.training.open_extractors import predict_annotations
from labeling.workspace.custody import refuse_altered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.annotations import Annotation
    from labeling.project import Project


def predict(project: Project, model: Path) -> Iterator[Annotation]:
    """The model's prediction for each article of the workspace, signed ``model:<name>``.

    Raises:
        UsageError: The folder does not exist.
        MissingInput: Nothing was ingested.
        Altered: ``articles.jsonl``, or what the model says of itself, is not as it was left.
        TrainingError: The folder does not hold a model of ours.
    """
    if not model.is_dir():
        raise UsageError(
            f"the folder {model} does not exist", todo="name one that `labeling train` wrote", where=str(model)
        )
    workspace = project.workspace
    card = [f"models/{model.name}/{EXTRACTOR_CARD}"] if model.parent == workspace.models else []
    refuse_altered(workspace, "predict", (workspace.articles, *card))
    return predict_annotations(model, project.workspace.articles.rows())
