"""`labeling cards` and the way back of the answers, on a real server: sent once, answered, settled, refused."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from differing import Desk, answer_of

from labeling.adjudication.adjudicate import adjudicate
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, ProjectFileError, ServerUnreachable, Stale
from labeling.project import load_project
from labeling.studio.api.client import Studio
from labeling.studio.api.connect import connect
from labeling.studio.cards.card_archive import CARDS_ENDING
from labeling.studio.cards.card_replies import CardReader
from labeling.studio.cards.card_standing import remove_cards
from labeling.studio.cards.push_cards import CardsResult, push_cards
from labeling.studio.server.credentials import Credentials
from labeling.studio.sync.leaving import take_out
from labeling.studio.sync.project_link import link_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.pull_archive import find_latest_whole, list_past, read_archive
from labeling.studio.sync.push import push
from labeling.studio.sync.restore import restore
from labeling.studio.sync.status import status

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.studio


@pytest.fixture(scope="module")
def desk(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two articles on a server with roles: six conflicts, two who decide, and no card yet."""
    return Desk(tmp_path_factory.mktemp("cards"), studio, "kelp", leads=("lead", "chief"), articles=2).prepare()


def send(desk: Desk, **how: Any) -> CardsResult:
    """Run `labeling cards` on the desk's server."""
    return push_cards(desk.project, server=desk.server, **how)


def counts(result: CardsResult) -> dict[str, int]:
    """What of a result is not nought."""
    names = ("conflicts", "new", "same", "changed", "answered", "skipped", "removed")
    return {name: getattr(result, name) for name in names if getattr(result, name)}


def decided(desk: Desk) -> list[tuple[str, str, str]]:
    """What was decided: of which kind, how, and why."""
    return sorted((row.what, row.decision, row.why) for row in desk.project.workspace.decisions.rows_if_written())


def test_the_road_of_a_card(desk: Desk) -> None:
    """Sent once, answered, brought home once, changed by their authors; and outdated where readers came to agree."""
    send_them(desk)
    answer_them(desk)
    bring_them_again(desk)
    show_precedents(desk)
    change_answers(desk)
    let_readers_agree(desk)
    change_who_decides(desk)


def stand(desk: Desk) -> tuple[tuple[int, ...], str]:
    """What `status` tells: open conflicts, without a card, waiting, answered, skipped, not pulled; and what is next."""
    cards = status(desk.project, server=desk.server).cards
    assert cards is not None
    names = ("conflicts", "not_sent", "waiting", "answered", "skipped", "not_pulled")
    return tuple(getattr(cards, name) for name in names), cards.next


def send_them(desk: Desk) -> None:
    """A dry run sends nothing; then each conflict is sent once."""
    assert (counts(send(desk, dry_run=True)), send(desk, dry_run=True).url) == ({"conflicts": 6, "new": 6}, "")
    assert desk.project.workspace.studio_link.value().cards is None
    assert stand(desk) == ((6, 6, 0, 0, 0, 0), "labeling cards")
    progress: list[tuple[int, int]] = []
    first = send(desk, progress=lambda done, total: progress.append((done, total)))
    assert (counts(first), progress) == ({"conflicts": 6, "new": 6}, [(0, 6), (6, 6)])
    assert counts(send(desk)) == {"conflicts": 6, "same": 6}
    shown = desk.ask("lead", "GET", f"/api/projects/{desk.number}").json()
    assert (shown["title"], shown["task_number"], shown["show_instruction"]) == ("Of kelp: cards", 6, False)
    assert shown["total_predictions_number"] == 4


def answer_them(desk: Desk) -> None:
    """Answers come home; that of the owner, who may do all and decides nothing here, is in quarantine."""
    span, relation, choice = (desk.card_about(what)["id"] for what in ("span", "relation", "choice"))
    desk.answer("lead", span, "b", "slip")
    desk.answer("lead", relation, "neither")
    desk.answer("lead", choice, "both", "ambiguous")
    desk.answer("owner", span, "a")
    assert stand(desk) == ((6, 0, 3, 3, 0, 3), "labeling pull")
    came = desk.settle()
    assert stand(desk)[1] == ""
    assert (came.new, came.quarantined) == (3, {"not an adjudicator": 1})
    assert decided(desk) == [("choice", "both", "ambiguous"), ("relation", "neither", ""), ("span", "b", "slip")]


