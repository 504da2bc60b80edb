"""The guidelines: complete, readable as Markdown tables, and up to date in docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labeling.guidelines import render_guidelines
from labeling.project import Project, load_project, shipped_config

PROJECTS = [shipped_config("diplomatic.toml"), Path(__file__).parent / "data" / "sports.toml"]
COMMITTED = Path(__file__).parents[1] / "docs" / "guidelines.md"


@pytest.fixture(params=PROJECTS, ids=lambda path: path.stem)
def project(request: pytest.FixtureRequest) -> Project:
    """Each of the two projects."""
    return load_project(request.param)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _tables(page: str) -> list[list[list[str]]]:
    """Every table of the page as rows of cells, the line of dashes left out."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", page, flags=re.MULTILINE)
    return [[_cells(line) for line in block.splitlines() if not line.startswith("| ---")] for block in blocks]


def test_committed_page_is_up_to_date() -> None:
    """docs/guidelines.md is what the shipped schema renders to."""
    project = load_project(PROJECTS[0])

    assert COMMITTED.read_text(encoding="utf-8") == render_guidelines(project.schema, project.file.project.name)


def test_each_label_relation_and_option_has_one_row(project: Project) -> None:
    """How to, labels, relations and each choice are tables, with one row each in the order of the schema."""
    schema = project.schema
    names = [[row[0] for row in table[1:]] for table in _tables(render_guidelines(schema, "T"))[1:]]

    assert names == [
        [f"`{name}`" for name in schema.label_names],
        [f"`{relation.name}`" for relation in schema.relations],
        *([f"`{option.name}`" for option in choices.options] for choices in schema.choices),
    ]


def test_no_text_breaks_a_table(project: Project) -> None:
    """Every row has as many cells as its head, whatever its sentences contain."""
    for table in _tables(render_guidelines(project.schema, "T")):
        assert {len(row) for row in table} == {len(table[0])}


def test_markup_in_sentences_stays_text() -> None:
    """The sports schema's < and | are written so that Markdown shows them."""
    page = render_guidelines(load_project(PROJECTS[1]).schema, "Sports")

    assert 'say O\'Neill & "Sons" &lt;at home>.' in page
    assert "[Ana\\|Bea] on the shirt" in page
    assert "&lt;never> marked" in page


def test_relations_show_the_labels_of_their_ends(project: Project) -> None:
    """From which labels to which: an arrow, both ways for a symmetric relation."""
    ends = {row[0]: row[1] for row in _tables(render_guidelines(project.schema, "T"))[2][1:]}

    expected = {
        "sports": ("`PLAYS_FOR`", "PLAYER -> TEAM"),
        "diplomatic": ("`HELD_AT`", "MEETING -> LOCATION, GOV_BODY"),
    }[project.path.stem]
    assert ends[expected[0]] == expected[1]
    assert ends.get("`SAME_AS`", "any &lt;-> the same label") == "any &lt;-> the same label"


def test_empty_parts_have_no_heading() -> None:
    """Without relations, choices and guidance the page has only how to annotate, and the labels."""
    schema = load_project(PROJECTS[1]).schema
    bare = schema.model_copy(update={"relations": (), "choices": (), "guidance": (), "unsure_hotkey": None})
    page = render_guidelines(bare, "Bare")

    assert re.findall(r"^#+ .*", page, flags=re.MULTILINE) == ["# How to annotate: Bare", "## Labels"]
    assert "tick *unsure* while the span is selected" in page
