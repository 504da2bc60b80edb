"""The order of what is open, as a model and chance have chosen it: within each reader's plan, or for all without one.

`labeling push` brings it. Who has a plan keeps it: what they read stays theirs, gold questions keep their places, and
what they have begun comes first. Without a plan it is the order for everybody, one task for as many at a time as its
overlap lets read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from .entries import QueueEntry
from .keeping import add_entries, has_plan, read_entries, remove_entries
from .own_work import hold_task

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_BEGUN = """
    SELECT draft.task_id FROM tasks_annotationdraft AS draft JOIN task ON task.id = draft.task_id
    WHERE draft.user_id = %s AND task.project_id = %s AND NOT draft.was_postponed AND draft.annotation_id IS NULL
    GROUP BY draft.task_id ORDER BY MIN(draft.created_at), draft.task_id
"""


def read_places(project: int) -> dict[int, int]:
    """The place of each task of a project that has one."""
    return {each.task: each.position for each in read_entries(QueueEntry, project=project) if each.position}


def is_unassisted(project: int, task: int) -> bool:
    """Whether a task is read without suggestions, whoever makes them; it stays so when it is no longer open."""
    return bool(read_entries(QueueEntry, project=project, task=task, assisted=0))


def replace_queue(project: int, rows: Sequence[QueueEntry]) -> None:
    """Put an order in the place of the one that is there; what was to be read without suggestions stays so."""
    named = {each.task for each in rows}
    before = read_entries(QueueEntry, project=project, assisted=0)
    stay = [QueueEntry(project, each.task, 0, 0) for each in before if each.task not in named]
    remove_entries(QueueEntry, project=project)
    add_entries([*rows, *stay])


def list_begun(project: int, account: int) -> list[int]:
    """The tasks of which an account has a draft that it did not put off, and no annotation, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN, [account, project])
        return [task for (task,) in cursor.fetchall()]


def take_unplanned(found: Any, user: Any) -> int | None:  # noqa: ANN401 - Django has no types
    """The next task of a project without a plan, locked for this user; None where the queue has none for them.

    What they have begun comes first, then the first of the queue that is open and that nobody else was given.
    """
    places = {} if has_plan(found.pk) else read_places(found.pk)
    if not places:
        return None
    from projects.functions.next_task import get_not_solved_tasks_qs
    from tasks.models import Task

    hold_task(0, found.pk)  # two who ask at once are given two tasks
    listed, *_ = get_not_solved_tasks_qs(user, found, Task.objects.filter(project=found), None, "")
    open_to = set(listed.order_by().values_list("pk", flat=True))
    begun = list_begun(found.pk, user.pk)
    queued = sorted(places, key=lambda number: places[number])
    for number in (number for number in (*begun, *queued) if number in open_to):
        task = Task.objects.get(pk=number)
        if not task.has_lock(user):
            _hold_only(task, {*begun}, user)
            return number
    return None


def _hold_only(task: Any, begun: Collection[int], user: Any) -> None:  # noqa: ANN401 - the same
    """Lock a task, and let go of what was given before another order came, and was not begun."""
    from tasks.models import TaskLock

    TaskLock.objects.filter(user=user, task__project_id=task.project_id).exclude(task_id__in={*begun, task.pk}).delete()
    task.set_lock(user)
