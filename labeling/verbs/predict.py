"""``labeling predict``: a trained extractor's annotations of the articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.training.predict import predict
from labeling.values import canonical_json
from labeling.verbs.options import tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path, file_okay=False))
@with_project
def predict_cli(project: Project, *, model: Path) -> int:
    r"""Print a trained extractor's annotation of every article, one a line.

    To have its predictions shown to annotators, name MODEL as `pipeline` under [suggest] in the project file and run
    `labeling suggest`.

    \b
    Example:
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > predictions.jsonl
    """
    for annotation in predict(project, model):
        tell(canonical_json(annotation.model_dump(mode="json")))
    return 0
