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
from .mentions import OFFERED_ID, MarkedStretch, choose_mentions, name_offered
from .offered import choose_suggestions, list_offered
from .open_order import is_unassisted
from .queue import answer_absent, is_open_to
from .refusing import answer_refusal
from .subject import row_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .call import Call

ROUTE = "api/ml/<pk>/interactive-annotating"
ASK = "model?"  # the note by which a span asks for the model's spans of its label
_NOTE_FIELD = "note"
_OWN_BACKEND = "Labeling: every mention at once"
_NOT_HERE = "Nothing is offered in this project. Nothing was changed."
_DRAWN = frozenset({"manual", "prediction-changed"})


@dataclass(frozen=True)
class _Asked:
    """A task, its text, and what the page sent along: all regions of the label that was drawn, as rows."""

    project: int
    task: int
    text: str
    rows: tuple[dict[str, Any], ...]
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
    return _Asked(project, number, text if isinstance(text, str) else "", tuple(_list_rows(rows)), assist)


def _offer(call: Call, asked: _Asked) -> list[dict[str, Any]]:
    account = call.account
    if account is None or is_unassisted(asked.project, asked.task):
        return []
    standing = {*_list_places(asked.text, asked.rows)}
    before = read_entries(MentionEntry, project=asked.project, task=asked.task, account=account.number)
    gone = {(each.begins, each.ends, each.label) for each in before}
    saved = _list_saved(asked.task, account.number)
    stored = {*_list_places(asked.text, saved)}
    # What is saved with a label that the page sent, and is not in the page, was removed a moment ago.
    labels = {label for _, _, label in standing}
    seen = {place for place in stored if place[2] not in labels}
    gone |= stored - seen
    # What was offered with one label is not offered with another: whoever changes a label has looked at the others.
    seen |= {(each.begins, each.ends, each.label) for each in before if each.is_offered and each.label not in labels}
    suggested = _list_suggested(call, asked) if asked.assist.get("model") else []
    # Whoever began with a suggestion has seen all of it.
    there = {*map(_id, saved), *map(_id, asked.rows)}
    if there & {*map(_id, suggested)}:
        gone |= {*_list_places(asked.text, suggested)}
    offers = _offer_mentions(asked, {*standing, *seen}, gone) if asked.assist.get("mentions") else []
    offers += _offer_suggested(asked, suggested, [*_list_places(asked.text, offers), *standing, *seen], gone)
    # The page would put it in the place of what has that id, wherever that is by now.
    offers = [each for each in offers if _id(each) not in there]
    _remember(asked, account.number, {*gone, *standing, *seen}, {*_list_places(asked.text, offers)}, before)
    return offers


def _offer_mentions(asked: _Asked, standing: set[MarkedStretch], gone: set[MarkedStretch]) -> list[dict[str, Any]]:
    """The other mentions of what the caller drew; of nothing that was offered to them itself, nor by a model alone."""
    drawn = [row for row in asked.rows if row.get("origin", "manual") in _DRAWN and not _id(row).startswith(OFFERED_ID)]
    like = {label: row for row in drawn for _, _, label in _list_places(asked.text, [row])}
    chosen = choose_mentions(asked.text, _list_places(asked.text, drawn), standing, gone)
    return [_region(asked.text, each, name_offered(each), like[each[2]]) for each in chosen]


def _offer_suggested(
    asked: _Asked, suggested: list[dict[str, Any]], standing: list[MarkedStretch], gone: set[MarkedStretch]
) -> list[dict[str, Any]]:
    """The spans of a model that were asked for: of the labels of all spans with that note, or all if nothing is there.

    Spans of other labels are not offered with it, since the page gives all that it is offered the label of the span
    that is selected.
    """
    asking = [row for row in asked.rows if row.get("from_name") == _NOTE_FIELD and _note_of(row) == ASK]
    ids = {*map(_id, asking)}
    bare = [row for row in asked.rows if _id(row) in ids and row.get("type") == "labels"]
    labels = {label for _, _, label in _list_places(asked.text, bare)}
    if asked.rows and not labels:
        return []
    offers = list[dict[str, Any]]()
    for row in suggested:
        for start, end, label in _list_places(asked.text, [row]):
            place = (start, end, label)
            is_taken = any(
                (begins, ends) == place[:2] or (other == label and begins < end and start < ends)
                for begins, ends, other in standing
            )
            if (not labels or label in labels) and place not in gone and not is_taken:
                standing.append(place)
                offers.append(_region(asked.text, place, f"{OFFERED_ID}{_id(row)}", row))
    return offers


def _region(text: str, place: MarkedStretch, name: str, like: dict[str, Any]) -> dict[str, Any]:
    start, end, label = place
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    tag = {"from_name": like.get("from_name"), "to_name": like.get("to_name"), "type": "labels"}
    return {"id": name, **tag, "origin": "prediction", "value": value}


def _list_suggested(call: Call, asked: _Asked) -> list[dict[str, Any]]:
    """The regions of the suggestions that the caller is shown with the task."""
    account = call.account
    if account is None:
        return []
    listed = list_offered(asked.task)
    if account.role_in(asked.project) == READER:
        listed = choose_suggestions(asked.project, asked.task, account, listed)
    return [row for each in listed for row in _list_rows(each.get("result"))]


def _list_saved(task: int, account: int) -> list[dict[str, Any]]:
    """The regions of the account's own annotations and drafts of a task."""
    from tasks.models import Annotation, AnnotationDraft

    said = Annotation.objects.filter(task_id=task, completed_by_id=account).values_list("result", flat=True)
    drafts = AnnotationDraft.objects.filter(task_id=task, user_id=account).values_list("result", flat=True)
    return [row for result in (*said, *drafts) for row in _list_rows(result)]


def _list_rows(result: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    return [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []


def _remember(
    asked: _Asked, account: int, stood: set[MarkedStretch], offered: set[MarkedStretch], before: Iterable[MentionEntry]
) -> None:
    known = {(each.begins, each.ends, each.label) for each in before}
    add_entries(
        [
            MentionEntry(asked.project, asked.task, account, place[2], place[0], place[1], int(place in offered))
            for place in sorted({*stood, *offered} - known)
        ]
    )


def _list_places(text: str, rows: Iterable[dict[str, Any]]) -> Iterator[MarkedStretch]:
    """The labelled stretches of regions, as far as they are stretches of the text."""
    for row in rows:
        value = row.get("value") if row.get("type") == "labels" else None
        if not isinstance(value, dict) or not isinstance(value.get("labels"), list):
            continue
        start, end = value.get("start"), value.get("end")
        if type(start) is int and type(end) is int and 0 <= start < end <= len(text):
            yield from ((start, end, label) for label in value["labels"] if isinstance(label, str))


def _id(row: dict[str, Any]) -> str:
    return str(row.get("id") or "")


def _note_of(row: dict[str, Any]) -> str:
    value = row.get("value")
    said = value.get("text") if isinstance(value, dict) else None
    return "".join(map(str, said)).strip() if isinstance(said, list) else str(said or "").strip()
