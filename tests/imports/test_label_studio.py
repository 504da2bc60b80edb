"""Any Label Studio project's JSON: its text field, who said what, and what has no place; files written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations import Annotation, Relation, Span
from labeling.articles import SourceRow, make_article
from labeling.errors import UsageError
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.label_studio.read_label_studio import read_label_studio
from labeling.imports.merge import ImportOptions
from labeling.imports.people_file import read_people
from labeling.imports.record import ImportRecord
from labeling.project import Project, load_project
from labeling.studio.format.tasks import result_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = Path(__file__).parents[3] / "shared"
TEXT = "Anna Berg met Chad."
NAMES = {"PER": "PERSON", "LOC": "COUNTRY", "Unsure": "unsure", "certainty=Unsure": "unsure"}
ANA = {"id": 1, "email": "ana@desk.example"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _label(start: int, end: int, *labels: str, **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [*labels]}
    return {"id": f"r{start}", "from_name": "ner", "to_name": "txt", "type": "labels", "value": value} | more


def _relation(head: str, tail: str, *labels: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": [*labels]}


def _task(*result: dict[str, Any], by: object = ANA, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "data": {"text": TEXT},
        "annotations": [{"id": 1, "completed_by": by, "result": [*result], **more}],
    }


def _import(
    project: Project, folder: Path, *tasks: object, people: Mapping[int | str, str] = {}, annotator: str = ""
) -> ImportResult:
    path = folder / "export.json"
    path.write_text(json.dumps([*tasks]), encoding="utf-8")
    terms = ImportOptions(annotator=annotator, names=NAMES, people=people)
    return import_annotations(project, "label-studio", [str(path)], terms)


def _rows(project: Project) -> dict[tuple[str, str], Annotation]:
    return {(row.annotator, row.state): row for row in project.workspace.annotations.rows()}


def _quarantine(project: Project) -> list[tuple[str, str, str]]:
    return [(row.what, row.kind, row.reason) for row in project.workspace.quarantine.rows()]


def _spans(row: Annotation) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.label) for span in row.spans]


def test_an_export_of_another_project_comes_with_its_people_and_relations(project: Project) -> None:
    """The case F52: a numbered person by the list, one with an address by it, mapped labels, a relation."""
    case = SHARED / "cases" / "F52" / "full.json"
    if not case.exists():
        pytest.skip("the shared cases are not here")
    terms = ImportOptions(names=NAMES, people={1: "ana@desk.example"})

    summary = import_annotations(project, "label-studio", [str(case)], terms)

    assert (summary.new, summary.annotations, summary.spans, summary.relations) == (2, 2, 3, 1)
    rows = _rows(project)
    assert _spans(rows["ana", "submitted"]) == [(0, 9, "PERSON"), (14, 18, "COUNTRY")]
    assert rows["ana", "submitted"].relations == (Relation(head="a", tail="b", label="REPRESENTS"),)
    assert rows["ana", "submitted"].seconds == 12.1
    assert rows["ben", "submitted"].article == "x2"


def test_a_number_is_not_a_person(project: Project, tmp_path: Path) -> None:
    """All numbers are named in one refusal, and nothing is written."""
    tasks = [_task(_label(0, 9, "PER"), by=number) for number in (9, 4)]

    with pytest.raises(UsageError, match="4, 9") as refusal:
        _import(project, tmp_path, *tasks)

    assert "--people" in refusal.value.todo
    assert not project.workspace.articles.exists()
    # A list that lacks one of them is not enough.
    with pytest.raises(UsageError, match=r"server: 9$"):
        _import(project, tmp_path, *tasks, people={4: "ben@desk.example"})


def test_two_numbers_are_not_signed_by_one_name(project: Project, tmp_path: Path) -> None:
    """`--annotator` would make one person of two; of one it is right."""
    with pytest.raises(UsageError, match="several people"):
        _import(project, tmp_path, _task(by=1), _task(by=2), annotator="ana")

    assert _import(project, tmp_path, _task(_label(0, 9, "PER"), by=1), annotator="ana").annotations == 1


def test_a_number_is_known_by_the_address_elsewhere_in_the_file(project: Project, tmp_path: Path) -> None:
    """Some answers of the server have the user, others its number."""
    other = {**_task(by=1), "data": {"text": "Other words."}}

    _import(project, tmp_path, _task(_label(0, 9, "PER")), other)

    assert {row.annotator for row in project.workspace.annotations.rows()} == {"ana"}


def test_two_people_of_one_local_part_stay_two(project: Project, tmp_path: Path) -> None:
    """In one import and in the next: the second is called by the whole address."""
    ben = {"id": 2, "email": "Ben@desk.example"}
    other = {"id": 3, "email": "ben@agency.example"}
    _import(project, tmp_path, _task(_label(0, 9, "PER"), by=ben))

    _import(project, tmp_path, _task(_label(0, 4, "PER"), by=other))

    assert {row.annotator for row in project.workspace.annotations.rows()} == {"Ben", "ben@agency.example"}
    assert {row.email for row in project.workspace.imported.rows()} == {"Ben@desk.example", "ben@agency.example"}


@pytest.mark.parametrize(
    ("data", "row", "key"),
    [
        ({"headline": "Talks end today in Male", "body": TEXT}, {}, "body"),  # by the words of the region
        ({"body": TEXT, "old": "Annalena B. met Chad"}, {"source": "$body"}, "body"),
        ({"txt": TEXT, "other": "Some other words of some length"}, {"value": {"text": None}}, "txt"),
        ({"text": TEXT, "other": "Some other words of some length"}, {"value": {"text": None}}, "text"),
        ({"人物": TEXT, "title": "Some other words"}, {"value": {"text": None}}, "人物"),
    ],
)
def test_the_field_with_the_text_is_found(tmp_path: Path, data: dict[str, str], row: dict[str, Any], key: str) -> None:
    """By what the regions carry along, by what they name, by the control's name: the config is not there."""
    value = {"start": 0, "end": 9, "text": TEXT[:9], "labels": ["PER"]} | row.pop("value", {})
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"data": data, "annotations": [{"result": [_label(0, 9, **row) | {"value": value}]}]}]))

    (record,) = read_label_studio(path, "a")

    assert isinstance(record, ImportRecord)
    assert record.row.text == data[key]
    assert [mark.parts for mark in record.marks] == [((0, 9),)]


