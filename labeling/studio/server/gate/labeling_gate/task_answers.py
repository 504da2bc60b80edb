"""Tasks, annotations and drafts as a reader's answers have them: their own, and what is the article's.

A field that is not named here does not go out; what counts or dates the work of others has the value that it would have
if nobody else were there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from .offered import choose_suggestions
from .subject import row_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .call import Call
    from .caller import ServerAccount


_OWN_ANNOTATIONS = "SELECT task_id, id, was_cancelled, created_at FROM task_completion WHERE completed_by_id = %s"
_OWN_DRAFTS = "SELECT task_id FROM tasks_annotationdraft WHERE user_id = %s"


@dataclass(frozen=True)
class Eyes:
    """Whose answer it is."""

    call: Call

    @property
    def account(self) -> ServerAccount:
        """The caller's account."""
        account = self.call.account
        if account is None:
            message = "a stranger's answer is not cleaned"
            raise TypeError(message)
        return account

    @property
    def number(self) -> int:
        """Its number."""
        return self.account.number


@dataclass(frozen=True)
class _OwnWork:
    """What the caller has done on a task."""

    annotations: tuple[tuple[int, bool, str], ...] = ()
    has_draft: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- tasks -----------------------------------------------------------------------------------------------------------

_TASK = _words(
    "id data meta created_at inner_id project file_upload storage_filename allow_skip unique_lock_id queue "
    "default_selected_annotation"
)
# What would be so if nobody else were there.
_NEUTRAL_TASK: dict[str, Any] = {
    "overlap": 1,
    "updated_by": [],
    "annotations_results": "",
    "predictions_results": "",
    "predictions_score": None,
    "predictions_model_versions": "",
    "avg_lead_time": None,
    "comment_count": 0,
    "unresolved_comment_count": 0,
    "comment_authors": [],
    "comments": "",
    "last_comment_updated_at": None,
    "reviewers": [],
    "ground_truth": False,
}


def clean_task(task: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - any JSON
    """A task with the caller's own work on it."""
    if not isinstance(task, dict) or row_number(task.get("id")) is None:
        return {}
    return _clean_one(task, eyes, _find_own_work(eyes.number, [task["id"]]).get(task["id"], _OwnWork()))


def clean_tasks(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - the same
    """A page of the table; totals are the caller's own."""
    listed = value.get("tasks", []) if isinstance(value, dict) else value
    numbers = [task["id"] for task in listed]
    own = _find_own_work(eyes.number, numbers)
    tasks = [_clean_one(task, eyes, own.get(task["id"], _OwnWork())) for task in listed]
    if not isinstance(value, dict):
        return tasks
    done = sum(task.get("total_annotations", 0) for task in tasks)
    return {"total_annotations": done, "total_predictions": 0, "total": value.get("total"), "tasks": tasks}


def _clean_one(task: dict[str, Any], eyes: Eyes, own: _OwnWork) -> dict[str, Any]:
    kept = {name: value for name, value in task.items() if name in _TASK}
    kept |= {name: value for name, value in _NEUTRAL_TASK.items() if name in task}
    submitted = [number for number, skipped, _ in own.annotations if not skipped]
    told = {
        "updated_at": task.get("created_at"),
        "is_labeled": bool(submitted),
        "total_annotations": len(submitted),
        "cancelled_annotations": len(own.annotations) - len(submitted),
        "annotators": [eyes.number] if own.annotations else [],
        "annotations_ids": ", ".join(str(number) for number, _, _ in own.annotations),
        "completed_at": max((at for _, _, at in own.annotations), default=None),
        "draft_exists": own.has_draft,
        "total_predictions": 0,
    }
    kept |= {name: value for name, value in told.items() if name in task}
    for name, clean in (("annotations", clean_annotations), ("drafts", clean_drafts)):
        if name in task:
            kept[name] = clean(task[name], eyes)
    if "predictions" in task:
        kept["predictions"] = _clean_predictions(task, eyes)
        kept["total_predictions"] = len(kept["predictions"])
    return kept


def _clean_predictions(task: dict[str, Any], eyes: Eyes) -> list[Any]:
    offered = [each for each in task["predictions"] or [] if isinstance(each, dict)]
    project = row_number(task.get("project")) or eyes.call.project
    # Asked even when there are none, because that is kept too.
    return choose_suggestions(project, task["id"], eyes.account, offered)


def _find_own_work(account: int, tasks: list[Any]) -> dict[int, _OwnWork]:
    numbers = [number for number in map(row_number, tasks) if number is not None]
    annotations: dict[int, list[tuple[int, bool, str]]] = {}
    for task, number, skipped, at in _rows(
        "SELECT task_id, id, was_cancelled, created_at FROM task_completion WHERE completed_by_id = %s",
        account,
        numbers,
    ):
        annotations.setdefault(task, []).append((number, bool(skipped), _date_text(at)))
    drafted = {task for (task,) in _rows(_OWN_DRAFTS, account, numbers)}
    return {
        task: _OwnWork(tuple(sorted(annotations.get(task, []))), task in drafted) for task in {*annotations, *drafted}
    }


def _rows(statement: str, account: int, tasks: list[int]) -> Iterable[Any]:
    if not tasks:
        return []
    marks = ", ".join(["%s"] * len(tasks))
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} AND task_id IN ({marks})", [account, *tasks])
        return list(cursor.fetchall())


def _date_text(at: Any) -> str:  # noqa: ANN401 - a driver's date, or text
    text = at.isoformat() if hasattr(at, "isoformat") else str(at)
    return text if text.endswith("Z") or "+" in text else f"{text.replace(' ', 'T')}Z"


# --- annotations and drafts ------------------------------------------------------------------------------------------

_ANNOTATION = _words(
    "id result created_username created_ago created_at updated_at draft_created_at lead_time was_cancelled task "
    "project completed_by parent_prediction parent_annotation is_stub unique_id import_id"
)
_DRAFT = _words(
    "id result created_username created_ago created_at updated_at lead_time was_postponed task annotation user"
)


def clean_annotation(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - any JSON
    """The caller's own annotation; nothing of anybody else's."""
    if not isinstance(value, dict) or number_in(value.get("completed_by")) != eyes.number:
        return {}
    kept = {name: each for name, each in value.items() if name in _ANNOTATION}
    # The star is an adjudicator's word, and gold has one.
    return kept | {name: each for name, each in (("ground_truth", False), ("updated_by", eyes.number)) if name in value}


def clean_annotations(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - the same
    """The caller's own annotations."""
    listed = value if isinstance(value, list) else []
    return [cleaned for each in listed if (cleaned := clean_annotation(each, eyes))]


def clean_draft(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - the same
    """The caller's own draft; nothing of anybody else's."""
    if not isinstance(value, dict) or not _is_own_draft(value, eyes):
        return {}
    return {name: each for name, each in value.items() if name in _DRAFT}


def _is_own_draft(draft: dict[str, Any], eyes: Eyes) -> bool:
    """By its user; Label Studio writes that as a number, or as text in which an e-mail comes first."""
    user = draft.get("user")
    return number_in(user) == eyes.number or (isinstance(user, str) and user == eyes.account.email)


def clean_drafts(value: Any, eyes: Eyes) -> Any:  # noqa: ANN401 - the same
    """The caller's own drafts."""
    listed = value if isinstance(value, list) else []
    return [cleaned for each in listed if (cleaned := clean_draft(each, eyes))]


def number_in(person: Any) -> int | None:  # noqa: ANN401 - the same
    """The number of a person, whether a number or an object was written."""
    return row_number(person.get("id") if isinstance(person, dict) else person)
