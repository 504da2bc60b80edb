"""How fast people read, and when they will be done: what `labeling.people` makes of first submissions and the plan."""

from __future__ import annotations

from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient


class Finish(Frozen):
    """The day on which the last reading will be done, an ISO date, and the 95 % interval of it.

    ``day`` is None where it cannot be told, and ``latest`` where it may be years away; ``why`` has the reason. With
    nothing left to read it is the day on which the last one was done.
    """

    day: str | None = None
    earliest: str | None = None
    latest: str | None = None
    why: str = ""


class ReadingPace(Frozen):
    """How fast somebody reads, or everybody together (``reader`` is then empty), and when they will be done.

    Attributes:
        reader: An e-mail address where there is a plan or the server told it, else the name.
        done: How many articles they have submitted.
        left: How many are still theirs by the plan; without a plan, of everybody together, the articles nobody has
            submitted, and None for each.
        first: The day of their first submission, an ISO date; empty without any. ``last`` is that of their last one.
        last: See ``first``.
        recent: How many they submitted on the ``days`` that the pace is of, up to the day of the last pull.
        days: See ``recent``.
        per_week: Submissions a week in these days, with its interval.
        seconds: The median time that an article took them, None where no submission has one.
        finish: When what is left will be done at this pace.
    """

    reader: str
    done: int
    left: int | None
    first: str
    last: str
    recent: int
    days: int
    per_week: Coefficient
    seconds: float | None
    finish: Finish


class WorkForecast(Frozen):
    """The pace of each reader and of the team up to the day ``until``, and when the work will be done.

    ``team`` takes all that is left and all who read together, as if they helped each other out. ``as_planned`` is when
    the last reader is done with what is theirs, the same without a plan. ``method`` says how the days were reckoned.
    """

    until: str
    readers: tuple[ReadingPace, ...]
    team: ReadingPace
    as_planned: Finish
    method: str