def test_between_two_fields_nothing_is_guessed(project: Project, tmp_path: Path) -> None:
    """The refusal names both."""
    task = {
        **_task(_label(0, 4, "PER", value={"start": 0, "end": 4, "labels": ["PER"]})),
        "data": {"a": TEXT, "b": TEXT},
    }

    summary = _import(project, tmp_path, task)

    assert summary.rejected == {"unreadable": 1}
    (reject,) = project.workspace.rejects.rows()
    assert "`a`, `b`" in reject.reason
    assert "1 annotations are refused with it" in reject.reason


def test_the_field_is_that_of_all_tasks(project: Project, tmp_path: Path) -> None:
    """A task without a region has its text where the others have theirs, though the field is called differently."""
    first = {**_task(_label(0, 9, "PER")), "data": {"body": TEXT, "summary": "Talks in Male"}}
    second = {**_task(), "data": {"body": "Nobody came.", "summary": "Nothing"}}

    _import(project, tmp_path, first, second)

    assert {row.text for row in project.workspace.articles.rows()} == {TEXT, "Nobody came."}


def test_skips_drafts_stars_and_predictions_are_told_apart(project: Project, tmp_path: Path) -> None:
    """Each by its rule; a prediction is a model's, whatever --annotator says, and so never gold."""
    task = _task(_label(0, 9, "PER"), ground_truth=True, updated_at="2026-01-02T03:04:05.600000Z")
    task["drafts"] = [{"id": 4, "user": "cem@desk.example", "result": [_label(14, 18, "LOC")]}]
    task["predictions"] = [{"model_version": "v3", "score": 0.5, "result": [_label(14, 18, "LOC")]}, 17]
    task["annotations"].append(
        {"completed_by": {"id": 2, "email": "ben@x.example"}, "result": [], "was_cancelled": True}
    )

    summary = _import(project, tmp_path, task)

    rows = _rows(project)
    assert sorted(rows) == [("ana", "submitted"), ("ben", "skipped"), ("cem", "draft"), ("model:v3", "submitted")]
    assert rows["ana", "submitted"].ground_truth
    assert rows["ana", "submitted"].updated == "2026-01-02T03:04:05.600000+00:00"
    assert not rows["model:v3", "submitted"].by_person
    assert "predictions of which there are only numbers" in summary.ignored


def test_a_model_is_never_signed_as_a_person(project: Project, tmp_path: Path) -> None:
    """--annotator signs what people said."""
    task = {"data": {"text": TEXT}, "predictions": [{"result": [_label(0, 9, "PER")]}]}

    _import(project, tmp_path, task, annotator="ana")

    assert [row.annotator for row in project.workspace.annotations.rows()] == ["model:unnamed"]


