"""Imported words reach the page: on the real Label Studio, as suggestions or as annotations of whoever made them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation
from labeling.cli import cli
from labeling.errors import NotBrought
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import forecast, push
from labeling.workspace import journal

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

TEXTS = {"a": "Anna Berg met Chad.", "b": "Bob Weil left Peru.", "c": "Nobody came."}
PLACES = {"a": [(0, 9, "PERSON"), (14, 18, "COUNTRY")], "b": [(0, 8, "PERSON")], "c": []}
ADDRESS = "i11ana@example.org"
NAME = "i11ana"

pytestmark = pytest.mark.studio


def _tasks(by: object, *names: str) -> list[dict[str, Any]]:
    return [
        {
            "data": {"id": name, "text": TEXTS[name]},
            "annotations": [
                {
                    "completed_by": by,
                    "updated_at": "2024-05-06T07:08:09Z",
                    "was_cancelled": name == "c",
                    "result": [
                        {
                            "id": f"r{start}",
                            "from_name": "ner",
                            "to_name": "text",
                            "type": "labels",
                            "value": {"start": start, "end": end, "labels": [label]},
                        }
                        for start, end, label in PLACES[name]
                    ],
                }
            ],
        }
        for name in names
    ]


def _import(project: Project, folder: Path, tasks: list[dict[str, Any]]) -> None:
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    import_annotations(project, "label-studio", [str(path)], ImportOptions())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


@pytest.fixture(scope="module")
def key(studio: Credentials) -> str:
    """The key of an annotator who has an account on the server."""
    return add_user(studio, ADDRESS, "a long pass phrase")


def _exported(project: Project, server: Credentials) -> dict[str, dict[str, Any]]:
    """The tasks of the project as the server exports them, by article."""
    with connect_to(server.url, server.api_key) as studio:
        tasks: Any = list(studio.export(project.workspace.studio_link.value().project))
    return {task["data"]["article"]: task for task in tasks}


def _user(server: Credentials, email: str) -> int:
    with connect_to(server.url, server.api_key) as studio:
        return next(number for number, address in studio.users() if address == email)


def _rows(project: Project) -> dict[str, list[Annotation]]:
    rows = dict[str, list[Annotation]]()
    for row in project.workspace.annotations.rows():
        rows.setdefault(row.article, []).append(row)
    return rows


def test_an_imported_annotation_becomes_its_authors_on_the_server(
    project: Project, tmp_path: Path, studio: Credentials, key: str
) -> None:
    """Brought once, never in the name of whoever pushes; pulled back, it stands in the place of the imported one."""
    assert key
    _import(project, tmp_path, _tasks({"id": 5, "email": ADDRESS}, "a", "b", "c"))
    foreseen = forecast(project, server=studio, imported="annotations")

    first = push(project, server=studio, imported="annotations")
    again = push(project, server=studio, imported="annotations")

    assert (foreseen.imported, foreseen.imported_there, len(foreseen.new)) == (3, 0, 3)
    assert (first.imported, first.imported_there, first.refused) == (3, 0, ())
    assert (again.imported, again.imported_there) == (0, 3)
    assert forecast(project, server=studio, imported="annotations").imported == 0
    there = _exported(project, studio)
    ana = _user(studio, ADDRESS)
    assert {name: [one["completed_by"] for one in task["annotations"]] for name, task in there.items()} == {
        "a": [ana],
        "b": [ana],
        "c": [ana],
    }
    assert [one["was_cancelled"] for one in there["c"]["annotations"]] == [True]
    before = _rows(project)

    for changes in (False, True):
        summary = pull(project, server=studio, changes=changes)

        assert (summary.submitted, summary.skipped, summary.quarantined) == (2, 1, {})
        after = _rows(project)
        assert {name: len(rows) for name, rows in after.items()} == {"a": 1, "b": 1, "c": 1}
        (old,), (new,) = before["a"], after["a"]
        assert (new.annotator, new.spans, new.imported, new.imported_as) == (NAME, old.spans, False, NAME)
    assert push(project, server=studio, imported="annotations").imported == 0

    # Of what the source did not ask for, the pulled annotation says as little as the imported one did.
    adjudicate(project)
    (gold, *_) = project.workspace.gold.rows()
    assert gold.article == "a"
    assert [(span.start, span.end, span.label) for span in gold.spans] == PLACES["a"]
    assert "DATE" in gold.unasked_labels
    assert not {"PERSON", "COUNTRY"} & gold.unasked_labels
    assert not gold.complete


@pytest.mark.usefixtures("written_by_hand")
def test_a_push_that_was_cut_short_brings_nothing_twice(
    project: Project, tmp_path: Path, studio: Credentials, key: str
) -> None:
    """Even where nothing was written down: the server knows the key. And a pull of changes alone finds it."""
    assert key
    _import(project, tmp_path, _tasks({"id": 5, "email": ADDRESS}, "a", "b"))
    push(project, server=studio)
    pull(project, server=studio)
    push(project, server=studio, imported="annotations")
    project.workspace.signed.write([])

    again = push(project, server=studio, imported="annotations")
    pull(project, server=studio, changes=True)

    assert (again.imported, again.imported_there) == (0, 2)
    assert {name: len(task["annotations"]) for name, task in _exported(project, studio).items()} == {"a": 1, "b": 1}
    assert {name: [row.task is None for row in rows] for name, rows in _rows(project).items()} == {
        "a": [False],
        "b": [False],
    }
    assert list(project.workspace.quarantine.rows_if_written()) == []


def test_who_has_no_account_is_refused_by_name(project: Project, tmp_path: Path, studio: Credentials, key: str) -> None:
    """Not put down to whoever pushes, nor to a namesake at another address; all others are brought."""
    assert key
    _import(project, tmp_path, _tasks({"id": 5, "email": ADDRESS}, "a"))
    _import(project, tmp_path, _tasks({"id": 6, "email": f"{NAME}@elsewhere.example"}, "b"))

    result = CliRunner(env={"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}).invoke(
        cli,
        ["--workspace", str(project.workspace.root), "push", "--imported", "annotations"],
        standalone_mode=False,
    )

    assert result.return_value == 3, result.output
    assert f"{NAME}@elsewhere.example has no account" in result.output
    assert {name: len(task["annotations"]) for name, task in _exported(project, studio).items()} == {"a": 1, "b": 0}
    # Its row is still there, and only there.
    pull(project, server=studio)
    assert [row.task for row in _rows(project)["b"]] == [None]


def test_who_has_annotated_a_task_there_does_not_annotate_it_twice(
    project: Project, tmp_path: Path, studio: Credentials, key: str
) -> None:
    """Two annotations of one person would be two submissions."""
    _import(project, tmp_path, _tasks({"id": 5, "email": ADDRESS}, "a"))
    push(project, server=studio)
    (article,) = project.workspace.articles.rows()
    (task,) = [row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()]
    with connect_to(studio.url, key) as ana:
        ana.annotate(task, Annotation(article="a", digest=article.digest, annotator=""), article)

    summary = push(project, server=studio, imported="annotations")

    assert (summary.imported, summary.imported_there) == (0, 1)
    assert len(_exported(project, studio)["a"]["annotations"]) == 1


def test_what_its_author_sends_again_is_hers_and_what_another_changes_is_not(
    project: Project, tmp_path: Path, studio: Credentials, key: str
) -> None:
    """Brought words count because our push brought them; changed ones by who changed them."""
    _import(project, tmp_path, _tasks({"id": 5, "email": ADDRESS}, "a", "b"))
    push(project, server=studio, imported="annotations")
    numbers = {name: task["annotations"][0]["id"] for name, task in _exported(project, studio).items()}
    for name, who in (("a", key), ("b", studio.api_key)):
        answer = httpx.patch(
            f"{studio.url}/api/annotations/{numbers[name]}/",
            json={"result": []},
            headers={"Authorization": f"Token {who}"},
            trust_env=False,
        )
        assert answer.status_code == 200

    summary = pull(project, server=studio)

    assert summary.quarantined == {"spoken for another": 1}
    assert [(row.spans, row.imported_as) for row in _rows(project)["a"]] == [((), "")]
    assert "b" not in _rows(project)


def test_imported_words_are_suggested_by_whoever_made_them(
    project: Project, tmp_path: Path, studio: Credentials
) -> None:
    """The case F54: brat's spans are in the page, signed by their annotator, and are nobody's annotation."""
    (tmp_path / "dos").mkdir()
    (tmp_path / "dos" / "a.txt").write_bytes(b"Anna Berg\r\nmet Chad.")
    (tmp_path / "dos" / "a.ann").write_text("T1\tPERSON 0 9\tAnna Berg\nT2\tCOUNTRY 15 19\tChad\n", encoding="utf-8")
    import_annotations(project, "brat", [str(tmp_path / "dos")], ImportOptions(annotator="ana"))
    _import(
        project,
        tmp_path,
        [
            {
                "data": {"id": "b", "text": TEXTS["b"]},
                "predictions": [{"model_version": "v3", **_tasks(1, "b")[0]["annotations"][0]}],
            }
        ],
    )

    foreseen = forecast(project, server=studio, imported="suggestions")
    first = push(project, server=studio, imported="suggestions")
    again = push(project, server=studio, imported="suggestions")
    plain = push(project, server=studio)

    assert (foreseen.suggestions, first.suggestions, again.suggestions, plain.suggestions) == (2, 2, 0, 0)
    with connect_to(studio.url, studio.api_key) as client:
        project_number = project.workspace.studio_link.value().project
        signed = {model for _, model, _ in client.list_suggestions(project_number)}
        tasks: Any = [*client.export(project_number)]
    assert signed == {"ana", "model:v3"}
    assert [task["annotations"] for task in tasks] == [[], []]


def test_a_judgement_of_parts_is_not_one_of_the_whole(project: Project, tmp_path: Path, studio: Credentials) -> None:
    """Prodigy's yes to one span tells nothing of the rest; in the page it would be an annotation without any other."""
    line: dict[str, Any] = {
        "text": TEXTS["a"],
        "spans": [{"start": 0, "end": 9, "label": "PERSON"}],
        "answer": "accept",
    }
    line = {**line, "_view_id": "ner", "_is_binary": True, "_annotator_id": "i11ana"}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    import_annotations(project, "prodigy", [str(tmp_path / "a.jsonl")], ImportOptions())

    (row,) = project.workspace.annotations.rows()
    assert row.open, "the rest of the text is open"
    summary = push(project, server=studio, imported="annotations")
    assert (summary.imported, len(summary.refused)) == (0, 1)
    assert isinstance(summary.refused[0], NotBrought)
    assert "only parts" in str(summary.refused[0])


