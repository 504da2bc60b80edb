"""Who said it: people and sessions, later answers, and answers to one question about a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spacy
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.consensus import agree_on_spans
from labeling.adjudication.open_stretches import rest_of, shared_stretches
from labeling.annotations import Annotation, Gold, Span, latest_submissions
from labeling.articles import Article
from labeling.cli import cli
from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import UsageError
from labeling.evaluation.agreement.submitted import find_doubly_annotated
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.values import digest_of
from labeling.workspace.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[3] / "shared" / "cases"
TEXT = "Anna Berg met Chad."
ANNA = {"start": 0, "end": 9, "label": "PERSON"}
CHAD = {"start": 14, "end": 18, "label": "COUNTRY"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _case(name: str) -> Path:
    path = CASES / name
    if not path.exists():
        pytest.skip("the shared cases are not here")
    return path


def _file(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def _import(project: Project, path: Path, kind: str = "prodigy", annotator: str = "") -> ImportResult:
    # The labels are declared, so that all of them were asked for.
    names = {name: name for name in project.schema.label_names}
    return import_annotations(project, kind, [str(path)], ImportOptions(annotator, names=names))


def _said(project: Project) -> list[tuple[str, str, list[str]]]:
    rows = project.workspace.annotations.rows()
    return [(row.annotator, row.state, [f"{span.start}..{span.end}" for span in row.spans]) for row in rows]


def test_the_case_of_two_sessions_has_two_people(project: Project) -> None:
    """Case F25: before there was `_annotator_id`, sessions were called after the data set and the person."""
    _import(project, _case("F25/session.jsonl"))

    assert _said(project) == [
        ("news_ner-ana", "submitted", ["0..9"]),
        ("news_ner-ben", "submitted", ["14..18"]),
    ]


@pytest.mark.parametrize(
    ("fields", "annotator"),
    [
        ({"_annotator_id": "ana", "_session_id": "2021-03-04_10-11-12"}, "ana"),
        ({"_annotator_id": "2021-03-04_10-11-12", "_session_id": "news-ben"}, "news-ben"),
        ({"_annotator_id": 3}, "3"),
        ({"_session_id": "ana"}, "ana"),
        ({"_annotator_id": None, "_session_id": "news-2021"}, "news-2021"),
    ],
)
def test_a_line_is_signed_by_its_annotator_or_its_session(
    project: Project, tmp_path: Path, fields: dict[str, object], annotator: str
) -> None:
    """The annotator first; a time is passed over, and a name with a year in it is not a time."""
    _import(project, _file(tmp_path / "a.jsonl", [{"text": TEXT, "spans": [ANNA], **fields}]))

    assert [row[0] for row in _said(project)] == [annotator]


@pytest.mark.parametrize(
    "session", ["2021-03-04_10-11-12", "news-2021-03-04_10-11-12", "2021-03-04T10:11:12.123", "1614852672"]
)
def test_a_session_that_is_only_a_time_is_not_a_person(project: Project, tmp_path: Path, session: str) -> None:
    """The refusal says what the file has; with `--annotator` the line is taken."""
    path = _file(tmp_path / "a.jsonl", [{"text": TEXT, "spans": [ANNA], "_session_id": session}])

    with pytest.raises(UsageError, match=r"`_session_id` '[^']+' is only the time of a session, which is not a person"):
        _import(project, path)
    _import(project, path, annotator="ana")
    assert [row[0] for row in _said(project)] == ["ana"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [("doccano", "its users are numbers, which name nobody"), ("brat", "import the folders one by one")],
)
def test_other_tools_say_truly_why_they_name_nobody(project: Project, tmp_path: Path, kind: str, why: str) -> None:
    """The first exports of doccano number their users; brat's files have no names, only folders."""
    label = {"label": "PERSON", "start_offset": 0, "end_offset": 9, "user": 4}
    path = _file(tmp_path / "a.jsonl", [{"id": 1, "text": TEXT, "annotations": [label]}])
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "ana" / "a.ann").write_text("T1\tPERSON 0 9\tAnna Berg\n", encoding="utf-8")

    with pytest.raises(UsageError, match=why):
        _import(project, path if kind == "doccano" else tmp_path / "ana", kind)


