"""``push``: every article and suggestion exactly once, whatever becomes of requests and answers."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from click.testing import CliRunner
from faulty.door import Asked, Fate, door

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import LabelingError, SchemaInUse, ServerRefused, ServerUnreachable, StudioError, WorkspaceBusy
from labeling.project import Project, load_project
from labeling.schema import Migrations
from labeling.studio.api.connect import connect_to
from labeling.studio.sync.push import Pace, forecast, push
from labeling.workspace import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.articles import Article
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
NAMES = [f"wire/{number}" for number in range(6)]
PATIENT = Pace(patience=4)
QUICK = Pace(patience=0.2)

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def article(name: str, text: str = "") -> Article:
    """An article as `ingest` writes it; its text begins with its name."""
    text = text or f"{name} 😀 Anna Bo met Carl."
    return made.article(name, text)


def word(of: Article, label: str = "PERSON", model: str = "model:rules") -> Annotation:
    """A suggestion of a model, for the first four characters."""
    span = Span(id="m1", start=0, end=4, label=label)
    return Annotation(article=of.id, digest=of.digest, annotator=model, spans=(span,))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Six articles, each with a suggestion, sent in batches of two."""
    monkeypatch.setattr("labeling.studio.sync.push_delivery.MOST_TASKS", 2)
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded.workspace.articles.write([article(name) for name in NAMES])
    loaded.workspace.suggestions.write([word(article(name)) for name in NAMES])
    return loaded


@pytest.fixture
def there(studio: Credentials) -> Iterator[Studio]:
    """The real server, as its first user."""
    with connect_to(studio.url, studio.api_key) as client:
        yield client


def call(studio: Credentials, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {studio.api_key}"}
    answer = httpx.request(method, f"{studio.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def number(project: Project) -> int:
    """The number of the workspace's project on the server."""
    return int(json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))["project"])


def tasks_there(there: Studio, project: Project) -> list[str]:
    """Which article each task is of."""
    return sorted(task.article for task in there.tasks(number(project)))


def words_there(studio: Credentials, project: Project) -> list[tuple[str, str]]:
    """Each suggestion there: its model and its label."""
    listed = call(studio, "GET", f"/api/predictions/?project={number(project)}")
    return sorted((row["model_version"], row["result"][0]["value"]["labels"][0]) for row in listed)


def at(path: str, nth: int, fate: Fate) -> Callable[[Asked], Fate]:
    """That fate for the n-th request to a path with that ending."""
    return lambda asked: fate if asked.path.endswith(path) and asked.number == nth else "pass"


@pytest.mark.parametrize("fate", ["lost", "cut", "late", "twice", "slow", "refused", "failed", "gateway", "dropped"])
def test_each_article_is_stored_once_whatever_happens_to_a_batch(
    project: Project, studio: Credentials, there: Studio, fate: Fate
) -> None:
    """The second batch of three is spoilt, and the push run again until it ends well; suggestions too."""
    with door(studio, at("/import", 2, fate)) as spoilt:
        try:
            push(project, server=spoilt, pace=PATIENT)
        except StudioError:
            push(project, server=studio, pace=PATIENT)
    again = push(project, server=studio, pace=QUICK)

    assert tasks_there(there, project) == NAMES
    assert words_there(studio, project) == [("model:rules", "PERSON")] * 6
    assert (again.new, again.same, again.suggestions, again.removed) == (0, 6, 0, 0)


