"""No silent door: what is not of the format asked for is refused by name, and no annotation is passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from labeling.cli import cli
from labeling.imports.formats import IMPORT_FORMATS, refuse_other_format
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.unread_fields import describe_annotations
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = Path(__file__).parents[3] / "shared" / "cases"
TEXT = "Anna Berg met Chad."
PERSON = {"start": 0, "end": 9, "label": "PERSON"}
TRIPLE = [0, 9, "PERSON"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _case(name: str) -> Path:
    path = CASES / name
    if not path.exists():
        pytest.skip("the shared cases are not here")
    return path


def _file(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _import(project: Project, kind: str, path: Path, names: Mapping[str, str] | None = None) -> ImportResult:
    return import_annotations(project, kind, [str(path)], ImportOptions("ana", names=names or {}))


def _reasons(project: Project) -> list[str]:
    return [row.reason for row in project.workspace.rejects.rows()]


def _spans(project: Project) -> list[tuple[str, int, int, str]]:
    rows = project.workspace.annotations.rows()
    return [(row.state, span.start, span.end, span.label) for row in rows for span in row.spans]


def test_numbers_for_labels_have_no_name(project: Project) -> None:
    """Case F01: doccano's first exports. All three spans are listed, and no empty answer is made of what is lost."""
    summary = _import(project, "doccano", _case("F01/v0.jsonl"))

    assert (summary.spans, summary.quarantined) == (0, {"unknown label": 3})
    assert [row.reason.partition(":")[0] for row in project.workspace.quarantine.rows()] == [
        "label 6 has no name",
        "label 7 has no name",
        "label 7 has no name",
    ]
    assert {row.state for row in project.workspace.annotations.rows()} == {"draft"}


def test_numbers_for_labels_are_mapped(project: Project) -> None:
    """Case F01 once more: the map names them."""
    summary = _import(project, "doccano", _case("F01/v0.jsonl"), {"7": "PERSON", "6": "COUNTRY"})

    assert summary.quarantined == {}
    assert _spans(project) == [
        ("submitted", 0, 9, "PERSON"),
        ("submitted", 14, 18, "COUNTRY"),
        ("submitted", 0, 4, "PERSON"),
    ]


@pytest.mark.parametrize(
    ("case", "kind", "seen", "looks"),
    [
        ("F02/plain.jsonl", "prodigy", "the lines hold `label` triples", "doccano"),
        ("F04/min.jsonl", "prodigy", "the lines hold regions with `labels`", "label-studio"),
        ("F63/plain.txt", "conll", "the lines are sentences, in no columns", "plain text"),
    ],
)
def test_a_case_of_another_format_is_refused(project: Project, case: str, kind: str, seen: str, looks: str) -> None:
    """With what was seen, what it looks like, and nothing taken in."""
    summary = _import(project, kind, _case(case))

    assert _reasons(project) == [f"it does not look like {kind}: {seen}, this looks like {looks}"]
    assert (summary.new, summary.annotations) == (0, 0)


