"""Two readers in two browsers, each with their own list: every way into the queue, and what the page tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_steps import Desk, open_browser, open_desk
from team import ANNA, MET, PHRASE, TEXT, Team, gather_team, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

RULE = {"relations": MET, "instruction": "first version"}


@pytest.fixture(scope="module")
def team(studio: Credentials) -> Iterator[Team]:
    """The session's server, and a team on it."""
    with gather_team(studio) as gathered:
        yield gathered


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser; each reader has a context in it."""
    with open_browser() as opened:
        yield opened


def desk_of(team: Team, browser: Browser, name: str) -> Desk:
    """A reader who has logged in."""
    desk = open_desk(browser, team.server.url)
    desk.log_in(team.reader(name).email, PHRASE)
    return desk


def test_each_reader_is_served_their_own_list_by_every_way_in(team: Team, browser: Browser) -> None:
    """Button, reload, bookmark and link; Submit and Skip lead on; the bar counts their own; the instruction opens once.

    A link to an article that is not on the list leads to the table; two clicks on Submit are one annotation.
    """
    project, tasks = team.project(4, show_instruction=True, expert_instruction="<p>Mark people.</p>")
    team.plan(project, {"ana": tasks[:3], "ben": tasks[::-1]}, RULE)
    ana, ben = (desk_of(team, browser, name) for name in ("ana", "ben"))
    address = f"/projects/{project}/data?labeling=1"

    ana.press_label_all(project)
    assert (ana.text(), ana.sees_instruction(), ana.counter()) == (TEXT.format(0), True, "1 of 3")
    ana.reload()
    assert (ana.text(), ana.sees_instruction()) == (TEXT.format(0), False)
    ben.open(address)
    assert (ben.text(), ben.sees_instruction(), ben.counter()) == (TEXT.format(3), True, "1 of 4")

    assert ana.submit() == 201
    ana.wait_for_article(TEXT.format(1))
    assert ana.counter() == "2 of 3"
    ana.open(address)
    assert ana.text() == TEXT.format(1)
    ana.page.goto(f"{team.server.url}/projects/{project}/data?task={tasks[3]}")
    ana.page.get_by_role("button", name="Label All Tasks").wait_for()
    assert f"task={tasks[3]}" not in ana.page.url

    assert ben.skip() == 201
    ben.wait_for_article(TEXT.format(2))
    ben.mark("p", TEXT.format(2), "Anna")
    ben.page.get_by_role("button", name="Submit").first.dblclick()
    ben.wait_for_article(TEXT.format(1))
    assert (ben.text(), ben.counter()) == (TEXT.format(1), "3 of 4")
    assert [row["result"] for row in team.reader("ben").own(tasks[2])] != []
    rows = team.owner.calls.get("/api/tasks", params={"project": project}).json()["tasks"]
    assert {row["id"]: row["total_annotations"] + row["cancelled_annotations"] for row in rows} == dict(
        zip(tasks, (1, 0, 1, 1), strict=True)
    )


def test_a_refused_relation_is_explained_and_mended(team: Team, browser: Browser) -> None:
    """The page shows our sentence; the draft survives a reload; named, it is submitted, and no draft is left over."""
    project, (task,) = team.project(1)
    team.plan(project, {"ana": [task]}, RULE)
    ana, text = desk_of(team, browser, "ana"), TEXT.format(0)
    ana.open(f"/projects/{project}/data?labeling=1")
    ana.mark("p", text, "Anna")
    ana.mark("p", text, "Bob")
    ana.relate("Anna", "Bob")

    assert ana.submit() == 403
    assert "The relation from “Anna” to “Bob” has no name" in ana.toast()
    ana.reload()
    ana.page.locator(".htx-highlight").nth(1).wait_for()
    ana.show_relations()
    ana.name_relation("MET")
    assert ana.submit() == 201
    ana.page.get_by_text("No More Tasks Left in Queue").wait_for()
    reader = team.reader("ana")
    assert reader.drafts(task) == []
    assert [row["labels"] for row in reader.own(task)[0]["result"] if row["type"] == "relation"] == [["MET"]]


def test_an_article_to_look_at_again_opens_as_the_readers_own(team: Team, browser: Browser) -> None:
    """With why above it, and Update in place of Submit, after which the next article comes."""
    project, tasks = team.project(2)
    team.plan(project, {"ana": tasks}, RULE)
    reader = team.reader("ana")
    own = reader.submit(tasks[1], span("a", ANNA)).json()["id"]
    team.ask_again(project, "ana", tasks[1], "label PLACE", "asked for since Monday")
    ana = desk_of(team, browser, "ana")
    ana.open(f"/projects/{project}/data?labeling=1")

    assert ana.text() == TEXT.format(1)
    assert "label PLACE: asked for since Monday" in ana.page.locator(".lw-again").first.inner_text()
    ana.mark("l", TEXT.format(1), "Rome")
    assert ana.submit("Update") == 200
    ana.wait_for_article(TEXT.format(0))
    assert ana.page.locator(".lw-again").first.inner_text().strip() == ""
    assert [(row["id"], len(row["result"])) for row in reader.own(tasks[1])] == [(own, 2)]
