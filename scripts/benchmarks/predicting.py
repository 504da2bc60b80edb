"""A trained extractor's predictions: `predict` compared with spaCy's own loop over the texts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import spacy
from spacy.training import Example

from benchmarks.figures import Figure, side_by_side, timed
from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.training.predict import write_predictions
from labeling.training.spacy_pipelines import load_pipeline
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.bench import Bench
    from labeling.project import Project


def measure(bench: Bench) -> Iterator[Figure]:
    """Ours loads the model, reads the articles and writes a file; the floor has both in memory, and writes nothing."""
    project, count = bench.ingested("predict"), len(bench.corpus)
    model = make_model(bench.folder / "predict-model", project)
    nlp, texts = load_pipeline(model), [each.article.text for each in bench.corpus]
    bench.say("predict: and nlp.pipe alone")
    times = side_by_side(
        bench.runs,
        lambda _: timed(lambda: write_predictions(project, model, bench.folder / "predicted.jsonl")),
        lambda _: timed(lambda: sum(1 for _ in nlp.pipe(texts))),
    )
    yield Figure("predict", f"a recogniser of spaCy's, {count} articles", "nlp.pipe alone", times, "articles", count)


def make_model(folder: Path, project: Project) -> Path:
    """A recogniser of spaCy's usual size, its weights as they are drawn: how well it predicts does not matter here."""
    nlp = spacy.blank(project.file.project.language)
    nlp.add_pipe("ner")
    labels = project.schema.label_names
    example = {"entities": [(5 * n, 5 * n + 4, label) for n, label in enumerate(labels)]}
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("word " * len(labels)), example)])
    nlp.to_disk(folder)
    card = Extractor(name=folder.name, corpus="made", config="made", seed=1)
    write_json(folder / EXTRACTOR_CARD, card.model_dump(mode="json"))
    return folder
