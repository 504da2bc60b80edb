"""Every mention at once in the page: a name is marked once, and what is wrong removed once; `pull` tells them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import made
import pytest
from page_steps import Desk, open_browser, open_desk
from team import PHRASE, gather_team

from labeling.annotations import Annotation, Span
from labeling.learning.readings import record_readings
from labeling.project import load_project, shipped_config
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

# Signs of two UTF-16 units stand before everything that is marked.
TEXT = "Talks 😀🇲🇻 in Oslo. NORWAY met Oslo's mayor in Oslofjord.\nNorway left Oslo for Berlin."
ARTICLE = made.article("wire/mentions", TEXT)
BERLIN = Span(id="p1", start=TEXT.index("Berlin"), end=TEXT.index("Berlin") + 6, label="LOCATION")


def test_a_name_is_marked_once_and_what_is_wrong_is_removed_once(studio: Credentials, tmp_path: Path) -> None:
    """Drawn, removed, reloaded and drawn again by a reader; a model asked for its spans; then pulled."""
    config = tmp_path / "project.toml"
    config.write_text(f"{shipped_config('diplomatic.toml').read_text(encoding='utf-8')}\n[assist]\n", encoding="utf-8")
    project = load_project(config, workspace=tmp_path / "workspace")
    project.workspace.articles.write([ARTICLE])
    number = push(project, server=studio).project
    with gather_team(studio) as team, open_browser() as browser:
        desk = open_desk(browser, studio.url)
        desk.log_in(team.reader("marks-once").email, PHRASE)
        desk.open(f"/projects/{number}/data?labeling=1")
        desk.sees_instruction()
        desk.mark("l", TEXT, "Oslo")
        wait_for(desk, [("LOCATION", "Oslo")] * 3)
        remove(desk, 1)
        desk.mark("c", TEXT, "NORWAY")
        wait_for(desk, [("COUNTRY", "NORWAY"), ("COUNTRY", "Norway"), *[("LOCATION", "Oslo")] * 2])
        keep_draft(desk)
        desk.reload()
        desk.sees_instruction()
        desk.mark("l", TEXT, "Oslofjord")
        # A model that came after the reader had begun.
        suggestion = Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="model:late", spans=(BERLIN,))
        project.workspace.suggestions.write([suggestion])
        push(project, server=studio)
        ask_model(desk, "Oslofjord")
        places = ["Oslo", "Oslo", "Oslofjord", "Berlin"]
        wait_for(desk, [("COUNTRY", "NORWAY"), ("COUNTRY", "Norway"), *(("LOCATION", words) for words in places)])
        assert desk.submit() == 201
    pull(project, server=studio, changes=True)
    (row,) = record_readings(project, 1, {})
    counts = row.actions
    assert (counts.spans_added, counts.mentions_kept, counts.mentions_removed, counts.spans_removed) == (3, 3, 1, 0)
    (said,) = project.workspace.annotations.rows()
    assert {(TEXT[span.start : span.end], span.start, span.offered) for span in said.spans} == {
        ("Oslo", TEXT.index("Oslo"), False),
        ("Oslo", TEXT.rindex("Oslo"), True),
        ("NORWAY", TEXT.index("NORWAY"), False),
        ("Norway", TEXT.index("Norway"), True),
        ("Oslofjord", TEXT.index("Oslofjord"), False),
        ("Berlin", TEXT.index("Berlin"), True),
    }


def wait_for(desk: Desk, regions: list[tuple[str, str]]) -> None:
    """Wait until the page has these regions, by label and words, and no others come."""
    count = "n => document.querySelectorAll('.lsf-outliner-item').length >= n"
    desk.page.wait_for_function(count, arg=len(regions))
    desk.page.wait_for_timeout(500)
    assert sorted(listed(desk)) == sorted(regions)


def listed(desk: Desk) -> list[tuple[str, str]]:
    """Label and words of each region."""
    items = [item.splitlines() for item in desk.page.locator(".lsf-outliner-item").all_inner_texts()]
    return [(lines[1], lines[2]) for lines in items if len(lines) > 2]


def remove(desk: Desk, number: int) -> None:
    """Remove a region, by its place in the list."""
    before = desk.page.locator(".lsf-outliner-item").count()
    desk.page.locator(".lsf-outliner-item").nth(number).click()
    desk.page.wait_for_timeout(200)
    desk.page.keyboard.press("Backspace")
    desk.page.wait_for_function("n => document.querySelectorAll('.lsf-outliner-item').length < n", arg=before)


def keep_draft(desk: Desk) -> None:
    """Wait until the page has saved what there is."""
    desk.page.wait_for_timeout(5000)
    saved: list[Any] = [path for method, path, status, _ in desk.answers if "/drafts" in path and status < 300]
    assert saved


def ask_model(desk: Desk, words: str) -> None:
    """Write the note that asks a model for its spans, and wait for its answer."""
    desk.page.locator(".lsf-outliner-item", has_text=words).first.click()
    note = desk.page.locator(".lw-span input[name=note]")
    note.fill("model?")
    with desk.page.expect_response(lambda answer: "/interactive-annotating" in answer.url):
        note.press("Enter")
