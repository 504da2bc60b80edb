"""The report of ten thousand articles, beside that of 24: how large its page is, how soon it is written and opened.

Each article is read by two, who differ in one span of twelve. The floor of writing is reading: the lines of the same
files, parsed as JSON and no more. Opening is Chromium's, from the file to the end of loading, each page in turn.
"""

from __future__ import annotations

import json
import shutil
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, side_by_side, timed
from benchmarks.newswire import labelled
from labeling.adjudication.adjudicate import adjudicate
from labeling.report.write_report import write_report
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment
from labeling.workspace.rows.first_submission import first_submission
from labeling.workspace.rows.passage import ClusterRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from benchmarks.bench import Bench
    from labeling.annotations import Annotation
    from labeling.project import Project

_FEW = 24
_TIMES = 10  # so many articles for one of the other sections
_LENGTH = 640  # code points of an article: some eight spans
_ONE_IN = 12
_CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def measure(bench: Bench) -> Iterator[Figure]:
    """Writing the page and opening it; its sizes are notes."""
    many = _TIMES * bench.articles
    bench.say(f"page: {many:,} articles of two readers, made")
    small, large = _fill(bench, "page-small", _FEW), _fill(bench, "page-large", many)
    bench.say("page: written")
    write_report(small)
    times = side_by_side(
        bench.runs, lambda _: timed(lambda: write_report(large)), lambda _: timed(lambda: _read_plainly(large))
    )
    yield Figure("page", "report, written", "its files, read as JSON", times, "articles", many)
    sizes = [project.workspace.report.stat().st_size for project in (small, large)]
    bench.notes.append(
        f"page: of {_FEW} articles {sizes[0] / 1e6:.2f} MB, of {many:,} {sizes[1] / 1e6:.2f} MB; the script in it has "
        f"{_count_script(large):,} bytes"
    )
    yield from _open(bench, small, large)


def _open(bench: Bench, small: Project, large: Project) -> Iterator[Figure]:
    """Chromium, where there is one: the large page beside the small one."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        bench.notes.append("page: there is no Chromium here to open it")
        return
    bench.say("page: opened")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_CHROMIUM)
        _load(browser, small)
        times = side_by_side(3 * bench.runs, lambda _: _load(browser, large), lambda _: _load(browser, small))
        browser.close()
    yield Figure("page", "page, opened", f"that of {_FEW} articles", times)


def _load(browser: Browser, project: Project) -> float:
    """The seconds until a page of its own has loaded the report and laid it out."""
    with browser.new_context() as context:
        page = context.new_page()
        begun = perf_counter()
        page.goto(project.workspace.report.as_uri(), wait_until="load")
        page.evaluate("document.documentElement.scrollHeight")
        return perf_counter() - begun


def _fill(bench: Bench, name: str, articles: int) -> Project:
    project = bench.project(name)
    workspace = project.workspace
    corpus = list(labelled(articles, length=_LENGTH))
    names = [each.article.id for each in corpus]
    said = [words for each in corpus for words in (each.said, _differ(each.said))]
    workspace.articles.write(each.article for each in corpus)
    workspace.annotations.write(said)
    workspace.first.write(first_submission(each, "layer") for each in said)
    workspace.clusters.write(ClusterRow(article=each, story=each, leak_group=each, lead=True) for each in names)
    workspace.splits.write(
        SplitAssignment(article=each, leak_group=each, split=SPLITS[place % len(SPLITS)])
        for place, each in enumerate(names)
    )
    adjudicate(project)
    return project


def _differ(said: Annotation) -> Annotation:
    kept = tuple(span for place, span in enumerate(said.spans) if place % _ONE_IN)
    ids = {span.id for span in kept}
    relations = tuple(each for each in said.relations if {each.head, each.tail} <= ids)
    return said.model_copy(update={"annotator": "zoe", "spans": kept, "relations": relations})


def _read_plainly(project: Project) -> int:
    lines = 0
    for path in project.workspace.root.glob("*.jsonl"):
        with path.open(encoding="utf-8") as rows:
            for row in rows:
                json.loads(row)
                lines += 1
    return lines


def _count_script(project: Project) -> int:
    page = project.workspace.report.read_text(encoding="utf-8")
    return len(page.partition("<script>")[2].partition("</script>")[0])
