"""Every fault there is a test of, each ending with the same two questions: each article once? no annotation lost?"""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faulty.door import Asked, Fate, door
from labeling.errors import LabelingError, NoRoom
from labeling.studio.api import client
from labeling.studio.api.signup import add_user
from labeling.studio.sync import push_delivery
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from faulty.stage import Stage
    from labeling.articles import Article
    from labeling.project import Project

ARTICLES = 60
_SPOILT = 0.1  # of the requests; a command has ten to twenty
FATES: tuple[Fate, ...] = (
    "lost",
    "cut",
    "late",
    "twice",
    "dateless",
    "slow",
    "refused",
    "failed",
    "gateway",
    "dropped",
)


@dataclass(frozen=True)
class Scenario:
    """A fault, how to bring it about so many times (which says what happened), and how many times are meant."""

    fault: str
    play: Callable[[Stage, int], str]
    times: int


@dataclass(frozen=True)
class Outcome:
    """What was tried, how often, and what happened; both promises held, or `Broken` was raised."""

    fault: str
    times: int
    happened: str

    @property
    def row(self) -> str:
        """The line of the table in docs/faults.md."""
        return f"| {self.fault} | {self.times} | {self.happened} | yes | yes |\n"


def push_killed(stage: Stage, times: int) -> str:
    """SIGKILL at random moments of a push, which is then run again."""
    within, cut = stage.seconds_of("push", stage.project(ARTICLES)), 0
    for _ in range(times):
        project = stage.project(ARTICLES)
        cut += stage.killed("push", project, within)
        stage.insist("push", project)
        stage.check_server(project)
    return f"{cut} were cut short"


def pull_killed(stage: Stage, times: int) -> str:
    """SIGKILL at random moments of a pull, whole and by changes in turn, while annotations come in between."""
    project = stage.project(ARTICLES)
    stage.insist("push", project)
    within, cut = stage.seconds_of("pull", project), 0
    for number in range(times):
        stage.annotate_some(project, 3)
        cut += stage.killed("changes" if number % 2 else "pull", project, within)
        stage.insist("changes", project)
        stage.check_files(project)
    stage.check_server(project)
    return f"{cut} were cut short"


def server_killed_before(stage: Stage, times: int) -> str:
    """The server dies while it is storing a batch."""
    for _ in range(times):
        project = stage.project(ARTICLES)
        timer = threading.Timer(stage.chance.uniform(0.02, 0.4), stage.kill_server)

        def choose(asked: Asked, timer: threading.Timer = timer) -> Fate:
            if asked.path.endswith("/import") and not timer.is_alive() and asked.number == 1:
                timer.start()
            return "pass"

        _fails_once(stage, project, choose, timer)
    return "started again, the push goes on"


def server_killed_after(stage: Stage, times: int) -> str:
    """The server dies when it has stored a batch, before the answer is out."""
    for _ in range(times):
        project = stage.project(ARTICLES)

        def choose(asked: Asked) -> Fate:
            return "lost" if asked.path.endswith("/import") and asked.number > 1 else "pass"

        with _batches_of(20), door(stage.server, choose) as spoilt:
            try:
                push(project, server=spoilt, pace=Pace(patience=stage.patience))
            except LabelingError:
                stage.kill_server()
        stage.revive_server()
        stage.insist("push", project)
        stage.check_server(project)
    return "nothing is sent twice"


def answers_spoilt(stage: Stage, times: int) -> str:
    """A tenth of all requests and answers cut, lost, late, doubled, refused or failed, at random, till all is done."""
    tries = 0
    for _ in range(times):
        project = stage.project(ARTICLES)

        def choose(asked: Asked) -> Fate:
            # Creating the project is left alone: a project made twice stands empty beside the other one.
            spare = asked.path.endswith("/api/projects/")
            return stage.chance.choice(FATES) if not spare and stage.chance.random() < _SPOILT else "pass"

        with _batches_of(20), door(stage.server, choose) as spoilt:
            tries += stage.insist("push", project, spoilt)
        stage.insist("push", project)
        stage.check_server(project)
        stage.annotate_some(project, 5)
        with _batches_of(20), door(stage.server, choose) as spoilt:
            tries += stage.insist("pull", project, spoilt)
            stage.annotate_some(project, 5)
            tries += stage.insist("changes", project, spoilt)
        stage.check_files(project)
    return f"{tries} runs for {3 * times} commands"


def disk_full(stage: Stage, times: int) -> str:
    """The workspace lies on a small disk that fills up at random moments."""
    refused = 0
    for _ in range(times):
        with _small_disk(stage.folder / "small") as disk:
            project = stage.project(ARTICLES, disk)
            for verb in ("push", "pull", "changes"):
                refused += _crowded(stage, project, verb, disk)
                stage.insist(verb, project)
                if verb != "changes":
                    stage.annotate_some(project, 4)
            stage.check_server(project)
            stage.check_files(project)
    return f"{refused} commands ended with NoRoom, and were run again"


