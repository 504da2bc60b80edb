"""Argilla's records in each of their forms: whose spans come in, in what state, and what has no place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.articles import Reject
from labeling.errors import UsageError
from labeling.imports.argilla.asked_text import choose_asked_text
from labeling.imports.argilla.read_argilla import read_argilla
from labeling.imports.argilla.record_forms import holds_records, parse_record
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.people_file import read_people
from labeling.imports.record import ImportRecord
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labeling.annotations import Annotation

# The emoji counts one code point, and two in UTF-16: Argilla's offsets are code points.
TEXT = "🌍 Anna Berg met Chad."
PERSON, COUNTRY = {"start": 2, "end": 11, "label": "PERSON"}, {"start": 16, "end": 20, "label": "COUNTRY"}
ANA, BEN = "2f6c8a1e-0b7d-4c55-9d3a-1c2b3a4d5e6f", "7b1d0c9a-5e4f-4a3b-8c2d-9f8e7d6c5b4a"
PEOPLE: dict[int | str, str] = {ANA: "ana@desk.example", BEN: "ben@desk.example"}
NESTED: dict[str, Any] = {
    "id": "a1",
    "fields": {"text": TEXT},
    "metadata": {"source": "Wire"},
    "suggestions": {"ner": {"value": [PERSON], "score": [0.9], "agent": "small"}},
    "responses": {
        "ner": [{"value": [PERSON, COUNTRY], "user_id": ANA}, {"value": [], "user_id": BEN}],
        "stars": [{"value": 4, "user_id": ANA}],
    },
    "vectors": {},
    "status": "completed",
    "_server_id": "0b5e7a52-8e6f-4df5-8a6c-6a1f5b1d7c11",
}
FLAT: dict[str, Any] = {
    "id": "a1",
    "status": "completed",
    "_server_id": NESTED["_server_id"],
    "text": TEXT,
    "source": "Wire",
    "ner.responses": [[PERSON, COUNTRY], []],
    "ner.responses.users": [ANA, BEN],
    "ner.responses.status": ["submitted", "submitted"],
    "stars.responses": [4],
    "stars.responses.users": [ANA],
    "stars.responses.status": ["submitted"],
    "ner.suggestion": [PERSON],
    "ner.suggestion.score": [0.9],
    "ner.suggestion.agent": "small",
}
SERVER: dict[str, Any] = {
    "id": NESTED["_server_id"],
    "external_id": "a1",
    "fields": {"text": TEXT},
    "metadata": {"source": "Wire"},
    "responses": [
        {"user_id": ANA, "status": "submitted", "values": {"ner": {"value": [PERSON, COUNTRY]}, "stars": {"value": 4}}},
        {"user_id": BEN, "status": "submitted", "values": {"ner": {"value": []}}},
    ],
    "suggestions": [{"question_name": "ner", "value": [PERSON], "agent": "small", "score": [0.9]}],
    "status": "completed",
}
BY_COLUMN = {name: [value] for name, value in NESTED.items()}
SPANS_BY_COLUMN = {name: [PERSON[name], COUNTRY[name]] for name in PERSON}
FORMS = {
    "nested": [NESTED],
    "flattened": [FLAT],
    "by column": BY_COLUMN,
    "flattened by column": {name: [value] for name, value in FLAT.items()},
    "by id": {"a1": NESTED},
    "server": {"items": [SERVER], "total": 1},
    "spans by column": [{**FLAT, "ner.responses": [SPANS_BY_COLUMN, []]}],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _import(
    project: Project, folder: Path, content: object, people: Mapping[int | str, str] = PEOPLE, annotator: str = ""
) -> ImportResult:
    path = folder / "records.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return import_annotations(project, "argilla", [str(path)], ImportOptions(annotator=annotator, people=people))


def _rows(project: Project) -> dict[tuple[str, str], Annotation]:
    return {(row.annotator, row.state): row for row in project.workspace.annotations.rows()}


def _spans(row: Annotation) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in row.spans]


def _quarantine(project: Project) -> list[tuple[str, str]]:
    return [(row.kind, row.reason) for row in project.workspace.quarantine.rows()]


def _read(folder: Path, content: object) -> list[Any]:
    path = folder / "records.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return list(read_argilla(path, "records"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("indent", [None, 1])
def test_every_form_of_a_record_is_the_same_annotations(tmp_path: Path, form: str, indent: int | None) -> None:
    """Whether the file is one line or many."""
    project = load_project(workspace=tmp_path / "workspace")
    path = tmp_path / "records"
    path.write_text(json.dumps(FORMS[form], indent=indent), encoding="utf-8")
    result = import_annotations(project, "argilla", [str(path)], ImportOptions(people=PEOPLE))

    rows = _rows(project)
    assert sorted(rows) == [("ana", "submitted"), ("ben", "submitted"), ("model:small", "submitted")]
    assert _spans(rows["ana", "submitted"]) == [(2, 11, "PERSON"), (16, 20, "COUNTRY")]
    assert _spans(rows["ben", "submitted"]) == []
    assert _spans(rows["model:small", "submitted"]) == [(2, 11, "PERSON")]
    # An empty list, to a question that asks for spans, says that there are none.
    assert not rows["ben", "submitted"].open
    assert _quarantine(project) == [("unsupported", "nothing here has a place for a rating, to the question 'stars'")]
    assert [(row.id, row.source, row.text) for row in project.workspace.articles.rows()] == [("a1", "Wire", TEXT)]
    assert result.rejected == {}


def test_lines_of_flattened_records_are_read(project: Project, tmp_path: Path) -> None:
    """As Hugging Face's datasets write them."""
    path = tmp_path / "rows.jsonl"
    other = {**FLAT, "id": "a2", "text": TEXT + " Twice."}
    path.write_text("".join(json.dumps(row) + "\n" for row in (FLAT, other)), encoding="utf-8")
    result = import_annotations(project, "argilla", [str(path)], ImportOptions(people=PEOPLE))

    assert (result.new, result.annotations, result.spans) == (2, 6, 6)


