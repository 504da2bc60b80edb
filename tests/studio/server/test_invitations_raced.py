"""Invitations on both servers: one sign-up a link, whoever comes at the same moment, and nobody half signed up."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from both_servers import BOTH_SERVERS, gather_on
from team import PHRASE, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.studio

ROUNDS = 2


@pytest.fixture(scope="module", params=BOTH_SERVERS)
def team(request: pytest.FixtureRequest) -> Iterator[Team]:
    """A team on each of the session's servers."""
    with gather_on(request) as gathered:
        yield gathered


def link_for(team: Team, email: str) -> str:
    """The link by which an address signs up."""
    made = team.owner.calls.post("/labeling/api/invitations/", json={"email": email, "project": 0})
    return str(made.raise_for_status().json()["url"])


def visit(team: Team, closing: ExitStack) -> httpx.Client:
    """A browser of somebody whom the server does not know, which asks for pages."""
    browser = httpx.Client(
        base_url=team.server.url,
        headers={"Accept": "text/html, */*;q=0.1"},
        timeout=60,
        trust_env=False,
        verify=team.trust or True,
    )
    return closing.enter_context(browser)


def fill_in(browser: httpx.Client, link: str, email: str) -> Callable[[], httpx.Response]:
    """Open the form at a link; the call that sends it."""
    origin = str(browser.base_url).rstrip("/")
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
    form = {"csrfmiddlewaretoken": seal.group(1) if seal else "", "email": email, "password": PHRASE}
    return lambda: browser.post(link, data=form, headers={"Origin": origin, "Referer": f"{origin}{link}"})


def at_once(calls: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers to calls that begin at the same moment."""
    together = threading.Barrier(len(calls))

    def call(one: Callable[[], httpx.Response]) -> httpx.Response:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as many:
        return list(many.map(call, calls))


def row_of(team: Team, email: str) -> tuple[bool, bool, bool]:
    """Whether an address has an account, a confirmed one, and an open invitation."""
    people = team.owner.calls.get("/labeling/api/people/").raise_for_status().json()["people"]
    row: dict[str, Any] = next((each for each in people if each["email"] == email), {})
    return bool(row.get("account")), bool(row.get("confirmed")), row.get("invited") is not None


def enters(browser: httpx.Client) -> bool:
    """Whether a browser is logged in."""
    return browser.get("/api/current-user/whoami", headers={"Accept": "application/json"}).status_code == 200


def test_a_link_is_good_once_and_for_one_address(team: Team) -> None:
    """Forged, of another, used, taken back: a page that names it, and no account; used once by its own, it lets in."""
    good, other, gone = "rosa@invited.example", "rob@invited.example", "ruth@invited.example"
    link, taken_back = link_for(team, good), link_for(team, gone)
    asked = team.owner.calls.request("DELETE", "/labeling/api/invitations/", json={"email": gone})
    assert asked.json() == {"taken_back": 1}
    # The token's last sign may hold bits that count for nothing.
    forged = link[:-5] + ("A" if link[-5] != "A" else "B") + link[-4:]
    tried = [
        (forged, good, "This is not an invitation to this server."),
        (link, other, "This invitation is for another e-mail address"),
        (taken_back, gone, "This invitation was taken back"),
        ("/user/signup/", good, "Nobody signs up here without an invitation"),
    ]
    with ExitStack() as closing:
        for path, email, sentence in tried:
            browser = visit(team, closing)
            refused = fill_in(browser, path, email)()
            assert (refused.status_code, sentence in refused.text, enters(browser)) == (403, True, False), path
        assert [row_of(team, email) for email in (good, other, gone)] == [
            (False, False, True),
            (False, False, False),
            (False, False, False),
        ]
        entered = visit(team, closing)
        assert fill_in(entered, link, good)().is_redirect
        assert (enters(entered), row_of(team, good)) == (True, (True, True, False))
        again = fill_in(visit(team, closing), link, good)()
        assert (again.status_code, "This invitation has been used." in again.text) == (403, True)


def test_of_several_at_once_by_one_link_one_signs_up(team: Team) -> None:
    """The others read that it has been used, and are not logged in."""
    for number in range(ROUNDS):
        email = f"sam{number}@raced.example"
        link = link_for(team, email)
        with ExitStack() as closing:
            browsers = [visit(team, closing) for _ in range(4)]
            answers = at_once([fill_in(each, link, email) for each in browsers])
            assert sorted(each.status_code for each in answers) == [302, 403, 403, 403]
            assert [enters(each) for each in browsers] == [each.is_redirect for each in answers]
        refused = [each.text for each in answers if not each.is_redirect]
        assert [text for text in refused if "This invitation has been used." not in text] == []
        assert row_of(team, email) == (True, True, False)


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_a_link_that_is_being_taken_back_signs_up_whole_or_not_at_all(team: Team, method: str) -> None:
    """Taken back, or made anew: whoever came first has a confirmed account, and else there is none."""
    for number in range(ROUNDS):
        email = f"tess{number}.{method.lower()}@raced.example"
        link = link_for(team, email)
        body = {"email": email} if method == "DELETE" else {"email": email, "project": 0}
        with ExitStack() as closing:
            take = partial(team.owner.calls.request, method, "/labeling/api/invitations/", json=body)
            signed, taken = at_once([fill_in(visit(team, closing), link, email), take])
        came_in = signed.status_code == 302
        assert came_in or (signed.status_code == 403 and "This invitation was taken back" in signed.text)
        assert taken.json().get("taken_back", 0) == (method == "DELETE" and not came_in)
        assert taken.json().get("reason", "") == ("confirmed" if method == "POST" and came_in else "")
        assert row_of(team, email) == (came_in, came_in, method == "POST" and not came_in)


def test_a_push_while_somebody_signs_up_forgets_nobody(team: Team) -> None:
    """Plans that come at that moment give the account what they have for the address."""
    project, _ = team.project(1)
    email, path = "udo@raced.example", f"/labeling/api/projects/{project}/plan/"
    plan = {"people": [{"email": email, "role": "adjudicator"}], "assignments": [], "again": [], "rule": {}}
    team.owner.calls.put(path, json=plan).raise_for_status()
    link, done = link_for(team, email), threading.Event()
    with ExitStack() as closing:
        browser = visit(team, closing)
        sent = fill_in(browser, link, email)

        def sign_up() -> httpx.Response:
            try:
                return sent()
            finally:
                done.set()

        def push() -> httpx.Response:
            answer = team.owner.calls.put(path, json=plan)
            while not done.is_set():
                answer = team.owner.calls.put(path, json=plan)
            return answer

        assert [each.status_code for each in at_once([sign_up, push])] == [302, 200]
        # An adjudicator's.
        summary = browser.get(f"/api/projects/{project}/summary/", headers={"Accept": "application/json"})
        assert summary.status_code == 200
