"""Whose words tell what suggestions do: first words on articles of the stream, and what was before their eyes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import made
import pytest

from labeling.annotations import Gold, GoldSpan, Span
from labeling.project import PeopleSection, Project, load_project
from labeling.splits.stream_readings import find_reliance
from labeling.workspace.rows.assignment import SplitAssignment
from labeling.workspace.rows.first_submission import FirstSubmission
from labeling.workspace.rows.kept_row import KeptRow
from labeling.workspace.rows.learning_rows import BegunRow
from labeling.workspace.rows.reliance_row import StreamShare
from labeling.workspace.rows.server_state import ServerUsers

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.rows.reliance_row import Reliance

ARTICLE = made.article("a", "Ana met Ben in Rome.")
ANA = Span(id="s1", start=0, end=3, label="PERSON")
BEN = Span(id="s2", start=8, end=11, label="PERSON")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one article, of which a model said that Ana is a person; a reader marked both."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write([ARTICLE])
    project.workspace.users.write(ServerUsers(emails={"1": "ana@desk.example", "2": "lead@desk.example"}))
    project.workspace.first.write([first()])
    project.workspace.begun.write([offered()])
    return project


def first(**fields: Any) -> FirstSubmission:
    """Ana's first words."""
    row = FirstSubmission(
        article="a",
        annotator="ana",
        at="2024-01-01T12:00:00Z",
        kept_by="layer",
        digest=ARTICLE.digest,
        spans=(ANA, BEN),
        task=7,
    )
    return row.model_copy(update=fields)


def offered(**fields: Any) -> BegunRow:
    """What a model said before anybody read the article."""
    row = BegunRow(article="a", digest=ARTICLE.digest, source="model:ner-1", spans=(ANA,))
    return row.model_copy(update=fields)


def counted(project: Project, *, drawn: bool = True) -> tuple[int, int]:
    """How many readings with suggestions and without there are."""
    found = reliance_of(project, drawn=drawn)
    return found.assisted.readings, found.unassisted.readings


def reliance_of(project: Project, *, drawn: bool = True) -> Reliance:
    """All of it, with gold that two people made."""
    span = GoldSpan(**ANA.model_dump(exclude={"note"}), rule="unanimous", by=("ana", "ben"))
    gold = Gold(article="a", digest=ARTICLE.digest, complete=True, annotators=("ana", "ben"), spans=(span,))
    rows = [
        SplitAssignment(article="a", leak_group="a", split="dev", stream=True),
        SplitAssignment(article="b", leak_group="b", split="dev"),
        SplitAssignment(article="c", leak_group="c", split="train", stream=True),
    ]
    return find_reliance(project, rows, {"a": "g"} if drawn else {}, {"a": gold})


def test_reading_counts_beside_what_the_model_had_said(project: Project) -> None:
    """One reading with suggestions: one of the two spans is beyond the model's; and one of two articles was drawn."""
    found = reliance_of(project)

    assert (found.assisted.readings, found.assisted.judged, found.unassisted.readings) == (1, 1, 0)
    assert (found.assisted.beyond.items, found.assisted.rejected.items) == (2, 1)
    assert found.tested == {"dev": StreamShare(articles=2, of_stream=1), "test": StreamShare(articles=0, of_stream=0)}


def test_what_was_served_decides(project: Project) -> None:
    """What our server served is believed before the plan: also that nothing came with the article."""
    project.workspace.begun.write([offered(shown=False)])
    assert counted(project) == (0, 1)

    served = KeptRow(kind="served", email="ana@desk.example", account=1, task=7, prediction=5)
    project.workspace.kept.write([served])
    assert counted(project) == (1, 0)

    project.workspace.begun.write([offered()])
    project.workspace.kept.write([served.model_copy(update={"prediction": 0})])
    assert counted(project) == (0, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"digest": "another text"},
        {"task": None},
        {"open": ((0, 3),)},
        {"article": "b"},
    ],
)
def test_what_was_not_read_there_does_not_count(project: Project, fields: dict[str, Any]) -> None:
    """Another text, an import, an answer about one span, and an article of which no model had said anything."""
    project.workspace.first.write([first(**fields)])

    assert counted(project) == (0, 0)


def test_article_that_a_model_chose_does_not_count(project: Project) -> None:
    """Of what a model chose, readers with suggestions and without would not be of one kind."""
    assert counted(project, drawn=False) == (0, 0)


def test_suggestion_of_nobody_does_not_count(project: Project) -> None:
    """Without a model's words nothing is beyond them, and nothing accepted."""
    project.workspace.begun.write([offered(source="", spans=())])

    assert counted(project) == (0, 0)


def test_adjudicators_do_not_count(project: Project) -> None:
    """They have seen the readers' words."""
    people = PeopleSection(adjudicators=("lead@desk.example",))
    named = dataclasses.replace(project, file=project.file.model_copy(update={"people": people}))
    project.workspace.first.write([first(), first(annotator="lead")])

    assert counted(project) == (2, 0)
    assert counted(named) == (1, 0)


def test_first_words_count_and_not_those_after(project: Project) -> None:
    """What the layer kept at noon is before what a pull saw at one."""
    project.workspace.first.write([first(), first(kept_by="pull", at="2024-01-01T13:00:00Z", spans=(ANA,))])

    assert reliance_of(project).assisted.beyond.items == 2


def test_workspace_of_before_has_too_little_to_say(tmp_path: Path) -> None:
    """Without any of the files there is nothing to measure, and the row says so."""
    found = reliance_of(load_project(workspace=tmp_path))

    assert found.assisted.missed.undefined == "too little to say (leak groups: 0, and it takes 10)"
    assert found.difference["missed"].undefined == found.assisted.missed.undefined
