"""What annotators see and do, in a real Chromium on a real Label Studio; and what `pull` then returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest
from page_steps import TEXT_BOX, Desk, open_page

from labeling.annotations import Annotation, Relation, Span
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page, Response

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

# An emoji and a flag stand before everything that is marked: offsets counted in UTF-16 would be wrong by then.
TEXT = "Talks 😀🇲🇻 in Oslo.The Norwegian Foreign Ministry met Ana Duarte on Monday."
ARTICLE = made.article("wire/1", TEXT, source="Harbour Times", title="Talks held", published="2024-03-12")
MONDAY = TEXT.index("Monday")
SUGGESTED = Span(id="p1", start=MONDAY, end=MONDAY + len("Monday"), label="DATE")


@pytest.fixture(scope="module")
def project(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped schema, with one article and one suggestion on the server."""
    project = load_project(workspace=tmp_path_factory.mktemp("page"))
    project.workspace.articles.write([ARTICLE])
    suggestion = Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="model:rules", spans=(SUGGESTED,))
    project.workspace.suggestions.write([suggestion])
    push(project, server=studio)
    return project


@pytest.fixture(scope="module")
def page(studio: Credentials) -> Iterator[Page]:
    """A browser in which the annotator has logged in."""
    with open_page(studio) as page:
        yield page


def test_pull_returns_what_was_marked_in_the_page(page: Page, project: Project, studio: Credentials) -> None:
    """Title, labels and suggestion are there; hotkeys mark spans after an emoji; all of it comes back exactly."""
    with connect(project.workspace, studio) as server:
        remote = find_linked_project(server, project.workspace)
        (task,) = server.tasks(remote.number)
    _open(page, f"{studio.url}/projects/{remote.number}/data?labeling=1")

    for shown in ("Talks held", "Harbour Times", "2024-03-12"):
        assert page.get_by_text(shown).first.is_visible()
    for label in project.schema.label_names:
        assert page.locator(".lsf-label", has_text=label).first.is_visible()
    assert _regions(page) == [("DATE", "Monday")]

    _mark(page, "l", "Oslo")
    _mark(page, "g", "Norwegian Foreign Ministry")
    _mark(page, "c", "Norwegian")
    _mark(page, "p", "Ana Duarte")
    _doubt(page, "PERSON", "spelled two ways")
    _relate(page, "GOV_BODY", "COUNTRY", "PART_OF")
    page.keyboard.press("2")
    assert page.locator('input[name="CONSULT"]').is_checked()
    with page.expect_response(_stores_annotation) as stored:
        page.get_by_role("button", name="Submit").first.click()
    assert stored.value.status == 201

    summary = pull(project, server=studio)
    (annotation,) = project.workspace.annotations.rows()

    assert summary.quarantined == {}
    assert annotation.task == task.number
    assert annotation.state == "submitted"
    assert {_said(span) for span in annotation.spans} == {
        ("DATE", "Monday", False, ""),
        ("LOCATION", "Oslo", False, ""),
        ("GOV_BODY", "Norwegian Foreign Ministry", False, ""),
        ("COUNTRY", "Norwegian", False, ""),
        ("PERSON", "Ana Duarte", True, "spelled two ways"),
    }
    ids = {span.label: span.id for span in annotation.spans}
    assert annotation.relations == (Relation(head=ids["GOV_BODY"], tail=ids["COUNTRY"], label="PART_OF"),)
    assert annotation.choices == {"event": ("CONSULT",)}


def _open(page: Page, url: str) -> None:
    """Open the labelling stream, see the instruction, and close it."""
    page.goto(url)
    page.wait_for_selector(TEXT_BOX)
    instruction = page.locator(".lsf-modal-ls__body")
    instruction.wait_for()
    assert "PERSON" in instruction.inner_text()
    page.get_by_role("button", name="Close modal").click()
    instruction.wait_for(state="hidden")
    page.locator(".htx-highlight").first.wait_for()


def _regions(page: Page) -> list[tuple[str, str]]:
    """Label and words of each region in the list beside the text."""
    items = page.locator(".lsf-outliner-item").all_inner_texts()
    return [(lines[1], lines[2]) for lines in (item.splitlines() for item in items) if len(lines) > 2]


def _mark(page: Page, hotkey: str, words: str) -> None:
    """Label words of the text, as a reader does."""
    Desk(page.url, page).mark(hotkey, TEXT, words)


def _highlight(page: Page, label: str) -> Locator:
    return page.locator(f'.htx-highlight[data-label$="{label}"]').first


def _doubt(page: Page, label: str, note: str) -> None:
    """Select a span, tick `unsure` by its hotkey, and leave a note."""
    _highlight(page, label).click(position={"x": 10, "y": 8})
    page.locator(".lw-span input[name=note]").wait_for()
    page.keyboard.press("q")
    field = page.locator(".lw-span input[name=note]")
    field.fill(note)
    field.press("Enter")
    page.keyboard.press("u")


def _relate(page: Page, head: str, tail: str, label: str) -> None:
    """Draw a relation from one span to another, and label it in the panel."""
    _row(page, head).click()
    page.keyboard.press("Alt+r")
    page.wait_for_timeout(200)
    _row(page, tail).click()
    page.locator(".lsf-panel-tabs__tab:visible", has_text="Relations").first.click()
    relation = page.locator(".lsf-relations__item").first
    relation.hover()
    relation.locator(".lsf-relations__action button").first.click()
    page.locator(".lsf-relation-meta button").first.click()
    options = page.locator("[role=option], [data-slot=command-item], [data-testid^=select-option]")
    options.filter(has_text=label).first.click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)


def _row(page: Page, label: str) -> Locator:
    return page.locator(".lsf-outliner-item", has_text=label).first


def _stores_annotation(response: Response) -> bool:
    return response.request.method == "POST" and response.url.split("?")[0].rstrip("/").endswith("/annotations")


def _said(span: Span) -> tuple[str, str, bool, str]:
    return span.label, TEXT[span.start : span.end], span.unsure, span.note
