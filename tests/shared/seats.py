"""A person's seat at a server: a browser context of their own, and every answer that the server ever gave to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from page_steps import Desk, open_desk
from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser, Request

PHRASE = "a long pass phrase"

# The package's own programs, pictures and fonts, the same for everybody.
_PACKAGE = ("/static/", "/react-app/", "/label-studio-frontend/", "/favicon", "/sw")
# A redirect has no body.
_REDIRECTS = range(300, 400)
# What was begun last is awaited by `_END`; a request that the browser gives up has the status 0.
_BEGIN = """calls => {
  window.asked = Promise.all(calls.map(([method, path, body]) => fetch(path, {
    method,
    headers: body === null ? {} : {"Content-Type": "application/json"},
    body: body === null ? undefined : JSON.stringify(body),
  }).then(async answer => [answer.status, await answer.text()], error => [0, String(error)])));
}"""
_END = "() => window.asked"


@dataclass(frozen=True)
class Sent:
    """A request to be sent, with an object as its body or without one."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Answer:
    """What the server answered: to which request, with which status and body."""

    method: str
    path: str
    status: int
    body: str

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Seat:
    """Somebody's browser. ``marks`` are the ids and notes of all regions that they have sent.

    ``lost`` are the requests whose answers the browser had thrown away, with the page, before they were read.
    """

    email: str
    desk: Desk
    answers: list[Answer] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    lost: list[Sent] = field(default_factory=list)
    being_read: int = 0

    # --- coming in ---

    def enter(self, address: str, phrase: str = PHRASE) -> None:
        """Fill in the form at an address: that of a link to sign up, or of the log-in page."""
        page = self.desk.page
        page.goto(address)
        page.fill("input[name=email]", self.email)
        page.fill("input[name=password]", phrase)
        with page.expect_navigation(url=lambda url: "/user/" not in url, wait_until="domcontentloaded"):
            page.click("button[type=submit]")
        self.rest()

    def rest(self) -> None:
        """Leave the page for one that asks for nothing more."""
        self.settle()
        self.desk.page.goto(f"{self.desk.url}/health")

    def settle(self) -> None:
        """Wait until the page asks for nothing, and all that it asked for has been read."""
        if "/data" in self.desk.page.url:
            self.desk.page.wait_for_load_state("networkidle")
        while self.being_read:
            self.desk.page.wait_for_timeout(50)

    # --- asking with the page's session, as a script in it would ---

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request."""
        return self.ask_many([Sent(method, path, body)])[0]

    def ask_many(self, calls: Sequence[Sent]) -> list[Answer]:
        """Send requests, all at once."""
        self.begin(calls)
        return self.end(calls)

    def begin(self, calls: Sequence[Sent]) -> None:
        """Send them without waiting for the answers."""
        self.desk.page.evaluate(_BEGIN, [[each.method, each.path, each.body] for each in calls])

    def end(self, calls: Sequence[Sent]) -> list[Answer]:
        """The answers to what was begun."""
        came = self.desk.page.evaluate(_END)
        return [Answer(call.method, call.path, *answer) for call, answer in zip(calls, came, strict=True)]

    def ask_again(self) -> None:
        """Ask once more for all whose answers were lost; it changes nothing to ask for it twice."""
        again = [each for each in self.lost if each.method == "GET" or "id=next_task" in each.path]
        self.lost = [each for each in self.lost if each not in again]
        self.ask_many(again)

    # --- what came of it ---

    def holds(self, words: set[str]) -> list[tuple[str, str]]:
        """Which of these words any answer holds: the request, and the word."""
        return [(f"{each.method} {each.path}", word) for each in self.answers for word in words if word in each.body]

    def record(self, request: Request) -> None:
        """Keep the answer to a request."""
        path = request.url.removeprefix(self.desk.url)
        if not path.startswith("/") or path.startswith(_PACKAGE):
            return
        self.being_read += 1
        try:
            response = request.response()
            if response is not None:
                body = "" if response.status in _REDIRECTS else response.body().decode("utf-8", "replace")
                self.answers.append(Answer(request.method, path, response.status, body))
        except Error:
            self.lost.append(Sent(request.method, path, request.post_data_json))
        finally:
            self.being_read -= 1


def take_seat(browser: Browser, email: str, url: str) -> Seat:
    """A browser context of somebody's own."""
    seat = Seat(email, open_desk(browser, url))
    seat.desk.page.context.on("requestfinished", seat.record)
    return seat


def ask_all(seats: Sequence[Seat], sent: Sent) -> list[Answer]:
    """The same request from all of them at once."""
    for seat in seats:
        seat.begin([sent])
    return [seat.end([sent])[0] for seat in seats]
