"""A spaCy pipeline from a training config: we fill in what the config leaves open, and spaCy's own loop trains it."""

from __future__ import annotations

import configparser
import io
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from labeling.corpora.store import target_folder
from labeling.corpora.targets.spacy.spacy_target import SPACY
from labeling.corpora.targets.spacy.training_files import list_learnable_options
from labeling.corpora.word_vectors.spacy_vectors import list_open_places, takes_vectors, write_vectors
from labeling.errors import NothingToLearn, TrainingError
from labeling.tokens import NEWSWIRE, NEWSWIRE_1, register_tokenizer
from labeling.training.predictions import CHOICES
from labeling.values import digest_of
from labeling.workspace.progress_watch import mark_progress
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spacy.language import Language
    from thinc.api import Config

    from labeling.corpora.manifest import Manifest
    from labeling.corpora.word_vectors.word_vectors import WordVectors

# The factories that take silence for a no: where gold is open, they would learn that nothing is there.
_LEARN_FROM_SILENCE = frozenset({"spancat", "spancat_singlelabel", "span_finder", "labeling_relations"})
# What our configs have besides components that mark spans.
_NOT_OF_SPANS = frozenset({"labeling_relations", "textcat", "textcat_multilabel"})
_SPLITS = ("train", "dev")
# A row of spaCy's table as it trains: the epoch, and the step.
_ROW = re.compile(r"\s*\d+\s+(\d+)\s")
# Where the word vectors lie during training, beside what spaCy writes.
_VECTORS = "vectors"
# spaCy, thinc and confection raise these for a bad config, an empty corpus and a model that cannot be kept.
_REFUSALS = (ValueError, KeyError, TypeError, OSError, configparser.Error)


@dataclass(frozen=True)
class TrainingConfig:
    """A training config as its file has it, and the factory of each component of its pipeline, by name."""

    path: Path
    sections: Config
    factories: Mapping[str, str]

    def data_folders(self, corpus: Path) -> dict[str, Path]:
        """Where the articles to learn from lie in a dataset, by the config's names for them.

        All articles, unless a component takes silence for a no: then those of which everything is known.

        Raises:
            MissingInput: The dataset was compiled without spaCy's files.
        """
        complete_only = not _LEARN_FROM_SILENCE.isdisjoint(self.factories.values())
        part = Path("complete") if complete_only else Path()
        folder = target_folder(corpus, SPACY.name)
        return {f"paths.{split}": folder / split / part for split in _SPLITS}

    @property
    def learns_choices(self) -> bool:
        """Whether it leaves a place for the options of choices to learn."""
        return CHOICES in self.sections.get("initialize", {}).get("components", {})

    @property
    def has_place_for_vectors(self) -> bool:
        """Whether it names no vectors of its own, and a component takes some or leaves that open."""
        components = self.sections.get("components", {})
        own = self.sections.interpolate().get("initialize", {}).get("vectors")
        return not own and (takes_vectors(components) or bool(list_open_places(components)))


@dataclass(frozen=True)
class TrainingPlan:
    """A training config with all that it leaves open filled in, by us and by spaCy's defaults."""

    path: Path
    config: Config
    vectors: WordVectors | None = None  # which the model starts from, and keeps

    @property
    def steps(self) -> int:
        """The most updates; 0 for no limit."""
        return int(self.config.interpolate()["training"]["max_steps"])

    @property
    def digest(self) -> str:
        """The SHA-256 of all settings, but not of where the articles lie: the dataset has a digest of its own."""
        settings = self.config.copy()
        settings["paths"] = {**settings.get("paths", {}), **dict.fromkeys(_SPLITS)}
        return digest_of(settings.to_str())


def read_config(path: Path) -> TrainingConfig:
    """Read a training config.

    Raises:
        TrainingError: The file cannot be read, or is not a training config.
    """
    import spacy

    _refuse_unreadable(path)
    # Before the config is read: it may name our tokenizer and our relation classifier.
    register_components()
    with _name_config_errors(path):
        sections = spacy.util.load_config(path)
        if not sections.get("nlp", {}).get("pipeline"):
            raise ValueError("it names no pipeline under [nlp]")
        return TrainingConfig(path, sections, _find_factories(sections))


def refuse_empty(config: TrainingConfig, corpus: Path) -> None:
    """See that there is something to learn from.

    Raises:
        NothingToLearn: A split that the config needs holds no article.
    """
    for name, folder in config.data_folders(corpus).items():
        if not any(folder.rglob("*.spacy")):
            raise NothingToLearn(
                f"{folder} holds no article, and {config.path.name} needs one for {name}",
                todo="annotate more articles, or settle open conflicts, then compile again",
                where=str(folder),
            )


def plan_training(
    config: TrainingConfig,
    corpus: Path,
    manifest: Manifest,
    seed: int,
    steps: int | None,
    vectors: WordVectors | None = None,
) -> TrainingPlan:
    """Fill in what a training config leaves open: articles, language, options, vectors, seed, and spaCy's own defaults.

    A config that has no place for vectors is the same with and without them.

    Raises:
        TrainingError: spaCy cannot use it.
    """
    import spacy

    overrides = _list_overrides(config, corpus, manifest) | {"system.seed": seed}
    if steps is not None:
        overrides["training.max_steps"] = steps
    if vectors and config.has_place_for_vectors:
        places = list_open_places(config.sections["components"])
        overrides |= {f"components.{place}": True for place in places}
    else:
        vectors = None
    with _name_config_errors(config.path):
        # spaCy fills in its defaults when it builds the pipeline; the filled config is what the digest is of.
        base = spacy.util.load_config(config.path, overrides=overrides)
        filled = spacy.util.load_model_from_config(base, auto_fill=True, validate=False).config
        return TrainingPlan(config.path, filled, vectors)


