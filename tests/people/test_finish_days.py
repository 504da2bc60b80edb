"""When work will be done: futures that can be counted on fingers, and the same draws by another program."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.evaluation.resampling import Bootstrap
from labeling.people.finish_days import WorkedDays, describe_finish, draw_finish, measure_weekly_pace

TODAY = date(2024, 3, 25)  # a Monday


def worked(*past: int, today: int = 0) -> WorkedDays:
    """What was done on the days before today, the last one yesterday."""
    days = {TODAY - timedelta(days=len(past) - place): number for place, number in enumerate(past)}
    return WorkedDays(Counter(days) + Counter({TODAY: today}), TODAY)


def test_an_even_pace_is_done_on_one_day() -> None:
    """Two a day and five left: two today, two tomorrow, the last one the day after, in every draw."""
    ended = draw_finish(worked(*[2] * 28), 5)

    assert set(ended.tolist()) == {2}
    finish = describe_finish(ended, TODAY)
    assert (finish.earliest, finish.day, finish.latest, finish.why) == ("2024-03-27", "2024-03-27", "2024-03-27", "")


def test_what_was_done_today_is_not_done_again() -> None:
    """Two were done today already: the five that are left begin tomorrow."""
    assert set(draw_finish(worked(*[2] * 28, today=2), 5).tolist()) == {3}
    assert set(draw_finish(worked(*[2] * 28, today=9), 5).tolist()) == {3}
    assert set(draw_finish(worked(*[2] * 28, today=1), 5).tolist()) == {2}


def test_weekends_stay_weekends() -> None:
    """One on each working day of eight weeks, and six left: five this week, the sixth next Monday."""
    past = worked(*[1, 1, 1, 1, 1, 0, 0] * 8)

    assert set(draw_finish(past, 5).tolist()) == {4}
    assert set(draw_finish(past, 6).tolist()) == {7}
    assert (measure_weekly_pace(past).value, measure_weekly_pace(past).interval) == (5, (5, 5))


def test_the_past_is_cut_to_whole_weeks() -> None:
    """Of ten days the last seven count; of six days all do, which is too little to tell; of a hundred, twelve weeks."""
    assert worked(9, 9, 9, 1, 2, 3, 4, 5, 6, 7).past == [1, 2, 3, 4, 5, 6, 7]
    assert worked(1, 2, 3, 4, 5, 6).past == [1, 2, 3, 4, 5, 6]
    assert len(worked(*[1] * 100).past) == 84
    assert worked(1, 0, 0, 0, 0, 0, 0).past == [1, 0, 0, 0, 0, 0, 0]


def test_what_cannot_be_told_has_a_reason() -> None:
    """Too few days, none at all, or none with any work of late."""
    few = worked(1, 2, 3)
    idle = WorkedDays({date(2023, 1, 1): 5}, TODAY)

    assert few.why_unknown == "it takes a week of work to tell, and there are 3 days before the last pull"
    assert (measure_weekly_pace(few).value, measure_weekly_pace(few).interval) == (14, None)
    assert idle.why_unknown == "nothing was submitted in the last 84 days"
    assert measure_weekly_pace(idle).value == 0
    assert (
        measure_weekly_pace(WorkedDays({}, TODAY)).undefined == "nothing was submitted before the day of the last pull"
    )
    assert worked(1, 0, 0, 0, 0, 0, 0).why_unknown == ""


def test_what_never_ends_has_no_last_day() -> None:
    """One article in seven days: of six days drawn anew, 2 in 5 hold none (6/7 to the sixth), and never end."""
    ended = draw_finish(worked(1, 0, 0, 0, 0, 0, 0), 2)
    finish = describe_finish(ended, TODAY)

    assert np.isinf(ended).mean() == pytest.approx((6 / 7) ** 6, abs=0.05)
    assert finish.day is not None
    assert (finish.latest, finish.why) == (None, "at this pace it may take more than 5 years")
    assert describe_finish(np.full(10, math.inf), TODAY).day is None


def test_the_draws_are_those_of_a_plain_loop() -> None:
    """Day by day, by another source of chance: the same quantiles to within a day or two of fifty."""
    past = np.random.RandomState(1).poisson(3, 35).tolist()
    source, ends = np.random.RandomState(2), []
    for _ in range(1500):
        known = source.choice(past, 34)
        done, day = 0, -1
        while done < 150:
            done, day = done + source.choice(known), day + 1
        ends.append(day)
    ours = draw_finish(worked(*past), 150, Bootstrap(3000))

    for part in (0.025, 0.5, 0.975):
        assert np.quantile(ours, part) == pytest.approx(np.quantile(ends, part), abs=2.5)


def test_the_interval_of_a_pace_is_as_wide_as_that_of_a_mean() -> None:
    """Of seven weeks' days it is 1.96 standard errors to either side, as every textbook has it."""
    past = np.random.RandomState(4).poisson(3, 49)
    pace = measure_weekly_pace(worked(*past.tolist()))
    error = 7 * past.std(ddof=1) / math.sqrt(49)

    assert pace.value == pytest.approx(7 * past.mean())
    assert pace.interval is not None
    low, high = pace.interval
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.1)


@given(st.lists(st.integers(0, 4), min_size=7, max_size=70), st.integers(1, 60))
def test_more_work_is_never_done_sooner(past: list[int], left: int) -> None:
    """Draw by draw, with the same draws; and nothing is done before today."""
    days = worked(*past)
    if not days.why_unknown:
        some, more = (draw_finish(days, number, Bootstrap(40)) for number in (left, left + 3))

        assert (some <= more).all()
        assert (some >= 0).all()
