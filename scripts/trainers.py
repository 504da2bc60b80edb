"""The extractors that are measured, each behind the same three verbs: train on a dataset, predict, relate gold's spans.

``rules`` are those of `labeling suggest`, which learn nothing: what training has to beat.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click

from labeling.annotations import MODEL, Annotation, Relation, Span
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.store import target_folder
from labeling.corpora.targets.spacy.spacy_target import SPACY
from labeling.corpora.word_vectors.vector_sources import is_glove_installed
from labeling.project import shipped_config
from labeling.suggestions.suggester import read_suggestion_settings, suggest_annotations
from labeling.training import extractors, predictions, spacy_pipelines
from labeling.training.extractors import TAGGER
from labeling.training.open_extractors import open_extractor
from labeling.training.taggers import load_tagger, plan_tagger, train_tagger
from labeling.training.vectors import find_vectors
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from spacy.tokens import Doc

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.training.fitting.tagger_settings import TaggerSettings

PIPELINES = ("ner", "spancat", "relations")
RULES = "rules"
TRAINERS = (*PIPELINES, TAGGER, RULES)
_Command = TypeVar("_Command", bound="Callable[..., object]")


def trainer_options(default: str) -> Callable[[_Command], _Command]:
    """The options of a script's command that say what is trained; they come to it as ``made``, a `Trainer`."""
    options = (
        click.option("--trainer", default=default, type=click.Choice(TRAINERS), show_default=True),
        click.option("--checkpoint", default="", help="A folder or a name on the Hub, for trainers that take one."),
        click.option("--steps", type=int, help="The most updates; the trainer's own number when left out."),
        click.option("--vectors/--no-vectors", default=is_glove_installed(), help="Word vectors; on where installed."),
        click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A tagger's setting. Repeatable."),
    )

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def run(
            *args: Any,  # noqa: ANN401 - the command's own
            trainer: str,
            checkpoint: str,
            steps: int | None,
            settings: tuple[str, ...],
            vectors: bool,
            **others: Any,  # noqa: ANN401 - the command's own
        ) -> object:
            made = Trainer(trainer, checkpoint, steps, settings, vectors and trainer != RULES)
            return command(*args, made=made, **others)

        decorated: Any = run
        for option in reversed(options):
            decorated = option(decorated)
        return cast("_Command", decorated)

    return decorate


@dataclass(frozen=True)
class Trainer:
    """What is trained: one of ``TRAINERS``, and the most updates, None for the trainer's own number.

    ``settings`` are those of a tagger that are not the default, as ``members=3``. ``vectors`` says whether it starts
    from the word vectors of the project, where these are installed.
    """

    name: str
    checkpoint: str = ""
    steps: int | None = None
    settings: tuple[str, ...] = ()
    vectors: bool = False

    @property
    def title(self) -> str:
        """In the results: ``tagger MiniLM, 150 steps``."""
        words = " ".join(filter(None, (self.name, self.checkpoint.rstrip("/").rpartition("/")[2])))
        steps = [] if self.steps is None else [f"{self.steps} steps"]
        return ", ".join([words, *(["vectors"] if self.vectors else []), *self.settings, *steps])

    def train(self, project: Project, seed: int, log: TextIO = sys.stderr) -> Path | None:
        """Train on the latest dataset of a project, as `labeling train` does; None where nothing is to be learnt."""
        latest, models = project.workspace.latest, project.workspace.models
        if self.name == RULES:
            return None
        if not self.vectors:
            section = project.file.train.model_copy(update={"vectors": ""})
            project = replace(project, file=project.file.model_copy(update={"train": section}))
        if self.name == TAGGER:
            recipe = plan_tagger(project, self.checkpoint, seed=seed, steps=self.steps)
            settings = replace(recipe.settings, **read_settings(self.settings, recipe.settings))
            return train_tagger(replace(recipe, settings=settings), latest, models, log=log)
        config, vectors = shipped_config(f"{self.name}.cfg"), find_vectors(project)
        return extractors.train_pipeline(config, latest, models, vectors=vectors, seed=seed, steps=self.steps, log=log)

    def predict(self, project: Project, model: Path | None, pairs: Sequence[tuple[Article, Gold]]) -> list[Annotation]:
        """What it finds in each article, in their order; gold is not looked at."""
        articles = [article for article, _ in pairs]
        if model is None:
            return list(suggest_annotations(articles, project.schema, read_suggestion_settings(project)))
        return list(open_extractor(model).predict(articles))

    def relate(self, project: Project, model: Path | None, pairs: Sequence[tuple[Article, Gold]]) -> list[Annotation]:
        """Gold's spans in each article, with the relations it finds between them, in their order."""
        if model is None or self.name not in {predictions.RELATIONS, TAGGER}:
            raise ValueError(f"{self.name} is not asked about relations between gold's spans")
        find = _relate_by_tagger if self.name == TAGGER else _relate_by_pipeline
        return list(find(project, model, pairs))


