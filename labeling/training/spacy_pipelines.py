"""A pipeline of spaCy from a training config: what the config leaves open is filled in, spaCy's own loop trains it."""

from __future__ import annotations

import configparser
import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from labeling.corpora.targets.spacy.training_files import list_learnable_options
from labeling.errors import NothingToLearn, TrainingError
from labeling.tokens import register_tokenizer
from labeling.training.predictions import CHOICES
from labeling.values import digest_of
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language
    from thinc.api import Config

    from labeling.corpora.manifest import Manifest

# The factories that learn a no from what nobody said.
_KNOWN_ONLY = ('"spancat"', '"labeling_relations"')
_SPLITS = ("train", "dev")
# spaCy, thinc and confection raise these for a bad config, an empty corpus and a model that cannot be kept.
_REFUSALS = (ValueError, KeyError, TypeError, OSError, configparser.Error)


@dataclass(frozen=True)
class TrainingPlan:
    """A training config with all that it leaves open filled in, by us and by spaCy's defaults."""

    path: Path
    config: Config

    @property
    def steps(self) -> int:
        """The most updates; 0 for no limit."""
        return int(self.config.interpolate()["training"]["max_steps"])

    @property
    def digest(self) -> str:
        """The SHA-256 of all that it says, but for where the articles lie: a dataset is named by its own digest."""
        told = self.config.copy()
        told["paths"] = {**told.get("paths", {}), **dict.fromkeys(_SPLITS)}
        return digest_of(told.to_str())


def refuse_empty(config: Path, corpus: Path) -> None:
    """See that there is something to learn from.

    Raises:
        NothingToLearn: A split that the config needs holds no article.
        TrainingError: The config cannot be read.
    """
    for name, path in _paths(_read_config(config), corpus).items():
        if not any(path.rglob("*.spacy")):
            raise NothingToLearn(
                f"{path} holds no article, and {config.name} needs one for {name}",
                todo="annotate more articles, or settle open conflicts, then compile again",
                where=str(path),
            )


def plan_training(path: Path, corpus: Path, manifest: Manifest, seed: int, steps: int | None) -> TrainingPlan:
    """Read a training config and fill in what it leaves open.

    Raises:
        TrainingError: It is no training config.
    """
    import spacy

    text = _read_config(path)
    register_components()
    with _name_spacy_errors(
        path, f"{path} is no training config that spaCy can use", "name one, such as configs/ner.cfg"
    ):
        if not spacy.util.load_config(path).get("nlp", {}).get("pipeline"):
            raise ValueError("it names no pipeline under [nlp]")
        overrides = _overrides(text, corpus, manifest) | {"system.seed": seed}
        if steps is not None:
            overrides["training.max_steps"] = steps
        base = spacy.util.load_config(path, overrides=overrides)
        return TrainingPlan(path, spacy.util.load_model_from_config(base, auto_fill=True, validate=False).config)


def run_training(plan: TrainingPlan, scratch: Path, log: TextIO) -> Language:
    """Run spaCy's training loop in an empty folder, and load the best model it kept there.

    Raises:
        TrainingError: spaCy gave up.
        NoRoom: The folder takes nothing more.
    """
    import spacy
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as run

    todo = "look at the corpus with `spacy debug data`; a train and a dev article with spans are the least"
    with _name_spacy_errors(plan.path, f"spaCy could not train from {plan.path}", todo), name_disk_errors(scratch):
        nlp = init_nlp(plan.config, use_gpu=-1)
        told = cast("TextIO", _TrainingLog(log, scratch))
        run(nlp, scratch, use_gpu=-1, stdout=told, stderr=told)
        return _forget_paths(spacy.load(scratch / "model-best"))


def load_pipeline(folder: Path) -> Language:
    """The pipeline in a folder.

    Raises:
        TrainingError: spaCy cannot load it.
    """
    import spacy

    register_components()
    try:
        return spacy.load(folder)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"spaCy cannot load the model in {folder}: {error}", todo="train it anew", where=str(folder)
        ) from error


def register_components() -> None:
    """Register what our configs name: the tokenizer rules, and the relation classifier by being imported."""
    import labeling.corpora.targets.spacy.relation_classifier  # noqa: F401 - the same

    register_tokenizer()


class _TrainingLog(io.TextIOBase):
    """spaCy's table as it grows: colours for a terminal alone, and nothing of a folder that will be gone."""

    def __init__(self, log: TextIO, scratch: Path) -> None:
        self._log, self._scratch = log, str(scratch)
        self._plain = not log.isatty() or bool(os.environ.get("NO_COLOR"))

    def write(self, text: str, /) -> int:
        import click

        if self._scratch not in text:
            self._log.write(click.unstyle(text) if self._plain else text)
        return len(text)

    def flush(self) -> None:
        self._log.flush()


@contextmanager
def _name_spacy_errors(path: Path, sentence: str, todo: str) -> Iterator[None]:
    """Give what libraries raise in the block one name."""
    try:
        yield
    except _REFUSALS as error:
        raise TrainingError(f"{sentence}: {str(error).strip()}", todo=todo, where=str(path)) from error


def _paths(text: str, corpus: Path) -> dict[str, Path]:
    """Which articles, by what the pipeline can learn from."""
    known = Path("complete") if any(factory in text for factory in _KNOWN_ONLY) else Path()
    return {f"paths.{split}": corpus / "spacy" / split / known for split in _SPLITS}


def _overrides(text: str, corpus: Path, manifest: Manifest) -> dict[str, Any]:
    """What the config leaves open: where the articles are, their language, and the options to learn."""
    overrides: dict[str, Any] = {name: str(path) for name, path in _paths(text, corpus).items()}
    if f"[initialize.components.{CHOICES}]" in text:
        overrides[f"initialize.components.{CHOICES}.labels"] = list_learnable_options(manifest.schema_names.choices)
    return overrides | {"nlp.lang": manifest.language}


def _read_config(config: Path) -> str:
    try:
        return config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise TrainingError(
            f"{config} cannot be read: {why}",
            todo="name a training config, such as configs/ner.cfg",
            where=str(config),
        ) from None


def _forget_paths(nlp: Language) -> Language:
    """Without the paths of this machine: a model is the same wherever it was trained."""
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    return nlp
