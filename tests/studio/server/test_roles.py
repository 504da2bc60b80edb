"""Roles and blindness on the real embedded server: what a reader may do, and what the answers to one hold.

One project with words of everybody's: each word is a name that occurs nowhere else, so whatever an answer holds of it
is found by searching its text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from click.testing import CliRunner
from page_steps import wait_for_text

from labeling.cli import cli
from labeling.errors import UsageError
from labeling.project import load_project
from labeling.studio.api.signup import add_user
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.doctor import doctor
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from click.testing import Result
    from playwright.sync_api import Page

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

CONFIG = (
    '<View><Text name="text" value="$text"/><Labels name="label" toName="text"><Label value="X"/></Labels>'
    '<TextArea name="note" toName="text" perRegion="true"/></View>'
)
PHRASE = "a long pass phrase"
SECRETS = ("word-of-ana", "word-of-bea", "word-of-owner", "draft-of-ana", "draft-of-bea", "word-projected")


def words(note: str) -> list[dict[str, Any]]:
    """A region with a note that is unique to its author."""
    value = {"start": 0, "end": 4}
    return [
        {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": {**value, "labels": ["X"]}},
        {"id": "r1", "from_name": "note", "to_name": "text", "type": "textarea", "value": {**value, "text": [note]}},
    ]


@dataclass
class Person:
    """Somebody with a key: what they send is answered as it is."""

    url: str
    key: str
    email: str = ""
    number: int = 0

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request."""
        headers = {"Authorization": f"Token {self.key}", **more.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=60, trust_env=False, **more)


@dataclass
class Desk:
    """The project of this module: its people, its tasks, and the numbers of what each of them wrote on the first."""

    owner: Person
    ana: Person
    bea: Person
    lead: Person
    project: int
    tasks: list[int]
    annotations: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, int] = field(default_factory=dict)
    predictions: list[int] = field(default_factory=list)
    views: dict[str, int] = field(default_factory=dict)
    keep: Callable[[str, list[Any]], None] = lambda _, __: None
    owner_phrase: str = ""


@pytest.fixture(scope="module")
def desk(studio: Credentials, studio_workspace: Workspace) -> Desk:
    """Everybody has annotated the first task, and left a draft on the second."""

    def person(email: str) -> Person:
        one = Person(studio.url, add_user(studio, email, PHRASE), email)
        one.number = one.send("GET", "/api/current-user/whoami").json()["id"]
        return one

    def keep(statement: str, values: list[Any]) -> None:
        path = studio_workspace.studio / "data" / "label_studio.sqlite3"
        with closing(sqlite3.connect(path, timeout=30)) as database, database:
            database.execute(statement, values)

    owner = Person(studio.url, studio.api_key, studio.email)
    owner.number = owner.send("GET", "/api/current-user/whoami").json()["id"]
    project = owner.send("POST", "/api/projects", json={"title": "a blind desk", "label_config": CONFIG}).json()["id"]
    path = f"/api/projects/{project}/import?return_task_ids=true"
    texts = [{"data": {"text": f"Text {n} of all."}} for n in range(4)]
    tasks = owner.send("POST", path, json=texts).json()["task_ids"]
    people = [person(f"{name}.of@roles.example") for name in ("ana", "bea", "lead")]
    ana, bea, lead = people
    desk = Desk(owner, ana, bea, lead, project, tasks, keep=keep, owner_phrase=studio.password)
    keep("INSERT INTO labeling_person VALUES (?, ?, 'adjudicator', ?)", [project, desk.lead.email, desk.lead.number])
    for name, one in (("ana", desk.ana), ("bea", desk.bea), ("owner", owner)):
        made = one.send("POST", f"/api/tasks/{tasks[0]}/annotations", json={"result": words(f"word-of-{name}")})
        desk.annotations[name] = made.json()["id"]
        drafted = one.send("POST", f"/api/tasks/{tasks[1]}/drafts", json={"result": words(f"draft-of-{name}")})
        desk.drafts[name] = drafted.json()["id"]
    for version, note in (("model", "suggested"), ("ana.of", "word-of-ana"), ("projected:x", "word-projected")):
        made = owner.send(
            "POST", "/api/predictions", json={"task": tasks[0], "model_version": version, "result": words(note)}
        )
        desk.predictions.append(made.json()["id"])
    oracle = {"filters": {"conjunction": "and", "items": [contains("annotations_results", "word-of-ana")]}}
    plain = {"title": "by text", "filters": {"conjunction": "and", "items": [contains("data.text", "Text")]}}
    for name, data in (("oracle", oracle), ("plain", plain), ("order", {"ordering": ["-tasks:total_annotations"]})):
        made = owner.send("POST", "/api/dm/views", json={"project": project, "data": data})
        desk.views[name] = made.json()["id"]
    return desk


def contains(column: str, text: str) -> dict[str, Any]:
    """A filter of the Data Manager."""
    return {"filter": f"filter:tasks:{column}", "operator": "contains", "type": "String", "value": text}


# --- what a reader sees ----------------------------------------------------------------------------------------------


