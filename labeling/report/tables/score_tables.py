"""Tables of what was measured: scores and their slices, errors, calibration, agreement, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    DASH,
    Cell,
    Heading,
    make_table,
    number_columns,
    tell_interval,
    tell_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.report.facts.answers import DisputedReading
    from labeling.report.facts.people_and_models import ArticleChanges, ChangeAnswer, ModelError, NumberChange
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.agreements import Agreement, Confusions, GroupAgreement
    from labeling.workspace.rows.score import Curve, Measure, Measures, Reliability, Score
    from labeling.workspace.rows.score_comparison import ScoreComparison, ScoreDifference

_MOST_ERRORS = 300
_MOST_NAMES = 12
_RATIOS = (
    Heading("precision", "number"),
    Heading("recall", "number"),
    Heading("F1", "number"),
    Heading("95 % interval"),
)
NOTHING = "nothing"


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


def tabulate_pairs(agreement: Agreement) -> PageTable:
    """F1 of each two people."""
    columns = [
        Heading("two annotators"),
        Heading("articles of both", "number"),
        Heading("F1, exact", "number"),
        Heading("95 % interval"),
        Heading("F1, position", "number"),
        Heading("F1, overlapping", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            f"{pair.one} and {pair.other}",
            pair.score.articles,
            Cell(tell_ratio(pair.score.exact.micro.f1), bold=True),
            pair.score.exact.micro.interval_text,
            tell_ratio(pair.score.position.micro.f1),
            tell_ratio(pair.score.overlapping.micro.f1),
        ]
        for pair in agreement.pairs
    ]
    return make_table("Agreement of each two people", columns, rows, "agreement.json")


def tabulate_comparisons(agreement: Agreement) -> PageTable:
    """What else was compared: after settling, with and without suggestions, beside models and adjudicators."""
    columns = [
        Heading("compared"),
        Heading("how", "choice"),
        Heading("articles", "number"),
        Heading("F1, exact", "number"),
        Heading("alpha_U", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            " and ".join(group.annotators),
            how,
            group.articles,
            tell_ratio(group.spans["exact"].all.value),
            _tell_alpha(group),
        ]
        for how, groups in _comparisons(agreement)
        for group in groups
        if group
    ]
    return make_table("What was compared, and how", columns, rows, "agreement.json")


def tabulate_alphas(agreement: Agreement) -> PageTable:
    """Krippendorff's alpha of each choice that has one."""
    rows: list[list[CellValue]] = [
        [name, f"{alpha:.3f}"] for name, alpha in agreement.choices.items() if alpha is not None
    ]
    return make_table("Agreement on choices", [Heading("choice"), Heading("alpha", "number")], rows)


def tabulate_confusions(confusions: Confusions) -> PageTable:
    """Which labels the same words were given, the most frequent difference first."""
    columns = [Heading("one says"), Heading("another says"), Heading("times", "number")]
    counted = [
        (row, column, number)
        for row, counts in confusions.counts.items()
        for column, number in counts.items()
        if row != column and number
    ]
    rows: list[list[CellValue]] = [
        [row or NOTHING, column or NOTHING, number] for row, column, number in sorted(counted, key=_most_first)
    ]
    return make_table("Labels that are taken for one another", columns, rows, "agreement.json")


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


def _ratios(measure: Measure) -> list[CellValue]:
    return [
        tell_ratio(measure.precision),
        tell_ratio(measure.recall),
        Cell(tell_ratio(measure.f1), bold=True),
        measure.interval_text,
    ]


def _comparisons(agreement: Agreement) -> Iterator[tuple[str, Sequence[GroupAgreement | None]]]:
    yield "first words", agreement.by_pair
    yield "after settling", agreement.settled[1:]
    yield "with suggestions", [agreement.suggestions.get("with")]
    yield "without suggestions", [agreement.suggestions.get("without")]
    yield "beside a model", agreement.models
    yield "beside an adjudicator", agreement.adjudicators
    yield "gold questions", agreement.gold_questions
    yield "own words on a reprint", agreement.reprints


def _tell_alpha(group: GroupAgreement) -> str:
    alpha = group.unitizing.all.value if group.unitizing else None
    return "" if alpha is None else f"{alpha:.3f}"


def _mark_side(error: ModelError, side: DisputedReading | None) -> Cell:
    """The words of the error with what this side marks in them, and as what."""
    if side is None:
        return Cell(before=f"{error.before}{error.text}", after=error.after, text=NOTHING)
    first = error.text.find(side.text)
    last = first + len(side.text)
    before, after = error.before + error.text[:first], error.text[last:] + error.after
    return Cell(text=side.label, before=before, marked=error.text[first:last], after=after)


def _most_first(counted: tuple[str, str, int]) -> tuple[int, str, str]:
    row, column, number = counted
    return -number, row, column


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
