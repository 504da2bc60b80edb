"""A server that sends things twice: each counts once, in the files, in what is kept, and it is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import made
import pytest
from click.testing import CliRunner
from faulty.door import door
from faulty.lies import Lie, draw_lies, list_answers, tell_lies

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.project import load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.restoration import RestoreSource
from labeling.workspace import journal

if TYPE_CHECKING:
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
ARTICLE = made.article("wire/1", "Anna met Carl.")

pytestmark = pytest.mark.studio


def test_what_is_sent_twice_counts_once(tmp_path: Path, studio: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task, and an annotation within it; also when the answer that was kept is restored from."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    project.workspace.articles.write([ARTICLE])
    push(project, server=studio)
    (row,) = journal.load_journal(project.workspace.pushed.path).values()
    task = row.task or 0
    span = Span(id="a", start=0, end=4, label="PERSON")
    with connect_to(studio.url, studio.api_key) as client:
        words = Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="", spans=(span,))
        client.annotate(task, words, ARTICLE)
    link = project.workspace.studio_link.value()
    path = f"/api/projects/{link.project}/export?exportType=JSON&download_all_tasks=true"
    headers = {"Authorization": f"Token {studio.api_key}"}
    (honest,) = httpx.get(studio.url + path, headers=headers, trust_env=False, timeout=60).json()
    honest["annotations"] *= 2
    lie = json.dumps([honest, honest]).encode()

    with door(studio, lambda _asked: "pass", {"/export": lie}) as liar:
        for changes in (False, True):
            project.workspace.watermark.path.unlink(missing_ok=True)
            summary = pull(project, server=liar, changes=changes)
            number = honest["annotations"][0]["id"]
            assert summary.repeated == (f"annotation {number} of task {task}", f"task {task}")
            assert (summary.tasks, summary.submitted, summary.spans) == (1, 1, 1)
            assert len(list(project.workspace.annotations.rows())) == 1
        monkeypatch.setenv("LABEL_STUDIO_URL", liar.url)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", liar.api_key)
        told = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "pull"], catch_exceptions=False)
        assert "Sent more than once, and counted once" in told.output
    source = RestoreSource((Path(summary.kept),), None, {})
    (restored,) = source.tasks()
    assert len(restored["annotations"]) == 1


def test_a_field_that_is_something_else_ends_in_an_error_of_ours(tmp_path: Path, studio: Credentials) -> None:
    """At any place of what the real server answers to a pull, a status and a push without its journal."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "kept")
    project.workspace.articles.write([ARTICLE])
    push(project, server=studio)
    (row,) = journal.load_journal(project.workspace.pushed.path).values()
    span = Span(id="a", start=0, end=4, label="PERSON")
    with connect_to(studio.url, studio.api_key) as client:
        words = Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="", spans=(span,))
        client.annotate(row.task or 0, words, ARTICLE)

    def fresh() -> Path:
        shutil.rmtree(tmp_path / "scratch", ignore_errors=True)
        return shutil.copytree(tmp_path / "kept", tmp_path / "scratch", ignore=shutil.ignore_patterns("pushed.jsonl"))

    for verb, seed in ((["pull"], 1), (["status"], 2), (["push"], 3)):
        answers = list_answers(studio, fresh(), verb)
        done = tell_lies(studio, fresh, verb, draw_lies(answers, seed, 6))
        assert len(answers) > 50
        assert done.broken == []
        assert done.ends.total() == 6


def test_a_list_of_tasks_without_times_is_named(tmp_path: Path, studio: Credentials) -> None:
    """What pulls and counts by changes reads of each task is looked at where the answer comes in."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    project.workspace.articles.write([ARTICLE])
    push(project, server=studio)
    for name in ("updated_at", "total_annotations", "cancelled_annotations"):
        lies = [Lie("GET /api/tasks/", ("tasks", 0, name), how) for how in ("missing", "nothing", "a list")]
        done = tell_lies(studio, lambda: project.workspace.root, ["status"], lies)
        assert done.broken == []
        assert done.ends == {"NotLabelStudio": 3}
