"""The gate before the real embedded Label Studio: who may write, who may frame it, and how fast one may guess.

Each refusal here is an answer 200 or 201 where Label Studio stands alone.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gate_process import run_behind_gate
from packaging.requirements import Requirement

from labeling.errors import ServerRefused
from labeling.project import load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.server.package import GATE_FOLDER, gate_version
from labeling.studio.server.server import run_embedded_server
from labeling.studio.sync.doctor import doctor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

pytestmark = [
    pytest.mark.studio,
    # The SDK's own, when it refreshes a token.
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
]

CONFIG = '<View><Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="X"/></Labels></View>'
PHRASE = "a long pass phrase"
WRONG = "not the phrase"
ELSEWHERE = "http://127.0.0.1:9"


@pytest.fixture
def page(studio: Credentials) -> Iterator[httpx.Client]:
    """What a browser of the first user sends: their session, and nothing else."""
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as browser:
        assert log_in(browser, studio.email, studio.password).is_redirect
        yield browser


@pytest.fixture
def client(studio: Credentials) -> Iterator[Studio]:
    """Our own client."""
    with connect_to(studio.url, studio.api_key) as connected:
        yield connected


@pytest.fixture
def tasks(client: Studio) -> Callable[[], list[int]]:
    """The tasks of a project with three of them, as the server lists them at that moment."""
    project = client.create_project("behind the gate", "", CONFIG, "")
    client.transport.write(
        "POST", f"api/projects/{project}/import", "import", json=[{"text": f"{n}"} for n in range(3)]
    )

    return lambda: [int(row["id"]) for row in client.list_tasks(project, "id")]


def log_in(browser: httpx.Client, email: str, password: str, **headers: str) -> httpx.Response:
    """Send the form of the log-in page."""
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
    assert seal is not None
    form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "password": password}
    origin = str(browser.base_url).rstrip("/")
    return browser.post("/user/login/", data=form, headers={"Origin": origin, **headers})


# --- writes from elsewhere -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/dm/actions", "/api/dm/actions/"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
)
def test_a_form_from_elsewhere_deletes_nothing(
    page: httpx.Client, tasks: Callable[[], list[int]], path: str, headers: dict[str, str]
) -> None:
    """With the session of somebody logged in: refused, with and without a trailing slash, and every task is there."""
    before = tasks()
    form = {"selectedItems": json.dumps({"all": True, "excluded": []})}
    project = str(page.get("/api/projects?ordering=-id").json()["results"][0]["id"])
    refused = page.post(path, params={"id": "delete_tasks", "project": project}, data=form, headers=headers)

    assert refused.status_code == 403
    assert "nothing was changed" in refused.json()["detail"]
    assert tasks() == before
    assert len(before) == 3


def test_the_own_pages_calls_pass(page: httpx.Client, tasks: Callable[[], list[int]], studio: Credentials) -> None:
    """The same call with the page's own origin deletes all three; under the server's other name it works too."""
    assert len(tasks()) == 3
    project = str(page.get("/api/projects?ordering=-id").json()["results"][0]["id"])
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    done = page.post(
        "/api/dm/actions",
        params={"id": "delete_tasks", "project": project},
        json=chosen,
        headers={"Origin": studio.url},
    )

    assert (done.status_code, tasks()) == (200, [])
    renamed = page.patch(
        f"/api/projects/{project}",
        json={"title": "behind the gate 2"},
        headers={"Origin": f"http://localhost:{studio.port}", "Host": f"localhost:{studio.port}"},
    )
    assert renamed.status_code == 200


def test_what_a_proxy_would_say_counts_for_nothing_without_one(page: httpx.Client, studio: Credentials) -> None:
    """The embedded server has no proxy before it: who forwards a host is a stranger."""
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Origin": "https://evil.example"}

    assert page.post("/api/projects", json={"title": "stolen"}, headers=forwarded).status_code == 403
    assert page.post("/api/projects", json={"title": "mine"}, headers={"Origin": studio.url}).status_code == 201


def test_keys_need_no_origin(studio: Credentials) -> None:
    """Both headers for a key, in a client that keeps the cookies the server gives to everybody."""
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as program:
        for name, value in (("Authorization", f"Token {studio.api_key}"), ("X-Api-Key", studio.api_key)):
            for title in ("first call", "second call"):
                made = program.post("/api/projects", json={"title": title}, headers={name: value})
                assert made.status_code == 201
        assert "sessionid" in program.cookies


def test_the_sdk_fetches_a_new_token_when_its_own_has_ended(studio: Credentials) -> None:
    """That call has no key in a header, and a cookie of the calls before it: it passes all the same."""
    # The owner's, for readers make no projects.
    key = {"Authorization": f"Token {studio.api_key}"}
    made = httpx.post(f"{studio.url}/api/token/", headers=key, timeout=60)
    with connect_to(studio.url, made.json()["token"]) as client:
        first = client.create_project("with a token", "", CONFIG, "")
        tokens = client.transport.sdk._client_wrapper._tokens_client
        tokens._access_token = None
        second = client.create_project("with the next token", "", CONFIG, "")

    assert second > first


def test_a_refusal_is_a_page_for_people_and_json_for_programs(page: httpx.Client) -> None:
    """Neither repeats what the stranger wrote, and the log has one line a refusal, without the query."""
    headers = {"Origin": "https://<script>alert(1)</script>"}
    shown = page.post("/user/account/?token=secret", headers={**headers, "Accept": "text/html,*/*"})
    told = page.post("/user/account/?token=secret", headers=headers)

    assert (shown.status_code, told.status_code) == (403, 403)
    assert shown.headers["Content-Type"].startswith("text/html")
    assert "<h1>Refused</h1>" in shown.text
    assert told.json().keys() == {"detail"}
    assert "script" not in shown.text + told.text


def test_the_log_has_a_line_a_refusal(page: httpx.Client, studio_workspace: Workspace) -> None:
    """Method, path and reason; neither the query nor a cookie; what is not printable is escaped."""
    log = studio_workspace.studio / "server.log"
    before = len(log.read_text(encoding="utf-8"))
    page.delete("/api/projects/1?token=hidden", headers={"Origin": "http://e\x1b[31mvil"})
    time.sleep(0.2)
    written = [line for line in log.read_text(encoding="utf-8")[before:].splitlines() if "labeling_gate" in line]

    assert len(written) == 1
    assert "refused DELETE '/api/projects/1': foreign origin" in written[0]
    assert "hidden" not in written[0]
    assert "\x1b[31m" not in written[0]


# --- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "host"),
    [
        ("GET", "/user/login/", None),
        ("GET", "/user/login", None),
        ("GET", "/static/images/favicon.ico", None),
        ("GET", "/projects/", None),
        ("GET", "/api/projects", None),
        ("GET", "/no/such/page", None),
        ("GET", "/health", "example.org"),
        ("OPTIONS", "/api/projects", None),
        ("POST", "/api/token/refresh/", None),
        ("POST", "/api/projects", None),
    ],
)
def test_no_answer_may_be_shown_in_a_frame(studio: Credentials, method: str, path: str, host: str | None) -> None:
    """Pages, files, API, refusals and errors alike; and each says which gate stands there."""
    headers = {"Host": host} if host else {}
    answer = httpx.request(method, studio.url + path, headers=headers, timeout=60, trust_env=False)

    assert answer.headers.get_list("X-Frame-Options") == ["DENY"]
    # Once: without the slash Label Studio runs its whole chain a second time, and the gate in it stands aside.
    assert answer.headers["Content-Security-Policy"].count("frame-ancestors 'none'") == 1
    assert answer.headers["X-Labeling-Gate"] == gate_version()


# --- guessing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(studio_workspace: Workspace) -> Iterator[Callable[[float], None]]:
    """Put the last wrong password of everybody so many seconds from now; afterwards none was wrong.

    One in the future holds the pause at its whole length, however slow this machine is.
    """
    path = studio_workspace.studio / "data" / "gate.sqlite3"

    def put(seconds: float) -> None:
        with closing(sqlite3.connect(path)) as kept, kept:
            kept.execute("UPDATE guesses SET last = ?", [time.time() + seconds])

    yield put
    with closing(sqlite3.connect(path)) as kept, kept:
        kept.execute("DELETE FROM guesses")


def test_guessing_is_slowed_down_and_the_right_password_ends_it(
    studio: Credentials, clock: Callable[[float], None]
) -> None:
    """Five are checked; the sixth is answered 429 with the seconds to wait, even if right; after them she gets in."""
    add_user(studio, "guessed@example.org", PHRASE)
    add_user(studio, "colleague@example.org", PHRASE)
    with (
        httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as guesser,
        httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as colleague,
    ):
        wrong = [guess(guesser, spelled) for spelled in spellings("guessed@example.org")]
        clock(60)
        slowed = guess(guesser, "guessed@example.org", PHRASE)
        assert log_in(colleague, "colleague@example.org", PHRASE).is_redirect
        clock(-2)
        entered = guess(guesser, "guessed@example.org", PHRASE)
        guesser.cookies.clear()
        anew = [guess(guesser, "guessed@example.org").status_code for _ in range(5)]

    assert [answer.status_code for answer in wrong] == [200] * 5
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "1")
    assert "Try again in 1 seconds" in slowed.text
    assert entered.is_redirect
    assert anew == [200] * 5


def spellings(email: str) -> list[str]:
    """The same account five times."""
    return [email, email.upper(), email.title(), f" {email}", f"{email} "]


def guess(browser: httpx.Client, email: str, password: str = WRONG) -> httpx.Response:
    """Try a password at the log-in page, as a browser."""
    return log_in(browser, email, password, Accept="text/html")


def test_guesses_at_all_pages_are_one_count(studio: Credentials, clock: Callable[[float], None]) -> None:
    """Label Studio's log-in, Django's admin and the REST framework's: five together, then none of them looks."""
    email = "three.doors@example.org"
    doors = ("/admin/login/", "/api-auth/login/", "/user/login/")
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as guesser:
        checked = [try_door(guesser, path, email).status_code for path in (*doors, *doors[:2])]
        clock(60)
        refused = [try_door(guesser, path, email).status_code for path in (*doors, "/user/login")]

    assert (checked, refused) == ([200] * 5, [429] * 4)