def test_of_several_submissions_of_a_person_the_latest_counts(project: Project, tmp_path: Path) -> None:
    """As on the server, in whatever order they stand."""
    task = _task(_label(14, 18, "LOC"), updated_at="2026-01-02T00:00:00Z")
    task["annotations"].append(
        {"completed_by": ANA, "result": [_label(0, 9, "PER")], "updated_at": "2026-01-01T00:00:00Z"}
    )

    summary = _import(project, tmp_path, task)

    assert _spans(_rows(project)["ana", "submitted"]) == [(14, 18, "COUNTRY")]
    assert any("replaces" in each for each in summary.ignored)


def test_a_task_without_a_word_is_an_article(project: Project, tmp_path: Path) -> None:
    """And is not an empty annotation, which would say that there is nothing in it."""
    summary = _import(project, tmp_path, {"data": {"text": TEXT}, "annotations": []})

    assert (summary.new, summary.annotations) == (1, 0)
    assert [row.text for row in project.workspace.articles.rows()] == [TEXT]


def test_rows_become_spans_notes_doubts_and_relations(project: Project, tmp_path: Path) -> None:
    """Two labels on a region are two spans, a relation goes to the one that it fits, a choice of it is a doubt."""
    about = {"start": 0, "end": 9, "text": TEXT[:9]}
    _import(
        project,
        tmp_path,
        _task(
            _relation("r0", "r14", "REPRESENTS"),
            _label(0, 9, "DELEGATION", "PER", meta={"text": ["see page 3"]}),
            _label(14, 18, "LOC"),
            {
                "id": "r0",
                "type": "choices",
                "from_name": "certainty",
                "to_name": "txt",
                "value": {**about, "choices": ["Unsure"]},
            },
            {
                "id": "r0",
                "type": "textarea",
                "from_name": "norm",
                "to_name": "txt",
                "value": {**about, "text": ["A. Berg"]},
            },
            {"id": "c", "type": "choices", "from_name": "event", "to_name": "txt", "value": {"choices": ["CONSULT"]}},
        ),
    )

    row = _rows(project)["ana", "submitted"]
    assert [(span.id, span.label, span.unsure, span.note) for span in row.spans] == [
        ("r0", "DELEGATION", True, "see page 3\nA. Berg"),
        ("r0#2", "PERSON", True, "see page 3\nA. Berg"),
        ("r14", "COUNTRY", False, ""),
    ]
    assert row.relations == (Relation(head="r0", tail="r14", label="REPRESENTS"),)
    assert row.choices == {"event": ("CONSULT",)}
    assert _quarantine(project) == []


def test_a_relation_goes_to_the_label_that_its_type_allows(project: Project, tmp_path: Path) -> None:
    """HOLDS_ROLE goes from a PERSON to a ROLE: the second label of either region."""
    rows = [_relation("r0", "r14", "HOLDS_ROLE"), _label(0, 9, "DELEGATION", "PER"), _label(14, 18, "LOC", "ROLE")]

    _import(project, tmp_path, _task(*rows))

    assert _rows(project)["ana", "submitted"].relations == (Relation(head="r0#2", tail="r14#2", label="HOLDS_ROLE"),)


@pytest.mark.parametrize(
    ("row", "kind", "reason"),
    [
        (_relation("r0", "r14"), "broken relation", "no label"),
        (_relation("r0", "r14", "REPRESENTS", direction="left"), "broken relation", "'left'"),
        (_relation("r0", "r14", "REPRESENTS", direction="bi"), "broken relation", "not symmetric"),
        ({"id": "x", "type": "rating", "from_name": "stars", "value": {"rating": 4}}, "unsupported", "'rating'"),
        (
            {"id": "x", "type": "taxonomy", "from_name": "t", "value": {"taxonomy": [["a"]]}},
            "unsupported",
            "'taxonomy'",
        ),
        ({"id": "x", "type": "textarea", "from_name": "sum", "value": {"text": ["so"]}}, "unsupported", "'sum'"),
        (_label(0, 4, "PER", type="hypertextlabels"), "unsupported", "'hypertextlabels'"),
        (_label(0, 4, "PER", to_name="question", id="q"), "unsupported", "'question'"),
        (_label(0, 4, id="q"), "unknown label", "no label"),
        (_label(0, 4, id="q", value={"start": "0", "end": 4, "labels": ["PER"]}), "unreadable", "whole number"),
        (
            _label(0, 4, "PER", id="q", value={"start": 0, "end": 4, "text": "Chad", "labels": ["PER"]}),
            "stale text",
            "another",
        ),
        (_label(0, 4, "PER", id="q", value={"start": 0, "end": 40, "labels": ["PER"]}), "offsets out of range", "40"),
        (_label(0, 4, "PER", id="r14"), "duplicate id", ""),
        ({"id": "c", "type": "choices", "from_name": "mood", "value": {"choices": ["A.B"]}}, "unknown choice", "mood"),
        ("a word", "unreadable", "not a row"),
    ],
)
def test_what_has_no_place_is_listed_by_name(
    project: Project, tmp_path: Path, row: dict[str, Any], kind: str, reason: str
) -> None:
    """And the rest of the annotation comes along."""
    _import(project, tmp_path, _task(_label(0, 9, "PER"), _label(14, 18, "LOC"), row))

    ((_, found, why),) = _quarantine(project)
    assert found == kind
    assert reason in why
    assert _spans(_rows(project)["ana", "submitted"]) == [(0, 9, "PERSON"), (14, 18, "COUNTRY")]


