"""Front door of ``labeling evaluate``: models, and whoever else annotated the test split, against its gold."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, surface_of
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.errors import MissingInput, TrainingError
from labeling.evaluation.compared_scores import compare_scores, count_by_article
from labeling.evaluation.mistakes import count_mistakes, find_mistakes
from labeling.evaluation.relations_and_choices import measure_choices, measure_relations, relation_surfaces
from labeling.evaluation.reliability import measure_reliability
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.evaluation.slices import measure_slices
from labeling.tokens import inner_boundaries, make_tokenizer, token_edges
from labeling.training import extractors
from labeling.training.model_card import write_card_scores
from labeling.training.open_extractors import predict_annotations
from labeling.training.split_data import read_split_data, refuse_changed_gold
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.progress_watch import track_items
from labeling.workspace.storage import read_rows, read_value
from labeling.workspace.table import Scores, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from labeling.annotations import Gold, Surface
    from labeling.articles import Article
    from labeling.evaluation.relations_and_choices import RelationSurface
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.workspace.custody import CustodyFile
    from labeling.workspace.rows.mistake import Mistake
    from labeling.workspace.rows.score import Score
    from labeling.workspace.rows.score_comparison import ScoreComparison


@dataclass(frozen=True)
class EvaluateResult:
    """Each annotator's score, by name, and the digest of the dataset whose test split was scored.

    ``comparison`` has what was gained on earlier scores; None where none were named.
    """

    corpus: str
    scores: dict[str, Score]
    comparison: ScoreComparison | None = None


@dataclass(frozen=True)
class _SeenInTraining:
    """The surfaces of the training split's spans and relations."""

    spans: frozenset[Surface]
    relations: frozenset[RelationSurface]


def evaluate(
    project: Project,
    predictions: Mapping[str, Sequence[Annotation]] | None = None,
    earlier: Mapping[str, Score] | None = None,
) -> EvaluateResult:
    """Score annotators on the test split of the latest dataset, into ``scores.json`` and ``mistakes.jsonl``.

    Args:
        project: Whose dataset.
        predictions: Of each annotator, by name, one annotation for every article of the test split; those of other
            articles are left aside. When None, the models trained on this dataset predict, and the suggestions made
            before are scored too; then each model's MODEL.md gets its scores.
        earlier: Scores to compare with (see `read_earlier_scores`), by annotator.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
        TrainingError: The test split is empty, nobody is there to score, or an annotator leaves a test article out or
            annotated another text.
    """
    workspace = project.workspace
    corpus = extractors.corpus_digest(workspace.latest)
    refuse_changed_gold(workspace)
    models = [f"models/{folder.name}/{extractors.EXTRACTOR_CARD}" for folder in sorted(workspace.models.glob("[!.]*/"))]
    made = (workspace.gold, workspace.splits)
    reads: tuple[CustodyFile, ...] = (LATEST_MANIFEST, *made, workspace.articles, workspace.suggestions, *models)
    with (
        workspace.opened(),
        keep_custody(
            workspace, "evaluate", reads=reads, writes=(workspace.scores, workspace.mistakes), stale=False
        ) as notes,
    ):
        notes.options["dataset"] = corpus
        # The test split is held in memory, the training split read once and forgotten.
        data = read_split_data(workspace)
        test = data.read_test()
        scored_models: dict[str, Path] = {}
        if predictions is None:
            scored_models = _find_models(workspace, corpus)
            predictions = _collect_predictions(workspace, scored_models, [article for article, _ in test])
        if not predictions:
            raise TrainingError("there is nobody to score", todo="run `labeling train` or `labeling suggest` first")
        # What training had is the same for all annotators.
        seen = _collect_surfaces(data.read("train"), project.schema)
        out_of_reach = _find_out_of_reach(workspace, test)
        scores: dict[str, Score] = {}
        mistakes: list[Mistake] = []
        for name in sorted(predictions):
            scored = _pair_with_gold(name, predictions[name], test, data.leak_groups["test"])
            score = _score_annotator(name, scored, seen, project.schema, corpus)
            own = list(find_mistakes(name, scored))
            mistakes += own
            more = {"out_of_reach": out_of_reach, "mistakes": count_mistakes(own)}
            scores[name] = score.model_copy(update=more)
        workspace.mistakes.write(mistakes)
        workspace.scores.write(Scores(scores))
        for name, folder in scored_models.items():
            write_card_scores(folder, scores[name])
    return EvaluateResult(corpus, scores, None if earlier is None else compare_scores(earlier, scores))


def read_earlier_scores(place: Path) -> dict[str, Score]:
    """The scores in a file, or in the ``scores.json`` of a folder: a copy of a workspace, say.

    Raises:
        MissingInput: It is not there.
        DamagedFile: It does not hold scores.
    """
    file = place / Workspace.scores.name if place.is_dir() else place
    if not file.exists():
        raise MissingInput(
            f"{file} is not there",
            todo="name a scores.json that `labeling evaluate` wrote, or a folder with one: a copy of a workspace",
            where=str(file),
        )
    return read_value(file, Scores).root


