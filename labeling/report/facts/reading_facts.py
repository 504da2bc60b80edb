"""The questions about reading: how far, how fast, when done, who did what."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal

from labeling.annotations import CARD_DEFECTS, DEFECTS_BY_RULE
from labeling.report.facts.answers import (
    ForecastAnswer,
    Gap,
    PlaceProgress,
    ProgressAnswer,
    ReaderProgress,
    SpeedAnswer,
)
from labeling.report.facts.cast import list_in_words, tell_number
from labeling.report.facts.people_and_models import PersonWork, WorkAnswer
from labeling.workspace.pseudonyms import is_person
from labeling.workspace.rows.assignment import SPLITS, SplitName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.report.facts.source import FactSource
    from labeling.workspace.rows.forecast import Finish, ReadingPace

_LONG = 120  # seconds, from which on a time is told in minutes
_NOTHING_SUBMITTED = Gap(why="nobody has submitted anything on a server yet")


def tell_progress(source: FactSource) -> ProgressAnswer:
    """How far are we."""
    known, gold = source.progress, source.findings.gold
    complete = {each.article for each in gold if each.complete and each.usable}
    of_plan = "" if known.planned is None else f"; {known.readings} of {tell_number(known.planned, 'reading')} are made"
    return ProgressAnswer(
        sentence=f"{known.finished} of {tell_number(known.articles, 'article')} are read{of_plan}; "
        f"{len(complete)} have gold with nothing open.",
        gaps=tuple(_list_progress_gaps(source)),
        articles=known.articles,
        read=known.read,
        finished=known.finished,
        gold=len(complete),
        readings=known.readings,
        planned=known.planned,
        splits=_count_splits(source, complete),
        people=tuple(
            ReaderProgress(
                person=source.cast.call(reader),
                given=each.given,
                submitted=each.submitted,
                skipped=each.skipped,
                drafts=each.drafts,
                open=each.open,
            )
            for reader, each in known.readers.items()
        ),
    )


def _list_progress_gaps(source: FactSource) -> Iterator[Gap]:
    if not source.findings.annotations:
        yield Gap(why="nothing was annotated yet", command=_name_first_verb(source))
    elif not source.findings.gold:
        yield Gap(why="annotations were not made gold yet", command="labeling adjudicate")
    elif not source.findings.assignments:
        yield Gap(why="no article has a split yet", command="labeling split")


def _name_first_verb(source: FactSource) -> str:
    return "labeling pull" if source.workspace.pushed.exists() else "labeling push"


def _count_splits(source: FactSource, complete: set[str]) -> tuple[PlaceProgress, ...]:
    split_of = source.findings.split_of
    counts = Counter(split_of.values())
    done = Counter(split for article, split in split_of.items() if article in complete)
    names: tuple[SplitName | Literal["none"], ...] = (*SPLITS, "none") if counts["none"] else SPLITS
    if not split_of:
        return ()
    return tuple(PlaceProgress(split=name, articles=counts[name], complete=done[name]) for name in names)


def tell_speed(source: FactSource) -> SpeedAnswer:
    """How fast."""
    forecast = source.forecast
    if forecast is None or not forecast.team.done:
        return SpeedAnswer(gaps=(_NOTHING_SUBMITTED.model_copy(update={"command": _name_first_verb(source)}),))
    people = tuple(each.model_copy(update={"reader": source.cast.call(each.reader)}) for each in forecast.readers)
    unknown = forecast.team.per_week.undefined
    return SpeedAnswer(
        sentence=_describe_pace(forecast.team),
        gaps=(Gap(why=unknown),) if unknown else (),
        until=forecast.until,
        team=forecast.team,
        people=people,
    )


def _describe_pace(team: ReadingPace) -> str:
    value = team.per_week.value
    pace = f"{tell_number(team.done, 'submission')} so far"
    if value is not None:
        pace = f"{value:.3g} submissions a week"
        if team.per_week.interval:
            low, high = team.per_week.interval
            pace += f" ({low:.3g} to {high:.3g})"
        pace += f", by the last {tell_number(team.days, 'day')}"
    took = "" if team.seconds is None else f"; an article takes {_tell_time(team.seconds)} (median)"
    return f"{pace}{took}."


def _tell_time(seconds: float) -> str:
    """``48 seconds``, ``4.6 minutes``."""
    return f"{seconds:.0f} seconds" if seconds < _LONG else f"{seconds / 60:.1f} minutes"


def tell_forecast(source: FactSource) -> ForecastAnswer:
    """When done."""
    forecast = source.forecast
    if forecast is None:
        return ForecastAnswer(gaps=(_NOTHING_SUBMITTED.model_copy(update={"command": _name_first_verb(source)}),))
    finish = forecast.as_planned
    # It may name readers, by address.
    gap = (Gap(why=source.cast.hide(finish.why)),) if finish.day is None else ()
    return ForecastAnswer(
        sentence=_describe_finish(finish, forecast.team.left, len(source.findings.conflicts)) if finish.day else "",
        gaps=gap,
        left=forecast.team.left,
        as_planned=finish.model_copy(update={"why": source.cast.hide(finish.why)}),
        together=forecast.team.finish,
        people={source.cast.call(each.reader): each.finish for each in forecast.readers if each.left is not None},
        method=forecast.method,
    )


def _describe_finish(finish: Finish, left: int | None, conflicts: int) -> str:
    if left == 0:
        still = f"; {tell_number(conflicts, 'conflict is', 'conflicts are')} still open" if conflicts else ""
        return f"All has been read since {finish.day}{still}."
    between = f" ({finish.earliest} to {finish.latest or 'years from now'})" if finish.earliest else ""
    return f"{tell_number(left or 0, 'reading')} are left; at this pace the last is made on {finish.day}{between}."


def tell_work(source: FactSource) -> WorkAnswer:
    """Who did what."""
    people = tuple(_list_work(source))
    models = Counter(row.annotator for row in source.workspace.suggestions.rows_if_written())
    if not people:
        why = Gap(why="nobody has annotated anything yet", command=_name_first_verb(source))
        return WorkAnswer(gaps=(why,), models=dict(sorted(models.items())))
    told = [f"{each.person} {each.submitted}" for each in people if each.submitted]
    return WorkAnswer(
        sentence=f"Submitted: {list_in_words(told) or 'nothing yet'}.",
        people=people,
        models=dict(sorted(models.items())),
    )


def _list_work(source: FactSource) -> Iterator[PersonWork]:
    """The work of each person, as annotations, decisions, quarantine and conflicts have it, by name."""
    work = defaultdict[str, Counter[str]](Counter)
    _count_annotations(source, work)
    _count_rulings(source, work)
    for person, counts in sorted(work.items()):
        yield PersonWork(
            person=person,
            submitted=counts["submitted"],
            skipped=counts["skipped"],
            drafts=counts["draft"],
            spans=counts["spans"],
            unsure=counts["unsure"],
            relations=counts["relations"],
            imported=counts["imported"],
            decisions=counts["decisions"],
            quarantined=counts["quarantined"],
            conflicts=counts["conflicts"],
            seconds=counts["milliseconds"] / 1000 if counts["milliseconds"] else None,
        )


def _count_annotations(source: FactSource, work: defaultdict[str, Counter[str]]) -> None:
    for one in source.findings.annotations:
        if not one.by_person:
            continue
        counts = work[source.cast.name_author(one)]
        counts[one.state] += 1
        counts["imported"] += one.imported
        # Nobody vouches for what is skipped or a draft.
        if one.state == "submitted":
            counts["spans"] += len(one.spans)
            counts["relations"] += len(one.relations)
            counts["unsure"] += sum(span.unsure for span in one.spans)
            counts["milliseconds"] += round(1000 * (one.seconds or 0))


def _count_rulings(source: FactSource, work: defaultdict[str, Counter[str]]) -> None:
    """What each decided, what of theirs is in quarantine, and in how many conflicts they are on a side."""
    call, decisions = source.cast.call, source.workspace.decisions.rows_if_written()
    deciding = Counter(call(row.by) for row in decisions if not row.inherited_from)
    faulty = (row.annotator for row in source.findings.quarantine if row.kind not in DEFECTS_BY_RULE | CARD_DEFECTS)
    quarantined = Counter(call(name) for name in faulty if is_person(name))
    sides = ({one.annotator for one in each.readings} | {*each.missed_by} for each in source.findings.conflicts)
    disputing = Counter(call(name) for names in sides for name in names)
    for what, found in (("decisions", deciding), ("quarantined", quarantined), ("conflicts", disputing)):
        for person, count in found.items():
            work[person][what] = count
