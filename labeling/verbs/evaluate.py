"""``labeling evaluate``: models, and whoever else annotated the test split, against its gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.evaluation.reliance import describe_reliance
from labeling.training.evaluate import evaluate, read_earlier_scores, read_predictions
from labeling.values import format_percent
from labeling.verbs.options import format_measure, json_option, show, tell, with_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.project import Project
    from labeling.workspace.rows.score import Measure, Measures, Reliability, Score
    from labeling.workspace.rows.score_comparison import ScoreComparison, ScoreDifference


@click.command("evaluate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    metavar="OLD",
    help="Tell what was gained on earlier scores: a scores.json, or a folder with one.",
)
@json_option
@with_project
def evaluate_cli(project: Project, *, files: tuple[Path, ...], against: Path | None, as_json: bool) -> int:
    r"""Score models against the gold of the test split.

    Scores the models trained on the latest dataset, and the suggestions; or the annotations in FILES, one a line, as
    `labeling predict` prints them. Numbers are in per cent, each with its 95 % interval, resampled by leak group, or
    with the reason why it has none; with --json they are fractions.

    Where annotators began with suggestions, gold flatters whoever made them. How far, is told where the project file
    has [learning]: how often readers miss what a model missed, and accept what it got wrong, with its suggestions
    before their eyes and without.

    With --against, each annotator is put beside the one of that name in OLD, a model without one beside the best model
    there. Only articles are compared that both have, with the same text and the same gold: a model that is measured on
    easier articles is not better. A difference has an interval of its own, from leak groups that are drawn for both
    at once. Where no such article is left, nothing is compared (status 3).

    \b
    Example:
      labeling train && labeling evaluate
      labeling predict exports/diplomatic/models/ner-4f1c09a7b2d3 > mine.jsonl && labeling evaluate mine.jsonl
      labeling evaluate --against last-week/scores.json
      labeling evaluate --json | jq '.scores[].exact.micro.f1'
    """
    # Read first: they may be the scores that are written anew.
    earlier = None if against is None else read_earlier_scores(against)
    result = evaluate(project, read_predictions(files) if files else None, earlier)
    comparison = result.comparison
    if as_json:
        scores = {name: score.model_dump(mode="json") for name, score in result.scores.items()}
        more = {} if comparison is None else {"comparison": comparison.model_dump(mode="json")}
        show({"corpus": result.corpus, "scores": scores, **more}, as_json=True)
    else:
        _tell_scores(project, result.scores)
        if comparison is not None:
            _tell_comparison(comparison)
    return 3 if comparison is not None and comparison.refused else 0


def _tell_scores(project: Project, scores: Mapping[str, Score]) -> None:
    for name, score in scores.items():
        rows = {row: _format_precision_recall(each.micro) for row, each in _list_measures(name, score).items()}
        if score.reliability:
            rows["calibration error"] = _format_reliability(score.reliability)
        show(rows, as_json=False, literal=[name])
    # What is the same for all annotators is printed once.
    for sentence in dict.fromkeys(sentence for score in scores.values() for sentence in _describe_score(score)):
        tell(sentence, err=True)
    if project.file.learning and (reliance := project.workspace.reliance.value_if_written()):
        for name, told in describe_reliance(reliance).items():
            tell(f"{name[0].upper()}{name[1:]}: {told}", err=True)


def _tell_comparison(comparison: ScoreComparison) -> None:
    if comparison.refused:
        tell(f"Not compared: {comparison.refused}", err=True)
        return
    for change in comparison.changes:
        rows = {"F1": change.f1, "precision": change.precision, "recall": change.recall}
        # A model of another name is beside the best of before, which is to be seen.
        beside = change.now if change.now == change.before else f"{change.now}, before {change.before}"
        told = {name: _format_gain(each) for name, each in rows.items()}
        show({f"gain of {beside}": told.pop("F1"), **told}, as_json=False, literal=[f"gain of {beside}"])
    left_out = {"new": comparison.added, "gone": comparison.gone, "with another text or gold": comparison.changed}
    apart = ", ".join(f"{len(names)} {what}" for what, names in left_out.items() if names)
    tell(
        f"Compared on {comparison.articles} articles in {comparison.leak_groups} leak groups"
        + (f"; left out: {apart}" if apart else ""),
        err=True,
    )


def _format_gain(difference: ScoreDifference) -> str:
    """A difference as people read it, in percentage points: ``+4.2 (1.0 to 7.5), from 41.0 to 45.2``."""
    if difference.gain is None:
        return difference.undefined
    low, high = difference.interval or (None, None)
    spread = f"{format_percent(low)} to {format_percent(high)}" if difference.interval else difference.undefined
    before, now = format_percent(difference.before), format_percent(difference.now)
    return f"{100 * difference.gain:+.1f} ({spread}), from {before} to {now}"


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
