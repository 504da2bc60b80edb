"""The client: against the real Label Studio, and every way in which a server can fail it, over real sockets."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import threading
import traceback
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest

from labeling.annotations import Annotation, Span
from labeling.errors import (
    NoServer,
    NotAuthorised,
    NotLabelStudio,
    ServerFailed,
    ServerRefused,
    ServerUnreachable,
    ShortAnswer,
    StudioError,
    UsageError,
)
from labeling.studio.api.client import MOST_NUMBERS
from labeling.studio.api.connect import connect, connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import task_of
from labeling.values import digest_of
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from labeling.articles import Article
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials

KEY = "0123456789abcdef0123456789abcdef01234567"
CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="PERSON"/></Labels><Text name="text" value="$text"/></View>'
)
USER = b'{"id": 1, "email": "ana@x.org"}'
SECRET = "the minister said"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for seconds before a read is tried again."""
    monkeypatch.setattr("labeling.studio.api.transport.PAUSES", (0.01, 0.02))


@contextmanager
def server(*answers: tuple[int, bytes, dict[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers, one a request, the last one for ever; its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body, headers = answers[min(len(asked), len(answers) - 1)]
            asked.append(f"{self.command} {self.path}")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), "Set-Cookie": "sid=biscuit", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", asked
        finally:
            http.shutdown()
            thread.join()


def an_answer(status: int, body: bytes = b"{}", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """An answer with JSON in it, unless headers say otherwise."""
    return status, body, {"Content-Type": "application/json", **headers}


def a_page(status: int, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """A web page."""
    return status, b"<!doctype html><html><p>" + SECRET.encode() + b"</html>", {"Content-Type": "text/html", **headers}


def plain_to_tls() -> tuple[int, bytes, dict[str, str]]:
    """What nginx says to plain HTTP where it speaks TLS."""
    return 400, b"<html>The plain HTTP request was sent to HTTPS port</html>", {"Content-Type": "text/html"}


def detail(text: str, **fields: Any) -> bytes:
    """An error in Label Studio's form."""
    return json.dumps({"detail": text, "validation_errors": fields}).encode()


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (an_answer(401, detail("Invalid token.")), NotAuthorised, r"does not accept the key: 401 \(Invalid token.\)"),
        (an_answer(403, detail("No permission")), NotAuthorised, "403"),
        (a_page(401), NotAuthorised, "401"),
        (an_answer(400, detail("Bad", title=["Too short"])), ServerRefused, r"400 \(Bad; title: Too short\)"),
        (an_answer(404, detail("Not found.")), ServerRefused, "404"),
        (an_answer(409, detail("Conflict")), ServerRefused, "409"),
        (a_page(413), ServerRefused, "413"),
        (a_page(414), ServerRefused, "414"),
        (an_answer(429, detail("Slow down")), ServerRefused, "429"),
        (an_answer(500, detail("Oops")), ServerFailed, "500"),
        (a_page(502), ServerFailed, "502"),
        (a_page(404), NotLabelStudio, "not Label Studio's API"),
        (a_page(200), NotLabelStudio, "not Label Studio's API"),
        (an_answer(200, b"{}"), NotLabelStudio, "not as Label Studio does"),
        (an_answer(200, b"[1]"), NotLabelStudio, "not as Label Studio does"),
        (a_page(302, Location="/user/login/?next=/api"), NotLabelStudio, "leads to a login page"),
        (plain_to_tls(), NotLabelStudio, "expects https"),
        (a_page(301, Location="https://x.org/?token=abc"), NotLabelStudio, "leads to https://x.org/$"),
    ],
)
def test_every_bad_answer_has_a_named_error(
    answer: tuple[int, bytes, dict[str, str]], error: type[StudioError], says: str
) -> None:
    """The error has the status and the server's short reason, and neither key, cookie, header nor page; todo helps."""
    with server(answer) as (url, asked), pytest.raises(error, match=says) as refused, connect_to(url, KEY):
        pass

    shown = "".join(traceback.format_exception(refused.value)) + refused.value.todo + refused.value.where
    assert type(refused.value) is error
    assert not [leak for leak in (KEY, "biscuit", SECRET, "token=") if leak in shown]
    assert (len(asked), refused.value.where) == (3 if answer[0] in (429, 502) else 1, url)
    assert refused.value.todo


@pytest.mark.parametrize(
    "answer",
    [
        a_page(404),
        a_page(200),
        an_answer(200, b"{}"),
        a_page(302, Location="/ls/"),
        a_page(301, Location="/user/login/"),
    ],
)
def test_a_path_that_was_forgotten_is_named_as_a_way_out(answer: tuple[int, bytes, dict[str, str]]) -> None:
    """Whatever lives at the root of the host: the way out tells that the server may live below a path."""
    with server(answer) as (url, _), pytest.raises(NotLabelStudio) as refused, connect_to(url, KEY):
        pass

    assert "may live below a path" in refused.value.todo


def test_a_server_below_a_path_is_asked_below_it() -> None:
    """Each request of the client goes to the path that its address names."""
    with server(an_answer(200, USER)) as (url, asked), connect_to(f"{url}/ls/", KEY) as studio:
        assert studio.url == f"{url}/ls"

    assert [each.partition("/api")[0] for each in asked] == ["GET /ls"] * len(asked)
    assert asked


def test_a_closed_port_is_unreachable() -> None:
    """Nothing listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServerUnreachable, match="Connection refused"), connect_to(url, KEY):
        pass


def test_a_connection_that_is_cut_off_is_unreachable() -> None:
    """An answer shorter than its Content-Length is not an answer."""
    cut_off = an_answer(200, USER, **{"Content-Length": "999"})
    expected = pytest.raises(ServerUnreachable, match="RemoteProtocolError")
    with server(cut_off) as (url, _), expected, connect_to(url, KEY):
        pass


def test_a_server_that_says_nothing_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the patience of the first question, here a tenth of a second."""
    monkeypatch.setattr("labeling.studio.api.transport.FIRST_REQUEST_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(ServerUnreachable, match="not in time"), connect_to(url, KEY):
            pass


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x.org", "http://", "http://[", "x"])
def test_a_malformed_address_is_refused(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ServerUnreachable, match="not the address"), connect_to(url, KEY):
        pass


@pytest.mark.parametrize("key", ["two words", "a\nb", "schlüssel"])
def test_a_malformed_key_is_refused_and_not_shown(key: str) -> None:
    """Before anything is sent; a network error would quote it."""
    with pytest.raises(NotAuthorised) as refused, connect_to("http://127.0.0.1:9", key):
        pass

    assert key not in f"{refused.value} {refused.value.todo}"


def test_a_password_in_the_address_is_not_shown() -> None:
    """Addresses in messages have neither user nor password."""
    expected = pytest.raises(NotLabelStudio)
    with server(a_page(404)) as (url, _), expected as refused, connect_to(url.replace("//", "//ana:pw@"), KEY):
        pass

    assert "pw" not in f"{refused.value} {refused.value.todo} {refused.value.where}"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda studio: studio.import_tasks(1, [{"data": {"text": SECRET}}]), "POST /api/projects/1/import"),
        (
            lambda studio: studio.import_suggestions(1, ['{"task": 1, "result": []}']),
            "POST /api/projects/1/import/pred",
        ),
        (lambda studio: studio.annotate(1, a_note(), an_article()), "POST /api/tasks/1/annotations"),
    ],
)
@pytest.mark.parametrize("status", [400, 409, 500, 503])
def test_writing_is_tried_once_and_texts_are_not_quoted(call: Any, path: str, status: int) -> None:
    """Even where the SDK would try again; the server's reason, which quotes the request, is left out."""
    quoting = an_answer(status, detail(SECRET, non_field_errors=[f"Error at item 0 :: {SECRET}"]))
    asking = server(an_answer(200, USER), quoting)
    with asking as (url, asked), connect_to(url, KEY) as studio, pytest.raises(StudioError) as failed:
        call(studio)

    assert SECRET not in f"{failed.value} {failed.value.todo}"
    assert [one for one in asked if one.startswith(path)] == asked[1:]
    assert len(asked) == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_that_fails_for_a_moment_is_tried_again(status: int) -> None:
    """Two such answers are survived, each told apart from the answer that follows."""
    users = b'[{"id": 1, "email": "ana@x.org"}]'
    failing_twice = server(an_answer(200, USER), an_answer(status), a_page(status), an_answer(200, users))
    with failing_twice as (url, asked), connect_to(url, KEY) as studio:
        assert studio.users() == [(1, "ana@x.org")]

    assert len(asked) == 4


