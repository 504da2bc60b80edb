"""A trained model that took no training: a pipeline that knows one word by a rule, with the card of a trained one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import spacy

from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from pathlib import Path


def write_ruler(parent: Path) -> Path:
    """Write one that finds `Oslo`, a LOCATION; return its folder."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "LOCATION", "pattern": "Oslo"}])
    folder = parent / "ruler-0123456789ab"
    nlp.to_disk(folder)
    write_json(folder / EXTRACTOR_CARD, Extractor(name=folder.name, corpus="c", config="f", seed=1).model_dump())
    return folder
