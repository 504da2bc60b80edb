"""The embedded server: what it promises while it runs, how it is started, found and stopped, and how it refuses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest

from labeling.errors import (
    DataFolderUnusable,
    NotLabelStudio,
    PortTaken,
    ServerDidNotStart,
    ServerPackageMissing,
    ServerRefused,
    ServerUnreachable,
    UsageError,
)
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.server.package import DATABASE, create_database, package_folder, read_log_tail
from labeling.studio.server.server import find_running_server, start_server, stop_server
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio

CHECKOUT = Path(__file__).parents[3]


def process_of(workspace: Workspace) -> psutil.Process:
    """The process that the workspace's server.json names."""
    return psutil.Process(json.loads((workspace.studio / "server.json").read_text())["pid"])


def asked(credentials: Credentials, path: str) -> Any:
    """The server's JSON answer to a GET by the first user."""
    reply = httpx.get(credentials.url + path, headers={"Authorization": f"Token {credentials.api_key}"})
    return reply.raise_for_status().json()


def command(workspace: Workspace, *options: str) -> list[str]:
    """The command line of ``labeling serve`` on a workspace."""
    config = CHECKOUT / "configs" / "diplomatic.toml"
    program = [sys.executable, "-m", "labeling", "--config", str(config), "--workspace", str(workspace.root)]
    return [*program, "serve", *options]


def serving(workspace: Workspace, *options: str) -> subprocess.Popen[str]:
    """``labeling serve``, started as a shell would, with its output in our pipes."""
    return subprocess.Popen(
        command(workspace, *options),
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace; whatever serves it at the end of the test is stopped."""
    fresh = Workspace(tmp_path / "w")
    yield fresh
    if (fresh.studio / "server.json").exists():
        stop_server(fresh)


@pytest.fixture
def listener() -> Iterator[int]:
    """A port on which another program listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield other.getsockname()[1]


# --- while it runs ---------------------------------------------------------------------------------------------------


def test_it_listens_on_the_loopback_address_alone(studio: Credentials, studio_workspace: Workspace) -> None:
    """All its sockets are bound to 127.0.0.1; another local address of the same machine is refused."""
    bound = {each.laddr.ip for each in process_of(studio_workspace).net_connections("inet") if each.status == "LISTEN"}
    assert bound == {"127.0.0.1"}

    with closing(socket.socket()) as caller:
        assert caller.connect_ex(("127.0.0.1", studio.port or 0)) == 0
    with closing(socket.socket()) as caller:
        assert caller.connect_ex(("127.0.0.2", studio.port or 0)) != 0


def test_a_name_that_points_here_from_elsewhere_is_refused(studio: Credentials) -> None:
    """A page of another site cannot reach it by pointing its own name at this machine."""
    assert httpx.get(f"{studio.url}/health", headers={"Host": "example.org"}).status_code == 400
    assert httpx.get(f"{studio.url}/health", headers={"Host": "localhost"}).status_code == 200


def test_the_secrets_are_the_owners_alone(studio: Credentials, studio_workspace: Workspace) -> None:
    """Folder and files are closed to others, and neither process arguments nor a repr show a secret."""
    folder = studio_workspace.studio
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "credentials.json")}
    assert modes == {"studio": 0o700, "credentials.json": 0o600}
    assert stat.S_IMODE((folder / "data" / DATABASE).stat().st_mode) == 0o600

    shown = repr(studio) + str(studio) + " ".join(process_of(studio_workspace).cmdline())
    assert studio.password not in shown
    assert studio.api_key not in shown


def test_the_credentials_file_lets_in(studio: Credentials, studio_workspace: Workspace) -> None:
    """The file has exactly url, email, password and key; the key opens the API, the password the page."""
    saved = json.loads((studio_workspace.studio / "credentials.json").read_text())
    assert saved == studio.model_dump()
    assert sorted(saved) == ["api_key", "email", "password", "url"]

    assert asked(studio, "/api/current-user/whoami")["email"] == studio.email
    # An account that exists is logged in to by its password, and hands out the same key.
    assert add_user(studio, studio.email, studio.password) == studio.api_key


