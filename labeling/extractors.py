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
from typing import TYPE_CHECKING, Any, TextIO

from labeling import answers, taggers
from labeling.annotations import MODEL, Annotation
from labeling.answers import CHOICES
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.training import options_to_learn
from labeling.errors import TrainingError
from labeling.tokens import register
from labeling.values import Frozen, digest_of
from labeling.workspace import missing, read_value, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language

    from labeling.answers import Answer
    from labeling.articles import Article
    from labeling.taggers import Settings

_CARD = "extractor.json"
# The factories that learn a no from what nobody said.
_KNOWN_ONLY = ('"spancat"', '"labeling_relations"')


class Extractor(Frozen):
    """What a model is: its name, what it was trained on (the manifest's digest), and with which settings.

    ``symmetric`` and ``exclusive`` are the schema's: relations without a direction, choices that take one option.
    """

    name: str
    corpus: str
    config: str  # SHA-256 of the training config's text
    seed: int
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
        raise missing(manifest)
    return corpus.resolve().name


def train(
    config: Path, corpus: Path, models: Path, *, seed: int = 1, steps: int | None = None, log: TextIO = sys.stderr
) -> Path:
    """Train one extractor on CPU with ``spacy train``'s own loop, and keep its best model on dev.

    Args:
        config: A spaCy training config, such as ``configs/ner.cfg`` (the flat layer), ``configs/spancat.cfg`` (every
            span), ``configs/textcat.cfg`` (choices) or ``configs/relations.cfg`` (the flat layer and its relations);
            what it leaves out takes spaCy's defaults.
        corpus: The folder of a compiled dataset. Span categorisation and relations cannot say "not known": they train
            on the articles of which everything is known.
        models: The folder for models; the new one is ``<config's name>-<first 12 of the corpus digest>``.
        seed: Of every random number in training.
        steps: The most updates, where the config's own number is too many.
        log: Where spaCy's table of losses and scores goes as it grows.

    Returns:
        The folder of the model. ``spacy.load`` opens it where this package is not installed; one with relations needs
        ``import labeling.relations`` before, or the file ``relations.py`` that lies in the dataset.

    Raises:
        MissingInput: There is no dataset.
        TrainingError: The config cannot be read, there is nothing to train on, or spaCy gave up.
    """
    digest, text = corpus_digest(corpus), _text(config)
    _refuse_empty(config, corpus)
    manifest = read_value(corpus / MANIFEST, Manifest)
    card = Extractor(
        name=f"{config.stem}-{digest[:12]}",
        corpus=digest,
        config=digest_of(text),
        seed=seed,
        symmetric=manifest.schema_names.symmetric,
        exclusive=manifest.schema_names.exclusive,
    )
    overrides = _overrides(text, corpus, manifest) | {"system.seed": seed}
    if steps is not None:
        overrides["training.max_steps"] = steps
    with _replacing_folder(models / card.name) as folder:
        with tempfile.TemporaryDirectory(dir=models) as scratch:
            _forgetful(_trained(config, overrides, Path(scratch), log)).to_disk(folder)
        write_json(folder / _CARD, card.model_dump())
    return models / card.name


def train_tagger(
    checkpoint: str,
    corpus: Path,
    models: Path,
    *,
    seed: int = 1,
    settings: Settings = taggers.SETTINGS,
    log: TextIO = sys.stderr,
) -> Path:
    """Fine-tune a token classifier of ``transformers`` on the flat layer of a dataset, and keep the best on dev.

    Args:
        checkpoint: A folder or a name on the Hub: any encoder with a fast tokenizer.
        corpus: The folder of a compiled dataset.
        models: The folder for models; the new one is ``<checkpoint's last name>-<first 12 of the corpus digest>``.
        seed: Of every random number in training.
        settings: Rounds, windows a step, rate, the most steps.
        log: Where losses and scores go as they come.

    Returns:
        The folder of the model, which ``from_pretrained`` opens.

    Raises:
        MissingInput: There is no dataset.
        TrainingError: ``torch`` or ``transformers`` is missing, or the checkpoint or the dataset cannot be used.
    """
    digest = corpus_digest(corpus)
    card = Extractor(
        name=f"{Path(checkpoint).name}-{digest[:12]}",
        corpus=digest,
        config=digest_of(repr(settings)),
        seed=seed,
        checkpoint=checkpoint,
    )
    with _replacing_folder(models / card.name) as folder:
        taggers.train(checkpoint, corpus, folder, seed=seed, settings=settings, log=log)
        write_json(folder / _CARD, card.model_dump())
    return models / card.name


