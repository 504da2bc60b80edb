"""An adjudicator settles a whole article in a real Chromium: what is agreed is there, what differs is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from card_robot import robot_at
from differing import PHRASE, Desk

from labeling.studio.cards.push_articles import push_articles

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]


def test_an_article_is_settled_as_a_whole(studio: Credentials, tmp_path: Path) -> None:
    """The page begins with what all agree on; one key, Ctrl+Enter, and what was submitted is gold."""
    desk = Desk(tmp_path, studio, "heron").prepare()
    push_articles(desk.project, server=studio)
    further = desk.project.workspace.studio_link.value().articles
    assert further is not None
    with robot_at(studio.url) as robot:
        robot.enter(desk.email("lead"), PHRASE)
        robot.open(further.project)
        # A stretch within another has its name once.
        assert {*robot.marks} - {""} == {"COUNTRY", "GOV_BODY", "PERSON", "differs"}
        assert "heron-two: COUNTRY “Oslo”" in robot.page.locator(".lw-differences").inner_text()
        robot.answer("2")
        assert robot.is_done

    came = desk.settle()
    assert (came.new, came.quarantined) == (1, {})
    assert list(desk.project.workspace.conflicts.rows()) == []
    (stands,) = desk.project.workspace.gold.rows()
    assert (stands.complete, stands.relations, stands.choices) == (True, (), {"event": ("CONSULT",)})
    assert {span.label for span in stands.spans} == {"PERSON", "GOV_BODY", "COUNTRY"}
    assert len(stands.spans) == 3
