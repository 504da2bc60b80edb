"""What a round's extractor is worth on parts of what is labelled: the trainings from which the curve is drawn."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from labeling.corpora.targets.spacy.subsample import write_subsample
from labeling.errors import NothingToLearn
from labeling.evaluation.scores import ScoredArticle, count_paired, pair_article
from labeling.learning.stopping import ENOUGH_TO_TEST, CurveRun, plan_curve_runs
from labeling.training.open_extractors import predict_annotations
from labeling.training.split_data import read_split_data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.evaluation.scores import GroupCounts
    from labeling.workspace.table import Workspace


def train_parts(
    workspace: Workspace,
    model: Path,
    train_part: Callable[..., Path],
    seed: str,
    *,
    log: TextIO,
    progress: Callable[[int, int], None],
) -> list[CurveRun]:
    """Train on each part that the curve wants, and count what each finds on test; the whole is the round's own model.

    A part that teaches nothing is left out. Where test is too small for a curve, nothing but the whole is counted.

    Args:
        workspace: Whose latest dataset.
        model: The folder of the round's model.
        train_part: What trains on a part, as `choose_training` gives it.
        seed: Orders the leak groups.
        log: Where what training tells goes.
        progress: Called with how many trainings are done, and of how many.

    Raises:
        TrainingError: The test split is empty, or a config cannot be used.
    """
    data, corpus = read_split_data(workspace), workspace.latest.resolve().name
    test = data.read_test()
    of_test = {article.id: data.leak_groups["test"][article.id] for article, _ in test}
    parts = [*plan_curve_runs(data.leak_groups["train"], seed)]
    whole = [(model, size, len(articles)) for size, articles in parts[-1:]]
    # With fewer the verdict is known, and no training would change it.
    small = parts[:-1] if len({*of_test.values()}) >= ENOUGH_TO_TEST else []
    runs = list[CurveRun]()
    # Held: whoever writes here sweeps away what a killed command left.
    with workspace.opened(), tempfile.TemporaryDirectory(dir=workspace.root, prefix=".curve.") as folder:
        for number, (size, articles) in enumerate(small):
            progress(number, len(small))
            # Models are named after the dataset's folder.
            part = Path(folder) / str(number) / corpus
            try:
                count = write_subsample(workspace.latest, part, set(articles))
                trained = train_part(part, Path(folder) / str(number) / "models", log=log)
            except NothingToLearn as error:
                log.write(f"{size} leak groups are left out of the curve: {error}\n")
                continue
            runs.append(CurveRun(size, count, _count_on_test(trained, test, of_test)))
    return [*runs, *(CurveRun(size, count, _count_on_test(each, test, of_test)) for each, size, count in whole)]


def _count_on_test(model: Path, test: Sequence[tuple[Article, Gold]], leak_groups: Mapping[str, str]) -> GroupCounts:
    """Pairs, gold and predicted on test, by leak group and label."""
    predictions = predict_annotations(model, [article for article, _ in test])
    scored = (
        ScoredArticle(article, leak_groups[article.id], gold, prediction)
        for (article, gold), prediction in zip(test, predictions, strict=True)
    )
    return count_paired(pair_article(each, "exact") for each in scored)
