"""``labeling people`` on the real server: a link a person, confirmed by name or by the link, and taken out again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from click.testing import CliRunner

from labeling.cli import cli
from labeling.errors import ProjectGone
from labeling.project import load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user

if TYPE_CHECKING:
    from click.testing import Result

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

PHRASE = "a long pass phrase"
PEOPLE = """
[people] # who reads what
twice = 0.5
adjudicators = ["Chief@people.example"]

# Ana came first.
[[people.reader]]
email = "anke@people.example"

[[people.reader]]
email = "ben@people.example" # mornings only
share = 2.0

[[people.reader]]
email = "cleo@people.example"

[[labels]]
"""


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    """The shipped project with people in it."""
    shipped = (Path(__file__).parents[2] / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    path = tmp_path / "team.toml"
    path.write_text(shipped.replace("[[labels]]", PEOPLE.strip(), 1), encoding="utf-8")
    (tmp_path / "article.txt").write_text("Talks were held.", encoding="utf-8")
    return path


@pytest.fixture
def people(project_file: Path, studio: Credentials, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The program, called as its owner does."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    return Command(project_file)


class Command:
    """``labeling`` with that project file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str) -> Result:
        """Run it; a refusal is raised, as in a script."""
        where = ["--config", str(self.path), "--workspace", str(self.path.parent / "work")]
        return CliRunner().invoke(cli, [*where, *arguments], standalone_mode=False, catch_exceptions=True)


def links_of(result: Result) -> dict[str, str]:
    """The links that were printed, by address."""
    assert result.exception is None, result.exception
    return dict(line.split() for line in result.stdout.splitlines())


def open_link(studio: Credentials, link: str, email: str) -> httpx.Response:
    """Sign up by a link."""
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as browser:
        page = browser.get(link)
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        if seal is None:
            return page
        form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "password": PHRASE}
        return browser.post(link, data=form, headers={"Origin": studio.url})


def test_a_team_comes_together(people: Command, studio: Credentials, project_file: Path) -> None:
    """Each gets a link; who uses theirs is confirmed; who was there before is, once the owner says so; one leaves."""
    add_user_uninvited(studio, "chief@people.example")
    invited = people("people", "invite")
    links = links_of(invited)

    assert sorted(links) == ["anke@people.example", "ben@people.example", "cleo@people.example"]
    assert len({*links.values()}) == 3
    assert invited.return_value == 3
    assert "chief@people.example: somebody has an account" in invited.stderr
    assert not any(link in invited.stderr for link in links.values())
    assert open_link(studio, links["anke@people.example"], "anke@people.example").is_redirect
    # Somebody else's link, and somebody else's address.
    assert open_link(studio, links["ben@people.example"], "mallory@people.example").status_code == 403
    assert people("people", "invite", "--confirm", "CHIEF@people.example").return_value == 0

    rows = {row["email"]: row for row in json.loads(people("people", "list", "--json").stdout)}
    assert [(rows[f"{who}@people.example"]["role"], rows[f"{who}@people.example"]["confirmed"]) for who in WHO] == [
        ("reader", True),
        ("reader", False),
        ("adjudicator", True),
        ("reader", False),
    ]
    shown = people("people", "list").stdout
    assert re.search(r"^ben@people.example +reader, invited on \d{4}-\d\d-\d\d$", shown, re.MULTILINE)
    assert re.search(r"^chief@people.example +adjudicator, confirmed$", shown, re.MULTILINE)
    assert "token=" not in shown
    again = people("people", "invite")
    assert sorted(links_of(again)) == ["ben@people.example", "cleo@people.example"]
    assert open_link(studio, links["ben@people.example"], "ben@people.example").status_code == 403

    before = project_file.read_text(encoding="utf-8")
    left = people("people", "remove", "Cleo@people.example", "--json")
    assert json.loads(left.stdout)["file"] == str(project_file)
    after = project_file.read_text(encoding="utf-8")
    assert [line for line in before.splitlines() if line not in after.splitlines()] == ['email = "cleo@people.example"']
    section = load_project(project_file, project_file.parent / "work").file.people
    assert section is not None
    assert section.shares == {"anke@people.example": 1.0, "ben@people.example": 2.0}
    # Her link was open, and is void.
    assert open_link(studio, links_of(again)["cleo@people.example"], "cleo@people.example").status_code == 403