def test_an_answer_later_than_our_patience(
    project: Project, studio: Credentials, there: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We hang up after a while; what the server stored by then is found, and not sent again."""
    monkeypatch.setattr("faulty.door.SLOW", 6.0)
    with door(studio, at("/import", 2, "slow")) as spoilt, monkeypatch.context() as patch:
        patch.setattr("labeling.studio.api.transport.REQUEST_SECONDS", 3.0)
        with pytest.raises(ServerUnreachable, match="not in time"):
            push(project, server=spoilt, pace=PATIENT)
    again = push(project, server=studio, pace=PATIENT)

    assert tasks_there(there, project) == NAMES
    assert again.new < len(NAMES)


@pytest.mark.parametrize("fate", ["lost", "late", "twice", "refused", "failed", "dropped"])
def test_each_suggestion_is_stored_once_whatever_happens_to_a_request(
    project: Project, studio: Credentials, there: Studio, fate: Fate
) -> None:
    """A model with other suggestions is replaced; one with its first suggestions is added; neither is doubled."""
    push(project, server=studio)
    anew = [word(article(name), "ROLE") for name in NAMES]
    project.workspace.suggestions.write([*anew, word(article(NAMES[0]), "DATE", "model:ner")])

    with door(studio, at("/import/predictions", 1, fate)) as spoilt:
        try:
            push(project, server=spoilt, pace=PATIENT)
        except StudioError:
            push(project, server=studio, pace=PATIENT)

    assert words_there(studio, project) == [("model:ner", "DATE"), *[("model:rules", "ROLE")] * 6]
    assert push(project, server=studio).suggestions == 0
    assert there.project(number(project)).shown == "model:rules"  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize("fate", ["lost", "refused", "twice"])
def test_a_lost_removal_of_suggestions_is_repeated_by_the_push(
    project: Project, studio: Credentials, fate: Fate
) -> None:
    """The old suggestions of a model are removed, then the new ones sent, however the removal ended."""
    push(project, server=studio)
    project.workspace.suggestions.write([word(article(name), "ROLE") for name in NAMES[1:]])

    with door(studio, at("/model-versions/", 1, fate)) as spoilt:
        try:
            push(project, server=spoilt, pace=QUICK)
        except StudioError:
            push(project, server=studio, pace=QUICK)

    assert words_there(studio, project) == [("model:rules", "ROLE")] * 5


def test_a_refused_batch_leaves_no_doubt(project: Project, studio: Credentials) -> None:
    """The server refused: the next push neither asks nor waits."""
    push(replace(project, workspace=project.workspace), server=studio)
    project.workspace.articles.write([*(article(name) for name in NAMES), article("wire/9")])
    page = call(studio, "GET", f"/api/projects/{number(project)}/")["label_config"]
    other = page.replace('value="$text"', 'value="$body"')
    call(studio, "PATCH", f"/api/projects/{number(project)}/", {"label_config": other})
    with pytest.raises(ServerRefused), connect_to(studio.url, studio.api_key) as client:
        _deliver_only(client, project)

    assert all(row.task for row in journal.load_journal(project.workspace.pushed.path).values())
    sentences: list[str] = []
    assert push(project, server=studio, pace=Pace(say=sentences.append)).new == 1
    assert sentences == []


def _deliver_only(client: Studio, project: Project) -> None:
    """Send what is new, without suggestions and without putting the page right first."""
    from labeling.studio.sync.project_link import find_linked_project
    from labeling.studio.sync.push_delivery import ProjectPush
    from labeling.studio.sync.push_queue import read_queue

    queue, _ = read_queue(project)
    ProjectPush(client, find_linked_project(client, project.workspace), project.workspace.pushed.path).run(
        replace(queue, suggested=lambda _name: {}), lambda *_: None
    )


def test_the_server_is_asked_only_where_there_is_a_doubt(project: Project, studio: Credentials) -> None:
    """A push with a whole journal looks for its newest tasks only; after a lost answer for the articles in doubt."""
    push(project, server=studio)
    asked: list[str] = []

    def note(request: Asked) -> Fate:
        asked.append(f"{request.method} {request.path}")
        return "pass"

    with door(studio, note) as watched:
        push(project, server=watched)
    assert [one for one in asked if one.endswith(("/tasks/", "/predictions/"))] == ["GET /api/tasks/"]

    project.workspace.articles.write([article(name) for name in [*NAMES, "wire/9"]])
    with door(studio, at("/import", 1, "lost")) as spoilt, pytest.raises(StudioError):
        push(project, server=spoilt)
    asked.clear()
    with door(studio, note) as watched:
        assert push(project, server=watched, pace=QUICK).new == 0
    assert len([one for one in asked if one == "GET /api/tasks/"]) == 1


def test_a_doubled_task_with_annotations_or_drafts_stays(project: Project, studio: Credentials, there: Studio) -> None:
    """Of two tasks of one article the empty one goes, be it the older one; two with annotations or drafts both stay."""
    push(project, server=studio)
    data = {"data": {"article": NAMES[0], "digest": "", "text": article(NAMES[0]).text}}
    call(studio, "POST", f"/api/projects/{number(project)}/import", [data])
    newest = max(task.number for task in there.tasks(number(project)))
    call(studio, "POST", f"/api/tasks/{newest}/annotations/", {"result": []})

    assert push(project, server=studio, pace=QUICK).removed == 0
    assert tasks_there(there, project) == NAMES
    assert newest in {task.number for task in there.tasks(number(project))}

    call(studio, "POST", f"/api/projects/{number(project)}/import", [data])
    call(studio, "POST", f"/api/tasks/{newest + 1}/drafts", {"result": []})
    push(project, server=studio, pace=QUICK)
    assert tasks_there(there, project) == [NAMES[0], *NAMES]


def test_a_changed_text_is_sent_as_a_new_version_on_request(
    project: Project, studio: Credentials, there: Studio
) -> None:
    """The old task stays where somebody has annotated it, with its text; else it goes."""
    push(project, server=studio)
    first = journal.load_journal(project.workspace.pushed.path)[NAMES[0], article(NAMES[0]).digest].task
    call(studio, "POST", f"/api/tasks/{first}/annotations/", {"result": []})
    changed = [article(name, f"Other text of {name}.") for name in NAMES[:2]]
    project.workspace.articles.write([*changed, *(article(name) for name in NAMES[2:])])

    assert len(push(project, server=studio).refused) == 2
    told = push(project, server=studio, new_versions=True)

    assert (told.new, told.versions, told.same, told.removed, told.refused) == (0, 2, 4, 1, ())
    texts = sorted((task.article, task.digest) for task in there.tasks(number(project)))
    wanted = [(one.id, one.digest) for one in (*changed, article(NAMES[0]), *(article(name) for name in NAMES[2:]))]
    assert texts == sorted(wanted)
    again = push(project, server=studio)
    assert (again.new, again.versions, again.same, again.refused) == (0, 0, 6, ())


def test_a_dry_run_lists_what_is_new_same_changed_and_gone(
    project: Project, studio: Credentials, there: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sends nothing: before the first push, and after articles were added, changed and taken away."""
    before = forecast(project, server=studio)
    assert (before.new, before.suggestions, before.page) == (tuple(NAMES), 6, True)
    assert not project.workspace.studio_link.exists()
    push(project, server=studio)
    kept = [article(name) for name in NAMES[2:]]
    project.workspace.articles.write([article("wire/new"), article(NAMES[0], "Other."), *kept])
    project.workspace.suggestions.write([word(one, "ROLE") for one in kept[:2]])

    told = forecast(project, server=studio)
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root)]
    run = CliRunner().invoke(cli, [*where, "push", "--dry-run"], standalone_mode=False)

    assert (told.new, told.same, told.changed, told.gone) == (("wire/new",), tuple(NAMES[2:]), (NAMES[0],), (NAMES[1],))
    assert (told.suggestions, told.replaced, told.page) == (2, ("model:rules",), False)
    assert run.return_value == 3
    assert "changed: wire/0" in run.stderr
    assert "gone         1" in run.stdout
    assert tasks_there(there, project) == NAMES
    assert words_there(studio, project) == [("model:rules", "PERSON")] * 6


