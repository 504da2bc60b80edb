"""`labeling push` tells readers what was decided on their articles: by the layer, and elsewhere by a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from differing import Desk

from labeling.studio.cards.push_cards import push_cards
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio


def test_a_push_tells_readers(studio: Credentials, tmp_path: Path) -> None:
    """Once a card is answered, whoever read the article finds it on their page; nobody finds another's name there."""
    desk = Desk(tmp_path, studio, "dunlin", articles=2).prepare()
    push_cards(desk.project, server=studio)
    desk.answer("lead", desk.card_about("span")["id"], "b", "slip")
    desk.settle()
    push(desk.project, server=studio)
    pages = {who: desk.read_page(who, "/labeling/decided/") for who in ("one", "two", "lead")}
    assert "Yours: <bdi>LOCATION “Oslo”</bdi><br>What stands: <bdi>LOCATION “Oslo”</bdi><br>Why: slip" in pages["one"]
    assert "Yours: <bdi>COUNTRY “Oslo”</bdi><br>What stands: <bdi>LOCATION “Oslo”</bdi><br>Why: slip" in pages["two"]
    assert "Nothing was decided" in pages["lead"]
    assert [page.count("<li") for page in pages.values()] == [1, 1, 0]
    assert not any("dunlin" in page for page in pages.values())
    assert not desk.project.workspace.decided_page.exists()

    # Without a layer that knows the people, their lead passes it on.
    text = desk.file.read_text(encoding="utf-8")
    start = text.index("\n[people]\nadjudicators")
    end = text.index("\n[[labels]]", start)
    desk.file.write_text(text[:start] + text[end:], encoding="utf-8")
    push(desk.project, server=studio)
    page = desk.project.workspace.decided_page.read_text(encoding="utf-8")
    assert page.count("<h2>") == 2
    assert page.index("<h2>dunlin-one</h2>") < page.index("Yours: <bdi>LOCATION “Oslo”</bdi>")
    assert "own=1" in page
    assert "dunlin-lead" not in page
