"""What a server has: its projects and tasks, as far as we ask about them. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from labeling.studio.format.regions import ServerModel
from labeling.values import digest_of

_TOO_LARGE = 2**63  # for the databases of servers
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


@dataclass(frozen=True)
class RemoteTask:
    """A task as the server has it: the article it names, the digest of the text in it, the models with suggestions."""

    number: int
    article: str
    digest: str
    suggested: tuple[str, ...]


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


class _ListedTaskAnswer(ServerModel):
    id: int
    data: dict[str, Any]
    predictions_model_versions: str | None = None


def read_number(value: object) -> int:
    """What a server numbers its things by: a whole number, neither a truth value nor written as words.

    Raises:
        TypeError: It is something else.
    """
    if type(value) is not int or not 0 <= value < _TOO_LARGE:
        raise TypeError("a number of the server's is something else")
    return value


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
    )


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


def read_tasks_page(body: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """The rows of a page of tasks, and how many tasks there are on all pages.

    Raises:
        TypeError: It is not that.
    """
    rows, total = body["tasks"], body["total"]
    if type(total) is not int:
        raise TypeError("a page of tasks has other things in it")
    for row in rows:
        read_number(row["id"])
    return [*rows], total


def read_latest_update(body: dict[str, Any]) -> dt.datetime:
    """The latest ``updated_at`` on a page of tasks; long ago when it lists none."""
    instants = [dt.datetime.fromisoformat(row["updated_at"]).astimezone(dt.UTC) for row in body["tasks"]]
    return max([_LONG_AGO, *instants])


def _digest_or_empty(text: str) -> str:
    """The digest of a text; empty for one that is not Unicode, and so not an article's."""
    try:
        return digest_of(text)
    except UnicodeEncodeError:
        return ""
