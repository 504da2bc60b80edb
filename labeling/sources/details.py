"""What is known of an article besides its text, as files write it: of any type and spelling, and read into a string.

An odd detail costs the detail, never the article: what is of no use is left empty.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from labeling.articles import is_forbidden
from labeling.dates import LONGEST_DATE, iso_date

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_YEAR = 1600  # of newspapers; what is before it is mostly of another calendar
# What programs write for what they do not know.
_NOTHING = frozenset(
    [*("nan", "nat", "none", "null", "undefined", "n/a", "n.a.", "<na>", "#n/a"), *("-", "--", "\u2013", "\u2014")]
)
_NOTHING_IN_TIME = re.compile(r"(?:na|0|unknown|0{4}-0{2}-0{2}(?:[ t].*)?)", re.IGNORECASE)
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds since 1970, and what they are divided by: thousandths, millionths and so on have three figures more each.
_EPOCHS = tuple((10**least, 10 ** (least + 2), 10 ** (least - 8)) for least in (8, 11, 14, 17))
_FIGURES = re.compile(r"[0-9]{8,19}(?:\.[0-9]{1,9})?")
# A day, or an instant, as programs write it: of no other calendar, and not what they write for nothing.
_PLAIN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?)?")
_COMPACT = re.compile(r"(?:19|20)[0-9]{6}(?:[0-9]{4}(?:[0-9]{2})?)?")
# Years counted from another beginning: Reiwa 5, R5.7.25, the 112th of the Republic, A.H. and B.E., two figures of a
# Thai year, and those of Persian and Arabic months.
_OTHER_CALENDAR = re.compile(
    r"\u660e\u6cbb|\u5927\u6b63|\u662d\u548c|\u5e73\u6210|\u4ee4\u548c|\u6c11\u570b|\u6c11\u56fd|^\d{2,3}\s*\u5e74|^[MTSHR]\d{1,2}[./-]\d"
    r"|\b(?:A\.?H|B\.?E|A\.?P)\b|\u0647\u0640|\u0e1e\.?\s?\u0e28\.?|[\u0e00-\u0e7f].*\b\d\d$|[\u0600-\u06ff]{2}.*\b1[34]\d\d\b"
)
_OF_AN_OBJECT = ("name", "title", "$date", "$numberLong", "$oid", "id")


@dataclass(frozen=True)
class Detail:
    """A value read into a string; ``odd`` says why it was left empty although something stood there, or is ""."""

    value: str = ""
    odd: str = ""


def read_detail(field: str, value: object) -> Detail:
    """What a value says of an article's ``id``, ``title``, ``source``, ``published`` or ``url``.

    A list of one is its item, an object what its name says (``{"id": null, "name": "Example Times"}``), a whole number
    an id; dates may be Mongo's ``{"$date": ...}`` or seconds since 1970, in thousandths and less, too, and are read
    where they have one reading, between 1600 and next year.
    """
    value = _unwrap(value)
    if value is None or value == "":
        return Detail()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and (is_forbidden(value) or value.strip().casefold() in _NOTHING):
        return Detail(odd=field)
    if field == "published":
        return _read_published_detail(value)
    if field == "id":
        return _read_id_detail(value)
    # A number as a title is more likely a slip of columns than a title.
    return Detail(value) if isinstance(value, str) else Detail(odd=field)


def _unwrap(value: object) -> object:
    """What is in lists of one and in objects, whose value lies under one of a few names."""
    for _ in range(4):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, dict):
            value = _value_of_object(value)
        else:
            break
    return value


def _value_of_object(fields: Mapping[str, Any]) -> object:
    found = next((fields[name] for name in _OF_AN_OBJECT if fields.get(name) not in (None, "")), math.nan)
    # Mongo's dates in figures are always thousandths of a second.
    if "$date" in fields and (number := _as_number(_unwrap(found))) is not None:
        return _day_of(number / 1000) or math.nan
    return found


def _as_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        return int(value)
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _read_id_detail(value: object) -> Detail:
    if type(value) is int:
        return Detail(str(value))
    good = isinstance(value, str) and bool(value.strip()) and not _CONTROL.search(value)
    return Detail(str(value)) if good else Detail(odd="id")


def _read_published_detail(value: object) -> Detail:
    if type(value) is int or (isinstance(value, float) and math.isfinite(value)):
        value = repr(value)
    if not isinstance(value, str):
        return Detail(odd="published")
    value = value.strip()
    if _PLAIN_DATE.fullmatch(value):
        return _detail_of_date(value)
    # Whatever is longer than a date is none, and is not searched for one.
    if len(value) > LONGEST_DATE or not value or _NOTHING_IN_TIME.fullmatch(value) or _OTHER_CALENDAR.search(value):
        return Detail(odd="published" if value else "")
    return _detail_of_date(value)


def _detail_of_date(value: str) -> Detail:
    try:
        day = _day_of_figures(value) if _FIGURES.fullmatch(value) else iso_date(value)
    except (ValueError, OverflowError):
        return Detail(odd="published")
    return Detail(day) if is_likely_day(day) else Detail(odd="published, of a doubtful year")


def is_likely_day(day: str) -> bool:
    """Whether a day, as ``YYYY-MM-DD``, is between 1600 and the end of next year."""
    return FIRST_YEAR <= int(day[:4]) <= datetime.now(UTC).year + 1


def _day_of_figures(value: str) -> str:
    """The day of ``20230725``, ``20230725080000``, or of seconds since 1970 and their parts.

    Raises:
        ValueError: It is neither, or can be read as both.
    """
    whole = value.partition(".")[0]
    days = {day for day in (_compact_day(whole), _epoch_day(float(value))) if day}
    if len(days) != 1:
        raise ValueError(f"{value!r} can be read as " + " or ".join(sorted(days)) if days else f"{value!r} is no date")
    return days.pop()


def _compact_day(figures: str) -> str:
    if not _COMPACT.fullmatch(figures):
        return ""
    try:
        return datetime.strptime(figures, "%Y%m%d%H%M%S"[: 6 + (len(figures) - 8)]).date().isoformat()  # noqa: DTZ007
    except ValueError:
        return ""


def _epoch_day(number: float) -> str:
    part = next((part for least, most, part in _EPOCHS if least <= number < most), None)
    return _day_of(number / part) if part else ""


def _day_of(seconds: float) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).date().isoformat()
    except OverflowError:
        return ""
