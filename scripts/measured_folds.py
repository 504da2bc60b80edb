"""Corpora as workspaces of ours, their foldings compiled, and one training on one of them measured."""

from __future__ import annotations

import io
import resource
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from fold_results import FoldCounts, FoldResult, Thing, append_result, read_results
from foldings import deal_articles, place_articles
from published_corpora import read_published, write_project_file

from labeling.adjudication.adjudicate import adjudicate
from labeling.corpora.compile_dataset import compile_dataset
from labeling.evaluation.relations_and_choices import pair_relations
from labeling.evaluation.scores import ScoredArticle, count_paired, pair_article
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.splits.placement import PlacementFacts
from labeling.splits.split import split
from labeling.training.extractors import corpus_digest
from labeling.training.split_data import read_split_data
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trainers import Trainer

    from labeling.annotations import Annotation, Gold
    from labeling.project import Project
    from labeling.workspace.rows.assignment import SplitName

CorpusName: TypeAlias = Literal["gum_news", "samples", "re3d"]
CORPORA, THINGS = get_args(CorpusName), get_args(Thing)
SEED = "1"  # of the foldings, which are the same for all that is measured on them
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Training:
    """One training to measure: whose project it is, what is trained with which seed, and what is measured on what."""

    project: Project
    corpus: str
    part: str
    trainer: Trainer
    recipe: str
    seed: int
    things: tuple[Thing, ...] = ("spans",)
    splits: tuple[SplitName, ...] = ("test",)

    def list_blanks(self) -> Iterator[FoldResult]:
        """The results that it is to fill in, with nothing counted."""
        for split_name in self.splits:
            corpus = self.corpus if split_name == "test" else f"{self.corpus}, {split_name}"
            for thing in self.things:
                yield FoldResult(
                    corpus=corpus,
                    split=split_name,
                    what=thing,
                    recipe=self.recipe,
                    part=self.part,
                    seed=self.seed,
                )


def open_corpus(corpus: CorpusName, folder: Path, scratch: Path) -> Project:
    """A corpus with its gold and its leak groups, in a workspace of its own; ``folder`` holds those of others."""
    project = _open_samples(scratch) if corpus == "samples" else _open_published(corpus, folder, scratch)
    adjudicate(project)
    cluster(project)
    return project


def compile_folding(project: Project, fold: int, folds: int, workspace: Path) -> Project:
    """A copy of the workspace in which one fold, from 1 on, is test, with its dataset."""
    shutil.copytree(project.workspace.root, workspace)
    folded = replace(project, workspace=Workspace(workspace))
    groups = {row.article: row.leak_group for row in folded.workspace.clusters.rows()}
    labels = {row.article: _count_labels(row) for row in folded.workspace.gold.rows() if row.usable}
    fold_of = deal_articles(groups, labels, folds, SEED)
    folded.workspace.splits.write(place_articles(groups, fold_of, fold - 1, SEED, PlacementFacts(labels)))
    split(folded)
    compile_dataset(folded)
    return folded


def list_missing(wanted: Iterable[Training], out: Path) -> list[Training]:
    """The trainings of which something is not among the results."""
    done = {each.key for each in read_results(out)}
    return [each for each in wanted if any(blank.key not in done for blank in each.list_blanks())]


def measure_apart(trainings: Iterable[Training], out: Path) -> None:
    """Measure each in a process of its own, and add what came of it to the results."""
    for training in trainings:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            for result in pool.submit(measure_training, training).result():
                append_result(out, result)
                print(
                    f"{result.corpus} {result.part}, {result.recipe}, seed {result.seed}: {result.what} "
                    f"F1 {100 * result.f1:.1f}, {result.seconds:.0f} s, {result.megabytes:.0f} MB",
                    file=sys.stderr,
                    flush=True,
                )


def measure_training(training: Training) -> list[FoldResult]:
    """Train, predict, and count; to be called in a process of its own, whose largest size is told."""
    project, trainer, data = training.project, training.trainer, read_split_data(training.project.workspace)
    clock, processor = time.perf_counter(), time.process_time()
    model = trainer.train(project, training.seed, io.StringIO())
    cost: dict[str, Any] = {
        "seconds": round(time.perf_counter() - clock, 1),
        "processor": round(time.process_time() - processor, 1),
        "dataset": corpus_digest(project.workspace.latest),
    }
    found: dict[tuple[SplitName, bool], list[Annotation]] = {}
    results = []
    for blank in training.list_blanks():
        pairs, between_gold = list(data.read(blank.split)), blank.what == "relations-gold"
        if (blank.split, between_gold) not in found:
            find = trainer.relate if between_gold else trainer.predict
            found[blank.split, between_gold] = find(project, model, pairs)
        scored = [
            ScoredArticle(article, data.leak_groups[blank.split][article.id], gold, answer)
            for (article, gold), answer in zip(pairs, found[blank.split, between_gold], strict=True)
        ]
        results.append(blank.model_copy(update={**cost, "counts": count_exact(project, scored, blank.what)}))
    peak = round(_read_peak())
    return [result.model_copy(update={"megabytes": peak}) for result in results]


def count_exact(project: Project, scored: Iterable[ScoredArticle], thing: Thing) -> FoldCounts:
    """Exact pairs, gold and predicted, of spans or of relations."""
    spans = thing == "spans"
    paired = [pair_article(each, "exact") if spans else pair_relations(each, project.schema) for each in scored]
    # Also the groups in which there is nothing: a resample may draw them.
    counts: FoldCounts = {each.leak_group: {} for each in paired}
    for group, labels in count_paired(paired).items():
        counts[group] = {label: (pairs, gold, found) for label, (pairs, gold, found) in labels.items()}
    return counts


def _open_samples(scratch: Path) -> Project:
    project = load_project(workspace=scratch / "workspace")
    ingest(project, [str(sample_data.articles_folder())])
    project.workspace.annotations.write(sample_data.load_sample_annotations())
    project.workspace.decisions.write(sample_data.load_sample_decisions())
    return project


def _open_published(corpus: CorpusName, folder: Path, scratch: Path) -> Project:
    annotated = read_published(folder / corpus, "ana")
    file = scratch / f"{corpus}.toml"
    file.write_text(write_project_file((annotation for _, annotation in annotated), corpus), encoding="utf-8")
    project = load_project(file, scratch / "workspace")
    project.workspace.articles.write([article for article, _ in annotated])
    project.workspace.annotations.write([annotation for _, annotation in annotated])
    return project


def _count_labels(gold: Gold) -> dict[str, int]:
    counts = dict[str, int]()
    for span in gold.spans:
        counts[span.label] = counts.get(span.label, 0) + 1
    return counts


def _read_peak() -> float:
    """The most memory that this process had, in megabytes."""
    if _STATUS.exists():
        # What `getrusage` says begins with the size of the process that started this one.
        line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
