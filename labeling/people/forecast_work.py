"""How fast people read, and when they will be done: from the days of their first submissions and from what is left.

A pure module: it touches neither disk nor network, clock or random numbers. What was imported was read elsewhere, and
what somebody changed later is no further reading. Days are those of UTC, as the server's instants are.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from labeling.errors import DamagedFile
from labeling.evaluation.resampling import BOOTSTRAP
from labeling.people.finish_days import (
    ENOUGH_WEEKS,
    MOST_WEEKS,
    WorkedDays,
    describe_finish,
    draw_finish,
    measure_weekly_pace,
)
from labeling.workspace.rows.forecast import Finish, ReadingPace, WorkForecast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from labeling.adjudication.annotator_addresses import Addresses
    from labeling.evaluation.resampling import Bootstrap
    from labeling.workspace.rows.first_submission import FirstSubmission

_METHOD = (
    f"Days are drawn from those of the last {MOST_WEEKS} weeks at most, as whole weeks from {ENOUGH_WEEKS} weeks on, "
    "{draws:,} times; intervals are the middle 95 %"
)


@dataclass(frozen=True)
class DatedReading:
    """An article that somebody submitted for the first time on a day, and how many seconds it took, where known."""

    reader: str
    article: str
    day: date
    seconds: float | None = None


def list_dated_readings(
    rows: Iterable[FirstSubmission], addresses: Addresses, leave_out: Collection[str] = ()
) -> list[DatedReading]:
    """Who first submitted which article, and when; each article of a reader once, by day.

    Args:
        rows: First words. Imports, and what judges a single span, are left aside.
        addresses: Whose name is whose.
        leave_out: The addresses of those who read for another end, as adjudicators do.

    Raises:
        DamagedFile: A row's ``at`` is not an instant.
    """
    first: dict[tuple[str, str], DatedReading] = {}
    for row in rows:
        reader = addresses.find(row.annotation)
        if row.kept_by == "import" or row.open or not row.at or reader in leave_out:
            continue
        reading = DatedReading(reader, row.article, _find_day(row), row.seconds)
        # Of a text that came anew, the first time counts.
        key = reader, row.article
        first[key] = min(first.get(key, reading), reading, key=lambda each: each.day)
    return sorted(first.values(), key=lambda each: (each.day, each.reader, each.article))


def forecast_work(
    readings: Iterable[DatedReading], left: Mapping[str, int] | int, today: date, bootstrap: Bootstrap = BOOTSTRAP
) -> WorkForecast:
    """The pace of everybody and of the team, and when what is left will be done.

    Args:
        readings: What was submitted, each article of a reader once; later than ``today`` is left aside.
        left: By the plan, how many readings are left to each reader; without a plan, how many articles nobody has read.
        today: The day of the last pull.
        bootstrap: Draws and seed.
    """
    by_reader: defaultdict[str, list[DatedReading]] = defaultdict(list)
    for reading in readings:
        if reading.day <= today:
            by_reader[reading.reader].append(reading)
    planned = None if isinstance(left, int) else left
    total = left if isinstance(left, int) else sum(left.values())
    works = {
        reader: _WorkToDo(by_reader[reader], None if planned is None else planned.get(reader, 0), today, bootstrap)
        for reader in sorted({*by_reader, *(planned or {})})
    }
    # Whoever is drawn next has draws of their own: two readers are not fast in the same weeks.
    works = {
        reader: replace(work, bootstrap=replace(bootstrap, seed=bootstrap.seed + 2 * place))
        for place, (reader, work) in enumerate(works.items())
    }
    team = _WorkToDo([each for own in by_reader.values() for each in own], total, today, bootstrap)
    finish = team.find_finish()
    return WorkForecast(
        until=today.isoformat(),
        readers=tuple(work.describe(reader) for reader, work in works.items()),
        team=team.describe(""),
        as_planned=finish if planned is None else _find_last_day(works, today),
        method=_METHOD.format(draws=bootstrap.resamples),
    )


@dataclass(frozen=True)
class _WorkToDo:
    """What one reader, or everybody, has done, and what is left to them."""

    readings: list[DatedReading]
    left: int | None
    today: date
    bootstrap: Bootstrap

    @property
    def worked(self) -> WorkedDays:
        return WorkedDays(Counter(each.day for each in self.readings), self.today)

    @property
    def why_unknown(self) -> str:
        """Why it cannot be told when the rest is done; empty where it can, or nothing is left."""
        if self.left is None:
            return "without a plan, nothing is anybody's own"
        return self.worked.why_unknown if self.left else ""

    def draw(self) -> NDArray[np.float64]:
        """In how many days from today what is left is done, draw by draw."""
        return draw_finish(self.worked, self.left or 0, self.bootstrap)

    def find_finish(self) -> Finish:
        """When what is left will be done, or was."""
        if why := self.why_unknown:
            return Finish(why=why)
        if self.left:
            return describe_finish(self.draw(), self.today)
        last = max((each.day for each in self.readings), default=None)
        day = last.isoformat() if last else None
        return Finish(day=day, earliest=day, latest=day, why="" if day else "there is nothing to read")

    def describe(self, reader: str) -> ReadingPace:
        """The pace, and what it comes to."""
        days, worked = [each.day for each in self.readings], self.worked
        seconds = [each.seconds for each in self.readings if each.seconds is not None]
        return ReadingPace(
            reader=reader,
            done=len(self.readings),
            left=self.left,
            first=min(days).isoformat() if days else "",
            last=max(days).isoformat() if days else "",
            recent=sum(worked.past),
            days=len(worked.past),
            per_week=measure_weekly_pace(worked, self.bootstrap),
            seconds=statistics.median(seconds) if seconds else None,
            finish=self.find_finish(),
        )


def _find_last_day(works: Mapping[str, _WorkToDo], today: date) -> Finish:
    """When the last reader is done with what is theirs: in each draw the latest of all."""
    import numpy as np

    # Without addresses: it may be shown where people have pseudonyms, and each reader has the reason by themselves.
    if unknown := [work.why_unknown for work in works.values() if work.why_unknown]:
        return Finish(why=f"not known of {len(unknown)} of {len(works)} readers: {unknown[0]}")
    drawn = [work.draw() for work in works.values() if work.left]
    if drawn:
        return describe_finish(np.maximum.reduce(drawn), today)
    done = [work.find_finish() for work in works.values() if work.readings]
    return max(done, key=lambda finish: finish.day or "", default=Finish(why="there is nothing to read"))


def _find_day(row: FirstSubmission) -> date:
    try:
        instant = datetime.fromisoformat(row.at)
    except ValueError:
        raise DamagedFile(
            f"when {row.annotator!r} submitted {row.article!r} cannot be read: {row.at!r}",
            todo="mend first.jsonl: at is an ISO 8601 date and time",
            where=row.article,
        ) from None
    return (instant if instant.tzinfo is None else instant.astimezone(UTC)).date()
