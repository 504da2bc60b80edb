"""``labeling train``: extractors from the latest dataset."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from labeling.project import shipped_config
from labeling.training import extractors
from labeling.training.token_classifier import Settings
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.project import Project

# What is trained when nothing else is asked for: the flat layer, and every span.
DEFAULT_CONFIGS = ("ner.cfg", "spancat.cfg")


@dataclass(frozen=True)
class TrainResult:
    """Where the models lie."""

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
    """Train one extractor a config and one a checkpoint on the latest dataset, into ``models/``.

    A model's name ends in a digest of dataset, settings, seed and steps: what was trained otherwise stays beside it.

    Args:
        project: Whose dataset.
        configs: spaCy training configs; the shipped ``ner.cfg`` and ``spancat.cfg`` when nothing is named.
        checkpoints: Models of ``transformers`` to fine-tune, each a folder or a name on the Hub.
        seed: Of every random number in training.
        steps: The most updates.
        log: Where spaCy's table goes.

    Raises:
        MissingInput: Nothing was compiled.
        TrainingError: There is nothing to train on, or a config or checkpoint cannot be used.
        NoRoom: The folder for models takes nothing more.
    """
    workspace = project.workspace
    chosen = configs or ([] if checkpoints else [shipped_config(name) for name in DEFAULT_CONFIGS])
    with workspace.opened():
        folders = [
            *(
                extractors.train_pipeline(config, workspace.latest, workspace.models, seed=seed, steps=steps, log=log)
                for config in chosen
            ),
            *(
                extractors.train_token_classifier(
                    name, workspace.latest, workspace.models, seed=seed, settings=Settings(steps=steps), log=log
                )
                for name in checkpoints
            ),
        ]
    return TrainResult(tuple(map(str, folders)))


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
    done = train(project, configs, checkpoints=checkpoints, seed=seed, steps=steps)
    show(asdict(done) if as_json else {"models": ", ".join(done.models)}, as_json=as_json)
    return 0