def test_models_only_suggest(project: Project, tmp_path: Path, studio: Credentials) -> None:
    """A model has no account: with annotations asked for, its words are suggestions all the same."""
    words = {"model_version": "v3", **_tasks(1, "b")[0]["annotations"][0]}
    _import(project, tmp_path, [{"data": {"id": "b", "text": TEXTS["b"]}, "predictions": [words]}])

    summary = push(project, server=studio, imported="annotations")

    assert (summary.suggestions, summary.imported, summary.refused) == (1, 0, ())


def test_a_task_with_our_text_is_that_of_its_article_whoever_stored_it(
    project: Project, tmp_path: Path, studio: Credentials
) -> None:
    """The case F55: `data` has no article. With a text of ours it is known by it; two articles of one text are two."""
    lines = [{"id": name, "text": text} for name, text in TEXTS.items()] + [{"id": "c2", "text": TEXTS["c"]}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ingest(project, [str(tmp_path / "in.jsonl")])
    push(project, server=studio)
    number = project.workspace.studio_link.value().project
    stored: list[Any] = [
        {"data": {"text": TEXTS["a"]}},
        {"data": {"text": TEXTS["b"], "article": "theirs/7"}},
        {"data": {"text": TEXTS["c"]}},
        {"data": {"text": "Other words."}},
    ]
    with connect_to(studio.url, studio.api_key) as owner:
        tasks = owner.import_tasks(number, stored)
        for task, name in zip(tasks, ("a", "b", "c", "c"), strict=True):
            article = project.workspace.articles.by("id")[name]
            owner.annotate(task, Annotation(article=name, digest=article.digest, annotator=""), article)

    for changes in (False, True):
        summary = pull(project, server=studio, changes=changes)

        assert summary.quarantined == {"unknown article": 2}
        assert sorted((name, row.task) for name, rows in _rows(project).items() for row in rows) == [
            ("a", tasks[0]),
            ("b", tasks[1]),
        ]
    reasons = {row.task: row.reason for row in project.workspace.quarantine.rows()}
    assert reasons == {
        task: f"task {task} has no `article` in its data, and its text is not that of exactly one article"
        for task in tasks[2:]
    }
    assert {row.task: row.article for row in project.workspace.pulled.rows()}[tasks[0]] == "a"
