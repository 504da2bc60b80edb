"""Train an extractor, whose predictions will be annotations signed ``model:<name>``.

A model is one more annotator: its annotations have the same form, pass the same checks and are measured by the same
ruler as those of people.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TextIO

from pydantic import Field

from labeling.annotations import MODEL
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.targets.spacy.docbin_public import SPANS
from labeling.errors import TrainingError
from labeling.training import spacy_pipelines
from labeling.training.model_card import ModelDescription, write_model_card
from labeling.training.predictions import RELATIONS
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.storage import (
    close_to_everybody,
    missing_error,
    name_disk_errors,
    read_value,
    replace_folder,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.workspace.table import Workspace

EXTRACTOR_CARD = "extractor.json"
# The architecture of models that PyTorch opens, and how their names begin.
TAGGER: Final = "tagger"
# Before the name of a folder that is being made, so that nobody takes it for a model.
_HIDDEN = "."


def _tells_nothing(value: object) -> bool:
    return not value


class Extractor(Frozen):
    """The card of a model: its name, the dataset it was trained on (the manifest's digest), and its settings.

    The name ends in a digest of dataset, settings, seed and steps: trained otherwise, it is another model in another
    folder. ``config`` is the SHA-256 of all settings, those filled in too; ``steps`` the most updates, 0 for no limit.
    ``symmetric`` and ``exclusive`` are the schema's: relations without a direction, choices that take one option.
    ``architecture`` is ``tagger``, or empty for what ``spacy.load`` or ``transformers`` opens; ``layers`` how many
    layers of nested spans a tagger has. ``vectors`` and ``checkpoint`` name what it started from, their digests tell
    which of that name.
    """

    name: str
    corpus: str
    config: str
    seed: int
    steps: int = 0
    checkpoint: str = ""  # the model of `transformers` that was fine-tuned; empty where there is none
    symmetric: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ()
    # Left out where there is nothing to tell: such a card is the same file that it was before there were these keys.
    architecture: Literal["", "tagger"] = Field(default="", exclude_if=_tells_nothing)
    # The word vectors that lie in it, by name and digest.
    vectors: str = Field(default="", exclude_if=_tells_nothing)
    vectors_digest: str = Field(default="", exclude_if=_tells_nothing)
    checkpoint_digest: str = Field(default="", exclude_if=_tells_nothing)
    layers: int = Field(default=0, exclude_if=_tells_nothing)

    @property
    def annotator(self) -> str:
        """The signature under every annotation of this model."""
        return MODEL + self.name


def corpus_digest(corpus: Path) -> str:
    """The digest of a compiled dataset, which is the name of its folder.

    Raises:
        MissingInput: Nothing was compiled.
    """
    manifest = corpus / "manifest.json"
    if not manifest.exists():
        raise missing_error(manifest, "compile")
    return corpus.resolve().name


def train_pipeline(  # noqa: PLR0913 - each decides the model, but for the log
    config: Path,
    corpus: Path,
    models: Path,
    *,
    vectors: WordVectors | None = None,
    seed: int = 1,
    steps: int | None = None,
    log: TextIO = sys.stderr,
) -> Path:
    """Train one extractor on CPU with ``spacy train``'s own loop, and keep its best model on dev.

    Args:
        config: A spaCy training config, such as ``configs/ner.cfg`` (the flat layer), ``configs/spancat.cfg`` (every
            span), ``configs/textcat.cfg`` (choices) or ``configs/relations.cfg`` (the flat layer and its relations);
            what it leaves out takes spaCy's defaults.
        corpus: The folder of a compiled dataset. Span categorisation and relations have no mark for "not known": they
            train on the articles of which everything is known.
        models: The folder for models; the new one is ``<config's name>-<12 of the digest of all that decides it>``.
        vectors: Word vectors that the model starts from, and holds, if the config has a place for them.
        seed: Of every random number in training.
        steps: The most updates, where the config's own number is too many.
        log: Where spaCy's table of losses and scores is written as it grows.

    Returns:
        The folder of the model. ``spacy.load`` opens it where this package is not installed; one with relations needs
        ``import labeling.relations`` before, or the file ``relations.py`` that lies in the dataset.

    Raises:
        MissingInput: Nothing was compiled.
        TrainingError: The file is not a training config, there is nothing to train on, or spaCy gave up.
        NoRoom: The disk is full, or the folder for models may not be written.
    """
    digest = corpus_digest(corpus)
    # Refused before anything is written.
    sections = spacy_pipelines.read_config(config)
    spacy_pipelines.refuse_empty(sections, corpus)
    manifest = read_value(corpus / MANIFEST, Manifest)
    plan = spacy_pipelines.plan_training(sections, corpus, manifest, seed, steps, vectors)
    named = plan.vectors.name if plan.vectors else ""
    numbers = plan.vectors.digest if plan.vectors else ""
    card = Extractor(
        name=name_model(config.stem, digest, plan.digest, seed, plan.steps, numbers),
        corpus=digest,
        config=plan.digest,
        vectors=named,
        vectors_digest=numbers,
        seed=seed,
        steps=plan.steps,
        symmetric=manifest.schema_names.symmetric,
        exclusive=manifest.schema_names.exclusive,
    )
    with open_model_folder(models / card.name) as folder:
        # spaCy keeps its best model and its last; only the best becomes ours.
        with tempfile.TemporaryDirectory(dir=models, prefix=_HIDDEN) as scratch:
            spacy_pipelines.run_training(plan, Path(scratch), log).to_disk(folder)
        write_json(folder / EXTRACTOR_CARD, card.model_dump())
        pipeline = plan.config["nlp"]["pipeline"]
        training = {"config": config.name, "pipeline": ", ".join(pipeline)}
        lines = _spacy_lines(card.name, pipeline)
        write_model_card(folder, describe_model(card, training, lines), manifest)
    return models / card.name


def list_model_card(workspace: Workspace, folder: Path) -> tuple[str, ...]:
    """What the workspace's record has of a model in this folder: its card, if it is one of the workspace's models."""
    inside = folder.absolute().parent == workspace.models.absolute()
    return (f"models/{folder.name}/{EXTRACTOR_CARD}",) if inside else ()


def read_extractor(folder: Path) -> Extractor:
    """The card of a trained model.

    Raises:
        TrainingError: The folder does not hold a model of ours.
    """
    if not (folder / EXTRACTOR_CARD).exists():
        raise TrainingError(
            f"{folder} does not hold an extractor of ours",
            todo="name a folder that `labeling train` wrote",
            where=str(folder),
        )
    return read_value(folder / EXTRACTOR_CARD, Extractor)


def describe_model(card: Extractor, training: Mapping[str, str], opening: Sequence[str]) -> ModelDescription:
    """What a model's card for people says: what it started from, how else it was trained, and how it opens."""
    named = {
        "word vectors": (card.vectors, card.vectors_digest),
        "checkpoint": (card.checkpoint, card.checkpoint_digest),
    }
    origin = {
        **{what: f"{name}, SHA-256 `{digest}`" for what, (name, digest) in named.items() if name},
        "seed": str(card.seed),
        "most updates": str(card.steps or "no limit"),
        "SHA-256 of all settings": f"`{card.config}`",
    }
    return ModelDescription(card.name, card.annotator, card.corpus, {**origin, **training}, opening)


def _spacy_lines(name: str, pipeline: Sequence[str]) -> list[str]:
    """What opens a pipeline without this package."""
    # The file lies in the folder of the dataset.
    relations = ["import relations  # relations.py, of the dataset"] if RELATIONS in pipeline else []
    return [
        "import spacy",
        *relations,
        f"nlp = spacy.load({name!r})",
        'doc = nlp("Talks in Oslo.")',
        f"print([(span.text, span.label_) for span in doc.spans.get({SPANS!r}, doc.ents)], doc.cats)",
    ]


def name_model(stem: str, corpus: str, config: str, seed: int, steps: int, vectors: str = "") -> str:
    """The name that the same training always gets, and no other training: a score can be traced to its model."""
    # Without vectors it is the name that models had before there were any.
    decides: list[JsonValue] = [corpus, config, seed, steps]
    return f"{stem}-{digest_of(canonical_json([*decides, vectors] if vectors else decides))[:12]}"


@contextmanager
def open_model_folder(target: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of ``target`` when the block ends well.

    Raises:
        NoRoom: The disk is full, or the folder around it may not be written.
    """
    prefix = f"{_HIDDEN}{target.name}."
    with name_disk_errors(target):
        # Beside its target, so that the rename stays on one disk.
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            yield new
            close_to_everybody(new)
            replace_folder(new, target, old)