def read_settings(words: Iterable[str], defaults: TaggerSettings) -> dict[str, Any]:
    """The settings in words as ``rate=0.002``, each of the type that the default has.

    Raises:
        ValueError: A word is not a setting.
    """
    settings = {}
    for name, value in (word.split("=", 1) for word in words):
        known = getattr(defaults, name, None)
        if known is None:
            raise ValueError(f"{name} is not a setting of a tagger")
        settings[name] = type(known)(value)
    return settings


def _relate_by_tagger(_: Project, model: Path, pairs: Sequence[tuple[Article, Gold]]) -> Iterator[Annotation]:
    tagger = load_tagger(model)
    for article, gold in pairs:
        spans = _copy_spans(gold)
        found = tagger.relate(article.text, [(span.start, span.end, span.label) for span in spans])
        yield _annotate(
            article,
            spans,
            (Relation(head=spans[each.head].id, tail=spans[each.tail].id, label=each.label) for each in found),
        )


def _relate_by_pipeline(project: Project, model: Path, pairs: Sequence[tuple[Article, Gold]]) -> Iterator[Annotation]:
    """The classifier alone on the reference documents: it is asked about the flat layer, with gold's tokens."""
    nlp = spacy_pipelines.load_pipeline(model)
    pipe: Any = nlp.get_pipe(predictions.RELATIONS)
    symmetric = read_value(project.workspace.latest / MANIFEST, Manifest).schema_names.symmetric
    thresholds, docs = predictions.read_thresholds(nlp), _reference_docs(project)
    for article, gold in pairs:
        doc = docs[article.id]
        doc._.rel = {}
        spans = _copy_spans(gold)
        flat = {(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents}
        asked = [span for span in spans if (span.start, span.end, span.label) in flat]
        yield _annotate(article, spans, predictions.extract_relations(pipe(doc), asked, thresholds, symmetric))


def _copy_spans(gold: Gold) -> tuple[Span, ...]:
    return tuple(Span(id=span.id, start=span.start, end=span.end, label=span.label) for span in gold.spans)


def _annotate(article: Article, spans: tuple[Span, ...], relations: Iterable[Relation]) -> Annotation:
    return Annotation(
        article=article.id,
        digest=article.digest,
        annotator=f"{MODEL}gold's spans",
        spans=spans,
        relations=tuple(relations),
    )


def _reference_docs(project: Project) -> dict[str, Doc]:
    """The documents of the dataset, by article."""
    import spacy
    from spacy.tokens import DocBin

    folder, vocab = target_folder(project.workspace.latest, SPACY.name), spacy.blank("en").vocab
    docs = (doc for path in sorted(folder.rglob("*.spacy")) for doc in DocBin().from_disk(path).get_docs(vocab))
    return {doc.user_data["article"]: doc for doc in docs}
