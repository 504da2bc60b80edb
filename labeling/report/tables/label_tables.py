"""Tables of labels and of the loop: what is weak, what more articles are worth, rounds, splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    DASH,
    Cell,
    Heading,
    make_table,
    number_columns,
    tell_coefficient,
    tell_ratio,
)
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.report.facts.answers import LabelAnswer, WorthAnswer
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.learning_rows import RoundRow


def tabulate_labels(answer: LabelAnswer, splits: tuple[str, ...]) -> PageTable:
    """All labels, the weakest first: what gold has of each, how far people agree, what the model makes of it."""
    columns = [
        Heading("label"),
        Heading("gold spans", "number"),
        *(Heading(split, "number") for split in splits),
        Heading("in no split", "number"),
        Heading("in leak groups", "number"),
        Heading("readers' F1"),
        Heading("model's F1"),
        Heading("open conflicts", "number"),
        Heading("doubts", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            Cell(each.label, colour=each.color),
            each.spans,
            *(each.splits.get(split, 0) for split in (*splits, "none")),
            each.leak_groups,
            tell_coefficient(each.agreement),
            f"{tell_ratio(each.model.f1)} ({each.model.interval_text})" if each.model else "",
            each.conflicts,
            each.doubts,
        ]
        for each in answer.labels
    ]
    return make_table("Labels, the weakest first", columns, rows)


def tabulate_weak_labels(answer: LabelAnswer) -> PageTable:
    """The labels that are weak, the weakest first, and what speaks against each."""
    rows: list[list[CellValue]] = [
        [Cell(each.label, colour=each.color), Cell(lines=each.weak)] for each in answer.labels if each.weak
    ]
    return make_table("Weak labels", [Heading("weak label"), Heading("what speaks against it")], rows)


def tabulate_label_measures(answer: LabelAnswer) -> PageTable:
    """F1 of readers and of the best model, by label."""
    columns = [
        Heading("label"),
        Heading("readers' F1"),
        Heading("model's F1"),
        Heading("95 % interval"),
    ]
    rows: list[list[CellValue]] = [
        [
            each.label,
            tell_coefficient(each.agreement),
            tell_ratio(each.model.f1) if each.model else "",
            each.model.interval_text if each.model else "",
        ]
        for each in answer.labels
    ]
    return make_table("F1 of each label", columns, rows)


def tabulate_rounds(rounds: tuple[RoundRow, ...]) -> PageTable:
    """What each round of the loop stood on and brought."""
    columns = [
        Heading("round", "number"),
        Heading("ended"),
        *number_columns("articles", "new", "open"),
        Heading("F1", "number"),
        Heading("95 % interval"),
        Heading("same as before", "number"),
        Heading("verdict"),
    ]
    rows: list[list[CellValue]] = [
        [
            each.round,
            each.at[:10],
            each.articles,
            each.new,
            each.open,
            tell_ratio(each.score.f1 if each.score else None),
            each.score.interval_text if each.score else each.why,
            tell_ratio(each.stability),
            each.verdict,
        ]
        for each in rounds
    ]
    return make_table("Rounds", columns, rows)


def tabulate_outlook(worth: WorthAnswer) -> PageTable:
    """What more articles are worth, in all and by label, in points of F1."""
    columns = [
        Heading("label"),
        Heading("articles more", "number"),
        Heading("gain", "number"),
        Heading("95 % interval"),
        Heading("verdict"),
    ]
    named = [("all", worth.outlook)] if worth.outlook else []
    rows: list[list[CellValue]] = [
        [
            Cell(name, bold=name == "all"),
            each.articles,
            DASH if each.gain is None else f"{100 * each.gain:+.1f}",
            f"{100 * each.interval[0]:+.1f} to {100 * each.interval[1]:+.1f}" if each.interval else each.why,
            each.verdict,
        ]
        for name, each in [*named, *worth.by_label.items()]
    ]
    return make_table("What more articles are worth", columns, rows)


def tabulate_groups(articles: Mapping[str, int], groups: Mapping[str, int]) -> PageTable:
    """How many articles and leak groups each split has."""
    columns = [Heading("what"), *number_columns("all", *SPLITS, "in no split")]
    rows: list[list[CellValue]] = [
        [name, *(counts[split] for split in ("all", *SPLITS, "none"))]
        for name, counts in (("articles with usable gold", articles), ("their leak groups", groups))
    ]
    return make_table("Articles and leak groups of the splits", columns, rows)
