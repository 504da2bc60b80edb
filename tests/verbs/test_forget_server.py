"""`labeling forget` beside the real server: whose task goes, whose stays, and that nothing comes back from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from in_custody import CONFIG

from labeling.annotations import Annotation, Span
from labeling.errors import StillAnnotated
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.sync import forgotten_rows
from labeling.studio.sync.forget import allow_again, forget
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.restore import restore
from labeling.studio.sync.status import status
from labeling.workspace import journal
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.rows.server_state import PushedTask

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

WRONG, OPEN, GOOD = "wire/wrong", "wire/open", "wire/good"

pytestmark = pytest.mark.studio


def article(name: str) -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, f"Anna met Carl about {name}.")


def call(server: Credentials, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {server.api_key}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def tasks_there(project: Project, server: Credentials) -> dict[str, list[int]]:
    """The numbers of the tasks on the server, by the article that each names."""
    number = project.workspace.studio_link.value().project
    there: dict[str, list[int]] = {}
    with connect_to(server.url, server.api_key) as studio:
        for task in studio.tasks(number):
            there.setdefault(task.article, []).append(task.number)
    return there


def annotate(server: Credentials, name: str, task: int) -> None:
    """Ana says that Anna is a person."""
    words = Annotation(
        article=name,
        digest=article(name).digest,
        annotator="",
        spans=(Span(id="s0", start=0, end=4, label="PERSON"),),
    )
    with connect_to(server.url, add_user(server, "ana@example.org", "a long pass phrase")) as ana:
        ana.annotate(task, words, article(name))


def unreachable(server: Credentials) -> Credentials:
    """The same server, at an address where nothing answers."""
    return server.model_copy(update={"url": "http://127.0.0.1:9"})


def words_here(project: Project) -> set[str]:
    """The articles of which anything that people said is here."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.first, workspace.quarantine)
    return {row.article for file in files for row in file.rows_if_written()}


@pytest.fixture
def project(tmp_path: Path, studio: Credentials) -> Project:
    """Three articles, pushed; ana has annotated the wrong one and the good one, and it is pulled."""
    loaded = load_project(CONFIG, tmp_path / "workspace")
    loaded.workspace.articles.write([article(name) for name in sorted((WRONG, OPEN, GOOD))])
    push(loaded, server=studio)
    for name, (task,) in tasks_there(loaded, studio).items():
        if name != OPEN:
            annotate(studio, name, task)
    return loaded


def test_a_task_in_which_nobody_worked_goes_and_an_annotated_one_stays(project: Project, studio: Credentials) -> None:
    """By the server as of now, before anything was pulled: refused by name, and with that nothing of the other."""
    with pytest.raises(StillAnnotated, match=r"'wire/wrong' \(ana 1 submitted\)"):
        forget(project, [OPEN, WRONG], server=studio)
    assert set(tasks_there(project, studio)) == {WRONG, OPEN, GOOD}
    assert not project.workspace.forgotten.exists()

    assert forget(project, [OPEN], server=studio).tasks == 1
    assert set(tasks_there(project, studio)) == {WRONG, GOOD}
    assert {row.article for row in project.workspace.pushed.rows()} == {WRONG, GOOD}
    assert CustodyRecord(project.workspace).state("pushed.jsonl") == "made"
    # Nothing of it is sent again, nor missed.
    assert push(project, server=studio).new == 0
    seen = status(project, server=studio)
    assert (seen.articles, seen.lost, seen.not_sent, seen.foreign_tasks, seen.forgotten_tasks) == (2, (), (), (), ())


def test_what_was_forced_comes_back_by_no_verb(project: Project, studio: Credentials) -> None:
    """Not by a pull, whole or of changes, and not by a restore from the answer that has it."""
    pull(project, server=studio)
    assert words_here(project) == {WRONG, GOOD}
    result = forget(project, [WRONG], server=studio, force=True)
    assert (result.tasks, result.said, result.answers) == (1, {"ana": {"submitted": 1}}, 1)
    assert words_here(project) == {GOOD}
    assert {row.article for row in project.workspace.pulled.rows()} == {OPEN, GOOD}

    answers = {path.name for path in project.workspace.pulls.iterdir()}
    number = project.workspace.studio_link.value().project
    call(studio, "DELETE", f"/api/projects/{number}/")
    assert restore(project, server=studio).tasks == 2
    assert set(tasks_there(project, studio)) == {OPEN, GOOD}
    for changes in (True, False):
        pull(project, server=studio, changes=changes)
        assert words_here(project) == {GOOD}
    assert {path.name for path in project.workspace.pulls.iterdir()} > answers, "kept answers are history"


