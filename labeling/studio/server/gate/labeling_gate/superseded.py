"""Suggestions that others are to take the place of: which may go, for nobody has begun their task.

A task is begun by an annotation, by a draft, and by being shown to somebody with what was suggested: they may be
reading it. Whoever comes second there has what the first one had.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from .keeping import make_tables, write
from .own_work import hold_task

_BEGUN = """
    SELECT DISTINCT begun.task FROM (
        SELECT task_id AS task FROM task_completion WHERE project_id = %s
        UNION ALL SELECT draft.task_id FROM tasks_annotationdraft AS draft
            JOIN task ON task.id = draft.task_id WHERE task.project_id = %s
        UNION ALL SELECT task FROM labeling_served WHERE project = %s
    ) AS begun WHERE begun.task IS NOT NULL ORDER BY 1
"""
_AT_ONCE = 500


def list_begun_tasks(project: int) -> list[int]:
    """The tasks of a project that somebody has begun."""
    make_tables()
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN, [project, project, project])
        return [int(task) for (task,) in cursor.fetchall()]


def remove_superseded(project: int, predictions: list[int]) -> dict[str, Any]:
    """Remove those of these suggestions whose task nobody has begun; which went, and whose task has been begun.

    Between the look and the removal nobody begins: both are one transaction.
    """
    from tasks.models import Prediction

    def remove() -> dict[str, Any]:
        hold_task(0, project)
        begun, removed, stayed = {*list_begun_tasks(project)}, list[int](), set[int]()
        for start in range(0, len(predictions), _AT_ONCE):
            named = Prediction.objects.filter(project_id=project, id__in=predictions[start : start + _AT_ONCE])
            free = {number: task for number, task in named.values_list("id", "task_id") if task not in begun}
            stayed |= {task for task in named.values_list("task_id", flat=True) if task in begun}
            Prediction.objects.filter(id__in=[*free]).delete()
            removed += sorted(free)
        return {"removed": removed, "begun": sorted(stayed)}

    return write(remove)
