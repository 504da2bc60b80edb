"""Front door of ``labeling predict``: a trained extractor and the articles of the workspace -> annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.training.extractors import predict_annotations
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
        Altered: ``articles.jsonl`` is not as it was left.
        TrainingError: The folder does not hold a model of ours.
    """
    if not model.is_dir():
        raise UsageError(
            f"the folder {model} does not exist", todo="name one that `labeling train` wrote", where=str(model)
        )
    refuse_altered(project.workspace, "predict", (project.workspace.articles,))
    return predict_annotations(model, project.workspace.articles.rows())
