"""An adjudicator settles conflicts by keys alone, in a real Chromium; a reader finds no card there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from card_robot import robot_at
from differing import PHRASE, Desk

from labeling.studio.cards.push_cards import push_cards

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

# What is said of each question, and with which keys besides Ctrl+Enter.
ANSWERS = {
    "Which label?": ("LOCATION", ["s"]),
    "Does this relation hold?": ("no, nothing", []),
    "What happens?": ("both", ["g"]),
}


def test_conflicts_are_settled_by_keys(studio: Credentials, tmp_path: Path) -> None:
    """Two keys each, three with a reason; the next card comes by itself; each answer comes home as it was meant."""
    desk = Desk(tmp_path, studio, "quill").prepare()
    push_cards(desk.project, server=studio)
    with robot_at(studio.url) as robot:
        robot.enter(desk.email("lead"), PHRASE)
        robot.open(desk.number)
        keys, shown = [], []
        while not robot.is_done:
            asked = robot.question
            words, further = next(said for begin, said in ANSWERS.items() if asked.startswith(begin))
            keys.append(2 + len(further))
            shown.append(robot.marks)
            robot.answer(robot.key_of(words), *further)
        assert sum(keys) == robot.actions == 8
        assert sorted(shown) == [
            [],
            ["A COUNTRY", "B LOCATION"],
            ["A PART_OF from: GOV_BODY", "A PART_OF to: COUNTRY"],
        ]

    came = desk.settle()
    assert (came.new, came.quarantined) == (3, {})
    rows = {row.what: (row.decision, row.why, row.by) for row in desk.project.workspace.decisions.rows()}
    assert rows == {
        "span": ("b", "slip", "quill-lead"),
        "relation": ("neither", "", "quill-lead"),
        "choice": ("both", "guideline silent", "quill-lead"),
    }

    assert list(desk.project.workspace.conflicts.rows()) == []
    (gold,) = desk.project.workspace.gold.rows()
    assert (gold.complete, gold.relations, gold.choices) == (True, (), {"event": ("AID", "CONSULT")})
    assert {(span.label, span.rule) for span in gold.spans if span.rule == "adjudicated"} == {
        ("LOCATION", "adjudicated")
    }

    with robot_at(studio.url) as robot:
        robot.enter(desk.email("one"), PHRASE)
        page = robot.page
        refused = page.goto(f"{studio.url}/projects/{desk.number}/data?labeling=1")
        assert refused is not None
        assert refused.status == 404
        page.goto(f"{studio.url}/projects")
        page.get_by_text("Of quill").first.wait_for()
        assert page.get_by_text("Of quill: cards").count() == 0