@pytest.mark.parametrize("kind", ["hypertextlabels", "paragraphlabels", "rectanglelabels"])
def test_a_task_whose_regions_are_on_no_plain_text_is_refused_by_their_type(
    project: Project, tmp_path: Path, kind: str
) -> None:
    """An empty submission would say that there is nothing in it."""
    summary = _import(project, tmp_path, _task(_label(0, 4, "PER", type=kind)))

    assert (summary.annotations, summary.rejected) == (0, {"unreadable": 1})
    (reject,) = project.workspace.rejects.rows()
    assert kind in reject.reason


def test_a_text_that_lies_elsewhere_is_refused(project: Project, tmp_path: Path) -> None:
    """An address in the place of a text is not the text."""
    task = {**_task(_label(0, 4, "PER")), "data": {"text": "s3://bucket/a.txt"}}

    assert _import(project, tmp_path, task).rejected == {"unreadable": 1}


@pytest.mark.parametrize("form", ["array", "lines", "one", "tasks", "storage", "completions"])
def test_a_task_is_read_from_whatever_file_it_is_in(project: Project, tmp_path: Path, form: str) -> None:
    """An array, one a line, a single one over many lines, in an object, in its annotation, of an old version."""
    task = _task(_label(0, 9, "PER"))
    said = task["annotations"]
    content = {
        "array": json.dumps([task], indent=1),
        "lines": f"{json.dumps(task)}\n\n{json.dumps({**task, 'data': {'text': 'Other.'}, 'annotations': []})}\n",
        "one": "\ufeff" + json.dumps(task, indent=1),
        "tasks": json.dumps({"tasks": [task]}),
        "storage": json.dumps({**said[0], "task": {"id": 7, "data": task["data"]}}),
        "completions": json.dumps([{"id": 7, "data": task["data"], "completions": said}]),
    }[form]
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")

    summary = import_annotations(project, "label-studio", [str(path)], ImportOptions(names=NAMES))

    assert (summary.annotations, summary.spans, summary.rejected) == (1, 1, {})


def test_json_min_is_recognised_and_says_what_it_lacks(project: Project, tmp_path: Path) -> None:
    """It has regions and annotators, and neither relations nor the set of a single choice."""
    row = {"id": 3, "text": TEXT, "annotator": "ana@desk.example", "annotation_id": 5, "lead_time": 2.5, "mood": "fine"}
    row["ner"] = [{"start": 0, "end": 9, "text": "Anna Berg", "labels": ["PER"]}]

    summary = _import(project, tmp_path, row)

    assert _spans(_rows(project)["ana", "submitted"]) == [(0, 9, "PERSON")]
    assert summary.ignored == ("data.mood", "relations and single choices, which JSON-MIN does not tell")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"text": TEXT, "spans": [{"start": 0, "end": 4, "label": "PER"}]}, "`spans`"),
        ({"data": "words", "annotations": []}, "`data`"),
        ({"data": {"text": TEXT}, "annotations": {"a": 1}}, "`annotations`"),
        (["a"], "not an object"),
        ({"data": {"text": ["a", "list"]}, "annotations": []}, "no field"),
    ],
)
def test_what_is_not_a_task_is_refused_by_what_it_holds(
    project: Project, tmp_path: Path, line: object, reason: str
) -> None:
    """Its text may be there; its annotations would be lost in silence."""
    assert _import(project, tmp_path, line).rejected == {"unreadable": 1}
    (reject,) = project.workspace.rejects.rows()
    assert reason in reject.reason


