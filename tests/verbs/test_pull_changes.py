"""``pull --changes``: what it leaves is what a whole pull leaves, whatever people did; and what it says about it."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from faulty.door import Asked, Fate, door

from labeling.annotations import Annotation, Span
from labeling.errors import NotLabelStudio, ServerFailed, ServerUnreachable, ShortAnswer
from labeling.project import Project, load_project
from labeling.schema import Migrations
from labeling.studio.format.tasks import result_of
from labeling.studio.sync import pull_archive
from labeling.studio.sync.pull import pull, watch
from labeling.studio.sync.push import push
from labeling.workspace import journal
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
NAMES = [f"wire/{number}" for number in range(8)]

pytestmark = pytest.mark.studio


def article(name: str) -> Article:
    """An article as `ingest` writes it."""
    text = f"{name} 😀 Anna Bo met Carl."
    return made.article(name, text)


@pytest.fixture
def project(tmp_path: Path, studio: Credentials) -> Project:
    """Eight articles, pushed."""
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded.workspace.articles.write([article(name) for name in NAMES])
    push(loaded, server=studio)
    return loaded


@pytest.fixture
def twin(project: Project, tmp_path: Path) -> Project:
    """The same project pulled to another place, always as a whole."""
    other = Workspace(tmp_path / "twin")
    other.root.mkdir()
    for name in ("articles.jsonl", "studio.json"):
        (other.root / name).write_bytes((project.workspace.root / name).read_bytes())
    return replace(project, workspace=other)


def call(studio: Credentials, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {studio.api_key}"}
    answer = httpx.request(method, f"{studio.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def tasks(project: Project) -> dict[str, int]:
    """The number of each article's task."""
    return {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}


def number(project: Project) -> int:
    """The number of the workspace's project on the server."""
    return int(json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))["project"])


def rows(name: str, label: str = "PERSON", start: int = 0) -> list[Any]:
    """One span as the page stores it."""
    span = Span(id=f"x{start}", start=start, end=start + 4, label=label)
    annotation = Annotation(article=name, digest=article(name).digest, annotator="ana", spans=(span,))
    return [*result_of(annotation, article(name))]


def files(project: Project) -> list[bytes]:
    """The bytes of all that a pull writes, but for the watermark."""
    workspace = project.workspace
    return [
        path.read_bytes() for path in (workspace.annotations.path, workspace.quarantine.path, workspace.pulled.path)
    ]


class Newsroom:
    """People at work: one random deed after the other, on the server."""

    def __init__(self, project: Project, studio: Credentials, seed: int) -> None:
        """Begin with the tasks of a project."""
        self.studio, self.random, self.project = studio, random.Random(seed), number(project)  # noqa: S311 - repeatable on purpose
        self.open, self.annotations, self.drafts = sorted(tasks(project).values()), list[int](), list[int]()

    def annotate(self) -> None:
        """Submit, with or without a span, skipped or not, as a ground truth or not; sometimes rubbish."""
        body = {
            "result": self.random.choice([[], rows(NAMES[0]), rows(NAMES[0], "SHIP"), [{"foo": 1}]]),
            "was_cancelled": self.random.random() < 0.3,
            "ground_truth": self.random.random() < 0.3,
        }
        made = call(self.studio, "POST", f"/api/tasks/{self.random.choice(self.open)}/annotations/", body)
        self.annotations.append(made["id"])

    def edit(self) -> None:
        """Change an annotation, or only a flag of it."""
        if self.annotations:
            body = self.random.choice([{"result": rows(NAMES[0], "ROLE", 3)}, {"ground_truth": True}])
            call(self.studio, "PATCH", f"/api/annotations/{self.random.choice(self.annotations)}/", body)

    def delete(self) -> None:
        """Delete an annotation."""
        if self.annotations:
            gone = self.annotations.pop(self.random.randrange(len(self.annotations)))
            call(self.studio, "DELETE", f"/api/annotations/{gone}/")

    def draft(self) -> None:
        """Begin a draft, or change one."""
        if self.drafts and self.random.random() < 0.5:
            body = {"result": rows(NAMES[0], "DATE", self.random.randrange(5))}
            call(self.studio, "PATCH", f"/api/drafts/{self.random.choice(self.drafts)}/", body)
        else:
            path = f"/api/tasks/{self.random.choice(self.open)}/drafts"
            self.drafts.append(call(self.studio, "POST", path, {"result": []})["id"])

    def drop_draft(self) -> None:
        """Throw a draft away."""
        if self.drafts:
            gone = self.drafts.pop(self.random.randrange(len(self.drafts)))
            call(self.studio, "DELETE", f"/api/drafts/{gone}/")

    def work(self, deeds: int) -> None:
        """So many deeds, one after the other."""
        doing = [self.annotate, self.annotate, self.edit, self.delete, self.draft, self.drop_draft]
        for _ in range(deeds):
            self.random.choice(doing)()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_pull_and_a_pull_of_changes_leave_the_same_bytes(
    project: Project, twin: Project, studio: Credentials, seed: int
) -> None:
    """Annotations made, changed, flagged, skipped and deleted, drafts begun and dropped: seen, by the byte."""
    newsroom = Newsroom(project, studio, seed)
    pull(project, server=studio)
    for _ in range(4):
        newsroom.work(6)
        pull(project, server=studio, changes=True)
        pull(twin, server=studio)
        assert files(project) == files(twin)


