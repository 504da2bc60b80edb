"""Custody between a workspace and the real server: what is brought there, and built upon, is what people said."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from in_custody import CONFIG, half

from labeling.annotations import Annotation, Span
from labeling.errors import Altered
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.sync import restoration
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.restore import restore
from labeling.studio.sync.status import status
from labeling.workspace import journal
from labeling.workspace.custody import sign_change
from labeling.workspace.custody_record import CustodyRecord

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

NAMES = [f"wire/{number}" for number in range(4)]
KIND = "spoken for another"

pytestmark = pytest.mark.studio


def article(name: str) -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, f"Anna met Carl about {name}.")


def words(name: str, by: str, start: int = 0) -> Annotation:
    """One span of four letters: 0 is Anna, 9 is Carl."""
    span = Span(id=f"s{start}", start=start, end=start + 4, label="PERSON")
    return Annotation(article=name, digest=article(name).digest, annotator=by, spans=(span,))


@pytest.fixture
def project(tmp_path: Path, studio: Credentials) -> Project:
    """Four articles, pushed and pulled; ana annotated all, and the owner rewrote her words on the first."""
    loaded = load_project(CONFIG, tmp_path / "workspace")
    loaded.workspace.articles.write([article(name) for name in NAMES])
    push(loaded, server=studio)
    tasks = numbers(loaded)
    with connect_to(studio.url, add_user(studio, "ana@example.org", "a long pass phrase")) as ana:
        said = {name: ana.annotate(tasks[name], words(name, ""), article(name)) for name in NAMES}
    pull(loaded, server=studio)
    changed: dict[str, Any] = {"result": []}
    call(studio, "PATCH", f"/api/annotations/{said[NAMES[0]]}/", changed)
    assert pull(loaded, server=studio).quarantined == {KIND: 1}
    return loaded


def call(server: Credentials, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {server.api_key}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def numbers(project: Project) -> dict[str, int]:
    """The number of each article's task."""
    return {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}


def told(project: Project) -> tuple[list[str], list[str]]:
    """The articles of which words count, and of which they are in quarantine."""
    sound = [row.article for row in project.workspace.annotations.rows()]
    spoken = [row.article for row in project.workspace.quarantine.rows() if row.kind == KIND]
    return sound, spoken


def leave_no_project(project: Project, server: Credentials) -> None:
    """Somebody deletes it on the server."""
    link = json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))
    call(server, "DELETE", f"/api/projects/{link['project']}/")


def test_nothing_is_restored_from_what_somebody_rewrote(project: Project, studio: Credentials) -> None:
    """A kept answer and the names in it are brought to a server as people's words: each as the pull left it."""
    leave_no_project(project, studio)
    workspace = project.workspace
    (kept,) = (workspace.root / name for name in list_answers(project)[-1:])
    content = gzip.decompress(kept.read_bytes())
    kept.write_bytes(gzip.compress(content.replace(b"Anna", b"Emma")))
    with pytest.raises(Altered, match=r"pulls/.*json.gz is not as it was left") as refused:
        restore(project, server=studio)
    assert f"--adopt pulls/{kept.name}" in refused.value.todo
    with workspace.opened():
        sign_change(workspace, f"pulls/{kept.name}", "Emma asked for it")

    users = workspace.users.path.read_bytes()
    workspace.users.path.write_bytes(users.replace(b"ana@", b"emma@"))
    with pytest.raises(Altered, match=r"users.json"):
        restore(project, server=studio)
    workspace.users.path.write_bytes(users)
    restore(project, server=studio)


def list_answers(project: Project) -> list[str]:
    """The kept answers that the record knows: each that is there, and no other."""
    known = sorted(name for name in CustodyRecord(project.workspace).rows if name.startswith("pulls/"))
    assert known == sorted(f"pulls/{path.name}" for path in project.workspace.pulls.iterdir())
    return known


def test_a_restore_takes_every_task_though_the_list_of_them_was_cut(project: Project, studio: Credentials) -> None:
    """By half of `pulled.jsonl`, half of what people said would be gone for good."""
    leave_no_project(project, studio)
    half(project.workspace.pulled.path)

    assert restore(project, server=studio).tasks == len(NAMES)


@pytest.mark.parametrize("moment", ["link_project", "journal.rewrite_journal"])
def test_a_restore_that_was_cut_short_begins_anew_and_frees_no_words(
    project: Project, studio: Credentials, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it ended: what was in quarantine is there again, and what counted counts."""
    before = told(project)
    leave_no_project(project, studio)

    def end(*_asked: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"{restoration.__name__}.{moment}", end)
        with pytest.raises(KeyboardInterrupt):
            restore(project, server=studio)
    restore(project, server=studio)
    for changes in (False, True):
        pull(project, server=studio, changes=changes)
        assert told(project) == before
    assert before == (NAMES[1:], NAMES[:1])


def test_whose_words_count_cannot_be_forgotten(project: Project, studio: Credentials) -> None:
    """Without `signed.jsonl` a pull is refused; signed as gone, what was spoken for another stays in quarantine."""
    before = told(project)
    project.workspace.signed.path.unlink()
    with pytest.raises(Altered, match=r"signed.jsonl is gone"):
        pull(project, server=studio)

    with project.workspace.opened():
        sign_change(project.workspace, "signed.jsonl", "lost with a disk")
    pull(project, server=studio)
    assert told(project) == before


@pytest.mark.parametrize("record", ["removed", "one line dropped"])
def test_a_pull_of_changes_brings_back_what_went_with_the_record(
    project: Project, studio: Credentials, record: str
) -> None:
    """Half of the annotations are gone, and so is what custody knows of them: everything is fetched."""
    before, workspace = told(project), project.workspace
    lines = workspace.custody.path.read_bytes().splitlines(keepends=True)
    workspace.custody.path.write_bytes(b"".join(line for line in lines if b'"file":"annotations.jsonl"' not in line))
    if record == "removed":
        workspace.custody.path.unlink()
    half(workspace.annotations.path)

    pull(project, server=studio, changes=True)
    assert told(project) == before


def test_without_annotations_status_does_not_say_that_both_sides_hold_the_same(
    project: Project, studio: Credentials
) -> None:
    """What is not here was not pulled, and is."""
    before = told(project)
    project.workspace.annotations.path.unlink()

    assert status(project, server=studio).not_pulled == len(NAMES)
    pull(project, server=studio, changes=True)
    assert told(project) == before
    assert status(project, server=studio).not_pulled == 0


def test_a_push_believes_the_server_where_somebody_rewrote_the_journal(project: Project, studio: Credentials) -> None:
    """Two articles whose tasks were swapped by hand get their own suggestions all the same."""
    path, (first, second) = project.workspace.pushed.path, (numbers(project)[name] for name in NAMES[:2])
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    swapped = [row | {"task": {first: second, second: first}.get(row["task"], row["task"])} for row in rows]
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in swapped), encoding="utf-8")
    project.workspace.suggestions.write([words(NAMES[0], "model:mine"), words(NAMES[1], "model:mine", 9)])

    assert push(project, server=studio).new == 0
    assert (numbers(project)[NAMES[0]], numbers(project)[NAMES[1]]) == (first, second)
    for task, start in ((first, 0), (second, 9)):
        (prediction,) = call(studio, "GET", f"/api/tasks/{task}/")["predictions"]
        assert [region["value"]["start"] for region in prediction["result"]] == [start]
