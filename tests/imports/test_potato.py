"""Potato's output, as lines and tables of each version: spans, ticked labels, annotators, and what has no place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.articles import Reject, SourceRow, make_article
from labeling.errors import UsageError
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.potato.read_potato import read_potato
from labeling.imports.record import ImportRecord
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Annotation

TEXT = 'Anna Berg met Chad, "twice".'
PERSON = {"start": 0, "end": 9, "span": "Anna Berg", "annotation": "PERSON"}
COUNTRY = {"start": 14, "end": 18, "span": "Chad", "annotation": "COUNTRY"}
LABELS = {"topic": {"Trade": "true", "War": None}}
OWN: dict[str, Any] = {
    "id": "n1",
    "displayed_text": TEXT,
    "label_annotations": LABELS,
    "span_annotations": [PERSON, COUNTRY],
    "behavioral_data": {"time_string": "Time spent: 0d 0h 0m 9s "},
}
LATER: dict[str, Any] = {
    "instance_id": "n1",
    "user_id": "ana",
    "labels": {"topic": {"Trade": True}},
    "spans": {
        "ner": [
            {"id": "s1", "name": "PERSON", "title": "a person", "start": 0, "end": 9, "text": "Anna Berg"},
            {"id": "s2", "name": "COUNTRY", "title": "a country", "start": 14, "end": 18, "text": "Chad"},
        ]
    },
    "links": {},
}
SPANS = [(0, 9, "PERSON"), (14, 18, "COUNTRY")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _write(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _table(path: Path, sign: str, names: list[str], *rows: list[str]) -> Path:
    lines = [sign.join(names), *(sign.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _import(project: Project, *paths: Path, annotator: str = "") -> ImportResult:
    return import_annotations(project, "potato", [str(path) for path in paths], ImportOptions(annotator=annotator))


def _rows(project: Project) -> dict[str, Annotation]:
    return {row.annotator: row for row in project.workspace.annotations.rows()}


def _spans(row: Annotation) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in row.spans]


def _read(path: Path) -> list[Any]:
    return list(read_potato(path, path.stem, lambda name: TEXT if name == "n1" else None))


def test_the_folder_of_a_users_file_names_the_annotator(project: Project, tmp_path: Path) -> None:
    """Two folders are two annotators of one article."""
    output = tmp_path / "annotation_output"
    _write(output / "ana" / "annotated_instances.jsonl", OWN)
    _write(output / "ben" / "annotated_instances.jsonl", {**OWN, "span_annotations": [PERSON]})
    (output / "ana" / "annotation_order.txt").write_text("n1\n", encoding="utf-8")
    result = _import(project, output)

    rows = _rows(project)
    assert {name: _spans(row) for name, row in rows.items()} == {"ana": SPANS, "ben": SPANS[:1]}
    assert "behavioral_data" in result.ignored
    assert result.passed_over == (str(output / "ana" / "annotation_order.txt"),)


def test_another_file_without_users_names_nobody(project: Project, tmp_path: Path) -> None:
    """Its folder may be anything."""
    path = _write(tmp_path / "ana" / "export.jsonl", OWN)
    with pytest.raises(UsageError, match="does not name its annotator"):
        _import(project, path)
    _import(project, path, annotator="eva")

    assert [*_rows(project)] == ["eva"]


def test_the_file_of_all_users_names_each(project: Project, tmp_path: Path) -> None:
    """And its folder nobody."""
    own = {name: value for name, value in OWN.items() if name != "id"}
    path = _write(
        tmp_path / "annotation_output" / "annotated_instances.jsonl",
        {**own, "instance_id": "n1", "user_id": "ana"},
        {**own, "instance_id": "n1", "user_id": "ben", "span_annotations": []},
    )
    _import(project, path)

    rows = _rows(project)
    assert {name: _spans(row) for name, row in rows.items()} == {"ana": SPANS, "ben": []}


@pytest.mark.parametrize("sign", [",", "\t"])
def test_a_table_of_the_first_version_is_read_with_its_cells(tmp_path: Path, sign: str) -> None:
    """Spans stand in a cell as Python writes a list; words in quotes with line ends are one cell."""
    text = f"{TEXT}\nA second line."
    path = _table(
        tmp_path / "annotated_instances.tsv",
        sign,
        ["user", "instance_id", "displayed_text", "topic:::Trade", "topic:::War", "span_annotation:::PERSON", "note"],
        ["ana", "n1", text, "true", "", repr([PERSON]), ""],
        ["ben", "n1", text, "", "", "[]", "late"],
    )
    one, other = _read(path)

    assert (one.annotator, one.row.text, one.options) == ("ana", text, ("topic.Trade",))
    assert [(mark.parts, mark.label, mark.covers) for mark in one.marks] == [(((0, 9),), "PERSON", "Anna Berg")]
    assert (other.annotator, other.marks, other.state, other.unread) == ("ben", (), "draft", {"note": "late"})


def test_lines_of_the_second_version_find_their_text_by_its_id(project: Project, tmp_path: Path) -> None:
    """Without such an article they are refused."""
    article = make_article(SourceRow(where="", id="n1", text=TEXT), 20_000)
    project.workspace.articles.write([article])
    path = _write(tmp_path / "annotations.jsonl", LATER, {**LATER, "instance_id": "n2"})
    result = _import(project, path)

    assert _spans(_rows(project)["ana"]) == SPANS
    assert result.rejected == {"unreadable": 1}
    (reject,) = project.workspace.rejects.rows()
    assert (reject.id, "no article is called 'n2'" in reject.reason) == ("n2", True)


def test_a_table_of_the_second_version_is_read(tmp_path: Path) -> None:
    """Its spans are JSON in a cell."""
    path = _table(
        tmp_path / "annotations.csv",
        ",",
        ["instance_id", "user_id", "topic.Trade", "ner._spans"],
        ["n1", "ana", "True", json.dumps(LATER["spans"]["ner"])],
    )
    (record,) = _read(path)

    assert [(mark.label, mark.covers) for mark in record.marks] == [("PERSON", "Anna Berg"), ("COUNTRY", "Chad")]
    assert record.options == ("topic.Trade",)


@pytest.mark.parametrize(
    ("spans", "labels"),
    [
        ({"ner": [PERSON]}, ["PERSON"]),
        ({"ner:PERSON:0:9": "true"}, ["PERSON"]),
        ({"s1": {**PERSON, "annotation": "", "title": "PERSON"}}, ["PERSON"]),
        ({}, []),
        (None, []),
    ],
)
def test_older_forms_of_spans_are_read(tmp_path: Path, spans: object, labels: list[str]) -> None:
    """By scheme, by key, by id; and none."""
    (record,) = _read(_write(tmp_path / "a.jsonl", {**OWN, "span_annotations": spans}))

    assert [mark.label for mark in record.marks] == labels
    assert not record.misfits


@pytest.mark.parametrize(
    "span",
    [
        "words",
        {"start": 0, "end": 9},
        {"start": "0", "end": 9, "annotation": "PERSON"},
        {**PERSON, "target_field": "headline"},
    ],
)
def test_a_span_that_cannot_be_read_is_listed(tmp_path: Path, span: object) -> None:
    """The spans beside it come in."""
    (record,) = _read(_write(tmp_path / "a.jsonl", {**OWN, "span_annotations": [COUNTRY, span]}))

    assert [mark.label for mark in record.marks] == ["COUNTRY"]
    assert [each.what for each in record.misfits] == ["span"]


@pytest.mark.parametrize(
    ("labels", "options", "misfits"),
    [
        ({"topic": {"Trade": "Trade", "War": "false"}}, ("topic.Trade",), 0),
        ({"topic": {"Trade": "1"}, "mood": {"scale_3": "3"}}, ("topic.Trade", "mood.scale_3"), 0),
        ({"why": {"text_box": "They met for the second time."}}, (), 1),
        ({"topic": "Trade"}, ("topic.Trade",), 0),
        ({"size": {"": 7.5}}, (), 1),
        ({"size": {"big": [1, 2]}}, (), 1),
    ],
)
def test_ticks_are_options_and_words_are_listed(
    tmp_path: Path, labels: object, options: tuple[str, ...], misfits: int
) -> None:
    """A tick is true, a number, or the label once more."""
    (record,) = _read(_write(tmp_path / "a.jsonl", {**OWN, "label_annotations": labels}))

    assert record.options == options
    assert len(record.misfits) == misfits


def test_links_are_listed(tmp_path: Path) -> None:
    """They have no place here."""
    (record,) = _read(_write(tmp_path / "a.jsonl", {**LATER, "links": {"works": [{"span_ids": ["s1", "s2"]}]}}))

    assert [each.what for each in record.misfits] == ["relation"]


def test_labels_alone_leave_the_text_open(tmp_path: Path) -> None:
    """Unless another row of the file shows that its task asks for spans."""
    bare = {**OWN, "span_annotations": []}
    (alone,) = _read(_write(tmp_path / "a.jsonl", bare))
    first, _ = _read(_write(tmp_path / "b.jsonl", bare, OWN))

    assert (alone.partial, first.partial) == (True, False)


def test_a_page_of_a_survey_is_not_an_article(tmp_path: Path) -> None:
    """It is refused by its name."""
    (reject,) = _read(_write(tmp_path / "a.jsonl", {**OWN, "id": "consent.html"}))

    assert "page of the survey" in reject.reason


def test_offsets_of_another_counting_are_found_by_the_words(project: Project, tmp_path: Path) -> None:
    """The page counts in UTF-16: an emoji before the names moves them by one."""
    text = f"🌍{TEXT}"
    moved = [{**each, "start": each["start"] + 2, "end": each["end"] + 2} for each in (PERSON, COUNTRY)]  # type: ignore[operator]
    _import(
        project,
        _write(
            tmp_path / "ana" / "annotated_instances.jsonl", {**OWN, "displayed_text": text, "span_annotations": moved}
        ),
    )

    assert _spans(_rows(project)["ana"]) == [(1, 10, "PERSON"), (15, 19, "COUNTRY")]


def test_annotations_in_an_unread_field_refuse_the_row(project: Project, tmp_path: Path) -> None:
    """As in every format."""
    result = _import(project, _write(tmp_path / "ana" / "annotated_instances.jsonl", {**OWN, "entities": [PERSON]}))

    assert result.rejected == {"unreadable": 1}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(PERSON),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ner", "a:0:9", "start", "end", "title", ""]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(row=st.fixed_dictionaries({}, optional=dict.fromkeys((*OWN, *LATER), _JSON)))
def test_any_values_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any]) -> None:
    """No form of a value is an error of the program."""
    items = _read(_write(tmp_path_factory.mktemp("potato") / "a.jsonl", row))

    assert items
    assert all(isinstance(item, ImportRecord | Reject) for item in items)


@settings(max_examples=60, deadline=None)
@given(cell=st.text(alphabet="[]{}()'\":,0 startend", max_size=40))
def test_any_cell_is_read_or_listed(tmp_path_factory: pytest.TempPathFactory, cell: str) -> None:
    """Whatever stands where spans do."""
    path = _table(
        tmp_path_factory.mktemp("potato") / "a.csv",
        ",",
        ["user", "instance_id", "span_annotation:::PERSON"],
        ["ana", "n1", cell],
    )
    assert len(_read(path)) == 1
