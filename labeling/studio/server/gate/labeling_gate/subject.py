"""What an address is about: a project, a task, an annotation, a draft, a view, as the database has them.

A number in the path is believed before one in the query; where the two are about different projects, the address is
about none, and whoever decides in one of them is a reader.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Subject:
    """The numbers that an address leads to. ``author`` is whose the annotation, draft or view is.

    ``named`` are all projects that it leads to: where they are several, it is about none of them.
    """

    project: int | None = None
    task: int | None = None
    annotation: int | None = None
    draft: int | None = None
    view: int | None = None
    author: int | None = None
    named: frozenset[int] = frozenset()


_TASK = "SELECT project_id, id, NULL FROM task WHERE id = %s"
_ANNOTATION = (
    "SELECT task.project_id, task.id, task_completion.completed_by_id FROM task_completion "
    "JOIN task ON task.id = task_completion.task_id WHERE task_completion.id = %s"
)
_DRAFT = (
    "SELECT task.project_id, task.id, tasks_annotationdraft.user_id FROM tasks_annotationdraft "
    "JOIN task ON task.id = tasks_annotationdraft.task_id WHERE tasks_annotationdraft.id = %s"
)
_PREDICTION = (
    "SELECT task.project_id, task.id, NULL FROM prediction "
    "JOIN task ON task.id = prediction.task_id WHERE prediction.id = %s"
)
_VIEW = "SELECT project_id, NULL, user_id FROM data_manager_view WHERE id = %s"

# The first that begins a route. What the number in the path is, and where its project and task are found.
_PATHS: tuple[tuple[str, str, str], ...] = (
    ("api/tasks/<pk>", "task", _TASK),
    ("api/annotations/<pk>", "annotation", _ANNOTATION),
    ("api/drafts/<pk>", "draft", _DRAFT),
    ("api/predictions/<pk>", "prediction", _PREDICTION),
    ("api/dm/views/<pk>", "view", _VIEW),
)
_PROJECTS = ("api/projects/<pk>", "projects/<pk>", "labeling/api/projects/<pk>")
# The parameters that name a project, or something of one.
_QUERY: tuple[tuple[str, str], ...] = (("task", _TASK), ("view", _VIEW), ("tabID", _VIEW), ("tab", _VIEW))


def find_subject(route: str, named: Mapping[str, Any], query: Mapping[str, Any]) -> Subject:
    """What a route with these numbers, and this query, is about; nothing where the database has no such thing."""
    found = _find_in_path(route, named)
    projects: set[int | None] = {found.project} if found.project is not None else set()
    for parameter, statement in _QUERY:
        number = row_number(query.get(parameter))
        row = _look_up(statement, number) if number is not None else None
        if row:
            projects.add(row[0])
            if parameter == "task" and found.task is None:
                found = replace(found, task=row[1])
    asked = row_number(query.get("project"))
    if asked is not None:
        projects.add(asked)
    known = frozenset(number for number in projects if number is not None)
    return replace(found, named=known, project=projects.pop() if len(projects) == 1 else None)


def find_author(kind: str, number: int) -> tuple[int | None, int | None]:
    """Whose an annotation or a draft is, and on which task; twice None where there is none."""
    row = _look_up({"annotation": _ANNOTATION, "draft": _DRAFT}[kind], number)
    return (row[2], row[1]) if row else (None, None)


def row_number(value: object) -> int | None:
    """A number of the database in a path, a query or a body; None for whatever else stands there.

    >>> row_number("12"), row_number(12), row_number("-1"), row_number(True), row_number("9" * 30), row_number(None)
    (12, 12, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    # Longer than the largest, it is not even computed.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST))):
        return None
    return int(text) if int(text) <= _LARGEST else None


def _find_in_path(route: str, named: Mapping[str, Any]) -> Subject:
    number = row_number(named.get("pk"))
    if number is None:
        return Subject()
    if any(route == each or route.startswith(f"{each}/") for each in _PROJECTS):
        return Subject(project=number)
    for begin, what, statement in _PATHS:
        if route == begin or route.startswith(f"{begin}/"):
            row = _look_up(statement, number)
            if row is None:
                return Subject()
            found = Subject(project=row[0], task=row[1], author=row[2])
            kept: dict[str, Any] = {what: number} if what in {"annotation", "draft", "view"} else {}
            return replace(found, **kept)
    return Subject()


def _look_up(statement: str, number: int) -> tuple[int | None, int | None, int | None] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [number])
        row = cursor.fetchone()
    return (row[0], row[1], row[2]) if row else None
