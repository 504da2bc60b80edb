"""``labeling predict``: a trained extractor's annotations of the articles."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.training.predict import PredictResult, predict_lines, write_predictions
from labeling.verbs.options import json_option, show, show_progress, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the annotations there, whole or not at all, and print a summary. A run that was cut short goes on.",
)
@json_option
@with_project
def predict_cli(project: Project, *, model: Path, output: Path | None, as_json: bool) -> int:
    r"""Print a trained extractor's annotation of every article, one a line.

    To have its predictions shown to annotators, name MODEL as `pipeline` under [suggest] in the project file and run
    `labeling suggest`.

    \b
    Example:
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > predictions.jsonl
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 --output predictions.jsonl --json | jq .spans
    """
    if output is None:
        if as_json:
            raise UsageError(
                "without a file, the annotations themselves are printed",
                todo="name a file with --output",
                where="--json",
            )
        # Lines and a bar would get into each other's way on one terminal.
        with show_progress("predicting", wanted=not sys.stdout.isatty()) as progress:
            for line in predict_lines(project, model, progress=progress):
                tell(line.decode())
        return 0
    with show_progress("predicting") as progress:
        summary = write_predictions(project, model, output, progress=progress)
    show(asdict(summary) if as_json else _format_predictions(summary), as_json=as_json)
    tell(f"Written to {output}", err=True)
    return 0


def _format_predictions(summary: PredictResult) -> dict[str, object]:
    """The summary with a line for each kind, as people read it."""
    kinds = {"spans": summary.spans, "relations": summary.relations, "choices": summary.choices}
    lines = {
        what: f"{sum(counts.values())}: " + ", ".join(f"{n} {label}" for label, n in counts.items())
        for what, counts in kinds.items()
        if counts
    }
    return {"articles": summary.articles, **lines}