@pytest.mark.parametrize(
    ("status", "state"), [("submitted", "submitted"), ("draft", "draft"), ("discarded", "skipped"), ("odd", "draft")]
)
def test_the_status_of_a_response_is_its_state(project: Project, tmp_path: Path, status: str, state: str) -> None:
    """One that is unknown was not sent, as far as anybody can tell."""
    row = {**FLAT, "ner.responses.status": [status, "submitted"], "stars.responses": []}
    _import(project, tmp_path, [row])

    assert _spans(_rows(project)["ana", state]) == [(2, 11, "PERSON"), (16, 20, "COUNTRY")]


@pytest.mark.parametrize(("record", "state"), [("completed", "submitted"), ("pending", "draft")])
def test_a_response_without_a_status_is_a_draft_while_its_record_waits(
    project: Project, tmp_path: Path, record: str, state: str
) -> None:
    """And it is said that the form does not tell."""
    result = _import(project, tmp_path, [{**NESTED, "status": record}])

    assert ("ana", state) in _rows(project)
    assert any("status of responses" in each for each in result.ignored)


def test_a_uuid_is_nobody_without_a_list_of_people(project: Project, tmp_path: Path) -> None:
    """Nothing is written, and each is named."""
    with pytest.raises(UsageError) as caught:
        _import(project, tmp_path, [NESTED], people={})
    assert ANA in str(caught.value)
    assert BEN in str(caught.value)
    assert not project.workspace.annotations.exists()


def test_one_annotator_does_not_sign_for_two_accounts(project: Project, tmp_path: Path) -> None:
    """Nor for a model."""
    with pytest.raises(UsageError):
        _import(project, tmp_path, [NESTED], people={}, annotator="ana")
    row = {**NESTED, "responses": {"ner": NESTED["responses"]["ner"][:1]}}
    _import(project, tmp_path, [row], people={}, annotator="ana")

    # A model's words are never a person's.
    assert sorted(_rows(project)) == [("ana", "submitted"), ("model:small", "submitted")]


def test_people_are_listed_by_uuid_in_any_spelling(tmp_path: Path) -> None:
    """Beside numbers, as Label Studio has them."""
    path = tmp_path / "people.csv"
    path.write_text(f"id,username\n{ANA.upper()},ana\n{BEN.replace('-', '')},ben\n7,eva\n", encoding="utf-8")

    assert read_people(str(path)) == {ANA: "ana", BEN: "ben", 7: "eva"}


def test_what_is_no_uuid_and_no_number_is_refused_as_a_person(tmp_path: Path) -> None:
    """A name for a name tells nothing."""
    path = tmp_path / "people.csv"
    path.write_text("id,username\nana,ana\n", encoding="utf-8")
    with pytest.raises(UsageError, match="'ana' is not the number or UUID"):
        read_people(str(path))


