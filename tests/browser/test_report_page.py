"""The report in a real browser: for every eye, hand and ear, light and dark, on a phone and on paper, from one file."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from full_facts import ARABIC, CONFLICTS, ERRORS, SCRIPT, make_facts, make_findings
from page_steps import CHROMIUM

from labeling.project import load_project
from labeling.report.findings import Findings
from labeling.report.page import render_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

PAPER = {"width": 718, "height": 1047}  # A4 without its margins
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
# What reaches beyond the screen; what is hidden from eyes, and the signs inside a picture, are not looked at.
CUT = """() => [...document.querySelectorAll('body *')].filter((each) => {
  const box = each.getBoundingClientRect();
  return each.checkVisibility() && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)
    && !each.closest('.sr, .skip') && !each.parentElement.closest('svg');
}).map((each) => each.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on which everything stands, in hostile names, Arabic and emoji."""
    page = tmp_path_factory.mktemp("filled") / "report.html"
    page.write_text(render_report(SCRIPT, load_project().schema, make_findings(), make_facts()), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a workspace of which nothing is known."""
    page = tmp_path_factory.mktemp("empty") / "report.html"
    page.write_text(render_report("Talks", load_project().schema, Findings()), encoding="utf-8")
    return page


@contextmanager
def opened(browser: Browser, path: Path, **context: Any) -> Iterator[Page]:
    """The page of a file."""
    with browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **context}) as shown:
        page = shown.new_page()
        page.goto(path.as_uri())
        yield page


