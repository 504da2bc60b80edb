"""What is offered while somebody annotates: other mentions of what they drew, and on demand the suggestions of a model.

The page asks whoever stands in `GET /api/ml` for an interactive backend whenever a region was drawn, or changed its
label or its place. Where a project's rule has ``assist``, the layer is that backend: nothing leaves the server, and no
model runs here. What is answered becomes regions of the page at once.

Nobody is offered what stands already, what they were offered or had marked there before and is gone now, nor anything
at all on a task that is to be read without help. All is told from the text, the caller's own words, and the suggestions
that they are shown: a blind reader learns nothing of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .call import UnreadableBody
from .caller import OWNER, READER
from .closed import find_hidden
from .decision import Refusal
from .entries import MentionEntry
from .json_answers import render_json
from .keeping import add_entries, read_entries, rule_of
from .offered import choose_suggestions, list_offered
from .open_order import is_unassisted
from .queue import answer_absent, is_open_to
from .refusing import answer_refusal
from .region_rows import OfferQuestion, RegionRow, choose_offers, list_rows
from .subject import row_number

if TYPE_CHECKING:
    from .call import Call

ROUTE = "api/ml/<pk>/interactive-annotating"
_OWN_BACKEND = "Labeling: every mention at once"
_NOT_HERE = "Nothing is offered in this project. Nothing was changed."


@dataclass(frozen=True)
class _Asked:
    """A task, its text, and what the page sent along: all regions of the label that was drawn, as rows."""

    project: int
    task: int
    text: str
    rows: tuple[RegionRow, ...]
    assist: dict[str, Any]


def list_own_backend(call: Call, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Put the layer first among a project's backends; whether anything changed."""
    project = row_number(call.request.GET.get("project"))
    if not isinstance(value, list) or project is None or not _assist_of(project) or project in find_hidden(call):
        return False
    named = {
        "id": project,
        "project": project,
        "title": _OWN_BACKEND,
        "description": "",
        "url": "",
        "model_version": "",
    }
    state = {"state": "CO", "readable_state": "Connected", "error_message": None, "auth_method": "NONE"}
    value.insert(0, {**named, **state, "is_interactive": True, "auto_update": False, "timeout": 10.0})
    return True


def answer_offers(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """The regions that are offered; None where Label Studio is to ask a backend of the owner's."""
    if call.route != ROUTE or call.method != "POST" or call.account is None:
        return None
    asked = _read_question(call)
    if asked is None or row_number(call.named.get("pk")) != asked.project:
        is_owners = call.role == OWNER
        return None if is_owners else answer_refusal(call.request, Refusal(403, "not yours", _NOT_HERE))
    if call.account.role_in(asked.project) != OWNER and (
        asked.project in find_hidden(call) or not is_open_to(call, asked.project, asked.task)
    ):
        return answer_absent()
    return render_json({"data": {"result": _offer(call, asked), "score": None, "model_version": _OWN_BACKEND}})


def _assist_of(project: int) -> dict[str, Any]:
    """What a project offers; empty where it has no `[assist]`."""
    assist = rule_of(project).get("assist")
    return assist if isinstance(assist, dict) else {}


def _read_question(call: Call) -> _Asked | None:
    from tasks.models import Task

    try:
        body = call.body if isinstance(call.body, dict) else {}
    except UnreadableBody:
        return None
    number = row_number(body.get("task"))
    user: Any = call.account.user if call.account else None
    found = Task.objects.filter(pk=number, project__organization=user.active_organization_id)
    project, data = found.values_list("project_id", "data").first() or (0, None)
    assist = _assist_of(project) if project else {}
    if number is None or not assist:
        return None
    text = data.get("text") if isinstance(data, dict) else ""
    context = body.get("context")
    rows = context.get("result") if isinstance(context, dict) else None
    return _Asked(project, number, text if isinstance(text, str) else "", tuple(list_rows(rows)), assist)


def _offer(call: Call, asked: _Asked) -> list[RegionRow]:
    account = call.account
    if account is None or is_unassisted(asked.project, asked.task):
        return []
    before = read_entries(MentionEntry, project=asked.project, task=asked.task, account=account.number)
    offers, new = choose_offers(
        OfferQuestion(
            asked.text,
            asked.rows,
            _list_saved(asked.task, account.number),
            _list_suggested(call, asked) if asked.assist.get("model") else (),
            {(each.begins, each.ends, each.label): bool(each.is_offered) for each in before},
            bool(asked.assist.get("mentions")),
        )
    )
    add_entries(
        [
            MentionEntry(asked.project, asked.task, account.number, label, start, end, int(new[start, end, label]))
            for start, end, label in sorted(new)
        ]
    )
    return offers


def _list_suggested(call: Call, asked: _Asked) -> list[RegionRow]:
    """The regions of the suggestions that the caller is shown with the task."""
    account = call.account
    if account is None:
        return []
    listed = list_offered(asked.task)
    if account.role_in(asked.project) == READER:
        listed = choose_suggestions(asked.project, asked.task, account, listed)
    return [row for each in listed for row in list_rows(each.get("result"))]


def _list_saved(task: int, account: int) -> list[RegionRow]:
    """The regions of the account's own annotations and drafts of a task."""
    from tasks.models import Annotation, AnnotationDraft

    said = Annotation.objects.filter(task_id=task, completed_by_id=account).values_list("result", flat=True)
    drafts = AnnotationDraft.objects.filter(task_id=task, user_id=account).values_list("result", flat=True)
    return [row for result in (*said, *drafts) for row in list_rows(result)]