@pytest.mark.usefixtures("written_by_hand")
def test_deleted_and_added_tasks_are_seen(project: Project, twin: Project, studio: Credentials) -> None:
    """The newest task goes and another takes its very number; an older one goes with its annotation."""
    numbers = tasks(project)
    call(studio, "POST", f"/api/tasks/{numbers[NAMES[0]]}/annotations/", {"result": rows(NAMES[0])})
    call(studio, "POST", f"/api/tasks/{numbers[NAMES[7]]}/annotations/", {"result": rows(NAMES[7])})
    pull(project, server=studio)
    for name in (NAMES[0], NAMES[7]):
        call(studio, "DELETE", f"/api/tasks/{numbers[name]}/")
    project.workspace.articles.write([article(name) for name in [*NAMES[1:7], "wire/9"]])
    push(project, server=studio)
    project.workspace.articles.write([article(name) for name in NAMES])

    told = pull(project, server=studio, changes=True)
    pull(twin, server=studio)

    assert (told.tasks, told.submitted, told.deleted) == (7, 0, 2)
    assert files(project) == files(twin)


def test_a_whole_pull_comes_in_pieces(
    project: Project, twin: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the numbers we know, three at a time; a task of ours is gone, one is a stranger's: listed, and fetched too."""
    monkeypatch.setattr("labeling.studio.api.client.MOST_NUMBERS", 3)
    Newsroom(project, studio, 5).work(12)
    call(studio, "DELETE", f"/api/tasks/{tasks(project)[NAMES[1]]}/")
    strangers = [{"data": {"text": "mine"}}, {"data": {"text": "and mine"}}]
    call(studio, "POST", f"/api/projects/{number(project)}/import", strangers)
    asked: list[str] = []

    def note(request: Asked) -> Fate:
        asked.append(request.path)
        return "pass"

    with door(studio, note) as noting:
        told = pull(project, server=noting)
    pull(twin, server=studio)

    whole = call(studio, "GET", f"/api/projects/{number(project)}/export?exportType=JSON&download_all_tasks=true")
    assert (told.tasks, len(whole)) == (9, 9)
    assert sorted(pull_archive.read_archive(Path(told.kept)), key=lambda task: int(str(task["id"]))) == whole
    assert files(project) == files(twin)
    assert sum(path.endswith("/export") for path in asked) == 4  # eight known, two listed
    assert asked.count("/api/tasks/") == 1


def test_an_export_of_something_else_is_refused(project: Project, studio: Credentials) -> None:
    """A server that sends tasks nobody asked for is not trusted with the rest."""
    strange = json.dumps([{"id": 10**6, "data": {}, "annotations": []}]).encode()
    with door(studio, lambda _: "pass", {"/export": strange}) as lying, pytest.raises(NotLabelStudio):
        pull(project, server=lying)
    assert not project.workspace.annotations.exists()


def test_deletions_that_leave_no_trace_are_seen_by_the_count(project: Project, studio: Credentials) -> None:
    """The Data Manager deletes all annotations of a task, whatever time it writes down for that."""
    path = f"/api/tasks/{tasks(project)[NAMES[0]]}/annotations/"
    call(studio, "POST", path, {"result": rows(NAMES[0])})
    assert pull(project, server=studio).submitted == 1
    chosen = {"selectedItems": {"all": False, "included": [tasks(project)[NAMES[0]]]}}
    call(studio, "POST", f"/api/dm/actions?id=delete_tasks_annotations&project={number(project)}", chosen)

    told = pull(project, server=studio, changes=True)

    assert (told.submitted, told.deleted) == (0, 1)


def test_a_pull_without_changes_writes_nothing(project: Project, studio: Credentials) -> None:
    """No answer is kept, the files stay the same bytes; one more annotation is one small answer more."""
    pull(project, server=studio)
    before = files(project)
    assert pull(project, server=studio, changes=True).kept == ""
    assert files(project) == before

    call(studio, "POST", f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/", {"result": rows(NAMES[2])})
    told = pull(project, server=studio, changes=True)

    assert (told.new, told.edited, told.deleted) == (1, 0, 0)
    assert told.kept.endswith(pull_archive.CHANGES_ENDING)
    assert [task["id"] for task in pull_archive.read_archive(Path(told.kept))] == [tasks(project)[NAMES[2]]]


def test_a_changed_schema_or_article_makes_a_pull_whole(project: Project, studio: Credentials) -> None:
    """New migrations in the project file: the label of an old annotation is read by them, the server's is not."""
    path = f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/"
    made = call(studio, "POST", path, {"result": rows(NAMES[2], "SHIP")})
    assert pull(project, server=studio).quarantined == {"unknown label": 1}
    schema = project.schema.model_copy(update={"migrations": Migrations(labels={"SHIP": "ISSUE"})})

    told = pull(replace(project, schema=schema), server=studio, changes=True)

    assert (told.quarantined, told.spans) == ({}, 1)
    (pulled,) = project.workspace.annotations.rows()
    assert [span.label for span in pulled.spans] == ["ISSUE"]
    assert call(studio, "GET", f"/api/annotations/{made['id']}/")["result"][0]["value"]["labels"] == ["SHIP"]


def test_changes_of_a_server_without_a_clock_are_found(project: Project, twin: Project, studio: Credentials) -> None:
    """Answers without a date, as uWSGI's: the last change there is the mark."""
    with door(studio, lambda _asked: "dateless") as timeless:
        first = pull(project, server=timeless)
        newsroom = Newsroom(project, studio, 3)
        for _ in range(3):
            newsroom.work(4)
            pull(project, server=timeless, changes=True)
        pull(twin, server=studio)

    assert first.tasks == len(NAMES)
    assert files(project) == files(twin)


def test_a_draft_newer_than_its_annotation_is_reported(project: Project, studio: Credentials) -> None:
    """Somebody changed a submitted annotation and did not press Update; one who did is not named."""
    path = f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/"
    made = call(studio, "POST", path, {"result": rows(NAMES[2])})
    pull(project, server=studio)
    call(studio, "POST", f"{path}{made['id']}/drafts", {"result": []})

    told = pull(project, server=studio, changes=True)
    call(studio, "PATCH", f"/api/annotations/{made['id']}/", {"result": []})

    (sentence,) = told.unsubmitted
    assert f"annotation {made['id']}" in sentence
    assert NAMES[2] in sentence
    assert pull(project, server=studio, changes=True).unsubmitted == ()


def test_an_unreadable_region_is_quarantined_once(project: Project, studio: Credentials) -> None:
    """Read a second time, its finding takes the place of the first."""
    path = f"/api/tasks/{tasks(project)[NAMES[3]]}/annotations/"
    bad = call(studio, "POST", path, {"result": [{"foo": 1}]})
    pull(project, server=studio)
    call(studio, "PATCH", f"/api/annotations/{bad['id']}/", {"result": [{"foo": 2}]})

    told = pull(project, server=studio, changes=True)

    assert told.quarantined == {"unreadable": 1}
    assert [row.task for row in project.workspace.quarantine.rows()] == [tasks(project)[NAMES[3]]]


@pytest.mark.parametrize("fate", ["lost", "cut", "refused", "gateway", "dropped"])
@pytest.mark.parametrize("path", ["/export", "/api/tasks/"])
def test_a_spoilt_answer_changes_nothing(project: Project, studio: Credentials, fate: Fate, path: str) -> None:
    """Whichever answer is spoilt, the files are what they were; the next pull brings everything."""
    pull(project, server=studio)
    before = files(project)
    call(studio, "POST", f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/", {"result": rows(NAMES[2])})

    def spoil(asked: Asked) -> Fate:
        return fate if asked.path.endswith(path) else "pass"

    with door(studio, spoil) as spoilt, pytest.raises((ServerUnreachable, ServerFailed)):
        pull(project, server=spoilt, changes=True)
    assert files(project) == before
    assert [path.name for path in project.workspace.pulls.iterdir() if path.name.startswith(".")] == []
    assert pull(project, server=studio, changes=True).submitted == 1


def test_a_pull_that_was_cut_short_is_followed_by_a_whole_one(project: Project, studio: Credentials) -> None:
    """Without a watermark, or with an answer of it gone, everything is fetched."""
    pull(project, server=studio)
    project.workspace.watermark.path.unlink()
    assert pull(project, server=studio, changes=True).kept.endswith("Z.json.gz")
    for kept in project.workspace.pulls.iterdir():
        kept.unlink()
    assert pull(project, server=studio, changes=True).kept.endswith("Z.json.gz")


def test_fewer_annotations_than_the_server_counts_are_refused(project: Project, studio: Credentials) -> None:
    """All tasks came, and one of them without its annotation: nothing is written."""
    path = f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/"
    call(studio, "POST", path, {"result": rows(NAMES[2])})
    whole = call(studio, "GET", f"/api/projects/{number(project)}/export?exportType=JSON&download_all_tasks=true")
    short = json.dumps([{**task, "annotations": []} for task in whole]).encode()

    with door(studio, lambda _: "pass", {"/export": short}) as lying, pytest.raises(ShortAnswer, match="submitted"):
        pull(project, server=lying)
    assert not project.workspace.annotations.exists()


def test_watching_goes_on_through_failures(project: Project, studio: Credentials) -> None:
    """Two rounds, a failure of the server, and what happened meanwhile."""
    broken = [False]
    with door(studio, lambda _: "refused" if broken[0] else "pass") as watched:
        rounds = watch(project, server=watched, every=0.05)
        first = next(rounds)
        broken[0] = True
        failed = next(rounds)
        broken[0] = False
        call(studio, "POST", f"/api/tasks/{tasks(project)[NAMES[2]]}/annotations/", {"result": rows(NAMES[2])})
        then = next(rounds)
        rounds.close()  # type: ignore[attr-defined]  # it is a generator

    assert getattr(first, "tasks", None) == 8
    assert isinstance(failed, ServerFailed)
    assert (getattr(then, "new", None), getattr(then, "submitted", None)) == (1, 1)


def test_watching_prints_json_for_programs(project: Project, studio: Credentials) -> None:
    """A line on stdout for what the first round brought, while it goes on; nothing else is printed there."""
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root)]
    command = [sys.executable, "-m", "labeling", *where, "pull", "--watch", "--every", "1", "--json"]
    environment = {**os.environ, "LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.api_key}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        line = watching.stdout.readline() if watching.stdout else ""
        watching.kill()

    told = json.loads(line)
    assert (told["tasks"], told["new"], told["quarantined"]) == (8, 0, {})
    assert told["kept"]


def test_old_answers_are_thinned() -> None:
    """Each day a whole answer at six and at eighteen o'clock, and changes at noon, for a hundred days: what stays."""
    now = dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC)
    names = []
    for days in range(100):
        day = now.replace(minute=0) - dt.timedelta(days=days)
        names += [pull_archive.archive_name(day.replace(hour=hour)) for hour in (6, 18)]
        names.append(pull_archive.archive_name(day.replace(hour=12), changes=True))

    stay = sorted(set(names) - set(pull_archive.list_superfluous([*names, "note.txt"], now)))

    week = [name for name in stay if name[:10] > "2026-11-15"]
    assert len(week) == 7 * 3
    assert [name[:13] for name in stay if name[:10] == "2026-11-15"] == ["2026-11-15T18"]
    assert [name[:13] for name in stay if name[:10] < "2026-10-23"] == ["2026-08-31T18", "2026-09-30T18"]
    assert len([name for name in stay if "2026-10-23" <= name[:10] <= "2026-11-15"]) == 24


def test_the_newest_whole_answer_never_goes() -> None:
    """However old it is, and the changes after it with it; older changes go."""
    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    names = [
        pull_archive.archive_name(old, changes=True),
        pull_archive.archive_name(old + hour),
        pull_archive.archive_name(old + 2 * hour, changes=True),
    ]

    assert pull_archive.list_superfluous(names, old + dt.timedelta(days=2000)) == names[:1]
    assert pull_archive.find_latest_whole(names) == names[1:]


@pytest.mark.parametrize("name", ["annotations", "quarantine", "pulled"])
@pytest.mark.parametrize("harm", ["removed", "emptied", "halved"])
def test_changes_are_added_only_to_what_the_last_pull_left(
    project: Project, studio: Credentials, name: str, harm: str
) -> None:
    """With a file gone, emptied or cut by a line, all is fetched anew, and every file is what it was."""
    for task in tasks(project).values():
        call(studio, "POST", f"/api/tasks/{task}/annotations/", {"result": rows(NAMES[0], "SHIP")})
    pull(project, server=studio)
    before = files(project)
    path = getattr(project.workspace, name).path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"" if harm == "emptied" else b"".join(lines[len(lines) // 2 :]))
    if harm == "removed":
        path.unlink()

    pull(project, server=studio, changes=True)

    assert files(project) == before