def paths_to_look_at(desk: Desk) -> list[str]:
    """Every way to an answer that could hold words, names or counts of others."""
    task, other, project = desk.tasks[0], desk.tasks[1], desk.project
    search = quote(json.dumps({"ordering": ["tasks:id"]}))
    return [
        f"/api/tasks/{task}",
        f"/api/tasks/{task}/",
        f"/api/tasks/{other}",
        f"/api/tasks/{task}?annotations_stub=true",
        f"/api/tasks/{task}?expand=annotations.completed_by&review=true",
        f"/api/tasks/{task}?format=json&project=999999",
        f"/api/tasks/{task}/annotations",
        f"/api/tasks/{task}/annotations/?expand=completed_by",
        f"/api/tasks/{other}/drafts",
        f"/api/tasks?project={project}",
        f"/api/tasks?project={project}&fields=all",
        f"/api/tasks/?project={project}&fields=all&include=annotations,annotations_results,drafts,predictions",
        f"/api/tasks?project={project}&review=true&resolve_uri=false",
        f"/api/tasks?view={desk.views['plain']}&fields=all",
        f"/api/tasks?project={project}&query={search}&fields=all",
        f"/api/projects/{project}/next",
        f"/api/projects/{project}",
        "/api/projects",
        "/api/projects?include=total_annotations_number,ground_truth_number",
        "/api/projects/counts",
        f"/api/projects/{project}/label-stream-history",
        f"/api/dm/project?project={project}",
        f"/api/dm/views?project={project}",
        f"/api/dm/views/{desk.views['plain']}",
        f"/api/dm/columns?project={project}",
        f"/api/dm/actions?project={project}",
        f"/api/annotations/{desk.annotations['bea']}",
        f"/api/annotations/{desk.annotations['bea']}?expand=completed_by",
        f"/api/drafts/{desk.drafts['bea']}",
        f"/api/ml?project={project}",
        f"/api/label_links?project={project}&expand=label",
        "/api/users",
        "/api/users?page_size=100",
        f"/api/users/{desk.bea.number}",
        "/api/current-user/whoami",
        "/api/current-user/hotkeys",
        "/api/current-user/product-tour?name=show_ask_ai",
        "/api/jwt/settings",
        "/",
        "/projects/",
        f"/projects/{project}/",
        f"/projects/{project}/data?task={task}",
        "/user/account",
    ]


def test_no_answer_to_a_reader_holds_anything_of_others(desk: Desk) -> None:
    """Neither words nor addresses nor numbers of annotations, in GET and HEAD, by any way that is open."""
    others = [word for word in SECRETS if "bea" not in word and word != "word-projected"]
    names = [desk.ana.email, desk.lead.email, desk.owner.email]
    for path in paths_to_look_at(desk):
        answer = desk.bea.send("GET", path)
        assert answer.status_code in {200, 302, 404}, (path, answer.text)
        assert not [word for word in (*others, *names) if word in answer.text], path
        assert desk.bea.send("HEAD", path).text == ""
        if path.startswith("/api/"):
            counted = find_counts(answer.json())
            assert counted <= {0, 1}, (path, counted)


def find_counts(value: Any) -> set[int]:
    """The numbers that count annotations: of three people's, one is the reader's own."""
    if isinstance(value, list):
        return set().union(*map(find_counts, value))
    if not isinstance(value, dict):
        return set()
    own = {each for name, each in value.items() if "annotations" in name and isinstance(each, int)}
    return own.union(*map(find_counts, value.values())) - {True, False} | {int(each) for each in own}


def test_a_reader_sees_all_of_their_own(desk: Desk) -> None:
    """Blind is not empty: the own annotation, the own draft, and the suggestions that nobody wrote."""
    opened = desk.bea.send("GET", f"/api/tasks/{desk.tasks[0]}").json()
    drafted = desk.bea.send("GET", f"/api/tasks/{desk.tasks[1]}").json()

    assert [each["id"] for each in opened["annotations"]] == [desk.annotations["bea"]]
    assert opened["annotations"][0]["result"] == words("word-of-bea")
    assert [each["id"] for each in drafted["drafts"]] == [desk.drafts["bea"]]
    # The second was signed with the name of a colleague.
    assert [each["model_version"] for each in opened["predictions"]] == ["model", "projected:x"]
    assert (opened["total_annotations"], opened["is_labeled"], drafted["is_labeled"]) == (1, True, False)
    assert opened["data"] == {"text": "Text 0 of all."}


def test_the_owner_sees_everything_as_before(desk: Desk) -> None:
    """Answers to the owner are Label Studio's own, to the last field."""
    opened = desk.owner.send("GET", f"/api/tasks/{desk.tasks[0]}").json()
    listed = desk.owner.send("GET", f"/api/tasks?project={desk.project}&fields=all")

    assert {each["id"] for each in opened["annotations"]} == set(desk.annotations.values())
    assert {each["completed_by"]["email"] for each in opened["annotations"]} > {desk.ana.email, desk.bea.email}
    assert opened["total_annotations"] == 3
    assert all(word in listed.text for word in SECRETS if word.startswith("word-of"))
    assert len(desk.owner.send("GET", "/api/users").json()) >= 4


def test_an_adjudicator_sees_all_words_and_no_addresses(desk: Desk) -> None:
    """Of the project in which they decide; people are numbers to them."""
    task, project = desk.tasks[0], desk.project
    for path in (
        f"/api/tasks/{task}",
        f"/api/tasks/{task}/annotations",
        f"/api/tasks?project={project}&fields=all",
        f"/api/projects/{project}/tasks",
        f"/api/predictions?project={project}",
    ):
        answer = desk.lead.send("GET", path)
        assert answer.status_code == 200, path
        assert "word-of-ana" in answer.text, path
        assert "@roles.example" not in answer.text.replace(desk.lead.email, ""), path
    assert desk.lead.send("GET", f"/api/annotations/{desk.annotations['ana']}").json()["result"] == words("word-of-ana")
    filtered = desk.lead.send("GET", f"/api/tasks?view={desk.views['oracle']}").json()
    assert [each["id"] for each in filtered["tasks"]] == [task]
    names = [each["username"] for each in desk.lead.send("GET", "/api/users").json()]
    assert f"person-{desk.ana.number}" in names
    assert not [name for name in names if name == "ana.of"]


