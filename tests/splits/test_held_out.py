"""`trust.json`, as `split` writes it: what the workspace knows of how the gold of the test split was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.workspace.rows.kept_row import KeptRow
from labeling.workspace.rows.server_state import PushedTask, ServerUsers

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.rows.trust import Trust

ARTICLES = [made.article(f"a{number:02}", f"Ana met Ben {number} times.") for number in range(40)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Forty articles, each of which Ana has submitted on the server."""
    project = load_project(workspace=tmp_path)
    workspace = project.workspace
    workspace.articles.write(ARTICLES)
    spans = (Span(id="a", start=0, end=3, label="PERSON"), Span(id="b", start=8, end=11, label="PERSON"))
    workspace.annotations.write(
        Annotation(article=each.id, digest=each.digest, annotator="ana", spans=spans, task=number)
        for number, each in enumerate(ARTICLES)
    )
    adjudicate(project)
    return project


def trust_of(project: Project) -> tuple[Trust, list[int]]:
    """Split, and read what is told of the test split; the tasks of its articles."""
    split(project)
    rows = project.workspace.splits.rows()
    return project.workspace.trust.value(), [int(row.article[1:]) for row in rows if row.split == "test"]


def test_what_was_sent_without_suggestions_was_read_without(project: Project) -> None:
    """The journal knows each task, and the names are in train as well."""
    project.workspace.pushed.write(PushedTask(article=each.id, digest=each.digest) for each in ARTICLES)

    trust, test = trust_of(project)

    assert trust.articles == trust.drawn_alone == len(test) > 3
    assert (trust.suggested, trust.unknown, trust.offered) == (0, 0, 0)
    assert (trust.spans, trust.seen.value) == (2 * len(test), 1)


def test_what_was_sent_with_suggestions_was_read_with_them(project: Project) -> None:
    """But for the article that the layer served Ana without; without a journal, nothing is known."""
    workspace = project.workspace
    unknown, test = trust_of(project)
    workspace.pushed.write(
        PushedTask(article=each.id, digest=each.digest, suggested={"model:rules": "d"}) for each in ARTICLES
    )
    workspace.users.write(ServerUsers(emails={"1": "ana@desk.example"}))
    workspace.kept.write([KeptRow(kind="served", email="ana@desk.example", account=1, task=test[0], prediction=0)])

    trust, _ = trust_of(project)

    assert unknown.unknown == len(test)
    assert (trust.suggested, trust.drawn_alone, trust.unknown) == (len(test) - 1, 1, 0)
    assert f"{len(test) - 1} of its {len(test)} articles were read with suggestions" in trust.warnings[-1]
