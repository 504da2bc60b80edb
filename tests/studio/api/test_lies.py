"""A server that lies: answers without an end, things sent twice, and words that are meant for the terminal."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from label_studio_sdk import LabelStudio

from labeling.errors import (
    LabelingError,
    NotLabelStudio,
    OversizedAnswer,
    ServerRefused,
    ServerUnreachable,
    ShortAnswer,
    StudioError,
    escape_controls,
)
from labeling.studio.api import client as client_module
from labeling.studio.api import transport as transport_module
from labeling.studio.api.client import Studio
from labeling.studio.api.transport import Transport
from labeling.studio.format.exports import OnceOnly
from labeling.verbs.options import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "0123456789abcdef0123456789abcdef01234567"
NASTY = f"\x1b[2J\x9b31m\u202eevil\x07 {KEY}"


def studio(answer: Callable[[httpx.Request], httpx.Response]) -> Studio:
    """A client of a server that answers so."""
    http = httpx.Client(transport=httpx.MockTransport(answer))
    sdk = LabelStudio(base_url="http://lies/", api_key=KEY, httpx_client=http)  # type: ignore[no-untyped-call]
    return Studio("http://lies", "owner@x.org", Transport("http://lies", sdk))


def body(
    value: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """The same answer to whatever is asked: bytes, or JSON."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda _request: httpx.Response(status, content=content, headers=headers)


USERS = json.dumps([{"id": number, "email": f"u{number}@x.org"} for number in range(1000)]).encode()


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (USERS, {}),
        (gzip.compress(USERS), {"Content-Encoding": "gzip"}),
        (zlib.compress(USERS), {"Content-Encoding": "deflate"}),
    ],
)
def test_an_answer_has_a_limit_of_size(
    content: bytes, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After decompression; an answer within it comes whole."""
    honest = studio(body(content, headers=headers))
    assert len(honest.users()) == 1000
    monkeypatch.setattr(transport_module, "LARGEST_ANSWER", len(USERS) - 1)
    with pytest.raises(OversizedAnswer, match="larger than"):
        honest.users()


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "compress"])
def test_other_compressions_are_refused(coding: str) -> None:
    """They were not asked for, and a small piece of them may become a huge one."""
    with pytest.raises(NotLabelStudio):
        studio(body(gzip.compress(gzip.compress(USERS)), headers={"Content-Encoding": coding})).users()


def test_a_refusal_has_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A web page of a proxy is small."""
    monkeypatch.setattr(transport_module, "LARGEST_REFUSAL", 100)
    with pytest.raises(OversizedAnswer):
        studio(body(b"x" * 101, 404)).users()


def test_an_answer_that_drips_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """However steadily it comes: it has to be whole in time."""

    def drops() -> Iterator[bytes]:
        while True:
            yield b" "

    monkeypatch.setattr(transport_module, "LONGEST_ANSWER", 0.05)
    with pytest.raises(OversizedAnswer, match=r"longer than 0.05 seconds"):
        studio(lambda _request: httpx.Response(200, content=drops())).users()


def test_pages_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that always has one task more is left after some pages."""

    def one_more(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json={"tasks": [{"id": page}], "total": page + 1})

    monkeypatch.setattr(client_module, "MOST_PAGES", 20)
    with pytest.raises(OversizedAnswer, match="more than 20 pages"):
        list(studio(one_more).list_tasks(1, "id"))


def test_a_listed_task_that_comes_twice_is_one_task() -> None:
    """It does not stand for another one that was left out."""
    twice = {"tasks": [{"id": 1}, {"id": 1}], "total": 2}
    with pytest.raises(ShortAnswer, match="2 tasks, and sent 1"):
        list(studio(body(twice)).list_tasks(1, "id"))
    assert list(studio(body({"tasks": [{"id": 1}, {"id": 1}], "total": 1})).list_tasks(1, "id")) == [{"id": 1}]


@pytest.mark.parametrize("page", [{"tasks": [7], "total": 1}, {"tasks": [{}], "total": 1}, {"tasks": [], "total": "1"}])
def test_a_page_of_other_things_is_no_page(page: Any) -> None:
    """It is refused by name."""
    with pytest.raises(NotLabelStudio):
        list(studio(body(page)).list_tasks(1, "id"))


def test_an_export_counts_each_thing_once() -> None:
    """Tasks, annotations and drafts, also where another task has the annotation again; and it is told."""
    once = OnceOnly()
    task: dict[str, Any] = {"id": 1, "annotations": [{"id": 7}, {"id": 7}], "drafts": [{"id": 7}]}
    other: dict[str, Any] = {"id": 2, "annotations": [{"id": 7}, {"id": 8}]}

    assert [*once.let_through([task, task]), *once.let_through([other, task])] == [
        {"id": 1, "annotations": [{"id": 7}], "drafts": [{"id": 7}]},
        {"id": 2, "annotations": [{"id": 8}]},
    ]
    assert once.repeated == ["annotation 7 of task 1", "task 1", "annotation 7 of task 2", "task 1"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
def test_a_refusal_cannot_speak_to_the_terminal(status: int) -> None:
    """No control character and no key of ours is in an error; and a server's words stay in one line."""
    detail = {"detail": f"{NASTY}\n  -> run something else", "validation_errors": {NASTY: [NASTY]}}
    with pytest.raises(StudioError) as refused:
        studio(body(detail, status)).users()

    assert_harmless(refused.value)


def test_a_redirection_cannot_speak_to_the_terminal() -> None:
    """Its goal is the server's word too."""
    with pytest.raises(NotLabelStudio) as refused:
        studio(body(b"", 302, headers={"Location": f"http://else/{KEY}"})).users()

    assert_harmless(refused.value)


def test_names_of_a_server_cannot_speak_to_the_terminal() -> None:
    """Nor can its version, or an invitation; the key is not in them, however it is written."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    raw = f'[{{"id": 1, "email": "{escaped}@x.org"}}, {{"id": 2, "email": "\\u001b[2J{KEY}"}}]'
    assert studio(body(raw.encode())).users() == [(1, "[key]@x.org"), (2, "\\u001b[2J[key]")]
    for said in (
        studio(body({"release": NASTY})).version(),
        studio(body({"invite_url": NASTY})).invitation(),
    ):
        assert escape_controls(said) == said
        assert KEY not in said


def test_what_is_shown_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """In tables and in JSON, which stays JSON."""
    show({NASTY: NASTY}, as_json=False)
    table = capsys.readouterr().out
    show({NASTY: NASTY}, as_json=True)
    printed = capsys.readouterr().out

    assert escape_controls(table) == table
    assert escape_controls(printed) == printed
    assert json.loads(printed) == {NASTY: NASTY}


def test_a_hostile_body_is_refused_by_name() -> None:
    """Deep nesting, and what is not what it is compressed by."""
    with pytest.raises(NotLabelStudio):
        studio(body(b"[" * 100_000)).users()
    with pytest.raises(ServerUnreachable):
        studio(body(b"not gzip", headers={"Content-Encoding": "gzip"})).users()
    with pytest.raises(ServerRefused):
        studio(body(b"[" * 100_000, 409)).users()


def assert_harmless(error: LabelingError) -> None:
    """See that an error can be printed."""
    for text in (str(error), error.todo):
        assert escape_controls(text) == text
        assert KEY not in text
        assert "\n" not in text
