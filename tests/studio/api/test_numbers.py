"""What a server numbers its things by: whatever else comes in its place is refused by name, or quarantined."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from label_studio_sdk import LabelStudio

from labeling.annotations import Annotation
from labeling.errors import StudioError, UnreadableExport
from labeling.project import load_project
from labeling.studio.api.client import Studio
from labeling.studio.api.transport import Transport
from labeling.studio.format.exports import read_export
from labeling.studio.format.submissions import read_task
from labeling.studio.sync.pull_state import read_pulled_task

STRANGE: list[Any] = ["7", "../7", 7.0, 1e400, None, True, -7, 10**40, [7], {"id": 7}, [], "\ud800"]


def studio(value: Any) -> Studio:
    """A client of a server that always answers so."""
    content = json.dumps(value).encode()
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)))
    sdk = LabelStudio(base_url="http://lies/", api_key="0" * 40, httpx_client=http)  # type: ignore[no-untyped-call]
    return Studio("http://lies", "owner@x.org", Transport("http://lies", sdk))


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_what_is_not_a_number_is_refused_wherever_one_is_read(strange: Any) -> None:
    """Users, projects, tasks, annotations, suggestions: nothing of it gets into a path or a file."""
    silent = Annotation(article="a", digest="", annotator="ana")
    page = {"tasks": [{"id": strange, "data": {}}], "total": 1}
    for ask in (
        lambda: studio([{"id": strange, "email": "a@x.org"}]).users(),
        lambda: studio({"id": strange}).create_project("title", "", "", ""),
        lambda: studio({"results": [{"id": strange, "title": "t"}], "next": None}).projects_titled("t"),
        lambda: studio({"task_ids": [strange]}).import_written(1, ["{}"]),
        lambda: studio(page).find_numbers(1, [7]),
        lambda: list(studio(page).tasks(1)),
        lambda: studio(page).export(1),
        lambda: studio({"id": strange}).annotate(1, silent, None),  # type: ignore[arg-type]  # nothing is marked in it
        lambda: studio([{"task": strange, "model_version": "m", "result": []}]).list_suggestions(1),
    ):
        with pytest.raises(StudioError):
            ask()


@pytest.mark.parametrize("strange", ["7", 7.5, None, True, [7], {"id": 7}], ids=repr)
def test_what_is_not_a_number_in_an_export_is_refused_or_quarantined(strange: Any) -> None:
    """A task is refused; an annotation and a draft are quarantined, and count as nothing that was pulled."""
    with pytest.raises(UnreadableExport):
        read_export(json.dumps([{"id": strange, "data": {}, "annotations": []}]).encode(), "a file")
    row = {"id": strange, "result": [], "completed_by": 1, "user": strange, "annotation": strange}
    task: dict[str, Any] = {"id": 7, "data": {}, "annotations": [row], "drafts": [row, {**row, "id": 8}]}

    pulled = read_pulled_task(task, {})
    sound, refused = read_task(task, {}, load_project().schema, {})

    assert pulled is not None
    assert [one.id for one in pulled.said] == [8]
    assert sound == []
    assert len(refused) == 3