def two_pushes(stage: Stage, times: int) -> str:
    """Two processes push the same workspace at once."""
    for _ in range(times):
        project = stage.project(ARTICLES)
        both = [stage.started("push", project), stage.started("push", project)]
        for child in both:
            if child.wait():
                raise stage.failed(child, "one of two pushes failed")
            child.stdout.close()  # type: ignore[union-attr]  # it was read
        stage.check_server(project)
    return "the second waits for the first"


def crowd(stage: Stage, times: int) -> str:
    """Eight people annotate while articles are pushed and annotations are pulled."""
    keys = [add_user(stage.server, f"desk{number}@example.org", "a long pass phrase") for number in range(8)]
    submitted = 0
    for _ in range(times):
        project = stage.project(ARTICLES)
        everything = list(project.workspace.articles.rows())
        people = [_Annotator(stage, project, key) for key in keys]
        for part in range(1, 5):
            _take_in(project, everything[: len(everything) * part // 4])
            stage.insist("push", project)
            if part == 1:
                for person in people:
                    person.start()
            stage.insist("changes" if part % 2 else "pull", project)
        for person in people:
            person.stop()
        stage.insist("changes", project)
        stage.check_server(project)
        stage.check_files(project)
        submitted += len(stage.submitted)
    return f"{submitted} annotations came through"


def _take_in(project: Project, articles: Sequence[Article]) -> None:
    """Leave articles as `ingest` would, with its record of custody."""
    workspace = project.workspace
    with workspace.lock(), keep_custody(workspace, "ingest", writes=(workspace.articles,)):
        workspace.articles.write(articles)


SCENARIOS: dict[str, Scenario] = {
    "push killed": Scenario("the script is killed (SIGKILL) at a random moment of a push", push_killed, 20),
    "pull killed": Scenario("the script is killed (SIGKILL) at a random moment of a pull", pull_killed, 20),
    "server killed before": Scenario("the server is killed while it stores a batch", server_killed_before, 5),
    "server killed after": Scenario(
        "the server is killed after it stored a batch, before its answer", server_killed_after, 5
    ),
    "answers spoilt": Scenario(
        "a tenth of all requests and answers are lost, cut off, too late, carried out twice, slow, without a date, "
        "refused or failed with 500, or answered by a proxy's 504",
        answers_spoilt,
        8,
    ),
    "disk full": Scenario("the disk is full", disk_full, 4),
    "two pushes": Scenario("two pushes at once", two_pushes, 3),
    "crowd": Scenario("eight people annotate during pushes and pulls", crowd, 2),
}


class _Annotator(threading.Thread):
    """Somebody at work until told to stop."""

    def __init__(self, stage: Stage, project: Project, key: str) -> None:
        super().__init__()
        self._stage, self._project, self._key, self._going = stage, project, key, True
        self._articles = {article.id: article for article in project.workspace.articles.rows()}
        self._error: Exception | None = None

    def run(self) -> None:
        while self._going:
            known = [row for row in self._project.workspace.pushed.rows() if row.task]
            # People pause between two articles; eight scripts that never do would starve imports on SQLite.
            time.sleep(self._stage.chance.uniform(1, 3))
            row = self._stage.chance.choice(known)
            try:
                self._stage.submit(row.task or 0, self._articles[row.article], self._key)
            except Exception as error:  # noqa: BLE001 - it is raised where the thread is joined
                self._error, self._going = error, False

    def stop(self) -> None:
        self._going = False
        self.join()
        if self._error:
            raise self._error


def _fails_once(stage: Stage, project: Project, choose: Callable[[Asked], Fate], timer: threading.Timer) -> None:
    with door(stage.server, choose) as spoilt:
        with suppress(LabelingError):
            push(project, server=spoilt, pace=Pace(patience=stage.patience))
        timer.join()
    stage.revive_server()
    stage.insist("push", project)
    stage.check_server(project)


@contextmanager
def _batches_of(tasks: int) -> Iterator[None]:
    before = push_delivery.MOST_TASKS, client.MOST_NUMBERS
    push_delivery.MOST_TASKS = client.MOST_NUMBERS = tasks
    try:
        yield
    finally:
        push_delivery.MOST_TASKS, client.MOST_NUMBERS = before


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """Two megabytes of memory as a disk; only root may make one."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)  # noqa: S607
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def _crowded(stage: Stage, project: Project, verb: str, disk: Path) -> bool:
    """Run ``verb`` with some random kilobytes left on the disk; whether it was refused for want of room."""
    filler = disk / "filler"
    left = stage.chance.choice([0, 4096, 16384, 65536])
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(4096))
    with filler.open("rb+") as out:
        out.truncate(max(0, filler.stat().st_size - left))
    try:
        if verb == "push":
            push(project, server=stage.server, pace=Pace(patience=stage.patience))
        else:
            pull(project, server=stage.server, changes=verb == "changes")
    except NoRoom:
        return True
    finally:
        filler.unlink()
    return False


def played(stage: Stage, name: str, times: int | None = None) -> tuple[Outcome, float]:
    """One scenario, as often as it is meant or as asked, and how many seconds it took."""
    scenario = SCENARIOS[name]
    often, began = times or scenario.times, time.monotonic()
    happened = scenario.play(stage, often)
    return Outcome(scenario.fault, often, happened), time.monotonic() - began