def test_a_response_to_labels_alone_leaves_the_text_open(tmp_path: Path) -> None:
    """No question asked for spans."""
    row = {**NESTED, "suggestions": {}, "responses": {"topic": [{"value": "Trade", "user_id": ANA}]}}
    (record,) = _read(tmp_path, [row])

    assert (record.options, record.partial, record.marks) == (("topic.Trade",), True, ())


def test_several_labels_are_several_options_and_long_words_are_none(tmp_path: Path) -> None:
    """Texts and rankings have no place here."""
    long = "This sentence was written by somebody, and nobody could have chosen it from a list of labels in the page."
    responses = {
        "topics": [{"value": ["Trade", "War"], "user_id": ANA}],
        "why": [{"value": long, "user_id": ANA}],
        "best": [{"value": [{"value": "a", "rank": 1}], "user_id": ANA}],
        "skipped": [{"value": None, "user_id": ANA}],
    }
    (record,) = _read(tmp_path, [{**NESTED, "suggestions": {}, "responses": responses}])

    assert record.options == ("topics.Trade", "topics.War")
    assert [(each.kind, each.reason.split(", ")[0]) for each in record.misfits] == [
        ("unsupported", "nothing here has a place for a text"),
        ("unsupported", "nothing here has a place for a ranking"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "Berg in Chad", "text": TEXT}, "text"),
        ({"title": "Berg in Chad", "article": TEXT}, "article"),
        # Of two texts, the one in which the spans are words.
        ({"prompt": "Wer hat wen getroffen, und wo?", "answer": TEXT}, "answer"),
        ({"text": "Wer hat wen getroffen, und wo?", "answer": TEXT}, "answer"),
        ({"left": TEXT, "right": TEXT}, ""),
        ({"text": [{"role": "user", "content": TEXT}], "body": TEXT}, "body"),
    ],
)
def test_the_text_is_the_field_in_which_the_spans_are(fields: dict[str, object], field: str) -> None:
    """Nothing is guessed between two."""
    assert choose_asked_text([parse_record({**NESTED, "fields": fields}, "here")]).field == field


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"left": TEXT, "right": TEXT}, "between `left`, `right`"),
        ({"chat": [{"role": "user", "content": TEXT}]}, "`chat` is a chat"),
        ({"page": "data:image/png;base64,AAAA"}, "`page` is an image"),
        ({"form": {"a": 1}}, "`form` is a field of a form of its own"),
    ],
)
def test_a_record_without_a_text_is_refused_with_its_answers(
    project: Project, tmp_path: Path, fields: dict[str, object], reason: str
) -> None:
    """By the kind of field that it has in place of one."""
    result = _import(project, tmp_path, [{**NESTED, "fields": fields}])
    (reject,) = project.workspace.rejects.rows()

    assert result.rejected == {"unreadable": 1}
    assert reason in reject.reason
    assert "4 answers are refused with it" in reject.reason


def test_annotations_in_an_unread_field_refuse_the_record(project: Project, tmp_path: Path) -> None:
    """As in every format."""
    result = _import(project, tmp_path, [{**NESTED, "metadata": {"gold": [PERSON]}}])

    assert result.rejected == {"unreadable": 1}


@pytest.mark.parametrize(
    "span", [{"start": 2, "end": 11}, {"start": "2", "end": 11, "label": "X"}, {"start": True, "end": 2, "label": "X"}]
)
def test_an_odd_span_is_listed(tmp_path: Path, span: dict[str, object]) -> None:
    """The spans beside it come in."""
    responses = {"ner": [{"value": [PERSON, span], "user_id": ANA}]}
    (record,) = _read(tmp_path, [{**NESTED, "suggestions": {}, "responses": responses}])

    assert [each.label for each in record.marks] == ["PERSON"]
    assert [(each.what, each.kind) for each in record.misfits] == [("span", "unreadable")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(PERSON),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ner", "value", "user_id", "values", "start", "end", "label"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(record=st.fixed_dictionaries({}, optional=dict.fromkeys((*NESTED, *FLAT), _JSON)))
def test_any_values_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, record: dict[str, Any]) -> None:
    """No form of a value is an error of the program; every text comes with all that was said of it."""
    path = tmp_path_factory.mktemp("argilla") / "records.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    items = list(read_argilla(path, "records"))

    assert items
    for item in items:
        assert isinstance(item, ImportRecord | Reject)


@pytest.mark.parametrize("value", [{"a": 1}, {}, {"a": [1], "b": [2]}, {"text": TEXT, "label": "x"}])
def test_an_object_of_another_kind_holds_no_records(value: dict[str, object]) -> None:
    """Then it is not read as any."""
    assert not holds_records(value)