# --- what is refused -------------------------------------------------------------------------------------------------

# Method, path and body. What stands in braces is a field of the desk, or something of ana's.
FORBIDDEN: list[tuple[str, str, Any]] = [
    # Deleting, configuring, importing, exporting.
    ("DELETE", "/api/projects/{project}", None),
    ("DELETE", "/api/projects/{project}/", None),
    ("PATCH", "/api/projects/{project}", {"label_config": "<View/>"}),
    ("PATCH", "/api/projects/{project}", {"title": "mine"}),
    ("PUT", "/api/projects/{project}", {"title": "mine"}),
    ("POST", "/api/projects", {"title": "mine"}),
    ("DELETE", "/api/projects/{project}/tasks", None),
    ("GET", "/api/projects/{project}/tasks", None),
    ("DELETE", "/api/tasks/{task}", None),
    ("PATCH", "/api/tasks/{task}", {"data": {"text": "other"}}),
    ("PATCH", "/api/tasks/{task}", {"overlap": 3}),
    ("PUT", "/api/tasks/{task}", {"data": {}}),
    ("POST", "/api/tasks", {"data": {"text": "x"}, "project": 1}),
    ("POST", "/api/projects/{project}/import", [{"text": "x"}]),
    ("POST", "/api/projects/{project}/import/predictions", []),
    ("POST", "/api/projects/{project}/tasks/bulk", []),
    ("POST", "/api/projects/{project}/reimport", {}),
    ("GET", "/api/projects/{project}/export?exportType=JSON", None),
    ("GET", "/api/projects/{project}/export/files", None),
    ("GET", "/api/projects/{project}/exports", None),
    ("POST", "/api/projects/{project}/exports", {}),
    ("GET", "/api/projects/{project}/summary", None),
    ("GET", "/api/projects/{project}/annotators", None),
    ("GET", "/api/projects/{project}/model-versions", None),
    ("GET", "/api/projects/{project}/file-uploads", None),
    ("POST", "/api/projects/{project}/validate", {"label_config": "<View/>"}),
    ("GET", "/data/upload/1/x.json", None),
    ("GET", "/data/local-files/?d=x", None),
    ("GET", "/tasks/{task}/resolve/?fileuri=x", None),
    ("GET", "/storage-data/uploaded/?filepath=x", None),
    # Storages, webhooks, machine learning, labels, organisation, people.
    ("GET", "/api/storages/?project={project}", None),
    ("POST", "/api/storages/localfiles/", {"project": 1, "path": "/"}),
    ("GET", "/api/webhooks", None),
    ("POST", "/api/webhooks", {"url": "http://elsewhere.example"}),
    ("POST", "/api/ml", {"url": "http://elsewhere.example", "project": 1}),
    ("POST", "/api/ml/1/interactive-annotating", {"task": 1}),
    ("POST", "/api/labels/bulk", {}),
    ("POST", "/api/labels", []),
    ("GET", "/api/labels?project={project}", None),
    ("GET", "/api/invite", None),
    ("POST", "/api/invite/reset-token", None),
    ("GET", "/api/organizations", None),
    ("GET", "/api/organizations/1", None),
    ("PATCH", "/api/organizations/1", {"title": "mine"}),
    ("GET", "/api/organizations/1/memberships", None),
    ("DELETE", "/api/organizations/1/memberships/1", None),
    ("POST", "/api/users", {"email": "x@x.example", "username": "x", "password": PHRASE}),
    ("GET", "/api/users/{ana}", None),
    ("PATCH", "/api/users/{ana}", {"first_name": "mine"}),
    ("DELETE", "/api/users/{ana}", None),
    ("POST", "/api/jwt/settings", {"api_tokens_enabled": False}),
    ("PATCH", "/api/session-policy", {}),
    ("GET", "/people/", None),
    ("GET", "/organization/", None),
    ("GET", "/projects/{project}/settings/", None),
    ("GET", "/projects/{project}/data/import", None),
    ("GET", "/projects/{project}/data/export", None),
    ("GET", "/admin/", None),
    ("GET", "/django-rq/", None),
    ("GET", "/metrics/", None),
    ("GET", "/feature-flags/", None),
    ("GET", "/api/fsm/entities/task/{task}/history", None),
    # Others' words.
    ("GET", "/api/annotations/{annotation}", None),
    ("GET", "/api/annotations/{annotation}/", None),
    ("HEAD", "/api/annotations/{annotation}", None),
    ("OPTIONS", "/api/annotations/{annotation}", None),
    ("OPTIONS", "/api/tasks/{task}", None),
    ("GET", "/api/annotations/%3{annotation}", None),
    ("PATCH", "/api/annotations/{annotation}", {"result": []}),
    ("PUT", "/api/annotations/{annotation}", {"result": []}),
    ("PATCH", "/api/annotations/{annotation}", {"ground_truth": True}),
    ("DELETE", "/api/annotations/{annotation}", None),
    ("POST", "/api/annotations/{annotation}/convert-to-draft", {}),
    ("GET", "/api/annotations/{annotation}/convert-to-draft", None),
    ("GET", "/api/annotations/999999", None),
    ("GET", "/api/drafts/{draft}", None),
    ("PATCH", "/api/drafts/{draft}", {"result": []}),
    ("DELETE", "/api/drafts/{draft}", None),
    ("POST", "/api/tasks/{task}/annotations/{annotation}/drafts", {"result": []}),
    ("GET", "/api/tasks/{task}/annotations/{annotation}/drafts", None),
    ("GET", "/api/predictions", None),
    ("GET", "/api/predictions?task={task}", None),
    ("GET", "/api/predictions.json", None),
    ("GET", "/api/predictions/{prediction}", None),
    ("POST", "/api/predictions", {"task": 1, "result": []}),
    ("DELETE", "/api/predictions/{prediction}", None),
    ("GET", "/api/tasks/{task}/agreement", None),
    ("GET", "/api/users.json", None),
    ("GET", "/api/dm/views.json?project={project}", None),
    # Tabs that are others', or that ask what others did.
    ("PATCH", "/api/dm/views/{view}", {"data": {}}),
    ("DELETE", "/api/dm/views/{view}", None),
    ("DELETE", "/api/dm/views/reset?project={project}", None),
    ("POST", "/api/dm/views/order", {"project": 1, "ids": []}),
    ("GET", "/api/dm/views/{oracle}", None),
    ("GET", "/api/tasks?view={oracle}", None),
    ("GET", "/api/tasks?project={project}&view={order}", None),
    ("POST", "/api/dm/actions?id=next_task&project={project}&view={oracle}", {}),
    ("POST", "/api/dm/actions?id=next_task&project={project}&tabID={oracle}", {}),
]


