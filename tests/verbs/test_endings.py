"""How every verb ends: what changed in the workspace, and the next command as it can be typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import made
import pytest
from click.testing import CliRunner, Result

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Defect, QuarantineRow, Span
from labeling.cli import cli
from labeling.project import Project, load_project
from labeling.studio.sync.next_step import complete_step, find_next_step
from labeling.studio.sync.work_counts import count_work
from labeling.verbs.options import tell_first
from labeling.workspace.rows.server_state import ProjectLink, PushedTask, ServerUsers

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.table import Workspace

pytestmark = pytest.mark.usefixtures("written_by_hand")

TEXT = "Lena Okafor met Jonas Weil in Oslo."
LENA = Span(id="lena", start=0, end=11, label="PERSON")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two articles of the shipped schema, ingested."""
    project = load_project(workspace=tmp_path / "work")
    with project.workspace.lock():
        project.workspace.articles.write([made.article("a1", TEXT), made.article("a2", f"{TEXT} Again.")])
    return project


def run(project: Project, *words: str) -> Result:
    """A command in the workspace."""
    return CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), *words], standalone_mode=False)


def push_as_if(workspace: Workspace) -> None:
    """What a push leaves behind."""
    workspace.studio_link.write(ProjectLink(url="http://127.0.0.1:9", project=7, created="2024-05-01T10:00:00Z"))
    workspace.pushed.write([PushedTask(article=row.id, digest=row.digest, task=1) for row in workspace.articles.rows()])


def said(workspace: Workspace, **fields: Any) -> Annotation:
    """An annotation of the first article by ana."""
    digest = next(workspace.articles.rows()).digest
    return Annotation(article="a1", digest=digest, annotator="ana", **fields)


@pytest.fixture
def _a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")


def test_a_verb_ends_with_what_changed_and_the_next_command(project: Project, tmp_path: Path) -> None:
    """On stderr, the files in the order of the journey, and the command with the options that were typed."""
    (tmp_path / "new.txt").write_text("Talks were held.", encoding="utf-8")
    root = project.workspace.root

    done = run(project, "ingest", str(tmp_path / "new.txt"))

    assert done.stderr.splitlines()[-2:] == [
        f"Changed: articles.jsonl, rejects.jsonl in {root}",
        f"Next: labeling --workspace {root} serve --detach",
    ]
    again = run(project, "ingest", str(tmp_path / "new.txt"))
    assert again.stderr.splitlines()[-2] == f"Changed: nothing in {root}"


def test_json_is_for_programs(project: Project) -> None:
    """Nothing but JSON is printed, on either side."""
    done = run(project, "cluster", "--json")

    assert json.loads(done.stdout)["articles"] == 2
    assert "Next" not in done.stderr


def test_an_error_ends_with_its_own_way_out(project: Project) -> None:
    """A verb that failed names no next command."""
    done = run(project, "compile")

    assert done.exception is not None
    assert "Next" not in done.output


@pytest.mark.usefixtures("_a_server")
def test_the_road_of_one_reader_begins_with_a_push(project: Project) -> None:
    """Whoever works alone need not know what articles share before there is something to split; a plan asks for it."""
    assert find_next_step(project).command == "push"

    once = project.file.model_copy(
        update={"reprints": project.file.reprints.model_copy(update={"annotate_once": True})}
    )
    planned = Project(project.path, once, project.schema, project.workspace)
    assert find_next_step(planned).command == "cluster"

    push_as_if(project.workspace)
    project.workspace.annotations.write([said(project.workspace, spans=(LENA,))])
    assert find_next_step(project).command == "cluster"


@pytest.mark.usefixtures("_a_server")
def test_after_a_push_people_are_told_where_to_annotate(project: Project) -> None:
    """And also while nobody has submitted anything: there is nothing to compile."""
    push_as_if(project.workspace)
    step = find_next_step(project)
    assert (step.command, step.people) == ("pull", ("Annotate at http://127.0.0.1:9/projects/7/data",))

    project.workspace.annotations.write([])
    assert find_next_step(project).command == "pull"


