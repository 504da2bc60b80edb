"""``labeling evaluate``: models, and whoever else annotated the test split, against its gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.evaluation.reliance import describe_reliance
from labeling.training.evaluate import evaluate, read_predictions
from labeling.values import format_percent
from labeling.verbs.options import format_measure, json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.score import Measure, Measures, Reliability, Score


@click.command("evaluate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
@with_project
def evaluate_cli(project: Project, *, files: tuple[Path, ...], as_json: bool) -> int:
    r"""Score models against the gold of the test split.

    Scores the models trained on the latest dataset, and the suggestions; or the annotations in FILES, one a line, as
    `labeling predict` prints them. Numbers are in per cent, each with its 95 % interval, resampled by leak group, or
    with the reason why it has none; with --json they are fractions.

    Where annotators began with suggestions, gold flatters whoever made them. How far, is told where the project file
    has [learning]: how often readers miss what a model missed, and accept what it got wrong, with its suggestions
    before their eyes and without.

    \b
    Example:
      labeling train && labeling evaluate
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > mine.jsonl && labeling evaluate mine.jsonl
      labeling evaluate --json | jq '.scores[].exact.micro.f1'
    """
    result = evaluate(project, read_predictions(files) if files else None)
    if as_json:
        scores = {name: score.model_dump(mode="json") for name, score in result.scores.items()}
        show({"corpus": result.corpus, "scores": scores}, as_json=True)
        return 0
    for name, score in result.scores.items():
        rows = {row: _format_precision_recall(each.micro) for row, each in _list_measures(name, score).items()}
        if score.reliability:
            rows["calibration error"] = _format_reliability(score.reliability)
        show(rows, as_json=False, literal=[name])
    # What is the same for all annotators is printed once.
    for sentence in dict.fromkeys(sentence for score in result.scores.values() for sentence in _describe_score(score)):
        tell(sentence, err=True)
    if project.file.learning and (reliance := project.workspace.reliance.value_if_written()):
        for name, told in describe_reliance(reliance).items():
            tell(f"{name[0].upper()}{name[1:]}: {told}", err=True)
    return 0


def _format_reliability(found: Reliability) -> str:
    """How far scores are off, and in which direction: ``4.1  of 97 spans, scores 71.3 on average, right 67.0``."""
    error, mean_score, right = map(format_percent, (found.calibration_error, found.mean_score, found.right))
    return f"{error}  of {found.spans} spans, scores {mean_score} on average, right {right}"


def _list_measures(name: str, score: Score) -> dict[str, Measures]:
    """The rows of an annotator's table; those of relations and choices only where there are any."""
    rows = {name: score.exact, "overlapping": score.overlapping}
    more = {
        "relations": score.relations,
        "relations, overlapping": score.relations_overlapping,
        "choices": score.choices,
    }
    return rows | {row: measures for row, measures in more.items() if measures}


def _describe_score(score: Score) -> list[str]:
    """The signature, what the numbers were measured on, and how many spans nobody can reach."""
    sentences = [score.exact.signature, f"On {score.articles} articles in {score.leak_groups} leak groups, in per cent"]
    if score.out_of_reach:
        missed = f"{len(score.out_of_reach)} of {score.exact.micro.gold} gold spans are not whole tokens"
        sentences.append(f"Out of reach: {missed}, the first is {score.out_of_reach[0]}")
    return sentences


def _format_precision_recall(measure: Measure) -> str:
    """A measure as people read it: ``F1 41.9 (38.0 to 45.2)  P 60.1  R 32.2``."""
    return f"{format_measure(measure)}  P {format_percent(measure.precision)}  R {format_percent(measure.recall)}"