def bring_them_again(desk: Desk) -> None:
    """Nothing is new to a second pull, by changes or as a whole; what it brought is kept once, and apart."""
    workspace = desk.project.workspace
    kept = sorted(path.name for path in workspace.pulls.glob(f"*{CARDS_ENDING}"))
    before = workspace.decisions.path.read_bytes()
    for changes in (True, False):
        again = pull(desk.project, server=desk.server, changes=changes)
        assert (again.cards and again.cards.new, again.quarantined) == (0, {"not an adjudicator": 1}), changes
    assert workspace.decisions.path.read_bytes() == before
    assert sorted(path.name for path in workspace.pulls.glob(f"*{CARDS_ENDING}")) == kept
    raw: list[Any] = [*read_archive(workspace.pulls / kept[-1])]
    assert sorted(len(task["annotations"]) for task in raw) == [0, 0, 0, 1, 1, 2]
    names = [path.name for path in workspace.pulls.iterdir()]
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert not {*kept} & {*find_latest_whole(list_past(names, tomorrow))}


def show_precedents(desk: Desk) -> None:
    """Cards of conflicts like those decided tell how, why, by whom and where; after that they are as they are."""
    first = send(desk)
    assert (counts(first), first.contradictions) == ({"conflicts": 3, "changed": 2, "same": 1}, ())
    assert counts(send(desk)) == {"conflicts": 3, "same": 3}
    notes = {card["data"]["what"]: card["data"]["notes"] for card in desk.cards() if card["data"]["article"] == "d/001"}
    day = next(row.at[:10] for row in desk.project.workspace.decisions.rows())
    assert f"(ambiguous): kelp-lead, {day}, d/000" in notes["choice"]
    assert f"nothing, not PART_OF: kelp-lead, {day}, d/000" in notes["relation"]
    assert "Decided before" not in notes["span"]


def change_answers(desk: Desk) -> None:
    """The author of an answer changes it, and deletes another; both are followed."""
    answers = {card["data"]["what"]: card["annotations"][0]["id"] for card in desk.cards() if card["annotations"]}
    desk.ask("lead", "PATCH", f"/api/annotations/{answers['choice']}", json={"result": answer_of("a")})
    desk.ask("lead", "DELETE", f"/api/annotations/{answers['relation']}")
    came = desk.settle()
    assert (came.changed, came.withdrawn) == (1, 1)
    assert decided(desk) == [("choice", "a", ""), ("span", "b", "slip")]


def let_readers_agree(desk: Desk) -> None:
    """Unanswered cards go along with their conflicts; one that was answered too late is kept, and decides nothing."""
    before, article = decided(desk), desk.project.workspace.articles.by("id")["d/001"]
    span = next(
        card for card in desk.cards() if (card["data"]["article"], card["data"]["what"]) == (article.id, "span")
    )
    desk.answer("lead", span["id"], "a")
    desk.change("two", desk.said("one", article), article)
    came = desk.settle()
    assert (came.new, came.quarantined["outdated card"], decided(desk)) == (0, 1, before)
    assert came.outdated[0].startswith("kelp-lead on d/001: the question ")
    assert send(desk).removed == 2
    assert span["id"] in {card["id"] for card in desk.cards()}
    # Once they differ again, the answer that is there counts.
    desk.change("two", desk.said("two", article), article)
    assert desk.settle().new == 1
    assert ("span", "a", "") in decided(desk)


