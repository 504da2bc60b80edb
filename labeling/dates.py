"""Dates as newswire prints them, read into ISO form (``2023-07-25``); no text is ever changed here.

The day is the one that is printed: a time and a time zone next to it do not move it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
# Blanks are taken whole (`*+`): else what comes next would be tried after each of them.
_WORD = r"\s*+(?P<word>date\s*+(?::\s*+)?)?"
# Dateline, the place and the day: GENEVA, July 25, 2023 (Reuters) - ; The Daily Echo, 25 July 2023
_PLACE = r"(?:(?!\d)\w[^\n\r,.:]{0,40},[ \t]++){0,2}"
_WEEKDAY = r"(?:\w{1,20}day,?\s++)?"
# Nobody opens a sentence with 2023-07-25, but "July 25, 2023 was a Tuesday" is prose: a date in words counts only
# on a line of its own, before a dash, colon or bar, or after the word "date".
_ENDED = r"(?(word)|(?=[ \t]*(?:\([^()\n\r]{1,30}\)[ \t]*)?(?:$|[\r\n:|]|(?<=[\s)])[-\u2013\u2014]+\s)))"
_HEADS = tuple(
    re.compile(_WORD + form, re.IGNORECASE)
    for form in (
        r"(?P<iso>\d{4}-\d{2}-\d{2})(?!\d)",
        rf"{_PLACE}{_WEEKDAY}{_DAY}\s++{_MONTH},?\s++{_YEAR}{_ENDED}",
        rf"{_PLACE}{_WEEKDAY}{_MONTH}\s++{_DAY},?\s++{_YEAR}{_ENDED}",
    )
)
# The longest date that anybody prints: "Wednesday, the twenty-fifth of September 2023, 11:59 p.m. Greenwich Mean Time".
LONGEST_DATE = 100  # characters

_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")


def leading_date(text: str) -> str:
    """The date at the head of ``text`` as ``YYYY-MM-DD``, or "" when it has none.

    Dates such as `` date 2023-07-25 India and ...`` are read, the same without the word, and ``25 July 2023`` or
    ``July 25, 2023`` on a line of their own, before a dash, colon or bar, or after the word ``date``; a place or outlet
    may go before them and an agency in parentheses after.

    >>> leading_date("GENEVA, July 25, 2023 (Reuters) - Talks were held.")
    '2023-07-25'
    >>> leading_date("July 25, 2023 was a Tuesday.")
    ''
    """
    # The forms exclude each other, so the first that matches is the only one.
    found = next((match for head in _HEADS if (match := head.match(text))), None)
    return _iso(found) if found else ""


def iso_date(value: str) -> str:
    """The day that ``value`` names, as ``YYYY-MM-DD``: from an ISO date or instant, or a date in words or figures.

    >>> iso_date("25 July 2023")
    '2023-07-25'

    Raises:
        ValueError: The date lacks its day, month or year, or can be read in two ways, such as ``01/02/2023``.
    """
    value = value.strip()
    # Before anything reads it: a thousand figures are too large a number for every reader of dates.
    if len(value) > LONGEST_DATE:
        raise ValueError(f"{value[:40]!r} and {len(value) - 40:,} characters more are not a date")
    try:
        return datetime.fromisoformat(value).date().isoformat()
    except ValueError:
        return _read_date(value)


def _iso(found: re.Match[str]) -> str:
    part = found.groupdict()
    try:
        if part.get("iso"):
            return date.fromisoformat(part["iso"]).isoformat()
        # `Sept.` and `September` begin with the same three letters.
        month = _MONTHS.index(part["month"][:3].lower()) + 1
        return date(int(part["year"]), month, int(part["day"])).isoformat()
    except ValueError:  # 2023-02-30 is text like any other text
        return ""


@lru_cache(maxsize=4096)
def _read_date(value: str) -> str:
    # Nobody writes year, day, month.
    if year_first := _YEAR_FIRST.match(value):
        return date(*map(int, year_first.groups())).isoformat()
    # Where figures mean the same day in both orders, or only one order makes a date of them, nothing is in doubt.
    days = {day for order in ("DMY", "MDY") if (day := _parse_in_order(value, order))}
    if len(days) > 1:
        raise ValueError(f"{value!r} can be read as " + " or ".join(sorted(days)))
    if not days:
        raise ValueError(f"{value!r} is not a date with day, month and year")
    return days.pop()


def _parse_in_order(value: str, order: str) -> str:
    """The day ``value`` names when figures come in ``order``; never one counted from today, as "yesterday" is."""
    import dateparser

    # Strict, and absolute dates only: a rerun tomorrow must read the same day.
    settings = {
        "DATE_ORDER": order,
        "PREFER_LOCALE_DATE_ORDER": False,
        "STRICT_PARSING": True,
        "PARSERS": ["absolute-time"],
    }
    try:
        moment = dateparser.parse(value, settings=settings)
    except Exception:  # noqa: BLE001 - figures that no calendar has end in whatever error comes first inside it
        return ""
    return moment.date().isoformat() if moment else ""
