"""What decides a round, where the project file asks the latest model itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import made
from ruler_model import write_ruler

from labeling.learning.open_articles import ReadingState
from labeling.learning.round_basis import find_basis
from labeling.project import LearningSection, SuggestSection, load_project
from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.workspace.custody import keep_custody
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from pathlib import Path


def test_a_model_that_a_round_trains_does_not_decide_it(tmp_path: Path) -> None:
    """Before there is one, when a dataset has none yet, and after training, it is one basis: nothing has changed."""
    project = load_project(workspace=tmp_path / "work")
    parts = {"learning": LearningSection(), "suggest": SuggestSection(model="latest")}
    project = replace(project, file=project.file.model_copy(update=parts))
    workspace = project.workspace
    with workspace.lock(), keep_custody(workspace, "ingest", writes=(workspace.articles,)):
        workspace.articles.write([made.article("a", "Envoys met in Oslo.")])
    state = ReadingState({}, {}, frozenset(), frozenset(), {})
    first = find_basis(project, state, 1, None)
    (workspace.corpora / "d").mkdir(parents=True)
    (workspace.corpora / "d" / "manifest.json").write_text("{}", encoding="utf-8")
    workspace.latest.symlink_to("d")
    assert find_basis(project, state, 1, None) == first
    workspace.models.mkdir()
    folder = write_ruler(workspace.models)
    write_json(folder / EXTRACTOR_CARD, Extractor(name=folder.name, corpus="d", config="f", seed=1).model_dump())
    assert find_basis(project, state, 1, None) == first
    assert find_basis(project, state, 2, None) != first
