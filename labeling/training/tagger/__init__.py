r"""A sequence tagger that travels with its models: spans in layers, and choices.

It stands on PyTorch, safetensors, numpy and spaCy, for a model with an encoder on transformers too, and on nothing
else: a model's folder has a copy of this package, which opens it where `labeling` is not installed::

    import sys
    sys.path.insert(0, "MODEL")
    import tagger
    model = tagger.load("MODEL")
    print(*model.read(["Talks in Oslo", "No talks"]), sep="\n")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .tagged_text import ReadRelation, ReadSpan, TaggedText

if TYPE_CHECKING:
    from .reading import Tagger

__all__ = ["ReadRelation", "ReadSpan", "TaggedText", "load"]


def load(folder: str | Path) -> Tagger:
    """Open the model in a folder.

    Raises:
        ValueError: A file is missing, damaged or of another model; the message names it.
        ImportError: PyTorch, spaCy, or transformers where the model needs it, is not installed.
    """
    # Not before a model is opened: what is pure here is used where PyTorch is not installed.
    from .reading import open_tagger

    return open_tagger(Path(folder))