def try_door(browser: httpx.Client, path: str, email: str) -> httpx.Response:
    """A wrong password at one of the pages that take one."""
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
    assert seal is not None
    form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "username": email, "password": WRONG}
    return browser.post(path, data=form, headers={"Origin": str(browser.base_url).rstrip("/")})


def test_a_browser_that_was_in_before_is_not_slowed_by_others(
    studio: Credentials, clock: Callable[[float], None]
) -> None:
    """Somebody guesses at her account from her own address without a pause: her browser gets in at once."""
    email = "known.browser@example.org"
    add_user(studio, email, PHRASE)
    with (
        httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as hers,
        httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as guesser,
    ):
        assert log_in(hers, email, PHRASE).is_redirect
        mark = hers.cookies["labeling_known"]
        hers.cookies.clear()
        hers.cookies.set("labeling_known", mark)
        for _ in range(5):
            guess(guesser, email)
        clock(60)
        assert guess(guesser, email, PHRASE).status_code == 429
        assert log_in(hers, email, PHRASE).is_redirect
        # The mark is of one account, and cannot be made up.
        guesser.cookies.set("labeling_known", mark[:-1] + ("A" if mark[-1] != "A" else "B"))
        assert guess(guesser, email, PHRASE).status_code == 429


def test_our_own_sign_up_says_when_to_try_again(studio: Credentials, clock: Callable[[float], None]) -> None:
    """`add_user` with wrong passwords: in the end an error with the seconds to wait, and without the password."""
    email = "mistyped@example.org"
    add_user(studio, email, PHRASE)
    for _ in range(5):
        with pytest.raises(ServerRefused, match="neither log in nor sign up"):
            add_user(studio, email, "another phrase")
    clock(60)
    with pytest.raises(ServerRefused, match="too many wrong passwords") as refused:
        add_user(studio, email, "another phrase")

    assert "wait 1 seconds" in refused.value.todo
    assert "another phrase" not in str(refused.value)


