"""What somebody does in the server's page, step by step, in a real Chromium; each of several people in a context."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Response

    from labeling.studio.server.credentials import Credentials

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEXT_BOX = ".lsf-htx-richtext"
INSTRUCTION = ".lsf-modal-ls__body"
PATIENCE = 90_000  # milliseconds
# After so long a page that shows nothing is loaded again.
_BLANK = 45_000

# The rectangle of one character of the text, in pixels: where the mouse must go down or up.
CHARACTER = """([root, offset]) => {
  const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.htx-no-label, [data-no-text]')) continue;
    if (offset < node.length) {
      const range = document.createRange();
      range.setStart(node, offset);
      range.setEnd(node, offset + 1);
      const box = range.getBoundingClientRect();
      return [box.left, box.right, (box.top + box.bottom) / 2];
    }
    offset -= node.length;
  }
}"""


@dataclass
class Desk:
    """Somebody's browser, and every answer of the server's API that it got: (method, path with query, status, JSON)."""

    url: str
    page: Page
    answers: list[tuple[str, str, int, Any]] = field(default_factory=list)

    def log_in(self, email: str, phrase: str) -> None:
        """Fill in the log-in page."""
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", phrase)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, address: str) -> None:
        """Go to an address of the server, as a bookmark or a link does, and wait for an article."""
        self.page.goto(f"{self.url}{address}")
        wait_for_text(self.page)

    def press_label_all(self, project: int) -> None:
        """Open the table of a project, and press the button of its label stream."""
        self.page.goto(f"{self.url}/projects/{project}/data")
        self.page.get_by_role("button", name="Label All Tasks").click()
        self.page.wait_for_selector(TEXT_BOX)

    def reload(self) -> None:
        """Load the same address again."""
        self.page.reload()
        wait_for_text(self.page)

    def sees_instruction(self) -> bool:
        """Whether the instruction lies over the page; it is closed if so."""
        instruction = self.page.locator(INSTRUCTION)
        # It comes, if at all, after the last answer.
        self.page.wait_for_load_state("networkidle")
        try:
            instruction.wait_for(timeout=1500)
        except Exception:  # noqa: BLE001 - whatever it is, there is none
            return False
        self.page.get_by_role("button", name="Close modal").click()
        instruction.wait_for(state="hidden")
        return True

    def text(self) -> str:
        """The article's text as it is shown."""
        return self.page.locator(TEXT_BOX).first.inner_text()

    def wait_for_article(self, text: str) -> None:
        """Wait until that article is the one that is shown."""
        self.page.locator(TEXT_BOX, has_text=text).first.wait_for()

    def counter(self) -> str:
        """What the top bar says of how far one is, as "2 of 3"."""
        shown = self.page.locator("[class*=current-task]").first.inner_text()
        found = re.search(r"\d+ of \d+", shown)
        return found.group() if found else shown

    def mark(self, hotkey: str, text: str, words: str) -> None:
        """Choose a label by its key, then drag over words of the text; wait until the page has the new region."""
        before = self.page.locator(".lsf-outliner-item").count()
        self.page.evaluate("getSelection().removeAllRanges()")
        self.page.keyboard.press(hotkey)
        self.page.wait_for_timeout(200)
        # The browser counts UTF-16 units.
        start = len(text[: text.index(words)].encode("utf-16-le")) // 2
        end = start + len(words.encode("utf-16-le")) // 2 - 1
        left, _, row = self.page.evaluate(CHARACTER, [TEXT_BOX, start])
        _, right, last_row = self.page.evaluate(CHARACTER, [TEXT_BOX, end])
        self.page.mouse.move(left + 0.5, row)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, row, steps=3)
        self.page.mouse.move(right - 0.3, last_row, steps=3)
        self.page.mouse.up()
        self.page.wait_for_function("n => document.querySelectorAll('.lsf-outliner-item').length > n", arg=before)
        self.page.keyboard.press("u")

    def relate(self, head: str, tail: str) -> None:
        """Draw a relation without a name from one region to another, each found by its words."""
        self._row(head).click()
        self.page.keyboard.press("Alt+r")
        self.page.wait_for_timeout(200)
        self._row(tail).click()
        self.show_relations()

    def show_relations(self) -> None:
        """Open the list of relations."""
        self.page.locator(".lsf-panel-tabs__tab:visible", has_text="Relations").first.click()
        self.page.locator(".lsf-relations__item").first.wait_for()

    def name_relation(self, name: str) -> None:
        """Choose a name for the first relation."""
        relation = self.page.locator(".lsf-relations__item").first
        relation.hover()
        relation.locator(".lsf-relations__action button").first.click()
        self.page.locator(".lsf-relation-meta button").first.click()
        options = self.page.locator("[role=option], [data-slot=command-item], [data-testid^=select-option]")
        options.filter(has_text=name).first.click()
        self.page.keyboard.press("Escape")
        self.page.wait_for_timeout(300)

    def submit(self, button: str = "Submit") -> int:
        """Press Submit or Update, and return the status of the server's answer."""
        with self.page.expect_response(_stores_annotation) as stored:
            self.page.locator("button", has_text=re.compile(f"^{button}$")).first.click()
        return stored.value.status

    def skip(self) -> int:
        """Press Skip, and return the status of the server's answer."""
        return self.submit("Skip")

    def toast(self) -> str:
        """What the page says at its foot."""
        said = self.page.get_by_text("Runtime error").last
        said.wait_for()
        return said.inner_text()

    def _row(self, words: str) -> Any:
        return self.page.locator(".lsf-outliner-item", has_text=words).first

    def _record(self, response: Response) -> None:
        if "/api/" in response.url and "json" in response.headers.get("content-type", ""):
            try:
                body = response.json()
            except Exception:  # noqa: BLE001 - the page went elsewhere before the body came
                return
            path = response.url.removeprefix(self.url)
            self.answers.append((response.request.method, path, response.status, body))


def wait_for_text(page: Page) -> None:
    """Wait for an article where an address was opened.

    A page that lost one of its many files on the way (a connection that was reset) stays blank until somebody loads it
    again, as anybody would: once, not more often, so that a page that is broken stays broken here.
    """
    from playwright.sync_api import TimeoutError as NothingShown

    try:
        page.wait_for_selector(TEXT_BOX, timeout=_BLANK)
    except NothingShown:
        page.reload()
        page.wait_for_selector(TEXT_BOX)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A real Chromium, headless."""
    # Most tests open no browser.
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no Chromium is installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield browser
        browser.close()


def open_desk(browser: Browser, url: str) -> Desk:
    """A browser context of its own: other cookies than anybody else's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True)
    # The machines are shared and noisy: a page that takes a minute there is slow, and not wrong.
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    desk = Desk(url, page)
    page.on("response", desk._record)
    return desk


@contextmanager
def open_page(server: Credentials) -> Iterator[Page]:
    """A browser in which the user of these credentials has logged in."""
    with open_browser() as browser:
        desk = open_desk(browser, server.url)
        desk.log_in(server.email, server.password)
        yield desk.page


def _stores_annotation(response: Response) -> bool:
    path = response.url.split("?")[0].rstrip("/")
    return response.request.method in {"POST", "PATCH"} and ("/annotations" in path) and "/drafts" not in path