def test_nobody_signs_up_uninvited(studio: Credentials) -> None:
    """The sign-up form, filled in without an invitation, is refused, and no user is made."""
    with httpx.Client(base_url=studio.url) as browser:
        page = browser.get("/user/signup/")
        form = {"email": "eve@example.com", "password": "a-long-password", "csrfmiddlewaretoken": ""}
        form["csrfmiddlewaretoken"] = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        assert browser.post("/user/signup/", data=form, headers={"Referer": str(page.url)}).status_code == 403

    assert "eve@example.com" not in [user["email"] for user in asked(studio, "/api/users")]


def test_it_reports_to_nobody(studio: Credentials) -> None:
    """The page collects nothing and names no Sentry; the server did not ask for its latest version."""
    page = httpx.get(f"{studio.url}/user/login/").text
    assert "collect_analytics = false" in page
    assert "ingest.sentry.io" not in page
    assert asked(studio, "/api/version")["label-studio-os-package"]["latest_version_from_pypi"] is None


def test_it_does_not_ask_git_which_version_it_is(studio: Credentials) -> None:
    """The repository in which its environment happens to lie is not its own: it writes nothing into its package."""
    written = package_folder() / "core" / "version_.py"
    before = written.stat().st_mtime_ns if written.exists() else None
    with connect_to(studio.url, studio.api_key) as client:
        config = (
            '<View><Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="X"/></Labels></View>'
        )
        number = client.create_project("whose version", "", config, "")
        assert list(client.export_pieces(number, [1])) == [b"[]"]

    assert (written.stat().st_mtime_ns if written.exists() else None) == before


def test_it_is_known_wherever_it_has_gone(studio: Credentials, studio_workspace: Workspace) -> None:
    """Exports that run at once leave it in another folder: it is still found, and so it can be stopped."""
    with connect_to(studio.url, studio.api_key) as client:
        config = (
            '<View><Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="X"/></Labels></View>'
        )
        numbers = [client.create_project(f"at once {each}", "", config, "") for each in range(4)]
        with ThreadPoolExecutor(4) as people:
            done = people.map(lambda number: [next(client.export_pieces(number, [1])) for _ in range(8)], numbers)
            assert [*done] == [[b"[]"] * 8] * 4

    assert find_running_server(studio_workspace) is not None


def test_further_people_get_keys_of_their_own(studio: Credentials) -> None:
    """Two people invited are two users of the organisation, each with a key; asking again gives the same key."""
    ana = add_user(studio, "nora@example.com", "ana-reads-the-wire")
    ben = add_user(studio, "omar@example.com", "ben-reads-the-wire")
    assert len({ana, ben, studio.api_key}) == 3
    assert add_user(studio, "nora@example.com", "ana-reads-the-wire") == ana

    for key, email in ((ana, "nora@example.com"), (ben, "omar@example.com")):
        theirs = studio.model_copy(update={"api_key": key})
        assert asked(theirs, "/api/current-user/whoami")["email"] == email
        assert [user["email"] for user in asked(theirs, "/api/users")] == [email]
    assert {"nora@example.com", "omar@example.com"} <= {user["email"] for user in asked(studio, "/api/users")}


@pytest.mark.parametrize(
    ("email", "password"),
    [("carl@example.com", "short"), ("carl", "carl-reads-the-wire"), ("admin@localhost", "not-the-password")],
)
def test_a_user_that_the_server_refuses(studio: Credentials, email: str, password: str) -> None:
    """A short password, something that is not an e-mail, another's e-mail are refused by name, without the password."""
    with pytest.raises(ServerRefused) as refusal:
        add_user(studio, email, password)
    assert email in str(refusal.value)
    assert password not in str(refusal.value)


