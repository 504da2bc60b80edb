"""The server's door: what a page from elsewhere, or a stranger, asks of the Label Studio that we start."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from faulty.attacks.attack import Attack, insist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faulty.attacks.attack import Ground

GROUP = "the server's door"
_SCHEMA = '<View><Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="X"/></Labels></View>'
_ELSEWHERE = "http://127.0.0.1:9"
_HEADERS: dict[str, dict[str, str]] = {
    "the origin of another port": {"Origin": _ELSEWHERE},
    "the origin null": {"Origin": "null"},
    "an empty origin": {"Origin": ""},
    "an origin that begins as ours": {"Origin": "{own}.evil.example"},
    "our origin twice": {"Origin": "{own}, {own}"},
    "an origin by https": {"Origin": "https://127.0.0.1"},
    "a fetch of the same site": {"Sec-Fetch-Site": "same-site"},
    "a fetch across sites": {"Sec-Fetch-Site": "cross-site"},
    "a fetch of a kind that nobody knows": {"Sec-Fetch-Site": "new"},
    "our origin, and a fetch across sites": {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
    "a forwarded host": {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    "neither header": {},
}
_WRITES = {
    "deletes the tasks of a project": ("POST", "/api/dm/actions?id=delete_tasks&project={project}"),
    "deletes them, with a slash": ("POST", "/api/dm/actions/?id=delete_tasks&project={project}"),
    "deletes a project": ("DELETE", "/api/projects/{project}/"),
    "renames a project": ("PATCH", "/api/projects/{project}/"),
    "files an annotation": ("POST", "/api/tasks/{task}/annotations/"),
    "imports tasks": ("POST", "/api/projects/{project}/import"),
}
_BODIES = {"files an annotation": {"result": []}, "imports tasks": [{"text": "new"}]}


@contextmanager
def _logged_in(ground: Ground) -> Iterator[httpx.Client]:
    """A browser with the session of the first user."""
    server = ground.server
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as browser:
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/user/login/").text)
        insist(seal is not None, "there is no log-in page")
        form = {
            "csrfmiddlewaretoken": seal.group(1) if seal else "",
            "email": server.email,
            "password": server.password,
        }
        answer = browser.post("/user/login/", data=form, headers={"Origin": server.url})
        insist(answer.is_redirect, f"the log-in was answered by {answer.status_code}")
        yield browser


def _stored(ground: Ground) -> tuple[int, int, str]:
    """A project with a task, as its owner's key sees and makes them: their numbers, and all that can be changed."""
    with httpx.Client(base_url=ground.server.url, timeout=60, trust_env=False) as client:
        client.headers["Authorization"] = f"Token {ground.server.api_key}"
        project = client.post("/api/projects", json={"title": "behind", "label_config": _SCHEMA}).json()["id"]
        client.post(f"/api/projects/{project}/import", json=[{"text": "Anna"}])
        return project, client.get(f"/api/tasks?project={project}").json()["tasks"][0]["id"], _state(ground, project)


def _state(ground: Ground, project: int) -> str:
    headers = {"Authorization": f"Token {ground.server.api_key}"}
    with httpx.Client(base_url=ground.server.url, timeout=60, trust_env=False, headers=headers) as client:
        answer = client.get(f"/api/projects/{project}")
        if answer.status_code != httpx.codes.OK:
            return f"the project is gone: {answer.status_code}"
        tasks = client.get(f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true").json()
        return json.dumps([answer.json()["title"], [(task["id"], len(task["annotations"])) for task in tasks]])


def _written(what: str, header: str) -> Attack:
    def play(ground: Ground) -> None:
        project, task, before = _stored(ground)
        method, path = _WRITES[what]
        headers = {name: value.format(own=ground.server.url) for name, value in _HEADERS[header].items()}
        body = _BODIES.get(what, {"title": "stolen", "selectedItems": {"all": True, "excluded": []}})
        with _logged_in(ground) as browser:
            answer = browser.request(method, path.format(project=project, task=task), json=body, headers=headers)
        insist(_state(ground, project) == before, f"it was done: {answer.status_code}")
        insist(answer.status_code == httpx.codes.FORBIDDEN, f"it was answered by {answer.status_code}")

    return Attack(GROUP, f"a page of a logged-in user {what}, with {header}", "403, and nothing is done", play, True)


def _allowed(name: str, headers: dict[str, str], *, key: bool) -> Attack:
    """What people and programs do every day goes on."""

    def play(ground: Ground) -> None:
        project, _, before = _stored(ground)
        own = {each: value.format(own=ground.server.url, key=ground.server.api_key) for each, value in headers.items()}
        with _logged_in(ground) as browser:
            if key:
                browser.cookies.clear()
            answer = browser.patch(f"/api/projects/{project}/", json={"title": "renamed"}, headers=own)
        insist(answer.is_success, f"it was answered by {answer.status_code}")
        insist(_state(ground, project) != before, "nothing was done")

    return Attack(GROUP, f"a project is renamed by {name}", "it is renamed", play, True)


def _framed(method: str, path: str) -> Attack:
    def play(ground: Ground) -> None:
        answer = httpx.request(method, ground.server.url + path, timeout=60, trust_env=False)
        policy = answer.headers.get("Content-Security-Policy", "")
        insist(answer.headers.get("X-Frame-Options") == "DENY", "no X-Frame-Options: DENY")
        insist("frame-ancestors 'none'" in policy, "its policy says nothing of frames")

    return Attack(GROUP, f"the answer to {method} {path} is put into a frame", "no browser shows it there", play, True)


def _guessed(page: str, times: int) -> Attack:
    """Wrong passwords at one page for an account of its own."""

    def play(ground: Ground) -> None:
        email = f"{page.strip('/').replace('/', '.')}.{times}@example.org"
        with httpx.Client(base_url=ground.server.url, timeout=60, trust_env=False) as guesser:
            answers = [_guess(guesser, page, email) for _ in range(times)]
        insist(httpx.codes.TOO_MANY_REQUESTS in answers, f"all {times} were looked at")

    return Attack(
        GROUP, f"{times} passwords are guessed one after the other at {page}", "429 before the last", play, True
    )


def _guess(guesser: httpx.Client, page: str, email: str) -> int:
    seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', guesser.get(page).text)
    form = {"email": email, "username": email, "password": "not the phrase"}
    form["csrfmiddlewaretoken"] = seal.group(1) if seal else ""
    return guesser.post(page, data=form, headers={"Origin": str(guesser.base_url).rstrip("/")}).status_code


ATTACKS = (
    *(_written("deletes the tasks of a project", header) for header in _HEADERS),
    *(_written(what, "the origin of another port") for what in _WRITES if what != "deletes the tasks of a project"),
    *(_written(what, "neither header") for what in _WRITES if what != "deletes the tasks of a project"),
    _allowed("the server's own page", {"Origin": "{own}"}, key=False),
    _allowed("the server's own page, as the browser says", {"Sec-Fetch-Site": "same-origin"}, key=False),
    _allowed("a key", {"Authorization": "Token {key}"}, key=True),
    *(_framed("GET", path) for path in ("/user/login/", "/projects/", "/api/projects", "/no/such/page", "/health")),
    *(_framed("POST", path) for path in ("/api/projects", "/api/token/refresh/")),
    *(_guessed(page, 9) for page in ("/user/login/", "/admin/login/", "/api-auth/login/")),
)
