"""Whoever has left a project on the real embedded server: nothing of it is open to them, and their words stay."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from team import ANNA, BOB, PHRASE, Member, Team, gather_team, span

from labeling.project import load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.sync.team_plan import bring_team_plan, open_team_plan
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.server_state import PushedTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


def remove(team: Team, project: int, name: str) -> dict[str, int]:
    """Take a member out, as `labeling people remove` does."""
    body = {"email": team.reader(name).email, "project": project}
    answer = team.owner.calls.request("DELETE", "/labeling/api/people/", json=body)
    return dict(answer.raise_for_status().json())


@contextmanager
def log_in(team: Team, name: str) -> Iterator[httpx.Client]:
    """A member's own browser, as far as it is a log-in."""
    with httpx.Client(base_url=team.server.url, timeout=60, trust_env=False) as browser:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
        form = {"email": team.reader(name).email, "password": PHRASE}
        form["csrfmiddlewaretoken"] = seal.group(1) if seal else ""
        assert browser.post("/user/login/", data=form, headers={"Origin": team.server.url}).is_redirect
        browser.headers["Origin"] = team.server.url
        yield browser


def words_of(team: Team, tasks: list[int], name: str) -> list[Any]:
    """What the owner finds of a member: annotations and drafts, without their dates."""
    number = team.reader(name).number
    opened = [team.owner.calls.get(f"/api/tasks/{task}").json() for task in tasks]
    said = [each for task in opened for each in task["annotations"] if each["completed_by"]["id"] == number]
    drafted = [
        draft
        for task in tasks
        for draft in team.owner.calls.get(f"/api/tasks/{task}/drafts").json()
        if team.reader(name).email in str(draft["user"])
    ]
    return [(each["id"], each["result"], each.get("was_cancelled")) for each in (*said, *drafted)]


def ways_to_work(project: int, tasks: list[int], own: int, draft: int, view: int) -> list[tuple[str, str, Any]]:
    """Every way by which a reader opens, drafts, submits, changes or deletes: method, path, body."""
    body: dict[str, Any] = {"result": [span("b", BOB)], "lead_time": 3.0}
    return [
        *(("GET", f"/api/tasks/{task}", None) for task in tasks),
        *(("GET", f"/api/tasks/{task}/annotations", None) for task in tasks),
        *(("GET", f"/api/tasks/{task}/drafts/", None) for task in tasks),
        *(("POST", f"/api/tasks/{task}/drafts", body) for task in tasks),
        *(("POST", f"/api/tasks/{task}/annotations", body) for task in tasks),
        *(("POST", f"/api/tasks/{task}/annotations/?was_cancelled=1", body) for task in tasks),
        ("GET", f"/api/annotations/{own}", None),
        ("PATCH", f"/api/annotations/{own}", body),
        ("PATCH", f"/api/annotations/{own}/", {"was_cancelled": True}),
        ("PUT", f"/api/annotations/{own}", body),
        ("POST", f"/api/annotations/{own}/convert-to-draft", {}),
        ("POST", f"/api/tasks/{tasks[0]}/annotations/{own}/drafts", body),
        ("GET", f"/api/tasks/{tasks[0]}/annotations/{own}/drafts", None),
        ("DELETE", f"/api/annotations/{own}", None),
        ("GET", f"/api/drafts/{draft}", None),
        ("PATCH", f"/api/drafts/{draft}", body),
        ("DELETE", f"/api/drafts/{draft}", None),
        ("GET", f"/api/projects/{project}/next", None),
        ("POST", f"/api/dm/actions?id=next_task&project={project}", {"project": project}),
        ("POST", "/api/dm/views", {"project": project, "data": {"title": "mine"}}),
        ("PATCH", f"/api/dm/views/{view}", {"project": project, "data": {"title": "mine"}}),
        ("DELETE", f"/api/dm/views/{view}", None),
        ("GET", f"/api/tasks?project={project}", None),
        ("GET", f"/api/tasks?view={view}", None),
        ("GET", f"/api/dm/project?project={project}", None),
        ("GET", f"/api/projects/{project}", None),
        ("GET", f"/api/projects/{project}/label-stream-history", None),
    ]


def work_of(member: Member, project: int, tasks: list[int]) -> tuple[int, int, int]:
    """Let somebody submit the first of three tasks, draft the second and be shown the third: what they made."""
    own = member.submit(tasks[0], span("a", ANNA)).json()["id"]
    drafted = member.calls.post(f"/api/tasks/{tasks[1]}/drafts", json={"result": [span("a", ANNA)]}).json()["id"]
    assert member.calls.get(f"/api/tasks/{tasks[2]}").status_code == 200
    view = member.calls.post("/api/dm/views", json={"project": project, "data": {"title": "tab"}}).json()["id"]
    return own, drafted, view


