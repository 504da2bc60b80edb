"""How good is an extractor of ours on CrossNER's politics, next to published figures? F1 on dev; on test when asked.

    python scripts/score_crossner.py [--corpora DIR] [--trainer NAME] [--seed N]... [--steps N] [--test] [--out FILE]

DIR has ``train``, ``dev`` and, if it is at hand, ``test``, each as .jsonl with tokens and tags or as CoNLL in .txt.
Every sentence becomes an article: `labeling import conll`, gold, the published splits (less the sentences of train and
dev that share twelve words with a later one: leaks are refused), `labeling compile`. The trainers are those of
`labeling train`; with ``--emitted`` the project in the dataset is run as its users run it, by spaCy's own program on
the CPU: debug data, train, evaluate. F1 is by our ruler. Published figures are of the test split: dev is not to be
compared with them, and test is for what was chosen on dev.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
import spacy
from fold_results import read_results, write_table
from measured_folds import Training, list_missing, measure_apart
from published_corpora import read_sentences
from trainers import PIPELINES, Trainer, trainer_options

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import MODEL, Annotation, surface_of
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.targets.spacy.training_files import EXPECTED_WARNINGS
from labeling.evaluation import scores
from labeling.evaluation.scores import ScoredArticle
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.splits.split import split as certify
from labeling.training import predictions
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment, SplitName
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spacy.language import Language

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.score import Measure, Score

LABELS = ("politician", "person", "politicalparty", "organisation", "country", "location", "election", "event", "misc")
# Of the test split, micro, exact. Each was given more than the 200 sentences of train: none can be compared with ours.
PUBLISHED = {
    "BiLSTM-CRF": (56.6, "Liu et al. 2021; GloVe vectors of 6 billion words, vectors of character n-grams"),
    "Flair": (69.5, "a pre-trained language model"),
    "CP-NER": (74.3, "a pre-trained language model, and training on other domains"),
}


@click.command()
@click.option("--corpora", default=Path("../shared/corpora/crossner_politics"), type=click.Path(path_type=Path))
@trainer_options("ner")
@click.option("--recipe", default="", help="Its name in the results; trainer, checkpoint and steps when left out.")
@click.option("--seed", "seeds", multiple=True, default=(1,), type=int, help="Of training. Repeatable.")
@click.option("--test", is_flag=True, help="Score on test, too.")
@click.option("--emitted", is_flag=True, help="By spaCy's own program in the folder of the dataset.")
@click.option("--out", type=click.Path(path_type=Path), help="Results as `score_foldings.py` keeps them, added to.")
def main(  # noqa: PLR0913 - an option each
    *,
    corpora: Path,
    made: Trainer,
    recipe: str,
    seeds: tuple[int, ...],
    test: bool,
    emitted: bool,
    out: Path | None,
) -> None:
    """Compile, train, and print what came of it."""
    if emitted and made.name not in PIPELINES:
        raise click.UsageError(f"spaCy's own program does not train {made.name}")
    splits: tuple[SplitName, ...] = ("dev", "test") if test else ("dev",)
    with tempfile.TemporaryDirectory() as scratch:
        project = compiled(corpora, Path(scratch))
        folder = project.workspace.latest / "spacy"
        print(_of_dataset(project))
        if emitted:
            _debugged(folder, made.name)
            for seed in seeds:
                _trained(folder, made.name, seed, made.steps)
                _scored(project, folder, made.name, splits)
        else:
            kept = out or Path(scratch) / "results.jsonl"
            name = recipe or made.title
            wanted = [Training(project, "crossner", "1/1", made, name, seed, splits=splits) for seed in seeds]
            measure_apart(list_missing(wanted, kept), kept)
            print("\n".join(write_table(read_results(kept))))
    print("\npublished, on test:")
    for name, (f1, given) in PUBLISHED.items():
        print(f"  {name:<12}{f1:5.1f}  with {given}")


def compiled(corpora: Path, scratch: Path) -> Project:
    """The corpus as a dataset of ours, through the verbs that users have."""
    sentences = {split: list(read_sentences(corpora, split)) for split in SPLITS}
    (scratch / "crossner.toml").write_text(_schema(), encoding="utf-8")
    project = load_project(scratch / "crossner.toml", scratch / "workspace")
    for split, rows in sentences.items():
        lines = (line for number, row in enumerate(rows) for line in _conll(_name(split, number), row))
        (scratch / f"{split}.conll").write_text("\n".join(lines), encoding="utf-8")
    import_annotations(
        project, "conll", [str(path) for path in scratch.glob("*.conll")], ImportOptions(annotator="crossner")
    )
    adjudicate(project)
    cluster(project)
    project.workspace.splits.write(list(_placed(project)))
    certify(project)
    compile_dataset(project)
    return project


def _placed(project: Project) -> Iterator[SplitAssignment]:
    """Each sentence in its published split; those of train and dev that share text with a later split in none."""
    rows = list(project.workspace.clusters.rows())
    last = dict[str, SplitName]()
    for row in rows:
        last[row.leak_group] = max(last.get(row.leak_group, "train"), _split(row.article), key=SPLITS.index)
    for row in rows:
        kept = _split(row.article) == last[row.leak_group]
        reason = "" if kept else f"shares text with {last[row.leak_group]}"
        split = _split(row.article) if kept else None
        yield SplitAssignment(article=row.article, leak_group=row.leak_group, split=split, reason=reason)


def _split(article: str) -> SplitName:
    return next(split for split in SPLITS if article.startswith(split))


def _name(split: str, number: int) -> str:
    return f"{split}/{number:04}"


def _conll(name: str, sentence: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"# newdoc id = {name}"
    yield from (f"{token}\t{tag}" for token, tag in sentence)
    yield ""


def _schema() -> str:
    """A project file for the labels of CrossNER."""
    labels = (
        f'[[labels]]\nname = "{name}"\ndefinition = "As CrossNER has it."\nexamples = ["[{name}]"]\n'
        f'color = "#{number * 1234567 % 0xFFFFFF:06x}"\nhotkey = "{number}"\n'
        for number, name in enumerate(LABELS, start=1)
    )
    return "\n".join(['[project]\nname = "CrossNER politics"\n', *labels])


def _of_dataset(project: Project) -> str:
    manifest = read_value(project.workspace.latest / MANIFEST, Manifest)
    counts = ", ".join(f"{manifest.splits[split].articles} {split}" for split in SPLITS)
    account = ", ".join(f"{number} {outcome}" for outcome, number in manifest.ledger["spacy"]["span"].items())
    apart = Counter(f"{_split(row.article)} {row.reason}" for row in manifest.left_out)
    counts += "".join(f"; left out, {number} of {which}" for which, number in sorted(apart.items()))
    return f"articles: {counts}\nspans to spacy: {account}\nmanifest: {project.workspace.latest.resolve().name}"


def _spacy(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """SpaCy's own program in the dataset's folder."""
    command, environment = [sys.executable, "-W", "ignore", "-m", "spacy", *words], {**os.environ, "ENV_ANSI": "0"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def _debugged(folder: Path, config: str) -> None:
    run = _spacy(folder, "debug", "data", f"configs/{config}.cfg")
    printed = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "\n", run.stdout).splitlines()]
    print(f"spacy debug data: exit {run.returncode}")
    for line in printed:
        mark, _, message = line.partition(" ")
        if mark in {"⚠", "✘"} and not re.fullmatch(r"\d+ (warnings?|errors?)", message):
            expected = any(each.matches(message) for each in EXPECTED_WARNINGS)
            print(f"  {mark} {message}{'' if expected else ' (NOT EXPECTED)'}")


def _trained(folder: Path, config: str, seed: int, steps: int | None) -> None:
    words = [f"configs/{config}.cfg", "--output", f"training/{config}", "--gpu-id", "-1", f"--system.seed={seed}"]
    began = time.perf_counter()
    run = _spacy(folder, "train", *words, *([f"--training.max_steps={steps}"] if steps else []))
    if run.returncode:
        raise click.ClickException(run.stdout + run.stderr)
    table = [line for line in run.stdout.splitlines() if re.match(r"\s*\d+\s+\d+\s", line)]
    print(f"\nspacy train, seed {seed}: exit 0 in {time.perf_counter() - began:.0f} s; the last line of its table:")
    print(f"  {table[-1].strip()}")


def _scored(project: Project, folder: Path, config: str, splits: Sequence[SplitName]) -> None:
    """Dev and test by our ruler, and by spaCy's."""
    model = folder / "training" / config / "model-best"
    surfaces = {
        surface_of(span.label, article.text[span.start : span.end])
        for article, _, gold in _gold_of(project, "train")
        for span in gold.spans
    }
    for split in splits:
        scored = list(_scored_articles(project, split, spacy.load(model)))
        if not scored:
            print(f"  {split}: not at hand")
            continue
        corpus = project.workspace.latest.resolve().name
        score = scores.score_spans(config, scored, LABELS, trained_on=surfaces, corpus=corpus)
        print(f"  {split}: spaCy's own F1 is {_by_spacy(folder, model, split, config):.1f}; by our ruler")
        print("\n".join(_table(score)))


