"""Tables of scores: by annotator, label and part of the test set, calibration, errors, the learning curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    DASH,
    NOTHING,
    Cell,
    Heading,
    make_table,
    tell_interval,
    tell_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.report.facts.answers import DisputedReading
    from labeling.report.facts.people_and_models import ModelError
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.score import Curve, Measure, Measures, Reliability, Score

_MOST_ERRORS = 300
_RATIOS = (
    Heading("precision", "number"),
    Heading("recall", "number"),
    Heading("F1", "number"),
    Heading("95 % interval"),
)


def tabulate_scores(rows: Sequence[tuple[Score, str, Measures, Measures | None]]) -> PageTable:
    """A row for each annotator and what it found: spans, relations or choices."""
    columns = [Heading("annotator"), Heading("what"), *_RATIOS, Heading("F1, overlapping", "number")]
    told: list[list[CellValue]] = [
        [score.annotator, what, *_ratios(exact.micro), tell_ratio(overlapping.micro.f1) if overlapping else ""]
        for score, what, exact, overlapping in rows
    ]
    return make_table("Scores on the test split", columns, told)


def tabulate_score_by_label(
    name: str, exact: Measures, overlapping: Measures | None, colours: Mapping[str, str]
) -> PageTable:
    """The measures of one annotator by label, then of what was seen in training and what was not."""
    columns = [
        Heading("label"),
        Heading("gold", "number"),
        Heading("predicted", "number"),
        *_RATIOS,
        Heading("F1, overlapping", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            Cell(label, colour=colours.get(label, "")),
            measure.gold,
            measure.predicted,
            *_ratios(measure),
            tell_ratio(overlapping.labels[label].f1) if overlapping else "",
        ]
        for label, measure in exact.labels.items()
    ]
    for words, seen in (("words seen in training", exact.seen), ("words not seen", exact.unseen)):
        if seen:
            rows.append([words, seen.gold, seen.predicted, *_ratios(seen), ""])
    return make_table(name, columns, rows)


def tabulate_slices(score: Score) -> PageTable:
    """One annotator's score on each part of the test set."""
    columns = [
        Heading("cut by", "choice"),
        Heading("part"),
        Heading("articles", "number"),
        Heading("leak groups", "number"),
        Heading("gold", "number"),
        *_RATIOS,
    ]
    rows: list[list[CellValue]] = [
        [each.by, each.name, each.articles, each.leak_groups, each.measure.gold, *_ratios(each.measure)]
        for each in score.slices
    ]
    return make_table(f"{score.annotator}: parts of the test set", columns, rows)


def tabulate_calibration(name: str, reliability: Reliability) -> PageTable:
    """How often is right what was said with about that probability."""
    columns = [
        Heading("said, %", "number"),
        Heading("spans", "number"),
        Heading("said on average, %", "number"),
        Heading("right, %", "number"),
        Heading("95 % interval"),
    ]
    rows: list[list[CellValue]] = [
        [
            f"{100 * each.low:.0f} to {100 * each.high:.0f}",
            each.spans,
            tell_ratio(each.mean_score),
            tell_ratio(each.right),
            tell_interval(each.right_interval, DASH),
        ]
        for each in reliability.bins
    ]
    return make_table(name, columns, rows)


def tabulate_error_kinds(kinds: Mapping[str, Mapping[str, int]]) -> PageTable:
    """How many errors of each kind, by model."""
    named = [*dict.fromkeys(kind for counts in kinds.values() for kind in counts)]
    columns = [Heading("model"), *(Heading(kind, "number") for kind in named), Heading("all", "number")]
    rows: list[list[CellValue]] = [
        [model, *(counts.get(kind, 0) for kind in named), sum(counts.values())] for model, counts in kinds.items()
    ]
    return make_table("Errors by kind", columns, rows)


def tabulate_errors(errors: Sequence[ModelError]) -> PageTable:
    """The errors one by one: the same words as gold has them and as the model has them."""
    columns = [
        Heading("model", "choice"),
        Heading("kind", "choice"),
        Heading("label", "choice"),
        Heading("article"),
        Heading("gold", "words"),
        Heading("model's reading", "words"),
    ]
    rows: list[list[CellValue]] = [
        [
            each.annotator,
            each.kind,
            next(side.label for side in (each.gold, each.predicted) if side),
            Cell(each.article, link=each.link),
            _mark_side(each, each.gold),
            _mark_side(each, each.predicted),
        ]
        for each in errors
    ]
    return make_table("Errors, gold and model side by side", columns, rows, "mistakes.jsonl", _MOST_ERRORS)


def tabulate_curve(curve: Curve) -> PageTable:
    """The points of the learning curve."""
    columns = [
        Heading("leak groups", "number"),
        Heading("articles", "number"),
        Heading("F1", "number"),
        Heading("95 % interval"),
    ]
    rows: list[list[CellValue]] = [
        [point.leak_groups, point.articles, Cell(tell_ratio(point.exact.f1), bold=True), point.exact.interval_text]
        for point in curve.points
    ]
    return make_table("What more articles brought so far", columns, rows)


def _ratios(measure: Measure) -> list[CellValue]:
    return [
        tell_ratio(measure.precision),
        tell_ratio(measure.recall),
        Cell(tell_ratio(measure.f1), bold=True),
        measure.interval_text,
    ]


def _mark_side(error: ModelError, side: DisputedReading | None) -> Cell:
    """The words of the error with what this side marks in them, and as what."""
    if side is None:
        return Cell(before=f"{error.before}{error.text}", after=error.after, text=NOTHING)
    first = error.text.find(side.text)
    last = first + len(side.text)
    before, after = error.before + error.text[:first], error.text[last:] + error.after
    return Cell(text=side.label, before=before, marked=error.text[first:last], after=after)