@pytest.mark.parametrize(
    ("which", "context", "rules"),
    [
        ("filled", {"viewport": PHONE}, {}),
        # Another scheme differs in colours alone.
        ("filled", {"color_scheme": "dark"}, {"runOnly": ["color-contrast"]}),
        ("empty", {"color_scheme": "dark"}, {}),
    ],
)
def test_axe_finds_nothing(
    browser: Browser, which: str, context: dict[str, Any], rules: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """No violation of any of its rules, with all that can be unfolded unfolded."""
    with opened(browser, request.getfixturevalue(which), **context) as page:
        page.evaluate(OPEN_ALL)
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
        found = page.evaluate("rules => axe.run(document, rules)", rules)

    assert found["passes"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


@pytest.mark.parametrize("which", ["filled", "empty"])
@pytest.mark.parametrize("viewport", [PHONE, DESK, {"width": 900, "height": 700}])
def test_nothing_is_cut(browser: Browser, which: str, viewport: dict[str, int], request: pytest.FixtureRequest) -> None:
    """On a phone, on a small window and on a desk nothing reaches beyond the screen, folded or not."""
    with opened(browser, request.getfixturevalue(which), viewport=viewport) as page:
        assert page.evaluate(CUT) == []
        page.evaluate(OPEN_ALL)

        assert page.evaluate(CUT) == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_the_first_screen_has_the_twelve_questions(browser: Browser, filled: Path) -> None:
    """All of them with their answers, and what wants a look told by a sign and in words, not by its colour alone."""
    with opened(browser, filled) as page:
        answers = page.locator(".answer")

        assert answers.count() == 12
        lowest = answers.last.bounding_box()
        assert lowest is not None
        assert lowest["y"] + lowest["height"] <= DESK["height"]
        looked = page.locator(".answer.look").all_inner_texts()
        assert len(looked) == 3
        assert all("!" in text and "needs a look" in text for text in looked)


def test_a_page_asks_nothing_of_a_network_and_takes_no_orders(browser: Browser, filled: Path) -> None:
    """Opened from its file alone; markup in names and texts is text, and a link goes nowhere but to a server."""
    with browser.new_context(offline=True) as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(filled.as_uri())

        assert asked == [filled.as_uri()]
        assert wrong == []
        assert page.title() == f"{SCRIPT}: report"
        assert page.locator("script").count() == 1
        assert page.get_by_role("heading", level=1).inner_text() == SCRIPT
        addresses = page.locator("a").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
        assert {address.split(":")[0] for address in addresses if ":" in address} == {"https"}


def test_arabic_runs_from_right_to_left(browser: Browser, filled: Path) -> None:
    """Articles, answers and cells take the direction of their words; what is Latin keeps its own."""
    direction = "each => getComputedStyle(each).direction"
    with opened(browser, filled) as page:
        assert page.locator(".say", has_text=ARABIC).first.evaluate(direction) == "rtl"
        assert page.locator("#gold .text").first.evaluate(direction) == "rtl"
        assert page.locator("td.words span").first.evaluate(direction) == "rtl"
        assert page.locator(".say", has_text="8 of 40").evaluate(direction) == "ltr"


def test_a_long_table_is_paged_and_sifted(browser: Browser, filled: Path) -> None:
    """The first 25 rows; filters by words and by kind leave what has both; a key shows all of it."""
    with opened(browser, filled) as page:
        section = page.locator("#errors")
        rows = section.locator("table[data-sift] tbody tr:visible")
        status = section.get_by_role("status")
        assert (rows.count(), status.inner_text()) == (25, f"25 of {ERRORS}")

        section.get_by_label("kind: Errors, gold and model side by side").select_option("missed")
        assert rows.count() == ERRORS // 5
        assert status.inner_text() == f"{ERRORS // 5} of {ERRORS // 5} found, {ERRORS} in all"
        section.get_by_role("searchbox").fill("WIRE/10")
        assert rows.all_inner_texts()[0].startswith("model:rules")
        assert (rows.count(), status.inner_text()) == (1, f"1 of 1 found, {ERRORS} in all")
        section.get_by_role("searchbox").fill("nobody wrote this")
        assert rows.count() == 0

        conflicts = page.locator("#conflicts")
        conflicts.get_by_role("button", name=f"Show all {CONFLICTS}").press("Enter")
        assert conflicts.locator("tbody tr:visible").count() == CONFLICTS


def test_without_scripts_all_rows_are_there(browser: Browser, filled: Path) -> None:
    """Where scripts are not run, nothing is hidden."""
    with opened(browser, filled, java_script_enabled=False) as page:
        assert page.locator("#errors table[data-sift] tbody tr:visible").count() == ERRORS


def test_gold_and_model_stand_side_by_side(browser: Browser, filled: Path) -> None:
    """An error has the same words twice; what each side marks is marked, and what it calls it is written before."""
    with opened(browser, filled) as page:
        row = page.locator("#errors table[data-sift] tbody tr", has_text="wrong boundaries").first
        gold, model = row.locator("td.words").all()

        assert (gold.locator("mark").inner_text(), gold.locator("b").inner_text()) == ("Oslo & Rome", "PERSON")
        assert (model.locator("mark").inner_text(), model.locator("b").inner_text()) == ("Oslo", "PERSON")
        assert _running(gold) == _running(model)


def _running(cell: Locator) -> str:
    return cell.locator("span").inner_text()


def test_dark_is_dark_in_text_and_charts(browser: Browser, filled: Path) -> None:
    """The page follows the system's scheme, and its charts follow the page."""
    colours = """() => [getComputedStyle(document.body).backgroundColor,
                       getComputedStyle(document.querySelector('svg.chart text')).fill]"""
    seen = []
    for scheme in ("light", "dark"):
        with opened(browser, filled, color_scheme=scheme) as page:
            seen.append(page.evaluate(colours))
    light, dark = ([_brightness(colour) for colour in colours] for colours in seen)

    assert light[0] > 200
    assert light[1] < 100
    assert dark[0] < 60
    assert dark[1] > 150


def _brightness(colour: str) -> float:
    numbers = [float(each) for each in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3


def test_paper_has_what_is_folded_and_leaves_out_what_is_to_be_pressed(browser: Browser, filled: Path) -> None:
    """In print the numbers behind charts are there in black on white, marked words are underlined, no contents are."""
    with opened(browser, filled, color_scheme="dark", viewport=PAPER) as page:
        page.emulate_media(media="print")

        assert page.evaluate(CUT) == []
        folded = page.locator("#progress figure details table").first.bounding_box()
        assert folded is not None
        assert folded["height"] > 20
        for pressed in ("nav", ".sift", "button.more"):
            assert not page.locator(pressed).first.is_visible()
        assert _brightness(page.locator("h1").evaluate("each => getComputedStyle(each).color")) < 30
        assert (
            page.locator("#errors mark").first.evaluate("each => getComputedStyle(each).borderBottomStyle") == "solid"
        )
        assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_keyboard_gets_everywhere(browser: Browser, filled: Path) -> None:
    """The first key leads past the contents to the questions; what is folded opens by a key."""
    with opened(browser, filled) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#questions"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.answer') !== null")

        summary = page.locator("#progress summary").first
        summary.press("Enter")
        assert page.locator("#progress figure table").first.is_visible()
