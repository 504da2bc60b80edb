"""``labeling curve``: the same extractor, trained on ever more leak groups -> ``curve.json``."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from labeling.corpora.targets.spacy.subsample import write_subsample
from labeling.errors import NothingToLearn, TrainingError
from labeling.evaluation import learning_curve, scores
from labeling.evaluation.scores import ScoredArticle
from labeling.project import shipped_config
from labeling.training import extractors
from labeling.verbs.evaluate import refuse_changed_gold
from labeling.verbs.options import format_measure, json_option, show, with_project
from labeling.workspace.rows.score import Curve, CurvePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.score import Score
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class _TestSplit:
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
    workspace, config = project.workspace, config or shipped_config("ner.cfg")
    found, empty = list[CurvePoint](), None
    corpus = extractors.corpus_digest(workspace.latest)
    refuse_changed_gold(workspace)
    with workspace.opened(), tempfile.TemporaryDirectory(dir=workspace.root, prefix=".curve.") as folder:
        test, groups = _read_test_split(workspace)
        for size, articles in learning_curve.grow_training_sets(groups, points, str(seed)):
            small, models = Path(folder) / str(size) / corpus, Path(folder) / str(size) / "models"
            number = write_subsample(workspace.latest, small, set(articles))
            try:
                model = extractors.train_pipeline(config, small, models, seed=seed, steps=steps, log=log)
            except NothingToLearn as error:
                log.write(f"{size} leak groups are left out of the curve: {error}\n")
                empty = error
                continue
            score = _score_model(model, test, project.schema.label_names, corpus)
            found.append(CurvePoint(leak_groups=size, articles=number, exact=score.exact.micro))
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
    show({f"{point.leak_groups} leak groups": _format_point(point) for point in made.points}, as_json=False)
    click.echo(made.signature, err=True)
    return 0


def _read_test_split(workspace: Workspace) -> tuple[_TestSplit, dict[str, str]]:
    """The test split; and the leak groups of the articles to train on."""
    usable = {each.article: each for each in workspace.gold.rows() if each.usable}
    rows = [row for row in workspace.splits.rows() if row.article in usable]
    group_of = {row.article: row.leak_group for row in rows if row.split == "test"}
    if not group_of:
        raise TrainingError("the test split holds no article", todo="annotate more articles, split, compile and train")
    articles = [each for each in workspace.articles.rows() if each.id in group_of]
    return _TestSplit(articles, usable, group_of), {row.article: row.leak_group for row in rows if row.split == "train"}


def _score_model(model: Path, test: _TestSplit, labels: Sequence[str], corpus: str) -> Score:
    judged = [
        ScoredArticle(
            article=article.id,
            leak_group=test.group_of[article.id],
            text=article.text,
            gold=test.gold[article.id].spans,
            predicted=said.spans,
            open=test.gold[article.id].open,
        )
        for article, said in zip(test.articles, extractors.predict_annotations(model, test.articles), strict=True)
    ]
    return scores.score_spans(extractors.read_extractor(model).annotator, judged, labels, corpus=corpus)


def _format_point(point: CurvePoint) -> str:
    return f"{format_measure(point.exact)}, of {point.articles} articles"