@pytest.mark.parametrize("status", [408, 409, 500, 501])
def test_a_read_that_fails_otherwise_is_not_tried_again(status: int) -> None:
    """Another try would fail alike."""
    failing, expected = server(an_answer(200, USER), an_answer(status)), pytest.raises(StudioError, match=str(status))
    with failing as (url, asked), connect_to(url, KEY) as studio, expected:
        studio.users()

    assert len(asked) == 2


def test_three_momentary_failures_end_a_read() -> None:
    """With the error of the last one."""
    failing = server(an_answer(200, USER), an_answer(503), an_answer(429), an_answer(502, detail("Gone for tea")))
    expected = pytest.raises(ServerFailed, match=r"502 \(Gone for tea\)")
    with failing as (url, asked), connect_to(url, KEY) as studio, expected:
        studio.users()

    assert len(asked) == 4


def _in_a_minute() -> str:
    return format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        (lambda: "1", 1.0, 1.0),
        (_in_a_minute, 1.0, 60.0),
        (lambda: "Thu, 01 Jan 1970 00:00:00 GMT", 0.0, 0.4),
        (lambda: "soon", 0.0, 0.4),
        (lambda: "-3", 0.0, 0.4),
    ],
)
def test_retry_after_is_honoured(
    monkeypatch: pytest.MonkeyPatch, retry_after: Callable[[], str], least: float, most: float
) -> None:
    """As seconds or as a date; one that has passed, or cannot be read, does not hold us up."""
    waited: list[float] = []
    monkeypatch.setattr("labeling.studio.api.transport.time.sleep", waited.append)
    busy = an_answer(503, b"{}", **{"Retry-After": retry_after()})
    with server(an_answer(200, USER), busy, an_answer(200, b"[]")) as (url, _), connect_to(url, KEY) as studio:
        assert studio.users() == []

    assert least <= sum(waited) <= most