def test_folders_of_annotators_are_one_article(project: Project, tmp_path: Path) -> None:
    """Imported one by one, brat's folders give each person's annotation of the same article."""
    for name in ("ana", "ben"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / name / "a.ann").write_text("T1\tPERSON 0 9\tAnna Berg\n", encoding="utf-8")
        _import(project, tmp_path / name, "brat", name)

    assert _said(project) == [("ana", "submitted", ["0..9"]), ("ben", "submitted", ["0..9"])]
    assert [article.id for article in project.workspace.articles.rows()] == ["a"]


def test_one_name_for_several_people_is_said(project: Project, tmp_path: Path) -> None:
    """`--annotator` signs everything: whom it signs over is named."""
    rows = [{"text": TEXT, "spans": [ANNA], "_annotator_id": f"news-{name}"} for name in ("ana", "ben")]
    path = str(_file(tmp_path / "a.jsonl", rows))
    result = CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "import", "prodigy", path, "--annotator", "x"]
    )

    assert "One annotator signs what the files sign as news-ana, news-ben: several people as one" in result.stderr


def _answer(spans: list[object], **fields: object) -> dict[str, object]:
    return {"text": TEXT, "spans": spans, "answer": "accept", "_annotator_id": "ana", **fields}


@pytest.mark.parametrize(
    ("rows", "said", "superseded"),
    [
        ([_answer([ANNA], _task_hash=1), _answer([CHAD], _task_hash=1)], [("ana", "submitted", ["14..18"])], 1),
        (
            [_answer([ANNA], _task_hash=1, _timestamp=20), _answer([CHAD], _task_hash=1, _timestamp=10.5)],
            [("ana", "submitted", ["0..9"])],
            1,
        ),
        (
            [_answer([ANNA], _task_hash=1), _answer([CHAD], _task_hash=1, answer="ignore")],
            [("ana", "skipped", ["14..18"])],
            1,
        ),
        ([_answer([ANNA], _task_hash=1), _answer([CHAD], _task_hash=2)], [("ana", "submitted", ["0..9", "14..18"])], 0),
        (
            [_answer([ANNA], _task_hash=1), _answer([CHAD], _task_hash=1, _annotator_id="ben")],
            [("ana", "submitted", ["0..9"]), ("ben", "submitted", ["14..18"])],
            0,
        ),
        (
            [_answer([ANNA], _input_hash=1, _view_id="ner_manual"), _answer([], _input_hash=1, _view_id="ner_manual")],
            [("ana", "submitted", [])],
            1,
        ),
        ([_answer([ANNA]), _answer([CHAD])], [("ana", "submitted", ["0..9", "14..18"])], 0),
        (
            [_answer([ANNA], _task_hash=1), _answer([ANNA], _task_hash=1, text="Anna Berg.")],
            [("ana", "submitted", ["0..9"]), ("ana", "submitted", ["0..9"])],
            0,
        ),
    ],
)
def test_a_later_answer_to_one_task_replaces_the_earlier(
    project: Project,
    tmp_path: Path,
    rows: list[dict[str, object]],
    said: list[tuple[str, str, list[str]]],
    superseded: int,
) -> None:
    """Of one person, to one question about one text: by the instants where both have one, else by the order."""
    summary = _import(project, _file(tmp_path / "a.jsonl", rows))

    assert _said(project) == said
    assert summary.superseded == superseded


def _gold(project: Project) -> list[Gold]:
    adjudicate(project)
    return list(project.workspace.gold.rows())