def change_who_decides(desk: Desk) -> None:
    """Whoever is taken out is out of the cards, too; `push` lets in who decides after the project file has changed."""
    path = f"/api/projects/{desk.number}"
    assert [desk.status(who, path) for who in ("lead", "chief", "one")] == [200, 200, 404]
    take_out(desk.project, desk.email("chief"), server=desk.server)
    assert desk.status("chief", path) == 404
    text = desk.file.read_text(encoding="utf-8")
    desk.file.write_text(text.replace(desk.email("lead"), desk.email("chief")), encoding="utf-8")
    push(desk.project, server=desk.server)
    assert [desk.status(who, path) for who in ("lead", "chief", "one", "two")] == [404, 200, 404, 404]
    desk.file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def other(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Another desk with one article, whose commands are killed."""
    return Desk(tmp_path_factory.mktemp("killed"), studio, "kite").prepare()


def die(*_: Any, **__: Any) -> None:
    """End the process, as Ctrl-C does."""
    raise KeyboardInterrupt


def test_a_killed_command_goes_on_where_it_ended(other: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the project was made, and after the first batch: the same cards, one project, nothing twice."""
    with monkeypatch.context() as patched:
        patched.setattr("labeling.studio.cards.further_projects.close_project", die)
        with pytest.raises(KeyboardInterrupt):
            send(other)
    assert other.project.workspace.studio_link.value().cards is None
    with monkeypatch.context() as patched:
        patched.setattr("labeling.studio.cards.push_cards.MOST_TASKS", 2)
        sent = Studio.import_written

        def once(studio: Studio, project: int, tasks: Any) -> list[int]:
            if sum(1 for _ in studio.list_tasks(project, "id")):
                raise KeyboardInterrupt
            return sent(studio, project, tasks)

        patched.setattr(Studio, "import_written", once)
        with pytest.raises(KeyboardInterrupt):
            send(other)
    assert counts(send(other)) == {"conflicts": 3, "new": 1, "same": 2}
    ids = [card["data"]["conflict"] for card in other.cards()]
    assert sorted(ids) == sorted(row.id for row in other.project.workspace.conflicts.rows())
    found = other.ask("owner", "GET", "/api/projects", params={"title": "Of kite: cards"}).json()["results"]
    assert [each["id"] for each in found] == [other.number]


def test_what_the_server_has_twice_or_lost_is_mended(other: Desk) -> None:
    """A colleague's copy finds the project; of two cards of a question one goes; lost marks are brought again."""
    send(other)
    link = other.project.workspace.studio_link
    link.write(link.value().model_copy(update={"cards": None}))
    assert counts(send(other)) == {"conflicts": 3, "same": 3}
    double = {"data": other.cards()[0]["data"], "predictions": []}
    other.ask("owner", "POST", f"/api/projects/{other.number}/import", json=[double])
    assert counts(send(other)) == {"conflicts": 3, "same": 3, "removed": 1}
    other.ask("owner", "DELETE", f"/api/projects/{other.number}/model-versions", json={"model_version": "readings"})
    send(other)
    assert other.ask("owner", "GET", f"/api/projects/{other.number}").json()["total_predictions_number"] == 2


def test_cards_of_a_forgotten_article_are_forgotten(studio: Credentials, other: Desk) -> None:
    """Its text stands on them; those of another text stay."""
    send(other)
    (article,) = other.project.workspace.articles.rows()
    with connect(other.project.workspace, studio) as server:
        assert remove_cards(server, other.project.workspace, {(article.id, "another")}) == 0
        assert remove_cards(server, other.project.workspace, {(article.id, article.digest)}) == 3
    assert other.cards() == []


def test_a_project_of_cards_that_is_gone_leaves_what_was_decided(other: Desk) -> None:
    """That is said, decisions stay, and what is open gets a new project."""
    send(other)
    other.answer("lead", other.card_about("choice")["id"], "b")
    other.settle()
    other.ask("owner", "DELETE", f"/api/projects/{other.number}")
    told: list[str] = []
    project = other.project
    project.workspace.say = told.append
    came = pull(project, server=other.server)

    assert (came.cards, decided(other)) == (None, [("choice", "b", "")])
    assert "is not at" in " ".join(told)
    assert "what was decided there stays" in " ".join(told)
    conflicts = len(list(project.workspace.conflicts.rows()))
    assert counts(send(other)) == {"conflicts": conflicts, "new": conflicts}
    pull(other.project, server=other.server)
    assert decided(other) == [("choice", "b", "")]


def test_cards_work_without_a_layer_of_roles(studio_of_equals: Credentials, tmp_path: Path) -> None:
    """Everybody can open them, which is said; what anybody but an adjudicator answers is in quarantine."""
    desk = Desk(tmp_path, studio_of_equals, "kudu").prepare()
    told: list[str] = []
    project = desk.project
    project.workspace.say = told.append
    push_cards(project, server=studio_of_equals)
    assert "each of its users can open the project of cards" in " ".join(told)
    span = desk.card_about("span")["id"]
    desk.answer("one", span, "a")
    filed = desk.answer("two", span, "a", completed_by=account(desk, "lead"))
    desk.answer("lead", span, "b")
    changed = desk.answer("lead", desk.card_about("choice")["id"], "a")
    desk.ask("one", "PATCH", f"/api/annotations/{changed}", json={"result": answer_of("b")})
    came = desk.settle()

    assert came.quarantined == {"changed card": 2, "not an adjudicator": 1}
    assert decided(desk) == [("span", "b", "")]
    assert filed in {row.server_id for row in desk.project.workspace.quarantine.rows()}


def account(desk: Desk, who: str) -> int:
    """The number of somebody's account."""
    return int(desk.ask(who, "GET", "/api/current-user/whoami").json()["id"])


# --- refusals, without a server --------------------------------------------------------------------------------------


@pytest.fixture
def offline(desk: Desk, tmp_path: Path) -> Desk:
    """A copy of the desk's files, whose server does not answer."""
    shutil.copytree(desk.folder / "work", tmp_path / "work")
    shutil.copy(desk.file, tmp_path / "desk.toml")
    nowhere = Credentials(url="http://127.0.0.1:9", email="x@x.example", password="-", api_key="k")
    return Desk(tmp_path, nowhere, "kelp")


def test_cards_are_refused_by_name(offline: Desk) -> None:
    """No server; no adjudicators; an altered file; annotations that were pulled since, or are gone."""
    workspace = offline.project.workspace
    with pytest.raises(ServerUnreachable):
        send(offline)
    text = offline.file.read_text(encoding="utf-8")
    offline.file.write_text(text.replace("\nadjudicators = ", "\n# adjudicators = "), encoding="utf-8")
    with pytest.raises(ProjectFileError, match="does not name adjudicators"):
        send(offline)
    offline.file.write_text(text, encoding="utf-8")
    workspace.conflicts.path.write_text(
        workspace.conflicts.path.read_text().replace("missed", "label"), encoding="utf-8"
    )
    with pytest.raises(Altered):
        send(offline)
    adjudicate(offline.project)
    workspace.annotations.path.unlink()
    with pytest.raises((Altered, Stale)):
        send(offline)


def test_cards_need_conflicts(tmp_path: Path) -> None:
    """A workspace in which nothing was adjudicated is refused, and a folder that is none is not made one."""
    path = tmp_path / "p.toml"
    shipped = load_project().path.read_text(encoding="utf-8")
    path.write_text(shipped.replace("\n[[labels]]", '\n[people]\nadjudicators = ["lead@x.example"]\n[[labels]]', 1))
    with pytest.raises(MissingInput):
        push_cards(load_project(path, tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_conflicts_without_ids_are_to_be_found_again(offline: Desk, written_by_hand: None) -> None:
    """A file that an earlier version wrote."""
    del written_by_hand
    workspace = offline.project.workspace
    workspace.conflicts.write([row.model_copy(update={"id": ""}) for row in workspace.conflicts.rows()])
    with pytest.raises(Stale, match="before conflicts had ids"):
        send(offline)


def test_the_verb_tells_what_it_did(desk: Desk) -> None:
    """As a table with the way on, and as JSON."""
    send(desk)
    where = ["--config", str(desk.file), "--workspace", str(desk.folder / "work")]
    env = {"LABEL_STUDIO_URL": desk.server.url, "LABEL_STUDIO_API_KEY": desk.server.api_key}
    done = CliRunner().invoke(cli, [*where, "cards", "--json"], env=env)
    assert (done.exit_code, json.loads(done.stdout)["new"]) == (0, 0), done.output
    table = CliRunner().invoke(cli, [*where, "cards", "--dry-run"], env=env)
    assert "conflicts" in table.stdout
    pulled = CliRunner().invoke(cli, [*where, "pull"], env=env)
    assert "decisions" in pulled.stdout, pulled.output


def test_a_new_project_of_readers_forgets_the_old_cards(desk: Desk, studio: Credentials, tmp_path: Path) -> None:
    """Another server's numbers mean nothing here: the link to cards goes with the project that it belonged to."""
    workspace = load_project(desk.file, tmp_path / "w").workspace
    workspace.root.mkdir()
    workspace.studio_link.write(desk.project.workspace.studio_link.value())
    with connect(workspace, studio) as server:
        link_project(workspace, server, desk.project.workspace.studio_link.value().project)
    assert workspace.studio_link.value().cards is None
    assert "cards" not in workspace.studio_link.path.read_text(encoding="utf-8")


def test_a_reader_of_cards_reads_nothing_else() -> None:
    """Tasks of others in the project are not cards, and neither are things that are no tasks."""
    reader = CardReader({}, {})
    for task in (
        {"id": 1, "data": {"text": "x"}, "annotations": [{}]},
        {"id": 1, "data": [], "annotations": []},
        {"id": 1},
    ):
        assert reader.read(task) == []


def test_decisions_outlive_the_server_that_they_were_made_on(studio: Credentials, tmp_path: Path) -> None:
    """The readers' project is restored, and the one of the cards is gone: what was decided stands, and so does gold."""
    desk = Desk(tmp_path, studio, "reed").prepare()
    send(desk)
    for what, verdict in (("span", "a"), ("relation", "neither"), ("choice", "both")):
        desk.answer("lead", desk.card_about(what)["id"], verdict)
    desk.settle()
    workspace = desk.project.workspace
    before = workspace.decisions.path.read_bytes()
    gold = [*workspace.gold.rows()]
    assert (len(decided(desk)), [*workspace.conflicts.rows()]) == (3, [])
    link = workspace.studio_link.value()
    assert link.cards is not None
    for number in (link.project, link.cards.project):
        assert desk.ask("owner", "DELETE", f"/api/projects/{number}").status_code == 204

    restore(desk.project, server=studio)
    pull(desk.project, server=studio)
    adjudicate(desk.project)

    assert workspace.decisions.path.read_bytes() == before
    assert [*workspace.conflicts.rows()] == []
    assert [*workspace.gold.rows()] == gold
    assert counts(send(desk)) == {}