@pytest.mark.parametrize("how", ["removed", "removed last", "not in the next plan", "no plan any more"])
def test_whoever_has_left_opens_and_changes_nothing(team: Team, how: str) -> None:
    """By key and by a log-in of before; what they submitted stays, in their name. It holds without a plan, too."""
    name = f"leaver-{how.replace(' ', '-')}"
    leaver, stays = team.reader(name), team.reader("stays")
    project, tasks = team.project(3)
    team.plan(project, {name: tasks} if how == "removed last" else {name: tasks, "stays": tasks})
    own, draft, view = work_of(leaver, project, tasks)
    before = words_of(team, tasks, name)
    with log_in(team, name) as browser:
        assert browser.get(f"/api/tasks/{tasks[0]}").status_code == 200
        if how == "not in the next plan":
            team.plan(project, {"stays": tasks})
        else:
            assert remove(team, project, name) == {"given_back": 2, "submitted": 1}
        if how == "no plan any more":
            team.plan(project, {})
        for calls in (leaver.calls, browser):
            for method, path, body in ways_to_work(project, tasks, own, draft, view):
                answer = calls.request(method, path, json=body)
                assert answer.status_code in {403, 404}, (method, path, answer.status_code, answer.text[:200])
                assert "Anna" not in answer.text, path
            assert project not in [each["id"] for each in calls.get("/api/projects").json()["results"]]
    assert words_of(team, tasks, name) == before
    assert [row["account"] for row in team.kept(project, "first", tasks[0])] == [leaver.number]
    assert stays.next(project).status_code == (404 if how == "removed last" else 200)


def test_a_push_before_the_next_assign_lets_nobody_in_again(team: Team, tmp_path: Path) -> None:
    """The plan in the workspace still has rows of somebody who is not in the project file any more."""
    leaver, stays = team.reader("leaver-of-the-file"), team.reader("stays")
    project, tasks = team.project(2)
    team.plan(project, {"leaver-of-the-file": tasks, "stays": []})
    own = leaver.submit(tasks[0], span("a", ANNA)).json()["id"]
    remove(team, project, "leaver-of-the-file")
    shipped = (Path(__file__).parents[3] / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    section = f'[people]\n[[people.reader]]\nemail = "{stays.email}"\n[[labels]]'
    (tmp_path / "team.toml").write_text(shipped.replace("[[labels]]", section, 1), encoding="utf-8")
    ours = load_project(tmp_path / "team.toml", tmp_path / "work")
    ours.workspace.assignments.write(
        Assignment(article=f"a{place}", reader=leaver.email, part="first", order=place + 1) for place in range(2)
    )
    known = {
        (f"a{place}", ""): PushedTask(article=f"a{place}", digest="", task=task) for place, task in enumerate(tasks)
    }
    with connect_to(team.server.url, team.server.api_key) as studio:
        bring_team_plan(ours, studio, project, open_team_plan(ours, studio, print), known, [])

    assert len(team.owner.calls.get(f"/labeling/api/projects/{project}/plan/").json()["assignments"]) == 2
    assert leaver.next(project).status_code == 404
    assert [leaver.calls.get(f"/api/tasks/{task}").status_code for task in tasks] == [404, 404]
    assert leaver.calls.delete(f"/api/annotations/{own}").status_code == 404


def test_whoever_comes_back_finds_their_work_again(team: Team) -> None:
    """Taken out, and in the plan of the next push: their own words are open, and they go on."""
    back = team.reader("back")
    project, tasks = team.project(2)
    team.plan(project, {"back": tasks})
    own = back.submit(tasks[0], span("a", ANNA)).json()["id"]
    remove(team, project, "back")
    assert back.next(project).status_code == 404
    team.plan(project, {"back": tasks})

    assert back.next(project).json()["id"] == tasks[1]
    assert back.calls.patch(f"/api/annotations/{own}", json={"result": [span("b", BOB)]}).status_code == 200
    assert back.own(tasks[0])[0]["result"] == [span("b", BOB)]


def test_an_adjudicator_who_has_left_decides_and_reads_nothing(team: Team) -> None:
    """Their role goes with them, and what they wrote themselves is closed to them like a reader's."""
    judge = team.reader("judge-who-leaves")
    project, tasks = team.project(2)
    team.plan(project, {"stays": tasks[:1]})
    path = f"/labeling/api/projects/{project}/plan/"
    plan = team.owner.calls.get(path).json()
    people = [*plan["people"], {"email": judge.email, "role": "adjudicator"}]
    team.owner.calls.put(path, json={**plan, "people": people}).raise_for_status()
    own = judge.submit(tasks[1], span("a", ANNA)).json()["id"]
    remove(team, project, "judge-who-leaves")

    for method, tried in (("GET", f"/api/tasks/{tasks[1]}"), ("DELETE", f"/api/annotations/{own}")):
        assert judge.calls.request(method, tried).status_code == 404
    assert judge.calls.get("/api/tasks", params={"project": project}).status_code == 404
    assert judge.calls.get(f"/api/predictions?project={project}").status_code == 403
    assert len(words_of(team, tasks, "judge-who-leaves")) == 1


def test_a_reader_who_stays_keeps_what_the_plan_gave_to_another(team: Team) -> None:
    """An article that was opened before the plan moved it stays open to the plan's people, and to nobody else."""
    mover = team.reader("mover")
    project, tasks = team.project(2)
    team.plan(project, {"mover": tasks, "stays": []})
    assert mover.calls.get(f"/api/tasks/{tasks[0]}").status_code == 200
    team.plan(project, {"mover": tasks[1:], "stays": tasks[:1]})
    assert mover.submit(tasks[0]).status_code == 201
    stranger = team.reader("stranger-to-the-plan")
    assert stranger.calls.get(f"/api/tasks/{tasks[0]}").status_code == 404
