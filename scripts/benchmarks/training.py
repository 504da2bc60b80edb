"""What training costs a round: ours beside the least that the same pass over the same documents takes in spaCy."""

from __future__ import annotations

import io
import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import spacy
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words

from benchmarks.compiling import adjudicate_corpus
from benchmarks.figures import Figure, side_by_side, timed
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.store import target_folder
from labeling.corpora.targets.spacy.spacy_target import SPACY
from labeling.project import shipped_config
from labeling.training.extractors import train_pipeline
from labeling.training.taggers import find_missing_package, plan_tagger, train_tagger
from labeling.training.vectors import find_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spacy.language import Language

    from benchmarks.bench import Bench
    from labeling.project import Project

_ARTICLES = 24
_WORDS = 600  # to an update, as in `configs/ner.cfg`
# The time of a round is that of the further rounds, divided: what is done once is in both.
_ROUNDS = (1, 3)


def measure(bench: Bench) -> Iterator[Figure]:
    """A round of `configs/ner.cfg`, and one of the tagger where PyTorch is installed, beside spaCy's bare updates."""
    project = adjudicate_corpus(bench, "train", bench.corpus[:_ARTICLES])
    compile_dataset(project)
    nlp, examples = _ready(project)
    floor = "spaCy's nlp.update alone, a round"
    steps = sum(1 for _ in minibatch_by_words(examples, size=_WORDS))
    bench.say("train: a round of ner.cfg")
    times = side_by_side(
        bench.runs,
        lambda _: _further(lambda rounds: _train_by_spacy(project, rounds * steps)),
        lambda _: timed(lambda: _pass_over(nlp, examples)),
    )
    yield Figure("train", f"ner.cfg, a round of {steps} updates", floor, times, "articles", len(examples))
    if missing := find_missing_package():
        bench.notes.append(f"train: {missing} is not installed, so a round of the tagger was not measured")
        return
    bench.say("train: a round of the tagger")
    times = side_by_side(
        bench.runs,
        lambda _: _further(lambda rounds: _train_tagger(project, rounds)),
        lambda _: timed(lambda: _pass_over(nlp, examples)),
    )
    yield Figure("train", "the tagger, a round", floor, times, "articles", len(examples))


def _further(train: Callable[[int], object]) -> float:
    few, many = _ROUNDS
    return (timed(lambda: train(many)) - timed(lambda: train(few))) / (many - few)


def _train_by_spacy(project: Project, steps: int) -> None:
    """Into a folder of its own each time: a model that is there is not trained again."""
    with tempfile.TemporaryDirectory() as models:
        train_pipeline(
            shipped_config("ner.cfg"),
            project.workspace.latest,
            Path(models),
            vectors=find_vectors(project),
            steps=steps,
            log=io.StringIO(),
        )


def _train_tagger(project: Project, rounds: int) -> None:
    recipe = plan_tagger(project)
    recipe = replace(recipe, settings=replace(recipe.settings, rounds=rounds))
    with tempfile.TemporaryDirectory() as models:
        train_tagger(recipe, project.workspace.latest, Path(models), log=io.StringIO())


def _ready(project: Project) -> tuple[Language, list[Example]]:
    """A recogniser of spaCy's usual size, and what it learns from: the documents of train."""
    nlp = spacy.blank(project.file.project.language)
    nlp.add_pipe("ner")
    folder = target_folder(project.workspace.latest, SPACY.name) / "train"
    docs = [doc for path in sorted(folder.rglob("*.spacy")) for doc in DocBin().from_disk(path).get_docs(nlp.vocab)]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.initialize(lambda: examples)
    return nlp, examples


def _pass_over(nlp: Language, examples: list[Example]) -> None:
    optimizer, order = nlp.resume_training(), list(examples)
    random.Random(1).shuffle(order)  # noqa: S311 - an order, not a secret
    for batch in minibatch_by_words(order, size=_WORDS):
        nlp.update(batch, sgd=optimizer, drop=0.2)