def run_training(plan: TrainingPlan, scratch: Path, log: TextIO) -> Language:
    """Run spaCy's training loop in an empty folder, and load the best model it kept there.

    Raises:
        TrainingError: spaCy gave up.
        NoRoom: The disk is full, or the folder may not be written.
    """
    import spacy
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as run

    todo = "look at the corpus with `spacy debug data`; a train and a dev article with spans are the least"
    with _name_spacy_errors(plan.path, f"spaCy could not train from {plan.path}", todo), name_disk_errors(scratch):
        nlp = init_nlp(_place_vectors(plan, scratch / _VECTORS), use_gpu=-1)
        out = cast("TextIO", _TrainingLog(log, scratch, plan.steps))
        run(nlp, scratch, use_gpu=-1, stdout=out, stderr=out)
        return _forget_paths(spacy.load(scratch / "model-best"), plan)


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


def list_span_labels(nlp: Language) -> tuple[str, ...]:
    """The labels that a pipeline's spans may have, sorted: of its recognisers, taggers of spans and rules."""
    spans = (labels for name, labels in nlp.pipe_labels.items() if nlp.get_pipe_meta(name).factory not in _NOT_OF_SPANS)
    return tuple(sorted({label for labels in spans for label in labels}))


def register_components() -> None:
    """Register what our configs name: the tokenizer rules, and the relation classifier by being imported."""
    import labeling.corpora.targets.spacy.relation_classifier  # noqa: F401 - the same

    register_tokenizer()


class _TrainingLog(io.TextIOBase):
    """spaCy's table as it grows: with colours only on a terminal, and without lines about the scratch folder."""

    def __init__(self, log: TextIO, scratch: Path, most_steps: int) -> None:
        self._log, self._scratch, self._most_steps = log, str(scratch), most_steps
        self._plain = not log.isatty() or bool(os.environ.get("NO_COLOR"))

    def write(self, text: str, /) -> int:
        import click

        # A row begins with the epoch and the step; training may end long before the last one.
        if row := _ROW.match(text):
            mark_progress("training", int(row[1]), self._most_steps)
        if self._scratch not in text:
            self._log.write(click.unstyle(text) if self._plain else text)
        return len(text)

    def flush(self) -> None:
        self._log.flush()


@contextmanager
def _name_spacy_errors(path: Path, sentence: str, todo: str) -> Iterator[None]:
    """Turn what the libraries raise in the block into a `TrainingError`."""
    try:
        yield
    except _REFUSALS as error:
        raise TrainingError(f"{sentence}: {str(error).strip()}", todo=todo, where=str(path)) from error


@contextmanager
def _name_config_errors(path: Path) -> Iterator[None]:
    sentence = f"{path} is not a training config that spaCy can use"
    with _name_spacy_errors(path, sentence, "name one, such as configs/ner.cfg"):
        yield


def _find_factories(sections: Config) -> dict[str, str]:
    """The factory of each component of the pipeline, whatever the component is called."""
    import spacy

    components: dict[str, dict[str, Any]] = sections.get("components", {})
    factories = {}
    for name in sections["nlp"]["pipeline"]:
        component = components.get(name, {})
        if "source" in component:
            # It comes from a trained pipeline, which knows what made it; the config does not.
            source = spacy.load(component["source"])
            factories[name] = source.get_pipe_meta(component.get("component", name)).factory
        else:
            factories[name] = component.get("factory", "")
    return factories


def _list_overrides(config: TrainingConfig, corpus: Path, manifest: Manifest) -> dict[str, Any]:
    """What we fill in from the dataset: where the articles are, their language, and the options to learn."""
    overrides: dict[str, Any] = {name: str(folder) for name, folder in config.data_folders(corpus).items()}
    if config.learns_choices:
        overrides[f"initialize.components.{CHOICES}.labels"] = list_learnable_options(manifest.schema_names.choices)
    callback = config.sections.get("initialize", {}).get("before_init") or {}
    if callback.get("@callbacks") in {NEWSWIRE_1, NEWSWIRE}:
        # A model cuts texts as the dataset does that it learnt from, which may be older than the config.
        overrides["initialize.before_init.@callbacks"] = manifest.tokenizer
    return overrides | {"nlp.lang": manifest.language}


def _refuse_unreadable(path: Path) -> None:
    try:
        path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise TrainingError(
            f"{path} cannot be read: {why}",
            todo="name a training config, such as configs/ner.cfg",
            where=str(path),
        ) from None


def _place_vectors(plan: TrainingPlan, folder: Path) -> Config:
    """The config with the place of its vectors, which are written there."""
    if plan.vectors is None:
        return plan.config
    config = plan.config.copy()
    write_vectors(plan.vectors, folder, config["nlp"]["lang"])
    config["initialize"]["vectors"] = str(folder)
    return config


def _forget_paths(nlp: Language, plan: TrainingPlan) -> Language:
    """Remove the paths of this machine: a model is the same wherever it was trained."""
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    # What the config itself said of vectors stays.
    if plan.vectors:
        nlp.config["initialize"]["vectors"] = None
    return nlp
