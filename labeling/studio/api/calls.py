"""The calls that `label_studio_sdk` has no words for, through its own connection: no retries, every failure named."""

from __future__ import annotations

import datetime as dt
import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from labeling.errors import ShortAnswer
from labeling.studio.api.http_errors import name_failures, not_label_studio_error
from labeling.studio.api.prefetch import prefetch_items
from labeling.studio.api.remote import read_listed_task
from labeling.studio.format.exports import read_export
from labeling.studio.sync.push_plan import digest_result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import httpx
    from pydantic import JsonValue

    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteTask

Method: TypeAlias = Literal["GET", "POST", "PATCH", "DELETE"]
Filter: TypeAlias = dict[str, Any]

_REQUEST_SECONDS = 900.0
_TASKS_A_PAGE = 10_000  # tasks
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Bytes of a query. Servers behind uwsgi or nginx take 4 or 8 KB of address and headers.
_QUERY = 2000
# Tasks an export is asked for by number, 14 bytes each in the address: nginx takes 8 KB by default, the image 64.
MOST_NUMBERS = 500


def ask(
    studio: Studio,
    method: Method,
    path: str,
    doing: str,
    *,
    texts: bool = False,
    **sent: Any,  # noqa: ANN401 - JSON
) -> httpx.Response:
    """Send one request, never a second time, and return the answer if it is a good one.

    Args:
        studio: The server.
        method: HTTP's.
        path: Without the server's address.
        doing: What is asked for, as in "was asked to <doing>", for the error.
        texts: The request carries articles or annotations, which an error must not quote.
        sent: ``params``, ``json``, ``headers``, or ``content`` for a body that is written already.

    Raises:
        StudioError: Any other answer, or none, by its name.
    """
    from label_studio_sdk.core.api_error import ApiError

    with name_failures(studio.url, doing, texts=texts):
        answer = studio.sdk._client_wrapper.httpx_client.request(  # noqa: SLF001 - the SDK's way to call a bare route
            path, method=method, request_options={"max_retries": 0, "timeout": _REQUEST_SECONDS}, **sent
        )
        if answer.is_success:
            return answer
        raise ApiError(status_code=answer.status_code, headers=dict(answer.headers), body=_answer_body(answer))


