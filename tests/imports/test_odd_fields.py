"""Annotations under a name that means something else: swapped, renamed, or of another type than the name says."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = "Anna Berg met Chad."
SPANS = [{"start": 0, "end": 9, "label": "PERSON"}, {"start": 14, "end": 18, "label": "COUNTRY"}]
USER = "2f6c8a1e-0b7d-4c55-9d3a-1c2b3a4d5e6f"
NESTED: dict[str, Any] = {
    "id": "a1",
    "fields": {"text": TEXT},
    "metadata": {},
    "responses": {"ner": [{"value": SPANS, "user_id": USER}]},
    "suggestions": {},
    "vectors": {"small": [0.5, 1]},
    "status": "completed",
    "_server_id": "s1",
}
FLAT: dict[str, Any] = {
    "id": "a1",
    "text": TEXT,
    "ner.responses": [SPANS],
    "ner.responses.users": [USER],
    "ner.responses.status": ["submitted"],
    "ner.suggestion": None,
    "ner.suggestion.agent": None,
    "status": "completed",
    "_server_id": "s1",
}
RESPONSE: dict[str, Any] = {"user_id": USER, "status": "submitted", "values": {"ner": {"value": SPANS}}}
SERVER = {name: each for name, each in NESTED.items() if name != "responses"} | {"responses": [RESPONSE]}
POTATO: dict[str, Any] = {
    "id": "n1",
    "user": "ana",
    "displayed_text": TEXT,
    "span_annotations": [{"start": 0, "end": 9, "span": "Anna Berg", "annotation": "PERSON"}],
    "label_annotations": {},
}
DOCCANO: dict[str, Any] = {"id": 7, "text": TEXT, "label": [[0, 9, "PERSON"]]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _import(project: Project, kind: str, path: Path, *rows: object) -> ImportResult:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return import_annotations(project, kind, [str(path)], ImportOptions(annotator="ana"))


def _swap(row: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    return row | {one: row[other], other: row[one]}


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        *(("argilla", _swap(NESTED, "responses", name)) for name in ("status", "_server_id", "vectors")),
        ("argilla", _swap(FLAT, "ner.responses", "status")),
        ("argilla", _swap(FLAT, "ner.responses", "id")),
        ("argilla", _swap(FLAT, "ner.responses", "ner.suggestion.agent")),
        ("argilla", _swap(FLAT, "ner.responses", "_server_id")),
        ("argilla", NESTED | {"responses": {"ner": [{"value_x": SPANS, "user_id": USER}]}}),
        ("argilla", NESTED | {"responses": {"ner": [{"value": USER, "user_id": SPANS}]}}),
        ("argilla", _swap(NESTED, "responses", "suggestions")),
        ("argilla", NESTED | {"responses": {"ner": {"value": SPANS, "user_id": USER}}}),
        ("argilla", NESTED | {"responses": {}, "suggestions": {"ner": {"value_x": SPANS}}}),
        ("argilla", _swap(SERVER | {"suggestions": []}, "responses", "suggestions")),
        ("argilla", SERVER | {"responses": [{"question_name": "ner", "value": SPANS}]}),
        ("argilla", NESTED | {"responses": {"ner": [{"user_id": USER, "values": {"ner": {"value": SPANS}}}]}}),
        ("argilla", SERVER | {"responses": [{"values_x": RESPONSE["values"], "user_id": USER}]}),
        ("argilla", SERVER | {"responses": [_swap(RESPONSE, "values", "status")]}),
        ("argilla", SERVER | {"responses": "a1", "external_id": [RESPONSE]}),
        ("doccano", _swap(DOCCANO, "id", "label")),
        ("doccano", DOCCANO | {"source": DOCCANO["label"], "label": []}),
        ("doccano", DOCCANO | {"meta": {"date": DOCCANO["label"]}, "label": []}),
        ("potato", _swap(POTATO, "id", "span_annotations")),
        ("potato", _swap(POTATO, "user", "span_annotations")),
        ("potato", POTATO | {"span_annotations": [], "spans": POTATO["span_annotations"]}),
    ],
)
def test_annotations_under_another_name_refuse_the_line(
    project: Project, tmp_path: Path, kind: str, row: dict[str, Any]
) -> None:
    """With the name, and never as an answer that there is nothing; the line beside it comes in."""
    whole: dict[str, dict[str, Any]] = {
        "argilla": NESTED | {"id": "a2"},
        "doccano": DOCCANO | {"id": 8},
        "potato": POTATO | {"id": "n2"},
    }
    result = _import(project, kind, tmp_path / "a.jsonl", row, whole[kind])

    assert result.rejected == {"unreadable": 1}
    (reject,) = project.workspace.rejects.rows()
    assert "it has annotations in a field that is not read" in reject.reason
    assert [row.article for row in project.workspace.annotations.rows()] in (["a2"], ["8"], ["n2"])


@pytest.mark.parametrize(
    "row",
    [
        NESTED | {"status": 7, "vectors": None, "metadata": []},
        FLAT | {"ner.responses.status": None, "ner.suggestion.score": [0.5, None]},
        SERVER | {"external_id": None, "vectors": {"small": {"value": [1, 2]}}},
    ],
)
def test_an_odd_detail_of_a_record_is_named_and_costs_nothing_else(
    project: Project, tmp_path: Path, row: dict[str, Any]
) -> None:
    """What holds no annotations is a detail."""
    result = _import(project, "argilla", tmp_path / "a.jsonl", row)

    assert (result.spans, result.rejected, result.quarantined) == (2, {}, {})


@pytest.mark.parametrize("name", ["instance_id", "user", "note"])
@pytest.mark.parametrize("write", [json.dumps, repr])
def test_a_cell_of_a_table_under_another_name_refuses_the_row(
    project: Project, tmp_path: Path, name: str, write: Callable[[object], str]
) -> None:
    """Where an id or a user should be, or a remark."""
    names = ["instance_id", "user", "displayed_text", "note", "ner._spans"]
    row = {"instance_id": "n1", "user": "ana", "displayed_text": TEXT, "note": "late", "ner._spans": "[]"}
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, names)
        table.writeheader()
        table.writerows([row, row | {name: write(POTATO["span_annotations"])}])
    result = import_annotations(project, "potato", [str(tmp_path / "a.csv")], ImportOptions(annotator="ana"))

    assert (result.annotations, result.rejected) == (1, {"unreadable": 1})


@pytest.mark.parametrize("row", [{"items": TEXT, "total": 1}, {"text": TEXT}, {}, {"a1": TEXT}])
def test_an_object_of_another_kind_is_not_a_record(project: Project, tmp_path: Path, row: dict[str, Any]) -> None:
    """Though it has a text: it is refused by what it holds."""
    result = _import(project, "argilla", tmp_path / "a.jsonl", row, NESTED)

    assert (result.annotations, result.rejected) == (1, {"unreadable": 1})


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"result": None}, "draft"),
        ({"result": 7, "id": SPANS}, "draft"),
        ({"result_x": SPANS}, "draft"),
        ({"was_cancelled": True}, "skipped"),
        ({"result": []}, "submitted"),
    ],
)
def test_an_annotation_without_a_result_is_not_an_empty_answer(
    project: Project, tmp_path: Path, answer: dict[str, Any], state: str
) -> None:
    """It is listed whole; that there is nothing says an empty list alone."""
    task = {"id": 1, "data": {"text": TEXT}, "annotations": [{"id": 5, "completed_by": 1, **answer}]}
    _import(project, "label-studio", tmp_path / "a.json", [task])

    (row,) = project.workspace.annotations.rows()
    assert row.state == state
    assert [each.raw for each in project.workspace.quarantine.rows()] == (
        [] if state == "submitted" else [task["annotations"][0]]  # type: ignore[index]
    )


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize(
    ("kind", "field", "span", "name"),
    [
        ("doccano", "label", [0, 9, "PERSON"], 0),
        ("doccano", "label", [0, 9, "PERSON"], 1),
        ("doccano", "entities", {"id": 1, "start_offset": 0, "end_offset": 9, "label": "PERSON"}, "start_offset"),
        ("doccano", "annotations", {"user": 1, "start_offset": 0, "end_offset": 9, "label": 1}, "start_offset"),
        ("prodigy", "spans", {"start": 0, "end": 9, "label": "PERSON"}, "start"),
        ("potato", "span_annotations", {"start": 0, "end": 9, "annotation": "PERSON"}, "end"),
    ],
)
def test_a_truth_value_is_not_an_offset(
    tmp_path: Path, kind: str, field: str, span: Any, name: Any, odd: object
) -> None:
    """To the language it is nought or one: the span would be at another place, or of other words."""
    project = load_project(workspace=tmp_path / "workspace")
    odd_span: Any = [*span] if isinstance(span, list) else {**span}
    odd_span[name] = odd
    row = {"id": "n1", "text": TEXT, field: [odd_span], **({"answer": "accept"} if kind == "prodigy" else {})}
    result = _import(project, kind, tmp_path / "a.jsonl", row)

    assert result.spans == 0
    assert [each.what for each in project.workspace.quarantine.rows()] == ["span"]