def _by_spacy(folder: Path, model: Path, split: str, config: str) -> float:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        run = _spacy(folder, "evaluate", str(model.resolve()), split, "--output", file.name)
        if run.returncode:
            raise click.ClickException(run.stdout + run.stderr)
        return 100 * float(json.load(file)["ents_f" if config == "ner" else "spans_sc_f"])


def _gold_of(project: Project, split: str) -> Iterator[tuple[Article, str, Gold]]:
    """The articles of a split, each with its leak group and its gold."""
    workspace = project.workspace
    articles, gold = workspace.articles.by("id"), workspace.gold.by("article")
    for row in workspace.splits.rows():
        if row.split == split:
            yield articles[row.article], row.leak_group, gold[row.article]


def _scored_articles(project: Project, split: str, nlp: Language) -> Iterator[ScoredArticle]:
    """The articles of a split with the model's prediction."""
    for article, leak_group, gold in _gold_of(project, split):
        spans = predictions.prediction_from_doc(nlp(article.text), {}, (), ()).spans
        prediction = Annotation(article=article.id, digest=article.digest, annotator=MODEL, spans=spans)
        yield ScoredArticle(article, leak_group, gold, prediction)


def _table(score: Score) -> Iterator[str]:
    rows: Sequence[tuple[str, Measure | None]] = (
        ("exact", score.exact.micro),
        ("overlapping", score.overlapping.micro),
        ("words seen", score.exact.seen),
        ("words unseen", score.exact.unseen),
        *score.exact.labels.items(),
    )
    for name, measure in rows:
        if measure:
            low, high = measure.f1_interval or (float("nan"), float("nan"))
            numbers = [f"{100 * (each or 0):6.1f}" for each in (measure.precision, measure.recall, measure.f1)]
            interval = f"({100 * low:.1f} to {100 * high:.1f})"
            yield f"    {name:<16}gold {measure.gold:5}  P{numbers[0]}  R{numbers[1]}  F1{numbers[2]} {interval}"
    yield f"    {score.exact.signature}"


if __name__ == "__main__":
    main()
