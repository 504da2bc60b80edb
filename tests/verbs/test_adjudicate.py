"""`labeling adjudicate`: files in, files out, the same bytes on every rerun."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import MissingInput
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Delhi met Male."
ARTICLE = made.article("a", TEXT)


def submission(annotator: str, *places: tuple[int, int], label: str = "LOCATION") -> Annotation:
    """A submission about the article with spans of one label."""
    spans = tuple(Span(id=f"{annotator}{start}", start=start, end=end, label=label) for start, end in places)
    return Annotation(article="a", digest=ARTICLE.digest, annotator=annotator, spans=spans)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with one article, annotated by two who agree on one span of two."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write([ARTICLE])
    project.workspace.annotations.write([submission("ana", (0, 5), (10, 14)), submission("ben", (0, 5), (10, 15))])
    return project


def test_gold_conflicts_and_ledger_are_written(project: Project) -> None:
    """What all agree on is in gold.jsonl, the rest in conflicts.jsonl, and every region in ledger.jsonl."""
    summary = adjudicate(project)

    (gold,) = project.workspace.gold.rows()
    (conflict,) = project.workspace.conflicts.rows()
    assert ([span.id for span in gold.spans], gold.open) == (["ana0"], ((10, 15),))
    assert (conflict.kind, len(list(project.workspace.ledger.rows()))) == ("boundary", 4)
    assert summary.account == {"span": {"gold": 1, "in": 4, "merged": 1, "open": 2}}
    assert (summary.articles, summary.complete, summary.conflicts, summary.refused) == (1, 0, 1, 0)


def test_a_rerun_writes_the_same_bytes(project: Project) -> None:
    """Adjudicating again, with the annotations in another order, changes no byte."""
    workspace = project.workspace
    adjudicate(project)
    before = [path.read_bytes() for path in (workspace.gold.path, workspace.conflicts.path, workspace.ledger.path)]
    workspace.annotations.write(reversed(list(workspace.annotations.rows())))

    adjudicate(project)

    assert before == [
        path.read_bytes() for path in (workspace.gold.path, workspace.conflicts.path, workspace.ledger.path)
    ]


def test_without_annotations_the_verb_to_run_is_named(tmp_path: Path) -> None:
    """Without annotations the verb to run first is named, and nothing is written."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write([ARTICLE])

    with pytest.raises(MissingInput, match=r"annotations\.jsonl is not there"):
        adjudicate(project)

    assert not project.workspace.gold.exists()


def test_the_command_prints_json(project: Project) -> None:
    """With --json the summary is on stdout and nothing else."""
    adjudicate(project)
    result = CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "adjudicate", "--json"], standalone_mode=False
    )

    assert json.loads(result.stdout)["gold_spans"] == 1
    assert (result.return_value, result.stderr) == (0, "")


@pytest.mark.usefixtures("written_by_hand")
def test_a_conflict_is_settled_by_those_who_differ(project: Project) -> None:
    """A third who agrees with one of two outvotes nobody; when the other submits the same, or skips, it is gold."""
    ana, ben, cyd = submission("ana", (0, 5)), submission("ben", (0, 5), (10, 14)), submission("cyd", (0, 5), (10, 14))
    changed = submission("ana", (0, 5), (10, 14)).model_copy(update={"updated": "2026-11-22T09:00:00Z"})
    left = ana.model_copy(update={"state": "skipped"})
    counts = []
    for three in ([ana, ben, cyd], [ana, changed, ben, cyd], [left, ben, cyd]):
        project.workspace.annotations.write(three)
        summary = adjudicate(project)
        counts.append((summary.conflicts, summary.gold_spans, summary.account["span"].get("open", 0)))

    assert counts == [(1, 1, 2), (0, 2, 0), (0, 2, 0)]


def test_the_command_says_how_conflicts_are_settled(project: Project) -> None:
    """Where they are, and where to read on; what is open does not count as decided against."""
    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "adjudicate"], standalone_mode=False)

    assert "4 in: 1 gold, 1 merged, 2 open" in result.stdout
    assert str(project.workspace.conflicts.path) in result.stderr
    assert "labeling adjudicate --help" in result.stderr


def test_the_command_says_what_the_schema_refuses(project: Project) -> None:
    """A label that the schema does not have any more makes exit status 3, and the ledger is named."""
    project.workspace.annotations.write([submission("ana", (0, 5), label="PLANET")])

    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "adjudicate"], standalone_mode=False)

    assert result.return_value == 3
    assert "ledger.jsonl" in result.stderr
    assert "1 in: 1 quarantined" in result.stdout