def store_rows(studio: Studio, path: str, doing: str, rows: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    """Send rows that are written as JSON already, as one list; what the server answers.

    The SDK would copy each of them once more, piece by piece: that takes longer than all the rest of a push.

    Raises:
        StudioError: As `ask` does.
    """
    headers = {"Content-Type": "application/json"}
    body = f"[{','.join(rows)}]".encode()
    answer = ask(studio, "POST", path, doing, texts=True, content=body, headers=headers)
    try:
        return answer.json()
    except ValueError:
        raise not_label_studio_error(studio.url) from None


def is_legacy(studio: Studio) -> bool:
    """Whether the key is a legacy token; else it is a personal access token."""
    return bool(studio.sdk._client_wrapper._tokens_client._use_legacy_token)  # noqa: SLF001 - it is told nowhere else


def read_clock(studio: Studio) -> dt.datetime | None:
    """What time it is on the server, to the second; None where its answers bear no date, as those of uWSGI alone."""
    answer = ask(studio, "GET", "api/version", "say its version")
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(dt.UTC)
    except (KeyError, ValueError):
        return None


def find_last_change(studio: Studio, project: int) -> dt.datetime:
    """When a task there last changed, by the server's own clock: so late it was there at least.

    Raises:
        NotLabelStudio: What comes is no instant.
    """
    asked: dict[str, Any] = {"project": project, "include": "id,updated_at", "fields": "all", "page_size": 1}
    asked["query"] = json.dumps({"ordering": ["-tasks:updated_at"]})
    rows, _ = _parse_page(studio, ask(studio, "GET", "api/tasks/", "list its last change", params=asked))
    try:
        return max([_LONG_AGO, *(dt.datetime.fromisoformat(row["updated_at"]).astimezone(dt.UTC) for row in rows)])
    except (ValueError, KeyError, TypeError):
        raise not_label_studio_error(studio.url) from None


def make_filter(column: str, operator: str, kind: str, value: JsonValue) -> Filter:
    """One condition on the list of tasks, in the Data Manager's words."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def list_tasks(studio: Studio, project: int, include: str, *filters: Filter, any_of: bool = False) -> Iterator[Any]:
    """What the server says of each task that fits, as plain JSON.

    Args:
        studio: The server.
        project: The project's number.
        include: The fields to send, with commas between.
        filters: What tasks must fit; all of it, or with ``any_of`` one of it. None fits all tasks.
        any_of: See there.

    Raises:
        ShortAnswer: Fewer came than the server counts.
    """
    asked: dict[str, Any] = {"project": project, "include": include, "fields": "all", "page_size": _TASKS_A_PAGE}
    if filters:
        asked["query"] = json.dumps({"filters": {"conjunction": "or" if any_of else "and", "items": list(filters)}})
    came, total, page = 0, 1, 1
    while came < total:
        answer = ask(studio, "GET", "api/tasks/", "list its tasks", params={**asked, "page": page})
        rows, total = _parse_page(studio, answer)
        if not rows and came < total:
            raise _short_answer(studio, f"{total} tasks", came)
        yield from rows
        came, page = came + len(rows), page + 1


def find_tasks(studio: Studio, project: int, articles: Iterable[str]) -> list[RemoteTask]:
    """The tasks that name one of these articles, asked for in queries that any server takes."""
    found: list[RemoteTask] = []
    for names in _batch_names(articles):
        condition = make_filter("data.article", "in_list", "String", [*names])
        with name_failures(studio.url, "find tasks by article"):
            rows = list_tasks(studio, project, "id,data,predictions_model_versions", condition)
            found += [read_listed_task(row) for row in rows]
    return found


def export_pieces(studio: Studio, project: int, numbers: Sequence[int]) -> Iterator[bytes]:
    """The server's exports of the tasks of these numbers, five hundred at a time, as they come, in order.

    In pieces, because the server says nothing until an export is made: a front that waits for a minute would cut off
    one of everything, and it would take the server a gigabyte. The server makes the next one while one is read; never
    two at once, for Label Studio writes two exports of the same content into one file.
    """
    path = f"api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
    pieces = (numbers[start : start + MOST_NUMBERS] for start in range(0, len(numbers), MOST_NUMBERS))
    # Written out, because the brackets take three bytes each where they are escaped.
    paths = ("&".join([path, *(f"ids[]={number}" for number in piece)]) for piece in pieces)
    return prefetch_items(ask(studio, "GET", each, "export some tasks").content for each in paths)


def export_tasks(studio: Studio, project: int, numbers: Sequence[int]) -> Iterator[JsonValue]:
    """The tasks of these numbers as the server's export has them; one that was deleted meanwhile is missing."""
    for raw in export_pieces(studio, project, numbers):
        yield from read_export(raw, f"an export of project {project} of {studio.url}")


def list_suggestions(studio: Studio, project: int) -> Iterator[tuple[int, str, str]]:
    """Every suggestion there: the task's number, the model, and the digest of what it says."""
    answer = ask(studio, "GET", "api/predictions/", "list its suggestions", params={"project": project})
    try:
        for row in answer.json():
            yield int(row["task"]), str(row["model_version"] or ""), digest_result(row["result"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise not_label_studio_error(studio.url) from None


def remove_suggestions(studio: Studio, project: int, model: str) -> None:
    """Remove all that a model says in a project."""
    path = f"api/projects/{project}/model-versions/"
    ask(studio, "DELETE", path, f"remove the suggestions of {model}", json={"model_version": model})


def remove_empty(studio: Studio, project: int, numbers: Sequence[int]) -> list[int]:
    """Remove those of these tasks that hold no annotation and no draft; return their numbers.

    Each is looked at the moment before: a task in which somebody has said something is never removed.
    """
    removed = []
    for number in numbers:
        for task in export_tasks(studio, project, [number]):
            if isinstance(task, dict) and task.get("annotations") == [] and task.get("drafts") == []:
                ask(studio, "DELETE", f"api/tasks/{number}/", f"remove task {number}")
                removed.append(number)
    return removed


def _parse_page(studio: Studio, answer: httpx.Response) -> tuple[list[Any], int]:
    try:
        body = answer.json()
        return list(body["tasks"]), int(body["total"])
    except (ValueError, KeyError, TypeError):
        raise not_label_studio_error(studio.url) from None


def _batch_names(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        this = len(quote(json.dumps(name))) + 3
        if batch and size + this > _QUERY:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += this
    if batch:
        yield batch


def _answer_body(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _short_answer(studio: Studio, wanted: str, came: int) -> ShortAnswer:
    return ShortAnswer(
        f"{studio.url} should have sent {wanted}, and sent {came}",
        todo="run the same command again, when nobody is deleting tasks; nothing was written",
        where=studio.url,
    )
