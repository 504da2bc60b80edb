"""Whoever follows a link to an article gets their own annotation or a new one, in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from card_robot import robot_at
from differing import PHRASE, Desk
from page_steps import wait_for_text

from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]


def follow(studio: Credentials, email: str, phrase: str, link: str, button: str, *, submits: bool = False) -> None:
    """Follow a link until the page shows that button, and perhaps press it.

    A page that opens an annotation shows "Submit" for a moment before it shows "Update".
    """
    with robot_at(studio.url) as robot:
        robot.enter(email, phrase)
        page = robot.page
        page.goto(link)
        wait_for_text(page)
        page.wait_for_load_state("networkidle")
        shown = page.locator("button", has_text=re.compile(f"^{button}$")).first
        shown.wait_for()
        if submits:
            with page.expect_response(
                lambda answer: answer.request.method in {"POST", "PATCH"} and "annot" in answer.url
            ):
                shown.click()


def test_a_link_opens_nobody_elses_annotation(studio: Credentials, tmp_path: Path) -> None:
    """The owner who follows a conflict's link and submits has made one of their own; a reader updates their own."""
    desk = Desk(tmp_path, studio, "siskin").prepare()
    (link,) = list_task_urls(desk.project.workspace).values()
    (task,) = desk.tasks().values()

    def said() -> dict[int, Any]:
        rows = desk.ask("owner", "GET", f"/api/tasks/{task}/annotations/").json()
        return {row["id"]: (row["completed_by"], row["result"], row["updated_at"]) for row in rows}

    before = said()
    follow(studio, studio.email, studio.password, link, "Submit", submits=True)
    after = said()
    assert {number: row for number, row in after.items() if number in before} == before
    assert len(after) == 3
    follow(studio, desk.email("one"), PHRASE, link, "Update")
    follow(studio, desk.email("lead"), PHRASE, link, "Submit")
    # Others' words are kept from the page alone, and only by such a link.
    seen = desk.ask("lead", "GET", f"/api/tasks/{task}/").json()["annotations"]
    assert {row["id"] for row in seen} == after.keys()
    led = desk.ask("lead", "GET", f"/api/tasks/{task}/", headers={"Referer": f"{link[:-6]}0&own=1"})
    assert len(led.json()["annotations"]) == 3
