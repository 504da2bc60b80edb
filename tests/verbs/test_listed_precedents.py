"""`labeling cards --precedents`, on a workspace with decisions and no server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
from click.testing import CliRunner

from labeling.adjudication.open_conflicts import make_conflict
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.people.write_guidelines import write_guidelines
from labeling.project import load_project
from labeling.workspace.rows.conflict import Conflict, Reading

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.project import Project
    from labeling.workspace.rows.decision_row import Decision

ARTICLES = {name: made.article(name, f"{name} British troops left.") for name in ("one", "two", "six")}
PEOPLE = '[people]\nadjudicators = ["lead@listed.example"]\n'
LABELS = """
[[labels]]
name = "STATE"
definition = "A state."
examples = ["Chad"]
color = "#000001"
[[labels]]
name = "PLACE"
definition = "A place."
examples = ["Oslo"]
color = "#000002"
"""


def prepare(folder: Path, *decisions: Decision, people: str = PEOPLE) -> Project:
    """A workspace in which COUNTRY was renamed STATE since these decisions."""
    (folder / "desk.toml").write_text(
        f'[project]\nname = "Listed"\n{people}{LABELS}[migrations.labels]\nCOUNTRY = "STATE"\n', encoding="utf-8"
    )
    project = load_project(folder / "desk.toml", folder / "work")
    project.workspace.articles.write(ARTICLES.values())
    if decisions:
        project.workspace.decisions.write(decisions)
    return project


def ask(article: str, *labels: str) -> Conflict:
    """Readers differ on "British"."""
    readings = [
        Reading(annotator=f"r{n}", id="x", start=4, end=11, label=label) for n, label in enumerate(labels, start=1)
    ]
    return make_conflict(ARTICLES[article], "label", readings, ())


def decide(conflict: Conflict, place: int, day: int, why: str = "") -> Decision:
    """One of the items in dispute stands."""
    decision = decide_conflict(conflict, [conflict.items[place]], "lead", f"2026-11-2{day}T10:00:00Z")
    return decision.model_copy(update={"why": why})


BEFORE, SINCE = ("COUNTRY", "PLACE"), ("PLACE", "STATE")
OLD = decide(ask("one", *BEFORE), 0, 1, "guideline silent")
NEW = decide(ask("two", *SINCE), 0, 2)


def run(project: Project, *more: str) -> str:
    """What the command prints."""
    called = ["--config", str(project.path), "--workspace", str(project.workspace.root), "cards", "--precedents", *more]
    result = CliRunner().invoke(cli, called, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_what_contradicts_and_what_guidelines_leave_open_is_listed_in_the_names_of_today(tmp_path: Path) -> None:
    """A decision under a label of before and one under its name of today contradict one another."""
    project = prepare(tmp_path, OLD, NEW)
    told = "“British”: STATE, not PLACE (guideline silent): lead, 2026-11-21, one"

    assert json.loads(run(project, "--json")) == {
        "contradictions": ["“British”: PLACE: two; but STATE: one"],
        "silent": [told],
    }
    assert run(project).splitlines() == [
        "Decided otherwise in the same words: 1",
        "  “British”: PLACE: two; but STATE: one",
        "Decided where the guidelines are silent: 1",
        f"  {told}",
    ]


def test_without_decisions_both_lists_are_empty(tmp_path: Path) -> None:
    """Nothing was pulled, nothing sent, and no server is asked."""
    assert json.loads(run(prepare(tmp_path), "--json")) == {"contradictions": [], "silent": []}


def test_what_an_adjudicator_submitted_of_a_whole_article_is_listed_too(tmp_path: Path) -> None:
    """Two readers differ, the lead annotated that article otherwise than was decided on a card of another."""
    project = prepare(tmp_path, NEW)
    said = {"ana": "STATE", "ben": "PLACE", "lead": "STATE"}
    words = [
        Annotation(
            article="six",
            digest=ARTICLES["six"].digest,
            annotator=who,
            spans=(Span(id="x", start=4, end=11, label=label),),
        )
        for who, label in said.items()
    ]
    project.workspace.annotations.write(words)

    assert json.loads(run(project, "--json"))["contradictions"] == ["“British”: PLACE: two; but STATE: six"]


def test_the_page_of_gaps_has_the_names_of_today(tmp_path: Path) -> None:
    """Whoever writes the guidelines reads the labels that they define."""
    project = prepare(tmp_path, OLD)
    write_guidelines(project)
    page = (project.workspace.root / "guideline-gaps.md").read_text(encoding="utf-8")

    assert "STATE" in page
    assert "COUNTRY" not in page
