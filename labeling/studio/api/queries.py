"""How tasks are asked for: the Data Manager's filters, and ids and numbers cut into addresses that any server takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import JsonValue

TaskFilter: TypeAlias = dict[str, Any]

# Bytes of a query. Servers behind uwsgi or nginx take 4 or 8 KB of address and headers.
_QUERY_BYTES = 2000

# The server counts anew for every page, so pages are large; where texts come along, a page has to fit in memory twice.
_TASKS_A_PAGE = 10_000
_TEXTS_A_PAGE = 1_000


def make_filter(column: str, operator: str, kind: str, value: JsonValue) -> TaskFilter:
    """One condition on the list of tasks, in the Data Manager's words."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def tasks_query(project: int, include: str, filters: Sequence[TaskFilter]) -> dict[str, Any]:
    """The query of a list of tasks, but for the number of the page.

    Args:
        project: The project's number.
        include: The fields to send, with commas between.
        filters: What tasks must fit, all of it.
    """
    page_size = _TEXTS_A_PAGE if "data" in include.split(",") else _TASKS_A_PAGE
    # Which models made suggestions is answered only with `all`; `include` keeps the rest of it out.
    query: dict[str, Any] = {"project": project, "include": include, "fields": "all", "page_size": page_size}
    if filters:
        query["query"] = json.dumps({"filters": {"conjunction": "and", "items": list(filters)}})
    return query


def last_change_query(project: int) -> dict[str, Any]:
    """The query of the one task that changed last."""
    ordering = json.dumps({"ordering": ["-tasks:updated_at"]})
    return {"project": project, "include": "id,updated_at", "fields": "all", "page_size": 1, "query": ordering}


def export_path(project: int, numbers: Iterable[int]) -> str:
    """The address of the export of the tasks of these numbers."""
    path = f"api/projects/{project}/export?exportType=JSON&download_all_tasks=true"
    # Written out, because the brackets take three bytes each where they are escaped.
    return "&".join([path, *(f"ids[]={number}" for number in numbers)])


def batch_names(names: Iterable[str]) -> Iterator[list[str]]:
    """Cut ids of articles into runs, each short enough for one query."""
    batch: list[str] = []
    size = 0
    for name in names:
        # The length that the id takes in the address, with its quotes and comma.
        this = len(quote(json.dumps(name))) + 3
        if batch and size + this > _QUERY_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += this
    if batch:
        yield batch
