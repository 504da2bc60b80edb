"""The tasks of articles that are to be forgotten, as the server has them: which are ours, and who worked in them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.errors import MissingInput, NoServer, ProjectGone, ServerUnreachable
from labeling.studio.api.connect import connect
from labeling.studio.sync.project_link import find_linked_project
from labeling.studio.sync.pull_state import read_pulled_task
from labeling.studio.sync.team_plan import find_owners_layer
from labeling.workspace import journal
from labeling.workspace.annotator_names import annotator_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.server_state import PushedTask, TextKey
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class SaidWords:
    """That somebody has said something of an article, and the server's number of it, if it has one.

    ``state`` is ``submitted``, ``skipped``, ``draft``, or ``quarantined`` where nothing of it is sound.
    """

    article: str
    annotator: str
    state: str
    server_id: int | None = None


@dataclass(frozen=True)
class LeftTask:
    """A task that stays on the server: its page, as far as it is known, and why it was left."""

    article: str
    url: str
    why: str


@dataclass
class ForgottenTasks:
    """The tasks of some texts, by our journal and by the server.

    ``ours`` are tasks of our journal that the server has under the same article, by number. ``gone`` are numbers of the
    journal that it does not have, and ``settled`` the journal's rows that nothing is left of.
    """

    studio: Studio | None = None
    page: str = ""
    project: int = 0
    ours: dict[int, PushedTask] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    settled: set[TextKey] = field(default_factory=set)
    left: list[LeftTask] = field(default_factory=list)
    said: list[SaidWords] = field(default_factory=list)

    def leave(self, article: str, task: int | None, why: str) -> None:
        """Note that a task stays where it is."""
        page = f"{self.page}?task={task}" if self.page and task is not None else self.page
        self.left.append(LeftTask(article, page, why))

    def remove(self, *, force: bool) -> int:
        """Remove those that are ours, and return how many: without ``force`` only while nobody has worked in them.

        Raises:
            StudioError: As the client does; it may be tried again.
        """
        removed = 0
        for number, row in sorted(self.ours.items()):
            if self.studio and self._remove(self.studio, number, force=force):
                self.gone.add(number)
                self.settled.add(row.key)
                removed += 1
            else:
                self.leave(row.article, number, "people have worked in it: with --force it goes, their words and all")
        # What the layer kept are words, too.
        layer = find_owners_layer(self.studio) if self.studio and self.gone else None
        if layer:
            layer.drop_gone(self.project)
        return removed

    def _remove(self, studio: Studio, number: int, *, force: bool) -> bool:
        if force:
            studio.remove_task(number)
            return True
        # Looked at once more, the moment before.
        return bool(studio.remove_empty(self.project, [number])) or not studio.find_numbers(self.project, [number])


@contextmanager
def find_forgotten_tasks(
    workspace: Workspace, server: Credentials | None, keys: Collection[TextKey]
) -> Iterator[ForgottenTasks]:
    """Look for the tasks of these texts; where no server can be asked, those of the journal are left, each by name.

    Raises:
        StudioError: The server is there, and did not do what was asked.
    """
    rows = [row for row in journal.load_journal(workspace.pushed.path).values() if row.key in keys]
    with ExitStack() as stack:
        if not keys or not (rows or workspace.studio_link.exists()):
            yield ForgottenTasks()
            return
        try:
            studio = stack.enter_context(connect(workspace, server))
            remote = find_linked_project(studio, workspace)
        except (NoServer, ServerUnreachable, ProjectGone, MissingInput) as error:
            tasks = _leave_all(workspace, rows, str(error))
        else:
            tasks = _look(
                ForgottenTasks(studio, f"{studio.url}/projects/{remote.number}/data", remote.number), rows, keys
            )
        yield tasks


def _leave_all(workspace: Workspace, rows: list[PushedTask], why: str) -> ForgottenTasks:
    link = workspace.studio_link.value_if_written()
    tasks = ForgottenTasks(page=f"{link.url}/projects/{link.project}/data" if link else "")
    for row in rows:
        tasks.leave(row.article, row.task, f"it could not be asked for: {why}")
    return tasks


def _look(tasks: ForgottenTasks, rows: list[PushedTask], keys: Collection[TextKey]) -> ForgottenTasks:
    """Compare the journal's rows with the tasks that the server has of these articles."""
    studio, project = tasks.studio, tasks.project
    if studio is None:
        return tasks
    by_number = {row.task: row for row in rows if row.task is not None}
    in_doubt = {row.key: row for row in rows if row.task is None}
    for there in studio.find_tasks(project, sorted({article for article, _ in keys})):
        row = by_number.get(there.number) or in_doubt.get((there.article, there.digest))
        if row and row.article == there.article:
            tasks.ours[there.number] = row
        elif (there.article, there.digest) in keys:
            tasks.leave(there.article, there.number, "it is not in our journal: somebody else may have stored it")
    # Of the other rows nothing is there, or something that does not name the article any more.
    found = {row.key for row in tasks.ours.values()}
    numbers = {row.task for row in rows if row.key not in found and row.task is not None}
    there_still = studio.find_numbers(project, numbers)
    for row in rows:
        if row.task in there_still:
            tasks.leave(row.article, row.task, "it does not name the article any more")
        if row.key not in found:
            tasks.settled.add(row.key)
    tasks.gone |= numbers - there_still
    tasks.said += _list_said_there(studio, project, tasks.ours)
    return tasks


def _list_said_there(studio: Studio, project: int, ours: Mapping[int, PushedTask]) -> Iterator[SaidWords]:
    """What people have said in these tasks, as of now."""
    names = annotator_names(studio.users()) if ours else {}
    for task in studio.export_tasks(project, sorted(ours)):
        known = read_pulled_task(task, names) if isinstance(task, dict) else None
        if known and known.task in ours:
            for one in known.said:
                yield SaidWords(ours[known.task].article, one.by or f"unsigned-{one.id}", one.state, one.id)