def test_what_is_forbidden_is_refused_and_changes_nothing(desk: Desk) -> None:
    """To a reader by her key; to an adjudicator too, but for what they may see."""
    before = snapshot(desk)
    names = {
        "project": desk.project,
        "task": desk.tasks[0],
        "ana": desk.ana.number,
        "annotation": desk.annotations["ana"],
        "draft": desk.drafts["ana"],
        "prediction": desk.predictions[0],
        "view": desk.views["plain"],
        **{name: desk.views[name] for name in ("oracle", "order")},
    }
    for method, path, body in FORBIDDEN:
        answer = desk.bea.send(method, path.format(**names), json=body)
        # A page knows nobody by a key, and sends them to the log-in.
        to_login = answer.headers.get("Location", "").startswith("/user/login/") and not path.startswith("/api/")
        expected = {403, 404, 405} if "%3" in path else {403}
        assert to_login or answer.status_code in expected, (method, path, answer.status_code, answer.text[:300])
        if method not in {"GET", "HEAD", "OPTIONS"}:
            theirs = desk.lead.send(method, path.format(**names), json=body)
            star = body == {"ground_truth": True}
            allowed = {200} if star else {403} if "id=next_task" not in path else {200, 404}
            assert theirs.status_code in allowed, (method, path, theirs.status_code, theirs.text[:300])
    assert snapshot(desk) == before


def snapshot(desk: Desk) -> dict[str, Any]:
    """What the owner finds in the project, without its dates and the star."""
    opened = desk.owner.send("GET", f"/api/tasks/{desk.tasks[0]}").json()
    return {
        "words": {each["id"]: (each["result"], each["completed_by"]["id"]) for each in opened["annotations"]},
        "data": opened["data"],
        "overlap": opened["overlap"],
        "tasks": desk.owner.send("GET", f"/api/tasks?project={desk.project}").json()["total"],
        "views": [each["id"] for each in desk.owner.send("GET", f"/api/dm/views?project={desk.project}").json()],
        "predictions": len(opened["predictions"]),
        "config": desk.owner.send("GET", f"/api/projects/{desk.project}").json()["label_config"],
        "people": {each["id"]: each["first_name"] for each in desk.owner.send("GET", "/api/users").json()},
        "tokens": desk.owner.send("GET", "/api/invite").json(),
    }


def test_every_action_of_the_table_is_the_owners_but_one(desk: Desk) -> None:
    """All that the server registers, and one that it does not know; spelled in any way, and named twice."""
    actions = [
        "retrieve_tasks_predictions",
        "delete_tasks",
        "delete_tasks_annotations",
        "delete_tasks_predictions",
        "cache_labels",
        "add_data_field",
        "propagate_annotations",
        "rename_labels",
        "predictions_to_annotations",
        "remove_duplicates",
        "no_such_action",
        "NEXT_TASK",
        "next_task ",
        "",
    ]
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    for action in actions:
        path = f"/api/dm/actions?project={desk.project}&id={action}"
        for one in (desk.bea, desk.lead):
            assert one.send("POST", path, json=chosen).status_code == 403, action
        form = one.send("POST", path, data={"selectedItems": json.dumps(chosen["selectedItems"])})
        assert form.status_code == 403, action
    twice = f"/api/dm/actions?id=next_task&project={desk.project}&id=delete_tasks"
    assert desk.bea.send("POST", twice, json=chosen).status_code == 403
    last = desk.bea.send("POST", f"/api/dm/actions?id=delete_tasks&id=next_task&project={desk.project}", json={})
    assert last.status_code == 200
    assert desk.bea.send("GET", f"/api/dm/actions/delete_tasks/form?project={desk.project}").status_code == 403
    assert desk.owner.send("GET", f"/api/tasks?project={desk.project}").json()["total"] == 4


ORACLES = [
    "annotations_results",
    "annotators",
    "updated_by",
    "total_annotations",
    "cancelled_annotations",
    "total_predictions",
    "predictions_results",
    "predictions_score",
    "predictions_model_versions",
    "annotations_ids",
    "completed_at",
    "updated_at",
    "avg_lead_time",
    "draft_exists",
    "agreement",
    "annotations__result",
    "annotations__completed_by__email",
    "project__organization__token",
    "data.text__x\nannotators",
    "DATA.text",
    "",
]


