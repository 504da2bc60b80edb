"""Models that `labeling train` made, as suggesters: their labels are the schema's, and need no map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import made
import pytest
import spacy

from labeling.annotations import Span
from labeling.errors import Altered, ProjectFileError
from labeling.project import Project, SuggestSection, load_project
from labeling.suggestions import own_models
from labeling.suggestions.suggest import suggest
from labeling.training.extractors import EXTRACTOR_CARD, Extractor
from labeling.training.open_extractors import OpenExtractor
from labeling.training.predictions import Prediction
from labeling.workspace.custody import keep_custody
from labeling.workspace.storage import write_json

TEXT = "Envoys met at the Oslo summit with Mr Berg."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace with one article."""
    project = load_project(workspace=tmp_path / "workspace")
    project.workspace.articles.write([made.article("a", TEXT)])
    return project


def _write_model(models: Path, *more: dict[str, str]) -> Path:
    """A pipeline by rules, with the card of a trained one: of nested spans, and of a label the schema does not have."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns(
        [
            {"label": "LOCATION", "pattern": "Oslo"},
            {"label": "MEETING", "pattern": "Oslo summit"},
            {"label": "SURNAME", "pattern": "Berg"},
            *more,
        ]
    )
    folder = models / "rules-0123456789ab"
    folder.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder)
    write_json(folder / EXTRACTOR_CARD, Extractor(name=folder.name, corpus="c", config="f", seed=1).model_dump())
    return folder


def _ask(project: Project, folder: Path, label_map: dict[str, str] | None = None) -> list[tuple[str, str]]:
    section = SuggestSection(rules="", pipeline=str(folder), label_map=label_map or {})
    project = replace(project, file=project.file.model_copy(update={"suggest": section}))
    assert [*suggest(project).spans] == [f"model:{folder.name}"]
    (row,) = project.workspace.suggestions.rows()
    return [(TEXT[span.start : span.end], span.label) for span in row.spans]


def test_a_model_of_ours_suggests_nested_spans_without_a_map(project: Project, tmp_path: Path) -> None:
    """Under its own name; a label that the schema does not have is not suggested, unless it is mapped."""
    folder = _write_model(tmp_path)

    assert _ask(project, folder) == [("Oslo", "LOCATION"), ("Oslo summit", "MEETING")]
    assert _ask(project, folder, {"SURNAME": "PERSON"}) == [("Berg", "PERSON")]
    assert _ask(project, folder, {"LOCATION": "ISSUE", "MEETING": "MEETING"}) == [
        ("Oslo", "ISSUE"),
        ("Oslo summit", "MEETING"),
    ]


def test_two_labels_that_become_one_are_one_span(project: Project, tmp_path: Path) -> None:
    """Both labels of a place are mapped to one of the schema: it is suggested once, and nothing is refused for it."""
    folder = _write_model(tmp_path, {"label": "TOWN", "pattern": "Oslo"})

    assert _ask(project, folder, {"TOWN": "LOCATION", "LOCATION": "LOCATION"}) == [("Oslo", "LOCATION")]


def test_of_one_place_the_surer_score_counts(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    """Whatever order a model names its spans in; a span without a score stands behind one that has some."""
    spans = [Span(id=f"p{score}", start=0, end=4, label="AB"[score > 6], score=score / 10) for score in (7, 6, 9, 3)]
    found = Prediction((*spans, Span(id="x", start=0, end=4, label="A")))
    card = Extractor(name="m", corpus="c", config="f", seed=1)
    model = OpenExtractor(card, ("A", "B"), lambda articles: ((each, found) for each in articles))
    monkeypatch.setattr(own_models, "open_extractor", lambda _: model)

    find = own_models.open_own_model(Path("m"), {"A": "ISSUE", "B": "ISSUE"}, project.schema)

    assert list(find(["Oslo"])) == [[(0, 4, "ISSUE", 0.9)]]


@pytest.mark.parametrize(
    ("label_map", "fault"),
    [
        ({"GPE": "LOCATION"}, "'GPE' is not a label of rules-0123456789ab"),
        ({"LOCATION": "PLACE"}, "'PLACE' is not a label of the schema"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(
    project: Project, tmp_path: Path, label_map: dict[str, str], fault: str
) -> None:
    """Typos would suggest nothing, in silence; the labels of the model are named."""
    with pytest.raises(ProjectFileError, match=fault) as refusal:
        _ask(project, _write_model(tmp_path), label_map)

    assert "LOCATION, MEETING, SURNAME" in refusal.value.todo


def test_a_model_that_does_not_open_is_refused(project: Project, tmp_path: Path) -> None:
    """By the setting that names it, with what can be done."""
    folder = _write_model(tmp_path)
    (folder / "config.cfg").unlink()

    with pytest.raises(ProjectFileError, match="cannot be opened") as refusal:
        _ask(project, folder)

    assert refusal.value.where == "suggest.pipeline"
    assert "train it anew" in refusal.value.todo


def test_an_altered_card_of_a_model_is_refused(project: Project) -> None:
    """What the workspace knows of its models is checked by `suggest`, too."""
    folder = _write_model(project.workspace.models)
    with project.workspace.opened(), keep_custody(project.workspace, "train") as notes:
        notes.written.append(f"models/{folder.name}/{EXTRACTOR_CARD}")
    card = folder / EXTRACTOR_CARD
    card.write_text(card.read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2'), encoding="utf-8")

    with pytest.raises(Altered, match=r"extractor\.json"):
        _ask(project, folder)
