"""First words on the real Label Studio: over changes, deletion, a lost file and a restore they are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import made
import pytest

from labeling.annotations import Annotation, Span
from labeling.evaluation.agree import agree
from labeling.project import load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import result_of
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.restore import restore
from labeling.studio.sync.status import status
from labeling.workspace import journal
from labeling.workspace.rows.reader_assignment import Assignment

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
ARTICLE = made.article("wire/first", "Anna met Carl at the ministry.")

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def words(start: int) -> Annotation:
    """One span of four letters: 0 is Anna, 9 is Carl."""
    span = Span(id=f"s{start}", start=start, end=start + 4, label="PERSON")
    return Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="", spans=(span,))


def call(server: Credentials, key: str, method: str, path: str, body: object = None) -> None:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {key}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text


def undated(lines: bytes) -> list[dict[str, object]]:
    """First words without their time, and without who kept them."""
    return [json.loads(line) | {"at": "", "kept_by": ""} for line in lines.splitlines()]


def f1(project: Project) -> float | None:
    """The exact agreement of ana and ben."""
    return agree(project).f1["ana and ben"]["exact"]


def test_agreement_stays_that_of_the_first_words(tmp_path: Path, studio: Credentials) -> None:
    """Ana marks Anna, ben Carl; ana changes to what ben has, deletes all, and the server is lost: they never agreed."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    workspace = project.workspace
    workspace.articles.write([ARTICLE])
    push(project, server=studio)
    (row,) = journal.load_journal(workspace.pushed.path).values()
    keys = {who: add_user(studio, f"{who}@example.org", "a long pass phrase") for who in ("ana", "ben")}
    numbers = {}
    for who, start in (("ana", 0), ("ben", 9)):
        with connect_to(studio.url, keys[who]) as one:
            numbers[who] = one.annotate(row.task or 0, words(start), ARTICLE)
    pull(project, server=studio)
    before = workspace.first.path.read_bytes()
    assert f1(project) == 0

    # Both have read the one article, which was planned for ana alone; nothing is open for her.
    workspace.assignments.write([Assignment(article=ARTICLE.id, reader="ANA@example.org", part="first", order=1)])
    told = status(project, server=studio)
    assert [(each.reader, each.open, each.done) for each in told.readers] == [("ana", 0, 1), ("ben", 0, 1)]
    assert (told.read_by_more, told.read_by_fewer) == ((ARTICLE.id,), ())

    path = f"/api/annotations/{numbers['ana']}/"
    call(studio, keys["ana"], "PATCH", path, {"result": [*result_of(words(9), ARTICLE)]})
    for changes in (True, False):
        pull(project, server=studio, changes=changes)
        assert f1(project) == 0
    call(studio, keys["ana"], "DELETE", path)
    pull(project, server=studio, changes=True)
    assert (f1(project), workspace.first.path.read_bytes()) == (0, before)

    # As in a workspace of before: the kept pulls have them.
    workspace.first.path.unlink()
    pull(project, server=studio)
    assert workspace.first.path.read_bytes() == before

    # A restored server has other numbers for everybody; a workspace of before keeps its first words before that.
    call(studio, studio.api_key, "DELETE", f"/api/projects/{workspace.studio_link.value().project}/")
    workspace.first.path.unlink()
    restore(project, server=studio)
    # The kept pulls have the same words, with the time that the server gave them.
    assert undated(workspace.first.path.read_bytes()) == undated(before)
    pull(project, server=studio)
    assert (f1(project), undated(workspace.first.path.read_bytes())) == (0, undated(before))


def test_a_star_after_a_change_changes_no_word(tmp_path: Path, studio: Credentials) -> None:
    """Before the first pull and between two pulls: the layer knows whose words they are."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    names = ("early", "skipped", "later", "other")
    articles = {name: made.article(f"wire/{name}", f"Anna met Carl in {name}.") for name in names}
    project.workspace.articles.write(articles.values())
    push(project, server=studio)
    tasks = {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}
    key = add_user(studio, "sana@star.example", "a long pass phrase")

    def marked(name: str, start: int) -> Annotation:
        return words(start).model_copy(update={"article": articles[name].id, "digest": articles[name].digest})

    def change(by: str, name: str, **body: object) -> None:
        call(studio, by, "PATCH", f"/api/annotations/{numbers[name]}/", body)

    with connect_to(studio.url, key) as sana:
        numbers = {name: sana.annotate(tasks[each.id], marked(name, 0), each) for name, each in articles.items()}
    second = {name: [*result_of(marked(name, 9), each)] for name, each in articles.items()}
    for name in ("early", "other"):
        change(key, name, result=second[name])
    change(key, "skipped", was_cancelled=True)
    for name in ("early", "skipped"):
        change(studio.api_key, name, ground_truth=True)
    change(studio.api_key, "other", result=[*result_of(marked("other", 0), articles["other"])])
    pulled = pull(project, server=studio)
    # Her first words, which the owner gave it again, are not what she said last.
    assert pulled.quarantined == {"spoken for another": 1}
    change(key, "later", result=second["later"])
    change(studio.api_key, "later", lead_time=99.0, ground_truth=True)
    pull(project, server=studio, changes=True)

    found = {
        row.article: (row.state, [span.start for span in row.spans]) for row in project.workspace.annotations.rows()
    }
    assert found == {
        "wire/early": ("submitted", [9]),
        "wire/skipped": ("skipped", [0]),
        "wire/later": ("submitted", [9]),
    }