def test_no_search_tells_what_others_did(desk: Desk) -> None:
    """By filter and by ordering: in the address, in a body, nested, as a form, in a tab of one's own."""
    for column in ORACLES:
        item = contains(column, "word-of-ana")
        nested = {**contains("data.text", "Text"), "child_filter": {**contains("data.text", "T"), "child_filter": item}}
        searches = [
            {"filters": {"conjunction": "and", "items": [item]}},
            {"filters": {"conjunction": "and", "items": [nested]}},
            {"ordering": [f"tasks:{column}"]},
            {"ordering": ["tasks:id", f"-tasks:{column}"]},
            {"ordering": [f"-filter:tasks:-{column}"]},
        ]
        for search in searches if column in {"annotations_results", ""} else searches[:1] + searches[2:3]:
            tried = [
                desk.bea.send("GET", "/api/tasks", params={"project": desk.project, "query": json.dumps(search)}),
                desk.bea.send("POST", f"/api/dm/actions?id=next_task&project={desk.project}", json=search),
                desk.bea.send("POST", "/api/dm/views", json={"project": desk.project, "data": search}),
            ]
            assert [answer.status_code for answer in tried] == [403] * 3, (search, [each.text[:200] for each in tried])


def test_a_reader_is_offered_no_column_of_what_others_did(desk: Desk) -> None:
    """The list by which the page searches and sorts: number, time, what is in the article; the owner has all."""
    listed, all_there = (
        {each["id"] for each in one.send("GET", f"/api/dm/columns?project={desk.project}").json()["columns"]}
        for one in (desk.bea, desk.owner)
    )

    assert {"id", "data", "text", "created_at"} <= listed
    assert listed & set(ORACLES) == set()
    assert len(all_there & set(ORACLES)) > 10


def test_a_search_in_other_spellings_is_not_seen_by_the_server(desk: Desk) -> None:
    """In the body of a GET, with a second layer of escapes, a key twice, a group beside the tab, a bare parameter."""
    hidden = {"filters": {"conjunction": "and", "items": [contains("annotations_results", "no such word")]}}
    path = f"/api/tasks?project={desk.project}"
    body = desk.bea.send("GET", path, json={**hidden, "view": desk.views["oracle"]})
    bare = desk.bea.send("GET", f"{path}&ordering=-total_annotations&filters={quote(json.dumps(hidden['filters']))}")
    escaped = desk.bea.send("GET", f"{path}&query={quote(quote(json.dumps(hidden)))}")
    double = desk.bea.send("GET", f"{path}&query={quote(quote(quote(json.dumps(hidden))))}")
    twice = f'{{"filters": null, "filters": {json.dumps(hidden["filters"])}}}'
    shadowed = f'{{"filters": {json.dumps(hidden["filters"])}, "filters": null}}'
    group = {"conjunction": "and", "filters": [{"column": "filter:tasks:annotators", "operator": "equal", "type": "x"}]}
    made = desk.bea.send("POST", "/api/dm/views", json={"project": desk.project, "data": {}, "filter_group": group})
    form = desk.bea.send(
        "POST",
        f"/api/dm/actions?id=next_task&project={desk.project}",
        data={"filters": json.dumps(hidden["filters"]), "ordering": "tasks:annotators"},
    )

    assert (body.json()["total"], bare.json()["total"]) == (4, 4)
    assert (escaped.status_code, double.status_code, form.status_code) == (403, 403, 403)
    assert desk.bea.send("GET", f"{path}&query={quote(twice)}").status_code == 403
    assert desk.bea.send("GET", f"{path}&query={quote(shadowed)}").json()["total"] == 4
    assert made.status_code == 201
    assert "filters" not in made.json()["data"]
    assert desk.bea.send("DELETE", f"/api/dm/views/{made.json()['id']}").status_code == 204


# --- bodies ----------------------------------------------------------------------------------------------------------

FIELDS: list[dict[str, Any]] = [
    {"completed_by": 1},
    {"completed_by": {"email": "ana.of@roles.example"}},
    {"ground_truth": True},
    {"ground_truth": "true"},
    {"updated_by": 1},
    {"task": 1},
    {"overlap": 5},
    {"user": 1},
    {"last_action": "accepted"},
    {"bulk_created": True},
    {"import_id": 7},
]


def test_a_field_that_is_not_the_readers_is_refused(desk: Desk) -> None:
    """In a new annotation, in a change of one's own, in a draft; as JSON and as a form."""
    task, own, draft = desk.tasks[2], desk.annotations["bea"], desk.drafts["bea"]
    for extra in FIELDS:
        body = {"result": words("word-of-bea"), **extra}
        for method, path in (
            ("POST", f"/api/tasks/{task}/annotations"),
            ("PATCH", f"/api/annotations/{own}"),
            ("PATCH", f"/api/drafts/{draft}"),
        ):
            answer = desk.bea.send(method, path, json=body)
            assert answer.status_code == 403, (method, path, extra, answer.text)
    form = {"result": json.dumps(words("x")), "completed_by": str(desk.ana.number)}
    path = f"/api/tasks/{task}/annotations"
    assert desk.bea.send("POST", path, data=form).status_code == 403
    assert desk.bea.send("POST", path, files={"a": b"x"}, data=form).status_code == 403
    twice = f'{{"completed_by": null, "result": [], "completed_by": {desk.ana.number}}}'
    assert desk.bea.send("POST", path, content=twice, headers={"Content-Type": "application/json"}).status_code == 403
    assert desk.bea.send("POST", path, json=[{"result": []}]).status_code == 403
    assert desk.bea.send("POST", f"{path}?completed_by={desk.ana.number}", json=[]).status_code == 403
    assert desk.owner.send("GET", f"/api/tasks/{task}").json()["annotations"] == []