def test_the_file_of_guesses_names_nobody(studio: Credentials, studio_workspace: Workspace) -> None:
    """Neither who was guessed nor what: some type their password where the e-mail belongs."""
    with httpx.Client(base_url=studio.url, timeout=60, trust_env=False) as guesser:
        guess(guesser, "typed.password@example.org", "swordfish-in-the-log")
    path = studio_workspace.studio / "data" / "gate.sqlite3"
    with sqlite3.connect(path) as kept:
        rows = kept.execute("SELECT who, wrong FROM guesses").fetchall()
    log = (studio_workspace.studio / "server.log").read_text(encoding="utf-8")

    assert rows
    assert all(re.fullmatch(r"[0-9a-f]{64}", who) for who, _ in rows)
    assert b"typed.password" not in path.read_bytes()
    assert "swordfish-in-the-log" not in log


# --- whose gate ------------------------------------------------------------------------------------------------------


def test_doctor_says_which_gate_a_server_has(
    studio: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one of this package is good; an older or newer one is doubtful."""
    project = load_project(workspace=tmp_path)
    good = {finding.what: finding for finding in doctor(project, server=studio)}["gate"]
    monkeypatch.setattr("labeling.studio.sync.doctor.gate_version", lambda: "another")
    other = {finding.what: finding for finding in doctor(project, server=studio)}["gate"]

    assert (good.verdict, other.verdict) == ("good", "doubtful")
    assert gate_version() in good.found
    assert gate_version() in other.found


def test_a_server_without_a_gate_goes_on_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder made before there was a gate: `doctor` misses it; after a restart it is there, the key the same."""
    project = load_project(workspace=tmp_path)
    with monkeypatch.context() as before:
        before.setattr("labeling.studio.server.process.gate_environment", lambda environment: environment)
        with run_embedded_server(project.workspace) as bare:
            missing = {finding.what: finding for finding in doctor(project, server=bare)}["gate"]
    with run_embedded_server(project.workspace) as gated:
        found = {finding.what: finding.verdict for finding in doctor(project, server=gated)}
        with httpx.Client(base_url=gated.url, timeout=60, trust_env=False) as browser:
            entered = log_in(browser, gated.email, gated.password)

    assert (missing.verdict, missing.found.startswith("the server has no gate")) == ("doubtful", True)
    assert "labeling serve --stop" in missing.todo
    assert set(found.values()) == {"good"}
    assert gated.api_key == bare.api_key
    assert entered.is_redirect


# Run by an interpreter that finds the standard library, the gate, and what Label Studio requires.
GUEST = """
import json, os, sqlite3, sys
gate, site = sys.argv[1:]
sys.path += [gate, site]
for absent in ("labeling", "spacy", "daft"):
    try:
        __import__(absent)
    except ImportError:
        continue
    raise SystemExit(f"{absent} can be imported here")
sys.path.insert(0, os.path.join(site, "label_studio"))
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from labeling_gate import guessing, middleware

decide, decisions = middleware.decide, []
middleware.decide = lambda visit: decisions.append(visit.path) or decide(visit)
answers = []
for method, headers in (("GET", {}), ("POST", {}), ("POST", {"HTTP_ORIGIN": "http://elsewhere.example"})):
    request = RequestFactory().generic(method, "/api/version", **headers)
    answer = lambda status, headers: answers.append([status[:3], dict(headers).get("X-Labeling-Gate")])
    application(request.environ, answer)

admitted = []
for caller in [guessing.Caller("203.0.113.9") for _ in range(7)]:
    guessing.caller_now.set(caller)
    for again in range(15):
        try:
            guessing.GuessingBackend().authenticate(None, email="ana@example.org", password="guessed")
        except PermissionDenied:
            continue
        admitted.append(again)
with sqlite3.connect(os.path.join(os.environ["LABEL_STUDIO_BASE_DATA_DIR"], "gate.sqlite3")) as kept:
    wrong = kept.execute("SELECT wrong FROM guesses").fetchall()
print(json.dumps({"answers": answers, "decisions": decisions, "admitted": len(admitted), "wrong": wrong}))
"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `GUEST` prints: the gate in a process that can import nothing of ours, as in the vendor's image."""
    folder = tmp_path_factory.mktemp("guest")
    site = folder / "site"
    site.mkdir()
    for name in required_by("label-studio"):
        link_distribution(name, site)
    words = ["-I", "-S", "-c", GUEST, str(GATE_FOLDER), str(site)]
    return run_behind_gate(words, folder, folder / "data", LOG_LEVEL="WARNING")


def test_the_gate_runs_where_nothing_of_ours_can_be_imported(guest: dict[str, Any]) -> None:
    """Standard library, Label Studio and what that requires are enough: it lets pass, refuses, and says its version."""
    # Its database is not migrated: Label Studio itself fails behind the gate.
    assert guest["answers"] == [["500", gate_version()], ["500", gate_version()], ["403", gate_version()]]


def test_the_gate_decides_once_a_request(guest: dict[str, Any]) -> None:
    """Label Studio runs a request up to 15 times again while its database is locked: a guess is one all the same."""
    assert guest["decisions"] == ["/api/version"] * 3
    # Seven requests, each asking 15 times: five are let through each time it asks, and count as five.
    assert (guest["admitted"], guest["wrong"]) == (5 * 15, [[5]])


def required_by(name: str) -> set[str]:
    """The installed distributions that one requires, itself included."""
    seen: set[str] = set()
    waiting = [Requirement(name)]
    while waiting:
        requirement = waiting.pop()
        key = requirement.name.lower()
        if key in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(key)
        waiting += [Requirement(each) for each in importlib.metadata.requires(key) or []]
    return seen


def link_distribution(name: str, site: Path) -> None:
    """Let ``site`` hold what a distribution has in this environment."""
    distribution = importlib.metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}
    for top in tops:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))
