"""The folder of a trained model: its weights, its words, its tokenizer, and the package that opens it."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from typing import TYPE_CHECKING

from safetensors.torch import save_file

from labeling.training.tagger.encoder import save_encoder
from labeling.training.tagger.model_folder import ENCODER, RELATION_FOLDER, TOKENIZER, WEIGHTS, WORDS, write_card
from labeling.training.tagger.relation_head import save_relation_head

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.training.fitting.ground import Ground
    from labeling.training.tagger.ensemble import Ensemble
    from labeling.training.tagger.model_folder import TaggerCard
    from labeling.training.tagger.relation_head import RelationHead


def write_model(folder: Path, card: TaggerCard, ensemble: Ensemble, ground: Ground, head: RelationHead | None) -> None:
    """Write a model into an empty folder; its card comes last, with the digests of all other files."""
    folder.mkdir(parents=True, exist_ok=True)
    # Copies: two names of one weight, which some encoders have, cannot be written.
    weights = {name: weight.detach().clone().contiguous() for name, weight in ensemble.state_dict().items()}
    if ensemble.words is not None:
        # Half of the size, and nothing is lost: they were rounded before training.
        weights["words.weight"] = weights["words.weight"].half()
    save_file(weights, folder / WEIGHTS)
    (folder / WORDS).write_text(json.dumps(ground.words), encoding="utf-8")
    ground.nlp.to_disk(folder / TOKENIZER)
    if ground.tokenizer is not None:
        save_encoder(ensemble.networks[0].encoder, ground.tokenizer, folder / ENCODER)
    if head is not None:
        save_relation_head(head, folder / RELATION_FOLDER)
    _copy_package(folder / "tagger")
    write_card(folder, card)


def _copy_package(folder: Path) -> None:
    """Copy the package that opens the model."""
    with resources.as_file(resources.files("labeling.training.tagger")) as package:
        shutil.copytree(package, folder, ignore=shutil.ignore_patterns("__pycache__"))
