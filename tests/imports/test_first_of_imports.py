"""First words of imports: a file that is imported again takes the place of what it had, and of nobody else's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from in_custody import pull_as_if, said_by_two

from labeling.errors import Altered
from labeling.evaluation.agree import agree
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.first_submission import first_submission
from labeling.workspace.standing import read_standing

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Anna Berg met Carl Dahl."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def bring(project: Project, path: Path, by: str, start: int, end: int) -> None:
    """Import one span by somebody."""
    row = {"id": "a", "text": TEXT, "spans": [{"start": start, "end": end, "label": "PERSON"}]}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    import_annotations(project, "prodigy", [str(path)], ImportOptions(by))


def begin_first_words(project: Project) -> None:
    """What the first pull does: all submissions so far are first words, and ben's are pulled."""
    workspace = project.workspace
    with workspace.opened(), keep_custody(workspace, "pull", writes=(workspace.first,)):
        rows = [first_submission(row, "import") for row in workspace.annotations.rows()]
        workspace.first.write(
            row.model_copy(update={"kept_by": "pull"} if row.annotator == "ben" else {}) for row in rows
        )


def test_a_mended_file_takes_the_place_of_what_it_had(project: Project, tmp_path: Path) -> None:
    """Ana's file marks Anna, then Carl, as ben did; ben's words were pulled, and no import touches them."""
    bring(project, tmp_path / "ben.jsonl", "ben", 14, 23)
    bring(project, tmp_path / "ana.jsonl", "ana", 0, 9)
    assert agree(project).f1["ana and ben"]["exact"] == 0
    begin_first_words(project)
    assert agree(project).f1["ana and ben"]["exact"] == 0

    bring(project, tmp_path / "ana.jsonl", "ana", 14, 23)
    bring(project, tmp_path / "ben.jsonl", "ben", 0, 4)
    rows = {(row.annotator, row.kept_by): [span.start for span in row.spans] for row in project.workspace.first.rows()}
    assert rows == {("ana", "import"): [14], ("ben", "pull"): [14], ("ben", "import"): [0]}


def test_first_words_that_somebody_changed_are_refused_by_name(project: Project, tmp_path: Path) -> None:
    """Neither measured, nor added to; agreement follows from them, and its settled line from annotations."""
    bring(project, tmp_path / "ben.jsonl", "ben", 14, 23)
    bring(project, tmp_path / "ana.jsonl", "ana", 14, 23)
    begin_first_words(project)
    agree(project)
    workspace = project.workspace
    states = {file.file: file.state for file in read_standing(workspace).files}
    assert (states["first.jsonl"], states["agreement.json"]) == ("made", "made")

    with workspace.opened(), keep_custody(workspace, "pull", writes=(workspace.annotations,)):
        rows = [*workspace.annotations.rows(), *said_by_two(count=1)]
        workspace.annotations.write(sorted(rows, key=lambda row: (row.article, row.annotator, row.server_id or -1)))
    assert {file.file: file.state for file in read_standing(workspace).files}["agreement.json"] == "stale"
    agree(project)
    assert {file.file: file.state for file in read_standing(workspace).files}["agreement.json"] == "made"
    with workspace.opened(), keep_custody(workspace, "pull", writes=(workspace.first,)):
        workspace.first.write(row for row in [*workspace.first.rows()] if row.annotator == "ben")
    assert {file.file: file.state for file in read_standing(workspace).files}["agreement.json"] == "stale"

    workspace.first.path.write_text(
        workspace.first.path.read_text("utf-8").replace('"start":14', '"start":15'), "utf-8"
    )
    with pytest.raises(Altered, match=r"first.jsonl is not as it was left"):
        agree(project)
    with pytest.raises(Altered, match=r"first.jsonl is not as it was left"):
        bring(project, tmp_path / "ana.jsonl", "ana", 0, 9)
    workspace.first.path.unlink()
    with pytest.raises(Altered, match=r"first.jsonl is gone"):
        agree(project)


def test_agreement_of_a_workspace_of_before_follows_its_annotations(project: Project, tmp_path: Path) -> None:
    """Without first words it is stale as soon as annotations change."""
    bring(project, tmp_path / "ben.jsonl", "ben", 14, 23)
    bring(project, tmp_path / "ana.jsonl", "ana", 14, 23)
    agree(project)
    pull_as_if(project, count=1)

    assert {file.file: file.state for file in read_standing(project.workspace).files}["agreement.json"] == "stale"