TOKENS = ["Anna", "Berg", "met", "Chad", "."]
STUDIO = {"id": 1, "data": {"text": TEXT}, "annotations": [{"result": [], "completed_by": 1}]}
FILES: list[tuple[str, bytes | list[object]]] = [
    ("prodigy", [{"text": TEXT, "spans": [PERSON], "answer": "accept"}]),
    ("prodigy", [{"text": TEXT, "spans": [PERSON]}]),
    ("doccano", [{"id": 1, "text": TEXT, "label": [TRIPLE]}]),
    ("doccano", [{"id": 1, "text": TEXT, "labels": [[0, 9, 7]]}]),
    ("doccano", [{"text": TEXT, "entities": [{"id": 1, "start_offset": 0, "end_offset": 9, "label": "PERSON"}]}]),
    ("brat", b"T1\tPERSON 0 9\tAnna Berg\n"),
    ("conll", b"Anna B-PER\nBerg I-PER\nmet O\n"),
    ("conll", b"-DOCSTART- -X- O\n\nAnna NNP I-NP B-PER\n"),
    ("label-studio", [STUDIO]),
    ("label-studio", [{"text": TEXT, "label": [{"start": 0, "end": 9, "labels": ["PERSON"]}], "annotator": 1}]),
    ("label-studio", json.dumps([STUDIO], indent=2).encode()),
    ("rows of Hugging Face's datasets", [{"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 0]}]),
    ("rows of Hugging Face's datasets", [{"words": TOKENS, "labels": ["B-PER", "I-PER", "O", "B-LOC", "O"]}]),
    ("spaCy's JSON", [{"text": TEXT, "ents": [PERSON], "sents": [], "tokens": []}]),
    ("spaCy's JSON", json.dumps([{"id": 0, "paragraphs": [{"raw": TEXT, "sentences": []}]}]).encode()),
    ("spaCy's JSON", [[TEXT, {"entities": [TRIPLE]}]]),
    ("spaCy's JSON", json.dumps([[TEXT, {"entities": [TRIPLE]}]], indent=1).encode()),
    ("argilla", [{"fields": {"text": TEXT}, "responses": {"span": []}, "status": "completed"}]),
    ("argilla", [{"text": TEXT, "ner.responses": [[]], "ner.responses.users": ["x"], "_server_id": "1"}]),
    ("argilla", json.dumps({"fields": [{"text": TEXT}], "responses": [{}], "_server_id": ["1"]}).encode()),
    ("argilla", json.dumps({"a1": {"id": "a1", "fields": {"text": TEXT}, "suggestions": {}}}, indent=1).encode()),
    ("Argilla 1", [{"text": TEXT, "prediction": [["PERSON", 0, 9]], "prediction_agent": "x"}]),
    ("potato", [{"user_id": "ana", "instance_id": "1", "label_annotations": {}}]),
    ("potato", [{"id": "1", "displayed_text": TEXT, "label_annotations": {}, "span_annotations": []}]),
    ("potato", [{"user_id": "ana", "instance_id": "1", "labels": {}, "spans": {}, "links": {}}]),
    ("potato", b"user,instance_id,displayed_text,topic:::Trade\nana,1,Anna,true\n"),
    ("potato", b"instance_id\tuser_id\tner._spans\n1\tana\t[]\n"),
    ("cas", [{"%TYPES": {}, "%FEATURE_STRUCTURES": []}]),
    ("UIMA CAS as JSON of before 2022", [{"_context": {}, "_referenced_fss": {}}]),
    ("cas", b'<?xml version="1.0"?>\n<xmi:XMI xmlns:xmi="x"/>'),
    ("PubAnnotation", [{"text": TEXT, "denotations": [{"span": {"begin": 0, "end": 9}, "obj": "PERSON"}]}]),
    ("a zip archive or an Office file", b"PK\x03\x04\x14\0\0\0"),
    ("HTML or XML", b"<!DOCTYPE html><html><body>Anna</body></html>"),
    ("HTML or XML", b"<nitf><body/></nitf>"),
    ("plain text", b"Anna Berg met the minister.\n\nThey signed the treaty.\n"),
    ("a CSV table", b"id,text,label\n1,Anna,PERSON\n2,Chad,COUNTRY\n"),
]


@pytest.mark.parametrize("kind", IMPORT_FORMATS)
@pytest.mark.parametrize(("looks", "content"), FILES)
def test_another_format_is_refused_by_name(
    tmp_path: Path, kind: str, looks: str, content: bytes | list[object]
) -> None:
    """Whatever the file is called: by what is in it alone. Its own format takes it."""
    path = tmp_path / "export"
    rows = content if isinstance(content, list) else []
    path.write_bytes(
        content if isinstance(content, bytes) else "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    )
    refused = refuse_other_format(IMPORT_FORMATS[kind], path)

    if looks == kind:
        assert refused is None
    else:
        assert refused is not None
        assert refused.reason.startswith(f"it does not look like {kind}: ")
        assert refused.reason.endswith(f"this looks like {looks}")


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("prodigy", {"answer": "accept", "label": [TRIPLE]}),
        ("prodigy", {"answer": "accept", "annotations": [{"result": [{"value": {"start": 0, "end": 9}}]}]}),
        ("prodigy", {"answer": "accept", "ner": ["B-PER", "I-PER", "O", "B-LOC"]}),
        ("prodigy", {"answer": "accept", "tags": ["B-PER", "I-PER", "O", "O"]}),
        ("prodigy", {"answer": "accept", "pos": [1, 1, 2, 1]}),
        ("prodigy", {"spans": [], "marks": [{"begin": 0, "end": 9, "type": "PERSON"}]}),
        ("prodigy", {"spans": [PERSON], "predictions": [PERSON]}),
        ("prodigy", {"spans": [], "meta": {"gold": {"ana": [PERSON]}}}),
        ("prodigy", {"spans": [], "kind": "PERSON"}),
        ("prodigy", {"spans": [], "begin": [0, 14], "end": [9, 18]}),
        ("doccano", {"label": [], "spans": [PERSON]}),
        ("doccano", {"label": [], "entity_list": [["PERSON", 0, 9]]}),
        ("doccano", {"label": [], "named_entities": {"PERSON": ["Anna Berg"]}}),
        ("doccano", {"label": [], "doc_annotations": [{"label": 7}]}),
        ("prodigy", {"answer": "accept", "tokens": [{"text": "Anna", "start": 0, "end": 4, "ner": "B-PER"}]}),
        ("doccano", {"username": "ana", "result": {"ents": [{"startOffset": 0, "endOffset": 9}]}}),
    ],
)
def test_a_line_with_annotations_where_nobody_reads_is_refused(
    project: Project, tmp_path: Path, kind: str, row: dict[str, object]
) -> None:
    """It is never an empty answer; the line beside it is taken, and a map to nothing takes this one, too."""
    good = {"id": "good", "text": "Oslo.", "spans" if kind == "prodigy" else "label": []}
    path = _file(tmp_path / "x.jsonl", good, {"id": "bad", "text": TEXT, **row})
    summary = _import(project, kind, path)
    (reject,) = project.workspace.rejects.rows()

    assert (reject.id, reject.where) == ("bad", f"{path}:2")
    assert "annotations in a field that is not read" in reject.reason
    assert f"{path}:2" not in reject.todo
    assert [row.article for row in project.workspace.annotations.rows()] == ["good"]
    assert summary.rejected == {"unreadable": 1}
    removed = dict.fromkeys([*row, "meta.gold", "tokens.ner"], "")
    assert _import(project, kind, path, removed).rejected == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authors", ["Ana", "Ben"]),
        ("tags", ["politics", "oslo"]),
        ("embedding", [0.1, 0.2, 0.3, 0.4]),
        ("tokens", [{"text": "Anna", "start": 0, "end": 4, "id": 0}]),
        ("meta.passage", {"start": 100, "end": 240}),
        ("size", [640, 480]),
        ("category", "sport"),
        ("labels", []),
        ("score", 0.5),
    ],
)
def test_what_is_known_of_an_article_is_not_an_annotation(name: str, value: object) -> None:
    """Keywords, people, numbers, and where words are."""
    assert describe_annotations(name, value, {4}, {"PERSON"}) == ""


