"""``restore``, ``status`` and ``doctor``: on the real Label Studio, and on an empty second one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from click.testing import CliRunner
from faulty.door import door

from labeling.annotations import Annotation, Relation, Span
from labeling.cli import cli
from labeling.errors import MissingInput, UsageError
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import result_of
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.doctor import doctor
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.restore import restore
from labeling.studio.sync.status import status
from labeling.workspace import journal
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
NAMES = [f"wire/{number}" for number in range(5)]
LINE = ("sent", "open", "annotated", "skipped", "draft")

pytestmark = pytest.mark.studio


def article(name: str) -> Article:
    """An article as `ingest` writes it."""
    text = f"{name} 😀 Anna Bo met Carl.\nThey signed."
    return made.article(name, text, title="T", source="toi")


def call(server: Credentials, method: str, path: str, body: Any = None, key: str = "") -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {key or server.api_key}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def annotation_of(name: str, **more: Any) -> Annotation:
    """Two spans and a relation after an emoji, or whatever else."""
    spans = (
        Span(id="a", start=9, end=13, label="PERSON", note="who?"),
        Span(id="b", start=9, end=16, label="PERSON", unsure=True),
    )
    link = (Relation(head="a", tail="b", label="SAME_AS"),)
    whole = {"spans": spans, "relations": link, "choices": {"event": ("CONSULT",)}, "seconds": 4.5, **more}
    return Annotation(article=name, digest=article(name).digest, annotator="", **whole)


@pytest.fixture
def project(tmp_path: Path, studio: Credentials, studio_workspace: Workspace) -> Project:
    """Five articles, pushed; ana and ben have annotated most of them."""
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded.workspace.articles.write([article(name) for name in NAMES])
    push(loaded, server=studio)
    tasks = numbers(loaded)
    keys = {who: add_user(studio, f"{who}@example.org", "a long pass phrase") for who in ("ana", "ben")}
    with connect_to(studio.url, keys["ana"]) as ana, connect_to(studio.url, keys["ben"]) as ben:
        starred = ana.annotate(tasks[NAMES[0]], annotation_of(NAMES[0]), article(NAMES[0]))
        ben.annotate(tasks[NAMES[0]], annotation_of(NAMES[0], spans=(), relations=(), choices={}), article(NAMES[0]))
        ana.annotate(tasks[NAMES[1]], annotation_of(NAMES[1], state="skipped"), article(NAMES[1]))
        changed = ben.annotate(tasks[NAMES[2]], annotation_of(NAMES[2]), article(NAMES[2]))
    # As it was given before there were roles: by ana herself.
    database = studio_workspace.studio / "data" / "label_studio.sqlite3"
    with closing(sqlite3.connect(database, timeout=30)) as kept, kept:
        kept.execute("UPDATE task_completion SET ground_truth = 1 WHERE id = ?", [starred])
    draft = [*result_of(annotation_of(NAMES[2]), article(NAMES[2]))][:1]
    path = f"/api/tasks/{tasks[NAMES[2]]}/annotations/{changed}/drafts"
    call(studio, "POST", path, {"result": draft, "lead_time": 2.0}, keys["ben"])
    call(studio, "POST", f"/api/tasks/{tasks[NAMES[3]]}/drafts", {"result": draft}, keys["ana"])
    call(studio, "POST", f"/api/tasks/{tasks[NAMES[3]]}/annotations/", {"result": [{"foo": 1}]}, keys["ben"])
    return loaded


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Credentials]:
    """A second Label Studio that has nothing."""
    with run_embedded_server(Workspace(tmp_path / "second")) as credentials:
        yield credentials


def numbers(project: Project) -> dict[str, int]:
    """The number of each article's task."""
    return {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}


def told(project: Project) -> list[dict[str, Any]]:
    """All that was pulled, sound or not, without the server's own numbers and instants."""
    kept = []
    for path in (project.workspace.annotations.path, project.workspace.quarantine.path):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = {
                key: value
                for key, value in json.loads(line).items()
                if key not in ("task", "server_id", "updated", "sent")
            }
            kept.append(row | ({"id": ""} if row.get("what") == "annotation" else {}))
    return kept