def extractor_at(folder: Path) -> Extractor:
    """The card of a trained model.

    Raises:
        TrainingError: The folder holds no model of ours.
    """
    if not (folder / _CARD).exists():
        raise TrainingError(
            f"{folder} holds no extractor of ours", todo="name a folder that `labeling train` wrote", where=str(folder)
        )
    return read_value(folder / _CARD, Extractor)


def predict(folder: Path, articles: Iterable[Article]) -> Iterator[Annotation]:
    """What a trained model says of each article: spans in the order of the text, relations between them, choices.

    Offsets are code points. What the model was not trained for stays empty.

    Raises:
        TrainingError: The folder holds no model of ours, or spaCy cannot load it.
    """
    card = extractor_at(folder)
    asked = _asked_tagger(folder, articles) if card.checkpoint else _asked(_loaded(folder), card, articles)
    for article, answer in asked:
        yield Annotation(
            article=article.id,
            digest=article.digest,
            annotator=card.annotator,
            spans=answer.spans,
            relations=answer.relations,
            choices=answer.choices,
        )


def _asked_tagger(folder: Path, articles: Iterable[Article]) -> Iterator[tuple[Article, Answer]]:
    for article, places in taggers.tagged(folder, articles):
        yield article, answers.of_places(places)


def _asked(nlp: Language, card: Extractor, articles: Iterable[Article]) -> Iterator[tuple[Article, Answer]]:
    thresholds = answers.thresholds(nlp)
    for doc, article in nlp.pipe(((article.text, article) for article in articles), as_tuples=True):
        yield article, answers.of_doc(doc, thresholds, card.symmetric, card.exclusive)


def _paths(text: str, corpus: Path) -> dict[str, Path]:
    """Which articles, by what the pipeline can learn from."""
    known = Path("complete") if any(factory in text for factory in _KNOWN_ONLY) else Path()
    return {f"paths.{split}": corpus / "spacy" / split / known for split in ("train", "dev")}


def _refuse_empty(config: Path, corpus: Path) -> None:
    for name, path in _paths(_text(config), corpus).items():
        if not any(path.rglob("*.spacy")):
            raise TrainingError(
                f"{path} holds no article, and {config.name} needs one for {name}",
                todo="annotate more articles, or settle open conflicts, then compile again",
                where=str(path),
            )


def _overrides(text: str, corpus: Path, manifest: Manifest) -> dict[str, Any]:
    """What the config leaves open: where the articles are, their language, and the options to learn."""
    overrides: dict[str, Any] = {name: str(path) for name, path in _paths(text, corpus).items()}
    if f"[initialize.components.{CHOICES}]" in text:
        overrides[f"initialize.components.{CHOICES}.labels"] = options_to_learn(manifest.schema_names.choices)
    return overrides | {"nlp.lang": manifest.language}


def _text(config: Path) -> str:
    try:
        return config.read_text(encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"{config} cannot be read: {error.strerror}", todo="name a training config, such as configs/ner.cfg"
        ) from None


def _trained(config: Path, overrides: dict[str, Any], scratch: Path, log: TextIO) -> Language:
    """Run spaCy's training loop and load the best model it kept."""
    import spacy
    from spacy.training.initialize import init_nlp
    from spacy.training.loop import train as run

    _known_to_spacy()
    try:
        base = spacy.util.load_config(config, overrides=overrides)
        filled = spacy.util.load_model_from_config(base, auto_fill=True, validate=False).config
        nlp = init_nlp(filled, use_gpu=-1)
        run(nlp, scratch, use_gpu=-1, stdout=log, stderr=log)
        return spacy.load(scratch / "model-best")
    except (ValueError, KeyError, OSError) as error:
        # spaCy, thinc and confection raise these for a bad config, an empty corpus and a model that cannot be kept.
        raise TrainingError(
            f"spaCy could not train from {config}: {error}",
            todo="look at the corpus with `spacy debug data`; a train and a dev article with spans are the least",
            where=str(config),
        ) from error


def _known_to_spacy() -> None:
    """Register what our configs name: the tokenizer rules, and the relation classifier by being imported."""
    import labeling.relations  # noqa: F401 - the same

    register()


def _forgetful(nlp: Language) -> Language:
    """Without the paths of this machine: a model is the same wherever it was trained."""
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    return nlp


def _loaded(folder: Path) -> Language:
    import spacy

    _known_to_spacy()
    try:
        return spacy.load(folder)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"spaCy cannot load the model in {folder}: {error}", todo="train it anew", where=str(folder)
        ) from error


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """Yield a new folder that takes the place of ``target`` when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        new.mkdir()
        yield new
        if target.exists():
            target.replace(old)
        new.replace(target)
        shutil.rmtree(old, ignore_errors=True)