def test_a_span_that_was_rejected_by_itself_is_not_there(project: Project, tmp_path: Path) -> None:
    """Prodigy's merged answers have an answer a span: what was accepted is marked, the rest is listed."""
    spans = [{**PERSON, "answer": "accept"}, {"start": 14, "end": 18, "label": "PERSON", "answer": "reject"}]
    summary = _import(project, "prodigy", _file(tmp_path / "a.jsonl", {"text": TEXT, "spans": spans}))

    assert _spans(project) == [("submitted", 0, 9, "PERSON")]
    assert summary.quarantined == {"unsupported": 1}


def _run(project: Project, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), *words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value, result.stdout, result.stderr


def _folder_of_texts(folder: Path, name: str, ann: str, text: str = TEXT) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / f"{name}.ann").write_text(ann, encoding="utf-8")
    return folder


def test_an_import_of_nothing_says_so(project: Project, tmp_path: Path) -> None:
    """Status 3, whether nobody answered, everybody found nothing, or all tags are outside."""
    files = {
        "doccano": _file(tmp_path / "a.jsonl", {"id": 1, "text": TEXT, "label": []}),
        "prodigy": _file(tmp_path / "b.jsonl", {"text": TEXT}),
        "brat": _folder_of_texts(tmp_path / "brat", "c", ""),
        "conll": tmp_path / "d.conll",
    }
    files["conll"].write_text("Anna O\nBerg O\n", encoding="utf-8")
    for kind, path in files.items():
        status, _, err = _run(project, "import", kind, str(path), "--annotator", "ana")

        assert status == 3
        assert "Nothing came in: no span, no relation and no choice" in err


