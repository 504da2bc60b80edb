"""Tabs of the Data Manager, and what the data of a task names: how work is shared out on a server without a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.studio.api.remote import read_number

if TYPE_CHECKING:
    from labeling.studio.api.client import Studio
    from labeling.studio.api.queries import TaskFilter
    from labeling.studio.format.regions import Json


def list_tabs(studio: Studio, project: int) -> set[str]:
    """The titles of a project's tabs."""
    answer = studio.transport.read("api/dm/views/", "list the tabs", params={"project": project})
    return studio.transport.parse(answer, lambda rows: {str(row["data"].get("title", "")) for row in rows})


def make_tab(studio: Studio, project: int, title: str, condition: TaskFilter) -> int:
    """A tab with the tasks that fit; return its number."""
    filters = {"conjunction": "and", "items": [condition]}
    data = {"title": title, "type": "list", "target": "tasks", "filters": filters}
    sent = {"project": project, "data": data}
    answer = studio.transport.write("POST", "api/dm/views/", f"make a tab for {title}", json=sent)
    return studio.transport.parse(answer, lambda row: read_number(row["id"]))


def change_task_data(studio: Studio, task: int, data: Json) -> None:
    """Give a task other data; what was said of it stays."""
    path = f"api/tasks/{task}/"
    studio.transport.write("PATCH", path, f"change the data of task {task}", texts=True, json={"data": data})
