"""Take the README's pictures: a pre-annotated sample article in Label Studio's page, and the head of a report.

    python scripts/picture.py docs/page.png
    python scripts/picture.py docs/report.png --report exports/demo/report.html

For the first it starts a Label Studio of its own with the sample articles and their suggestions. It needs a Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from playwright.sync_api import sync_playwright

from labeling.project import load_project
from labeling.samples.sample_data import articles_folder
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.push import push
from labeling.suggestions.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from labeling.studio.server.credentials import Credentials

ARTICLE = "wire/joint-commission-0312"


@click.command()
@click.argument("target", default="docs/page.png", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Of this report.")
def main(target: Path, report: Path | None) -> None:
    """Write the picture of a sample article in the page, or of a report, to TARGET."""
    if report:
        with open_page() as page:
            page.goto(report.resolve().as_uri())
            page.screenshot(path=target)
        return
    with tempfile.TemporaryDirectory() as folder:
        project = load_project(workspace=Path(folder))
        with run_embedded_server(project.workspace) as server:
            ingest(project, [str(articles_folder())])
            suggest(project)
            push(project, server=server)
            with connect(project.workspace, server) as studio:
                remote = find_linked_project(studio, project.workspace)
                task = next(task.number for task in studio.tasks(remote.number) if task.article == ARTICLE)
            photograph(server, f"/projects/{remote.number}/data?task={task}", target)


def photograph(server: Credentials, page_path: str, target: Path) -> None:
    """Log in, open the page, wait for the suggestions, and take the picture."""
    with open_page() as page:
        page.goto(f"{server.url}/user/login/")
        page.fill("input[name=email]", server.email)
        page.fill("input[name=password]", server.password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        page.goto(server.url + page_path)
        page.locator(".htx-highlight").first.wait_for()
        page.wait_for_timeout(2000)
        page.screenshot(path=target)


@contextmanager
def open_page() -> Iterator[Page]:
    """An empty page of a headless Chromium."""
    chromium = shutil.which("chromium") or sys.exit("no chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser.new_page(viewport={"width": 1440, "height": 860})
        browser.close()


if __name__ == "__main__":
    main()
