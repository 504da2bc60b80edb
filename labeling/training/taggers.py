"""Train a tagger: one model for nested spans, choices and relations, where PyTorch is installed."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, TextIO

from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.targets.spacy.training_files import list_learnable_options
from labeling.errors import TrainingError
from labeling.training.checkpoints import digest_checkpoint
from labeling.training.extractors import (
    EXTRACTOR_CARD,
    TAGGER,
    Extractor,
    corpus_digest,
    describe_model,
    name_model,
    open_model_folder,
)
from labeling.training.fitting.examples import read_examples
from labeling.training.fitting.tagger_settings import ENCODER_SETTINGS, WORD_SETTINGS, TaggerSettings
from labeling.training.fitting.tagger_task import Foundation, TaggerTask
from labeling.training.model_card import write_model_card
from labeling.training.tagger.model_folder import RelationKind
from labeling.training.tagger.questions import Question
from labeling.training.vectors import find_vectors
from labeling.values import canonical_json, digest_of, format_percent
from labeling.workspace.storage import read_value, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.training.fitting.tagger_task import FitReport
    from labeling.training.tagger.reading import Tagger

# Without these a tagger can be neither trained nor opened.
_PACKAGES: Final = ("torch", "safetensors")


@dataclass(frozen=True)
class TaggerRecipe:
    """What a tagger starts from, how and by which random numbers it is trained; ``schema`` says what relations join."""

    schema: Schema
    foundation: Foundation
    settings: TaggerSettings = WORD_SETTINGS
    seed: int = 1


def find_missing_package() -> str:
    """The first of the packages that is not installed without which there is no tagger; empty where all are."""
    return next((name for name in _PACKAGES if find_spec(name) is None), "")


def describe_loss(package: str) -> str:
    """What training without a tagger comes to, and how to get one."""
    return (
        f"{package} is not installed: spaCy's configs are trained in place of a tagger, which finds more from little"
        " data (docs/training.md), nested spans, choices and relations at once, and says how sure it is;"
        f" install {package}, PyTorch as https://pytorch.org has it for this machine, and train again"
    )


def plan_tagger(project: Project, checkpoint: str = "", *, seed: int = 1, steps: int | None = None) -> TaggerRecipe:
    """How `labeling train` trains a project's tagger.

    Args:
        project: Whose schema and word vectors.
        checkpoint: A folder or a name on the Hub, of an encoder with a fast tokenizer; none when empty.
        seed: Of every random number in training.
        steps: The most updates.

    Raises:
        TrainingError: A package is missing.
        VectorsUnusable: The vectors that the project file names cannot be used.
    """
    missing = find_missing_package() or ("transformers" if checkpoint and find_spec("transformers") is None else "")
    if missing:
        raise _missing_error(missing)
    settings = ENCODER_SETTINGS if checkpoint else WORD_SETTINGS
    return TaggerRecipe(
        project.schema, Foundation(find_vectors(project), checkpoint), replace(settings, steps=steps), seed
    )


def train_tagger(recipe: TaggerRecipe, corpus: Path, models: Path, *, log: TextIO = sys.stderr) -> Path:
    """Train a tagger on a dataset, and keep it as it was when it was best on dev.

    Args:
        recipe: See `plan_tagger`.
        corpus: The folder of a compiled dataset. Everything known is learned from, also in articles of which not
            everything is.
        models: The folder for models; the new one is ``tagger-<12 of the digest of all that decides it>``.
        log: Where losses and scores are written as they come.

    Returns:
        The folder of the model. Its MODEL.md says how it opens where this package is not installed.

    Raises:
        MissingInput: Nothing was compiled, or not for spaCy.
        TrainingError: There is nothing to train on, or the checkpoint cannot be used.
        NoRoom: The disk is full, or the folder for models may not be written.
    """
    from labeling.training.fitting.fit import fit_tagger

    digest = corpus_digest(corpus)
    manifest = read_value(corpus / MANIFEST, Manifest)
    task = _read_task(corpus, manifest, recipe.schema)
    card = _describe_tagger(recipe, task, manifest, digest)
    with open_model_folder(models / card.name) as folder:
        report = fit_tagger(
            task, folder, foundation=recipe.foundation, settings=recipe.settings, seed=recipe.seed, log=log
        )
        card = card.model_copy(update={"layers": report.layers})
        write_json(folder / EXTRACTOR_CARD, card.model_dump())
        training, lines = _describe_training(recipe, task, report), _tagger_lines(card.name)
        write_model_card(folder, describe_model(card, training, lines), manifest)
    return models / card.name


def load_tagger(folder: Path) -> Tagger:
    """Open the tagger in a folder.

    Raises:
        TrainingError: A package is missing, or a file of the model is missing, damaged or changed.
    """
    from labeling.training import tagger

    try:
        return tagger.load(folder)
    except ImportError as error:
        raise _missing_error(error.name or str(error)) from None
    except ValueError as error:
        raise TrainingError(
            f"the tagger in {folder} cannot be opened: {error}", todo="train it anew", where=str(folder)
        ) from error


def _missing_error(package: str) -> TrainingError:
    return TrainingError(
        f"a tagger needs {package}, which is not installed",
        todo="pip install 'labeling[transformers]', and torch as https://pytorch.org has it for this machine",
    )


def _read_task(corpus: Path, manifest: Manifest, schema: Schema) -> TaggerTask:
    names = manifest.schema_names
    learnable = set(list_learnable_options(names.choices))
    return TaggerTask(
        train=tuple(read_examples(corpus, "train")),
        dev=tuple(read_examples(corpus, "dev")),
        labels=names.labels,
        questions=tuple(
            Question(name, options, exclusive=name in names.exclusive)
            for name, options in names.choices.items()
            if any(f"{name}={option}" in learnable for option in options)
        ),
        # What a relation may join is the schema's, which the dataset has by digest alone.
        relations=tuple(
            RelationKind(each.name, each.head, each.tail, each.symmetric)
            for each in schema.relations
            if each.name in names.relations
        ),
        language=manifest.language,
        tokenizer=manifest.tokenizer,
    )


def _describe_tagger(recipe: TaggerRecipe, task: TaggerTask, manifest: Manifest, corpus: str) -> Extractor:
    """The card of a tagger, but for what training will tell."""
    vectors, checkpoint = recipe.foundation.vectors, recipe.foundation.checkpoint
    card = Extractor(
        name=TAGGER,
        corpus=corpus,
        config="",
        seed=recipe.seed,
        steps=recipe.settings.steps or 0,
        checkpoint=checkpoint,
        symmetric=manifest.schema_names.symmetric,
        exclusive=manifest.schema_names.exclusive,
        architecture=TAGGER,
        vectors=vectors.name if vectors else "",
        vectors_digest=vectors.digest if vectors else "",
        checkpoint_digest=digest_checkpoint(checkpoint) if checkpoint else "",
    )
    # Not where a checkpoint lies, but what it is.
    origin = [card.vectors_digest, card.checkpoint_digest]
    # Nothing is added where these do nothing: the models of before keep their names.
    settings = recipe.settings
    later = {"word_members": settings.word_members if vectors and checkpoint else 0, "swapped": settings.swapped}
    added = [f"{name}={value}" for name, value in later.items() if value]
    config = digest_of(canonical_json([*origin, repr(settings), repr(task.relations), *added]))
    name = name_model(TAGGER, corpus, config, card.seed, card.steps)
    return card.model_copy(update={"name": name, "config": config})


def _describe_training(recipe: TaggerRecipe, task: TaggerTask, report: FitReport) -> dict[str, str]:
    """What people want to know of a training, for the model's card."""
    settings = {name: value for name, value in asdict(recipe.settings).items() if value is not None}
    rounds = ", ".join(
        f"{done}, the best of them the {best}." for done, best in zip(report.rounds, report.best, strict=True)
    )
    return {
        "learned from": f"{len(task.train)} articles, the best round chosen on {len(task.dev)}",
        "settings": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "rounds": rounds,
        "layers of spans": str(report.layers),
        "F1 on dev": ", ".join(f"{name} {format_percent(f1)}" for name, f1 in report.f1.items()),
        "expected calibration error on dev": (
            f"{format_percent(report.scores_error)} ({format_percent(report.probabilities_error)} before calibration)"
        ),
        "spans not learned": f"{report.cut} that end inside a token, {report.unheld} that are nested too deep",
        "time": f"{report.seconds:.0f} s",
    }


def _tagger_lines(name: str) -> list[str]:
    return [
        "import sys",
        f"sys.path.insert(0, {name!r})",
        "import tagger",
        f"model = tagger.load({name!r})",
        'print(*model.read(["Talks in Oslo."]), sep="\\n")',
    ]