def test_people_are_not_added_where_no_label_studio_answers(studio: Credentials) -> None:
    """An address with nothing behind it, and one with something else, are told apart."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>a weather station</html>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(NotLabelStudio):
            add_user(studio.with_port(other.server_port), "nora@example.com", "ana-reads-the-wire")
        other.shutdown()
    with pytest.raises(ServerUnreachable):
        add_user(studio.with_port(other.server_port), "nora@example.com", "ana-reads-the-wire")


def test_one_that_runs_is_found_and_not_started_again(studio: Credentials, studio_workspace: Workspace) -> None:
    """`find_running_server` gives its credentials; a second start the same process; another port is a wrong use."""
    before = process_of(studio_workspace)
    assert find_running_server(studio_workspace) == studio
    assert start_server(studio_workspace).credentials == studio
    assert process_of(studio_workspace) == before
    with pytest.raises(UsageError, match="runs already"):
        start_server(studio_workspace, 1)
    assert find_running_server(studio_workspace) == studio


def test_stop_ends_no_server_of_another_folder(
    studio: Credentials, studio_workspace: Workspace, workspace: Workspace
) -> None:
    """A copied workspace names the process of its original; to stop the copy stops nothing."""
    shutil.copytree(studio_workspace.studio, workspace.studio)
    assert find_running_server(workspace) is None
    assert not stop_server(workspace)
    assert httpx.get(f"{studio.url}/health").status_code == 200


def test_stop_ends_no_program_that_got_the_process_id(workspace: Workspace) -> None:
    """A process id that now belongs to another program is left alone."""
    (workspace.studio / "data").mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (workspace.studio / "server.json").write_text(json.dumps({"pid": other.pid}))
        assert find_running_server(workspace) is None
        assert not stop_server(workspace)
        assert other.poll() is None
        other.communicate(b"\n")


# --- a life, from the command line -----------------------------------------------------------------------------------


def test_detached_it_lives_on_with_its_data(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started twice at once it is one; stopped and started again it has its data, password, key and port."""
    misleading = {"PORT": "1", "HOST": "http://example.org", "DEBUG": "true", "USERNAME": "eve", "DJANGO_DB": "mysql"}
    for name, value in (misleading | {"LABEL_STUDIO_USERNAME": "eve@example.com"}).items():
        monkeypatch.setenv(name, value)
    # communicate() returns when the pipes are closed at their other end: so nobody holds them.
    first, second = (serving(workspace, "--detach") for _ in range(2))
    (line, _), (again, _) = first.communicate(timeout=120), second.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0)
    assert line == again
    assert line.count("\n") == 1

    path = workspace.studio / "credentials.json"
    server = find_running_server(workspace)
    assert server is not None
    assert json.loads(line) == {"url": server.url, "credentials": str(path.resolve())}
    assert [user["email"] for user in asked(server, "/api/users")] == [server.email]
    assert asked(server, "/api/projects")["count"] == 0
    httpx.post(
        f"{server.url}/api/projects", headers={"Authorization": f"Token {server.api_key}"}, json={"title": "kept"}
    ).raise_for_status()

    process = process_of(workspace)
    subprocess.run(command(workspace, "--stop"), cwd=CHECKOUT, check=True, capture_output=True)
    assert not process.is_running()
    assert find_running_server(workspace) is None

    assert start_server(workspace).credentials == server
    assert [project["title"] for project in asked(server, "/api/projects")["results"]] == ["kept"]