def test_the_case_of_binary_answers_leaves_the_rest_open(project: Project) -> None:
    """Case F27: one span was accepted and two rejected. Of the rest nothing is known, and of the other text nothing."""
    summary = _import(project, _case("F27/teach.jsonl"))
    (gold,) = _gold(project)

    assert [(span.start, span.end, span.label) for span in gold.spans] == [(0, 9, "PERSON")]
    assert (gold.complete, gold.open) == (False, ((9, 19),))
    assert choose_flat_layer(TEXT, gold, project.schema.label_names).unknown == ((9, 19),)
    assert summary.partial == 1
    rejected = [row for row in _said(project) if row[1] == "skipped"]
    assert sorted(rejected) == [("ana", "skipped", ["14..18"]), ("ana", "skipped", ["8..12"])]


def test_what_is_open_is_unknown_in_a_dataset(project: Project) -> None:
    """Case F27 compiled: the accepted name has its tags, the words beside it have none, not even O."""
    _import(project, _case("F27/teach.jsonl"))
    adjudicate(project)
    split(project)
    folder = compile_dataset(project).folder
    paths = [path for path in Path(folder).rglob("*.spacy") if "train" in path.parts]
    vocab = spacy.blank("en").vocab
    (doc,) = (doc for path in paths for doc in spacy.tokens.DocBin().from_disk(path).get_docs(vocab))

    # 3 begins an entity, 1 continues it, 2 is O, 0 is unknown.
    assert [(token.text, token.ent_iob) for token in doc] == [
        ("Anna", 3),
        ("Berg", 1),
        ("met", 0),
        ("Chad", 0),
        (".", 0),
    ]


def test_a_sentence_with_a_line_that_cannot_be_read_is_open(project: Project, tmp_path: Path) -> None:
    """Its words and its name stay; what the bad line hides is not outside, and the other sentences are whole."""
    path = tmp_path / "a.conll"
    path.write_text("Anna B-PERSON\nmet O\nChad ?!\n\nOslo B-LOCATION\nagreed O\n", encoding="utf-8")
    _import(project, path, "conll", "ana")
    (annotation,) = project.workspace.annotations.rows()
    (article,) = project.workspace.articles.rows()

    assert article.text == "Anna met Chad\nOslo agreed"
    assert [(span.start, span.end) for span in annotation.spans] == [(0, 4), (14, 18)]
    assert annotation.open == ((4, 13),)
    (gold,) = _gold(project)
    assert (gold.complete, gold.open, len(gold.spans)) == (False, ((4, 13),), 2)


@pytest.mark.parametrize(
    ("fields", "opened"),
    [
        ({"spans": [ANNA], "_view_id": "ner"}, ((9, 19),)),
        ({"spans": [CHAD], "_is_binary": True}, ((0, 14), (18, 19))),
        ({"spans": [ANNA], "_view_id": "ner", "_is_binary": False}, ()),
        ({"spans": [ANNA], "_view_id": "ner_manual"}, ()),
        ({"accept": ["event.CONSULT"], "options": [{"id": "event.CONSULT"}]}, ((0, 19),)),
        ({"label": "CONSULT", "spans": []}, ((0, 19),)),
        ({"accept": ["event.CONSULT"], "spans": []}, ()),
    ],
)
def test_an_answer_to_one_question_is_partial(
    project: Project, tmp_path: Path, fields: dict[str, object], opened: tuple[tuple[int, int], ...]
) -> None:
    """A span of a binary question, or options for the whole text; where spans were asked for, the text is answered."""
    _import(
        project, _file(tmp_path / "a.jsonl", [{"text": TEXT, "answer": "accept", "_annotator_id": "ana", **fields}])
    )

    assert [row.open for row in project.workspace.annotations.rows()] == [opened]


def test_binary_answers_on_one_text_add_up(project: Project, tmp_path: Path) -> None:
    """Two accepted spans leave the rest open; a whole answer leaves nothing open."""
    binary = [_answer([span], _is_binary=True, _task_hash=number) for number, span in enumerate((ANNA, CHAD))]
    _import(project, _file(tmp_path / "a.jsonl", binary))
    assert [row.open for row in project.workspace.annotations.rows()] == [((9, 14), (18, 19))]

    _import(project, _file(tmp_path / "b.jsonl", [*binary, _answer([ANNA])]))
    assert [row.open for row in project.workspace.annotations.rows()] == [()]
    (gold,) = _gold(project)
    assert (gold.open, len(gold.spans)) == ((), 2)


