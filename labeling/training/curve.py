"""Front door of ``labeling curve``: the same extractor, trained on ever more leak groups -> ``curve.json``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from labeling.corpora.targets.spacy.subsample import write_subsample
from labeling.errors import NothingToLearn
from labeling.evaluation.learning_curve import grow_training_sets
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.training import extractors
from labeling.training.chosen_training import choose_training
from labeling.training.open_extractors import predict_annotations
from labeling.training.split_data import read_split_data, refuse_changed_gold
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.rows.score import Curve, CurvePoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.score import Score


def curve(  # noqa: PLR0913 - what training asks for, and how often
    project: Project,
    config: Path | None = None,
    *,
    checkpoint: str = "",
    points: int = 4,
    seed: int = 1,
    steps: int | None = None,
    log: TextIO = sys.stderr,
) -> Curve:
    """Train on an eighth, a quarter, half and all of the leak groups of train; score each on the test split.

    The extractor is the one that `labeling train` trains first. A part that it can learn nothing from is left out.

    Args:
        project: Whose latest dataset.
        config: A spaCy training config; when None, a tagger where PyTorch is installed, else the shipped ``ner.cfg``.
        checkpoint: An encoder of ``transformers`` that the tagger stands on, where no config is named.
        points: How many times to train.
        seed: Orders the leak groups, and is that of every random number in training.
        steps: The most updates, where the config's own number is too many.
        log: Where what training tells goes.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        NothingToLearn: There is nothing to train on, not even in the whole of train, or nothing for dev.
        TrainingError: There is nothing to test with, a package is missing, or the config or checkpoint cannot be used.
    """
    workspace, made, nothing = project.workspace, list[CurvePoint](), None
    corpus = extractors.corpus_digest(workspace.latest)
    refuse_changed_gold(workspace)
    reads = (LATEST_MANIFEST, workspace.gold, workspace.splits, workspace.articles)
    with (
        workspace.opened(),
        keep_custody(workspace, "curve", reads=reads, writes=(workspace.curve,), stale=False) as notes,
        tempfile.TemporaryDirectory(dir=workspace.root, prefix=".curve.") as folder,
    ):
        name, train_part = choose_training(project, config, checkpoint, seed, steps)
        notes.options |= {"dataset": corpus, "config": name, "seed": seed}
        data = read_split_data(workspace)
        test = data.read_test()
        # Each model lies in the scratch folder with its part of the dataset, and goes with it.
        for size, articles in grow_training_sets(data.leak_groups["train"], points, str(seed)):
            small, models = Path(folder) / str(size) / corpus, Path(folder) / str(size) / "models"
            number = write_subsample(workspace.latest, small, set(articles))
            try:
                model = train_part(small, models, log=log)
            except NothingToLearn as error:
                log.write(f"{size} leak groups are left out of the curve: {error}\n")
                nothing = error
                continue
            score = _score_model(model, test, data.leak_groups["test"], project.schema.label_names, corpus)
            made.append(CurvePoint(leak_groups=size, articles=number, exact=score.exact.micro))
        # Where the whole of train teaches nothing, the reason is that of the last, largest part.
        if not made:
            raise nothing or NothingToLearn(
                "the train split holds no article", todo="annotate more articles, split and compile"
            )
        result = Curve(corpus=corpus, config=name, seed=seed, signature=score.exact.signature, points=tuple(made))
        workspace.curve.write(result)
    return result


def _score_model(
    model: Path,
    test: Sequence[tuple[Article, Gold]],
    leak_groups: Mapping[str, str],
    labels: Sequence[str],
    corpus: str,
) -> Score:
    predictions = predict_annotations(model, [article for article, _ in test])
    scored = [
        ScoredArticle(article, leak_groups[article.id], gold, prediction)
        for (article, gold), prediction in zip(test, predictions, strict=True)
    ]
    return score_spans(extractors.read_extractor(model).annotator, scored, labels, corpus=corpus)
