"""What `labeling status` would do next: a plan is made and pushed, and in the end nothing is left to do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from in_custody import copied, walk_the_road

from labeling.cli import cli
from labeling.passages.cluster import cluster
from labeling.people.assign import assign
from labeling.project import PeopleSection, Reader
from labeling.report.write_report import write_report
from labeling.sources.ingest import ingest
from labeling.workspace.custody import keep_custody
from labeling.workspace.standing import read_standing
from labeling.workspace.table import Scores

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles along the whole road, up to a dataset."""
    return walk_the_road(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def project(pattern: Project, tmp_path: Path) -> Project:
    """A copy of it, with a model that was evaluated."""
    project = copied(pattern, tmp_path)
    workspace = project.workspace
    (workspace.models / "mine").mkdir(parents=True)
    manifest = "corpora/latest/manifest.json"
    with workspace.opened(), keep_custody(workspace, "evaluate", reads=(manifest,), writes=(workspace.scores,)):
        workspace.scores.write(Scores({}))
    return project


def following(project: Project) -> str:
    """The next command."""
    return read_standing(project.workspace, has_readers=project.file.has_readers).next


def with_readers(project: Project) -> Project:
    """The same with two readers in the project file."""
    people = PeopleSection(reader=(Reader(email="ana@desk.example"), Reader(email="ben@desk.example")))
    return dataclasses.replace(project, file=project.file.model_copy(update={"people": people}))


def test_after_the_report_nothing_is_left_to_do(project: Project) -> None:
    """Until something is other than what the report was made from, or is there that was not."""
    assert following(project) == "labeling report"
    write_report(project)
    assert following(project) == ""
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root), "status"]
    printed = CliRunner().invoke(cli, where, standalone_mode=False).stdout
    assert printed.splitlines()[-1] == "Next: nothing: all is made from what there is now"

    with project.workspace.opened(), keep_custody(project.workspace, "curve", writes=(project.workspace.curve,)):
        project.workspace.curve.path.write_text("{}", encoding="utf-8")
    assert following(project) == "labeling report"
    project.workspace.curve.path.unlink()
    assert following(project) == ""
    project.workspace.report.unlink()
    assert following(project) == "labeling report"


def test_only_what_is_missed_is_listed_as_missing(project: Project) -> None:
    """Who reads alone needs no plan and forgets nothing; what the road asks for is told."""
    project.workspace.splits.path.unlink()
    listed = {file.file: file.state for file in read_standing(project.workspace).listed}

    assert {name for name, state in listed.items() if state == "missing"} == {"splits.jsonl"}
    whole = {file.file: file.state for file in read_standing(project.workspace).files}
    assert whole["assignments.jsonl"] == whole["forgotten.jsonl"] == "missing"
    team = read_standing(project.workspace, has_readers=True)
    assert {file.file for file in team.listed if file.state == "missing"} == {"splits.jsonl", "assignments.jsonl"}


def test_a_plan_is_made_and_pushed_and_made_anew_when_articles_come(project: Project, tmp_path: Path) -> None:
    """Where the project file names readers; without any, nothing is asked for."""
    write_report(project)
    team = with_readers(project)
    alone = dataclasses.replace(
        team, file=team.file.model_copy(update={"people": PeopleSection(adjudicators=("a@b.c",))})
    )
    assert (following(team), following(alone), following(project)) == ("labeling assign", "", "")
    assign(team)
    assert following(team) == "labeling push"
    workspace = team.workspace
    with (
        workspace.opened(),
        keep_custody(workspace, "push", reads=(workspace.assignments,), writes=(workspace.pushed,)),
    ):
        workspace.pushed.write([])
    assert following(team) == "labeling report"
    write_report(team)
    assert following(team) == ""

    source = tmp_path / "more.txt"
    source.write_text("The ministers met again in Rome, and signed nothing.", encoding="utf-8")
    ingest(team, [str(source)])
    assert following(team) == "labeling cluster"
    cluster(team)
    assert following(team) == "labeling assign"
    assign(team)
    assert following(team) == "labeling push"