def read_predictions(files: Iterable[Path]) -> dict[str, list[Annotation]]:
    """The annotations in files, one a line as ``labeling predict`` prints them, by annotator.

    Raises:
        MissingInput: A file is not there.
        DamagedFile: A line is not an annotation.
    """
    by_annotator: defaultdict[str, list[Annotation]] = defaultdict(list)
    for file in files:
        for annotation in read_rows(file, Annotation):
            by_annotator[annotation.annotator].append(annotation)
    return dict(by_annotator)


def _find_models(workspace: Workspace, corpus: str) -> dict[str, Path]:
    """The folders of the models that were trained on a dataset, by what they sign with."""
    cards = {folder: extractors.read_extractor(folder) for folder in sorted(workspace.models.glob("[!.]*/"))}
    # A model of another dataset may have been trained on what is test here.
    return {card.annotator: folder for folder, card in cards.items() if card.corpus == corpus}


def _collect_predictions(
    workspace: Workspace, models: Mapping[str, Path], articles: Sequence[Article]
) -> dict[str, list[Annotation]]:
    """The suggestions for these articles, and what these models predict for them now."""
    wanted = {article.id for article in articles}
    by_annotator: defaultdict[str, list[Annotation]] = defaultdict(list)
    for row in workspace.suggestions.rows_if_written():
        # Whoever suggested anything is scored, and refused later if a test article is missing.
        suggested = by_annotator[row.annotator]
        if row.article in wanted:
            suggested.append(row)
    for annotator, folder in models.items():
        predicted = predict_annotations(folder, articles)
        by_annotator[annotator] = list(track_items(f"asking {annotator}", predicted, len(articles)))
    return dict(by_annotator)


def _collect_surfaces(train: Iterable[tuple[Article, Gold]], schema: Schema) -> _SeenInTraining:
    spans: set[Surface] = set()
    relations: set[RelationSurface] = set()
    for article, gold in train:
        spans |= {surface_of(span.label, article.text[span.start : span.end]) for span in gold.spans}
        relations |= relation_surfaces(article, gold, schema)
    return _SeenInTraining(frozenset(spans), frozenset(relations))


def _score_annotator(
    name: str, scored: Sequence[ScoredArticle], seen: _SeenInTraining, schema: Schema, corpus: str
) -> Score:
    """All measures of one annotator."""
    score = score_spans(name, scored, schema.label_names, trained_on=seen.spans, corpus=corpus)
    exact = measure_relations(scored, schema, corpus, rule="exact", trained_on=seen.relations)
    overlapping = measure_relations(scored, schema, corpus, rule="overlapping", trained_on=seen.relations)
    choices = measure_choices(scored, schema, corpus)
    more = {
        "relations": exact,
        "relations_overlapping": overlapping,
        "choices": choices,
        "reliability": measure_reliability(scored),
        "slices": measure_slices(scored, seen.spans),
        "article_counts": tuple(count_by_article(scored)),
    }
    return score.model_copy(update=more)


def _find_out_of_reach(workspace: Workspace, test: Iterable[tuple[Article, Gold]]) -> tuple[str, ...]:
    """The spans of the test split's gold that are not whole tokens, as extractors cut the text."""
    manifest = read_value(workspace.latest / MANIFEST, Manifest)
    nlp = make_tokenizer(manifest.language, manifest.tokenizer)
    out_of_reach = list[str]()
    for article, gold in test:
        places = [(span.start, span.end) for span in gold.spans]
        # A boundary inside a token cannot be predicted by what reads tokens.
        starts, ends = inner_boundaries(token_edges(nlp.make_doc(article.text)), places)
        out_of_reach += [f"{article.id} {span.id}" for span in gold.spans if span.start in starts or span.end in ends]
    return tuple(out_of_reach)


def _pair_with_gold(
    name: str,
    predictions: Iterable[Annotation],
    test: Iterable[tuple[Article, Gold]],
    leak_groups: Mapping[str, str],
) -> list[ScoredArticle]:
    """One annotator's prediction for each article of the test split, with its gold."""
    # Annotations of other articles are left aside.
    by_article: defaultdict[str, list[Annotation]] = defaultdict(list)
    for prediction in predictions:
        by_article[prediction.article].append(prediction)
    scored = []
    for article, gold in test:
        _refuse_unfit_prediction(name, article, by_article[article.id])
        scored.append(ScoredArticle(article, leak_groups[article.id], gold, by_article[article.id][0]))
    return scored


def _refuse_unfit_prediction(name: str, article: Article, predictions: Sequence[Annotation]) -> None:
    if not predictions:
        fault = "has no annotation of"
    elif len(predictions) > 1:
        fault = f"has {len(predictions)} annotations of"
    elif predictions[0].digest != article.digest:
        fault = "annotated another text than that of"
    else:
        return
    raise TrainingError(
        f"{name} {fault} the test article {article.id!r}",
        todo="predict every article of the test split once, as it stands in articles.jsonl, then evaluate again",
        where=article.id,
    )
