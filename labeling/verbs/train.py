"""``labeling train``: extractors from the latest dataset."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.training.train import train
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("train")
@click.argument("configs", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="NAME",
    help="A token classifier of transformers to fine-tune: a folder, or a name on the Hub. Repeatable.",
)
@click.option("--seed", default=1, show_default=True, help="Of every random number in training.")
@click.option(
    "--steps", type=click.IntRange(min=1), help="The most updates, where the config's own number is too many."
)
@json_option
@with_project
def train_cli(
    project: Project,
    *,
    configs: tuple[Path, ...],
    checkpoints: tuple[str, ...],
    seed: int,
    steps: int | None,
    as_json: bool,
) -> int:
    r"""Train extractors on the latest dataset, on CPU.

    CONFIGS are spaCy training configs. Without any, configs/ner.cfg (flat entities) and configs/spancat.cfg (every
    span, nested ones too) are trained; configs/textcat.cfg learns the choices, configs/relations.cfg flat entities and
    the relations between them. A model opens with spacy.load, also where this program is not installed; one with
    relations after `import labeling.relations`, or with the file relations.py that lies in the dataset. A checkpoint
    needs labeling[transformers] and PyTorch.

    A model's name ends in a digest of dataset, settings, seed and steps: trained otherwise, it lies beside the others.

    \b
    Example:
      labeling compile && labeling train
      labeling train configs/ner.cfg --steps 300
      labeling train configs/textcat.cfg configs/relations.cfg
      labeling train --checkpoint distilbert-base-cased
    """
    result = train(project, configs, checkpoints=checkpoints, seed=seed, steps=steps)
    show(asdict(result) if as_json else {"models": ", ".join(result.models)}, as_json=as_json)
    return 0
