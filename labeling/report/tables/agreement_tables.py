"""Tables of agreement: each two people, what else was compared, choices, labels taken for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    NOTHING,
    Cell,
    Heading,
    make_table,
    tell_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.agreements import Agreement, Confusions, GroupAgreement


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


def _most_first(counted: tuple[str, str, int]) -> tuple[int, str, str]:
    row, column, number = counted
    return -number, row, column
