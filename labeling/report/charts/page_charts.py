"""The charts of the page: which of the facts each draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.charts.line_shapes import LinePoint, draw_calibration, draw_line
from labeling.report.charts.shapes import (
    BarPart,
    HeatCell,
    RangedValue,
    draw_bars,
    draw_differences,
    draw_heat_map,
    draw_intervals,
)
from labeling.report.tables.page_table import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from labeling.report.facts.answers import LabelAnswer, ProgressAnswer
    from labeling.report.facts.people_and_models import ChangeAnswer
    from labeling.workspace.rows.agreements import Agreement, Confusions
    from labeling.workspace.rows.learning_rows import RoundRow
    from labeling.workspace.rows.score import Curve, Measure, Measures, Reliability, Score

# So many stand beside one another on a phone.
_MOST_SIDE_BY_SIDE = 12
_WIDE_NAMES = 24
_SLICES = {"seen": "words seen in training", "unseen": "words not seen", "nested": "nested spans", "flat": "flat spans"}
_SPLIT_PARTS = ("settled", "something open")
_PERSON_PARTS = ("submitted", "skipped or draft", "open")


def chart_splits(progress: ProgressAnswer) -> Markup | None:
    """How much of each split is settled."""
    parts = []
    for place in progress.splits:
        name = "in no split" if place.split == "none" else place.split
        numbers = (place.complete, place.articles - place.complete)
        parts += [BarPart(name, part, number) for part, number in zip(_SPLIT_PARTS, numbers, strict=True)]
    return draw_bars("Articles of each split: settled, with something open", parts, _SPLIT_PARTS) if parts else None


def chart_people(progress: ProgressAnswer) -> Markup | None:
    """How much of each person's articles is submitted."""
    parts = []
    for person in progress.people:
        numbers = (person.submitted, person.skipped + person.drafts, person.open or 0)
        parts += [BarPart(person.person, part, number) for part, number in zip(_PERSON_PARTS, numbers, strict=True)]
    return (
        draw_bars("Articles of each person: submitted, skipped or draft, open", parts, _PERSON_PARTS) if parts else None
    )


def chart_curve(curve: Curve) -> Markup:
    """F1 by the leak groups that were trained on."""
    points = [LinePoint(each.leak_groups, each.exact.f1, each.exact.f1_interval) for each in curve.points]
    return draw_line("F1 of exact spans by leak groups to train on, in per cent", points, "leak groups to train on")


def chart_rounds(rounds: Sequence[RoundRow]) -> Markup | None:
    """F1 by round of the loop."""
    points = [LinePoint(each.round, each.score.f1, each.score.f1_interval) for each in rounds if each.score]
    return draw_line("F1 by round, in per cent", points, "round") if points else None


def chart_agreement(agreement: Agreement) -> Markup | None:
    """F1 of each two people, darker where they agree more."""
    people = [*dict.fromkeys(name for pair in agreement.pairs for name in (pair.one, pair.other))][:_MOST_SIDE_BY_SIDE]
    cells = [
        HeatCell(pair.one, pair.other, measure.f1 or 0, _tell_briefly(measure))
        for pair in agreement.pairs
        if {pair.one, pair.other} <= {*people}
        for measure in [pair.score.exact.micro]
    ]
    rows = [name for name in people if any(cell.row == name for cell in cells)]
    columns = [name for name in people if any(cell.column == name for cell in cells)]
    return (
        draw_heat_map("F1 of each two people, in per cent, with its interval", cells, rows, columns) if cells else None
    )


def choose_confusions(agreement: Agreement) -> Confusions | None:
    """Those of all readers together."""
    return max(agreement.confusions, key=lambda each: len(each.annotators), default=None)


def chart_confusions(confusions: Confusions, labels: Sequence[str]) -> Markup | None:
    """How often words that one reader gave one label got another one, or none, of another reader."""
    counts = {
        (row, column): number for row, cells in confusions.counts.items() for column, number in cells.items() if number
    }
    used = {name for pair in counts for name in pair}
    weight = {name: sum(n for pair, n in counts.items() if name in pair and pair[0] != pair[1]) for name in used}
    named = [name for name in (*labels, *sorted(used - {*labels, ""})) if name in used]
    most = sorted(named, key=lambda name: -weight[name])[:_MOST_SIDE_BY_SIDE]
    shown = [name for name in named if name in most] + ([""] if "" in used else [])
    top = max((number for (row, column), number in counts.items() if row != column), default=1)
    cells = [
        HeatCell(row or NOTHING, column or NOTHING, min(1.0, number / top) if row != column else 0, str(number))
        for (row, column), number in counts.items()
        if row in shown and column in shown
    ]
    names = [name or NOTHING for name in shown]
    return draw_heat_map("Labels given to the same words by two readers", cells, names, names) if cells else None


def chart_labels(answer: LabelAnswer) -> Markup | None:
    """Of each label, how far readers agree on it and what the best model makes of it."""
    values = []
    for each in answer.labels:
        if each.agreement:
            values.append(RangedValue(each.label, each.agreement.value, each.agreement.interval, "readers"))
        if each.model:
            values.append(RangedValue(each.label, each.model.f1, each.model.f1_interval, "model"))
    return draw_intervals("F1 of each label, of readers and of the best model, in per cent", values) if values else None


def chart_scores(rows: Sequence[tuple[Score, str, Measures, Measures | None]]) -> Markup | None:
    """F1 of each annotator on the test split."""
    several = len({what for _, what, _, _ in rows}) > 1
    values = [
        RangedValue(f"{score.annotator} {what}" if several else score.annotator, each.micro.f1, each.micro.f1_interval)
        for score, what, each, _ in rows
    ]
    return draw_intervals("F1 on the test split, in per cent", values) if values else None


def chart_slices(score: Score) -> Markup | None:
    """F1 on each part of the test set."""
    values = [
        RangedValue(_SLICES.get(each.name, each.name), each.measure.f1, each.measure.f1_interval)
        for each in score.slices
    ]
    name = f"F1 of {score.annotator} on parts of the test set, in per cent"
    return draw_intervals(name, values, room=_WIDE_NAMES) if values else None


def chart_calibration(name: str, reliability: Reliability) -> Markup | None:
    """How often is right what was said with a probability."""
    points = [LinePoint(each.mean_score, each.right, each.right_interval) for each in reliability.bins]
    return draw_calibration(f"How often {name} is right, by how sure it is", points) if points else None


def chart_changes(changes: ChangeAnswer) -> Markup | None:
    """What each measure gained on the same articles."""
    compared = changes.scores.changes if changes.scores else ()
    values = [
        RangedValue(f"{each.now} {what}", measure.gain, measure.interval)
        for each in compared
        for what, measure in (("P", each.precision), ("R", each.recall), ("F1", each.f1))
        if measure.gain is not None
    ]
    return draw_differences("Points gained on the same articles", values) if values else None


def _tell_briefly(measure: Measure) -> str:
    if measure.f1 is None:
        return "–"  # noqa: RUF001 - the dash is meant
    if measure.f1_interval is None:
        return f"{100 * measure.f1:.0f}"
    low, high = measure.f1_interval
    return f"{100 * measure.f1:.0f} ({100 * low:.0f}-{100 * high:.0f})"
