"""``push`` and ``pull``: on the real Label Studio, from the workspace's files and back to them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, QuarantineRow, Relation, Span
from labeling.cli import cli
from labeling.errors import (
    DamagedFile,
    MissingInput,
    ProjectGone,
    SchemaInUse,
    ServerFailed,
    ServerUnreachable,
    ShortAnswer,
    StaleTask,
    WorkspaceBusy,
)
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.prefetch import prefetch_items
from labeling.studio.api.signup import add_user
from labeling.studio.sync.batches import split_batches
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.values import digest_of
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.articles import Article
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.server_state import PushedTask

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / ".." / "shared" / "articles").glob("*.txt"))
needs_seeds = pytest.mark.skipif(len(SEEDS) != 2, reason="the two shared articles are not here")

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]

QUICK = Pace(patience=0.5)  # no request of these tests is at work for longer
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
TEXTS = {
    "toi/talks": "Hi 😀 Anna Bo met Minister Carl in Malé.\r\nThey signed.",
    "toi/visit": "\u202eRTL\u202c é 🇲🇻 Dana of Peru left.",
    "toi/walk, talk": "Nothing here.",
}


def article(name: str, text: str) -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, text, title="T", source="toi", published="2023-07-25")


def suggestion(of: Article, word: str, label: str, model: str = "model:rules") -> Annotation:
    """A model's word: the first place of ``word``."""
    start = of.text.index(word)
    span = Span(id=f"m{start}", start=start, end=start + len(word), label=label)
    return Annotation(article=of.id, digest=of.digest, annotator=model, spans=(span,))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped schema, and a workspace with three articles."""
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    loaded.workspace.articles.write([article(name, text) for name, text in TEXTS.items()])
    return loaded


@pytest.fixture
def there(studio: Credentials) -> Iterator[Studio]:
    """The real server, as its first user."""
    with connect_to(studio.url, studio.api_key) as client:
        yield client


def journal(project: Project) -> dict[str, PushedTask]:
    """What the journal says, by article."""
    return {row.article: row for row in project.workspace.pushed.rows()}


def number(project: Project) -> int:
    """The number of the workspace's project on the server."""
    return int(json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))["project"])


def on_server(there: Studio, project: Project) -> list[str]:
    """Which article each task is of, in the order of the tasks."""
    return [task.article for task in there.tasks(number(project))]


def pulled_from(project: Project) -> list[Annotation]:
    """What was pulled."""
    return list(project.workspace.annotations.rows())


def quarantine(project: Project) -> list[tuple[str, str, str]]:
    """What was quarantined: what, id, kind."""
    return [(row.what, row.id, row.kind) for row in project.workspace.quarantine.rows()]


