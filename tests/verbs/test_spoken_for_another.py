"""Nobody speaks for another: two annotators and an owner on the real Label Studio, and what is made of their words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import QuarantineNotAllowed, UsageError
from labeling.evaluation.agree import agree
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import result_of
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.adoption import Adoption
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
KIND = "spoken for another"
EDITED, FILED, STARRED, OWN = NAMES = [f"wire/{name}" for name in ("edited", "filed", "starred", "own")]

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def article(name: str) -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, f"Anna met Carl about {name}.")


def words(name: str, start: int, label: str = "PERSON") -> Annotation:
    """One span of four letters: 0 is Anna, 9 is Carl."""
    span = Span(id=f"s{start}", start=start, end=start + 4, label=label)
    return Annotation(article=name, digest=article(name).digest, annotator="", spans=(span,))


def call(server: Credentials, key: str, method: str, path: str, body: Any = None) -> Any:
    """The server's API, past our client."""
    headers = {"Authorization": f"Token {key}"}
    answer = httpx.request(method, f"{server.url}{path}", json=body, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def results(name: str, start: int) -> list[Any]:
    """The words as the page stores them."""
    return [*result_of(words(name, start), article(name))]


class Team:
    """A project on the server, its annotators' keys, and the annotations of ana and ben by article."""

    def __init__(self, project: Project, server: Credentials) -> None:
        self.project, self.server = project, server
        self.tasks = {
            row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()
        }
        self.keys = {who: add_user(server, f"{who}@example.org", "a long pass phrase") for who in ("ana", "ben")}
        self.numbers: dict[tuple[str, str], int] = {}

    def submit(self, who: str, name: str, start: int) -> None:
        """Somebody annotates an article."""
        with connect_to(self.server.url, self.keys[who]) as one:
            self.numbers[who, name] = one.annotate(self.tasks[name], words(name, start), article(name))

    def change(self, by: str, whose: str, name: str, **body: Any) -> None:
        """Somebody sends a change of an annotation."""
        path = f"/api/annotations/{self.numbers[whose, name]}/"
        call(self.server, self.keys.get(by, self.server.api_key), "PATCH", path, body)

    def user(self, who: str) -> int:
        """The server's number of somebody."""
        users = call(self.server, self.server.api_key, "GET", "/api/users/")
        return next(int(one["id"]) for one in users if one["email"] == f"{who}@example.org")


@pytest.fixture(scope="session")
def studio(studio_of_equals: Credentials) -> Credentials:
    """People here change each other's words and file them under each other's names: a server without roles."""
    return studio_of_equals


@pytest.fixture
def team(tmp_path: Path, studio: Credentials) -> Team:
    """Ana has annotated all four articles, ben all but two; it was pulled, and then changed behind their backs."""
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    project.workspace.articles.write([article(name) for name in NAMES])
    push(project, server=studio)
    team = Team(project, studio)
    for name in (EDITED, STARRED, OWN):
        team.submit("ana", name, 0)
    team.submit("ben", STARRED, 0)
    team.submit("ben", OWN, 9)
    assert pull(project, server=studio).quarantined == {}
    # Ben changes ana's words, and files others under her name; the owner sets a star; ana changes her own.
    team.change("ben", "ana", EDITED, result=results(EDITED, 9))
    body = {"result": results(FILED, 9), "completed_by": team.user("ana")}
    filed = call(studio, team.keys["ben"], "POST", f"/api/tasks/{team.tasks[FILED]}/annotations/", body)
    team.numbers["ana", FILED] = filed["id"]
    team.change("owner", "ana", STARRED, ground_truth=True)
    team.change("ana", "ana", OWN, result=results(OWN, 9))
    return team


def spoken(project: Project) -> dict[str, str]:
    """The reasons of what is in quarantine, by article; nothing else may be there."""
    rows = list(project.workspace.quarantine.rows_if_written())
    assert {row.kind for row in rows} <= {KIND}
    return {row.article: row.reason for row in rows}


def sound(project: Project) -> set[tuple[str, str]]:
    """What counts: article and annotator."""
    return {(one.article, one.annotator) for one in project.workspace.annotations.rows()}


OTHERS = {(STARRED, "ana"), (STARRED, "ben"), (OWN, "ana"), (OWN, "ben")}


def test_gold_agreement_and_ledger_say_what_is_true(team: Team) -> None:
    """What ben said in ana's name is gold nowhere, measured nowhere, and accounted for; the star changes nothing."""
    before = status(team.project, server=team.server)
    assert len(before.spoken_for_another) == 2, "seen before anything is pulled"
    summary = pull(team.project, server=team.server, changes=True)

    assert summary.quarantined == {KIND: 2}
    reasons = spoken(team.project)
    assert reasons.keys() == {EDITED, FILED}
    for name in (EDITED, FILED):
        assert reasons[name].startswith("ben changed what is signed by ana, 20")
        assert reasons[name].endswith(f"/data?own=1&task={team.tasks[name]}")
    assert sound(team.project) == OTHERS
    adjudicate(team.project)
    gold = {row.article: row for row in team.project.workspace.gold.rows()}
    assert {name: [(s.start, s.by) for s in gold[name].spans] for name in gold} == {
        STARRED: [(0, ("ana", "ben"))],
        OWN: [(9, ("ana", "ben"))],
    }
    agreed = agree(team.project)
    assert (agreed.articles, agreed.spoken_for_another) == (2, 2)
    # Her first words on the last article were others than ben's: of two spans each, one is a pair.
    assert agreed.f1["ana and ben"]["exact"] == 0.5
    refused = [row for row in team.project.workspace.ledger.rows() if row.outcome == "quarantined"]
    assert {(row.article, row.what, row.reason.split(":")[0]) for row in refused} == {
        (EDITED, "annotation", KIND),
        (FILED, "annotation", KIND),
    }
    after = status(team.project, server=team.server)
    assert sorted(after.spoken_for_another) == sorted(reasons.values())


def test_a_whole_pull_says_the_same_and_again(team: Team) -> None:
    """Whole or by changes, once or twice: what ben said in ana's name never becomes hers."""
    for changes in (False, False, True):
        pull(team.project, server=team.server, changes=changes)
        assert spoken(team.project).keys() == {EDITED, FILED}
        assert sound(team.project) == OTHERS


def test_the_author_takes_her_words_back(team: Team) -> None:
    """Ana presses Update on what ben made of it: they are her words then."""
    pull(team.project, server=team.server)
    team.change("ana", "ana", EDITED, result=results(EDITED, 9))
    pull(team.project, server=team.server, changes=True)

    assert spoken(team.project).keys() == {FILED}
    assert (EDITED, "ana") in sound(team.project)


def test_compile_asks_for_permission(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every defect; the command line counts them, and ends with status 3."""
    monkeypatch.setenv("LABEL_STUDIO_URL", team.server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", team.server.api_key)
    folder = str(team.project.workspace.root)

    def run(*verb: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--workspace", folder, *verb], standalone_mode=False)
        if isinstance(done.exception, QuarantineNotAllowed):
            return 1, str(done.exception)
        return int(done.return_value or 0), done.output

    assert run("pull")[0] == 3
    assert "Spoken for another: ben changed" in run("status")[1]
    assert "spoken for another, left out" in run("agree")[1]
    for verb in ("adjudicate", "split"):
        run(verb)
    code, said = run("compile")
    assert code == 1
    assert KIND in said
    run("report")
    assert "2 annotations spoken for another" in (team.project.workspace.root / "report.html").read_text("utf-8")


def test_by_the_policy_they_are_the_editors(team: Team) -> None:
    """`changed_by_others = "editor"`: everything is fetched anew, and ben's words are ben's."""
    pull(team.project, server=team.server)
    policies = team.project.file.policies.model_copy(update={"changed_by_others": "editor"})
    editors = replace(team.project, file=team.project.file.model_copy(update={"policies": policies}))
    pull(editors, server=team.server, changes=True)

    assert spoken(editors) == {}
    assert sound(editors) == {*OTHERS, (EDITED, "ben"), (FILED, "ben")}
    pull(team.project, server=team.server, changes=True)
    assert spoken(team.project).keys() == {EDITED, FILED}


def test_the_owner_adopts_words(team: Team) -> None:
    """For a reason, until somebody changes them again."""
    project, number = team.project, str(team.numbers["ana", FILED])
    pull(project, server=team.server)
    for adoption in (Adoption([number], " "), Adoption(["999999"], "why not"), Adoption(["imported"], "none is")):
        with pytest.raises(UsageError):
            pull(project, server=team.server, adoption=adoption)
    pull(project, server=team.server, changes=True, adoption=Adoption([number], "ana dictated it"))

    assert spoken(project).keys() == {EDITED}
    assert [row.why for row in project.workspace.signed.rows() if row.why] == ["ana dictated it"]
    pull(project, server=team.server)
    assert spoken(project).keys() == {EDITED}
    team.change("ben", "ana", FILED, result=results(FILED, 0))
    pull(project, server=team.server, changes=True)
    assert spoken(project).keys() == {EDITED, FILED}


def test_a_members_import_counts_only_if_it_is_adopted(team: Team) -> None:
    """The server takes any `completed_by` in an import, and forgets who sent it."""
    project = team.project
    task = {
        "data": {"article": OWN, "text": article(OWN).text},
        "annotations": [{"result": results(OWN, 0), "completed_by": team.user("ana"), "ground_truth": False}],
    }
    number = project.workspace.studio_link.value().project
    call(team.server, team.keys["ben"], "POST", f"/api/projects/{number}/import", [task])
    pull(project, server=team.server)

    assert "it is filed under ana, and the server does not know who sent it" in spoken(project)[OWN]
    pull(project, server=team.server, adoption=Adoption(["imported"], "our old annotations"))
    assert spoken(project).keys() == {EDITED, FILED}


def test_a_workspace_of_before_goes_on(team: Team) -> None:
    """It remembers no words: what was pulled before, starred since, stays; what has changed since does not."""
    team.project.workspace.signed.path.unlink()
    pull(team.project, server=team.server, changes=True)

    assert spoken(team.project).keys() == {EDITED, FILED}
    assert sound(team.project) == OTHERS


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Credentials]:
    """A second Label Studio that has nothing."""
    with run_embedded_server(Workspace(tmp_path / "second")) as credentials:
        yield credentials


def test_what_was_in_quarantine_stays_there_on_another_server(team: Team, empty_server: Credentials) -> None:
    """The server's import drops who changed what: `restore` has written it down, and what counted counts."""
    pull(team.project, server=team.server)
    reasons = spoken(team.project)
    restore(team.project, server=empty_server)
    for _ in range(2):
        pull(team.project, server=empty_server)
        after = spoken(team.project)
        assert {name: text.split("; task")[0] for name, text in after.items()} == {
            name: text.split("; task")[0] for name, text in reasons.items()
        }
        assert sound(team.project) == OTHERS
