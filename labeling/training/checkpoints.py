"""Checkpoints of ``transformers``, by what they are: a name on the Hub may mean other weights tomorrow."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labeling.errors import TrainingError
from labeling.values import canonical_json, digest_of
from labeling.workspace.storage import file_digest

# Weights, forms and tokenizers: not what a folder says of itself, and no weights for other frameworks.
_SUFFIXES: Final = frozenset({".json", ".safetensors", ".bin", ".txt", ".model"})


def digest_checkpoint(name: str) -> str:
    """The SHA-256 of the files of a checkpoint: of their names, and of what is in them.

    Args:
        name: A folder, or a name on the Hub.

    Raises:
        TrainingError: There is no such checkpoint here, nor on a Hub that this machine can reach.
    """
    from transformers.utils.hub import cached_file

    try:
        form = cached_file(name, "config.json")
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"transformers cannot open {name}: {error}",
            todo="name a folder with a model, or a checkpoint of the Hub that this machine can reach",
            where=name,
        ) from error
    # The folder itself, or where the Hub's own client keeps it.
    files = sorted(path for path in Path(str(form)).parent.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    return digest_of(canonical_json([[path.name, file_digest(path)] for path in files]))
