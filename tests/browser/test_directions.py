"""Right-to-left and mixed texts in a real Chromium: each paragraph in its own direction, marks where they are drawn.

Also the list of articles: people find an article by its title and its date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest
from page_steps import TEXT_BOX, open_page

from labeling.project import Project, load_project
from labeling.studio.api.connect import connect
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Response

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

# Arabic with a number and a name in Latin letters; English with a name in Hebrew; an empty line between paragraphs.
TEXT = (
    "قال وزير الخارجية أحمد سالم إن Anna Berg ستصل إلى الخرطوم في 24 مايو.\n\n"
    "The talks with יעל כהן were held in Oslo.\nנשיא נורווגיה 😀 ביקר בחיפה."  # noqa: RUF001 - Hebrew
)
TITLE = "محادثات في أوسلو with Norway"
ARTICLE = made.article("wire/rtl", TEXT, source="Harbour Times", title=TITLE, published="2024-03-12")
MARKED = [
    ("p", "PERSON", "أحمد سالم"),
    ("p", "PERSON", "Anna Berg"),
    ("l", "LOCATION", "الخرطوم"),
    ("p", "PERSON", "יעל כהן"),
    ("l", "LOCATION", "Oslo"),
    ("c", "COUNTRY", "נורווגיה"),
]

# The rectangles of the characters of a stretch, given in UTF-16 units without line breaks: left, right, middle, height.
CHARACTERS = """([root, start, end]) => {
  const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
  const boxes = [];
  let offset = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.htx-no-label, [data-no-text]')) continue;
    for (let i = 0; i < node.length; i++, offset++) {
      if (offset < start || offset >= end) continue;
      const range = document.createRange();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const box = range.getBoundingClientRect();
      boxes.push([box.left, box.right, (box.top + box.bottom) / 2]);
    }
  }
  return boxes;
}"""


@pytest.fixture(scope="module")
def project(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped schema, with one article on the server."""
    project = load_project(workspace=tmp_path_factory.mktemp("directions"))
    project.workspace.articles.write([ARTICLE])
    push(project, server=studio)
    return project


@pytest.fixture(scope="module")
def page(studio: Credentials) -> Iterator[Page]:
    """A browser in which the annotator has logged in."""
    with open_page(studio) as page:
        yield page


def boxes(page: Page, start: int, end: int) -> list[list[float]]:
    """Where the characters of a stretch of the text are, in pixels; the page has no line breaks in its text nodes."""

    def units(offset: int) -> int:
        return len(TEXT[:offset].replace("\n", "").encode("utf-16-le")) // 2

    found: list[list[float]] = page.evaluate(CHARACTERS, [TEXT_BOX, units(start), units(end)])
    return found


def mark(page: Page, hotkey: str, words: str) -> None:
    """Choose a label by its hotkey, drag from the first character of the words to the last, as a reader does."""
    before = page.locator(".lsf-outliner-item").count()
    page.evaluate("getSelection().removeAllRanges()")
    page.keyboard.press(hotkey)
    page.wait_for_timeout(200)
    start = TEXT.index(words)
    found = boxes(page, start, start + len(words))
    first, last = found[0], found[-1]
    leftwards = first[0] > last[0]
    begin, end = (first[1] - 0.5, last[0] + 0.3) if leftwards else (first[0] + 0.5, last[1] - 0.3)
    page.mouse.move(begin, first[2])
    page.mouse.down()
    page.mouse.move((begin + end) / 2, first[2], steps=3)
    page.mouse.move(end, last[2], steps=3)
    page.mouse.up()
    page.wait_for_function("n => document.querySelectorAll('.lsf-outliner-item').length > n", arg=before)
    page.keyboard.press("u")


def stores_annotation(response: Response) -> bool:
    """Whether a submission was answered."""
    return response.request.method == "POST" and response.url.split("?")[0].rstrip("/").endswith("/annotations")


def test_paragraphs_run_in_their_own_direction_and_marks_are_exact(
    page: Page, project: Project, studio: Credentials
) -> None:
    """The Arabic and the Hebrew paragraph begin at the right, the English one at the left; six spans are exact."""
    with connect(project.workspace, studio) as server:
        remote = find_linked_project(server, project.workspace)
    page.goto(f"{studio.url}/projects/{remote.number}/data?labeling=1")
    page.wait_for_selector(TEXT_BOX)
    page.get_by_role("button", name="Close modal").click()
    page.locator(".lsf-modal-ls__body").wait_for(state="hidden")

    area = page.locator(TEXT_BOX).bounding_box()
    assert area is not None
    left, right = area["x"], area["x"] + area["width"]
    starts = [0, TEXT.index("The talks"), TEXT.index("נשיא")]
    arabic, english, hebrew = (boxes(page, start, start + 1)[0] for start in starts)
    assert right - arabic[1] < 40, "its first letter is at the right"
    assert english[0] - left < 40
    assert right - hebrew[1] < 40
    # The empty line keeps its room: the paragraphs are further apart than the next two.
    assert english[2] - arabic[2] > 1.5 * (hebrew[2] - english[2])

    for hotkey, _, words in MARKED:
        mark(page, hotkey, words)
    with page.expect_response(stores_annotation) as stored:
        page.get_by_role("button", name="Submit").first.click()
    assert stored.value.status == 201
    assert pull(project, server=studio).quarantined == {}
    (annotation,) = project.workspace.annotations.rows()
    assert {(span.label, TEXT[span.start : span.end]) for span in annotation.spans} == {
        (label, words) for _, label, words in MARKED
    }


def test_the_list_shows_title_and_date_and_no_technical_key(page: Page, project: Project, studio: Credentials) -> None:
    """What people know an article by stands there at first sight; digests do not."""
    with connect(project.workspace, studio) as server:
        remote = find_linked_project(server, project.workspace)
    page.goto(f"{studio.url}/projects/{remote.number}/data")
    page.get_by_text(TITLE).first.wait_for()
    shown = page.inner_text("body").casefold()

    assert "published" in shown
    assert "2024-03-12" in shown
    assert ARTICLE.digest[:16] not in shown
    assert "digest" not in shown