def test_labels_of_the_whole_text_answer_nothing_about_its_words(project: Project, tmp_path: Path) -> None:
    """In doccano as well: gold has the choice, and does not say that there is no span."""
    _import(project, _file(tmp_path / "a.jsonl", [{"id": 1, "text": TEXT, "label": ["CONSULT"]}]), "doccano", "ana")
    (gold,) = _gold(project)

    assert (gold.choices, gold.complete, gold.open) == ({"event": ("CONSULT",)}, False, ((0, 19),))


ARTICLE = Article(id="a", text=TEXT, digest=digest_of(TEXT))


def _annotation(name: str, *spans: tuple[int, int, str], opened: tuple[tuple[int, int], ...] = ()) -> Annotation:
    marks = tuple(Span(id=f"{start}", start=start, end=end, label=label) for start, end, label in spans)
    return Annotation(article="a", digest=ARTICLE.digest, annotator=name, spans=marks, open=opened)


@pytest.mark.parametrize(
    ("bens", "gold", "disputed"),
    [
        ([(0, 9, "PERSON"), (14, 18, "COUNTRY")], [(0, 9), (14, 18)], []),
        ([(14, 18, "COUNTRY")], [(14, 18)], [(0, 9)]),
        ([(0, 12, "PERSON")], [], [(0, 12)]),
    ],
)
def test_who_judged_one_span_has_missed_no_other(
    bens: list[tuple[int, int, str]], gold: list[tuple[int, int]], disputed: list[tuple[int, int]]
) -> None:
    """Ana accepted 0..9 and was asked for nothing else; a span of Ben's that crosses hers is a conflict."""
    both = [_annotation("ana", (0, 9, "PERSON"), opened=((9, 19),)), _annotation("ben", *bens)]
    agreed = agree_on_spans(ARTICLE, both, (), {})

    assert [(span.start, span.end) for span in agreed.gold] == gold
    assert [(conflict.start, conflict.end) for conflict in agreed.conflicts] == disputed


def test_a_partial_answer_does_not_count_as_a_second_annotation(project: Project) -> None:
    """Agreement is measured between people who looked at the same text; a whole answer stays, whatever comes later."""
    partial = _annotation("ana", (0, 9, "PERSON"), opened=((9, 19),))
    ana, ben = _annotation("ana", (14, 18, "COUNTRY")), _annotation("ben", (14, 18, "COUNTRY"))
    asking = Asking(project.schema)

    assert list(find_doubly_annotated([partial, ben], {"a": ARTICLE}, {"a": "g"}, asking)) == []
    assert len(list(find_doubly_annotated([ana, ben], {"a": ARTICLE}, {"a": "g"}, asking))) == 1
    later = partial.model_copy(update={"updated": "2024-01-01"})
    assert latest_submissions([ana, later], ARTICLE.digest) == {"ana": ana}


def test_a_partial_answer_says_nothing_of_relations(project: Project) -> None:
    """Nobody was asked for any."""
    silent = Asking(project.schema).silent_on(_annotation("ana", (0, 9, "PERSON"), opened=((9, 19),)))

    assert silent == {f"relation {each.name}" for each in project.schema.relations}


def test_an_annotation_without_open_stretches_is_the_line_it_was() -> None:
    """The key is only written where it is needed."""
    assert "open" not in _annotation("ana").model_dump()
    assert _annotation("ana", opened=((0, 1),)).model_dump()["open"] == ((0, 1),)


def test_stretches_and_their_rest_make_up_the_text() -> None:
    """At either end, between, and none where everything was asked; what two have in common is in both."""
    assert rest_of([], 5) == ((0, 5),)
    assert rest_of([(0, 5)], 5) == ()
    assert rest_of([(3, 4), (1, 2)], 5) == ((0, 1), (2, 3), (4, 5))
    assert shared_stretches([(0, 9)], []) == ()
    assert shared_stretches([(0, 9), (12, 19)], [(5, 14)]) == ((5, 9), (12, 14))
