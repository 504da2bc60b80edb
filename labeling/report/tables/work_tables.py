"""Tables of the work: how far each split and person is, how fast people read, who did what, how good each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import (
    DASH,
    Cell,
    Heading,
    drop_empty,
    make_table,
    number_columns,
    tell_coefficient,
    tell_ratio,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.report.facts.answers import ForecastAnswer, ProgressAnswer, SpeedAnswer
    from labeling.report.facts.people_and_models import QualityAnswer, WorkAnswer
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.workspace.rows.agreements import Coefficient
    from labeling.workspace.rows.forecast import Finish
    from labeling.workspace.rows.reliance_row import RelianceRates
    from labeling.workspace.rows.trust import Trust

_MINUTE = 60


def tabulate_splits(progress: ProgressAnswer) -> PageTable:
    """Articles of each split, and those with nothing open."""
    columns = [Heading("split"), Heading("articles", "number"), Heading("settled", "number")]
    rows: list[list[CellValue]] = [
        ["in no split" if place.split == "none" else place.split, place.articles, place.complete]
        for place in progress.splits
    ]
    return make_table("Articles by split", columns, rows)


def tabulate_readers(progress: ProgressAnswer) -> PageTable:
    """What each person was given, and what became of it."""
    columns = [
        Heading("person"),
        *number_columns("given", "submitted", "skipped", "drafts", "open"),
    ]
    rows: list[list[CellValue]] = [
        [p.person, p.given, p.submitted, p.skipped, p.drafts, p.open] for p in progress.people
    ]
    return drop_empty(make_table("Articles by person", columns, rows))


def tabulate_pace(speed: SpeedAnswer) -> PageTable:
    """The team first, then each person: how much they read, how fast, and when they will be done."""
    columns = [
        Heading("person"),
        *number_columns("read", "left", "lately"),
        Heading("a week"),
        Heading("minutes an article", "number"),
        Heading("last"),
        Heading("done on"),
        Heading("95 % interval"),
    ]
    everybody = [speed.team] if speed.team else []
    rows: list[list[CellValue]] = [
        [
            Cell(each.reader or "everybody", bold=not each.reader),
            each.done,
            each.left,
            f"{each.recent:,} on {each.days:,} days",
            _tell_per_week(each.per_week),
            DASH if each.seconds is None else f"{each.seconds / _MINUTE:.1f}",
            each.last,
            *_tell_finish(each.finish),
        ]
        for each in [*everybody, *speed.people]
    ]
    return make_table("Pace of each person", columns, rows)


def tabulate_finish(forecast: ForecastAnswer) -> PageTable:
    """When the work will be done, each doing their own, and all helping one another."""
    columns = [Heading("if"), Heading("done on"), Heading("95 % interval")]
    named = [("each reads what is theirs", forecast.as_planned), ("all help one another", forecast.together)]
    return make_table(
        "When the work will be done", columns, [[name, *_tell_finish(each)] for name, each in named if each]
    )


def tabulate_work(work: WorkAnswer) -> PageTable:
    """What each person did."""
    names = ("submitted", "skipped", "drafts", "spans", "of them unsure", "relations", "decisions", "in quarantine")
    columns = [Heading("annotator"), *number_columns(*names)]
    rows: list[list[CellValue]] = [
        [p.person, p.submitted, p.skipped, p.drafts, p.spans, p.unsure, p.relations, p.decisions, p.quarantined]
        for p in work.people
    ]
    return make_table("What each person did", columns, rows)


def tabulate_quality(quality: QualityAnswer) -> PageTable:
    """Each reader's agreement with others, with adjudicators, gold questions and with themselves; F1 in per cent."""
    columns = [
        Heading("reader"),
        Heading("with the other readers", "text"),
        Heading("with adjudicators"),
        Heading("gold questions"),
        Heading("own words on a reprint"),
        Heading("with models"),
        Heading("on the test set", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            p.person,
            Cell(lines=_by_name(p.others)),
            Cell(lines=_by_name(p.adjudicators)),
            tell_coefficient(p.gold_questions),
            tell_coefficient(p.reprints),
            Cell(lines=_by_name(p.models)),
            tell_ratio(p.score.exact.micro.f1) if p.score else "",
        ]
        for p in quality.people
    ]
    return drop_empty(make_table("How good each reader is", columns, rows))


def tabulate_reliance(quality: QualityAnswer) -> PageTable:
    """What readers have of a model's words, with suggestions before their eyes and without."""
    columns = [
        Heading("readings"),
        Heading("how many", "number"),
        *(Heading(name) for name in _RATES.values()),
    ]
    kinds: list[tuple[str, RelianceRates | None]] = [
        ("with suggestions", quality.assisted),
        ("without", quality.unassisted),
    ]
    rows: list[list[CellValue]] = [
        [name, rates.readings, *(tell_coefficient(getattr(rates, field)) for field in _RATES)]
        for name, rates in kinds
        if rates
    ]
    return make_table("What suggestions do to readers", columns, rows)


_RATES = {
    "missed": "missed as the model did",
    "accepted": "model's errors kept",
    "beyond": "found beyond the model",
    "rejected": "model's spans rejected",
}


def _tell_finish(finish: Finish) -> tuple[str, str]:
    interval = f"{finish.earliest or DASH} to {finish.latest or 'later'}" if finish.earliest or finish.latest else ""
    return finish.day or DASH, interval or finish.why


def _tell_per_week(pace: Coefficient) -> str:
    if pace.value is None:
        return pace.undefined
    low, high = pace.interval or (None, None)
    return f"{pace.value:.1f}" if low is None or high is None else f"{pace.value:.1f} ({low:.1f} to {high:.1f})"


def _by_name(coefficients: Mapping[str, Coefficient]) -> list[str]:
    return [f"{name}: {tell_coefficient(each)}" for name, each in coefficients.items()]


def tabulate_trust(trust: Trust) -> PageTable:
    """What the test set is made of."""
    made: list[list[CellValue]] = [
        ["articles", trust.articles],
        ["leak groups: as many observations it is", trust.leak_groups],
        ["gold spans", trust.spans],
        ["of these, seen in training with the same label, %", tell_coefficient(trust.seen)],
        ["articles that were read with suggestions", trust.suggested],
        ["articles that were read without", trust.drawn_alone],
        ["articles of which it is not known", trust.unknown],
        ["spans that were offered while somebody annotated, and let stand", trust.offered],
    ]
    return make_table("What the test set is made of", [Heading("what"), Heading("how many", "number")], made)


def tabulate_seen_names(trust: Trust, colours: Mapping[str, str]) -> PageTable:
    """By label, of how many spans of the test set training has the same words with the same label."""
    columns = [Heading("label"), Heading("spans", "number"), Heading("seen in training, %")]
    rows: list[list[CellValue]] = [
        [Cell(label, colour=colours.get(label, "")), each.items, tell_coefficient(each)]
        for label, each in trust.labels.items()
    ]
    return make_table("Spans of the test set whose words training has with the same label", columns, rows)
