"""Tables of what changed: articles, numbers, and scores on the same articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    DASH,
    Cell,
    Heading,
    make_table,
    number_columns,
    tell_ratio,
)

if TYPE_CHECKING:
    from labeling.report.facts.people_and_models import ArticleChanges, ChangeAnswer, NumberChange
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.score_comparison import ScoreComparison, ScoreDifference

_MOST_NAMES = 12


def tabulate_changed_articles(changes: ArticleChanges) -> PageTable:
    """Which articles came, went, or are otherwise than before."""
    columns = [Heading("what"), Heading("how many", "number"), Heading("which")]
    kinds = {
        "came": changes.came,
        "went": changes.went,
        "another text": changes.other_text,
        "other gold": changes.other_gold,
        "another split": changes.other_split,
    }
    rows: list[list[CellValue]] = [
        [kind, len(names), Cell(lines=[*names[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])])]
        for kind, names in kinds.items()
    ]
    return make_table("Articles that changed", columns, rows)


def tabulate_changed_numbers(changes: ChangeAnswer) -> PageTable:
    """Numbers before and now."""
    columns = [Heading("what"), *number_columns("before", "now", "change")]
    rows: list[list[CellValue]] = [
        [
            f"{each.what}, %" if each.percent else each.what,
            *(_tell_number(n, 100 if each.percent else 1) for n in (each.before, each.now)),
            _tell_change(each),
        ]
        for each in changes.numbers
    ]
    return make_table("Numbers before and now", columns, rows)


def tabulate_changed_scores(comparison: ScoreComparison) -> PageTable:
    """Scores before and now, and the difference on the same articles."""
    columns = [
        Heading("annotator", "choice"),
        Heading("of before"),
        Heading("what"),
        *number_columns("before", "now", "difference"),
        Heading("95 % interval"),
    ]
    rows: list[list[CellValue]] = [
        [change.now, change.before, what, *_tell_difference(measure)]
        for change in comparison.changes
        for what, measure in (
            ("precision", change.precision),
            ("recall", change.recall),
            ("F1", change.f1),
            *((f"F1, {label}", measure) for label, measure in change.labels.items()),
        )
    ]
    return make_table("Scores before and now, on the same articles", columns, rows)


def _tell_difference(measure: ScoreDifference) -> list[CellValue]:
    interval = f"{100 * measure.interval[0]:+.1f} to {100 * measure.interval[1]:+.1f}" if measure.interval else ""
    gain = DASH if measure.gain is None else f"{100 * measure.gain:+.1f}"
    return [
        tell_ratio(measure.before),
        tell_ratio(measure.now),
        Cell(gain, bold=measure.is_clear),
        interval or measure.undefined,
    ]


def _tell_number(number: float | None, times: int) -> str:
    if number is None:
        return DASH
    return f"{number:,.0f}" if times == 1 and number == int(number) else f"{times * number:,.1f}"


def _tell_change(change: NumberChange) -> str:
    if change.before is None or change.now is None:
        return DASH
    gain = change.now - change.before
    return f"{100 * gain:+.1f}" if change.percent else f"{gain:+,.4g}"
