"""`labeling adjudicate`: files in, files out, the same bytes on every rerun."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, Stale
from labeling.project import PeopleSection, Project, load_project
from labeling.splits.split import split
from labeling.workspace.rows.reader_assignment import Assignment

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.rows.decision_row import Decision

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


def decision_of(project: Project, *accepted: int) -> Decision:
    """The lead's decision of the one conflict that is written: these of its items stand."""
    (conflict,) = project.workspace.conflicts.rows()
    items = [conflict.items[place] for place in accepted]
    return decide_conflict(conflict, items, "lead", "2026-11-23T10:00:00Z").model_copy(update={"why": "slip"})


def test_a_decision_becomes_gold(project: Project) -> None:
    """`pull` has brought it: gold and all that follows from it are stale until the next `adjudicate`."""
    workspace = project.workspace
    adjudicate(project)
    workspace.decisions.write([decision_of(project, 0)])
    with pytest.raises(Stale, match=r"decisions\.jsonl"):
        split(project)

    summary = adjudicate(project)
    split(project)

    (gold,) = workspace.gold.rows()
    assert [(span.id, span.rule, span.by) for span in gold.spans] == [
        ("ana0", "unanimous", ("ana", "ben")),
        ("ana10", "adjudicated", ("lead",)),
    ]
    assert (summary.complete, summary.conflicts, summary.decided, summary.idle) == (1, 0, 1, {})
    assert {row.reason for row in workspace.ledger.rows() if row.id == "ben10"} == {"lead decided otherwise: slip"}


@pytest.mark.usefixtures("written_by_hand")
def test_decisions_that_do_nothing_are_told(project: Project) -> None:
    """With the reason and their number, on stderr; and a decision that somebody changed is refused by name."""
    adjudicate(project)
    stale = decision_of(project, 0).model_copy(update={"digest": "0" * 64})
    project.workspace.decisions.write([stale])

    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), "adjudicate"], standalone_mode=False)

    assert "Decisions that do nothing, made on another text: 1" in result.stderr
    assert "decided" not in [line.split()[0] for line in result.stdout.splitlines()]


def test_a_changed_decision_is_refused(project: Project) -> None:
    """Nobody but its adjudicator takes it back."""
    adjudicate(project)
    first, second = decision_of(project, 0), decision_of(project, 1)
    project.workspace.decisions.write([first])
    adjudicate(project)
    project.workspace.decisions.write([second])

    with pytest.raises(Altered, match=r"decisions\.jsonl is not as it was left"):
        adjudicate(project)


def test_an_adjudicator_of_the_project_file_decides(project: Project) -> None:
    """By their address; but what they read as a reader, by the plan, is one reading among others."""
    people = PeopleSection(adjudicators=("lead@desk.example",))
    team = replace(project, file=project.file.model_copy(update={"people": people}))
    lead = submission("lead", (0, 5))
    project.workspace.annotations.write([*project.workspace.annotations.rows(), lead])

    assert adjudicate(project).conflicts == 1
    assert adjudicate(team).conflicts == 0
    assert next(iter(project.workspace.gold.rows())).spans[0].by == ("ana", "ben", "lead")
    project.workspace.assignments.write([Assignment(article="a", reader="lead@desk.example", part="second", order=1)])
    assert adjudicate(team).conflicts == 1