def test_a_file_that_is_cut_off_gives_what_stands_before(project: Project, tmp_path: Path) -> None:
    """And is refused by name for the rest."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([_task(_label(0, 9, "PER")), _task()])[:-5], encoding="utf-8")

    summary = import_annotations(project, "label-studio", [str(path)], ImportOptions(names=NAMES))

    assert (summary.annotations, summary.spans, summary.rejected) == (1, 1, {"unreadable": 1})


def test_the_vendors_own_files_are_read_or_refused_by_name(project: Project) -> None:
    """Images, sound, series and texts, of several versions: none ends in a traceback."""
    folder = SHARED / "corpora" / "label_studio_exports"
    if not folder.exists():
        pytest.skip("the shared corpora are not here")
    for path in sorted(folder.rglob("*.json")):
        terms = ImportOptions(prefix=f"{path.parent.name}/{path.stem}/", names=NAMES, people={99999: "x", 42: "y"})
        try:
            summary = import_annotations(project, "label-studio", [str(path)], terms)
        except UsageError as error:
            assert "does not name its annotator" in str(error)  # noqa: PT017 - most of these files name nobody
        else:
            assert summary.new + summary.matched or summary.rejected


def test_a_real_servers_export_comes_whole(project: Project) -> None:
    """All texts but the empty one, of two people; their skips are skips."""
    path = SHARED / "corpora" / "label_studio_1.23.2" / "ner_JSON.json"
    if not path.exists():
        pytest.skip("the shared corpora are not here")
    terms = ImportOptions(names=NAMES, people={1: "ann1@x.example", 2: "ann2@x.example"})

    summary = import_annotations(project, "label-studio", [str(path)], terms)

    tasks = json.loads(path.read_text())
    assert summary.new == sum(bool(task["data"]["text"].strip()) for task in tasks)
    kept = [row for row in project.workspace.annotations.rows() if row.state == "skipped"]
    assert len(kept) == sum(one["was_cancelled"] for task in tasks for one in task["annotations"])


@pytest.mark.parametrize(
    ("content", "people"),
    [
        ("id,email\n1,ana@x.example\n02,ben@x.example\n", {1: "ana@x.example", 2: "ben@x.example"}),
        ("\ufeffEmail,ID,note\nana@x.example,1,lead\n", {1: "ana@x.example"}),
        ('{"1": "ana@x.example"}', {1: "ana@x.example"}),
        ('[{"id": 1, "email": "ana@x.example", "username": "a"}]', {1: "ana@x.example"}),
    ],
)
def test_a_list_of_people_is_read(tmp_path: Path, content: str, people: dict[int, str]) -> None:
    """CSV or JSON, as a server answers it or as a person writes it."""
    path = tmp_path / "people"
    path.write_text(content, encoding="utf-8")

    assert read_people(str(path)) == people


@pytest.mark.parametrize(
    "content", ["", "name\nana\n", "id,email\nx,ana@x.example\n", "id,email\n1,\n", "id,email\n1,a\n1,b\n", "[1]", "{"]
)
def test_a_list_that_tells_nobody_is_refused(tmp_path: Path, content: str) -> None:
    """Rather than half read."""
    path = tmp_path / "people"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(UsageError, match="--people"):
        read_people(str(path))


WORDS = st.text(st.sampled_from("ab \u00e9\u4eba\U0001f600\n\r"), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=40)
@given(WORDS, st.data())
def test_what_the_page_would_send_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    """Spans of any text, notes, doubts and choices: written as the editor stores them, read as another project's."""
    article = make_article(SourceRow(where="a", id="a", text=text), 1000)
    places = st.tuples(*[st.integers(0, len(article.text))] * 2).filter(lambda pair: pair[0] < pair[1])
    drawn = data.draw(st.lists(places, unique=True, max_size=5))
    spans = tuple(
        Span(id=f"s{n}", start=start, end=end, label="PERSON", unsure=n % 2 == 1, note="so" if n % 3 == 1 else "")
        for n, (start, end) in enumerate(drawn)
    )
    annotation = Annotation(
        article="a", digest=article.digest, annotator="ana", spans=spans, choices={"event": ("CONSULT",)}
    )
    task = {"data": {"text": article.text, "article": "a"}, "annotations": [{"result": result_of(annotation, article)}]}
    folder = tmp_path_factory.mktemp("again")
    (folder / "a.json").write_text(json.dumps([task]), encoding="utf-8")
    project = load_project(workspace=folder / "w")

    import_annotations(
        project, "label-studio", [str(folder / "a.json")], ImportOptions(annotator="ana", unit="code-points")
    )

    (row,) = project.workspace.annotations.rows()
    assert row.spans == spans
    assert row.choices == annotation.choices
    assert row.article == "a"
