"""A robot at Label Studio's page that settles conflicts, by cards and in whole articles: keys, clicks and seconds.

It does not read and does not think. Its hands are as fast as those of the keystroke-level model (Card, Moran and Newell
1980): a key takes 0.2 s, to point at something 1.1 s, to press or let go of the button 0.1 s, and to go over from the
keys to the mouse or back 0.4 s. With ``pace`` 0 they take no time: then only the page's own time is measured.
"""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_TEXT = ".lsf-htx-richtext"
_END = "No More Tasks Left in Queue"
# What the page says of how far one is; at the end, that there is nothing left.
_PLACE = """() => {
  const shown = document.querySelector("[class*=current-task]");
  if (document.body.innerText.includes("No More Tasks Left in Queue")) return "end";
  return document.querySelector(".lsf-htx-richtext") && shown ? shown.innerText : "";
}"""
_MOVED = f"before => {{ const now = ({_PLACE})(); return now && now !== before; }}"
# Where one character of the text is, in pixels.
_CHARACTER = """([root, offset]) => {
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


_KEY, _POINT, _BUTTON, _HOME = 0.2, 1.1, 0.1, 0.4  # seconds


@dataclass
class CardRobot:
    """Somebody's hands: ``actions`` counts keys, clicks and drags, ``seconds`` has those of each settled task.

    ``at_hand`` are the seconds of all of them that the hands took, and not the page.
    """

    page: Page
    url: str
    pace: float = 0.0
    actions: int = 0
    at_hand: float = 0.0
    seconds: list[float] = field(default_factory=list)
    on_mouse: bool = False

    def enter(self, email: str, phrase: str) -> None:
        """Log in."""
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", phrase)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, project: int) -> None:
        """Open the label stream of a project."""
        self.page.goto(f"{self.url}/projects/{project}/data?labeling=1")
        self.page.wait_for_selector(_TEXT)

    @property
    def question(self) -> str:
        """What the card asks."""
        return self.page.locator("h3").first.inner_text()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return bool(self.page.evaluate(_PLACE) == "end")

    @property
    def marks(self) -> list[str]:
        """The labels of what is marked in the text, sorted."""
        shown = self.page.locator(f"{_TEXT} .htx-highlight")
        labels = [shown.nth(place).get_attribute("data-label") or "" for place in range(shown.count())]
        # Before each stands its number on the page.
        return sorted({label.partition(":")[2] for label in labels})

    def key_of(self, words: str) -> str:
        """The key of the answer that begins with some words, as the card shows it."""
        answer = self.page.locator(".lsf-choice", has_text=words).first.inner_text()
        return answer.rpartition("[")[2].rstrip("]\n ")

    def answer(self, *keys: str) -> None:
        """Answer a card by keys, and wait for the next one."""
        with self._timed():
            for key in (*keys, "Control+Enter"):
                self._press(key)

    def settle_article(
        self, text: str, span: tuple[str, str], ends: tuple[str, str], relation: str, option: str
    ) -> None:
        """Settle a span, a relation and a choice in a whole article, where all that is agreed on is marked already.

        Args:
            text: The article's.
            span: A label's key, and the words it is of.
            ends: The words of the regions at the relation's ends.
            relation: Its name.
            option: The key of the option.
        """
        with self._timed():
            self._mark(text, *span)
            head, tail = ends
            self._relate(head, tail, relation)
            self._press(option)
            self._act(self.page.get_by_role("button", name="Submit").first)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        place, begun = self.page.evaluate(_PLACE), time.perf_counter()
        yield
        self.page.wait_for_function(_MOVED, arg=place)
        self.seconds.append(time.perf_counter() - begun)

    def _use(self, seconds: float, *, mouse: bool) -> None:
        """Let the hands take their time."""
        took = self.pace * (seconds + (_HOME if mouse != self.on_mouse else 0.0))
        self.on_mouse = mouse
        self.at_hand += took
        time.sleep(took)

    def _press(self, key: str) -> None:
        self._use(_KEY, mouse=False)
        self.page.keyboard.press(key)
        self.actions += 1

    def _act(self, what: Any) -> None:  # noqa: ANN401 - a locator
        self._use(_POINT + 2 * _BUTTON, mouse=True)
        what.click()
        self.actions += 1

    def _mark(self, text: str, key: str, words: str) -> None:
        before = self.page.locator(".lsf-outliner-item").count()
        self._press(key)
        start = text.index(words)
        left, _, row = self.page.evaluate(_CHARACTER, [_TEXT, start])
        _, right, _ = self.page.evaluate(_CHARACTER, [_TEXT, start + len(words) - 1])
        mouse = self.page.mouse
        self._use(2 * _POINT + 2 * _BUTTON, mouse=True)
        mouse.move(left + 0.5, row)
        mouse.down()
        mouse.move((left + right) / 2, row, steps=2)
        mouse.move(right - 0.3, row, steps=2)
        mouse.up()
        self.actions += 1
        self.page.wait_for_function("n => document.querySelectorAll('.lsf-outliner-item').length > n", arg=before)
        self._press("u")

    def _relate(self, head: str, tail: str, name: str) -> None:
        self._act(self._region(head))
        self._press("Alt+r")
        self._act(self._region(tail))
        self._act(self.page.locator(".lsf-panel-tabs__tab:visible", has_text="Relations").first)
        drawn = self.page.locator(".lsf-relations__item").first
        drawn.hover()
        self._act(drawn.locator(".lsf-relations__action button").first)
        self._act(self.page.locator(".lsf-relation-meta button").first)
        options = self.page.locator("[role=option], [data-slot=command-item], [data-testid^=select-option]")
        self._act(options.filter(has_text=name).first)
        self._press("Escape")
        self._act(self.page.locator(".lsf-panel-tabs__tab:visible", has_text="Regions").first)

    def _region(self, words: str) -> Any:  # noqa: ANN401 - a locator
        return self.page.locator(".lsf-outliner-item", has_text=words).first


@contextmanager
def robot_at(url: str, pace: float = 0.0) -> Iterator[CardRobot]:
    """A robot at a real Chromium.

    Raises:
        FileNotFoundError: None is installed.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise FileNotFoundError("no Chromium is installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        # The machines are shared and noisy.
        page.set_default_timeout(90_000)
        yield CardRobot(page, url, pace)
        browser.close()