def test_retry_after_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that wants us to come back tomorrow is asked again in a minute, here a tenth of a second."""
    monkeypatch.setattr("labeling.studio.api.transport.LONGEST_PAUSE", 0.1)
    busy = an_answer(503, b"{}", **{"Retry-After": "86400"})
    with server(an_answer(200, USER), busy, an_answer(200, b"[]")) as (url, asked), connect_to(url, KEY) as studio:
        assert studio.users() == []

    assert len(asked) == 3


def test_a_first_connection_that_fails_is_not_tried_again() -> None:
    """Nothing was heard from that address yet: it is probably wrong, and the error comes at once."""
    cut_off = an_answer(200, USER, **{"Content-Length": "999"})
    with server(cut_off) as (url, asked), pytest.raises(ServerUnreachable), connect_to(url, KEY):
        pass

    assert len(asked) == 1


def test_fewer_task_numbers_than_tasks_is_a_short_answer() -> None:
    """Two tasks were sent, one number came back."""
    short = server(an_answer(200, USER), an_answer(201, b'{"task_ids": [4]}'))
    expected = pytest.raises(ShortAnswer, match="2 tasks that were sent, and sent 1")
    with short as (url, _), connect_to(url, KEY) as studio, expected:
        studio.import_tasks(1, [{"data": {}}, {"data": {}}])


def test_fewer_tasks_than_counted_is_a_short_answer() -> None:
    """The list says that there are three, and ends after one."""
    page = b'{"total": 3, "tasks": [{"id": 1, "data": {}}]}'
    short = server(an_answer(200, USER), an_answer(200, page), an_answer(200, b'{"total": 3, "tasks": []}'))
    expected = pytest.raises(ShortAnswer, match="3 tasks, and sent 1")
    with short as (url, _), connect_to(url, KEY) as studio, expected:
        list(studio.tasks(1))


def test_a_draft_is_not_submitted() -> None:
    """Only the page makes drafts."""
    expected = pytest.raises(UsageError, match="draft")
    with server(an_answer(200, USER)) as (url, asked), connect_to(url, KEY) as studio, expected:
        studio.annotate(1, a_note().model_copy(update={"state": "draft"}), an_article())

    assert len(asked) == 1


def test_no_server_at_all(tmp_path: Path) -> None:
    """Neither in the environment, nor of the workspace."""
    with pytest.raises(NoServer, match="does not run"), connect(Workspace(tmp_path)):
        pass


def test_an_address_without_a_key_is_refused_and_a_key_without_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without a key, or a key without an address, is never completed by the embedded server's."""
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    with pytest.raises(NotAuthorised, match="LABEL_STUDIO_API_KEY is not"), connect(Workspace(tmp_path)):
        pass
    monkeypatch.delenv("LABEL_STUDIO_URL")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", KEY)
    with pytest.raises(NoServer, match="LABEL_STUDIO_URL is not"), connect(Workspace(tmp_path)):
        pass