def test_a_restored_project_has_the_same_annotations(
    project: Project, studio: Credentials, empty_server: Credentials
) -> None:
    """On an empty server: who annotated what, skips, ground truths, drafts, quarantine; then it lives on there."""
    with connect_to(studio.url, add_user(studio, "ana@elsewhere.example", "a long pass phrase")) as namesake:
        namesake.annotate(numbers(project)[NAMES[1]], annotation_of(NAMES[1]), article(NAMES[1]))
    pull(project, server=studio)
    call(studio, "DELETE", f"/api/tasks/{numbers(project)[NAMES[4]]}/")
    call(studio, "PATCH", f"/api/tasks/{numbers(project)[NAMES[0]]}/", {"meta": {"desk": "asia"}})
    pull(project, server=studio, changes=True)
    before = told(project)

    summary = restore(project, server=empty_server)
    pulled = pull(project, server=empty_server)

    assert (summary.tasks, summary.annotations, summary.drafts, summary.refused) == (4, 6, 2, ())
    assert summary.people == 3
    assert {row["annotator"] for row in before} == {"ana", "ana@elsewhere.example", "ben"}
    assert told(project) == before
    assert pulled.drafts == 2
    assert len(pulled.unsubmitted) == 1
    passwords = json.loads(Path(summary.passwords).read_text(encoding="utf-8"))
    assert sorted(passwords) == ["ana@elsewhere.example", "ana@example.org", "ben@example.org"]
    assert Path(summary.passwords).stat().st_mode & 0o777 == 0o600
    again = push(project, server=empty_server)
    assert (again.project, again.new, again.same) == (summary.project, 1, 4)
    shown = call(empty_server, "GET", f"/api/projects/{summary.project}/")
    assert shown["title"] == project.file.project.name


def test_a_project_that_is_there_is_not_restored(project: Project, studio: Credentials) -> None:
    """Nor can one be that was never pulled."""
    with pytest.raises(MissingInput, match=r"users\.json"):
        restore(project, server=studio)
    pull(project, server=studio)
    with pytest.raises(UsageError, match="needs no restoring"):
        restore(project, server=studio)


def test_a_deleted_project_is_restored_though_the_last_pull_was_cut_short(
    project: Project, studio: Credentials
) -> None:
    """Without a watermark the newest whole answer serves; drafts of people who are there only they can save."""
    pull(project, server=studio)
    before = told(project)
    project.workspace.watermark.path.unlink()
    link = json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))
    call(studio, "DELETE", f"/api/projects/{link['project']}/")

    summary = restore(project, server=studio)
    pull(project, server=studio)

    assert (summary.tasks, summary.people, summary.drafts, len(summary.refused)) == (5, 0, 0, 2)
    assert "ben@example.org" in "".join(summary.refused)
    assert told(project) == [row for row in before if row.get("state") != "draft"]


def test_status_accounts_for_every_article(project: Project, studio: Credentials) -> None:
    """Before the first pull and after it: for each annotator, and in all, sent is the sum of the others."""
    first = status(project, server=studio)
    pull(project, server=studio)
    second = status(project, server=studio)

    for summary in (first, second):
        lines = {line.annotator: tuple(getattr(line, name) for name in LINE) for line in summary.lines}
        assert lines == {"ana": (5, 2, 1, 1, 1), "ben": (5, 2, 3, 0, 0), "in all": (5, 1, 3, 1, 0)}
        assert all(line[0] == sum(line[1:]) for line in lines.values())
        assert summary.labels["PERSON"] == 4
        assert (summary.not_sent, summary.lost, summary.foreign_tasks) == ((), (), ())
        assert len(summary.unsubmitted) == 1
    assert (first.not_pulled, second.not_pulled, second.not_there) == (7, 0, 0)


@pytest.mark.usefixtures("written_by_hand")
def test_status_lists_what_one_side_lacks(project: Project, studio: Credentials) -> None:
    """Sent and gone, not sent, sent by others, annotated since, deleted since: no whole pull, nothing written."""
    pull(project, server=studio)
    kept = sorted(path.name for path in project.workspace.pulls.iterdir())
    tasks = numbers(project)
    link = json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))
    call(studio, "DELETE", f"/api/tasks/{tasks[NAMES[1]]}/")
    call(studio, "POST", f"/api/projects/{link['project']}/import", [{"data": {"text": "a stranger's"}}])
    project.workspace.articles.write([*(article(name) for name in NAMES), article("wire/new")])
    pull(project, server=studio)
    call(studio, "POST", f"/api/tasks/{tasks[NAMES[4]]}/annotations/", {"result": []})
    gone = next(iter(call(studio, "GET", f"/api/tasks/{tasks[NAMES[2]]}/annotations/")))
    call(studio, "DELETE", f"/api/annotations/{gone['id']}/")

    summary = status(project, server=studio)

    assert (summary.not_sent, summary.lost, len(summary.foreign_tasks)) == (("wire/new",), (NAMES[1],), 1)
    assert (summary.not_pulled, summary.not_there) == (1, 2)  # the annotation, and the draft that changed it
    assert summary.lines[-1].sent == 4
    assert len(kept) + 1 == len(list(project.workspace.pulls.iterdir()))