def test_a_body_that_cannot_be_read_is_refused(desk: Desk) -> None:
    """Broken, of another encoding, compressed, too deep: nothing passes that was not read."""
    path, kind = f"/api/tasks/{desk.tasks[2]}/annotations", {"Content-Type": "application/json"}
    for content, headers in (
        (b'{"result": [', kind),
        (gzip.compress(b'{"result": [], "completed_by": 1}'), {**kind, "Content-Encoding": "gzip"}),
        ('{"result": []}'.encode("utf-16"), kind),
        (b"[" * 100_000, kind),
        (b"result=x", {"Content-Type": "text/plain"}),
        (b"\xff\xfe", kind),
    ):
        answer = desk.bea.send("POST", path, content=content, headers=headers)
        assert answer.status_code in {400, 403, 415}, answer.text[:200]
    assert desk.owner.send("GET", f"/api/tasks/{desk.tasks[2]}").json()["annotations"] == []


def test_a_method_is_what_it_is(desk: Desk) -> None:
    """Neither a header nor a field nor a parameter makes a POST of one's own a PATCH of another's."""
    path = f"/api/annotations/{desk.annotations['ana']}"
    for headers, query in (
        ({"X-HTTP-Method-Override": "DELETE"}, ""),
        ({"X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"}, ""),
        ({}, "?_method=DELETE"),
    ):
        for method in ("POST", "GET"):
            answer = desk.bea.send(method, path + query, headers=headers, data={"_method": "DELETE"})
            assert answer.status_code == 403
    assert desk.owner.send("GET", path).json()["result"] == words("word-of-ana")


def test_parents_are_ones_own(desk: Desk) -> None:
    """An annotation, a draft or a suggestion that was never shown is not what one's words come from."""
    path = f"/api/tasks/{desk.tasks[0]}/annotations"
    for extra in (
        {"parent_annotation": desk.annotations["ana"]},
        {"draft_id": desk.drafts["ana"]},
        {"parent_prediction": desk.predictions[1]},
        {"parent_prediction": 999999},
    ):
        answer = desk.bea.send("POST", path, json={"result": [], **extra})
        assert answer.status_code == 403, extra
    linked = desk.bea.send("PATCH", f"/api/drafts/{desk.drafts['bea']}", json={"annotation": desk.annotations["ana"]})
    assert linked.status_code == 403


def test_a_reader_annotates_changes_and_deletes_their_own(desk: Desk) -> None:
    """With what the page sends along; a skip, a draft, a draft of an annotation, an own tab."""
    task = desk.tasks[3]
    draft = desk.bea.send("POST", f"/api/tasks/{task}/drafts", json={"result": words("a"), "lead_time": 1.5})
    number = draft.json()["id"]
    changed = desk.bea.send("PATCH", f"/api/drafts/{number}", json={"result": words("b"), "was_postponed": True})
    page = {"lead_time": 2.0, "draft_id": number, "parent_prediction": None, "parent_annotation": None}
    page |= {"started_at": "2026-11-30T00:00:00Z", "ground_truth": False, "id": 7}
    made = desk.bea.send("POST", f"/api/tasks/{task}/annotations?project=1", json={"result": words("c"), **page})
    own = made.json()["id"]
    patched = desk.bea.send("PATCH", f"/api/annotations/{own}", json={"result": words("d"), "draft_id": 0})
    redrafted = desk.bea.send("POST", f"/api/tasks/{task}/annotations/{own}/drafts", json={"result": words("e")})
    tab = desk.bea.send("POST", "/api/dm/views", json={"project": desk.project, "data": {"title": "mine"}})
    retitled = desk.bea.send("PATCH", f"/api/dm/views/{tab.json()['id']}", json={"data": {"ordering": ["tasks:id"]}})
    listed = [each["id"] for each in desk.bea.send("GET", f"/api/dm/views?project={desk.project}").json()]
    removed = desk.bea.send("DELETE", f"/api/annotations/{own}")
    skipped = desk.bea.send("POST", f"/api/tasks/{task}/annotations?was_cancelled=true", json={"result": []})
    named = desk.bea.send("PATCH", f"/api/users/{desk.bea.number}", json={"first_name": "Bea"})

    assert (draft.status_code, changed.status_code, made.status_code, patched.status_code) == (201, 200, 201, 200)
    assert (redrafted.status_code, tab.status_code, retitled.status_code) == (201, 201, 200)
    assert (removed.status_code, skipped.status_code, named.status_code) == (204, 201, 200)
    assert (made.json()["completed_by"], patched.json()["result"]) == (desk.bea.number, words("d"))
    assert skipped.json()["was_cancelled"] is True
    assert set(listed) == {desk.views["plain"], tab.json()["id"]}
    desk.bea.send("DELETE", f"/api/annotations/{skipped.json()['id']}")
    desk.bea.send("DELETE", f"/api/dm/views/{tab.json()['id']}")


# --- who is asking ---------------------------------------------------------------------------------------------------