def test_credentials_of_the_caller_come_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The environment names one; credentials that are handed over come before it; no key is logged."""
    from labeling.studio.server.credentials import Credentials

    caplog.set_level(logging.DEBUG)
    with server(an_answer(200, USER)) as (url, _), server(an_answer(200, USER)) as (other, asked):
        monkeypatch.setenv("LABEL_STUDIO_URL", f"{url}/\n")
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", f" {KEY}\n")
        with connect(Workspace(tmp_path)) as studio:
            assert (studio.url, studio.email) == (url, "ana@x.org")
        mine = Credentials(url=other, email="ana@x.org", password="", api_key=KEY)
        with connect(Workspace(tmp_path), mine) as studio:
            assert (studio.url, len(asked)) == (other, 1)

    assert KEY not in caplog.text
    assert KEY not in repr(studio)


def an_article(name: str = "a", text: str = "Hi 😀 Anna met Bob\r\n") -> Article:
    """An article with an emoji before its names."""
    return made.article(name, text, title="T")


def a_note() -> Annotation:
    """An annotation of it."""
    spans = (Span(id="x1", start=5, end=9, label="PERSON"),)
    return Annotation(article="a", digest=an_article().digest, annotator="ana", spans=spans, seconds=4.5)


@pytest.fixture(scope="module")
def there(studio: Credentials) -> Iterator[Studio]:
    """The real server, as its first user."""
    with connect_to(studio.url, studio.api_key) as client:
        yield client


@pytest.mark.studio
def test_a_project_and_its_tasks(there: Studio) -> None:
    """Made, found again by number, its page changed; tasks listed with their articles, digests and suggestions."""
    number = there.create_project("client test", "about", CONFIG, "<b>read</b>")
    suggestion = a_note().model_copy(update={"annotator": "model:rules"})
    ids = there.import_tasks(number, [task_of(an_article("a"), [suggestion]), task_of(an_article("b", "x"))])
    there.import_suggestions(number, [json.dumps({"task": ids[1], "model_version": "model:ner", "result": []})])
    there.show_suggestions(number, "model:ner")
    there.change_page(number, CONFIG.replace("PERSON", "ROLE"), "<i>read</i>")

    project = there.project(number)
    assert project is not None
    assert (project.instruction, project.tasks, project.shown) == ("<i>read</i>", 2, "model:ner")
    assert "ROLE" in project.config
    assert [(task.number, task.article, task.digest, task.suggested) for task in there.tasks(number)] == [
        (ids[0], "a", an_article().digest, ("model:rules",)),
        (ids[1], "b", digest_of("x"), ("model:ner",)),
    ]
    assert there.project(number + 1000) is None


@pytest.mark.studio
def test_pages_join_without_a_gap(there: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five tasks in pages of two are five tasks, in order."""
    monkeypatch.setattr("labeling.studio.api.queries._TEXTS_A_PAGE", 2)
    number = there.create_project("pages", "", CONFIG, "")
    ids = there.import_tasks(number, [task_of(an_article(str(n), "x")) for n in range(5)])

    assert [task.number for task in there.tasks(number)] == ids


