"""How good is the relation classifier on real documents? F1 on re3d, with entities it found and with those of gold.

    python scripts/score_relations.py [--corpora DIR] [--seeds N] [--steps N]

re3d has only 49 documents, releases of the UK government and CENTCOM: two thirds are trained on. Spans and relations
with a confidence under 0.5 are left out, and a relation is allowed only between the labels that have it somewhere, as a
schema of one's own would have it. Numbers with the entities of gold are those of the classifier alone.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import spacy
from re3d import read_re3d, write_project_file
from spacy.tokens import DocBin
from spacy.training import Example

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import MODEL
from labeling.corpora.compile_dataset import compile_dataset
from labeling.passages.cluster import cluster
from labeling.project import load_project, shipped_config
from labeling.splits.split import split
from labeling.training.evaluate import evaluate
from labeling.training.extractors import train_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.project import Project
    from labeling.workspace.rows.score import Measures


@click.command()
@click.option("--corpora", default=Path("../shared/corpora/re3d"), type=click.Path(path_type=Path))
@click.option("--seeds", default=3, show_default=True, help="Trainings.")
@click.option("--steps", type=int, help="The most updates; the config's own number when left out.")
def main(corpora: Path, seeds: int, steps: int | None) -> None:
    """Compile, train, and print a line for each seed."""
    with tempfile.TemporaryDirectory() as scratch:
        project = compiled(corpora, Path(scratch))
        articles = ", ".join(f"{len(list(_docs(project, name)))} {name}" for name in ("train", "dev", "test"))
        print(f"articles: {articles}; of pairs and labels in train, {_odds(project)}\n")
        head = f"{'relations':>11}{'P':>7}{'R':>7}{'F1':>7}   95 %"
        print(f"seed  spans F1 {head:<51}overlapping F1  with gold's entities P R F1")
        for seed in range(1, seeds + 1):
            print(_line(project, seed, steps))


def compiled(corpora: Path, scratch: Path) -> Project:
    """The corpus as a dataset of ours."""
    annotated = read_re3d(corpora, "ana")
    file = write_project_file(annotation for _, annotation in annotated)
    (scratch / "re3d.toml").write_text(file, encoding="utf-8")
    project = load_project(scratch / "re3d.toml", scratch / "workspace")
    project.workspace.articles.write([article for article, _ in annotated])
    project.workspace.annotations.write([annotation for _, annotation in annotated])
    adjudicate(project)
    cluster(project)
    split(project)
    compile_dataset(project)
    return project


def _docs(project: Project, name: str) -> Iterator[spacy.tokens.Doc]:
    vocab = spacy.blank("en").vocab
    for path in sorted((project.workspace.latest / "spacy" / name).rglob("*.spacy")):
        yield from DocBin().from_disk(path).get_docs(vocab)


def _odds(project: Project) -> str:
    marks = [mark for doc in _docs(project, "train") for pair in doc._.rel.values() for mark in pair.values()]
    return f"{sum(marks)} are relations and {len(marks) - sum(marks)} are not"


def _line(project: Project, seed: int, steps: int | None) -> str:
    workspace = project.workspace
    folder = train_pipeline(
        shipped_config("relations.cfg"), workspace.latest, workspace.models, seed=seed, steps=steps, log=io.StringIO()
    )
    score = evaluate(project).scores[f"{MODEL}{folder.name}"]
    alone = _with_gold(project, folder)
    shutil.rmtree(folder)  # else `evaluate` would measure it again with the next one
    cells = f"{seed:<6}{_percent(score.exact.micro.f1):>8} {_measured(score.relations):<51}"
    loose = score.relations_overlapping.micro.f1 if score.relations_overlapping else None
    return f"{cells}{_percent(loose):>14}  " + " ".join(_percent(alone[f"rel_micro_{name}"]) for name in "prf")


def _with_gold(project: Project, folder: Path) -> dict[str, float]:
    """The classifier on the reference documents of test, with their tokens and entities."""
    nlp = spacy.load(folder)
    pipe: Any = nlp.get_pipe("relations")
    examples = []
    for doc in _docs(project, "test"):
        asked = doc.copy()
        asked._.rel = {}
        examples.append(Example(pipe(asked), doc))
    found: dict[str, float] = pipe.score(examples)
    return found


def _measured(measures: Measures | None) -> str:
    if measures is None:
        return f"{'none':>11}"
    micro = measures.micro
    low, high = micro.f1_interval or (0.0, 0.0)
    numbers = "".join(f"{_percent(each):>7}" for each in (micro.precision, micro.recall, micro.f1))
    return f"{f'{micro.pairs} of {micro.gold}':>11}{numbers}   {_percent(low)} to {_percent(high)}"


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:.1f}"


if __name__ == "__main__":
    main()
