"""A server as a team runs it: PostgreSQL, uWSGI, nginx with TLS, each from the files of `deploy/`, started for real.

What the embedded server keeps is kept here too; and what stands between us and a team's server fails by name.
"""

from __future__ import annotations

import random
import re
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import psycopg
import pytest
from faulty.scenarios import played
from faulty.stage import Stage
from production_server import FRONT, Production, absent, front

from labeling.annotations import Annotation, Relation, Span
from labeling.errors import (
    NotAuthorised,
    NotLabelStudio,
    ServerFailed,
    ServerRefused,
    ServerUnreachable,
    StudioError,
)
from labeling.project import Project, load_project
from labeling.studio.api.client import MOST_NUMBERS
from labeling.studio.api.connect import connect_to
from labeling.studio.server.ports import choose_port
from labeling.studio.sync.doctor import doctor
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push
from labeling.studio.sync.status import status
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

pytestmark = [
    pytest.mark.production,
    pytest.mark.skipif(bool(absent()), reason=f"not installed here: {', '.join(absent())}"),
    # The SDK's own, when it refreshes a token.
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
]

CONFIG = Path(__file__).parents[3] / "configs" / "diplomatic.toml"
PHRASE = "a long pass phrase"
TEXTS = {
    "toi/talks": "Hi 😀 Anna Bo met Minister Carl in Malé.\r\nThey signed.",
    "toi/visit": "🇲🇻 Dana left.",
    "c": ".",
}


@dataclass(frozen=True)
class Member:
    """Somebody who signed up, with a token of each kind."""

    legacy: str
    personal: str


