"""The sync at scale: ten thousand articles of 3 KB with ten spans each, every figure beside its floor in the same run.

    python scripts/bench_sync.py [--articles N] [--production] [--json FILE]

On an embedded Label Studio (SQLite), or with --production on one of PostgreSQL and uWSGI (see production_server.py).
It waits for two minutes before the pulls, because a pull by changes looks back so far.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import httpx
from benchmarks.figures import Figure, Times, table, timed

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.project import Project, load_project
from labeling.studio.changes import OVERLAP
from labeling.studio.client import connect
from labeling.studio.delivery import MOST_TASKS
from labeling.studio.link import prepared
from labeling.studio.server import embedded
from labeling.studio.wire import submission_of, task_of
from labeling.values import digest_of
from labeling.verbs.pull import pull
from labeling.verbs.push import push
from labeling.verbs.status import status
from labeling.workspace import Workspace, write_json, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.credentials import Credentials

RUN = Path(__file__).parent / "faulty" / "run.py"
CONFIG = Path(__file__).parents[1] / "configs" / "diplomatic.toml"
_ALONE = 60  # articles that the loop without batches sends


@dataclass(frozen=True)
class Bench:
    """A server, a folder, and what is sent."""

    server: Credentials
    folder: Path
    articles: list[Article]

    def project(self, name: str) -> Project:
        """A workspace with all articles and a suggestion of ten spans each."""
        project = load_project(CONFIG, self.folder / name)
        write_rows(project.workspace.articles, self.articles)
        write_rows(project.workspace.suggestions, map(said_of, self.articles))
        return project

    def caller(self) -> httpx.Client:
        """A bare client, for floors."""
        headers = {"Authorization": f"Token {self.server.api_key}", "Content-Type": "application/json"}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=900, trust_env=False)

    def empty(self, name: str) -> int:
        """A project on the server that holds nothing yet."""
        with connect(Workspace(self.folder / name), self.server) as studio:
            return prepared(studio, load_project(CONFIG, self.folder / name)).number


def said_of(article: Article, by: str = "model:rules") -> Annotation:
    """Ten spans."""
    spans = tuple(Span(id=f"s{n}", start=n * 250, end=n * 250 + 9, label="PERSON") for n in range(10))
    return Annotation(article=article.id, digest=article.digest, annotator=by, spans=spans)


def article(number: int) -> Article:
    """3,000 characters, no two alike."""
    chance = random.Random(number)  # noqa: S311 - repeatable on purpose
    text = " ".join(f"word{chance.randrange(10**6)}" for _ in range(400))[:3000]
    return Article(id=f"wire/{number:06}", text=text, digest=digest_of(text), source="wire", title="A title")


def pushing(bench: Bench) -> Iterator[Figure]:
    """`push` beside bodies that were made beforehand, and beside one call an article and one a suggestion."""
    project, count = bench.project("push"), len(bench.articles)
    ours = timed(lambda: push(project, server=bench.server))
    number = bench.empty("floor")
    tasks = [task_of(one, [said_of(one)]) for one in bench.articles]
    bodies = [json.dumps(tasks[at : at + MOST_TASKS]).encode() for at in range(0, count, MOST_TASKS)]
    with bench.caller() as raw:
        path = f"/api/projects/{number}/import?return_task_ids=true"
        floor = timed(lambda: [raw.post(path, content=body).raise_for_status() for body in bodies])
        alone = timed(lambda: _one_by_one(raw, number, tasks[:_ALONE]))
    what = "push, ten suggested spans each"
    yield Figure("push", what, "bare POSTs of ready-made bodies", Times((ours,), (floor,)), "articles", count)
    beside = "one call an article, one a suggestion"
    yield Figure("push", what, beside, Times((ours,), (alone,)), "articles", count, _ALONE)
    again = timed(lambda: push(project, server=bench.server))
    yield Figure("push", "push again, nothing new", "the first push", Times((again,), (ours,)))


def pulling(bench: Bench) -> Iterator[Figure]:
    """`pull` and `status` beside the server's own export of everything."""
    project, count = bench.project("pull"), len(bench.articles)
    number = bench.empty("pull")
    with bench.caller() as raw:
        _annotate(bench, raw, number)
        push(project, server=bench.server)
        click.echo(f"  waiting for {OVERLAP.total_seconds():.0f} s", err=True)
        time.sleep(OVERLAP.total_seconds())
        path = f"/api/projects/{number}/export?exportType=JSON&download_all_tasks=true"
        floors = [timed(lambda: raw.get(path).raise_for_status()) for _ in range(2)]
        ours = [timed(lambda: pull(project, server=bench.server)) for _ in range(2)]
        whole = Times(tuple(ours), tuple(floors))
        yield Figure("pull", "everything, ten spans each", "GET export, thrown away", whole, "articles", count)
        tasks = raw.get("/api/tasks/", params=_some(number, count // 100)).json()["tasks"]
        for task in tasks:
            raw.patch(f"/api/annotations/{task['annotations'][0]['id']}/", json={"ground_truth": True})
    told = timed(lambda: status(project, server=bench.server))
    yield Figure("status", "1 % changed since the pull", "a whole pull", Times((told,), (min(ours),)))
    changed = timed(lambda: _changes(bench, project, len(tasks)))
    yield Figure("pull", "1 % changed", "a whole pull", Times((changed,), (min(ours),)))
    idle, busy = (_memory(bench, project, verb) for verb in ("idle", "pull"))
    click.echo(f"  peak memory: {busy:.0f} MB while pulling everything, {idle:.0f} MB connected and idle", err=True)


def _some(number: int, many: int) -> dict[str, str | int]:
    return {"project": number, "page_size": many, "fields": "all", "include": "id,annotations"}


def _one_by_one(raw: httpx.Client, number: int, tasks: list[dict[str, Any]]) -> None:
    for task in tasks:
        made = raw.post("/api/tasks/", json={"data": task["data"], "project": number}).raise_for_status().json()
        for word in task["predictions"]:
            raw.post("/api/predictions/", json={**word, "task": made["id"], "project": number}).raise_for_status()


def _annotate(bench: Bench, raw: httpx.Client, number: int) -> None:
    for at in range(0, len(bench.articles), MOST_TASKS):
        tasks = [
            {**task_of(one, [said_of(one)]), "annotations": [submission_of(said_of(one, "ana"), one)]}
            for one in bench.articles[at : at + MOST_TASKS]
        ]
        raw.post(f"/api/projects/{number}/import", json=tasks).raise_for_status()


def _changes(bench: Bench, project: Project, wanted: int) -> None:
    told = pull(project, server=bench.server, changes=True)
    if told.edited != wanted:
        raise click.ClickException(f"{told.edited} changes were seen, not {wanted}")


def _memory(bench: Bench, project: Project, verb: str) -> float:
    """The most memory that a process needs for it, in MB."""
    words = [verb, str(CONFIG), str(project.workspace.root), "500", "1"]
    environment = {**os.environ, "LABEL_STUDIO_URL": bench.server.url, "LABEL_STUDIO_API_KEY": bench.server.api_key}
    child = subprocess.Popen([sys.executable, str(RUN), *words], stdout=subprocess.DEVNULL, env=environment)
    _, status_, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status_)
    return used.ru_maxrss / 1024


@contextmanager
def _server(folder: Path, *, production: bool) -> Iterator[Credentials]:
    if not production:
        with embedded(Workspace(folder / "server")) as server:
            yield server
        return
    import production_server

    with production_server.production(folder / "server") as running:
        yield running.plain


@click.command()
@click.option("--articles", default=10_000, show_default=True)
@click.option("--production", is_flag=True, help="PostgreSQL and uWSGI in place of SQLite and Django's own server.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures there, too.")
def main(articles: int, path: Path | None, *, production: bool) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _server(folder, production=production) as server:
            bench = Bench(server, folder, [article(number) for number in range(articles)])
            figures = [*pushing(bench), *pulling(bench)]
    click.echo("\n".join(table(figures)))
    if path:
        write_json(path, [figure.record() for figure in figures])


if __name__ == "__main__":
    main()
