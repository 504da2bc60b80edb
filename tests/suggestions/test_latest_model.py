"""``[suggest] model = "latest"``: the newest model of the last dataset, with relations and choices, without a map."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import made
import pytest
from ruler_model import write_ruler

from labeling.annotations import Annotation, Relation, Span
from labeling.errors import MissingInput, ProjectFileError
from labeling.project import Project, SuggestSection, load_project
from labeling.suggestions import own_models
from labeling.suggestions.latest_model import find_latest_model, keep_known
from labeling.suggestions.suggest import suggest
from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.training.open_extractors import OpenExtractor
from labeling.training.predictions import Prediction
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from labeling.articles import Article

TEXT = "Envoys met Anna Bo in Oslo."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace with one article, whose project asks the latest model and nothing else."""
    loaded = load_project(workspace=tmp_path / "workspace")
    loaded.workspace.articles.write([made.article("a", TEXT)])
    section = SuggestSection(rules="", model="latest")
    return replace(loaded, file=loaded.file.model_copy(update={"suggest": section}))


def compile_to(project: Project, digest: str) -> None:
    """Let the last dataset be the one of that digest."""
    folder = project.workspace.corpora / digest
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    project.workspace.latest.unlink(missing_ok=True)
    project.workspace.latest.symlink_to(digest)


def train_on(project: Project, name: str, corpus: str, at: int) -> Path:
    """A model that was trained on a dataset, and whose card was written at that second."""
    project.workspace.models.mkdir(exist_ok=True)
    folder = write_ruler(project.workspace.models).rename(project.workspace.models / name)
    write_json(folder / EXTRACTOR_CARD, Extractor(name=name, corpus=corpus, config="f", seed=1).model_dump())
    os.utime(folder / EXTRACTOR_CARD, (at, at))
    return folder


def test_the_newest_model_of_the_last_dataset_suggests(project: Project) -> None:
    """Neither one of an older dataset that is newer, nor an older one of this; with the next dataset it is another."""
    train_on(project, "ner-a", "first", 10)
    train_on(project, "ner-b", "second", 20)
    newest = train_on(project, "ner-c", "second", 30)
    train_on(project, "ner-d", "first", 40)
    compile_to(project, "second")
    assert find_latest_model(project.workspace) == str(newest.absolute())
    assert suggest(project).spans["model:ner-c"]["LOCATION"] == 1
    (row,) = project.workspace.suggestions.rows()
    assert [(TEXT[span.start : span.end], span.label) for span in row.spans] == [("Oslo", "LOCATION")]
    compile_to(project, "first")
    assert [*suggest(project).spans] == ["model:ner-d"]


def test_before_any_dataset_nobody_suggests_and_before_training_it_is_refused(project: Project) -> None:
    """The first round has no model; a dataset without a model of its own asks for `train`."""
    train_on(project, "ner-a", "first", 10)
    assert suggest(project).spans == {}
    compile_to(project, "second")
    with pytest.raises(MissingInput, match="no model was trained on the latest dataset") as caught:
        suggest(project)
    assert "labeling train" in caught.value.todo


def test_a_model_that_does_not_open_is_refused_by_its_name(project: Project) -> None:
    """A folder with nothing but a card."""
    folder = train_on(project, "ner-a", "first", 10)
    (folder / "config.cfg").unlink()
    compile_to(project, "first")
    with pytest.raises(ProjectFileError, match="ner-a cannot be opened"):
        suggest(project)


def test_relations_and_choices_are_suggestions_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their scores, under the ids of the model's own spans; what the schema does not have is left out."""
    said = Prediction(
        spans=(
            Span(id="p1", start=0, end=6, label="DELEGATION", score=0.75),
            Span(id="p2", start=11, end=18, label="PERSON", score=0.5),
            Span(id="p3", start=22, end=26, label="PLANET", score=0.5),
        ),
        relations=(
            Relation(head="p2", tail="p1", label="LEADS", score=0.25),
            Relation(head="p2", tail="p3", label="LEADS", score=0.25),
            Relation(head="p2", tail="p1", label="EATS"),
        ),
        choices={"event": ("CONSULT", "DANCE"), "mood": ("good",)},
    )

    def predict(articles: Iterable[Article]) -> Iterator[Any]:
        return ((each, said) for each in articles)

    card = Extractor(name="ner-a", corpus="first", config="f", seed=1)
    monkeypatch.setattr(own_models, "open_extractor", lambda _: OpenExtractor(card, ("PERSON",), predict))
    train_on(project, "ner-a", "first", 10)
    compile_to(project, "first")
    suggest(project)
    (row,) = project.workspace.suggestions.rows()
    assert (row.spans, row.relations) == (said.spans[:2], said.relations[:1])
    assert (row.choices, row.annotator) == ({"event": ("CONSULT",)}, "model:ner-a")


def test_what_the_schema_has_stays_as_it_is(project: Project) -> None:
    """Nothing of a prediction in the schema's own words is touched."""
    spans = (Span(id="p1", start=0, end=6, label="PERSON"),)
    said = Annotation(article="a", digest="d", annotator="model:x", spans=spans, choices={"usable": ("yes",)})
    assert keep_known(said, project.schema) == said
