"""Which of the kept answers go: a clock that has jumped takes nothing away."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.studio.sync.pull_archive import (
    archive_name,
    find_latest_whole,
    list_past,
    list_superfluous,
    thin_archive,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def three_a_day(days: int) -> list[str]:
    """A whole answer at six and at eighteen o'clock, and changes at noon, until today."""
    return sorted(
        archive_name((NOW - back * DAY).replace(hour=hour), changes=hour == 12)
        for back in range(days)
        for hour in (6, 12, 18)
    )


def stay(names: list[str], now: dt.datetime, needed: tuple[str, ...] = ()) -> set[str]:
    """What is left."""
    return {*names} - {*list_superfluous(names, now, needed)}


@pytest.mark.parametrize("years", [1, 14, 70, 7000])
def test_a_clock_that_jumped_forwards_takes_nothing_more(years: int) -> None:
    """Only what would have gone a day later by a right clock."""
    names = three_a_day(100)
    then = NOW + 365 * years * DAY
    jumped = archive_name(then)

    # By hand: six of the last seven days whole, and the last answer of thirty of 31; the jump is a day of its own.
    left = sorted(stay([*names, jumped], then))
    assert len([name for name in left if "2026-11-17" <= name[:10] <= "2026-11-22"]) == 6 * 3
    assert len({name[:10] for name in left if name[:10] >= "2026-10-24"}) == 30 + 1


@pytest.mark.parametrize("then", [dt.datetime(1970, 1, 1, tzinfo=dt.UTC), NOW - 40 * DAY])
def test_a_clock_that_jumped_backwards_takes_nothing(then: dt.datetime) -> None:
    """What bears a time that has not come yet stays as it is, and what is kept now stays too."""
    names = three_a_day(30)
    kept = archive_name(then)

    assert stay([*names, kept], then) == {*names, kept}


def test_an_answer_from_the_future_neither_goes_nor_pushes_others_out() -> None:
    """Forty days under a wrong clock, which was put right: today's answers stay, the last whole one and its changes."""
    ahead = [archive_name(NOW + (5000 + day) * DAY) for day in range(40)]
    base, changes = archive_name(NOW - 50 * DAY), archive_name(NOW - 49 * DAY, changes=True)

    assert stay([*ahead, *three_a_day(7)], NOW) == {*ahead, *three_a_day(7)}
    assert stay([*ahead, base, changes], NOW) == {*ahead, base, changes}
    assert find_latest_whole(list_past([*ahead, base, changes], NOW)) == [base, changes]
    assert list_past(ahead, NOW) == ahead


def test_what_the_next_pull_builds_upon_stays(tmp_path: Path) -> None:
    """Whatever its name says: it was kept under a clock that stood in the past."""
    base, later = archive_name(NOW - 900 * DAY), archive_name(NOW - 899 * DAY)
    changes = archive_name(NOW - 890 * DAY, changes=True)
    for name in (base, later, changes, *three_a_day(40)):
        (tmp_path / name).touch()

    thin_archive(tmp_path, NOW, (base, changes))

    assert (tmp_path / base).exists()
    assert (tmp_path / changes).exists()


moments = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(9000, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - Hypothesis adds it


@given(st.lists(st.tuples(moments, st.booleans()), max_size=30), moments)
def test_what_goes_is_never_the_newest(pulls: list[tuple[dt.datetime, bool]], now: dt.datetime) -> None:
    """Nor any of the last seven days on which something was kept, nor what is to come; and to thin twice is to thin."""
    names = [archive_name(instant, changes=changes) for instant, changes in pulls]
    gone = list_superfluous(names, now)
    left = [name for name in names if name not in gone]

    assert not {*gone} & {*find_latest_whole(names)}
    assert not {*gone} & {archive_name(instant, changes=changes) for instant, changes in pulls if instant > now}
    days = sorted({instant.date() for instant, _ in pulls if instant <= now})[-7:]
    assert not {*gone} & {archive_name(instant) for instant, changes in pulls if instant.date() in days and not changes}
    assert list_superfluous(left, now) == []
