"""``labeling evaluate``: models, and whoever else is asked, against the gold of the test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.annotations import Annotation, Gold, surface_of
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.errors import CorpusChanged, TrainingError
from labeling.evaluation import relations_and_choices, scores
from labeling.evaluation.relations_and_choices import ComparedArticle
from labeling.evaluation.scores import ScoredArticle
from labeling.tokens import inner_boundaries, make_tokenizer, token_edges
from labeling.training import extractors
from labeling.values import format_percent
from labeling.verbs.options import format_measure, json_option, show, with_project
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import read_rows, read_value
from labeling.workspace.table import Scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import SplitAssignment
    from labeling.workspace.rows.score import Measure, PairingRule, Score
    from labeling.workspace.table import Workspace

_RULES: tuple[PairingRule, PairingRule] = ("exact", "overlapping")


@dataclass(frozen=True)
class EvaluateResult:
    """Every annotator's score, by name, and the digest of the dataset on whose test split they stand."""

    corpus: str
    scores: dict[str, Score]


@dataclass(frozen=True)
class _SplitData:
    """What the dataset was compiled from, of the articles that stand in a split."""

    articles: dict[str, Article]
    gold: dict[str, Gold]
    assignments: dict[str, SplitAssignment]

    def within(self, split: str) -> list[Article]:
        """The articles of a split."""
        return [article for name, article in self.articles.items() if self.assignments[name].split == split]


def evaluate(project: Project, predictions: Mapping[str, Sequence[Annotation]] | None = None) -> EvaluateResult:
    """Score annotators on the test split of the latest dataset, into ``scores.json``.

    Args:
        project: Whose dataset.
        predictions: What each annotator says of every article of the test split, by annotator; other articles are left
            aside. None asks the models trained on this dataset, and takes the suggestions made before.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
        TrainingError: The test split is empty, nobody is there to score, or an annotator leaves a test article out or
            speaks of another text.
    """
    workspace = project.workspace
    corpus = extractors.corpus_digest(workspace.latest)
    refuse_changed_gold(workspace)
    with workspace.opened():
        material = _read_material(workspace)
        said = _collect_predictions(workspace, corpus, material.within("test")) if predictions is None else predictions
        heard = {name: _test_articles(name, said[name], material) for name in sorted(said)}
        out_of_reach = _find_out_of_reach(workspace, material)
        scores = {
            name: _score_annotator(name, heard[name], material, project.schema, corpus).model_copy(
                update={"out_of_reach": out_of_reach}
            )
            for name in heard
        }
        if not scores:
            raise TrainingError("there is nobody to score", todo="run `labeling train` or `labeling suggest` first")
        workspace.scores.write(Scores(scores))
    return EvaluateResult(corpus, scores)