@pytest.mark.usefixtures("_a_server")
def test_without_gold_nothing_is_split(project: Project) -> None:
    """Everybody skipped: the road ends at the people, and not at an error of `compile`."""
    push_as_if(project.workspace)
    project.workspace.annotations.write([said(project.workspace, state="skipped")])
    assert run(project, "cluster").exception is None

    adjudicate(project)

    assert [*project.workspace.gold.rows()] == []
    assert find_next_step(project).command == "pull"


def test_a_server_that_does_not_run_is_started_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a push and before a pull; a verb that needs none is named as it is."""
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    assert find_next_step(project).command == "serve --detach"
    push_as_if(project.workspace)
    assert find_next_step(project).command == "serve --detach"
    project.workspace.annotations.write([said(project.workspace, spans=(LENA,))])
    assert find_next_step(project).command == "cluster"


@pytest.mark.usefixtures("_a_server")
def test_readers_are_invited_before_anything_is_pulled(project: Project) -> None:
    """While nobody has been seen on the server; who works alone is told where to annotate."""
    named = project.path.read_text(encoding="utf-8") + '\n[[people.reader]]\nemail = "ana@desk.example"\n'
    path = project.workspace.root.parent / "desk.toml"
    path.write_text(named, encoding="utf-8")
    desk = load_project(path, project.workspace.root)
    push_as_if(desk.workspace)

    assert complete_step(desk, "pull").command == "people invite"
    assert complete_step(project, "pull").command == "pull"
    desk.workspace.users.write(ServerUsers(emails={"1": "ana@desk.example"}))
    assert complete_step(desk, "pull").command == "pull"


def test_a_file_that_cannot_be_read_does_not_spoil_the_end(project: Project) -> None:
    """What a verb did is told all the same."""
    assert run(project, "cluster").exception is None
    (project.workspace.root / "studio.json").write_text("{", encoding="utf-8")

    done = run(project, "guidelines")

    assert done.exception is None
    assert "files" in done.stdout


def test_status_ends_with_what_there_is(project: Project) -> None:
    """Counted, by the files; what a migration removed was decided, and nobody has to look at it."""
    workspace = project.workspace
    push_as_if(workspace)
    workspace.annotations.write([said(workspace, spans=(LENA,))])
    adjudicate(project)
    faults: list[Defect] = ["migrated", "migrated", "stale text"]
    workspace.quarantine.write(
        [
            QuarantineRow(article="a1", annotator="ana", what="span", id=f"s{number}", kind=kind, reason="so")
            for number, kind in enumerate(faults)
        ]
    )

    told = dict(line.split("  ", 1) for line in run(project, "status").stdout.split("\n\n")[-2].splitlines())

    assert {name: words.strip() for name, words in told.items()} == {
        "project": f"Diplomatic news ({project.path}), in {workspace.root}",
        "articles": "2, 1 with gold",
        "to settle": "1 thing in quarantine",
        "annotate at": "http://127.0.0.1:9/projects/7/data",
    }


@pytest.mark.parametrize("name", ["quarantine.jsonl", "scores.json", "studio.json", "gold.jsonl"])
def test_a_damaged_file_counts_nothing(project: Project, name: str) -> None:
    """How it stands is told below; a folder in its place is no count either."""
    for spoil in (lambda path: path.write_bytes(b"{\xff"), lambda path: (path.unlink(), path.mkdir())):
        spoil(project.workspace.root / name)
        counts = count_work(project.workspace)
        assert (counts.articles, counts.gold, counts.quarantined, counts.best, counts.page) == (2, 0, 0, None, "")


def test_a_change_that_was_signed_ends_with_the_next_command(project: Project) -> None:
    """As every command."""
    assert run(project, "cluster").exception is None
    with project.workspace.clusters.path.open("a", encoding="utf-8") as out:
        out.write("\n")

    done = run(project, "status", "--adopt", "clusters.jsonl", "--why", "so")

    assert done.stdout.splitlines()[-1].startswith("Next: ")


def test_ten_lines_of_a_long_list_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """And how many more there are, and where."""
    tell_first([f"line {number}" for number in range(10)])
    assert capsys.readouterr().err.splitlines()[-1] == "line 9"
    tell_first([f"line {number}" for number in range(13)], "all in a file")
    assert capsys.readouterr().err.splitlines()[-2:] == ["line 9", "and 3 more: all in a file"]