def test_a_line_that_nobody_answered_is_a_draft(project: Project, tmp_path: Path) -> None:
    """A text that was to be annotated, among others that were: it is counted, and not an empty answer."""
    path = _file(tmp_path / "a.jsonl", {"text": "Oslo."}, {"text": TEXT, "spans": [PERSON], "answer": "accept"})
    summary = _import(project, "prodigy", path)

    assert (summary.unanswered, summary.new, summary.spans) == (1, 2, 1)
    assert sorted(row.state for row in project.workspace.annotations.rows()) == ["draft", "submitted"]


@pytest.mark.parametrize(
    ("ann", "quarantined"),
    [
        ("T1 PERSON 0 9 Anna Berg\nT2 COUNTRY 14 18 Chad\n", {"unreadable": 2}),
        ("T1\tPERSON 0 99\tAnna Berg\n", {"offsets out of range": 1}),
        ("T1\tSHIP 0 9\tAnna Berg\n", {"unknown label": 1}),
    ],
)
def test_an_answer_of_which_nothing_is_left_is_a_draft(
    project: Project, tmp_path: Path, ann: str, quarantined: dict[str, int]
) -> None:
    """A file of brat's whose lines are all bad is not the answer that there is nothing to mark."""
    summary = _import(project, "brat", _folder_of_texts(tmp_path / "brat", "a", ann))

    assert summary.quarantined == quarantined
    assert [row.state for row in project.workspace.annotations.rows()] == ["draft"]


@pytest.mark.parametrize(
    ("ann", "looks"),
    [
        ('{"text": "Anna", "spans": []}\n', "prodigy"),
        ("Anna B-PER\nBerg I-PER\nmet O\n", "conll"),
        ('{"entities": [1], "x": {}}', "JSON of another tool"),
        ("Anna Berg met the minister.\n", "plain text"),
    ],
)
def test_a_file_beside_a_text_that_is_not_of_brat_is_refused(
    project: Project, tmp_path: Path, ann: str, looks: str
) -> None:
    """By what is in it, not by its ending; an empty one is an answer, and an empty text none."""
    folder = _folder_of_texts(tmp_path / "brat", "a", ann)
    _folder_of_texts(folder, "b", "")
    _folder_of_texts(folder, "c", "T1\tPERSON 0 9\tAnna Berg\n", " \n")
    summary = _import(project, "brat", folder)

    assert summary.rejected == {"empty": 1, "unreadable": 1}
    assert f"this looks like {looks}" in _reasons(project)[0]
    assert [row.article for row in project.workspace.annotations.rows()] == ["b"]


def test_every_unread_field_is_named(project: Project, tmp_path: Path) -> None:
    """All of them at the terminal, too, where other lists end after ten."""
    names = [f"field{number:02}" for number in range(15)]
    row = {"id": 1, "text": TEXT, "label": [TRIPLE], "meta": {"desk": 4}, "annotation_approver": "boss"}
    path = _file(tmp_path / "a.jsonl", {**row, **dict.fromkeys(names, 1)}, {**row, "id": 2, "text": "Anna Berg."})
    status, out, _ = _run(project, "import", "doccano", str(path), "--annotator", "ana")

    assert status == 0
    assert f"{', '.join(['annotation_approver', *names, 'meta.desk'])}\n" in out