def test_a_reader_is_one_by_whatever_key(desk: Desk) -> None:
    """A session, a legacy token, both headers for it, a personal access token, and an owner's cookie beside a key."""
    refresh = desk.bea.send("POST", "/api/token/").json()["token"]
    access = httpx.post(f"{desk.bea.url}/api/token/refresh/", json={"refresh": refresh}, timeout=60).json()["access"]
    path = f"{desk.bea.url}/api/annotations/{desk.annotations['ana']}"
    for headers in ({"Authorization": f"Bearer {access}"}, {"X-Api-Key": desk.bea.key}):
        with httpx.Client(timeout=60, trust_env=False, headers=headers) as program:
            assert program.get(path).status_code == 403
            assert program.get(f"{desk.bea.url}/api/annotations/{desk.annotations['bea']}").status_code == 200
            assert program.delete(f"{desk.bea.url}/api/projects/{desk.project}").status_code == 403
    with log_in(desk.bea) as browser:
        assert browser.get(path).status_code == 403
        pages = [path for method, path, _ in FORBIDDEN if method == "GET" and not path.startswith("/api/")]
        assert [browser.get(page.format(project=desk.project, task=desk.tasks[0])).status_code for page in pages] == [
            403
        ] * len(pages)
        assert "word-of-ana" not in browser.get(f"/api/tasks/{desk.tasks[0]}").text
        for page in (each for each in paths_to_look_at(desk) if not each.startswith("/api/")):
            shown = browser.get(page, follow_redirects=True)
            assert shown.status_code == 200, page
            assert not [name for name in (*SECRETS, desk.ana.email, desk.owner.email) if name in shown.text], page
    with log_in(desk.owner, desk.owner_phrase) as browser:
        assert browser.get(path).status_code == 200
        # The key goes before the log-in, for Label Studio and so for us.
        assert browser.get(path, headers={"Authorization": f"Token {desk.bea.key}"}).status_code == 403


@contextmanager
def log_in(one: Person, phrase: str = PHRASE) -> Iterator[httpx.Client]:
    """A browser in which somebody is logged in."""
    with httpx.Client(base_url=one.url, timeout=60, trust_env=False, headers={"Origin": one.url}) as browser:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
        assert seal is not None
        form = {"csrfmiddlewaretoken": seal.group(1), "email": one.email, "password": phrase}
        assert browser.post("/user/login/", data=form).is_redirect
        yield browser


def test_a_stranger_gets_a_log_in_and_nothing_else(desk: Desk) -> None:
    """Pages lead to the log-in, the API says 401; what needs no account is open."""
    with httpx.Client(base_url=desk.owner.url, timeout=60, trust_env=False) as stranger:
        for path in ("/projects/", f"/projects/{desk.project}/data", "/feature-flags/", "/metrics/", "/admin/"):
            assert stranger.get(path).headers["Location"].startswith("/user/login/"), path
        for path in ("/api/projects", f"/api/tasks/{desk.tasks[0]}", "/api/users", "/api/invite"):
            assert stranger.get(path).status_code == 401, path
        for path in ("/user/login/", "/health", "/api/version", "/static/images/favicon.ico"):
            assert stranger.get(path).status_code == 200, path
        assert stranger.post("/django-rq/queues/0/empty/").status_code == 401


@pytest.mark.browser
def test_the_page_works_for_a_reader(
    desk: Desk, studio: Credentials, browser_of: Callable[[Credentials], AbstractContextManager[Page]]
) -> None:
    """The table, an article, Submit, the account: of the page's own calls only the tip of the day is refused."""
    task = desk.tasks[2]
    reader = studio.model_copy(update={"email": desk.bea.email, "password": PHRASE})
    refused: list[str] = []
    with browser_of(reader) as page:
        page.on("response", lambda one: refused.append(one.url) if one.status >= 400 else None)
        page.goto(f"{studio.url}/projects/{desk.project}/data")
        page.get_by_text("Text 0 of all.").first.wait_for()
        page.goto(f"{studio.url}/projects/{desk.project}/data?task={task}")
        wait_for_text(page)
        with page.expect_response(lambda one: one.request.method == "POST" and "/annotations" in one.url) as stored:
            page.get_by_role("button", name="Submit").first.click()
        status, made = stored.value.status, stored.value.json()
        page.goto(f"{studio.url}/user/account")
        page.get_by_text("Hotkeys").first.wait_for()

    assert status == 201
    assert made["completed_by"] == desk.bea.number
    assert [url for url in refused if "/heidi-tips" not in url] == []
    assert desk.bea.send("DELETE", f"/api/annotations/{made['id']}").status_code == 204


# --- suggestions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(desk: Desk) -> Iterator[Callable[[int, str, str], None]]:
    """Assign tasks of the project; without a plan again afterwards."""
    for one in (desk.ana, desk.bea):
        desk.keep("INSERT INTO labeling_person VALUES (?, ?, 'reader', ?)", [desk.project, one.email, one.number])

    def assign(task: int, email: str, part: str) -> None:
        desk.keep("INSERT INTO labeling_assignment VALUES (?, ?, ?, ?, 1)", [desk.project, task, email, part])

    yield assign
    desk.keep("DELETE FROM labeling_assignment WHERE project = ?", [desk.project])
    desk.keep("DELETE FROM labeling_served WHERE project = ?", [desk.project])
    desk.keep("DELETE FROM labeling_person WHERE project = ? AND role = 'reader'", [desk.project])


def suggested(one: Person, task: int) -> list[str]:
    """The versions of the suggestions that somebody is shown."""
    return [each["model_version"] for each in one.send("GET", f"/api/tasks/{task}").json()["predictions"]]


