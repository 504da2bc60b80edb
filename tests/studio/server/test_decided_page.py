"""The page of what was decided, on the real server: everybody their own, of what they have submitted, and no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from team import ANNA, PHRASE, Member, Team, gather_team, span

from labeling.errors import StudioError
from labeling.studio.api.connect import connect_to
from labeling.studio.api.layer import find_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

PAGE = "/labeling/decided/"
HOSTILE = '<script>alert("x")</script>\u202e&'


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """A team."""
    with gather_team(studio) as found:
        yield found


def row(member: Member, task: int, own: str, **more: Any) -> dict[str, Any]:
    """Something that a member is to be told of a task."""
    given = {"task": task, "email": member.email, "article": f"article {task}", "own": own, "stands": "nothing"}
    return {**given, "at": "2026-11-23T12:00:00.000000Z", **more}


def tell(team: Team, project: int, *rows: dict[str, Any]) -> httpx.Response:
    """Bring what readers are told."""
    return team.owner.calls.put(f"/labeling/api/projects/{project}/decided/", json={"decided": [*rows]})


def read(team: Team, who: Member | None) -> httpx.Response:
    """The page, as somebody who has logged in sees it, or a stranger."""
    with httpx.Client(base_url=team.server.url, timeout=60, trust_env=False) as browser:
        if who:
            seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
            assert seal is not None
            phrase = team.server.password if who is team.owner else PHRASE
            form = {"csrfmiddlewaretoken": seal.group(1), "email": who.email, "password": phrase}
            assert browser.post("/user/login/", data=form, headers={"Origin": team.server.url}).is_redirect
        return browser.get(PAGE)


def test_everybody_reads_their_own_page(team: Team) -> None:
    """Another's rows, an article not submitted, a skip, a gold question, a project one has left: not there."""
    project, tasks = team.project(5, title="decided")
    una, vic = team.reader("una"), team.reader("vic")
    team.plan(project, {"una": tasks, "vic": tasks[:1]}, gold=tasks[2:3])
    for task in (tasks[0], tasks[2]):
        una.submit(task, span("a", ANNA)).raise_for_status()
    una.submit(tasks[3], span("a", ANNA), was_cancelled=True).raise_for_status()
    vic.submit(tasks[0], span("b", ANNA)).raise_for_status()
    rows = [row(una, task, f"own-{place}", words=HOSTILE, why="slip") for place, task in enumerate(tasks)]
    # Twice of one task, and of somebody who is not in the plan.
    more = [
        row(una, tasks[0], "own-again"),
        row(vic, tasks[0], "own-of-vic"),
        row(team.reader("wim"), tasks[0], "of-wim"),
    ]
    assert tell(team, project, *rows, *more).json() == {"decided": 8}

    page = read(team, una)
    assert page.status_code == 200
    assert re.findall(r"own-\w+", page.text) == ["own-again", "own-0"]
    assert f'href="/projects/{project}/data?task={tasks[0]}&amp;own=1"' in page.text
    assert "Why: slip" in page.text
    assert "2026-11-23 12:00 UTC" in page.text
    assert "<script" not in page.text
    assert "<bdi>&lt;script&gt;" in page.text
    assert vic.email not in page.text
    assert re.findall(r"own-\w+", read(team, vic).text) == ["own-of"]
    for outsider in (team.reader("wim"), team.owner):
        assert "Nothing was decided" in read(team, outsider).text
    stranger = read(team, None)
    assert (stranger.status_code, "/user/login" in stranger.headers["location"]) == (302, True)

    # The way there stands in the instruction of whoever is told something.
    def instruction(member: Member) -> str:
        return str(member.calls.get(f"/api/dm/project?project={project}").json()["expert_instruction"] or "")

    assert PAGE in instruction(una)
    assert PAGE not in instruction(team.owner)

    # Other rows take their place; who was taken out, and what is gone, is told of nothing.
    tell(team, project, row(una, tasks[0], "own-new"), row(vic, tasks[0], "own-vic")).raise_for_status()
    assert re.findall(r"own-\w+", read(team, una).text) == ["own-new"]
    with connect_to(team.server.url, team.server.api_key) as studio:
        layer = find_layer(studio)
        assert layer is not None
        assert layer.tells
        layer.remove(vic.email, project)
    assert "Nothing was decided" in read(team, vic).text
    team.owner.calls.delete(f"/api/tasks/{tasks[0]}").raise_for_status()
    assert "Nothing was decided" in read(team, una).text


def test_rows_are_taken_whole_or_not_at_all(team: Team) -> None:
    """A reader brings none; a field too many or of another kind, and a task of another project change nothing."""
    project, (task, *_) = team.project(1)
    _, (strange, *_) = team.project(1)
    una = team.reader("una")
    team.plan(project, {"una": [task]})
    una.submit(task, span("a", ANNA)).raise_for_status()
    tell(team, project, row(una, task, "own-kept")).raise_for_status()
    sound = row(una, task, "own-new")
    for bad in (
        {**sound, "task": strange},
        {**sound, "task": "1"},
        {**sound, "by": "vic"},
        {**sound, "own": ""},
        {**sound, "why": 7},
        {**sound, "email": "una"},
        {**sound, "at": "yesterday"},
        {name: value for name, value in sound.items() if name != "stands"},
    ):
        assert tell(team, project, sound, bad).status_code == 400, bad
    assert una.calls.put(f"/labeling/api/projects/{project}/decided/", json={"decided": []}).status_code == 403
    assert "own-kept" in read(team, una).text
    assert una.calls.post(PAGE, json={}).status_code in {401, 403, 405}
    with connect_to(team.server.url, una.key) as studio, pytest.raises(StudioError):
        find_layer(studio)
