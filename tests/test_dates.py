"""Dates as newswire prints them."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.dates import iso_date, leading_date


@pytest.mark.parametrize(
    "head",
    [
        " date 2023-07-25 India and the Maldives",
        "date 2023-07-25India",
        "2023-07-25 India",
        "2023-07-25\nIndia",
        "2023-07-25T10:00:00Z India",
        "DATE: 2023-07-25\n\nIndia",
        "25 July 2023\nIndia",
        "\n\n25 July 2023",
        "Tuesday, July 25, 2023\nIndia",
        "July 25th, 2023 \u2014 India",
        "Jul. 25, 2023: India",
        "date July 25, 2023 India",
        "date 25 july 2023 India",
        "Geneva, 25 July 2023 \u2014 The talks",
        "OTTAWA, July 25, 2023 (Reuters) - The talks",
        "CAIRO, 25 July 2023\nThe talks",
        "The Daily Echo, 25 July 2023\nThe talks",
        "SANA\u2019A, Yemen, July 25, 2023 (AP) \u2013 The talks",
        "Port-au-Prince, Tuesday, 25 July 2023 - The talks",
    ],
)
def test_leading_date_is_read(head: str) -> None:
    """A date line is read with and without the word, glued or on its own line, in figures and in words."""
    assert leading_date(head) == "2023-07-25"


@pytest.mark.parametrize(
    "head",
    [
        "India and the Maldives met on 2023-07-25",
        "July 25, 2023 was a Tuesday.",
        "25 July 2023 saw talks.",
        "2023-07-255 things",
        "12023-07-25",
        "2023-02-30 is no day",
        "31 June 2023\nis none either",
        "update 2023-07-25",
        "",
    ],
)
def test_prose_is_not_a_date_line(head: str) -> None:
    """Prose that opens with a date in words, a day that does not exist, and a date further on."""
    assert not leading_date(head)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read(day: date) -> None:
    """Every day of the calendar is read, in all three forms."""
    month = calendar.month_name[day.month]

    assert leading_date(f"date {day.isoformat()} Text") == day.isoformat()
    assert leading_date(f"{day.day} {month} {day.year:04}\nText") == day.isoformat()
    assert leading_date(f"{month} {day.day}, {day.year:04}\nText") == day.isoformat()


@pytest.mark.parametrize(
    "value",
    [
        "2023-07-25",
        " 2023-07-25 ",
        "20230725",
        "2023-07-25T23:30:00-08:00",
        "2023-07-25 23:30",
        "2023/07/25",
        "2023.7.25",
        "25/07/2023",
        "07/25/2023",
        "25.07.2023",
        "25 July 2023",
        "Jul 25, 2023",
        "Tue, 25 Jul 2023 23:30:00 -0800",
        "25 juillet 2023",
        "25 июля 2023",
    ],
)
def test_iso_date_reads_the_printed_day(value: str) -> None:
    """A field's date is the day that is printed, in any form, zone or language that can be read in one way only."""
    assert iso_date(value) == "2023-07-25"


@pytest.mark.parametrize("value", ["01/02/2023", "05.06.23"])
def test_an_ambiguous_date_is_refused(value: str) -> None:
    """A date that is one day in London and another in New York is refused with both readings."""
    with pytest.raises(ValueError, match=r"can be read as .* or "):
        iso_date(value)


@pytest.mark.parametrize("value", ["yesterday", "July 2023", "2023", "10:30", "soon", "2023/13/45", "25 July"])
def test_an_incomplete_or_relative_date_is_refused(value: str) -> None:
    """A date without a day, or counted from today, is refused: a rerun must give the same."""
    with pytest.raises(ValueError, match=r"."):
        iso_date(value)
