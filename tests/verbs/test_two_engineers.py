"""Two engineers, one server: a second project is warned of, and pushes at the same moment store each article once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest

from labeling.errors import LabelingError, StudioError
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.sync import push_delivery
from labeling.studio.sync.push import Pace, forecast, push
from labeling.workspace import journal
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
ARTICLES = [made.article(f"wire/{number:02}", f"Anna met Carl on day {number}.") for number in range(24)]

pytestmark = pytest.mark.studio


@pytest.fixture
def project(tmp_path: Path, studio: Credentials) -> Project:
    """One article, pushed; the others are there to be."""
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded.workspace.articles.write(ARTICLES[:1])
    push(loaded, server=studio)
    loaded.workspace.articles.write(ARTICLES)
    return loaded


def copied(project: Project, folder: Path) -> Project:
    """Another machine with a copy of the workspace."""
    folder.mkdir()
    for name in ("articles.jsonl", "studio.json", "pushed.jsonl"):
        (folder / name).write_bytes((project.workspace.root / name).read_bytes())
    return replace(project, workspace=Workspace(folder))


def test_a_second_project_of_the_same_title_is_warned_of(project: Project, studio: Credentials, tmp_path: Path) -> None:
    """Before it is made, with the address of the other one; and a dry run says so too. Another title is no matter."""
    link = project.workspace.studio_link.value()
    other = replace(project, workspace=Workspace(tmp_path / "other"))
    other.workspace.root.mkdir()
    other.workspace.articles.write(ARTICLES[:1])
    with connect_to(studio.url, studio.api_key) as client:
        same = client.projects_titled(project.file.project.name)
        assert link.project in same
        assert client.projects_titled("a title of nobody's") == []
        client.name_project(link.project, "Two engineers")
    about = project.file.project.model_copy(update={"name": "Two engineers"})
    other = replace(other, file=other.file.model_copy(update={"project": about}))
    for run in (forecast, push):
        told: list[str] = []
        run(other, server=studio, pace=Pace(say=told.append))
        (warning,) = told
        assert f"{studio.url}/projects/{link.project}/data" in warning
        assert "studio.json" in warning
    told = []
    push(other, server=studio, pace=Pace(say=told.append))
    assert told == []


def test_a_task_that_another_push_has_removed_is_removed(project: Project, studio: Credentials) -> None:
    """Between our look at it and our request: that is as well."""
    (row,) = journal.load_journal(project.workspace.pushed.path).values()
    task = row.task or 0
    with connect_to(studio.url, studio.api_key) as client:
        exported = list(client.export_tasks(project.workspace.studio_link.value().project, [task]))
        looked: Studio = replace(client)
        object.__setattr__(looked, "export_tasks", lambda *_asked: exported)
        assert client.remove_empty(project.workspace.studio_link.value().project, [task]) == [task]
        assert looked.remove_empty(project.workspace.studio_link.value().project, [task]) == [task]


@pytest.mark.usefixtures("written_by_hand")
def test_pushes_of_several_machines_store_each_article_once(
    project: Project, studio: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each ends well or by name, never with a 404; the next push of each finds every task that its journal names.

    Until then a journal may name a copy that another machine has removed after this one's push had ended.
    """
    monkeypatch.setattr(push_delivery, "MOST_TASKS", 6)
    machines = [project, *(copied(project, tmp_path / f"machine {number}") for number in range(2))]
    failed: list[LabelingError] = []
    unnamed: list[BaseException] = []

    def run(machine: Project) -> None:
        try:
            push(machine, server=studio)
        except StudioError as error:
            failed.append(error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test tells
            unnamed.append(error)

    threads = [threading.Thread(target=run, args=(machine,)) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert unnamed == []
    assert [str(error) for error in failed if "404" in str(error)] == []
    for machine in machines:
        push(machine, server=studio)
    with connect_to(studio.url, studio.api_key) as client:
        there = {task.number: task.article for task in client.tasks(project.workspace.studio_link.value().project)}
    assert sorted(there.values()) == [article.id for article in ARTICLES]
    for machine in machines:
        rows = journal.load_journal(machine.workspace.pushed.path).values()
        assert {row.task: row.article for row in rows} == there
