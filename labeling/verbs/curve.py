"""``labeling curve``: the same extractor, trained on ever more leak groups -> ``curve.json``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.training.curve import curve
from labeling.verbs.bars import open_log
from labeling.verbs.options import format_measure, json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.score import CurvePoint


@click.command("curve")
@click.argument("config", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--checkpoint", default="", metavar="NAME", help="An encoder that the tagger stands on; see train.")
@click.option("--points", default=4, show_default=True, type=click.IntRange(min=1), help="How many times to train.")
@click.option("--seed", default=1, show_default=True, help="Orders the leak groups, and is training's own.")
@click.option("--steps", type=click.IntRange(min=1), help="The most updates of each training.")
@json_option
@with_project
def curve_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    *,
    config: Path | None,
    checkpoint: str,
    points: int,
    seed: int,
    steps: int | None,
    as_json: bool,
) -> int:
    r"""Ask whether more articles would help: train on ever more of them.

    A tagger where PyTorch is installed, else configs/ner.cfg, or the CONFIG that is named, is trained on an eighth, a
    quarter, half and all of the leak groups of train, and scored on the test split each time. Steps are leak groups,
    not articles: copies of one text teach once. The report draws the curve.

    \b
    Example:
      labeling compile && labeling curve && labeling report
      labeling curve configs/spancat.cfg --points 3 --steps 300
    """
    log = open_log()
    result = curve(project, config, checkpoint=checkpoint, points=points, seed=seed, steps=steps, log=log)
    if as_json:
        show(result.model_dump(mode="json"), as_json=True)
        return 0
    show({f"{point.leak_groups} leak groups": _format_point(point) for point in result.points}, as_json=False)
    tell(f"Trained: {result.config}", err=True)
    tell(result.signature, err=True)
    return 0


def _format_point(point: CurvePoint) -> str:
    return f"{format_measure(point.exact)}, of {point.articles} articles"