def test_a_second_reader_gets_what_the_first_had(desk: Desk, planned: Callable[[int, str, str], None]) -> None:
    """Not what was projected, and not what came in between; whoever has nothing assigned gets none."""
    task = desk.tasks[0]
    planned(task, desk.ana.email, "first")
    assert suggested(desk.ana, task) == ["model", "ana.of", "projected:x"]
    desk.keep("DELETE FROM labeling_served WHERE project = ?", [desk.project])
    assert suggested(desk.bea, task) == []
    planned(task, desk.bea.email, "second")
    first = suggested(desk.ana, task)
    later = {"task": task, "model_version": "later", "result": words("later")}
    number = desk.owner.send("POST", "/api/predictions", json=later).json()["id"]
    try:
        assert (first, suggested(desk.bea, task), suggested(desk.ana, task)) == (
            ["model", "ana.of"],
            ["model"],
            ["model", "ana.of"],
        )
        assert suggested(desk.lead, task) == ["model", "ana.of", "projected:x", "later"]
    finally:
        desk.owner.send("DELETE", f"/api/predictions/{number}")


# --- the audit -------------------------------------------------------------------------------------------------------


def test_each_change_leaves_one_line(desk: Desk, studio_workspace: Workspace) -> None:
    """With and without a slash; what only reads, asks for the next task, or was refused leaves none."""
    before = len(audit(studio_workspace))
    task = desk.tasks[3]
    desk.bea.send("GET", f"/api/tasks/{task}")
    desk.bea.send("POST", f"/api/dm/actions?id=next_task&project={desk.project}", json={})
    desk.bea.send("DELETE", f"/api/tasks/{task}")
    desk.owner.send("POST", "/api/no/such/route", json={})
    made = desk.bea.send("POST", f"/api/tasks/{task}/annotations", json={"result": []}).json()["id"]
    desk.bea.send("PATCH", f"/api/annotations/{made}/", json={"result": []})
    desk.bea.send("DELETE", f"/api/annotations/{made}")
    desk.owner.send("PATCH", f"/api/projects/{desk.project}?token=hidden", json={"description": "changed"})
    chosen = {"selectedItems": {"all": False, "included": []}}
    desk.owner.send("POST", f"/api/dm/actions?id=delete_tasks_annotations&project={desk.project}", json=chosen)
    time.sleep(0.1)
    lines = audit(studio_workspace)[before:]

    bea, owner = (desk.bea.number, desk.bea.email), (desk.owner.number, desk.owner.email)
    # What an author sends is named by a digest of the words, here none, so that a later star is told from a change.
    sent = f"words {hashlib.sha256(b'[[],false]').hexdigest()[:16]} of annotation {made}"
    assert [line[1:] for line in lines] == [
        (*bea, "POST", f"/api/tasks/{task}/annotations", 201, desk.project, task, sent),
        (*bea, "PATCH", f"/api/annotations/{made}", 200, desk.project, task, f"annotation {made}; {sent}"),
        (*bea, "DELETE", f"/api/annotations/{made}", 204, desk.project, task, f"annotation {made}"),
        (*owner, "PATCH", f"/api/projects/{desk.project}", 200, desk.project, None, ""),
        (*owner, "POST", "/api/dm/actions", 200, desk.project, None, "action delete_tasks_annotations"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line[0]) for line in lines)


def audit(workspace: Workspace) -> list[tuple[Any, ...]]:
    """The lines of the audit, without their numbers."""
    columns = "at, account, email, method, path, status, project, task, note"
    with closing(sqlite3.connect(workspace.studio / "data" / "label_studio.sqlite3", timeout=30)) as database:
        return database.execute(f"SELECT {columns} FROM labeling_audit ORDER BY id").fetchall()  # noqa: S608 - ours


# --- with roles and without ------------------------------------------------------------------------------------------


def test_doctor_says_whether_roles_hold(studio: Credentials, studio_of_equals: Credentials, tmp_path: Path) -> None:
    """By a call that is a reader's to be refused, made with the owner's own key; on the other server it is answered."""
    project = load_project(workspace=tmp_path)
    held, equal = (
        {finding.what: finding for finding in doctor(project, server=server)}["roles"]
        for server in (studio, studio_of_equals)
    )
    lowered = Person(studio.url, studio.api_key).send("GET", "/api/invite", headers={"X-Labeling-As": "reader"})

    assert (held.verdict, equal.verdict) == ("good", "doubtful")
    assert "may change and delete everything" in equal.found
    assert "--no-roles" in equal.todo
    assert lowered.status_code == 403


def test_a_server_of_before_is_its_first_accounts(tmp_path: Path) -> None:
    """Where all were equal: `serve` says who is what from the next start on, and with --no-roles that all are equal."""
    workspace = Workspace(tmp_path / "w")
    with run_embedded_server(workspace, roles=False) as equal:
        ana = Person(equal.url, add_user(equal, "ana@before.example", PHRASE))
        made = ana.send("POST", "/api/projects", json={"title": "made before", "label_config": CONFIG}).json()["id"]
        going_on = run_serve(workspace, "--detach")
    started = run_serve(workspace, "--detach")
    try:
        server = json.loads(started.stdout)
        ana = Person(server["url"], ana.key)
        owner = Person(server["url"], equal.api_key)
        refused = ana.send("DELETE", f"/api/projects/{made}").status_code
        kept = owner.send("GET", f"/api/projects/{made}").status_code
        conflict = run_serve(workspace, "--detach", "--no-roles")
    finally:
        run_serve(workspace, "--stop")

    assert "Roles do not hold: every account may do everything" in going_on.stderr
    assert "The first account owns this server; 1 other account is a reader." in started.stderr
    assert (refused, kept) == (403, 200)
    assert isinstance(conflict.exception, UsageError)
    assert "runs already, and with roles" in str(conflict.exception)


def run_serve(workspace: Workspace, *options: str) -> Result:
    """Run `labeling serve` in a workspace."""
    return CliRunner().invoke(
        cli, ["--workspace", str(workspace.root), "serve", *options], standalone_mode=False, catch_exceptions=True
    )
