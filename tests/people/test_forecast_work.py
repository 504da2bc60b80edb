"""Who reads how fast, and when everybody is done: rows by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from labeling.adjudication.annotator_addresses import Addresses
from labeling.errors import DamagedFile
from labeling.people.forecast_work import DatedReading, forecast_work, list_dated_readings
from labeling.workspace.rows.first_submission import FirstSubmission

TODAY = date(2024, 3, 25)
ANA, BEN = "ana@desk.example", "ben@desk.example"
ADDRESSES = Addresses({"1": ANA, "2": BEN, "3": "lead@desk.example"}, ())


def daily(reader: str, number: int, days: int, seconds: float | None = None) -> list[DatedReading]:
    """So many articles a day, up to yesterday."""
    return [
        DatedReading(reader, f"{reader} {back} {each}", TODAY - timedelta(days=back), seconds)
        for back in range(1, days + 1)
        for each in range(number)
    ]


def first(annotator: str, article: str, at: str, **fields: object) -> FirstSubmission:
    """A row of first.jsonl."""
    row = {"kept_by": "layer", "digest": "d", "task": 1, "seconds": 60.0, **fields}
    return FirstSubmission.model_validate({"annotator": annotator, "article": article, "at": at, **row})


def test_each_reader_is_done_when_their_own_is() -> None:
    """Ana does 2 a day and has 5 left, Ben 1 a day and 9: Wednesday, and Tuesday of the week after next."""
    work = forecast_work([*daily(ANA, 2, 28), *daily(BEN, 1, 28)], {ANA: 5, BEN: 9}, TODAY)

    assert [(each.reader, each.done, each.left) for each in work.readers] == [(ANA, 56, 5), (BEN, 28, 9)]
    assert [each.finish.day for each in work.readers] == ["2024-03-27", "2024-04-02"]
    assert (work.as_planned.day, work.as_planned.earliest, work.as_planned.latest) == ("2024-04-02",) * 3
    # Three a day together, fourteen left.
    assert (work.team.left, work.team.finish.day) == (14, "2024-03-29")
    assert work.team.per_week.value == 21
    assert work.until == "2024-03-25"


def test_without_a_plan_the_team_has_what_nobody_has_read() -> None:
    """And nobody has anything of their own."""
    work = forecast_work([*daily(ANA, 2, 28), *daily(BEN, 1, 28)], 7, TODAY)

    assert (work.team.finish.day, work.as_planned.day) == ("2024-03-27", "2024-03-27")
    assert [each.left for each in work.readers] == [None, None]
    assert {each.finish.why for each in work.readers} == {"without a plan, nothing is anybody's own"}


def test_who_is_done_was_done_on_their_last_day() -> None:
    """Nothing is left to Ana, and to Ben a week's work."""
    done = forecast_work([*daily(ANA, 2, 3), *daily(BEN, 1, 28)], {ANA: 0, BEN: 7}, TODAY)
    all_done = forecast_work([*daily(ANA, 2, 3), *daily(BEN, 1, 28)], {ANA: 0, BEN: 0}, TODAY)

    assert (done.readers[0].finish.day, done.readers[0].finish.why) == ("2024-03-24", "")
    assert done.as_planned.day == "2024-03-31"
    assert all_done.as_planned.day == all_done.team.finish.day == "2024-03-24"


def test_a_plan_waits_for_whoever_cannot_be_told() -> None:
    """Ben has not begun: when all is done as planned is not known, and the reason tells no address; together it is."""
    work = forecast_work(daily(ANA, 2, 28), {ANA: 5, BEN: 9}, TODAY)

    assert work.as_planned.day is None
    reason = "it takes a week of work to tell, and there are 0 days before the last pull"
    assert work.as_planned.why == f"not known of 1 of 2 readers: {reason}"
    assert work.readers[1].finish.why == reason
    assert work.team.finish.day == "2024-03-31"
    assert (work.readers[1].done, work.readers[1].first, work.readers[1].seconds) == (0, "", None)


def test_nothing_to_read_is_done_at_no_time() -> None:
    """An empty workspace has no pace and no day, but reasons."""
    work = forecast_work([], 0, TODAY)

    assert work.readers == ()
    assert (work.team.finish.day, work.team.finish.why) == (None, "there is nothing to read")


def test_the_latest_of_all_is_drawn_together() -> None:
    """Two who vary alike are both done later than each by themselves: the last of two is later than one."""
    varied = [reading for place, reading in enumerate(daily(ANA, 3, 28)) if place % 5]
    same = [DatedReading(BEN, reading.article, reading.day) for reading in varied]
    work = forecast_work([*varied, *same], {ANA: 60, BEN: 60}, TODAY)

    ana, ben = (each.finish for each in work.readers)
    assert ana.latest is not None
    assert work.as_planned.day is not None
    assert work.as_planned.earliest is not None
    assert ana.earliest is not None
    assert ben.day is not None
    assert work.as_planned.earliest >= ana.earliest
    assert work.as_planned.day >= ben.day


def test_the_same_rows_give_the_same_forecast() -> None:
    """In whatever order they come."""
    rows = [*daily(ANA, 2, 30), *daily(BEN, 1, 20)][::3]

    assert forecast_work(rows, {BEN: 9, ANA: 5}, TODAY) == forecast_work(rows[::-1], {ANA: 5, BEN: 9}, TODAY)


def test_the_median_of_the_seconds_is_told() -> None:
    """Of those that have any: 10, 20 and 60 make 20."""
    rows = [
        DatedReading(ANA, f"{place}", TODAY - timedelta(days=9), seconds)
        for place, seconds in enumerate((10.0, 60.0, None, 20.0))
    ]

    assert forecast_work(rows, 1, TODAY).team.seconds == 20


def test_first_words_are_read_by_address_and_day() -> None:
    """In UTC, each article of a reader once; imports, words about a single span, and the lead's are left aside."""
    rows = [
        first("ana", "a", "2024-03-20T01:30:00+02:00"),
        first("ana", "a", "2024-03-22T12:00:00Z", digest="another text"),
        first("ben", "a", "2024-03-21T12:00:00Z"),
        first("ben", "b", "2024-03-21T12:00:00Z", kept_by="import", task=None),
        first("ben", "c", "2024-03-21T12:00:00Z", open=((0, 5),)),
        first("ben", "d", ""),
        first("lead", "a", "2024-03-21T12:00:00Z"),
    ]

    found = list_dated_readings(rows, ADDRESSES, {"lead@desk.example"})

    assert [(each.reader, each.article, each.day) for each in found] == [
        (ANA, "a", date(2024, 3, 19)),
        (BEN, "a", date(2024, 3, 21)),
    ]


def test_a_day_that_cannot_be_read_is_damage() -> None:
    """By name, with the file to mend."""
    with pytest.raises(DamagedFile, match="when 'ana' submitted 'a' cannot be read: 'yesterday'"):
        list_dated_readings([first("ana", "a", "yesterday")], ADDRESSES)


def test_what_comes_after_today_is_left_aside() -> None:
    """A report on last week's workspace knows nothing of this week."""
    later = DatedReading(ANA, "later", TODAY + timedelta(days=1))

    assert forecast_work([*daily(ANA, 2, 28), later], 5, TODAY).team.done == 56
