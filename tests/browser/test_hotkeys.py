"""Labels of any name, and every key with shift, in a real Chromium: what the page chooses is what `pull` returns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from page_steps import open_page, wait_for_text

from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

ODD = ["Government body", "GPE/Country", "人物", "Ämter", "2nd", "A.B", "a=b", 'q"<&>|`x`', "it's"]
KEYS = "abcdefghijklmnopqrstvwxyz0123456789u"
# A label for each key with shift, the first ones with odd names; then some without a key.
NAMES = [*ODD, *(f"Label {number}" for number in range(len(KEYS) - len(ODD)))]
WITHOUT = [f"Spare {number}" for number in range(5)]


@pytest.fixture(scope="module")
def project(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A schema of 41 labels, with one article on the server."""
    folder = tmp_path_factory.mktemp("hotkeys")
    parts = ['[project]\nname = "Hotkeys with shift"\n']
    for number, name in enumerate([*NAMES, *WITHOUT]):
        key = f'hotkey = "shift+{KEYS[number]}"\n' if number < len(KEYS) else ""
        parts.append(
            f"[[labels]]\nname = {json.dumps(name, ensure_ascii=False)}\n{key}"
            f'definition = "d"\nexamples = ["[x]"]\ncolor = "#{number * 5 + 64:06x}"\n'
        )
    (folder / "keys.toml").write_text("".join(parts), encoding="utf-8")
    (folder / "a.txt").write_text("Oslo met Bergen.", encoding="utf-8")
    project = load_project(folder / "keys.toml", folder / "workspace")
    ingest(project, [str(folder / "a.txt")])
    push(project, server=studio)
    return project


@pytest.fixture(scope="module")
def page(studio: Credentials, project: Project) -> Iterator[Page]:
    """A browser in which the annotator has opened the article."""
    with open_page(studio) as page:
        page.goto(f"{studio.url}/projects/{project.workspace.studio_link.value().project}/data?labeling=1")
        wait_for_text(page)
        page.get_by_role("button", name="Close modal").click()
        page.locator(".lsf-modal-ls__body").wait_for(state="hidden")
        yield page


def _chosen(page: Page) -> list[str]:
    """The labels that are chosen, without the key that the page shows behind each."""
    chosen: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.lsf-label_selected')].map(one => {
          const copy = one.cloneNode(true);
          copy.querySelectorAll('.lsf-label__hotkey').forEach(key => key.remove());
          return copy.textContent.trim();
        })"""
    )
    return chosen


def test_each_key_with_shift_chooses_its_label(page: Page) -> None:
    """All 36, one after the other; a key without shift chooses none of them."""
    for key, name in zip(KEYS, NAMES, strict=True):
        page.keyboard.press(f"Shift+{key}" if key.isalpha() else f"Shift+Digit{key}")
        page.wait_for_timeout(60)

        assert _chosen(page) == [name], key

        page.keyboard.press(f"Shift+{key}" if key.isalpha() else f"Shift+Digit{key}")
        page.wait_for_timeout(60)
        assert _chosen(page) == [], key


@pytest.mark.parametrize("number", range(len(ODD)))
def test_an_odd_label_comes_back_as_it_is(page: Page, number: int) -> None:
    """Chosen by its key and drawn on the first word; one annotation has them all in the end."""
    page.keyboard.press(f"Shift+{KEYS[number]}")
    page.wait_for_timeout(60)
    page.locator(".lsf-htx-richtext").dblclick(position={"x": 12, "y": 16})
    page.wait_for_function("n => document.querySelectorAll('.lsf-outliner-item').length === n", arg=number + 1)
    page.keyboard.press("u")


def test_pull_returns_the_odd_labels(page: Page, project: Project, studio: Credentials) -> None:
    """Byte for byte the names of the project file, and nothing in quarantine."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "/annotations" in answer.url
    ) as stored:
        page.get_by_role("button", name="Submit").first.click()
    assert stored.value.status == 201

    summary = pull(project, server=studio)

    (annotation,) = project.workspace.annotations.rows()
    assert summary.quarantined == {}
    assert sorted(span.label for span in annotation.spans) == sorted(ODD)