@pytest.fixture
def trusted(running: Production, monkeypatch: pytest.MonkeyPatch) -> Production:
    """The server, whose certificate we trust, as its error says one should."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
    return running


@pytest.fixture(scope="module")
def people(running: Production) -> dict[str, Member]:
    """Two who signed up."""
    return {name: signed_up(running, f"{name}@example.org") for name in ("ana", "ben")}


@pytest.fixture(scope="module")
def owner(running: Production) -> str:
    """A personal access token of the first account's, which alone brings articles and fetches what was said."""
    trust = ssl.create_default_context(cafile=running.authority)
    key = {"Authorization": f"Token {running.server.api_key}"}
    made = httpx.post(f"{running.server.url}/api/token/", headers=key, verify=trust, trust_env=False, timeout=60)
    return str(made.json()["token"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped schema, and a workspace with three articles."""
    loaded = load_project(CONFIG, tmp_path / "workspace")
    loaded.workspace.articles.write([article(name, text) for name, text in TEXTS.items()])
    return loaded


def signed_up(running: Production, email: str) -> Member:
    """Let somebody in as a browser does it: by an invitation of their own, with an origin, over TLS."""
    trust = ssl.create_default_context(cafile=running.authority)
    with httpx.Client(base_url=running.server.url, verify=trust, trust_env=False, timeout=60) as browser:
        admin = {"Authorization": f"Token {running.server.api_key}"}
        asked = {"email": email, "project": 0}
        made = browser.post("/labeling/api/invitations", headers=admin, json=asked)
        invitation = made.json()["url"]
        browser.cookies.clear()
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(invitation).text)
        assert seal is not None
        form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "password": PHRASE}
        headers = {"Origin": running.server.url, "Referer": f"{running.server.url}{invitation}"}
        entered = browser.post(invitation, data=form, headers=headers)
        assert (entered.status_code, "Secure" in entered.headers["set-cookie"]) == (302, True)
        legacy = browser.get("/api/current-user/token").json()["token"]
        made = httpx.post(
            f"{running.server.url}/api/token/",
            headers={"Authorization": f"Token {legacy}"},
            verify=trust,
            trust_env=False,
            timeout=60,
        )
        return Member(legacy, made.json()["token"])


def article(name: str, text: str) -> Article:
    """An article as `ingest` writes it."""
    return made.article(name, text, title="T", source="toi")


def as_member(server: Credentials, key: str) -> Credentials:
    """The same server, by somebody's own key."""
    return server.model_copy(update={"api_key": key})


def tasks_in(running: Production, project: int) -> int:
    """How many tasks PostgreSQL itself holds."""
    at = running.database
    with psycopg.connect(
        host=at["POSTGRE_HOST"],
        dbname=at["POSTGRE_NAME"],
        user=at["POSTGRE_USER"],
        password=at["POSTGRE_PASSWORD"],
    ) as connection:
        row = connection.execute("SELECT count(*) FROM task WHERE project_id = %s", [project]).fetchone()
    return int(row[0]) if row else -1


def test_the_whole_way_with_tokens_of_both_kinds(
    project: Project, trusted: Production, people: dict[str, Member], owner: str
) -> None:
    """Pushed once, annotated by two, pulled to the character; a second push adds nothing, changes are pulled too."""
    model = Annotation(
        article="toi/talks",
        digest=digest_of(TEXTS["toi/talks"]),
        annotator="model:rules",
        spans=(Span(id="m1", start=5, end=12, label="PERSON"),),
    )
    project.workspace.suggestions.write([model])
    personal = as_member(trusted.server, owner)
    first = push(project, server=personal)
    again = push(project, server=trusted.server)
    assert (first.new, first.suggestions, again.new, again.same, again.suggestions) == (3, 1, 0, 3, 0)
    assert tasks_in(trusted, first.project) == 3

    rows = {row.article: row.task or 0 for row in project.workspace.pushed.rows()}
    annotations = drawn()
    for one, key in ((annotations[0], people["ana"].personal), (annotations[1], people["ben"].legacy)):
        with connect_to(trusted.server.url, key) as studio:
            studio.annotate(rows[one.article], one, article(one.article, TEXTS[one.article]))
    whole = pull(project, server=trusted.server)
    with connect_to(trusted.server.url, people["ben"].personal) as studio:
        studio.annotate(rows["c"], annotations[2], article("c", TEXTS["c"]))
    changes = pull(project, server=personal, changes=True)

    blank = {"task": None, "server_id": None, "updated": ""}
    came = [one.model_copy(update=blank) for one in project.workspace.annotations.rows()]
    assert came == sorted(annotations, key=lambda one: one.article)
    assert list(project.workspace.quarantine.rows()) == []
    assert (whole.submitted, whole.skipped, changes.new, changes.edited, changes.deleted) == (1, 1, 1, 0, 0)
    assert push(project, server=personal).new == 0
    assert tasks_in(trusted, first.project) == 3


def drawn() -> list[Annotation]:
    """What two people say: nested spans after an emoji, unsure, noted, related; a skip; nothing found."""
    text = TEXTS["toi/talks"]
    place = text.index("Minister Carl")
    spans = (
        Span(id="p", start=text.index("Anna"), end=text.index("Anna") + 7, label="PERSON", note="two\nlines “”"),
        Span(id="r", start=place, end=place + 8, label="ROLE", unsure=True),
        Span(id="c", start=place, end=place + 13, label="PERSON"),
    )
    full = Annotation(
        article="toi/talks",
        digest=digest_of(text),
        annotator="ana",
        spans=spans,
        relations=(Relation(head="c", tail="r", label="HOLDS_ROLE"),),
        choices={"event": ("CONSULT", "AGREE"), "usable": ("yes",)},
        seconds=12.5,
    )
    skipped = Annotation(article="toi/visit", digest=digest_of(TEXTS["toi/visit"]), annotator="ben", state="skipped")
    return [full, skipped, Annotation(article="c", digest=digest_of(TEXTS["c"]), annotator="ben")]


def test_the_set_up_is_sound(project: Project, trusted: Production, owner: str) -> None:
    """`doctor` finds nothing wrong with it, its probe comes back to the character; `status` counts what is there."""
    personal = as_member(trusted.server, owner)
    push(project, server=personal)

    found = {finding.what: finding for finding in doctor(project, server=personal)}

    assert {what: finding.verdict for what, finding in found.items()} == dict.fromkeys(found, "good")
    assert f"personal access token of {trusted.server.email}" in found["key"].found
    counted = status(project, server=personal)
    assert (counted.articles, counted.not_sent, counted.lost, counted.foreign_tasks) == (3, (), (), ())


def test_readers_are_held_to_their_own(project: Project, trusted: Production, people: dict[str, Member]) -> None:
    """On PostgreSQL with four processes: blind, refused, and one line of the audit a change."""
    pushed = push(project, server=trusted.server)
    task = next(row.task or 0 for row in project.workspace.pushed.rows() if row.article == "c")
    before = audited(trusted)
    with (
        connect_to(trusted.server.url, people["ana"].personal) as ana,
        connect_to(trusted.server.url, people["ben"].legacy) as ben,
    ):
        number = ana.annotate(task, Annotation(article="c", digest=digest_of("."), annotator="ana"), article("c", "."))
        opened = [one.transport.read(f"api/tasks/{task}/", "open a task").json()["annotations"] for one in (ana, ben)]
        for path in (f"api/projects/{pushed.project}/", f"api/annotations/{number}/"):
            with pytest.raises(NotAuthorised):
                ben.transport.write("DELETE", path, "remove what is not ben's")
        with pytest.raises(NotAuthorised):
            ben.transport.write("PATCH", f"api/annotations/{number}/", "change it", json={"result": []})

    assert [[each["id"] for each in one] for one in opened] == [[number], []]
    assert audited(trusted)[len(before) :] == [("ana@example.org", "POST", f"/api/tasks/{task}/annotations", 201)]


def audited(running: Production) -> list[tuple[str, str, str, int]]:
    """The lines of the audit, as PostgreSQL has them."""
    at = running.database
    with psycopg.connect(
        host=at["POSTGRE_HOST"],
        dbname=at["POSTGRE_NAME"],
        user=at["POSTGRE_USER"],
        password=at["POSTGRE_PASSWORD"],
    ) as connection:
        rows = connection.execute("SELECT email, method, path, status FROM labeling_audit ORDER BY id").fetchall()
    return [(str(email), str(method), str(path), int(status)) for email, method, path, status in rows]


@pytest.mark.parametrize("name", ["push killed", "answers spoilt"])
def test_faults_on_postgresql(running: Production, tmp_path: Path, name: str) -> None:
    """The same faults as on the embedded server: each article once, no annotation lost, or `Broken` is raised."""
    stage = Stage(tmp_path, running.plain, random.Random(5), patience=4)  # noqa: S311 - repeatable on purpose

    outcome, _seconds = played(stage, name, 1)

    assert outcome.times == 1


def test_an_organisation_that_wants_no_legacy_tokens(
    trusted: Production, people: dict[str, Member], owner: str
) -> None:
    """The error says which kind of token to use, and that kind goes on working."""
    url = trusted.server.url
    settle(trusted, owner, legacy=False)
    try:
        with (
            pytest.raises(NotAuthorised, match="legacy token authentication") as refused,
            connect_to(url, people["ana"].legacy),
        ):
            pass
        with connect_to(url, people["ana"].personal) as studio:
            assert studio.email == "ana@example.org"
    finally:
        settle(trusted, owner, legacy=True)

    assert "personal access token" in refused.value.todo
    with connect_to(url, people["ana"].legacy) as studio:
        assert studio.email == "ana@example.org"


def settle(trusted: Production, owner: str, *, legacy: bool) -> None:
    """Change the organisation's settings, as its page does."""
    with connect_to(trusted.server.url, owner) as studio:
        studio.transport.sdk.jwt_settings.update(
            api_tokens_enabled=True, legacy_api_tokens_enabled=legacy, api_token_ttl_days=90
        )


def test_nobody_signs_up_without_an_invitation(trusted: Production) -> None:
    """Whoever finds the page is sent away."""
    trust = ssl.create_default_context(cafile=trusted.authority)
    with httpx.Client(base_url=trusted.server.url, verify=trust, trust_env=False, timeout=60) as browser:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
        assert seal is not None
        form = {"csrfmiddlewaretoken": seal.group(1), "email": "eve@example.org", "password": PHRASE}
        origin = {"Origin": trusted.server.url, "Referer": f"{trusted.server.url}/user/signup/"}
        refused = browser.post("/user/signup/", data=form, headers=origin)

    assert refused.status_code == 403


@pytest.mark.parametrize("origin", [None, "null", f"https://{FRONT}", f"http://{FRONT}:PORT", "https://127.0.0.1:9"])
def test_a_write_from_elsewhere_is_refused_behind_nginx(
    project: Project, trusted: Production, origin: str | None
) -> None:
    """With the session of somebody logged in, from another port or another scheme of the same host: nothing is lost."""
    pushed = push(project, server=trusted.server)
    with logged_in(trusted) as browser:
        headers = {"Origin": origin.replace("PORT", str(trusted.server.port))} if origin else {}
        refused = delete_all(browser, pushed.project, headers)
        assert (refused.status_code, tasks_in(trusted, pushed.project)) == (403, 3)
        passed = delete_all(browser, pushed.project, {"Origin": trusted.server.url})
        assert (passed.status_code, tasks_in(trusted, pushed.project)) == (200, 0)
        assert refused.headers["X-Frame-Options"] == passed.headers["X-Frame-Options"] == "DENY"


@pytest.mark.browser
def test_a_foreign_page_in_the_annotators_browser(
    project: Project, trusted: Production, foreign_form: Callable[..., Any]
) -> None:
    """Its form, from another port of the same host over TLS, is refused; the annotator's Submit is stored."""
    project.workspace.articles.write([article("toi/talks", TEXTS["toi/talks"])])
    pushed = push(project, server=trusted.server)

    visit = foreign_form(trusted.server, pushed.project, trusted.authority)
    pull(project, server=trusted.server)

    assert "sessionid=" in visit.cookie
    assert (visit.status, visit.submitted, tasks_in(trusted, pushed.project)) == (403, 201, 1)
    assert [one.choices for one in project.workspace.annotations.rows()] == [{"event": ("CONSULT",)}]


@contextmanager
def logged_in(running: Production) -> Iterator[httpx.Client]:
    """A browser of the first user."""
    trust = ssl.create_default_context(cafile=running.authority)
    with httpx.Client(base_url=running.server.url, verify=trust, trust_env=False, timeout=60) as browser:
        assert log_in(browser, running.server.email, running.server.password).is_redirect
        yield browser


def log_in(browser: httpx.Client, email: str, password: str, **headers: str) -> httpx.Response:
    """Send the form of the log-in page."""
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
    assert seal is not None
    form = {"csrfmiddlewaretoken": seal.group(1), "email": email, "password": password}
    origin = str(browser.base_url).rstrip("/")
    said = {"Origin": origin, "Referer": f"{origin}/user/login/", **headers}
    return browser.post("/user/login/", data=form, headers=said)


def delete_all(browser: httpx.Client, project: int, headers: dict[str, str]) -> httpx.Response:
    """What the foreign form asks for."""
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    where = {"id": "delete_tasks", "project": str(project)}
    return browser.post("/api/dm/actions", params=where, json=chosen, headers=headers)


def test_guessing_is_slowed_in_all_processes_together(trusted: Production, people: dict[str, Member]) -> None:
    """Of 24 guesses, eight at a time, two processes check a few; who forwards invented addresses is one guesser."""
    assert "ana" in people
    trust = ssl.create_default_context(cafile=trusted.authority)

    def guess(number: int) -> int:
        with httpx.Client(base_url=trusted.server.url, verify=trust, trust_env=False, timeout=60) as browser:
            hidden = {"X-Forwarded-For": f"203.0.113.{number}"}
            return log_in(browser, "ana@example.org", "not the phrase", **hidden).status_code

    with ThreadPoolExecutor(8) as many:
        codes = [code for _ in range(3) for code in many.map(guess, range(8))]
    # Herself from somewhere else, which is another address of this machine; and a colleague from the guesser's.
    with httpx.Client(base_url=trusted.server.url, transport=from_address("127.0.0.3", trust), timeout=60) as elsewhere:
        away = log_in(elsewhere, "ana@example.org", PHRASE)
    with httpx.Client(base_url=trusted.server.url, verify=trust, trust_env=False, timeout=60) as colleague:
        beside = log_in(colleague, "ben@example.org", PHRASE)

    assert set(codes) == {200, 429}
    assert 5 <= codes.count(200) <= 9
    assert away.is_redirect
    assert beside.is_redirect


def from_address(address: str, trust: ssl.SSLContext) -> httpx.HTTPTransport:
    """Connections that come from another address of this machine."""
    return httpx.HTTPTransport(verify=trust, local_address=address, trust_env=False)


def test_a_certificate_that_signed_itself(running: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused until the environment names the file of its authority: that is what the error says to do."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        pytest.raises(ServerUnreachable, match="self-signed certificate") as refused,
        connect_to(running.server.url, running.server.api_key),
    ):
        pass

    assert "SSL_CERT_FILE" in refused.value.todo
    monkeypatch.setenv("SSL_CERT_FILE", str(running.authority))
    with connect_to(running.server.url, running.server.api_key) as studio:
        assert studio.email == running.server.email


@pytest.mark.parametrize(
    ("scheme", "path", "error"),
    [
        ("https", "/projects", NotLabelStudio),
        ("https", "/user/login", NotLabelStudio),
        ("https", "/api", NotLabelStudio),
        ("http", "", StudioError),
    ],
)
def test_a_wrong_address(trusted: Production, scheme: str, path: str, error: type[StudioError]) -> None:
    """Copied from the browser with a path, or plain HTTP where TLS is spoken: a named error, without the key."""
    url = trusted.server.url.replace("https", scheme) + path
    with pytest.raises(error) as refused, connect_to(url, trusted.server.api_key):
        pass

    assert refused.value.todo
    assert trusted.server.api_key not in f"{refused.value} {refused.value.todo}"


def test_a_front_that_takes_no_large_requests(project: Project, trusted: Production) -> None:
    """By default nginx takes 1 MB: 413 with the setting to change; by the right front each article is there once."""
    large = [article(f"large/{number}", f"{number} " + "Anna met Bob. " * 10_000) for number in range(9)]
    project.workspace.articles.write(large)
    outer = choose_port(None, None)
    narrow = trusted.server.model_copy(update={"url": f"https://{FRONT}:{outer}"})
    with (
        front(trusted.authority.parent, trusted.inner, outer, without="client_max_body_size"),
        pytest.raises(ServerRefused, match="413") as refused,
    ):
        push(project, server=narrow, pace=Pace(patience=0.5))

    pushed = push(project, server=trusted.server, pace=Pace(patience=0.5))

    assert "client_max_body_size" in refused.value.todo
    assert "Anna" not in str(refused.value)
    assert (pushed.new, tasks_in(trusted, pushed.project)) == (9, 9)


def test_the_longest_address_passes(project: Project, trusted: Production) -> None:
    """As many tasks as a pull asks for at once, through nginx and uWSGI; none of them is there."""
    wanted = range(9_000_000, 9_000_000 + MOST_NUMBERS)
    pushed = push(project, server=trusted.server)
    with connect_to(trusted.server.url, trusted.server.api_key) as studio:
        assert list(studio.export_pieces(pushed.project, wanted)) == [b"[]"]


def test_a_front_with_nothing_behind_it(trusted: Production) -> None:
    """While Label Studio restarts, nginx answers with a page of its own: 502, by name."""
    outer = choose_port(None, None)
    with (
        front(trusted.authority.parent, choose_port(None, None), outer),
        pytest.raises(ServerFailed, match="502") as failed,
        connect_to(f"https://{FRONT}:{outer}", trusted.server.api_key),
    ):
        pass

    assert "run the same command again" in failed.value.todo


def test_no_log_holds_a_key_or_a_text(project: Project, trusted: Production, people: dict[str, Member]) -> None:
    """Neither nginx nor uWSGI nor PostgreSQL write down tokens, passwords or what an article says."""
    push(project, server=trusted.server)
    secrets = [trusted.server.api_key, trusted.server.password, PHRASE, "Anna Bo met"]
    secrets += [key for member in people.values() for key in (member.legacy, member.personal)]

    logs = [path for path in trusted.authority.parent.rglob("*") if path.is_file() and "log" in path.name]

    assert {path.name for path in logs} >= {"uwsgi.log", "postgres.log", "init.log", "error.log"}
    logged = "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)
    assert [secret for secret in secrets if secret in logged] == []


@pytest.mark.usefixtures("written_by_hand")
def test_many_at_once(project: Project, trusted: Production, people: dict[str, Member]) -> None:
    """Four annotate without a pause while articles are pushed and annotations pulled: all of it is there, once."""
    everything = [article(f"wire/{number:03}", f"{number} Anna met Bob in Malé.") for number in range(120)]
    project.workspace.articles.write(everything[:24])
    first = push(project, server=trusted.server)
    rows = {row.article: row.task or 0 for row in project.workspace.pushed.rows()}
    keys = [key for member in people.values() for key in (member.legacy, member.personal)]
    crowd = [
        threading.Thread(target=annotate, args=(trusted, key, rows, everything[at:24:4])) for at, key in enumerate(keys)
    ]
    for one in crowd:
        one.start()
    while any(one.is_alive() for one in crowd):
        project.workspace.articles.write(everything)
        push(project, server=trusted.server)
        pull(project, server=trusted.server, changes=True)
        time.sleep(0.1)
    for one in crowd:
        one.join()
    last = pull(project, server=trusted.server, changes=True)

    came = [one.article for one in project.workspace.annotations.rows()]
    assert sorted(came) == sorted(rows)
    assert (last.submitted, tasks_in(trusted, first.project)) == (24, 120)


def annotate(trusted: Production, key: str, rows: dict[str, int], articles: list[Article]) -> None:
    """Submit one annotation of each of these articles."""
    with connect_to(trusted.server.url, key) as studio:
        for one in articles:
            span = Span(id="x", start=one.text.index("Anna"), end=one.text.index("Anna") + 4, label="PERSON")
            drawn_now = Annotation(article=one.id, digest=one.digest, annotator="", spans=(span,), seconds=1.0)
            studio.annotate(rows[one.id], drawn_now, one)
