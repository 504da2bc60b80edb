"""``labeling curve``: the same extractor, trained on ever more leak groups -> ``curve.json``."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from labeling.corpora.targets.spacy.subsample import thinned
from labeling.errors import NothingToLearn, TrainingError
from labeling.evaluation import learning_curve, scores
from labeling.evaluation.scores import Judged
from labeling.project import shipped
from labeling.training import extractors
from labeling.verbs.evaluate import refuse_changed
from labeling.verbs.options import json_option, measured, show, with_project
from labeling.workspace.rows.score import Curve, Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.score import Score
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class _Test:
    """The test split: articles, and each one's gold and leak group."""

    articles: Sequence[Article]
    gold: dict[str, Gold]
    group_of: dict[str, str]


def curve(
    project: Project,
    config: Path | None = None,
    *,
    points: int = 4,
    seed: int = 1,
    steps: int | None = None,
    log: TextIO = sys.stderr,
) -> Curve:
    """Train on an eighth, a quarter, half and all of the leak groups of train; score each on the test split.

    A part that the config can learn nothing from is left out.

    Args:
        project: Whose latest dataset.
        config: A spaCy training config; the shipped ``ner.cfg`` when None.
        points: How many times to train.
        seed: Orders the leak groups, and is that of every random number in training.
        steps: The most updates, where the config's own number is too many.
        log: Where spaCy's tables go.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
        NothingToLearn: There is nothing to train on, not even in the whole of train, or nothing for dev.
        TrainingError: There is nothing to test with, or the config cannot be used.
    """
    workspace, config = project.workspace, config or shipped("ner.cfg")
    found, empty = list[Point](), None
    corpus = extractors.corpus_digest(workspace.latest)
    refuse_changed(workspace)
    with workspace.opened(), tempfile.TemporaryDirectory(dir=workspace.root, prefix=".curve.") as folder:
        test, groups = _material(workspace)
        for size, articles in learning_curve.steps(groups, points, str(seed)):
            small, models = Path(folder) / str(size) / corpus, Path(folder) / str(size) / "models"
            number = thinned(workspace.latest, small, set(articles))
            try:
                model = extractors.train(config, small, models, seed=seed, steps=steps, log=log)
            except NothingToLearn as error:
                log.write(f"{size} leak groups are left out of the curve: {error}\n")
                empty = error
                continue
            score = _scored(model, test, project.schema.label_names, corpus)
            found.append(Point(leak_groups=size, articles=number, exact=score.exact.micro))
        if empty and not found:
            raise empty
        made = Curve(corpus=corpus, config=config.stem, seed=seed, signature=score.exact.signature, points=tuple(found))
        workspace.curve.write(made)
    return made


@click.command("curve")
@click.argument("config", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--points", default=4, show_default=True, type=click.IntRange(min=1), help="How many times to train.")
@click.option("--seed", default=1, show_default=True, help="Orders the leak groups, and is training's own.")
@click.option("--steps", type=click.IntRange(min=1), help="The most updates of each training.")
@json_option
@with_project
def curve_cli(
    project: Project, *, config: Path | None, points: int, seed: int, steps: int | None, as_json: bool
) -> int:
    r"""Ask whether more articles would help: train on ever more of them.

    CONFIG, by default configs/ner.cfg, is trained on an eighth, a quarter, half and all of the leak groups of train,
    and scored on the test split each time. Steps are leak groups, not articles: copies of one text teach once. The
    report draws the curve.

    \b
    Example:
      labeling compile && labeling curve && labeling report
      labeling curve configs/spancat.cfg --points 3 --steps 300
    """
    made = curve(project, config, points=points, seed=seed, steps=steps)
    if as_json:
        show(made.model_dump(mode="json"), as_json=True)
        return 0
    show({f"{point.leak_groups} leak groups": _line(point) for point in made.points}, as_json=False)
    click.echo(made.signature, err=True)
    return 0


def _material(workspace: Workspace) -> tuple[_Test, dict[str, str]]:
    """The test split; and the leak groups of the articles to train on."""
    usable = {each.article: each for each in workspace.gold.rows() if each.usable}
    rows = [row for row in workspace.splits.rows() if row.article in usable]
    group_of = {row.article: row.leak_group for row in rows if row.split == "test"}
    if not group_of:
        raise TrainingError("the test split holds no article", todo="annotate more articles, split, compile and train")
    articles = [each for each in workspace.articles.rows() if each.id in group_of]
    return _Test(articles, usable, group_of), {row.article: row.leak_group for row in rows if row.split == "train"}


def _scored(model: Path, test: _Test, labels: Sequence[str], corpus: str) -> Score:
    judged = [
        Judged(
            article=article.id,
            leak_group=test.group_of[article.id],
            text=article.text,
            gold=test.gold[article.id].spans,
            predicted=said.spans,
            open=test.gold[article.id].open,
        )
        for article, said in zip(test.articles, extractors.predict(model, test.articles), strict=True)
    ]
    return scores.evaluate(extractors.extractor_at(model).annotator, judged, labels, corpus=corpus)


def _line(point: Point) -> str:
    return f"{measured(point.exact)}, of {point.articles} articles"
