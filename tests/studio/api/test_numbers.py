"""What a server numbers its things by: whatever else comes in its place is refused by name, or quarantined."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from label_studio_sdk import LabelStudio
from pydantic import BaseModel, ValidationError

from labeling.annotations import Annotation, QuarantineRow
from labeling.articles import Article
from labeling.errors import NotLabelStudio, StudioError, UnreadableExport
from labeling.project import load_project
from labeling.studio.api.client import Studio
from labeling.studio.api.transport import Transport
from labeling.studio.format.exports import read_export
from labeling.studio.format.signatures import Signatures
from labeling.studio.format.submissions import read_task
from labeling.studio.sync.pull_state import read_pulled_task
from labeling.values import digest_of
from labeling.workspace.rows.server_state import ProjectLink, ServerUsers, Watermark
from labeling.workspace.rows.signed_words import SignedWords

STRANGE: list[Any] = ["7", "../7", 7.0, 1e400, None, True, -7, 10**40, [7], {"id": 7}, [], "\ud800"]
WATERMARK = {
    "project": 1,
    "created": "",
    "seen": "2024-01-01T00:00:00+00:00",
    "reading": "",
    "names": {"1": "ana"},
    "answers": ["20240101T000000Z.json.gz"],
}


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


def test_fields_of_a_list_of_tasks_are_checked_where_they_come_in() -> None:
    """A time that is missing or a list, a count in words: no reader of the list sees them."""
    sound = {"id": 7, "updated_at": "2024-01-01T00:00:00Z", "total_annotations": 1, "cancelled_annotations": 0}
    fields = ",".join(sound)
    assert list(studio({"tasks": [sound], "total": 1}).list_tasks(1, fields)) == [sound]
    for name in sound:
        lacking = {key: value for key, value in sound.items() if key != name}
        for row in (lacking, {**sound, name: [1]}, {**sound, name: None}, {**sound, name: True}):
            with pytest.raises(NotLabelStudio):
                list(studio({"tasks": [row], "total": 1}).list_tasks(1, fields))
    for total in (None, True, "1", 1.5, -1, 2**63):
        with pytest.raises(NotLabelStudio):
            list(studio({"tasks": [sound], "total": total}).list_tasks(1, fields))


@pytest.mark.parametrize(
    "instant",
    [
        *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "9999-99-99"),
        *("9999-12-31T23:59:59Z", "9" * 5000, 7, None, [], "\ud800"),
    ],
    ids=lambda instant: str(instant)[:30].encode("ascii", "replace").decode(),
)
def test_an_instant_at_an_end_of_the_calendar_is_refused(instant: Any) -> None:
    """From it nothing could be reckoned, as a pull of changes does that looks two minutes back."""
    with pytest.raises(NotLabelStudio):
        studio({"tasks": [{"id": 1, "updated_at": instant}], "total": 1}).last_change(1)


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -2359", "x", "Mon, 99 Jan 2024 00:00:00 GMT"])
def test_a_clock_at_an_end_of_the_calendar_is_no_clock(date: str) -> None:
    """The server's last change takes its place."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={}, headers={"date": date})))
    sdk = LabelStudio(base_url="http://lies/", api_key="0" * 40, httpx_client=http)  # type: ignore[no-untyped-call]

    assert Studio("http://lies", "owner@x.org", Transport("http://lies", sdk)).clock() is None


@pytest.mark.parametrize("deep", [150, 199, 254, 800])
def test_what_is_nested_absurdly_in_an_export_is_cut_off_and_the_rest_is_read(deep: int) -> None:
    """Anybody may send such a thing to the server: the words beside it are read, and all can be written and read."""
    nested = "[" * deep + "]" * deep
    span = {"id": "s", "type": "labels", "to_name": "text", "value": {"start": 0, "end": 4, "labels": ["PERSON"]}}
    strange = f'{{"id": "d", "type": {nested}}}'
    raw = (
        '[{"id": 7, "data": {"article": "a", "text": "Anna met."}, "annotations": [{"id": 1, "completed_by": 1, '
        f'"updated_by": 2, "result": [{json.dumps(span)}, {strange}]}}]}}]'
    )
    (task,) = read_export(raw.encode(), "a file")
    assert isinstance(task, dict)
    article = Article(id="a", text="Anna met.", digest=digest_of("Anna met."))

    assert read_pulled_task(task, {}) is not None
    assert len(Signatures([], {}).judge_task(task)) == 1
    (sound,), (refused,) = read_task(task, {"a": article}, load_project().schema, {})
    assert [one.label for one in sound.spans] == ["PERSON"]
    assert QuarantineRow.model_validate_json(refused.model_dump_json()) == refused


def test_an_export_that_is_two_values_is_not_one() -> None:
    """Nor is one with a bracket too many: what reads it puts it into lists."""
    for raw in (b"[],[]", b"[]],[[]", b"[] []", b"", b"]["):
        with pytest.raises(UnreadableExport):
            read_export(raw, "a file")


@pytest.mark.parametrize("number", [True, 1.0, -1, 2**63, 10**400, "1", None])
def test_an_annotation_of_a_strange_number_is_quarantined(number: Any) -> None:
    """Also where the server tells who sent it: nobody's words are signed by such a number."""
    row = {"id": number, "result": [], "completed_by": 1, "updated_by": 1}
    task: dict[str, Any] = {"id": 7, "data": {"article": "a", "text": "x"}, "annotations": [row], "drafts": []}

    assert Signatures([], {}).judge_task(task) == {}
    assert [row.kind for row in read_task(task, {}, load_project().schema, {})[1]] == ["unreadable"]


@pytest.mark.parametrize(
    ("kind", "good", "name", "strange"),
    [
        (Watermark, WATERMARK, "seen", ["", "x", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "2024-01-01"]),
        (Watermark, WATERMARK, "names", [{"x": "ana"}, {"-1": "ana"}, {"1" * 5000: "ana"}, {"²": "ana"}]),
        (Watermark, WATERMARK, "answers", [["../x.json.gz"], ["a/b"], ["/x"], [""], [".."], ["x" * 300]]),
        (Watermark, WATERMARK, "project", [-1, 2**63, True, 1.0, "1"]),
        (ServerUsers, {"emails": {"1": "a@x.org"}}, "emails", [{"x": "a"}, {"": "a"}, {"1.0": "a"}]),
        (
            ProjectLink,
            {"url": "http://x", "project": 1, "created": ""},
            "url",
            ["javascript:alert(1)", "", "file:///x"],
        ),
        (SignedWords, {"task": 1}, "annotation", [True, -1, 2**63]),
    ],
)
def test_a_file_about_the_server_has_only_what_can_be_used(
    kind: type[BaseModel], good: dict[str, Any], name: str, strange: list[Any]
) -> None:
    """Whoever edits such a file by hand gets the place, not a traceback further on."""
    kind.model_validate_json(json.dumps(good))
    for value in strange:
        with pytest.raises(ValidationError):
            kind.model_validate_json(json.dumps({**good, name: value}))
