"""What a server has: its projects and tasks, as far as we ask about them. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from labeling.studio.format.regions import ServerModel
from labeling.studio.format.tasks import digest_result
from labeling.values import digest_of
from labeling.workspace.rows.server_state import check_instant, is_server_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class RemoteProject:
    """A project as the server has it: when it was created tells it from another of the same number."""

    number: int
    created: str
    config: str
    instruction: str
    tasks: int
    suggestions: int
    submitted: int
    skipped: int
    shown: str  # the model whose suggestions the page shows
    description: str = ""
    sampling: str = ""  # the name of the order in which Label Studio itself serves its tasks


@dataclass(frozen=True)
class RemoteTask:
    """A task as the server has it: the article it names, the digest of the text in it, the models with suggestions."""

    number: int
    article: str
    digest: str
    suggested: tuple[str, ...]


@dataclass(frozen=True)
class RemoteSuggestion:
    """A suggestion as the server has it: its number, whose task, by which model, and the digest of what it says."""

    number: int
    task: int
    model: str
    digest: str
    score: float | None


# The answer has many more fields, most of them of the Enterprise edition.
class _ProjectAnswer(ServerModel):
    created_at: dt.datetime
    label_config: str
    expert_instruction: str | None = None
    task_number: int
    total_predictions_number: int = 0
    total_annotations_number: int = 0
    skipped_annotations_number: int = 0
    model_version: str | None = None
    description: str | None = None
    sampling: str | None = None


class _ListedTaskAnswer(ServerModel):
    id: int
    data: dict[str, Any]
    predictions_model_versions: str | None = None


def read_number(value: object) -> int:
    """What a server numbers its things by: a whole number, neither a truth value nor written as words.

    Raises:
        TypeError: It is something else.
    """
    if not is_server_number(value):
        raise TypeError("a number of the server's is something else")
    return cast("int", value)


def read_project(number: int, answer: bytes) -> RemoteProject:
    """A project from the JSON that the server answers.

    Raises:
        pydantic.ValidationError: It is not that.
    """
    read = _ProjectAnswer.model_validate_json(answer)
    return RemoteProject(
        number=number,
        created=read.created_at.isoformat(),
        config=read.label_config,
        instruction=read.expert_instruction or "",
        tasks=read.task_number,
        suggestions=read.total_predictions_number,
        submitted=read.total_annotations_number,
        skipped=read.skipped_annotations_number,
        shown=read.model_version or "",
        description=read.description or "",
        sampling=read.sampling or "",
    )


def read_suggestion(row: dict[str, Any]) -> RemoteSuggestion:
    """A suggestion as the server lists it.

    Raises:
        KeyError, TypeError: It is not one.
    """
    score = row.get("score")
    return RemoteSuggestion(
        number=read_number(row["id"]),
        task=read_number(row["task"]),
        model=str(row["model_version"] or ""),
        digest=digest_result(row["result"]),
        score=None if score is None else float(score),
    )


def read_hidden_columns(body: dict[str, Any], further: Iterable[str]) -> dict[str, Any]:
    """What a tab leaves out, in the list and beside the text: what the page itself would, and further keys of data.

    Raises:
        KeyError, TypeError: It is not the server's list of columns.
    """
    hidden: dict[str, list[str]] = {}
    for place in ("explore", "labeling"):
        shown = [column for column in body["columns"] if column["id"] != "data"]
        hidden[place] = [_column_name(each) for each in shown if not each["visibility_defaults"][place]]
    hidden["explore"] += [f"tasks:data.{key}" for key in further]
    return {place: list(dict.fromkeys(names)) for place, names in hidden.items()}


def _column_name(column: dict[str, Any]) -> str:
    return f"tasks:{'data.' if column.get('parent') == 'data' else ''}{column['id']}"


def read_listed_task(answer: dict[str, Any]) -> RemoteTask:
    """A task from a row of a list of tasks.

    Raises:
        pydantic.ValidationError: It is not that.
    """
    read = _ListedTaskAnswer.model_validate(answer)
    # A task that somebody else stored may have anything in these two.
    article, text = read.data.get("article"), read.data.get("text")
    return RemoteTask(
        number=read.id,
        article=article if isinstance(article, str) else "",
        digest=_digest_or_empty(text) if isinstance(text, str) else "",
        suggested=tuple(sorted(filter(None, (read.predictions_model_versions or "").split(",")))),
    )


def read_tasks_page(body: dict[str, Any], fields: Iterable[str] = ("id",)) -> tuple[list[dict[str, Any]], int]:
    """The rows of a page of tasks, each with these fields at least, and how many tasks there are on all pages.

    Raises:
        TypeError: It is not that, or a field has a value of another type.
        KeyError: A row lacks a field.
    """
    rows, total = body["tasks"], read_number(body["total"])
    checks = [(name, _FIELD_CHECKS[name]) for name in fields if name in _FIELD_CHECKS]
    for row in rows:
        for name, check in checks:
            check(row[name])
    return [*rows], total


def _read_words(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a word of the server's is something else")
    return value


def _read_fields(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("fields of the server's are something else")
    return value


# What is asked of a list of tasks, and what each must be.
_FIELD_CHECKS: dict[str, Callable[[object], object]] = {
    "id": read_number,
    "data": _read_fields,
    "updated_at": _read_words,
    "total_annotations": read_number,
    "cancelled_annotations": read_number,
}


def read_latest_update(body: dict[str, Any]) -> dt.datetime:
    """The latest ``updated_at`` on a page of tasks; long ago when it lists none."""
    instants = [dt.datetime.fromisoformat(row["updated_at"]).astimezone(dt.UTC) for row in body["tasks"]]
    return check_instant(max([_LONG_AGO, *instants]))


def _digest_or_empty(text: str) -> str:
    """The digest of a text; empty for one that is not Unicode, and so not an article's."""
    try:
        return digest_of(text)
    except UnicodeEncodeError:
        return ""