def test_a_task_that_was_left_is_passed_over_and_taken_away_later(project: Project, studio: Credentials) -> None:
    """No server answers: the article goes, the task stays, whatever is said in it is not read, until it goes too."""
    heard = list[str]()
    project.workspace.say = heard.append
    (task,) = tasks_there(project, studio)[OPEN]
    result = forget(project, [OPEN], server=unreachable(studio))
    assert [each.url for each in result.left] == [f"{project_page(project)}?task={task}"]

    annotate(studio, OPEN, task)
    for changes in (False, True):
        pull(project, server=studio, changes=changes)
        assert words_here(project) == {WRONG, GOOD}
    assert "Passed over 1 tasks of forgotten articles" in heard[-1]
    seen = status(project, server=studio)
    assert (seen.forgotten_tasks, seen.foreign_tasks, seen.lines[-1].sent) == ((task,), (), 2)
    push(project, server=studio)

    # People have worked in it meanwhile: without a word from its owner it is left once more.
    (left,) = forget(project, server=studio).left
    assert "--force" in left.why
    result = forget(project, [OPEN], server=studio, force=True)
    assert (result.tasks, result.left, result.said) == (1, (), {"ana": {"submitted": 1}})
    assert set(tasks_there(project, studio)) == {WRONG, GOOD}


def project_page(project: Project) -> str:
    """The page of the project, as the workspace knows it."""
    link = project.workspace.studio_link.value()
    return f"{link.url}/projects/{link.project}/data"


def test_only_a_task_of_our_journal_is_removed(project: Project, studio: Credentials) -> None:
    """A colleague stored a task with the same words and id, and the journal is wrong about another one: both stay."""
    number = project.workspace.studio_link.value().project
    with connect_to(studio.url, studio.api_key) as client:
        (foreign,) = client.import_tasks(number, [{"data": {"article": OPEN, "text": article(OPEN).text}}])
    there = tasks_there(project, studio)
    rows = [
        row.model_copy(update={"task": there[GOOD][0]}) if row.article == OPEN else row
        for row in project.workspace.pushed.rows()
    ]
    project.workspace.pushed.write(rows)

    result = forget(project, [OPEN], server=studio)
    assert result.tasks == 0
    assert {each.url.rpartition("=")[2] for each in result.left} == {str(n) for n in (*there[OPEN], *there[GOOD])}
    assert foreign in there[OPEN]
    assert tasks_there(project, studio) == there


def test_a_task_of_which_no_answer_came_is_ours(project: Project, studio: Credentials) -> None:
    """The journal has it without a number: by its id and its text the server tells which it is."""
    known = journal.load_journal(project.workspace.pushed.path)
    doubtful = PushedTask(article=OPEN, digest=article(OPEN).digest)
    journal.rewrite_journal(project.workspace.pushed.path, known | {doubtful.key: doubtful})
    assert forget(project, [OPEN], server=studio).tasks == 1
    assert set(tasks_there(project, studio)) == {WRONG, GOOD}


class Killed(BaseException):
    """As if the process were gone."""


def test_killed_when_the_task_has_gone_it_is_finished_by_the_same_command(
    project: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has done it, and no file of ours knows: it is known from what is not there any more."""

    def die(*_words: object) -> None:
        raise Killed

    pull(project, server=studio)
    with monkeypatch.context() as patched:
        patched.setattr(forgotten_rows.RowRemoval, "run", die)
        patched.setattr(CustodyRecord, "give_up", die)
        with pytest.raises(Killed):
            forget(project, [WRONG], server=studio, force=True)
    assert set(tasks_there(project, studio)) == {OPEN, GOOD}
    assert words_here(project) == {WRONG, GOOD}

    assert forget(project, [WRONG], server=studio, force=True).left == ()
    assert words_here(project) == {GOOD}
    assert {row.article for row in project.workspace.pushed.rows()} == {OPEN, GOOD}
    assert {row.article for row in project.workspace.pulled.rows()} == {OPEN, GOOD}
    pull(project, server=studio)


def test_a_forgotten_article_that_is_taken_in_again_is_sent_again(
    project: Project, studio: Credentials, tmp_path: Path
) -> None:
    """After an undo it is an article like any other, with a task of its own."""
    forget(project, [OPEN], server=studio)
    allow_again(project, [OPEN])
    source = tmp_path / "open.jsonl"
    source.write_text(f'{{"id": "{OPEN}", "text": "{article(OPEN).text}"}}\n', encoding="utf-8")
    assert ingest(project, [str(source)]).new == 1
    assert push(project, server=studio).new == 1
    (task,) = tasks_there(project, studio)[OPEN]
    annotate(studio, OPEN, task)
    pull(project, server=studio)
    assert words_here(project) == {OPEN, WRONG, GOOD}