@pytest.mark.parametrize(
    "row",
    [
        {"labels": [TRIPLE], "annotation_approver": None},
        {"data": TEXT, "label": [TRIPLE]},
        {"label": [TRIPLE], "Comments": []},
        {"entities": [TRIPLE], "cats": []},
        {"entities": [{"id": 1, "start_offset": 0, "end_offset": 9, "label": "PERSON"}], "relations": []},
        {"annotations": [{"label": "PERSON", "start_offset": 0, "end_offset": 9, "user": 1}]},
        {"annotations": [{"id": 3, "label": "PERSON", "start_offset": 0, "end_offset": 9, "created_at": "x"}]},
    ],
)
def test_every_generation_of_doccano_is_read(project: Project, tmp_path: Path, row: dict[str, object]) -> None:
    """Each with the one span."""
    text = {} if "data" in row else {"text": TEXT}
    summary = _import(project, "doccano", _file(tmp_path / "a.jsonl", {"id": 1, **text, **row}))

    assert (summary.rejected, summary.quarantined) == ({}, {})
    assert _spans(project) == [("submitted", 0, 9, "PERSON")]


@pytest.mark.parametrize("form", ["{}", '{{"examples": {}}}', '{{\n "version": 1,\n "examples": {}}}'])
def test_an_array_is_read_like_lines(project: Project, tmp_path: Path, form: str) -> None:
    """As doccano writes `JSON`, on one line or on many, and with an object around it; a bad row has its number."""
    rows = [{"id": 1, "text": TEXT, "label": [TRIPLE]}, "odd", {"id": 2, "text": "Oslo.", "label": []}]
    path = tmp_path / "a.json"
    path.write_text(form.format(json.dumps(rows, indent=1)), encoding="utf-8")
    summary = _import(project, "doccano", path)

    assert (summary.new, summary.spans) == (2, 1)
    assert [row.where for row in project.workspace.rejects.rows()] == [f"{path}:[2]"]


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"meta": {"source": 3}}, {"meta.source": 1}),
        ({"meta": {"title": ["a", "b"], "published": "yesterday"}}, {"meta.published": 1, "meta.title": 1}),
        ({"source": {"label": "Example Times"}, "url": 7}, {"source": 1, "url": 1}),
        ({"published": 45132, "title": "Talks\0"}, {"published": 1, "title": 1}),
        ({"id": [1, 2], "published": "01/02/2023"}, {"id": 1, "published": 1}),
        ({"id": "\n", "meta": {"id": 2.5}}, {"id": 1, "meta.id": 1}),
    ],
)
def test_an_odd_detail_costs_the_detail(
    project: Project, tmp_path: Path, fields: dict[str, object], left: dict[str, int]
) -> None:
    """Case F34 and its kin: the article and its spans come in, the detail is empty, named and counted."""
    row = {"id": 1, "text": TEXT, "labels": [TRIPLE, [14, 18, "COUNTRY"]], **fields}
    summary = _import(project, "doccano", _file(tmp_path / "a.jsonl", row))
    (article,) = project.workspace.articles.rows()

    assert (summary.rejected, summary.spans, summary.left_empty) == ({}, 2, left)
    assert (article.title, article.published, article.url) == ("", "", "")


def test_the_good_one_of_two_details_counts(project: Project, tmp_path: Path) -> None:
    """A number in the line, a name in its meta."""
    row = {"id": 1, "text": TEXT, "label": [TRIPLE], "source": 3, "meta": {"source": "Example Times"}}
    summary = _import(project, "doccano", _file(tmp_path / "a.jsonl", row))

    assert [article.source for article in project.workspace.articles.rows()] == ["Example Times"]
    assert summary.left_empty == {"source": 1}


def test_the_case_of_an_odd_detail_is_read(project: Project) -> None:
    """Case F34: two spans, and what was left empty is said."""
    path = str(_case("F34/textlabel.jsonl"))
    status, out, _ = _run(project, "import", "doccano", path, "--annotator", "ana")

    assert status == 0
    assert "left empty   1 meta.source" in out
    assert _spans(project) == [("submitted", 0, 9, "PERSON"), ("submitted", 14, 18, "COUNTRY")]
