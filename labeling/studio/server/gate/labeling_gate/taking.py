"""What somebody submits: one annotation a reader and article, relations that the schema allows, and the first kept.

A submission and all that is kept of it are one transaction, in which nobody else can submit for the same account and
task: not from another tab, not by a second click, not through another process. What Label Studio refuses leaves nothing
behind; what the layer refuses leaves a draft.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import resolve

from .call import UnreadableBody
from .caller import OWNER, READER
from .json_answers import pause_page
from .keeping import is_closed_to, rule_of, write
from .own_work import (
    OwnAnnotation,
    Work,
    draft_refused,
    drop_drafts,
    end_again,
    find_own,
    hold_task,
    in_rollback_of,
    keep_first,
    keep_refused,
    name_words,
)
from .queue import answer_absent, project_of_task, reading_list_of
from .relation_rules import find_relation_fault, read_relation_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call

_NEW, _CHANGED = "api/tasks/<pk>/annotations", "api/annotations/<pk>"
_CREATED, _DONE, _REFUSED = 201, 200, 400
_YES = frozenset({"true", "1", "yes", "on", "t", "y"})


def submit(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """The answer to a submission, a change of one, or a skip; None for every other request."""
    is_new = call.route == _NEW and call.method == "POST"
    if not is_new and not (call.route == _CHANGED and call.method in {"PATCH", "PUT"}):
        return None
    account, project, task = call.account, project_of_task(call), call.task
    body = _body_of(call)
    if account is None or project is None or task is None or body is None:
        return None
    work = Work(project, task, account.number, account.user)
    return write(partial(_hold_and, _take if is_new else _change, call, work, body))


def _hold_and(
    take: Callable[[Call, Work, dict[str, Any]], Any],
    call: Call,
    work: Work,
    body: dict[str, Any],
) -> Any:  # noqa: ANN401 - the same
    hold_task(work.task, work.account)
    # Somebody may have been taken out while this waited for its turn.
    if call.role == READER and is_closed_to(work.project, work.account):
        return answer_absent()
    return take(call, work, body)


def _take(call: Call, work: Work, body: dict[str, Any]) -> Any:  # noqa: ANN401 - the same
    is_skip = _says_yes(call.request.GET.get("was_cancelled", body.get("was_cancelled")))
    own = find_own(work) if _is_bound(call, work) else None
    refused = None if is_skip else _refuse_relations(call, work, body, None if own is None else own.number)
    if refused is not None:
        return refused
    if own is not None:
        return _take_again(call, work, body, own, is_skip=is_skip)
    answer = in_rollback_of(_is_refused, _view(call))
    # What an owner files for somebody else is not that person's first word.
    if answer.status_code == _CREATED and answer.data.get("completed_by") == work.account:
        _note_words(call, answer)
        if not answer.data.get("was_cancelled"):
            keep_first(work, answer.data["id"], answer.data["result"])
        if call.role != OWNER:  # who is refused nothing, and has no draft left over
            drop_drafts(work, body.get("draft_id"))
    return answer


def _take_again(call: Call, work: Work, body: dict[str, Any], own: OwnAnnotation, *, is_skip: bool) -> Any:  # noqa: ANN401 - the same
    """A second submission of the same reader changes the first; one that says nothing new changes nothing."""
    says_new = not is_skip and (own.is_skipped or _result_of(body) != own.result)
    call.notes.append(f"{'became a change of' if says_new else 'was there as'} annotation {own.number}")
    change = {"result": _result_of(body), "was_cancelled": False}
    if isinstance(body.get("lead_time"), (int, float)):
        change["lead_time"] = body["lead_time"]
    answer = _run_other(call, own.number, change if says_new else None)
    if answer.status_code == _DONE:
        if says_new:
            _note_change(call, work, own, answer, is_looked_at=True)
        drop_drafts(work, body.get("draft_id"))
    return answer


def _change(call: Call, work: Work, body: dict[str, Any]) -> Any:  # noqa: ANN401 - the same
    number, is_own = call.subject.annotation, call.subject.author == work.account
    own = find_own(work, number) if is_own and number is not None else None
    if own is None:
        return in_rollback_of(_is_refused, _view(call))
    # Whoever takes a skip back may leave out what they had marked by then.
    becomes = {"result": own.result, **body} if own.is_skipped and "was_cancelled" in body else body
    stays_skip = _says_yes(body.get("was_cancelled", own.is_skipped and call.method == "PATCH"))
    refused = None if stays_skip else _refuse_relations(call, work, becomes, own.number)
    if refused is not None:
        return refused
    answer = in_rollback_of(_is_refused, _view(call))
    if answer.status_code == _DONE:
        _note_change(call, work, own, answer, is_looked_at="result" in body)
    return answer


def _note_words(call: Call, answer: Any) -> None:  # noqa: ANN401 - the same
    said = answer.data
    call.notes.append(name_words(said["id"], said["result"], is_skipped=bool(said.get("was_cancelled"))))


def _note_change(call: Call, work: Work, before: OwnAnnotation, answer: Any, *, is_looked_at: bool) -> None:  # noqa: ANN401 - the same
    _note_words(call, answer)
    if is_looked_at:
        end_again(work)
    # Whoever skipped has submitted nothing before.
    if before.is_skipped and not answer.data.get("was_cancelled"):
        keep_first(work, before.number, answer.data["result"])


def _refuse_relations(call: Call, work: Work, body: dict[str, Any], annotation: int | None) -> Any:  # noqa: ANN401 - the same
    if "result" not in body or call.role == OWNER:
        return None
    rules = read_relation_rules(rule_of(work.project))
    why = find_relation_fault(_result_of(body), rules) if rules else ""
    if not why:
        return None
    call.notes.append("refused: a relation")
    draft_refused(work, annotation, {**body, "result": _result_of(body)})
    keep_refused(work, _result_of(body), why)
    return pause_page(why)


def _is_bound(call: Call, work: Work) -> bool:
    """Whether this account has one annotation a task: a reader, and whoever is to read this task."""
    return call.role == READER or (call.role != OWNER and work.task in reading_list_of(call, work.project).tasks)


def _body_of(call: Call) -> dict[str, Any] | None:
    """What was posted; None where Label Studio will refuse to read it."""
    try:
        return dict(call.body) if isinstance(call.body, dict) else None
    except UnreadableBody:
        return None


def _says_yes(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return value is True or str(value).strip().lower() in _YES


def _result_of(body: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """The result as Label Studio will read it: a list, or JSON of one as a string."""
    result = body.get("result")
    if isinstance(result, str):
        try:
            return json.loads(result)
        except (ValueError, RecursionError):
            return result
    return result


def _view(call: Call) -> Any:  # noqa: ANN401 - the same
    return call.view(call.request, **call.named)


def _run_other(call: Call, annotation: int, change: dict[str, Any] | None) -> Any:  # noqa: ANN401 - the same
    """Label Studio's answer to a change of an annotation, or to a look at it, in place of a second one."""
    found = resolve(f"/api/annotations/{annotation}/")
    before = call.request.method
    call.request.method = "GET" if change is None else "PATCH"
    if change is not None:
        call.replace_body(change)
    try:
        return in_rollback_of(_is_refused, found.func(call.request, **found.kwargs))
    finally:
        call.request.method = before


def _is_refused(answer: Any) -> bool:  # noqa: ANN401 - the same
    return bool(answer.status_code >= _REFUSED)