def test_status_counts_imported_annotations_apart(
    project: Project, studio: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels are counted by what is on the server, as annotators are; what came from a file has a line of its own."""
    pull(project, server=studio)
    before = status(project, server=studio)
    row = {"text": article(NAMES[4]).text, "spans": [{"start": 9, "end": 13, "label": "PERSON"}]}
    (tmp_path / "old.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    import_annotations(project, "prodigy", [str(tmp_path / "old.jsonl")], ImportOptions(annotator="eva"))
    after = status(project, server=studio)

    assert (before.imported, after.imported) == ({}, {"eva": 1})
    assert replace(after, imported={}) == before
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    words = ["--config", str(project.path), "--workspace", str(project.workspace.root), "status"]
    assert "1 annotations by eva were imported" in CliRunner().invoke(cli, words, standalone_mode=False).stdout


def test_status_leaves_one_line_between_its_parts(
    tmp_path: Path, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody has annotated anything: no line of labels, and no blank lines in its place."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "silent")
    project.workspace.articles.write([article(NAMES[0])])
    push(project, server=studio)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    words = ["--config", str(project.path), "--workspace", str(project.workspace.root), "status"]

    printed = CliRunner().invoke(cli, words, standalone_mode=False).stdout
    assert "0\n\nBoth sides hold the same.\n\narticles.jsonl" in printed
    assert "\n\n\n" not in printed


def test_status_is_a_table_for_people(project: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    """And JSON for programs."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root), "status"]
    run = CliRunner().invoke

    shown = run(cli, where, standalone_mode=False)
    as_json = run(cli, [*where, "--json"], standalone_mode=False)

    assert shown.return_value == as_json.return_value == 0
    assert shown.stdout.splitlines()[0].split() == ["annotator", *LINE]
    assert shown.stdout.splitlines()[3].split() == ["in", "all", "5", "1", "3", "1", "0"]
    assert "7 annotations and drafts on the server that were not pulled" in shown.stdout
    assert json.loads(as_json.stdout)["lines"][-1]["open"] == 1


def test_doctor_finds_a_sound_set_up_sound(project: Project, studio: Credentials) -> None:
    """All is good, and the probe leaves nothing behind."""
    before = [each["id"] for each in call(studio, "GET", "/api/projects/?page_size=1000")["results"]]

    findings = list(doctor(project, server=studio))

    assert [finding.what for finding in findings if finding.verdict != "good"] == []
    assert [finding.what for finding in findings] == [
        "workspace",
        "server",
        "gate",
        "roles",
        "client",
        "key",
        "clock",
        "schema",
        "probe",
    ]
    assert [each["id"] for each in call(studio, "GET", "/api/projects/?page_size=1000")["results"]] == before


def test_doctor_finds_what_is_wrong(project: Project, studio: Credentials, tmp_path: Path) -> None:
    """A page that is not the schema's, an export that shifts a character, a server that is not there."""
    labels = tuple(label for label in project.schema.labels if label.name != "DATE")
    other = replace(project, schema=project.schema.model_copy(update={"labels": labels, "relations": ()}))
    found = {finding.what: finding for finding in doctor(other, server=studio)}
    assert found["schema"].verdict == "doubtful"
    assert "- label DATE" in found["schema"].found

    lie = json.dumps([{"id": 1, "data": {"article": "labeling/doctor", "text": "shifted"}, "annotations": []}]).encode()
    with door(studio, lambda _: "pass", {"/export": lie}) as lying:
        found = {finding.what: finding for finding in doctor(project, server=lying)}
    assert found["probe"].verdict == "bad"
    assert "not what was submitted" in found["probe"].found

    shutil.rmtree(tmp_path / "workspace")
    gone = studio.model_copy(update={"url": "http://127.0.0.1:9"})
    found = {finding.what: finding for finding in doctor(project, server=gone)}
    assert (found["server"].verdict, "does not answer" in found["server"].found) == ("bad", True)


def test_kept_answers_hold_each_task_once(project: Project, studio: Credentials) -> None:
    """The answers together, the whole one and the changes after it, hold each task once, as it was last."""
    from labeling.studio.sync.restore import _read_source

    pull(project, server=studio)
    call(studio, "POST", f"/api/tasks/{numbers(project)[NAMES[4]]}/annotations/", {"result": []})
    pull(project, server=studio, changes=True)

    tasks = list(_read_source(project.workspace, None).tasks())

    assert sorted(task["id"] for task in tasks) == sorted(numbers(project).values())
    assert sum(len(task["annotations"]) for task in tasks) == len(
        [one for one in project.workspace.annotations.rows() if one.state != "draft"]
    )