@click.command("evaluate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
@with_project
def evaluate_cli(project: Project, *, files: tuple[Path, ...], as_json: bool) -> int:
    r"""Score models against the gold of the test split.

    Scores the models trained on the latest dataset, and the suggestions; or the annotations in FILES, one a line, as
    `labeling predict` prints them. Numbers are in per cent, each with its 95 % interval, resampled by leak group, or
    with the reason why it has none; with --json they are fractions.

    Where annotators began with suggestions, gold flatters whoever made them.

    \b
    Example:
      labeling train && labeling evaluate
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > mine.jsonl && labeling evaluate mine.jsonl
      labeling evaluate --json | jq '.scores[].exact.micro.f1'
    """
    found = evaluate(project, _read_by_annotator(files) if files else None)
    if as_json:
        scores = {name: score.model_dump(mode="json") for name, score in found.scores.items()}
        show({"corpus": found.corpus, "scores": scores}, as_json=True)
        return 0
    for name, score in found.scores.items():
        besides = {
            "relations": score.relations,
            "relations, overlapping": score.relations_overlapping,
            "choices": score.choices,
        }
        rows = {name: score.exact, "overlapping": score.overlapping} | {
            layer: found for layer, found in besides.items() if found
        }
        show(
            {row: _format_precision_recall(measures.micro) for row, measures in rows.items()},
            as_json=False,
            literal=[name],
        )
    # What is the same for all is said once.
    for sentence in dict.fromkeys(told for score in found.scores.values() for told in _describe_score(score)):
        click.echo(sentence, err=True)
    return 0


def _describe_score(score: Score) -> list[str]:
    """What the numbers of a score are of."""
    told = [score.exact.signature, f"On {score.articles} articles in {score.leak_groups} leak groups, in per cent"]
    if score.out_of_reach:
        missed = f"{len(score.out_of_reach)} of {score.exact.micro.gold} gold spans are not whole tokens"
        told.append(f"Out of reach: {missed}, the first is {score.out_of_reach[0]}")
    return told


def refuse_changed_gold(workspace: Workspace) -> None:
    """Gold may have grown since the compile: then its test split is not the one the models were kept from.

    Raises:
        MissingInput: Nothing was compiled.
        CorpusChanged: Gold or splits are not those the dataset was compiled from.
    """
    manifest = read_value(workspace.latest / MANIFEST, Manifest)
    changed = [
        path.name
        for path in (workspace.gold.path, workspace.splits.path)
        if describe_input(path) != manifest.inputs.get(path.name)
    ]
    if changed:
        raise CorpusChanged(
            f"{' and '.join(changed)} changed since {workspace.latest.resolve().name} was compiled",
            todo="run `labeling compile` and `labeling train` again, then evaluate",
            where=str(workspace.latest),
        )


def _read_material(workspace: Workspace) -> _SplitData:
    assignments = {row.article: row for row in workspace.splits.rows() if row.split}
    gold = {row.article: row for row in workspace.gold.rows() if row.usable and row.article in assignments}
    articles = {row.id: row for row in workspace.articles.rows() if row.id in gold}
    return _SplitData(articles, gold, assignments)


def _collect_predictions(workspace: Workspace, corpus: str, articles: Sequence[Article]) -> dict[str, list[Annotation]]:
    """What the models of this dataset say now, and what was suggested before."""
    said: dict[str, list[Annotation]] = {}
    for row in list(workspace.suggestions.rows_if_written()):
        said.setdefault(row.annotator, []).append(row)
    for folder in sorted(workspace.models.glob("[!.]*/")):
        if extractors.read_extractor(folder).corpus == corpus:
            said[extractors.read_extractor(folder).annotator] = list(extractors.predict_annotations(folder, articles))
    return said


def _score_annotator(
    name: str, heard: list[ComparedArticle], material: _SplitData, schema: Schema, corpus: str
) -> Score:
    """All measures of one annotator; what training had seen is the same for all."""
    train = [(article, material.gold[article.id]) for article in material.within("train")]
    trained_on = {
        surface_of(span.label, article.text[span.start : span.end]) for article, gold in train for span in gold.spans
    }
    facts = {fact for article, gold in train for fact in relations_and_choices.relation_surfaces(article, gold, schema)}
    of_spans = scores.score_spans(
        name, _scored_articles(heard), schema.label_names, trained_on=trained_on, corpus=corpus
    )
    exact, loose = (
        relations_and_choices.measure_relations(heard, schema, corpus, rule=rule, trained_on=facts) for rule in _RULES
    )
    chosen = relations_and_choices.measure_choices(heard, schema, corpus)
    return of_spans.model_copy(update={"relations": exact, "relations_overlapping": loose, "choices": chosen})


def _find_out_of_reach(workspace: Workspace, material: _SplitData) -> tuple[str, ...]:
    """The spans of the test split's gold that are not whole tokens, as extractors cut the text."""
    nlp = make_tokenizer(read_value(workspace.latest / MANIFEST, Manifest).language)
    found = list[str]()
    for article in material.within("test"):
        spans = material.gold[article.id].spans
        starts, ends = inner_boundaries(
            token_edges(nlp.make_doc(article.text)), [(span.start, span.end) for span in spans]
        )
        found += [f"{article.id} {span.id}" for span in spans if span.start in starts or span.end in ends]
    return tuple(found)


def _test_articles(name: str, said: Iterable[Annotation], material: _SplitData) -> list[ComparedArticle]:
    """What one annotator says of each article of the test split, beside its gold."""
    test = material.within("test")
    if not test:
        raise TrainingError("the test split holds no article", todo="annotate more articles, split, compile and train")
    by_article: dict[str, list[Annotation]] = {article.id: [] for article in test}
    for annotation in said:
        by_article.setdefault(annotation.article, []).append(annotation)
    for article in test:
        _refuse_unfit_prediction(name, article, by_article[article.id])
    return [
        ComparedArticle(
            article=article,
            leak_group=material.assignments[article.id].leak_group,
            gold=material.gold[article.id],
            said=by_article[article.id][0],
        )
        for article in test
    ]


def _scored_articles(heard: Iterable[ComparedArticle]) -> list[ScoredArticle]:
    """The spans of it."""
    return [
        ScoredArticle(
            article=each.article.id,
            leak_group=each.leak_group,
            text=each.article.text,
            gold=each.gold.spans,
            predicted=each.said.spans,
            open=each.gold.open,
        )
        for each in heard
    ]


def _refuse_unfit_prediction(name: str, article: Article, said: Sequence[Annotation]) -> None:
    if len(said) == 1 and said[0].digest == article.digest:
        return
    fault = {0: "says nothing of", 1: "speaks of another text than"}.get(len(said), f"speaks {len(said)} times of")
    raise TrainingError(
        f"{name} {fault} the test article {article.id!r}",
        todo="predict every article of the test split once, as it stands in articles.jsonl, then evaluate again",
        where=article.id,
    )


def _read_by_annotator(files: Iterable[Path]) -> dict[str, list[Annotation]]:
    said: dict[str, list[Annotation]] = {}
    for file in files:
        for row in read_rows(file, Annotation):
            said.setdefault(row.annotator, []).append(row)
    return said


def _format_precision_recall(measure: Measure) -> str:
    """A measure as people read it: ``F1 41.9 (38.0 to 45.2)  P 60.1  R 32.2``."""
    return f"{format_measure(measure)}  P {format_percent(measure.precision)}  R {format_percent(measure.recall)}"