def wait_for_words(program: subprocess.Popen[str], words: str) -> str:
    """What a program says on stderr until a line with ``words`` in it."""
    heard = ""
    for line in program.stderr or ():
        heard += line
        if words in line:
            return heard
    pytest.fail(f"it never printed {words!r}, but: {heard}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_ends_with_us(workspace: Workspace, number: signal.Signals) -> None:
    """Ctrl-C and `kill` of ``labeling serve`` end the server too, and leave no secret on the screen."""
    with serving(workspace) as program:
        words = wait_for_words(program, "Ctrl-C stops it.")
        server = find_running_server(workspace)
        process = process_of(workspace)
        program.send_signal(number)
        rest = program.communicate(timeout=30)
    assert server is not None
    assert server.url in words
    assert server.password not in words + "".join(rest)
    assert program.returncode == 130
    assert not process.is_running()


def test_in_the_foreground_its_own_end_is_an_error(workspace: Workspace) -> None:
    """A server that is killed from outside ends ``labeling serve`` with status 1 and a sentence."""
    with serving(workspace) as program:
        wait_for_words(program, "Ctrl-C stops it.")
        process_of(workspace).kill()
        _, words = program.communicate(timeout=30)
    assert program.returncode == 1
    assert "Label Studio has ended by itself" in words


def test_serve_stop_goes_with_no_other_option(workspace: Workspace) -> None:
    """`--stop --detach` is a wrong use: status 2, and nothing is made."""
    done = subprocess.run(
        command(workspace, "--stop", "--detach"), cwd=CHECKOUT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "--stop goes with no other option" in done.stderr
    assert not workspace.studio.exists()


# --- refusals --------------------------------------------------------------------------------------------------------


def test_without_the_package_there_is_no_server(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra says how to get it, and makes no folder."""
    monkeypatch.setitem(sys.modules, "label_studio", None)  # what Python itself takes for "not there"
    with pytest.raises(ServerPackageMissing) as refusal:
        start_server(workspace)
    assert "labeling[server]" in refusal.value.todo
    assert not workspace.studio.exists()


def test_a_port_that_is_taken(workspace: Workspace, listener: int) -> None:
    """The port of another program is refused by its number; nothing is started."""
    with pytest.raises(PortTaken, match=str(listener)):
        start_server(workspace, listener)
    assert not (workspace.studio / "server.json").exists()


def file_for_folder(studio: Path) -> None:
    """A file stands where the server's folder should be."""
    studio.write_text("not a folder")


def file_for_data(studio: Path) -> None:
    """A file stands where Label Studio's own folder should be."""
    studio.mkdir()
    (studio / "data").write_text("not a folder")


def noise(studio: Path) -> None:
    """The database is not a database."""
    (studio / "data").mkdir(parents=True)
    (studio / "data" / DATABASE).write_bytes(b"noise" * 999)


def emptied(studio: Path) -> None:
    """The database is a file of no bytes."""
    (studio / "data").mkdir(parents=True)
    (studio / "data" / DATABASE).touch()


def cut_short(studio: Path) -> None:
    """The database lost its second half."""
    (studio / "data").mkdir(parents=True)
    create_database(studio / "data", lambda _: None)
    database = studio / "data" / DATABASE
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


def foreign(studio: Path) -> None:
    """The database is another program's."""
    (studio / "data").mkdir(parents=True)
    with closing(sqlite3.connect(studio / "data" / DATABASE)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def gone(studio: Path) -> None:
    """The credentials are there, their database is not."""
    studio.mkdir()
    saved = {"url": "http://127.0.0.1:8080", "email": "a@b.c", "password": "hush-hush", "api_key": "5ec2e7"}
    (studio / "credentials.json").write_text(json.dumps(saved))


def garbled(studio: Path) -> None:
    """The credentials cannot be read; what is left of them is a secret still."""
    studio.mkdir()
    (studio / "credentials.json").write_text('{"password": "hush-hush", "api_key":')


@pytest.mark.parametrize("damage", [file_for_folder, file_for_data, noise, emptied, cut_short, foreign, gone, garbled])
def test_a_dead_data_folder(workspace: Workspace, damage: Callable[[Path], None]) -> None:
    """Each kind of damage is found before a server is started, named with its path, and nothing is overwritten."""
    workspace.root.mkdir()
    damage(workspace.studio)
    before = {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}

    with pytest.raises(DataFolderUnusable) as refusal:
        start_server(workspace)

    assert str(workspace.studio.resolve()) in str(refusal.value)
    assert "hush-hush" not in str(refusal.value)
    after = {path: path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()}
    assert before.items() <= after.items()
    assert find_running_server(workspace) is None


def test_a_folder_that_may_not_be_written(
    open_folder: Path, as_nobody: Callable[..., AbstractContextManager[None]]
) -> None:
    """A workspace closed to us is named, and so is a database."""
    closed, opened = Workspace(open_folder / "closed"), Workspace(open_folder / "opened")
    closed.root.mkdir(mode=0o500)
    (opened.studio / "data").mkdir(parents=True)
    create_database(opened.studio / "data", lambda _: None)
    (opened.studio / "data" / DATABASE).chmod(0o400)

    with as_nobody(closed.root), pytest.raises(DataFolderUnusable, match="Permission denied"):
        start_server(closed)
    with as_nobody(opened.root, *opened.root.rglob("*")), pytest.raises(DataFolderUnusable, match="may not be written"):
        start_server(opened)


def test_a_database_that_does_not_know_the_key(
    studio: Credentials, studio_workspace: Workspace, workspace: Workspace
) -> None:
    """Credentials that belong to another database are refused, and the server that was started is ended."""
    (workspace.studio / "data").mkdir(parents=True)
    with (
        closing(sqlite3.connect(studio_workspace.studio / "data" / DATABASE)) as source,
        closing(sqlite3.connect(workspace.studio / "data" / DATABASE)) as target,
    ):
        source.backup(target)
    other = studio.model_dump() | {"api_key": "0" * 40}
    (workspace.studio / "credentials.json").write_text(json.dumps(other))

    with pytest.raises(DataFolderUnusable, match="does not know the key"):
        start_server(workspace)
    assert not (workspace.studio / "server.json").exists()
    assert find_running_server(workspace) is None


def test_a_server_that_does_not_answer_in_time(workspace: Workspace) -> None:
    """Waiting ends after the patience given, and so does what was waited for."""
    with pytest.raises(ServerDidNotStart, match=r"did not answer within 0\.5 seconds"):
        start_server(workspace, patience=0.5)
    folder = str(workspace.studio.resolve() / "data")
    assert folder not in [each.info["cwd"] for each in psutil.process_iter(["cwd"])]


def test_a_server_that_ends_while_starting(workspace: Workspace) -> None:
    """Label Studio's own last words are in the message, the secrets are not."""
    (workspace.studio / "data").mkdir(parents=True)
    with closing(sqlite3.connect(workspace.studio / "data" / DATABASE)) as connection:
        connection.execute("CREATE TABLE django_migrations (name TEXT)")

    with pytest.raises(ServerDidNotStart, match="ended while starting") as refusal:
        start_server(workspace)
    assert "django_migrations" in str(refusal.value)
    saved = json.loads((workspace.studio / "credentials.json").read_text())
    assert saved["password"] not in str(refusal.value)
    assert not (workspace.studio / "server.json").exists()


def test_the_tail_of_a_log_tells_no_secret(tmp_path: Path) -> None:
    """Secrets are blotted out of the twelve lines that are shown; a log that is not there has no lines."""
    log = tmp_path / "log"
    assert read_log_tail(log) == ""
    log.write_text("\n".join(f"line {n} hush" for n in range(20)))
    assert read_log_tail(log, ("hush",)) == "".join(f"\n    line {n} ***" for n in range(8, 20))


# --- the template ----------------------------------------------------------------------------------------------------


def test_the_template_holds_nobody(tmp_path: Path) -> None:
    """The database every workspace starts from has tables, and neither user, organisation nor key."""
    create_database(tmp_path, lambda _: None)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own literals
            for table in ("htx_user", "organization", "authtoken_token", "project", "django_migrations")
        }
    migrations = counts.pop("django_migrations")
    assert counts == {"htx_user": 0, "organization": 0, "authtoken_token": 0, "project": 0}
    assert migrations > 100
    assert not (tmp_path / ".env").exists()


def _own(_template: Path) -> None:
    """Leave it as it is."""


def _give_away(template: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a file away")
    os.chown(template, 65534, -1)


def _link(template: Path) -> None:
    """A link, which somebody may let point elsewhere."""
    template.rename(template.with_suffix(".real"))
    template.symlink_to(template.with_suffix(".real"))


def _fill(statement: str) -> Callable[[Path], None]:
    """A row in a table, whatever its other columns may ask for."""

    def fill(template: Path) -> None:
        table, column, value = statement.split()
        with closing(sqlite3.connect(template)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            given = dict.fromkeys(columns, "1") | {column: value}
            marks = ", ".join("?" * len(given))
            connection.execute(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({marks})", [*given.values()])  # noqa: S608 - our own literals

    return fill


@pytest.mark.parametrize(
    ("harm", "kept"),
    [
        (_own, True),
        (_give_away, False),
        (lambda template: template.chmod(0o666), False),
        (lambda template: template.chmod(0o660), False),
        (_link, False),
        (_fill("htx_user email eve@x.org"), False),
        (_fill("authtoken_token key 0123456789"), False),
        (_fill("organization title eve"), False),
        (_fill("project title eve"), False),
        (lambda template: template.write_bytes(b"noise"), False),
        (lambda template: sqlite3.connect(template).execute("DROP TABLE django_migrations"), False),
    ],
)
def test_a_template_that_others_could_have_filled_is_refused(
    harm: Callable[[Path], None], kept: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another owner, writable for others, a link, damaged, or with users, keys, projects in it: it is made anew."""
    create_database(tmp_path, lambda _: None)
    honest = (tmp_path / DATABASE).read_bytes()
    cache, data = tmp_path / "cache", tmp_path / "data"
    cache.mkdir()
    data.mkdir()
    template = cache / f"label-studio-{version('label-studio')}-1.sqlite3"
    template.write_bytes(honest)
    template.chmod(0o600)
    harm(template)
    monkeypatch.setenv("LABELING_CACHE", str(cache))
    made: list[Path] = []

    def migrate(path: Path) -> None:
        """In place of Label Studio's own migration, which takes a minute."""
        made.append(path)
        path.unlink()
        path.write_bytes(honest)

    monkeypatch.setattr("labeling.studio.server.package._migrate", migrate)
    create_database(data, lambda _: None)

    assert made == ([] if kept else [template])
    assert (data / DATABASE).read_bytes() == honest
    assert stat.S_IMODE((data / DATABASE).stat().st_mode) == 0o600


def test_without_a_cache_label_studio_migrates_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written is reported, and the folder stays without a database."""
    (tmp_path / "cache").write_text("not a folder")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LABELING_CACHE", str(tmp_path / "cache"))
    heard: list[str] = []
    create_database(tmp_path / "data", heard.append)
    assert len(heard) == 1
    assert "No migrated database can be kept" in heard[0]
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.skipif("LABELING_COLD" not in os.environ, reason="takes a minute; set LABELING_COLD to run it")
def test_two_that_start_cold_make_one_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged template is made anew, once, though two processes ask for it at the same time."""
    monkeypatch.setenv("LABELING_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"label-studio-{version('label-studio')}-1.sqlite3").write_bytes(b"noise")
    (tmp_path / "cache" / ".migrating-killed").mkdir()
    program = (
        "import sys; from pathlib import Path; from labeling.studio.server.package import create_database; "
        "data = Path(sys.argv[1]); data.mkdir(); create_database(data, print)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / name)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    heard = "".join(each.communicate(timeout=300)[0] for each in both)
    assert heard.count("Preparing the database") == 1
    assert (tmp_path / "a" / DATABASE).read_bytes() == (tmp_path / "b" / DATABASE).read_bytes()
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".lock", ".sqlite3"]
