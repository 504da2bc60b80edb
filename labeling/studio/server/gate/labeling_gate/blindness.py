"""Blindness: what the answers to a reader hold, whatever the page would show of them.

The answers of the routes that readers may use are made anew from what is known to be theirs: their own annotations and
drafts, and the suggestions meant for them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from . import permits, project_answers, task_answers
from .caller import ADJUDICATOR, READER
from .hiding_names import hide_addresses, hide_names
from .task_answers import Eyes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call

_FAILED = "The server could not answer this. Whoever runs it finds why in its log."
_ERRORS = 500
_REFUSALS = 400


def blind(call: Call, answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The answer without anybody else's words, and without others' names."""
    permit = permits.permit_of(call.method, call.route)
    if permit is None or permit.least == permits.ANYONE or call.role not in {READER, ADJUDICATOR}:
        return answer
    if answer.status_code >= _ERRORS:
        return _replaced(answer, {"detail": _FAILED})
    if _is_kind(answer, "text/html"):
        answer.content = hide_addresses(answer.content, call.account)
        answer["Content-Length"] = str(len(answer.content))
        return answer
    if not _is_kind(answer, "application/json"):
        return answer
    value = json.loads(answer.content)
    if call.role == READER and answer.status_code < _REFUSALS:
        value = _CLEANERS[permit.answer](value, Eyes(call))
    return _replaced(answer, hide_names(value, call.account))


def _is_kind(answer: Any, kind: str) -> bool:  # noqa: ANN401 - the same
    written = str(answer.get("Content-Type", "")).partition(";")[0].strip()
    return not answer.streaming and written == kind and bool(answer.content)


def _replaced(answer: Any, value: Any) -> Any:  # noqa: ANN401 - the same
    """The same answer with another content; a new one where it would be written as it goes."""
    content = json.dumps(value).encode()
    if answer.streaming:
        return HttpResponse(content, status=answer.status_code, content_type="application/json")
    answer.content = content
    answer["Content-Type"] = "application/json"
    answer["Content-Length"] = str(len(content))
    return answer


_CLEANERS: dict[str, Callable[[Any, Eyes], Any]] = {
    permits.PLAIN: lambda value, _: value,
    permits.NOTHING: project_answers.clean_away,
    permits.TASK: task_answers.clean_task,
    permits.TASKS: task_answers.clean_tasks,
    permits.ANNOTATION: task_answers.clean_annotation,
    permits.ANNOTATIONS: task_answers.clean_annotations,
    permits.DRAFT: task_answers.clean_draft,
    permits.DRAFTS: task_answers.clean_drafts,
    permits.PROJECT: project_answers.clean_project,
    permits.PROJECTS: project_answers.clean_projects,
    permits.COLUMNS: project_answers.clean_columns,
    permits.VIEW: lambda value, _: value,
    permits.VIEWS: project_answers.clean_views,
    permits.ACTIONS: project_answers.clean_actions,
    permits.USERS: project_answers.clean_users,
}
