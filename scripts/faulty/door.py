"""A door before the real server, on loopback, that spoils requests and answers as it is told to."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Literal, TypeAlias

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from labeling.studio.server.credentials import Credentials

Fate: TypeAlias = Literal[
    "pass",  # as if there were no door
    "lost",  # the server does it, and the answer never comes
    "cut",  # the server does it, and half of the answer comes
    "late",  # the server does it, after the caller has given up
    "slow",  # the server does it, and the answer takes a second more
    "dateless",  # the answer bears no date, as uWSGI's own do not
    "twice",  # the server does it twice, and one answer comes
    "refused",  # the server never hears of it; 500
    "failed",  # the server does it, and a 500 comes
    "gateway",  # the server does it, and the proxy's own page comes: 504
    "dropped",  # the server never hears of it, and no answer comes
    "busy",  # the server never hears of it; 503, and when to try again
]

_SECONDS = 300.0
_LATE = 1.5
SLOW = 1.0
RETRY_AFTER = "1"  # seconds, as the header has it


@dataclass(frozen=True)
class Asked:
    """A request that came to the door: the how-manieth of this method and path, the path without its query."""

    number: int
    method: str
    path: str


Choose: TypeAlias = "Callable[[Asked], Fate]"
Bend: TypeAlias = "Callable[[Asked, bytes], bytes]"


@contextmanager
def door(
    server: Credentials, choose: Choose, lies: Mapping[str, bytes] | None = None, bend: Bend | None = None
) -> Iterator[Credentials]:
    """The same server behind a door; ``choose`` decides on each request, and on one thread at a time.

    ``lies`` are answers that the door gives itself, by the ending of the path; ``bend`` makes another of a good answer.

    Requests that are still at work on the server when the block ends are waited for.
    """
    lock, seen, work = threading.Lock(), dict[tuple[str, str], int](), list[threading.Thread]()

    def fate_of(method: str, path: str) -> tuple[Asked, Fate]:
        with lock:
            seen[method, path] = number = seen.get((method, path), 0) + 1
            asked = Asked(number, method, path)
            return asked, choose(asked)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def spoil(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OURS}

            def ask() -> httpx.Response:
                url = server.url + self.path
                real = httpx.request(
                    self.command, url, content=body, headers=headers, trust_env=False, timeout=_SECONDS
                )
                if bend is None or not real.is_success:
                    return real
                return httpx.Response(real.status_code, headers=_plain_headers(real), content=bend(asked, real.content))

            path = self.path.partition("?")[0]
            asked, fate = fate_of(self.command, path)
            lie = next((body for ending, body in (lies or {}).items() if path.endswith(ending)), None)
            if lie is not None:
                _send(self, 200, lie)
                return
            if fate == "late":
                thread = threading.Timer(_LATE, ask)
                work.append(thread)
                thread.start()
            try:
                _answer(self, fate, ask)
            except (httpx.HTTPError, OSError):
                # The server behind the door died, or the caller went away.
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = spoil  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.model_copy(update={"url": f"http://127.0.0.1:{http.server_port}"})
        finally:
            http.shutdown()
            thread.join()
            for late in work:
                late.join()


_OURS = frozenset({"host", "connection", "content-length", "accept-encoding"})


def _plain_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("content-encoding", "content-length")}


def _answer(handler: BaseHTTPRequestHandler, fate: Fate, ask: Callable[[], httpx.Response]) -> None:
    if fate in ("late", "dropped"):
        handler.close_connection = True
        return
    if fate == "refused":
        _send(handler, 500, b'{"detail": "broken"}')
        return
    if fate == "busy":
        _send(handler, 503, b"<html>Service Unavailable</html>", "text/html", retry_after=RETRY_AFTER)
        return
    real = ask()
    if fate == "twice":
        real = ask()
    if fate == "slow":
        time.sleep(SLOW)
    if fate == "lost":
        handler.close_connection = True
    elif fate == "failed":
        _send(handler, 500, b'{"detail": "broken"}')
    elif fate == "gateway":
        _send(handler, 504, b"<html>Gateway Time-out</html>", "text/html")
    else:
        kind = real.headers.get("content-type", "application/json")
        date = "" if fate == "dateless" else real.headers.get("date", "")
        _send(handler, real.status_code, real.content, kind, date, cut=fate == "cut")


def _send(  # noqa: PLR0913 - an answer has that many parts
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    kind: str = "application/json",
    date: str = "",
    *,
    retry_after: str = "",
    cut: bool = False,
) -> None:
    handler.send_response_only(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    if date:
        handler.send_header("Date", date)
    if retry_after:
        handler.send_header("Retry-After", retry_after)
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if cut else body)
    handler.close_connection = cut or handler.close_connection
