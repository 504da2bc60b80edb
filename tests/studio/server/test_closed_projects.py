"""A project that its rule closes, on the real server: who decides there comes in, and nobody else, by any address."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from team import ANNA, PHRASE, Member, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

SECRET = "cards of readers' words"


class Closed:
    """A closed project beside an open one: Greta decides in both, Hugo reads the open one, Ida decides only there."""

    def __init__(self, team: Team) -> None:
        self.team, self.owner = team, team.owner
        self.open, self.open_tasks = team.project(2, title="open to readers")
        self.number, self.tasks = team.project(2, title=SECRET)
        self.judge, self.reader, self.other = (team.reader(name) for name in ("greta", "hugo", "ida"))
        self.bring(self.open, {self.judge: "adjudicator", self.other: "adjudicator", self.reader: "reader"}, {})
        self.bring(self.number, {self.judge: "adjudicator"}, {"closed": True})
        self.answer = self.judge.submit(self.tasks[0], span("a", ANNA)).raise_for_status().json()["id"]
        self.draft = self.draft_of(self.judge)
        suggested = {"task": self.tasks[0], "model_version": "A", "result": [span("p", ANNA)]}
        self.suggestion = self.owner.calls.post("/api/predictions", json=suggested).json()["id"]
        view = {"project": self.number, "data": {"title": SECRET}}
        self.view = self.owner.calls.post("/api/dm/views", json=view).json()["id"]

    def bring(self, project: int, roles: dict[Member, str], rule: dict[str, Any]) -> None:
        """Bring a plan."""
        people = [{"email": member.email, "role": role} for member, role in roles.items()]
        plan = {"people": people, "assignments": [], "again": [], "rule": rule}
        self.owner.calls.put(f"/labeling/api/projects/{project}/plan/", json=plan).raise_for_status()

    def draft_of(self, member: Member) -> int:
        """A draft of somebody's, in the closed project."""
        made = member.calls.post(f"/api/tasks/{self.tasks[1]}/drafts", json={"result": [span("d", ANNA)]})
        return int(made.raise_for_status().json()["id"])

    def pages(self) -> list[str]:
        """The pages that lead to the project."""
        task, number = self.tasks[0], self.number
        return [
            f"/projects/{number}",
            f"/projects/{number}/data",
            f"/projects/{number}/data?task={task}",
            f"/projects/{self.open}/data?task={task}",
            f"/projects/{self.open}/data?tab={self.view}",
        ]

    def addresses(self) -> list[tuple[str, str, Any]]:
        """Every call that leads to the project, in each place where a number is read, also beside another."""
        task, answer, number = self.tasks[0], self.answer, self.number
        reading = [
            f"/api/projects/{number}",
            f"/api/projects/{number}/next",
            f"/api/projects/{number}/label-stream-history",
            f"/api/projects/{number}/tasks",
            f"/api/projects/{number}/summary",
            f"/api/projects/{number}/model-versions",
            *(f"/api/{path}?project={number}" for path in ("dm/project", "dm/columns", "dm/views", "dm/actions")),
            f"/api/tasks?project={number}",
            f"/api/tasks?project=0{number}",
            f"/api/tasks?view={self.view}",
            f"/api/tasks?project={self.open}&view={self.view}",
            f"/api/tasks/{task}",
            f"/api/tasks/{task}?project={self.open}",
            f"/api/tasks/{task}/annotations",
            f"/api/tasks/{task}/drafts",
            f"/api/tasks/{task}/agreement",
            f"/api/annotations/{answer}",
            f"/api/annotations/{answer}?project={self.open}",
            f"/api/drafts/{self.draft}",
            f"/api/dm/views/{self.view}",
            f"/api/predictions/{self.suggestion}",
            f"/api/predictions?project={number}",
            f"/api/predictions?task={task}",
            f"/api/predictions?task={task}&project={self.open}",
            f"/api/label_links?project={number}",
            f"/api/ml?project={number}",
        ]
        posting = [
            ("POST", f"/api/dm/actions?id=next_task&project={number}", {}),
            ("POST", f"/api/dm/actions?id=next_task&project={self.open}", {"project": number}),
            ("POST", f"/api/dm/actions?id=next_task&project={self.open}&tabID={self.view}", {}),
            ("POST", "/api/dm/views", {"project": number, "data": {"title": "mine"}}),
            ("POST", f"/api/tasks/{task}/annotations", {"result": []}),
            ("POST", f"/api/tasks/{task}/annotations?project={self.open}", {"result": []}),
            ("POST", f"/api/tasks/{task}/drafts", {"result": []}),
            ("PATCH", f"/api/annotations/{answer}", {"result": []}),
            ("PATCH", f"/api/annotations/{answer}", {"ground_truth": True}),
            ("DELETE", f"/api/annotations/{answer}", None),
            ("POST", f"/api/annotations/{answer}/convert-to-draft", {}),
        ]
        return [*(("GET", path, None) for path in reading), *(("HEAD", path, None) for path in reading), *posting]


@pytest.fixture(scope="module")
def closed(studio: Credentials) -> Iterator[Closed]:
    """The session's server with both projects."""
    with gather_team(studio) as team:
        yield Closed(team)


