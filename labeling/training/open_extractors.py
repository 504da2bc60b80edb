"""A trained extractor, opened once: its model stays loaded, and predicts as many articles as it is given."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import tee
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import Annotation
from labeling.training import predictions, spacy_pipelines, token_classifier
from labeling.training.extractors import TAGGER, Extractor, read_extractor
from labeling.training.taggers import load_tagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from labeling.articles import Article
    from labeling.training.predictions import Prediction

    # A loaded model: articles in; each, with its prediction, out, in the same order.
    Predictor: TypeAlias = Callable[[Iterable[Article]], Iterator[tuple[Article, Prediction]]]


@dataclass(frozen=True)
class OpenExtractor:
    """A loaded model with its card, and the labels that its spans may have."""

    card: Extractor
    labels: tuple[str, ...]
    predictor: Predictor

    def predict(self, articles: Iterable[Article]) -> Iterator[Annotation]:
        """The model's annotation of each article: spans in the order of the text, relations between them, choices.

        Offsets are code points. What the model was not trained for stays empty.
        """
        for article, prediction in self.predictor(articles):
            yield Annotation(
                article=article.id,
                digest=article.digest,
                annotator=self.card.annotator,
                spans=prediction.spans,
                relations=prediction.relations,
                choices=prediction.choices,
            )


def open_extractor(folder: Path) -> OpenExtractor:
    """Load a trained model, of whichever kind its card says that it is.

    Raises:
        TrainingError: The folder does not hold a model of ours, a package is missing, or the model cannot be loaded.
    """
    card = read_extractor(folder)
    return OpenExtractor(card, *_load_predictor(folder, card))


def predict_annotations(folder: Path, articles: Iterable[Article]) -> Iterator[Annotation]:
    """`OpenExtractor.predict` by a model that is loaded for these articles alone.

    Raises:
        TrainingError: See `open_extractor`.
    """
    yield from open_extractor(folder).predict(articles)


def _load_predictor(folder: Path, card: Extractor) -> tuple[tuple[str, ...], Predictor]:
    # A kind of model is told by a field of its card.
    if card.architecture == TAGGER:
        return _tagger_predictor(folder)
    if card.checkpoint:
        return _classifier_predictor(folder)
    return _pipeline_predictor(folder, card)


def _tagger_predictor(folder: Path) -> tuple[tuple[str, ...], Predictor]:
    tagger = load_tagger(folder)

    def predict(articles: Iterable[Article]) -> Iterator[tuple[Article, Prediction]]:
        # Read ahead only by what the tagger reads at once.
        waiting, asked = tee(articles)
        for article, found in zip(waiting, tagger.read(each.text for each in asked), strict=True):
            yield article, predictions.prediction_from_tagged(found)

    return tagger.card.labels, predict


def _classifier_predictor(folder: Path) -> tuple[tuple[str, ...], Predictor]:
    classifier = token_classifier.open_classifier(folder)

    def predict(articles: Iterable[Article]) -> Iterator[tuple[Article, Prediction]]:
        for article in articles:
            yield article, predictions.prediction_from_places(classifier.find(article.text))

    return classifier.labels, predict


def _pipeline_predictor(folder: Path, card: Extractor) -> tuple[tuple[str, ...], Predictor]:
    nlp = spacy_pipelines.load_pipeline(folder)
    thresholds = predictions.read_thresholds(nlp)

    def predict(articles: Iterable[Article]) -> Iterator[tuple[Article, Prediction]]:
        # spaCy's vocabulary would keep every word that it meets.
        with nlp.memory_zone():
            for doc, article in nlp.pipe(((article.text, article) for article in articles), as_tuples=True):
                yield article, predictions.prediction_from_doc(doc, thresholds, card.symmetric, card.exclusive)

    return spacy_pipelines.list_span_labels(nlp), predict
