"""``labeling predict``: what a trained extractor says of articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.training import extractors
from labeling.values import canonical_json
from labeling.verbs.options import with_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.annotations import Annotation
    from labeling.project import Project


def predict(project: Project, model: Path) -> Iterator[Annotation]:
    """What the model says of each article of the workspace, signed ``model:<name>``.

    Raises:
        UsageError: There is no such folder.
        MissingInput: Nothing was ingested.
        TrainingError: The folder holds no model of ours.
    """
    if not model.is_dir():
        raise UsageError(f"there is no folder {model}", todo="name one that `labeling train` wrote", where=str(model))
    return extractors.predict_annotations(model, project.workspace.articles.rows())


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path, file_okay=False))
@with_project
def predict_cli(project: Project, *, model: Path) -> int:
    r"""Print what a trained extractor says of every article, one annotation a line.

    To have its words shown to annotators, name MODEL as `pipeline` under [suggest] in the project file and run
    `labeling suggest`.

    \b
    Example:
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > predictions.jsonl
    """
    for annotation in predict(project, model):
        click.echo(canonical_json(annotation.model_dump(mode="json")))
    return 0