WHO = ("anke", "ben", "chief", "cleo")


def add_user_uninvited(studio: Credentials, email: str) -> None:
    """An account that an administrator made."""
    with connect_to(studio.url, studio.api_key) as owner:
        sent = {"email": email, "username": email, "password": PHRASE}
        owner.transport.write("POST", "api/users/", "make an account", json=sent)


def test_a_file_that_would_not_hold_is_left_alone(people: Command, project_file: Path) -> None:
    """Of two readers, with stories read by two, none can be taken out; nothing is changed, and the reason is named."""
    people("people", "remove", "cleo@people.example")
    before = project_file.read_bytes()
    refused = people("people", "remove", "ben@people.example")

    assert type(refused.exception).__name__ == "ProjectFileError"
    assert "without ben@people.example" in str(refused.exception)
    assert str(project_file) in str(refused.exception)
    assert project_file.read_bytes() == before
    assert [path.name for path in project_file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["invite", "nobody"], "is not an e-mail address"),
        (["invite", "a b@people.example"], "is not an e-mail address"),
        (["remove", "stranger@people.example"], "is neither in"),
    ],
)
def test_who_is_nobody_is_refused_by_name(people: Command, arguments: list[str], named: str) -> None:
    """A typo and a stranger: wrong use, and nothing was done."""
    refused = people("people", *arguments)

    assert type(refused.exception).__name__ == "UsageError"
    assert named in str(refused.exception)


def test_who_cannot_be_confirmed_is_listed(people: Command) -> None:
    """Nobody has such an account: status 3."""
    done = people("people", "invite", "--confirm", "not.there@people.example")

    assert done.return_value == 3
    assert "nobody has an account of this address" in done.stderr


def test_a_reader_invites_nobody(people: Command, studio: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reader's key: refused by name, and no link."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", add_user(studio, "reader@people.example", PHRASE))
    refused = people("people", "invite", "friend@people.example")

    assert type(refused.exception).__name__ == "NotAuthorised"
    assert refused.stdout == ""


def test_a_project_without_people_names_nobody(
    studio: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person goes on alone; a colleague is invited by name."""
    monkeypatch.setenv("LABEL_STUDIO_URL", studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", studio.api_key)
    run = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "people", "invite"], standalone_mode=False)
    assert type(run.exception).__name__ == "UsageError"
    run = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "people", "invite", "c@people.example"])
    assert run.stdout.startswith("c@people.example  http")


def test_people_of_another_project_are_left_alone(people: Command, studio: Credentials, project_file: Path) -> None:
    """A studio.json that was made to name a colleague's project of the same server; with its own, all goes on."""
    for arguments in (("ingest", str(project_file.parent / "article.txt")), ("push",)):
        assert people(*arguments).exception is None
    workspace = load_project(project_file, project_file.parent / "work").workspace
    link, journal, file = workspace.studio_link.value(), workspace.pushed.path.read_bytes(), project_file.read_bytes()
    with connect_to(studio.url, studio.api_key) as owner:
        other = owner.create_project("A colleague's", "", "<View/>", "")
        owner.import_written(other, ['{"data":{"text":"Other talks were held.","article":"theirs"}}'])
        theirs = owner.project(other)
        assert theirs is not None
        path = f"labeling/api/projects/{other}/plan/"
        cleo = {"email": "cleo@people.example", "role": "reader"}
        plan = {"people": [cleo], "assignments": [], "again": [], "rule": {}}
        owner.transport.write("PUT", path, "take the plan", json=plan)
        # The number alone, the whole link, and the link of a workspace whose journal is gone.
        for created, pushed in ((link.created, journal), (theirs.created, journal), (theirs.created, b"")):
            workspace.studio_link.write(link.model_copy(update={"project": other, "created": created}))
            workspace.pushed.path.write_bytes(pushed)
            for arguments in (("remove", "cleo@people.example"), ("invite", "ben@people.example"), ("list",)):
                refused = people("people", *arguments)
                assert isinstance(refused.exception, ProjectGone), arguments
                assert "studio.json" in refused.exception.todo
        assert owner.transport.read(path, "show its plan").json() == plan
        assert project_file.read_bytes() == file

        workspace.studio_link.write(link)
        assert people("people", "list").exception is None
        workspace.pushed.path.write_bytes(journal)
        assert people("people", "remove", "cleo@people.example").exception is None
