"""``labeling train``: extractors from the latest dataset."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.training.train import train
from labeling.verbs.bars import open_log
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("train")
@click.argument("configs", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="NAME",
    help="An encoder of transformers that a tagger stands on: a folder, or a name on the Hub. Repeatable.",
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

    Where PyTorch is installed, a tagger: nested spans, choices and relations in one model that says how sure it is, on
    word vectors (see [train] in the project file) or on a checkpoint, for which labeling[transformers] is needed. Its
    MODEL.md says how it opens where this program is not installed.

    CONFIGS are spaCy training configs, trained instead. Where neither is named and PyTorch is not installed,
    configs/ner.cfg (flat entities) and configs/spancat.cfg (every span, nested ones too) are; configs/textcat.cfg
    learns the choices, configs/relations.cfg flat entities and the relations between them. These models open with
    spacy.load; one with relations after `import labeling.relations`, or with the file relations.py in the dataset.

    A model's name ends in a digest of dataset, settings, seed and steps: trained otherwise, it lies beside the others.

    \b
    Example:
      labeling compile && labeling train
      labeling train configs/ner.cfg --steps 300
      labeling train configs/textcat.cfg configs/relations.cfg
      labeling train --checkpoint sentence-transformers/all-MiniLM-L6-v2
    """
    result = train(project, configs, checkpoints=checkpoints, seed=seed, steps=steps, log=open_log())
    if result.lost:
        tell(result.lost, err=True)
    show(asdict(result) if as_json else {"models": ", ".join(result.models)}, as_json=as_json)
    return 0
