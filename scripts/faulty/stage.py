"""The stage of the faults: a real server that can be killed, articles with suggestions, people who annotate, a truth.

The truth is asked of the server past our own client: whatever happened, it must hold every article exactly once, and
our files must hold every annotation it acknowledged, as it was drawn.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from faulty.broken import Broken
from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.errors import LabelingError
from labeling.project import Project, load_project
from labeling.studio.format.tasks import submission_of
from labeling.studio.server.package import read_log_tail
from labeling.studio.server.process import find_process
from labeling.studio.server.server import start_server
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.values import digest_of
from labeling.workspace import journal
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    import random

    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "diplomatic.toml"
RUN = Path(__file__).with_name("run.py")
MODEL = "model:rules"
_SECONDS = 300.0
_TRIES = 60


@dataclass
class Stage:
    """A folder, a server whose data is in it, and chance, which can be repeated.

    ``patience`` is for how long a request whose answer was lost is waited for.
    """

    folder: Path
    server: Credentials
    chance: random.Random
    patience: float = 5.0
    played: int = 0
    submitted: dict[int, Annotation] = field(default_factory=dict)

    def project(self, articles: int, folder: Path | None = None) -> Project:
        """A fresh workspace with so many articles, one suggestion each."""
        self.played += 1
        self.submitted.clear()
        project = load_project(CONFIG, (folder or self.folder) / f"play-{self.played}")
        made = [_article(f"wire/{number:04}") for number in range(articles)]
        project.workspace.articles.write(made)
        project.workspace.suggestions.write([_word(one) for one in made])
        return project

    @property
    def _stderr(self) -> Path:
        return self.folder / "stderr"

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:  # noqa: ANN401 - JSON
        """The server's API, past our client."""
        headers = {"Authorization": f"Token {key or self.server.api_key}"}
        url = f"{self.server.url}{path}"
        answer = httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def started(self, verb: str, project: Project, batch: int = 10) -> subprocess.Popen[bytes]:
        """A process that does ``verb``; it has loaded everything when this returns."""
        words = [verb, str(CONFIG), str(project.workspace.root), str(batch), str(self.patience)]
        with self._stderr.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, str(RUN), *words],
                stdout=subprocess.PIPE,
                stderr=output,
                env={**os.environ, "LABEL_STUDIO_URL": self.server.url, "LABEL_STUDIO_API_KEY": self.server.api_key},
            )
        if child.stdout is None or child.stdout.readline() != b"ready\n":
            raise self.failed(child, f"{verb} did not begin")
        return child

    def failed(self, child: subprocess.Popen[bytes], what: str) -> Broken:
        """The end of a child that did not do what it should, with its status and its last words."""
        if child.stdout:
            child.stdout.close()
        return Broken(f"{what}: status {child.wait()}{read_log_tail(self._stderr, (self.server.api_key,))}")

    def seconds_of(self, verb: str, project: Project) -> float:
        """How long ``verb`` takes when nothing is done to it."""
        child = self.started(verb, project)
        began = time.monotonic()
        if child.wait():
            raise self.failed(child, f"{verb} failed though nothing was done to it")
        child.stdout.close()  # type: ignore[union-attr]  # it was read
        return time.monotonic() - began

    def killed(self, verb: str, project: Project, within: float) -> bool:
        """Start ``verb`` and kill it at a random moment; whether it was killed before it ended."""
        child = self.started(verb, project)
        time.sleep(self.chance.uniform(0, within))
        child.send_signal(signal.SIGKILL)
        status = child.wait()
        child.stdout.close()  # type: ignore[union-attr]  # it was read
        return status == -signal.SIGKILL

    def kill_server(self) -> None:
        """As a power cut would."""
        process = find_process((self.folder / "server" / "studio").resolve())
        if process:
            process.kill()
            process.wait(10)

    def revive_server(self) -> None:
        """Start it again, on its data."""
        self.server = start_server(Workspace(self.folder / "server")).credentials

    def insist(self, verb: str, project: Project, server: Credentials | None = None) -> int:
        """Run ``verb`` until it ends well; how many tries that took."""
        last = ""
        for tries in range(1, _TRIES + 1):
            try:
                if verb == "push":
                    push(project, server=server or self.server, pace=Pace(patience=self.patience))
                else:
                    pull(project, server=server or self.server, changes=verb == "changes")
            except LabelingError as error:
                last = f": {error}"
                continue
            return tries
        raise Broken(f"{verb} did not end well in {_TRIES} tries{last}")

    def submit(self, task: int, article: Article, key: str = "") -> None:
        """Annotate at random as somebody; remembered when the server acknowledges it."""
        start = self.chance.randrange(len(article.text) - 5)
        label = self.chance.choice(["PERSON", "COUNTRY", "DATE"])
        span = Span(id=f"x{start}", start=start, end=start + 1 + self.chance.randrange(4), label=label)
        drawn = Annotation(article=article.id, digest=article.digest, annotator="", spans=(span,))
        path = f"/api/tasks/{task}/annotations/"
        made = self.call("POST", path, submission_of(drawn, article), key)
        self.submitted[int(made["id"])] = drawn

    def annotate_some(self, project: Project, many: int) -> None:
        """So many annotations of random articles."""
        articles = {article.id: article for article in project.workspace.articles.rows()}
        rows = sorted(journal.load_journal(project.workspace.pushed.path).values(), key=lambda row: row.article)
        for row in self.chance.choices(rows, k=many):
            self.submit(row.task or 0, articles[row.article])

    def check_server(self, project: Project) -> None:
        """See that every article is there exactly once, with its text and its suggestion."""
        number = _number(project)
        whole = self.call("GET", f"/api/projects/{number}/export?exportType=JSON&download_all_tasks=true")
        there = Counter((task["data"]["article"], digest_of(task["data"]["text"])) for task in whole)
        ours = Counter((one.id, one.digest) for one in project.workspace.articles.rows())
        if there != ours:
            twice = sum(count > 1 for count in there.values())
            raise Broken(f"{len(ours - there)} articles are not there, {twice} more than once")
        words = Counter(row["task"] for row in self.call("GET", f"/api/predictions/?project={number}"))
        if len(words) != len(ours) or set(words.values()) != {1}:
            raise Broken(f"{len(ours) - len(words)} suggestions are not there, {max(words.values()) - 1} too many")

    def check_files(self, project: Project) -> None:
        """See that our files hold every annotation that the server acknowledged, once, as it was drawn."""
        came = Counter(row.server_id for row in project.workspace.annotations.rows())
        if set(came) != set(self.submitted) or any(count > 1 for count in came.values()):
            lost, strange = len(self.submitted.keys() - came.keys()), len(came.keys() - self.submitted.keys())
            raise Broken(f"{lost} annotations were lost, {strange} invented")
        for row in project.workspace.annotations.rows():
            drawn = self.submitted[row.server_id or 0]
            if (row.article, row.spans) != (drawn.article, drawn.spans):
                raise Broken(f"annotation {row.server_id} is not as it was drawn")
        if project.workspace.quarantine.path.read_bytes():
            raise Broken("something went into quarantine")


def _article(name: str) -> Article:
    text = f"{name} 😀 " + " ".join(["Anna Bo of Peru 🇵🇪 met Carl in Malé on Friday."] * 20)
    return Article(id=name, text=text, digest=digest_of(text))


def _word(article: Article) -> Annotation:
    span = Span(id="m1", start=0, end=4, label="PERSON")
    return Annotation(article=article.id, digest=article.digest, annotator=MODEL, spans=(span,))


def _number(project: Project) -> int:
    from labeling.workspace.rows.server_state import ProjectLink

    return ProjectLink.model_validate_json(project.workspace.studio_link.path.read_bytes()).project