def ask(member: Member, method: str, path: str, body: Any) -> httpx.Response:
    """A call as a program makes it."""
    return member.calls.request(method, path, json=body) if body is not None else member.calls.request(method, path)


@contextmanager
def entered(member: Member) -> Iterator[httpx.Client]:
    """A browser in which somebody has logged in: pages take no key."""
    origin = str(member.calls.base_url).rstrip("/")
    with httpx.Client(base_url=origin, timeout=60, trust_env=False) as browser:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
        form = {"csrfmiddlewaretoken": seal.group(1) if seal else "", "email": member.email, "password": PHRASE}
        assert browser.post("/user/login/", data=form, headers={"Origin": origin, "Referer": origin}).is_redirect
        yield browser


def listed(answer: httpx.Response) -> set[int]:
    """The numbers of the projects on a page of them."""
    return {row["id"] for row in answer.raise_for_status().json()["results"]}


@pytest.mark.parametrize("name", ["reader", "other"])
def test_nobody_else_comes_into_a_closed_project(closed: Closed, name: str) -> None:
    """Neither a reader nor who decides in another project: refused at every address, and nothing of it in an answer."""
    member = getattr(closed, name)
    came = [(each, ask(member, *each)) for each in closed.addresses()]

    assert [(each, got.status_code) for each, got in came if got.status_code not in {403, 404}] == []
    assert [each for each, got in came if SECRET in got.text or "Anna" in got.text] == []
    with entered(member) as browser:
        assert [browser.get(path).status_code for path in closed.pages()] == [404] * 5
        assert browser.get(f"/projects/{closed.open}/data").status_code == 200
    assert len(closed.judge.own(closed.tasks[0])) == 1
    assert [row["id"] for row in closed.judge.drafts(closed.tasks[1])] == [closed.draft]


def test_a_closed_project_is_in_no_list_and_no_count_of_others(closed: Closed) -> None:
    """Neither among the projects, by number and by title, nor among the tabs; counts are those of what is listed."""
    for path in ("/api/projects", "/api/projects/counts"):
        for member in (closed.reader, closed.other):
            everything = member.calls.get(path, params={"page_size": 1000})
            assert closed.open in listed(everything)
            assert closed.number not in listed(everything)
            assert everything.json()["count"] == len(listed(everything))
            for query in ({"ids": f"{closed.number}"}, {"title": SECRET}, {"search": SECRET}):
                assert closed.number not in listed(member.calls.get(path, params={**query, "page_size": 1000})), query
        assert closed.number in listed(closed.judge.calls.get(path, params={"page_size": 1000}))
    for member in (closed.reader, closed.other):
        assert SECRET not in member.calls.get("/api/dm/views").text
        own = member.calls.post("/api/dm/views", json={"project": closed.open, "data": {"title": "mine"}}).json()["id"]
        moved = member.calls.patch(f"/api/dm/views/{own}", json={"project": closed.number, "data": {"title": "mine"}})
        assert moved.status_code == 404
    assert SECRET in closed.judge.calls.get("/api/dm/views").text


def test_who_decides_and_the_owner_work_in_a_closed_project(closed: Closed) -> None:
    """The queue, a task with its suggestions, an answer and its change; the open project goes on for its readers."""
    served = closed.judge.next(closed.number).json()
    assert served["id"] == closed.tasks[1]
    shown = closed.judge.calls.get(f"/api/tasks/{closed.tasks[0]}").json()
    assert [each["id"] for each in shown["predictions"]] == [closed.suggestion]
    assert closed.judge.calls.patch(f"/api/annotations/{closed.answer}", json={"lead_time": 2.0}).status_code == 200
    for member in (closed.judge, closed.owner):
        assert member.calls.get(f"/api/projects/{closed.number}").json()["title"] == SECRET
    assert closed.reader.calls.get(f"/api/tasks/{closed.open_tasks[0]}").status_code == 200
    assert closed.reader.calls.get(f"/api/projects/{closed.open}").json()["task_number"] == 2


def test_who_does_not_decide_any_more_is_shut_out(closed: Closed) -> None:
    """Also from their own answers; the rule alone closes, whatever else is in it, and a word that looks like it not."""
    project, (task,) = closed.team.project(1, title="soon closed")
    closed.bring(project, {closed.other: "adjudicator"}, {"closed": True, "relations": {}})
    answer = closed.other.submit(task, span("a", ANNA)).raise_for_status().json()["id"]
    closed.bring(project, {closed.judge: "adjudicator"}, {"closed": True})
    for path in (f"/api/annotations/{answer}", f"/api/tasks/{task}", f"/api/projects/{project}"):
        assert closed.other.calls.get(path).status_code in {403, 404}, path
    rules: tuple[dict[str, Any], ...] = (
        {"closed": "true"},
        {"closed": 1},
        {"relations": {'"closed": true': {}}},
        {"deep": {"closed": True}},
    )
    for rule in rules:
        closed.bring(project, {closed.judge: "adjudicator"}, rule)
        assert closed.reader.calls.get(f"/api/projects/{project}").status_code == 200, rule


def test_the_layer_says_that_it_closes_projects(closed: Closed) -> None:
    """One of before does not say so: `labeling cards` does not trust it with a closed project."""
    assert closed.owner.calls.get("/labeling/api/state/").json()["closes"] is True