def call(studio: Credentials, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {studio.api_key}"}
    answer = httpx.request(method, f"{studio.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def test_a_push_brings_every_article_once_in_order(project: Project, studio: Credentials, there: Studio) -> None:
    """Texts arrive byte for byte, in the order of the file; a second push adds nothing; the page is as we want it."""
    told: list[tuple[int, int]] = []

    first = push(project, pace=QUICK, server=studio, progress=lambda done, total: told.append((done, total)))
    second = push(project, pace=QUICK, server=studio)

    assert (first.new, first.same, first.suggestions, first.refused) == (3, 0, 0, ())
    assert (second.new, second.same, second.suggestions, second.refused) == (0, 3, 0, ())
    assert told == [(0, 3), (3, 3)]
    assert on_server(there, project) == list(TEXTS)
    task = call(studio, "GET", f"/api/tasks/{journal(project)['toi/talks'].task}/")
    sent = article("toi/talks", TEXTS["toi/talks"])
    assert task["data"] == {**sent.model_dump(exclude={"id"}), "article": "toi/talks", "outlet": "toi"}
    made = call(studio, "GET", f"/api/projects/{first.project}/")
    assert made["title"] == project.file.project.name
    assert (made["show_instruction"], made["enable_empty_annotation"], made["show_skip_button"]) == (True, True, True)
    assert first.url == f"{studio.url}/projects/{first.project}/data"


def test_without_the_journal_the_server_is_asked(project: Project, studio: Credentials, there: Studio) -> None:
    """A deleted journal, one with a torn last line, and one that lost a batch: nothing is sent twice."""
    push(project, pace=QUICK, server=studio)
    whole = project.workspace.pushed.path.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)

    for left in (
        None,
        whole[:-9],
        "".join(lines[:1]),
        '{"article":"toi/walk, talk","digest":"","suggested":{},"task":null}\n',
    ):
        if left is None:
            project.workspace.pushed.path.unlink()
        else:
            project.workspace.pushed.path.write_text(left, encoding="utf-8")
        assert (
            push(project, pace=QUICK, server=studio).new,
            project.workspace.pushed.path.read_text(encoding="utf-8"),
        ) == (
            0,
            whole,
        )

    assert on_server(there, project) == list(TEXTS)


def test_a_lost_answer_doubles_nothing(
    project: Project, studio: Credentials, there: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server stored the second batch and the answer never came: the next push sends the third one only."""
    monkeypatch.setattr("labeling.studio.sync.push_delivery.MOST_TASKS", 1)
    with losing_answers(studio, after="/import", nth=2) as lossy, pytest.raises(ServerUnreachable):
        push(project, pace=QUICK, server=lossy)
    assert [row.task is None for row in journal(project).values()] == [False, True]

    again = push(project, pace=QUICK, server=studio)

    assert (again.new, again.same) == (1, 2)
    assert on_server(there, project) == list(TEXTS)


def test_a_failed_push_can_be_run_again(project: Project, studio: Credentials, there: Studio) -> None:
    """The server failed before it stored anything: the next push sends everything once."""
    with failing(studio, at="/import") as broken, pytest.raises(ServerFailed):
        push(project, pace=QUICK, server=broken)

    assert push(project, pace=QUICK, server=studio).new == 3
    assert on_server(there, project) == list(TEXTS)


def test_new_articles_are_added_among_strangers(project: Project, studio: Credentials, there: Studio) -> None:
    """Every article is there exactly once after a push; a deleted task comes back; a stranger's task is left alone."""
    push(project, pace=QUICK, server=studio)
    call(studio, "DELETE", f"/api/tasks/{journal(project)['toi/visit'].task}/")
    assert (push(project, pace=QUICK, server=studio).new, push(project, pace=QUICK, server=studio).new) == (1, 0)

    call(studio, "POST", f"/api/projects/{number(project)}/import", [{"data": {"text": "a stranger's task"}}])
    project.workspace.articles.write([article(name, text) for name, text in {**TEXTS, "d": "New."}.items()])
    assert (push(project, pace=QUICK, server=studio).new, push(project, pace=QUICK, server=studio).new) == (1, 0)
    assert sorted(on_server(there, project)) == sorted([*TEXTS, "d", ""])


def test_an_article_whose_task_shows_another_text_is_refused(
    project: Project, studio: Credentials, there: Studio
) -> None:
    """Listed, by the journal and by the server's answers; the task stays as it is; the command ends with status 3."""
    push(project, pace=QUICK, server=studio)
    project.workspace.articles.write([article(name, text + "!") for name, text in TEXTS.items()][:1])

    by_journal = push(project, pace=QUICK, server=studio)
    project.workspace.pushed.path.unlink()
    by_server = push(project, pace=QUICK, server=studio)

    assert (by_server.new, by_server.same) == (0, 0)
    (stale,) = by_server.refused
    assert (type(stale), stale.where) == (StaleTask, "toi/talks")
    assert "shows another text" in str(stale)
    assert "--new-version" in stale.todo
    assert [str(one) for one in by_journal.refused] == [str(stale)]
    assert [task.digest for task in there.tasks(number(project))] == [digest_of(text) for text in TEXTS.values()]


def test_suggestions_go_along_and_are_never_doubled(project: Project, studio: Credentials, there: Studio) -> None:
    """At import, later for a model without suggestions there, and not again when the journal is gone."""
    talks, visit = (article(name, TEXTS[name]) for name in ("toi/talks", "toi/visit"))
    rules = [suggestion(talks, "Anna Bo", "PERSON"), suggestion(visit, "Peru", "COUNTRY")]
    ner = [suggestion(talks, "Carl", "PERSON", "model:ner")]
    mute = [rules[0].model_copy(update={"annotator": "model:mute", "spans": ()})]
    stale = [rules[1].model_copy(update={"annotator": "model:old", "digest": digest_of("old")})]
    project.workspace.suggestions.write([*rules, *mute, *stale])

    assert push(project, pace=QUICK, server=studio).suggestions == 2
    project.workspace.suggestions.write([*rules, *ner, *mute])
    assert push(project, pace=QUICK, server=studio).suggestions == 1
    project.workspace.pushed.path.unlink()
    assert push(project, pace=QUICK, server=studio).suggestions == 0

    spoken = {task.article: task.suggested for task in there.tasks(number(project))}
    assert spoken == {"toi/talks": ("model:ner", "model:rules"), "toi/visit": ("model:rules",), "toi/walk, talk": ()}
    listed = call(studio, "GET", f"/api/predictions/?project={number(project)}")
    assert len(listed) == 3
    assert {row.article: tuple(row.suggested) for row in journal(project).values()} == spoken


def test_a_lost_answer_to_suggestions_doubles_nothing(project: Project, studio: Credentials, there: Studio) -> None:
    """The server stored the suggestions for tasks that were there, and the answer never came."""
    push(project, pace=QUICK, server=studio)
    project.workspace.suggestions.write(
        [suggestion(article("toi/walk, talk", TEXTS["toi/walk, talk"]), "here", "LOCATION")]
    )
    with losing_answers(studio, after="/import/predictions", nth=1) as lossy, pytest.raises(ServerUnreachable):
        push(project, pace=QUICK, server=lossy)

    assert push(project, pace=QUICK, server=studio).suggestions == 0
    assert len(call(studio, "GET", f"/api/predictions/?project={number(project)}")) == 1
    assert there.project(number(project)).shown == "model:rules"  # type: ignore[union-attr]  # it is there


def test_suggestions_are_shown_when_a_task_is_first_opened(project: Project, studio: Credentials) -> None:
    """The first task that is handed out brings a suggestion of the model with most of them, by offsets in the text."""
    talks, visit = (article(name, TEXTS[name]) for name in ("toi/talks", "toi/visit"))
    few, most = "model:aaa", "model:rules"
    suggestions = [suggestion(talks, "Carl", "PERSON", few), suggestion(talks, "Malé", "LOCATION", most)]
    project.workspace.suggestions.write([*suggestions, suggestion(visit, "Peru", "COUNTRY", most)])
    push(project, pace=QUICK, server=studio)

    opened = call(studio, "GET", f"/api/projects/{number(project)}/next/")
    (shown,) = opened["predictions"]
    (row,) = shown["result"]
    assert shown["model_version"] == most
    assert opened["data"]["text"][row["value"]["start"] : row["value"]["end"]] == "Malé"


def annotation_of(name: str, by: str, **more: Any) -> Annotation:
    """An annotation to be submitted."""
    return Annotation(article=name, digest=digest_of(TEXTS[name]), annotator=by, **more)


def test_annotations_come_back_exactly(
    project: Project, studio: Credentials, studio_workspace: Workspace, there: Studio
) -> None:
    """Two annotators: spans after an emoji, nested, unsure, with a note, a relation, choices; a skip; an empty one."""
    push(project, pace=QUICK, server=studio)
    tasks = {name: row.task or 0 for name, row in journal(project).items()}
    text = TEXTS["toi/talks"]
    place = text.index("Minister Carl")
    full = annotation_of(
        "toi/talks",
        "ana",
        spans=(
            Span(id="p", start=text.index("Anna"), end=text.index("Anna") + 7, label="PERSON", note="two\nlines “”"),
            Span(id="r", start=place, end=place + 8, label="ROLE", unsure=True),
            Span(id="c", start=place, end=place + 13, label="PERSON"),
        ),
        relations=(Relation(head="c", tail="r", label="HOLDS_ROLE"),),
        choices={"event": ("CONSULT", "AGREE"), "usable": ("yes",)},
        seconds=12.5,
    )
    skipped = annotation_of("toi/visit", "ben", state="skipped")
    empty = annotation_of("toi/walk, talk", "ben", ground_truth=True)
    articles = {name: article(name, text) for name, text in TEXTS.items()}
    numbers = {}
    for by, their in {"ana": [full], "ben": [skipped, empty]}.items():
        with connect_to(studio.url, add_user(studio, f"{by}@example.org", "a long pass phrase")) as page:
            for one in their:
                words = one.model_copy(update={"ground_truth": False})
                numbers[one.article] = page.annotate(tasks[one.article], words, articles[one.article])
    # As it was given before there were roles: by ben himself.
    database = studio_workspace.studio / "data" / "label_studio.sqlite3"
    with closing(sqlite3.connect(database, timeout=30)) as kept, kept:
        kept.execute("UPDATE task_completion SET ground_truth = 1 WHERE id = ?", [numbers["toi/walk, talk"]])
    call(studio, "POST", f"/api/tasks/{tasks['toi/walk, talk']}/drafts", {"result": [], "lead_time": 3.0})

    summary = pull(project, server=studio, now=NOON)

    pulled = pulled_from(project)
    expected = [
        (full.model_copy(update={"task": tasks["toi/talks"], "server_id": numbers["toi/talks"]})),
        (skipped.model_copy(update={"task": tasks["toi/visit"], "server_id": numbers["toi/visit"]})),
        (empty.model_copy(update={"task": tasks["toi/walk, talk"], "server_id": numbers["toi/walk, talk"]})),
    ]
    blank = {"updated": ""}
    assert [one.model_copy(update=blank) for one in pulled if one.state != "draft"] == expected
    assert [(one.article, one.annotator, one.seconds) for one in pulled if one.state == "draft"] == [
        ("toi/walk, talk", "admin", 3.0)
    ]
    assert all(dt.datetime.fromisoformat(one.updated).tzinfo for one in pulled)
    assert quarantine(project) == []
    counted = (summary.tasks, summary.annotators, summary.submitted, summary.empty, summary.skipped, summary.drafts)
    assert counted == (3, 3, 2, 1, 1, 1)
    assert (summary.spans, summary.relations, summary.quarantined) == (3, 1, {})
    assert there.email == studio.email


def test_a_pull_keeps_the_answer_and_is_idempotent(project: Project, studio: Credentials) -> None:
    """The kept file is the server's own export; a second pull writes the same bytes into another file."""
    push(project, pace=QUICK, server=studio)
    first = pull(project, server=studio, now=NOON)
    before = project.workspace.annotations.path.read_bytes()
    second = pull(project, server=studio, now=NOON + dt.timedelta(seconds=1))

    raw = gzip.decompress(Path(first.kept).read_bytes())
    sent = call(studio, "GET", f"/api/projects/{number(project)}/export?exportType=JSON&download_all_tasks=true")
    assert json.loads(raw) == sent
    assert Path(first.kept).name == "2026-11-22T120000.000000Z.json.gz"
    assert Path(first.kept).read_bytes() == Path(second.kept).read_bytes()
    assert project.workspace.annotations.path.read_bytes() == before


def test_what_fails_a_check_is_quarantined_with_its_region(project: Project, studio: Credentials) -> None:
    """The server takes anything: offsets out of range, unknown labels, rubbish; the sound span next to it is kept."""
    push(project, pace=QUICK, server=studio)
    task = journal(project)["toi/walk, talk"].task
    rows = [
        {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}
        for name, value in {
            "ok": {"start": 0, "end": 7, "labels": ["ISSUE"]},
            "far": {"start": 0, "end": 700, "labels": ["ISSUE"]},
            "odd": {"start": 0, "end": 7, "labels": ["THING"]},
            "str": {"start": "0", "end": 7, "labels": ["ISSUE"]},
        }.items()
    ]
    link = {"type": "relation", "from_id": "ok", "to_id": "far", "direction": "right", "labels": ["SAME_AS"]}
    call(studio, "POST", f"/api/tasks/{task}/annotations/", {"result": [*rows, link, {"foo": 1}]})
    call(studio, "PATCH", f"/api/tasks/{journal(project)['toi/visit'].task}/", {"data": {"article": "x", "text": "y"}})
    call(studio, "POST", f"/api/tasks/{journal(project)['toi/visit'].task}/annotations/", {"result": []})

    summary = pull(project, server=studio, now=NOON)

    assert [[span.id for span in one.spans] for one in pulled_from(project)] == [["ok"]]
    assert sorted(quarantine(project)) == sorted(
        [
            ("annotation", str(_only(project, "annotation").server_id), "unknown article"),
            ("span", "far", "offsets out of range"),
            ("span", "odd", "unknown label"),
            ("span", "str", "unreadable"),
            ("span", "row 6", "unreadable"),
            ("relation", "ok SAME_AS far", "broken relation"),
        ]
    )
    assert summary.quarantined == {
        "broken relation": 1,
        "offsets out of range": 1,
        "unknown article": 1,
        "unknown label": 1,
        "unreadable": 2,
    }
    assert _only(project, "relation").raw == link


def _only(project: Project, what: str) -> QuarantineRow:
    (found,) = (row for row in project.workspace.quarantine.rows() if row.what == what)
    return found


def test_a_changed_schema_changes_the_page_but_orphans_nothing(
    project: Project, studio: Credentials, there: Studio
) -> None:
    """A label that is not in use may go; one that is in use, in a span, relation or choice, may not."""
    push(project, pace=QUICK, server=studio)
    talks = article("toi/talks", TEXTS["toi/talks"])
    spans = tuple(
        Span(id=word, start=talks.text.index(word), end=talks.text.index(word) + len(word), label="PERSON")
        for word in ("Anna", "Carl")
    )
    drawn = annotation_of(
        "toi/talks",
        "admin",
        spans=spans,
        relations=(Relation(head="Anna", tail="Carl", label="SAME_AS"),),
        choices={"event": ("CONSULT",)},
    )
    there.annotate(journal(project)["toi/talks"].task or 0, drawn, talks)

    push(without(project, labels=("ISSUE",), relations=("ABOUT",)), server=studio)
    remote = there.project(number(project))
    assert remote is not None
    assert "ISSUE" not in remote.config
    with pytest.raises(SchemaInUse) as refused:
        push(without(project, labels=("PERSON",), relations=("SAME_AS",), options=("CONSULT",)), server=studio)

    assert str(refused.value).endswith(": event CONSULT (1x), label PERSON (2x), relation SAME_AS (1x)")
    assert there.project(number(project)) == remote


def without(
    project: Project, labels: Sequence[str] = (), relations: Sequence[str] = (), options: Sequence[str] = ()
) -> Project:
    """The project with a smaller schema."""
    schema = project.schema
    event = schema.choices[0]
    kept = event.model_copy(update={"options": tuple(o for o in event.options if o.name not in options)})
    smaller = schema.model_copy(
        update={
            "labels": tuple(label for label in schema.labels if label.name not in labels),
            "relations": tuple(relation for relation in schema.relations if relation.name not in relations),
            "choices": (kept, *schema.choices[1:]),
        }
    )
    return replace(project, schema=smaller)


def test_a_workspace_is_never_taken_to_another_project(project: Project, studio: Credentials, tmp_path: Path) -> None:
    """The project was deleted, or it is another server's of the same number: refused; a mere new port is not."""
    push(project, pace=QUICK, server=studio)
    link = json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))
    elsewhere = {**link, "url": "http://127.0.0.1:9"}
    project.workspace.studio_link.path.write_text(json.dumps(elsewhere), encoding="utf-8")
    assert push(project, pace=QUICK, server=studio).same == 3
    assert json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8")) == link

    other = {**link, "created": "2020-01-01T00:00:00+00:00"}
    project.workspace.studio_link.path.write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(ProjectGone, match=f"project {link['project']}"):
        push(project, pace=QUICK, server=studio)
    project.workspace.studio_link.path.write_text(json.dumps(link), encoding="utf-8")
    call(studio, "DELETE", f"/api/projects/{link['project']}/")
    with pytest.raises(ProjectGone) as gone:
        pull(project, server=studio)
    assert "labeling restore" not in gone.value.todo  # from nothing, nothing is restored
    project.workspace.pulls.mkdir()
    (project.workspace.pulls / "2026-11-22T090300Z.json.gz").touch()
    with pytest.raises(ProjectGone) as gone:
        pull(project, server=studio)
    assert "`labeling restore` builds it again" in gone.value.todo
    shutil.rmtree(project.workspace.pulls)
    project.workspace.studio_link.path.write_text("{", encoding="utf-8")
    with pytest.raises(DamagedFile):
        pull(project, server=studio)
    assert not project.workspace.pulls.exists()
    assert tmp_path in project.workspace.root.parents