@pytest.mark.studio
def test_the_longest_address_is_taken(there: Studio) -> None:
    """As many tasks as a pull asks for at once, by numbers of seven digits, which do not exist."""
    number = there.create_project("addresses", "", CONFIG, "")
    wanted = range(9_000_000, 9_000_000 + MOST_NUMBERS + 1)

    assert list(there.export_pieces(number, wanted)) == [b"[]", b"[]"]


@pytest.mark.studio
def test_an_export_brings_annotations_and_drafts(there: Studio, studio: Credentials) -> None:
    """With who made what, the draft's author among them."""
    number = there.create_project("export", "", CONFIG, "")
    (task,) = there.import_tasks(number, [task_of(an_article())])
    submitted = there.annotate(task, a_note(), an_article())
    drafted = httpx.post(
        f"{studio.url}/api/tasks/{task}/drafts",
        json={"result": [], "lead_time": 1.0},
        headers={"Authorization": f"Token {studio.api_key}"},
        trust_env=False,
        timeout=60,
    )
    assert drafted.status_code == 201

    (sent,) = there.export(number)

    assert isinstance(sent, dict)
    assert json.loads(json.dumps(sent))["annotations"][0]["id"] == submitted
    assert json.loads(json.dumps(sent))["drafts"][0]["user"] == studio.email


@pytest.mark.studio
@pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated")  # the SDK's own, when it refreshes a token
def test_a_personal_access_token_is_as_good_as_a_legacy_one(there: Studio, studio: Credentials) -> None:
    """Ana's own tokens of both kinds open the same door; a false one of either kind does not."""
    legacy = add_user(studio, "pat.owner@example.org", "a long pass phrase")
    personal = httpx.post(
        f"{studio.url}/api/token/", headers={"Authorization": f"Token {legacy}"}, trust_env=False, timeout=60
    ).json()["token"]

    for key in (legacy, personal):
        with connect_to(studio.url, key) as client:
            assert client.email == "pat.owner@example.org"
            assert "pat.owner@example.org" in dict(client.users()).values()
    for key in (KEY, f"{personal[:-4]}AAAA"):
        with pytest.raises(NotAuthorised) as refused, connect_to(studio.url, key):
            pass
        assert key not in str(refused.value)
    assert there.email == studio.email


@pytest.mark.studio
def test_a_bad_config_is_refused_with_the_servers_reason(there: Studio) -> None:
    """The reason says what is wrong with it: a config holds no article."""
    with pytest.raises(ServerRefused, match="label_config"):
        there.create_project("bad", "", CONFIG.replace('toName="text"', 'toName="gone"'), "")


@pytest.mark.studio
def test_a_task_that_the_server_refuses_is_not_quoted(there: Studio) -> None:
    """The real server quotes the whole task; we do not."""
    number = there.create_project("refused", "", CONFIG, "")
    with pytest.raises(ServerRefused) as refused:
        there.import_tasks(number, [{"data": {"body": SECRET}}])

    assert SECRET not in f"{refused.value} {refused.value.todo}"
    assert list(there.tasks(number)) == []
