"""Train an extractor, and ask one: its answers are annotations signed ``model:<name>``.

A model is one more annotator: what it says has the same form, passes the same checks and is measured by the same ruler
as what people say.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from labeling.annotations import MODEL, Annotation
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.errors import TrainingError
from labeling.training import predictions, spacy_pipelines, token_classifier
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.storage import missing_error, name_disk_errors, read_value, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language

    from labeling.articles import Article
    from labeling.training.predictions import Prediction
    from labeling.training.token_classifier import Settings

_CARD = "extractor.json"
# Before the name of what is being made, so that nobody takes it for a model.
_HIDDEN = "."


class Extractor(Frozen):
    """What a model is: its name, what it was trained on (the manifest's digest), and with which settings.

    The name ends in a digest of dataset, settings, seed and steps: trained otherwise, it is another model, beside this
    one. ``config`` is the SHA-256 of all settings, those filled in too; ``steps`` the most updates, 0 for no limit.
    ``symmetric`` and ``exclusive`` are the schema's: relations without a direction, choices that take one option.
    """

    name: str
    corpus: str
    config: str
    seed: int
    steps: int = 0
    checkpoint: str = ""  # what a tagger of `transformers` began as; nothing for a pipeline of spaCy
    symmetric: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ()

    @property
    def annotator(self) -> str:
        """The signature under everything this model says."""
        return MODEL + self.name


def corpus_digest(corpus: Path) -> str:
    """The digest of a compiled dataset, which is the name of its folder.

    Raises:
        MissingInput: There is no dataset.
    """
    manifest = corpus / "manifest.json"
    if not manifest.exists():
        raise missing_error(manifest, "compile")
    return corpus.resolve().name


def train_pipeline(
    config: Path, corpus: Path, models: Path, *, seed: int = 1, steps: int | None = None, log: TextIO = sys.stderr
) -> Path:
    """Train one extractor on CPU with ``spacy train``'s own loop, and keep its best model on dev.

    Args:
        config: A spaCy training config, such as ``configs/ner.cfg`` (the flat layer), ``configs/spancat.cfg`` (every
            span), ``configs/textcat.cfg`` (choices) or ``configs/relations.cfg`` (the flat layer and its relations);
            what it leaves out takes spaCy's defaults.
        corpus: The folder of a compiled dataset. Span categorisation and relations cannot say "not known": they train
            on the articles of which everything is known.
        models: The folder for models; the new one is ``<config's name>-<12 of the digest of all that decides it>``.
        seed: Of every random number in training.
        steps: The most updates, where the config's own number is too many.
        log: Where spaCy's table of losses and scores goes as it grows.

    Returns:
        The folder of the model. ``spacy.load`` opens it where this package is not installed; one with relations needs
        ``import labeling.relations`` before, or the file ``relations.py`` that lies in the dataset.

    Raises:
        MissingInput: There is no dataset.
        TrainingError: The file is no training config, there is nothing to train on, or spaCy gave up.
        NoRoom: The folder for models takes nothing more.
    """
    digest = corpus_digest(corpus)
    sections = spacy_pipelines.read_config(config)
    spacy_pipelines.refuse_empty(sections, corpus)
    manifest = read_value(corpus / MANIFEST, Manifest)
    plan = spacy_pipelines.plan_training(sections, corpus, manifest, seed, steps)
    card = Extractor(
        name=_model_name(config.stem, digest, plan.digest, seed, plan.steps),
        corpus=digest,
        config=plan.digest,
        seed=seed,
        steps=plan.steps,
        symmetric=manifest.schema_names.symmetric,
        exclusive=manifest.schema_names.exclusive,
    )
    with _replacing_folder(models / card.name) as folder:
        with tempfile.TemporaryDirectory(dir=models, prefix=_HIDDEN) as scratch:
            spacy_pipelines.run_training(plan, Path(scratch), log).to_disk(folder)
        write_json(folder / _CARD, card.model_dump())
    return models / card.name


def train_token_classifier(
    checkpoint: str,
    corpus: Path,
    models: Path,
    *,
    seed: int = 1,
    settings: Settings = token_classifier.SETTINGS,
    log: TextIO = sys.stderr,
) -> Path:
    """Fine-tune a token classifier of ``transformers`` on the flat layer of a dataset, and keep the best on dev.

    Args:
        checkpoint: A folder or a name on the Hub: any encoder with a fast tokenizer.
        corpus: The folder of a compiled dataset.
        models: The folder for models; the new one is ``<checkpoint's last name>-<12 of the same digest>``.
        seed: Of every random number in training.
        settings: Rounds, windows a step, rate, the most steps.
        log: Where losses and scores go as they come.

    Returns:
        The folder of the model, which ``from_pretrained`` opens.

    Raises:
        MissingInput: There is no dataset.
        TrainingError: ``torch`` or ``transformers`` is missing, or the checkpoint or the dataset cannot be used.
        NoRoom: The folder for models takes nothing more.
    """
    digest, config = corpus_digest(corpus), digest_of(canonical_json([checkpoint, repr(settings)]))
    card = Extractor(
        name=_model_name(Path(checkpoint).name, digest, config, seed, settings.steps or 0),
        corpus=digest,
        config=config,
        seed=seed,
        steps=settings.steps or 0,
        checkpoint=checkpoint,
    )
    with _replacing_folder(models / card.name) as folder:
        token_classifier.fine_tune(checkpoint, corpus, folder, seed=seed, settings=settings, log=log)
        write_json(folder / _CARD, card.model_dump())
    return models / card.name


def read_extractor(folder: Path) -> Extractor:
    """The card of a trained model.

    Raises:
        TrainingError: The folder holds no model of ours.
    """
    if not (folder / _CARD).exists():
        raise TrainingError(
            f"{folder} holds no extractor of ours", todo="name a folder that `labeling train` wrote", where=str(folder)
        )
    return read_value(folder / _CARD, Extractor)


def predict_annotations(folder: Path, articles: Iterable[Article]) -> Iterator[Annotation]:
    """What a trained model says of each article: spans in the order of the text, relations between them, choices.

    Offsets are code points. What the model was not trained for stays empty.

    Raises:
        TrainingError: The folder holds no model of ours, or spaCy cannot load it.
    """
    card = read_extractor(folder)
    asked = (
        _predict_with_classifier(folder, articles)
        if card.checkpoint
        else _predict_with_pipeline(spacy_pipelines.load_pipeline(folder), card, articles)
    )
    for article, answer in asked:
        yield Annotation(
            article=article.id,
            digest=article.digest,
            annotator=card.annotator,
            spans=answer.spans,
            relations=answer.relations,
            choices=answer.choices,
        )


def _predict_with_classifier(folder: Path, articles: Iterable[Article]) -> Iterator[tuple[Article, Prediction]]:
    for article, places in token_classifier.predict_spans(folder, articles):
        yield article, predictions.prediction_from_places(places)


def _predict_with_pipeline(
    nlp: Language, card: Extractor, articles: Iterable[Article]
) -> Iterator[tuple[Article, Prediction]]:
    thresholds = predictions.read_thresholds(nlp)
    for doc, article in nlp.pipe(((article.text, article) for article in articles), as_tuples=True):
        yield article, predictions.prediction_from_doc(doc, thresholds, card.symmetric, card.exclusive)


def _model_name(stem: str, corpus: str, config: str, seed: int, steps: int) -> str:
    """What the same training is always called, and no other: a score can be traced to its model."""
    return f"{stem}-{digest_of(canonical_json([corpus, config, seed, steps]))[:12]}"


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of ``target`` when the block ends well.

    Raises:
        NoRoom: Nothing can be written beside it.
    """
    prefix = f"{_HIDDEN}{target.name}."
    with name_disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            yield new
            if target.exists():
                target.replace(old)
            new.replace(target)
            shutil.rmtree(old, ignore_errors=True)