def test_labels_in_use_may_be_removed_by_a_migration(project: Project, studio: Credentials, there: Studio) -> None:
    """Refused with a list without it; with it the page changes, and the server's history does not."""
    push(project, server=studio)
    first = journal.load_journal(project.workspace.pushed.path)[NAMES[0], article(NAMES[0]).digest].task or 0
    there.annotate(first, word(article(NAMES[0]), "ISSUE"), article(NAMES[0]))
    labels = tuple(label for label in project.schema.labels if label.name != "ISSUE")
    relations = tuple(one for one in project.schema.relations if "ISSUE" not in one.tail)
    smaller = project.schema.model_copy(update={"labels": labels, "relations": relations})
    with pytest.raises(SchemaInUse, match=r"label ISSUE \(1x\)") as refused:
        push(replace(project, schema=smaller), server=studio)
    assert "[migrations]" in refused.value.todo

    migrating = smaller.model_copy(update={"migrations": Migrations(labels={"ISSUE": "MEETING"})})
    push(replace(project, schema=migrating), server=studio)

    remote = there.project(number(project))
    assert remote is not None
    assert "ISSUE" not in remote.config
    (stored,) = call(studio, "GET", f"/api/tasks/{first}/annotations/")
    assert stored["result"][0]["value"]["labels"] == ["ISSUE"]


def test_two_pushes_at_once_send_everything_once(project: Project, studio: Credentials, there: Studio) -> None:
    """The second one waits, if it may, and has nothing left to do; else it fails at once, for the first is at work."""
    summaries: list[Any] = []

    def run(wait: float) -> None:
        try:
            summaries.append(push(project, server=studio, pace=Pace(wait=wait)).new)
        except LabelingError as error:
            summaries.append(type(error))

    threads = [threading.Thread(target=run, args=(60,)) for _ in range(2)]
    with project.workspace.lock():
        run(0)
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, summaries)) == sorted(map(str, [WorkspaceBusy, 0, 6]))
    assert tasks_there(there, project) == NAMES
