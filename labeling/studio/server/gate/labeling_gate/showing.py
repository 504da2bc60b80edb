"""What somebody was shown: the suggestions that came with a task, and which version of the instruction."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import connection

from .caller import OWNER, READER
from .entries import ServedEntry, ShownEntry
from .json_answers import read_answer
from .keeping import add_entries, read_entries, rule_of
from .queue import asks_for_next, project_asked, project_of_task, reading_list_of

if TYPE_CHECKING:
    from .call import Call

_DONE = 200
_INSTRUCTION = "SELECT expert_instruction FROM project WHERE id = %s AND show_instruction"


def note_shown(call: Call, answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """Keep which suggestions this answer brought along; whoever enters the queue is shown the instruction, too."""
    is_next = asks_for_next(call)
    if answer.status_code != _DONE or call.account is None or not (is_next or _opens_task(call)):
        return answer
    project = project_asked(call) if is_next else project_of_task(call)
    value = read_answer(answer)
    if project is None or not isinstance(value, dict) or call.account.role_in(project) == OWNER:
        return answer
    if is_next:
        _note_instruction(project, call.account.number)
    task = value.get("id")
    if isinstance(task, int) and (_reads(call, project, task)):
        _note_served(project, task, call.account.number, value.get("predictions"))
    return answer


def has_seen_instruction(project: int, account: int, instruction: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether an account was shown the project's instruction as it is."""
    return bool(read_entries(ShownEntry, project=project, account=account, version=_version_of(project, instruction)))


def _opens_task(call: Call) -> bool:
    return call.route == "api/tasks/<pk>" and call.method == "GET"


def _reads(call: Call, project: int, task: int) -> bool:
    """Whether this account reads the task, and does not only look how others read it.

    A reader is left to `offered`, which keeps what it lets through.
    """
    if call.account is not None and call.account.role_in(project) == READER:
        return False
    return task in reading_list_of(call, project).tasks


def _note_served(project: int, task: int, account: int, predictions: Any) -> None:  # noqa: ANN401 - any JSON
    listed = predictions if isinstance(predictions, list) else []
    numbers = [each["id"] for each in listed if isinstance(each, dict) and isinstance(each.get("id"), int)] or [0]
    known = {each.prediction for each in read_entries(ServedEntry, project=project, task=task, account=account)}
    add_entries([ServedEntry(project, task, account, number) for number in numbers if number not in known])


def _note_instruction(project: int, account: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSTRUCTION, [project])
        row = cursor.fetchone()
    if row and not has_seen_instruction(project, account, row[0]):
        add_entries([ShownEntry(project, account, _version_of(project, row[0]))])


def _version_of(project: int, instruction: Any) -> str:  # noqa: ANN401 - any JSON
    """The version that the project's rule names; without one, a digest of the instruction itself."""
    named = rule_of(project).get("instruction")
    return named if isinstance(named, str) and named else hashlib.sha256(str(instruction).encode()).hexdigest()[:16]
