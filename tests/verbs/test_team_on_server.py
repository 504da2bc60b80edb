"""The plan on its way to the server, and what the layer kept on its way back: push, pull, restore, doctor."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import Altered
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.layer import Layer, find_layer
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import result_of
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.doctor import doctor
from labeling.studio.sync.forget import forget
from labeling.studio.sync.membership import invite_people
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.studio.sync.restore import restore
from labeling.workspace import journal
from labeling.workspace.rows.passage import ClusterRow
from labeling.workspace.rows.reader_assignment import Assignment, ReadingPart
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
PHRASE = "a long pass phrase"
ANA, BEN, LEAD = "tana@team.example", "tben@team.example", "tlead@team.example"
NAMES = [f"wire/{number}" for number in range(4)]
PEOPLE = f"""
[people]
twice = 0.5
adjudicators = ["{LEAD}"]

[[people.reader]]
email = "{ANA}"

[[people.reader]]
email = "{BEN}"

[[labels]]
"""

pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def article(name: str) -> Any:
    """An article as `ingest` writes it."""
    return made.article(name, f"{name}: Anna Bo met Carl.", title="T")


def team_project(folder: Path) -> Project:
    """The shipped schema with people in the project file, and four articles."""
    shipped = (ROOT / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    path = folder / "team.toml"
    path.write_text(shipped.replace("[[labels]]", PEOPLE.strip(), 1), encoding="utf-8")
    project = load_project(path, folder / "work")
    project.workspace.articles.write([article(name) for name in NAMES])
    return project


def assign(project: Project, *rows: tuple[str, str, ReadingPart]) -> None:
    """Write a plan as `assign` does: article, reader, part."""
    project.workspace.assignments.write(
        [
            Assignment(article=name, reader=reader, part=part, order=place)
            for place, (name, reader, part) in enumerate(rows, start=1)
        ]
    )


def tasks_of(project: Project) -> dict[str, int]:
    """The number of each article's task."""
    return {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The team's project, assigned: ana reads two, ben two, one of them as the second reader."""
    made_up = team_project(tmp_path)
    assign(
        made_up,
        (NAMES[0], ANA, "first"),
        (NAMES[1], ANA, "first"),
        (NAMES[1], BEN, "second"),
        (NAMES[2], BEN, "first"),
        (NAMES[3], BEN, "gold question"),
    )
    return made_up


@pytest.fixture
def layer(studio: Credentials) -> Iterator[Layer]:
    """The layer of the session's server, as its owner asks it."""
    with connect_to(studio.url, studio.api_key) as owner:
        found = find_layer(owner)
        assert found is not None
        yield found


def test_a_push_carries_the_plan(
    project: Project, studio: Credentials, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the articles, and by itself when it is another; an unchanged one is not sent again."""
    number = push(project, server=studio).project
    tasks = tasks_of(project)

    there = layer.plan(number)
    assert sorted((each["email"], each["role"]) for each in there["people"]) == [
        (ANA, "reader"),
        (BEN, "reader"),
        (LEAD, "adjudicator"),
    ]
    assert [(each["task"], each["email"], each["part"]) for each in there["assignments"]] == [
        (tasks[NAMES[0]], ANA, "first"),
        (tasks[NAMES[1]], ANA, "first"),
        (tasks[NAMES[1]], BEN, "second"),
        (tasks[NAMES[2]], BEN, "first"),
        (tasks[NAMES[3]], BEN, "gold question"),
    ]
    assert there["rule"]["relations"]["SAME_AS"] == {"head": [], "tail": [], "symmetric": True}
    assert len(there["rule"]["instruction"]) == 16
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    where = ["--config", str(project.path), "--workspace", str(project.workspace.root)]
    (heading,) = [line for line in CliRunner().invoke(cli, [*where, "status"]).stdout.splitlines() if "left" in line]
    columns = ["reader", "open", "done", "skipped", "an article", "left", "as suggested in 10 s"]
    assert re.split(" {2,}", heading) == columns
    # Neither plan nor mark lies in the data of a task.
    with connect_to(studio.url, studio.api_key) as owner:
        assert not [row for row in owner.list_tasks(number, "id,data") if "readers" in row["data"]]

    sent: list[int] = []
    bring = Layer.bring_plan

    def counted(self: Layer, number: int, plan: dict[str, Any]) -> None:
        sent.append(1)
        bring(self, number, plan)

    monkeypatch.setattr(Layer, "bring_plan", counted)
    assert push(project, server=studio).new == 0
    assert sent == []
    assign(project, (NAMES[0], "cleo@team.example", "first"))
    assert push(project, server=studio).new == 0
    assert sent == [1]
    # Who has left and submitted something is told as that: what they read stays in the plan, and the project is closed.
    assert [each["email"] for each in layer.plan(number)["assignments"]] == ["cleo@team.example"]
    assert {"email": "cleo@team.example", "role": "left"} in layer.plan(number)["people"]


def test_what_was_carried_to_a_reprint_is_hidden_from_who_reads_its_story_blind(
    project: Project, studio: Credentials, layer: Layer
) -> None:
    """Ben is asked one article as a gold question, and reads its reprint: nothing that was said of it is shown."""
    key = add_user(studio, BEN, PHRASE)
    clusters = [ClusterRow(article=name, story=name, leak_group=name, lead=True) for name in NAMES[:3]]
    reprint = ClusterRow(article=NAMES[3], story=NAMES[2], leak_group=NAMES[2], lead=False)
    project.workspace.clusters.write([*clusters, reprint])
    number = push(project, server=studio).project
    tasks = tasks_of(project)
    with connect_to(studio.url, studio.api_key) as owner:
        for name in NAMES:
            sent = {"task": tasks[name], "model_version": "projected:wire", "result": []}
            owner.transport.write("POST", "api/predictions/", "suggest", json=sent)
    with connect_to(studio.url, key) as ben:
        shown = {
            name: len(ben.transport.read(f"api/tasks/{tasks[name]}/", "open").json()["predictions"])
            for name in NAMES[1:]
        }

    assert [each["part"] for each in layer.plan(number)["assignments"] if each["task"] == tasks[NAMES[2]]] == ["second"]
    assert shown == dict.fromkeys(NAMES[1:], 0)


def test_a_project_without_people_carries_its_rules(tmp_path: Path, studio: Credentials, layer: Layer) -> None:
    """Nobody is named, nothing is assigned, and which relations there are is known."""
    alone = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "work")
    alone.workspace.articles.write([article(NAMES[0])])
    there = layer.plan(push(alone, server=studio).project)

    assert (there["people"], there["assignments"], there["again"]) == ([], [], [])
    assert "SAME_AS" in there["rule"]["relations"]


def test_what_is_to_be_asked_again_is_carried(project: Project, studio: Credentials, layer: Layer) -> None:
    """By address, with why; who has looked at it since is not asked again, also before the next pull knows."""
    key = add_user(studio, ANA, PHRASE)
    number = push(project, server=studio).project
    task = tasks_of(project)[NAMES[0]]
    said = Annotation(article=NAMES[0], digest=article(NAMES[0]).digest, annotator="")
    with connect_to(studio.url, key) as ana:
        mine = ana.annotate(task, said, article(NAMES[0]))
    pull(project, server=studio)
    text = project.path.read_text(encoding="utf-8")
    ship = 'name = "SHIP"\ndefinition = "A ship."\nexamples = ["the Anna Bo"]\ncolor = "#123456"'
    label = f"[[labels]]\n{ship}\n\n[[labels]]"
    project.path.write_text(text.replace("[[labels]]", label, 1), encoding="utf-8")
    grown = load_project(project.path, project.workspace.root)
    assert push(grown, server=studio).ask_again == 1

    (again,) = layer.plan(number)["again"]
    assert (again["task"], again["email"], again["what"]) == (task, ANA, "label SHIP")
    assert again["why"].startswith("asked since")
    # Servers tell their time to the second, and what is asked counts from the next one.
    time.sleep(2)
    with connect_to(studio.url, key) as ana:
        ana.transport.write("PATCH", f"api/annotations/{mine}/", "look again", json={"result": []})
    push(grown, server=studio)
    assert layer.plan(number)["again"] == []


def kept_first(project: Project, email: str) -> dict[str, Any]:
    """A first submission as the layer keeps it."""
    words = Annotation(
        article=NAMES[0],
        digest=article(NAMES[0]).digest,
        annotator="",
        spans=(Span(id="a", start=8, end=12, label="PERSON"),),
    )
    return {
        "task": tasks_of(project)[NAMES[0]],
        "email": email,
        "at": "2026-11-22T09:03:00.000000Z",
        "annotation": 7,
        "result": [*result_of(words, article(NAMES[0]))],
    }


def suggest(project: Project, *models: str) -> None:
    """Let models suggest a span in each article."""
    spans = (Span(id="s", start=8, end=12, label="PERSON"),)
    project.workspace.suggestions.write(
        Annotation(article=name, digest=article(name).digest, annotator=f"model:{model}", spans=spans)
        for name in NAMES
        for model in models
    )


def offered(server: Credentials, key: str, task: int) -> list[str]:
    """Whose suggestions come with a task to whoever has that key; none where it is not theirs to open."""
    headers = {"Authorization": f"Token {key}"}
    answer = httpx.get(f"{server.url}/api/tasks/{task}", headers=headers, trust_env=False, timeout=60)
    return sorted(each["model_version"] for each in answer.json().get("predictions", []))


def serve_elsewhere(project: Project, server: Credentials, key: str) -> None:
    """The second reader gets what the first one was served elsewhere, once it is there again, and no others."""
    tasks = tasks_of(project)
    assert offered(server, key, tasks[NAMES[1]]) == []
    suggest(project, "rules", "late")
    push(project, server=server)
    assert offered(server, key, tasks[NAMES[1]]) == ["model:rules"]
    assert offered(server, key, tasks[NAMES[2]]) == ["model:late", "model:rules"]
    pull(project, server=server)
    path = f"{server.url}/labeling/api/projects/{project.workspace.studio_link.value().project}/kept/"
    page: Any = {"next": ""}
    pages = []
    while page["next"] is not None:
        asked = {"kind": "served", "limit": 1, "after": page["next"]}
        headers = {"Authorization": f"Token {server.api_key}"}
        page = httpx.get(path, params=asked, headers=headers, trust_env=False).raise_for_status().json()
        pages += [(row["email"], row["task"], row.get("suggestion", "")) for row in page["rows"]]
    assert len({*pages}) == len(pages) > 3, "one by one, also those that are known by a mark"
    served = [row for row in project.workspace.kept.rows() if row.kind == "served" and row.email == ANA]
    assert [(row.prediction, len(row.suggestion) > 9) for row in served] == [(None, True)]


OFFER = {"label": "PERSON", "begins": 2, "ends": 5}
LINE = {"at": "2026-11-22T09:02:00.5Z", "email": BEN, "method": "POST", "path": "/api/x", "status": 201, "note": "n"}


def kept_of_all_kinds(first: dict[str, Any]) -> list[Any]:
    """What a layer has kept, with that first submission."""
    task = first["task"]
    refused = {"task": task, "email": ANA, "at": "2026-11-22T09:01:00Z", "result": [], "why": "no name"}
    shown, offer = {"email": ANA, "version": "v1"}, {"task": task, "email": BEN, **OFFER}
    return [("first", first), ("refused", refused), ("shown", shown), ("mention", offer), ("audit", LINE)]


def test_what_the_layer_kept_comes_and_goes(
    project: Project, studio: Credentials, layer: Layer, tmp_path: Path
) -> None:
    """A pull fetches it, once; whatever becomes of the server it stays, and `restore` brings it to another one."""
    key, _ = (add_user(studio, email, PHRASE) for email in (ANA, BEN))
    # Of another project: who only looked at this one, and who has a name that somebody here has.
    strangers = [add_user(studio, email, PHRASE) for email in ("tzoe@other.example", "tana@other.example")]
    suggest(project, "rules")
    number = push(project, server=studio).project
    shared = tasks_of(project)[NAMES[1]]
    assert offered(studio, key, shared) == ["model:rules"]
    assert all(offered(studio, stranger, shared) == [] for stranger in strangers)
    layer.bring_kept(number, [("shown", {"email": "tzoe@other.example", "version": "v"})])
    first = kept_first(project, BEN)
    rows = kept_of_all_kinds(first)
    assert layer.bring_kept(number, rows) == (5, [])
    assert layer.bring_kept(number, rows) == (0, [])
    assert layer.bring_kept(number, [("shown", {"email": "no@team.example", "version": "v"})]) == (
        0,
        ["no@team.example"],
    )
    files = project.workspace

    pull(project, server=studio)
    assert [(row.kind, row.email, row.task) for row in files.kept.rows()] == [
        ("first", BEN, first["task"]),
        ("mention", BEN, first["task"]),
        ("refused", ANA, first["task"]),
        ("served", ANA, shared),
        ("shown", ANA, None),
        ("shown", "tzoe@other.example", None),
    ]
    assert [row.result for row in files.kept.rows() if row.kind == "first"] == [first["result"]]
    assert [(row.annotator, row.kept_by, len(row.spans)) for row in files.first.rows()] == [("tben", "layer", 1)]
    lines = [row for row in files.audit_trail.rows() if row.at == LINE["at"]]
    assert [(row.email, row.path, row.note) for row in lines] == [(BEN, "/api/x", "n")]
    before = files.kept.path.read_bytes()
    pull(project, server=studio)
    pull(project, server=studio, changes=True)
    assert files.kept.path.read_bytes() == before
    trail = files.audit_trail.path.read_text(encoding="utf-8")
    assert trail.count("/api/x") == 1

    with run_embedded_server(Workspace(tmp_path / "second")) as empty:
        brought = restore(project, server=empty)
        # Nobody but those who belong, and who has been there from the start.
        passwords = json.loads(Path(brought.passwords).read_text(encoding="utf-8"))
        assert (sorted(passwords), brought.people) == ([ANA, BEN], 2)
        with connect_to(empty.url, empty.api_key) as owner:
            there = find_layer(owner)
            assert there is not None
            moved = tasks_of(project)[NAMES[0]]
            assert [(row["task"], row["email"], row["result"]) for row in there.kept(brought.project, "first")] == [
                (moved, BEN, first["result"])
            ]
            assert [
                (row["email"], *(row[name] for name in OFFER))
                for tasks in ([moved], [10**8])
                for row in there.kept(brought.project, "mention", tasks=tasks)
            ] == [(BEN, *OFFER.values())]
            assert [row["why"] for row in there.kept(brought.project, "refused")] == ["no name"]
            assert LINE["path"] in [row["path"] for row in there.kept(brought.project, "audit")]
            plan = there.plan(brought.project)
            assert [each["task"] for each in plan["assignments"] if each["email"] == ANA] == [
                tasks_of(project)[name] for name in NAMES[:2]
            ]
            assert {each.email: each.confirmed for each in there.people(brought.project) if each.in_plan} == {
                ANA: True,
                BEN: True,
                LEAD: False,
            }
        pull(project, server=empty)
        assert [(row.kind, row.task) for row in files.kept.rows()] == [
            ("first", moved),
            ("mention", moved),
            ("refused", moved),
            ("served", tasks_of(project)[NAMES[1]]),
            ("shown", None),
            ("shown", None),
        ]
        assert [(row.annotator, row.kept_by) for row in files.first.rows()] == [("tben", "layer")]
        assert files.audit_trail.path.read_text(encoding="utf-8").count("/api/x") == 1
        serve_elsewhere(project, empty, add_user(empty, BEN, passwords[BEN]))
        (found,) = [each for each in doctor(project, server=empty) if each.what == "gate"]
        assert (found.verdict, "tables of version 1" in found.found) == ("good", True)


def test_without_a_layer_people_keep_to_the_plan_by_convention(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tab a reader, by a key of the data, and no gold questions; what is not promised is said."""
    said: list[str] = []
    project.workspace.say = said.append
    monkeypatch.setattr("labeling.studio.server.process.gate_environment", lambda environment, **_: environment)
    with run_embedded_server(Workspace(tmp_path / "bare")) as bare:
        pushed = push(project, server=bare, pace=Pace(say=said.append))
        tasks = tasks_of(project)
        key = {"Authorization": f"Token {bare.api_key}"}
        with connect_to(bare.url, bare.api_key) as owner:
            assert find_layer(owner) is None
            marks = {row["id"]: row["data"].get("readers") for row in owner.list_tasks(pushed.project, "id,data")}
        assert marks == {
            tasks[NAMES[0]]: f"|{ANA}|",
            tasks[NAMES[1]]: f"|{ANA}|{BEN}|",
            tasks[NAMES[2]]: f"|{BEN}|",
            tasks[NAMES[3]]: None,
        }
        assert [sentence for sentence in said if "by convention" in sentence and "gold questions" in sentence]
        assign(project, (NAMES[0], BEN, "first"), (NAMES[3], ANA, "first"))
        assert push(project, server=bare).new == 0
        answer = httpx.get(f"{bare.url}/api/dm/views?project={pushed.project}", headers=key, trust_env=False)
        views = {view["data"].get("title"): view for view in answer.json()}
        assert {ANA, BEN} <= views.keys()
        # The label stream of a tab serves its reader's own.
        tab = views[ANA]
        path = f"{bare.url}/api/dm/actions?id=next_task&tabID={tab['id']}&project={pushed.project}"
        shown = {"selectedItems": {"all": True, "excluded": []}, "filters": tab["data"]["filters"], "ordering": []}
        served = httpx.post(path, json={**shown, "project": pushed.project}, headers=key, trust_env=False, timeout=60)
        assert served.json()["id"] == tasks[NAMES[3]]
        found = {each.what: each for each in doctor(project, server=bare)}
        assert (found["gate"].verdict, found["roles"].verdict) == ("doubtful", "doubtful")
        # Having tried: the call that is forbidden to readers was answered.
        assert "a call that is not a reader's was answered" in found["roles"].found
        assert "no gold questions" in found["roles"].todo
        # People come in by the organisation's link, and what they say is pulled.
        assert [(each.email, each.signed) for each in invite_people(project, server=bare)] == [
            (LEAD, False),
            (ANA, False),
            (BEN, False),
        ]
        assert add_user(bare, ANA, PHRASE)
        assert pull(project, server=bare).tasks == 4
        assert not project.workspace.kept.path.exists()


def test_what_is_forgotten_the_layer_forgets(
    project: Project, studio: Credentials, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its task go the first words on it, here and there, and whose turn it was; the audit is only added to."""
    monkeypatch.undo()
    add_user(studio, BEN, PHRASE)
    number = push(project, server=studio).project
    layer.bring_kept(number, [("first", kept_first(project, BEN)), ("audit", LINE)])
    pull(project, server=studio)
    assert [row.kind for row in project.workspace.kept.rows()] == ["first"]
    forget(project, [NAMES[0]], why="wrong", server=studio)

    assert list(project.workspace.kept.rows()) == []
    assert list(layer.kept(number, "first")) == []
    assert len(layer.plan(number)["assignments"]) == 4
    pull(project, server=studio)
    assert list(project.workspace.kept.rows()) == []
    assert LINE["path"] in [row.path for row in project.workspace.audit_trail.rows()]


@pytest.mark.parametrize("name", ["layer.jsonl", "audit.jsonl"])
def test_what_the_layer_kept_is_in_custody(
    name: str, project: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that somebody took out is missed by the next pull, by name."""
    monkeypatch.undo()
    add_user(studio, BEN, PHRASE)
    pushed = push(project, server=studio)
    with connect_to(studio.url, studio.api_key) as owner:
        found = find_layer(owner)
        assert found is not None
        found.bring_kept(pushed.project, [("first", kept_first(project, BEN)), ("audit", LINE)])
    pull(project, server=studio)
    path = project.workspace.root / name
    path.write_bytes(b"")

    with pytest.raises(Altered, match=name):
        pull(project, server=studio)
