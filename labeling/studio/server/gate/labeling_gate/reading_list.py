"""What an account is to read in a project: its part of the plan, what it has done of it, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import connection

from .caller import READER
from .entries import AgainEntry
from .keeping import emails_of, has_plan, is_closed_to, read_entries
from .open_order import list_begun, read_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ASSIGNED = """
    SELECT plan.task, MIN(plan.position), MAX(own.id), MIN(CASE WHEN own.was_cancelled THEN 1 ELSE 0 END),
        MAX(own.updated_at), MAX(CASE WHEN plan.part = 'gold question' THEN 1 ELSE 0 END)
    FROM labeling_assignment AS plan
    JOIN task ON task.id = plan.task AND task.project_id = plan.project
    LEFT JOIN task_completion AS own ON own.task_id = plan.task AND own.completed_by_id = %s
    WHERE plan.project = %s AND plan.email IN ({emails})
    GROUP BY plan.task ORDER BY 2, 1
"""
_OWN = (
    "SELECT task_id, MAX(id) FROM task_completion "
    "WHERE completed_by_id = %s AND project_id = %s AND NOT was_cancelled GROUP BY task_id"
)
_POSTPONED = """
    SELECT draft.task_id FROM tasks_annotationdraft AS draft JOIN task ON task.id = draft.task_id
    WHERE draft.user_id = %s AND task.project_id = %s AND draft.was_postponed AND draft.annotation_id IS NULL
    GROUP BY draft.task_id ORDER BY MAX(draft.updated_at)
"""
_TOUCHED = (
    "SELECT 1 FROM task_completion WHERE completed_by_id = %s AND task_id = %s "
    "UNION ALL SELECT 1 FROM labeling_served WHERE account = %s AND task = %s LIMIT 1"
)


@dataclass(frozen=True)
class AssignedReading:
    """A task that somebody is to read. ``annotation`` is their own, the newest, if there is one."""

    task: int
    annotation: int | None = None
    is_skipped: bool = False
    at: str = ""  # when that annotation was last changed
    is_gold: bool = False


@dataclass(frozen=True)
class NextReading:
    """What comes next. ``why`` is set where somebody is to look again at their ``annotation``."""

    task: int
    annotation: int | None = None
    why: str = ""


@dataclass(frozen=True)
class ReadingList:
    """An account's part of a project's plan, in the plan's order; `find_next` follows the queue where there is one.

    Attributes:
        project: The number of the project.
        account: The number of the account.
        governs: Whether the plan says what this account reads; else Label Studio's own queue does.
        assigned: What the account is to read.
        again: Why it is to look again at an annotation of its own, by task.
        is_closed: Whether nothing of the project is open to it, not even its own words: it has left, or has no part.
    """

    project: int
    account: int
    governs: bool
    assigned: tuple[AssignedReading, ...] = ()
    again: dict[int, NextReading] | None = None
    is_closed: bool = False

    @cached_property
    def tasks(self) -> frozenset[int]:
        """The numbers of the tasks that are assigned."""
        return frozenset(each.task for each in self.assigned)

    @property
    def total(self) -> int:
        """How many tasks there are to read, with those that are done."""
        return len(self.tasks | set(self.again or ()))

    @property
    def done(self) -> int:
        """How many of them are submitted or skipped, and not to be looked at again."""
        return sum(1 for each in self.assigned if each.annotation is not None and each.task not in (self.again or {}))

    @property
    def _ordered(self) -> Sequence[AssignedReading]:
        """What is assigned, in the order in which it is served."""
        places = read_places(self.project)
        begun = list_begun(self.project, self.account) if places else []
        return order_assigned(self.assigned, places, begun) if places else self.assigned

    def find_next(self, *, comes_back: bool = False) -> NextReading | None:
        """What comes next: what is to be looked at again, what is not begun, what was put off; None at the end.

        Args:
            comes_back: Whether what this account skipped comes up once more, after everything else.
        """
        again = self.again or {}
        places = {each.task: place for place, each in enumerate(self.assigned)}
        for task in sorted(again, key=lambda task: (places.get(task, len(places)), task)):
            return again[task]
        left = [each.task for each in self._ordered if each.annotation is None]
        put_off = _list_postponed(self.project, self.account) if left else []
        # The first that is left and was not put off; then what was put off, the longest ago first.
        for task in (*(task for task in left if task not in put_off), *(task for task in put_off if task in left)):
            return NextReading(task)
        skipped = sorted((each for each in self.assigned if each.is_skipped and comes_back), key=lambda each: each.at)
        return NextReading(skipped[0].task, skipped[0].annotation) if skipped else None


def find_reading_list(project: int, account: int, role: str) -> ReadingList:
    """The reading list of an account that is ``role`` in a project.

    A reader of a project with a plan reads what it assigns, which may be nothing. An owner or an adjudicator with
    nothing assigned, and everybody where there is no plan, has Label Studio's own queue; but nobody who has left.
    """
    emails = emails_of(project, account)
    if not emails:
        is_closed = role == READER and is_closed_to(project, account)
        return ReadingList(project, account, is_closed, again={}, is_closed=is_closed)
    assigned = _list_assigned(project, account, emails)
    governs = bool(assigned) or (role == READER and has_plan(project))
    return ReadingList(project, account, governs, assigned, _list_again(project, account, emails))


def order_assigned(
    assigned: Sequence[AssignedReading], places: Mapping[int, int], begun: Sequence[int]
) -> list[AssignedReading]:
    """What somebody is to read, in the order in which it is served.

    Gold questions keep their places: as many other articles are read before each as the plan has it. What has no place
    in the queue keeps its own among what is left.

    Args:
        assigned: In the plan's order.
        places: Of the queue; without any, the plan's order is the order.
        begun: The tasks of which this reader has a draft, the oldest first.
    """
    plain = [each for each in assigned if not each.is_gold]
    done = [each for each in plain if each.annotation is not None]
    left = {each.task: each for each in plain if each.annotation is None}
    first = [left.pop(task) for task in dict.fromkeys(begun) if task in left]
    queued = iter(sorted((each for each in left.values() if each.task in places), key=lambda each: places[each.task]))
    rest = [next(queued) if each.task in places else each for each in left.values()]
    sequence = iter([*done, *first, *rest])
    return [each if each.is_gold else next(sequence) for each in assigned]


def has_met(account: int, task: int) -> bool:
    """Whether an account has annotated a task, or was ever served it."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [account, task, account, task])
        return cursor.fetchone() is not None


def _list_assigned(project: int, account: int, emails: list[str]) -> tuple[AssignedReading, ...]:
    statement = _ASSIGNED.format(emails=", ".join(["%s"] * len(emails)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [account, project, *emails])
        rows = cursor.fetchall()
    return tuple(
        AssignedReading(task, annotation, annotation is not None and bool(skipped), str(at), bool(is_gold))
        for task, _, annotation, skipped, at, is_gold in rows
    )


def _list_again(project: int, account: int, emails: list[str]) -> dict[int, NextReading]:
    asked = read_entries(AgainEntry, project=project, email=emails)
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [account, project])
        own = dict(cursor.fetchall())
    # Whoever has taken their annotation back, or skipped, has nothing to look at again.
    return {each.task: NextReading(each.task, own[each.task], _say_why(each)) for each in asked if each.task in own}


def _say_why(entry: AgainEntry) -> str:
    return ": ".join(part for part in (entry.what, entry.why) if part) or "somebody asks you to look at this again"


def _list_postponed(project: int, account: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_POSTPONED, [account, project])
        return [task for (task,) in cursor.fetchall()]