def test_a_short_export_is_refused_and_nothing_is_written(project: Project, studio: Credentials) -> None:
    """The server counts three tasks and sends none: yesterday's annotations stay, the answer is not kept."""
    push(project, pace=QUICK, server=studio)
    pull(project, server=studio, now=NOON)
    before = project.workspace.annotations.path.read_bytes()
    with answering(studio, at="/export", body=b"[]") as short, pytest.raises(ShortAnswer, match="counts 3 tasks"):
        pull(project, server=short, now=NOON + dt.timedelta(days=1))

    assert project.workspace.annotations.path.read_bytes() == before
    assert len(list(project.workspace.pulls.iterdir())) == 1


def test_verbs_name_what_is_missing_and_respect_the_lock(project: Project, studio: Credentials) -> None:
    """No articles, nothing pushed, a workspace that is written to."""
    bare = replace(project, workspace=Workspace(project.workspace.root / "bare"))
    with pytest.raises(MissingInput, match=r"articles\.jsonl"):
        push(bare, server=studio)
    with pytest.raises(MissingInput, match=r"studio\.json"):
        pull(project, server=studio)
    with project.workspace.lock(), pytest.raises(WorkspaceBusy):
        push(project, pace=QUICK, server=studio)


@needs_seeds
def test_the_two_real_articles_survive_the_round_trip(
    tmp_path: Path, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command line: ingest, push, a person annotates through the API, pull; offsets to the character."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    where = ["--config", str(ROOT / "configs" / "diplomatic.toml"), "--workspace", str(tmp_path)]
    run = CliRunner().invoke

    assert run(cli, [*where, "ingest", *map(str, SEEDS)], standalone_mode=False).return_value == 0
    pushed = run(cli, [*where, "push", "--json"], standalone_mode=False)
    assert pushed.return_value == 0
    assert json.loads(pushed.stdout)["new"] == 2
    assert "2 of 2 new articles sent" in pushed.stderr
    drawn = {}
    for one in Workspace(tmp_path).articles.rows():
        start = one.text.index("India")
        end = start + len("India")
        drawn[one.id] = Annotation(
            article=one.id,
            digest=one.digest,
            annotator="admin",
            spans=(Span(id="x1", start=start, end=end, label="COUNTRY"),),
            choices={"event": ("CONSULT",)},
        )
        tasks = {row.article: row.task or 0 for row in Workspace(tmp_path).pushed.rows()}
        with connect_to(studio.url, studio.api_key) as page:
            page.annotate(tasks[one.id], drawn[one.id], one)
    pulled = run(cli, [*where, "pull"], standalone_mode=False)
    assert pulled.return_value == 0
    assert "quarantined  nothing" in pulled.stdout

    came = list(Workspace(tmp_path).annotations.rows())
    assert [(one.article, one.spans, one.choices) for one in came] == [
        (name, drawn[name].spans, drawn[name].choices) for name in sorted(drawn)
    ]


def test_refusals_and_quarantine_end_with_status_3(
    project: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Done, but something was refused and is listed: on stderr, and in the table."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root)]
    run = CliRunner().invoke
    run(cli, [*where, "push"], standalone_mode=False)
    call(studio, "POST", f"/api/tasks/{journal(project)['toi/walk, talk'].task}/annotations/", {"result": [{"foo": 1}]})
    pulled = run(cli, [*where, "pull"], standalone_mode=False)
    project.workspace.articles.write([article(name, "Other.") for name in TEXTS])
    pushed = run(cli, [*where, "push"], standalone_mode=False)

    assert (pulled.return_value, pushed.return_value) == (3, 3)
    assert "1 unreadable" in pulled.stdout
    assert "quarantine.jsonl" in pulled.stderr
    told = json.loads(run(cli, [*where, "push", "--json"], standalone_mode=False).stdout)["refused"]
    assert [(one["error"], one["where"]) for one in told] == [("StaleTask", name) for name in TEXTS]
    assert pushed.stderr.count("  -> send it besides with --new-version") == 1
    assert pushed.stderr.count("Refused: article ") == 3


def test_the_next_batch_is_made_while_one_is_in_use() -> None:
    """All of them come, in order; what goes wrong in the making is raised where they are used."""
    made = list[int]()

    def making() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number
        raise StaleTask("no more", todo="")

    coming = prefetch_items(making())
    assert next(coming) == 0
    deadline = time.monotonic() + 30
    while len(made) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert made == [0, 1]
    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(StaleTask, match="no more"):
        next(coming)


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(1, 5), st.integers(1, 12))
def test_batches_keep_everything_in_order_within_both_limits(sizes: list[int], most: int, most_size: int) -> None:
    """Joined they are what went in; none is too long, or too large unless it is one item; none could take the next."""
    made = list(split_batches(sizes, lambda size: size, most, most_size))

    assert [size for batch in made for size in batch] == sizes
    assert all(1 <= len(batch) <= most and (sum(batch) <= most_size or len(batch) == 1) for batch in made)
    full = [len(batch) == most or sum(batch) + after[0] > most_size for batch, after in pairwise(made)]
    assert all(full)


@contextmanager
def proxy(studio: Credentials, spoil: Any) -> Iterator[Credentials]:
    """The real server behind a door that may spoil an answer: ``spoil(path, ask)`` gives status and body, or None."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Door(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}

            def ask() -> tuple[int, bytes]:
                real = httpx.request(
                    self.command, studio.url + self.path, content=body, headers=headers, trust_env=False, timeout=60
                )
                return real.status_code, real.content

            answer = spoil(self.path.partition("?")[0], ask)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield studio.model_copy(update={"url": f"http://127.0.0.1:{http.server_port}"})
        finally:
            http.shutdown()
            thread.join()


def losing_answers(studio: Credentials, after: str, nth: int) -> Any:
    """The n-th answer to a path with this ending is lost: the server has done what was asked."""
    asked: list[str] = []

    def spoil(path: str, ask: Any) -> Any:
        answer = ask()
        if path.endswith(after):
            asked.append(path)
        return None if path.endswith(after) and len(asked) == nth else answer

    return proxy(studio, spoil)


def failing(studio: Credentials, at: str) -> Any:
    """Paths with this ending fail before they reach the server."""
    return answering(studio, at, b'{"detail": "broken"}', 500)


def answering(studio: Credentials, at: str, body: bytes, status: int = 200) -> Any:
    """Paths with this ending are answered without the server."""
    return proxy(studio, lambda path, ask: (status, body) if path.endswith(at) else ask())
