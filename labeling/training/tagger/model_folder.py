"""The folder of a model: what it is (``tagger.json``), its weights, its words, its tokenizer, its encoder's form.

``tagger.json`` has the SHA-256 of every other file, so that whatever is damaged or missing is named when it is opened.
Nothing in the folder is run: weights are numbers (safetensors), all else is text or what spaCy's tokenizer reads.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from .questions import Question

if TYPE_CHECKING:
    from pathlib import Path

CARD: Final = "tagger.json"
WEIGHTS: Final = "weights.safetensors"
WORDS: Final = "words.json"
TOKENIZER: Final = "tokenizer"
ENCODER: Final = "encoder"
RELATION_FOLDER: Final = "relations"
_FORMAT: Final = 1


@dataclass(frozen=True)
class RelationKind:
    """A relation type, with the labels it may go from and to; where none is given, any two of one label."""

    name: str
    heads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    symmetric: bool = False


@dataclass(frozen=True)
class Calibration:
    """How a probability becomes a score: ``sigmoid(slope * logit(probability) + offset)``."""

    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class TaggerCard:
    """What a tagger is, as ``tagger.json`` has it.

    ``network`` has the fields of `NetworkForm`, ``relation_head`` those of the relation head, empty where there is
    none; ``members`` is how many networks have an encoder, if any has, and ``word_members`` how many have none beside
    them; ``own`` and ``margin`` are the size of windows in tokens, ``words`` and ``word_width`` that of the vectors.
    """

    language: str
    labels: tuple[str, ...]
    questions: tuple[Question, ...]
    relations: tuple[RelationKind, ...]
    network: dict[str, Any]
    relation_head: dict[str, Any]
    members: int
    own: int
    margin: int
    words: int
    word_width: int
    encoder: bool
    calibration: Calibration
    word_members: int = 0


def write_card(folder: Path, card: TaggerCard) -> None:
    """Write ``tagger.json``, last, with the digests of all files that are there."""
    files = {name: _sha256(folder / name) for name in _names(folder)}
    content = {"format": _FORMAT, **asdict(card), "files": files}
    (folder / CARD).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_card(folder: Path) -> TaggerCard:
    """Read ``tagger.json``, and see that every other file is as it was written.

    Raises:
        ValueError: A file is missing or has changed, or ``tagger.json`` is not one; the message names the file.
    """
    path = folder / CARD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found, files, card = content.pop("format"), content.pop("files"), _read_fields(content)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is not the card of a tagger: {error!r}") from error
    if found != _FORMAT:
        raise ValueError(f"{path} is of format {found}, and this program reads format {_FORMAT}")
    for name, digest in files.items():
        if not (folder / name).is_file():
            raise ValueError(f"{folder / name} is missing")
        if _sha256(folder / name) != digest:
            raise ValueError(f"{folder / name} is not as it was written: its SHA-256 has changed")
    return card


def _read_fields(content: dict[str, Any]) -> TaggerCard:
    questions = (Question(**{**each, "options": tuple(each["options"])}) for each in content.pop("questions"))
    relations = (
        RelationKind(**{**each, "heads": tuple(each["heads"]), "tails": tuple(each["tails"])})
        for each in content.pop("relations")
    )
    return TaggerCard(
        labels=tuple(content.pop("labels")),
        questions=tuple(questions),
        relations=tuple(relations),
        calibration=Calibration(**content.pop("calibration")),
        **content,
    )


def _names(folder: Path) -> list[str]:
    """What belongs to the model: not what others put beside it, nor the program that travels with it."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if name.split("/")[0] in {WEIGHTS, WORDS, TOKENIZER, ENCODER, RELATION_FOLDER})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
