"""What training on reference tokens does to the span categoriser: with `gold_preproc` in its config and without.

    python scripts/score_spancat.py [--steps N] [--seeds N]

Where a span starts or ends inside a token, the reference has that token cut. Without the setting spaCy aligns such
spans to the tokens of real use, drops what does not fit, and so teaches that nothing is there. Measured on short
made-up articles, of whose names a share is glued to the word before; test has the tokens of real use in all cases. No
model or server is needed.
"""

from __future__ import annotations

import io
import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import MODEL, Annotation, Span
from labeling.articles import Article
from labeling.corpora.compile_dataset import compile_dataset
from labeling.passages.cluster import cluster
from labeling.project import load_project, shipped_config
from labeling.splits.split import split
from labeling.training.evaluate import evaluate
from labeling.training.extractors import train_pipeline
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.project import Project
    from labeling.workspace.rows.score import Score

SHARES = (0.0, 0.1, 0.4)
SETTING = "gold_preproc = true"
_SYLLABLES = ("ba", "do", "ka", "li", "mo", "ne", "ra", "su", "ti", "vo", "ze", "har", "len", "dis")
_OFFICES = ("Minister", "Envoy", "Senator", "Secretary")
_DID = ("flew home", "spoke at length", "left early", "declined to answer", "thanked the hosts")


def glued(share: float) -> Iterator[tuple[Article, list[Span], str]]:
    """60, 20 and 40 articles under twelve words, of whose names a share has no blank before it."""
    source = random.Random(4)  # noqa: S311 - made-up articles, not a secret
    for number, at in enumerate(["train"] * 60 + ["dev"] * 20 + ["test"] * 40):
        text, spans = "", list[Span]()
        for label, before in (("PERSON", source.choice(_OFFICES)), ("COUNTRY", f" {source.choice(_DID)} in")):
            name = "".join(source.choices(_SYLLABLES, k=3)).capitalize()
            text += f"{before}{'' if source.random() < share else ' '}"
            spans.append(Span(id=label, start=len(text), end=len(text) + len(name), label=label))
            text += name
        yield _article(f"{at}{number}", f"{text} on day {number}."), spans, at


def _article(name: str, text: str) -> Article:
    return Article(id=name, text=text, digest=digest_of(text))


def compiled(folder: Path, rows: Iterable[tuple[Article, list[Span], str]]) -> Project:
    """A dataset, through the verbs that users have."""
    project, found = load_project(workspace=folder), sorted(rows, key=lambda row: row[0].id)
    annotations = [
        Annotation(article=each.id, digest=each.digest, annotator="ana", spans=tuple(spans)) for each, spans, _ in found
    ]
    placed = [{"article": each.id, "leak_group": each.id, "split": at} for each, _, at in found if at]
    project.workspace.articles.write([article for article, _, _ in found])
    project.workspace.annotations.write(annotations)
    adjudicate(project)
    cluster(project)
    project.workspace.splits.write(map(SplitAssignment.model_validate, placed))
    split(project)
    compile_dataset(project)
    return project


@click.command()
@click.option("--steps", default=300, show_default=True, help="Updates, for each of the trainings.")
@click.option("--seeds", default=2, show_default=True, help="Trainings for each line; the numbers are their means.")
def main(steps: int, seeds: int) -> None:
    """Print a line for each share of glued names and each setting."""
    print(
        f"{steps} steps, means of {seeds} seeds, in %; of gold's spans of test in brackets how many are out of reach\n"
    )
    head = f"{'names glued':<13}{'reference tokens':<18}{'gold':>10}{'exact P':>9}{'R':>7}{'F1':>7}"
    print(f"{head}{'overlapping P':>15}{'R':>7}{'F1':>7}")
    for share in SHARES:
        with tempfile.TemporaryDirectory() as scratch:
            project = compiled(Path(scratch) / "workspace", glued(share))
            for setting, name in (("true", "in training"), ("false", "never")):
                scores = [_score(project, Path(scratch), setting, seed, steps) for seed in range(1, seeds + 1)]
                print(f"{share:<13.0%}{name:<18}{_line(scores)}")


def _score(project: Project, scratch: Path, setting: str, seed: int, steps: int) -> Score:
    config = scratch / "spancat.cfg"
    text = shipped_config(config.name).read_text(encoding="utf-8")
    config.write_text(text.replace(SETTING, f"gold_preproc = {setting}"), encoding="utf-8")
    workspace = project.workspace
    folder = train_pipeline(config, workspace.latest, workspace.models, seed=seed, steps=steps, log=io.StringIO())
    score = evaluate(project).scores[f"{MODEL}{folder.name}"]
    shutil.rmtree(folder)  # else `evaluate` would measure it again with the next one
    return score


def _line(scores: list[Score]) -> str:
    cells = [f"{scores[0].exact.micro.gold} ({len(scores[0].out_of_reach)})".rjust(10)]
    for rule, wide in (("exact", 9), ("overlapping", 15)):
        micros = [getattr(score, rule).micro for score in scores]
        for name, width in (("precision", wide), ("recall", 7), ("f1", 7)):
            mean = sum(getattr(micro, name) or 0.0 for micro in micros) / len(micros)
            cells.append(f"{100 * mean:{width}.1f}")
    return "".join(cells)


if __name__ == "__main__":
    main()
