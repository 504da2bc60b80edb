"""`labeling suggest`: articles in, suggestions.jsonl out, the same bytes on every rerun."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.checks import check_annotation
from labeling.cli import cli
from labeling.errors import DamagedFile, MissingInput, ProjectFileError
from labeling.project import Project, SuggestSection, load_project
from labeling.suggestions.suggest import suggest

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article

TEXTS = {"a": "Oman met Chad on Monday.", "b": "nothing at all", "é": "Peru"}
ARTICLES = [made.article(name, text) for name, text in TEXTS.items()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with three articles."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write(ARTICLES)
    return project


def asking(project: Project, suggesting: SuggestSection) -> Project:
    """The project with another [suggest] table."""
    return replace(project, file=project.file.model_copy(update={"suggest": suggesting}))


def test_suggestions_are_written_and_counted(project: Project) -> None:
    """Every article has its row, also where nothing was found, and the summary counts spans by label."""
    summary = suggest(project)

    rows = list(project.workspace.suggestions.rows())
    assert [(row.article, row.annotator, len(row.spans)) for row in rows] == [
        ("a", "model:rules", 3),
        ("b", "model:rules", 0),
        ("é", "model:rules", 1),
    ]
    assert [check_annotation(row, article, project.schema) for row, article in zip(rows, ARTICLES, strict=True)] == [
        (row, ()) for row in rows
    ]
    counts = {label: n for label, n in summary.spans["model:rules"].items() if n}
    assert (summary.articles, counts, summary.refused) == (3, {"COUNTRY": 3, "DATE": 1}, 0)
    assert tuple(summary.spans["model:rules"]) == project.schema.label_names


def test_suggest_is_idempotent(project: Project) -> None:
    """The order of the articles does not matter."""
    suggest(project)
    before = project.workspace.suggestions.path.read_bytes()
    project.workspace.articles.write(reversed(ARTICLES))
    suggest(project)

    assert project.workspace.suggestions.path.read_bytes() == before


@pytest.mark.parametrize("articles", [[], ARTICLES])
def test_without_suggesters_the_file_is_empty(project: Project, articles: list[Article]) -> None:
    """Without rules and pipeline, or without articles, the file is there and empty."""
    project.workspace.articles.write(articles)

    summary = suggest(asking(project, SuggestSection(rules="")) if articles else project)
    assert (summary.articles, summary.spans) == (len(articles), {})
    assert project.workspace.suggestions.path.read_bytes() == b""


def test_without_articles_the_way_out_is_ingest(tmp_path: Path) -> None:
    """Before `ingest` the way out is named, and nothing is written."""
    project = load_project(workspace=tmp_path)
    with pytest.raises(MissingInput, match=r"articles\.jsonl is not there"):
        suggest(project)

    assert not project.workspace.suggestions.exists()


def test_a_damaged_line_is_named_and_nothing_is_written(project: Project) -> None:
    """The message has file and line."""
    with project.workspace.articles.path.open("a", encoding="utf-8") as lines:
        lines.write("{}\n")

    with pytest.raises(DamagedFile, match=r"articles\.jsonl, line 4"):
        suggest(project)
    assert not project.workspace.suggestions.exists()


def test_a_pipeline_that_is_missing_leaves_the_old_suggestions(project: Project) -> None:
    """The error keeps its name through the dataframe, and the file is as it was."""
    suggest(project)
    before = project.workspace.suggestions.path.read_bytes()

    with pytest.raises(ProjectFileError, match="'no_such_pipeline' cannot be loaded"):
        suggest(asking(project, SuggestSection(pipeline="no_such_pipeline", label_map={"GPE": "COUNTRY"})))
    assert project.workspace.suggestions.path.read_bytes() == before


def test_the_command_line_prints_a_table_or_json(project: Project) -> None:
    """Numbers go to stdout, the path of the file to stderr."""
    arguments = ["--workspace", str(project.workspace.root), "suggest"]
    table, data = CliRunner().invoke(cli, arguments), CliRunner().invoke(cli, [*arguments, "--json"])

    assert "model:rules  4 spans: 3 COUNTRY, 1 DATE" in table.stdout
    assert "suggestions.jsonl" in table.stderr
    assert json.loads(data.stdout)["spans"]["model:rules"]["DATE"] == 1
    assert (table.exit_code, data.exit_code) == (0, 0)
