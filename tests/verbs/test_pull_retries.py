"""``pull``: a read that fails for a moment is tried again, a write never is; counted at a proxy before the server."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from faulty.door import Asked, Fate, door

from labeling.errors import ServerFailed, ServerUnreachable
from labeling.project import Project, load_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push

if TYPE_CHECKING:
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
ARTICLES = 16
EXPORTS = 8  # of two tasks each

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


class Proxy:
    """Decides on each request that passes, and counts them by method and by the last part of the path."""

    def __init__(self, method: str, ending: str, numbers: range, fate: Fate) -> None:
        self._spoilt = method, ending, numbers
        self._fate = fate
        self.requests: Counter[str] = Counter()

    def __call__(self, asked: Asked) -> Fate:
        """The fate of one request."""
        method, ending, numbers = self._spoilt
        self.requests[f"{asked.method} {asked.path.rstrip('/').rpartition('/')[2]}"] += 1
        is_meant = asked.method == method and asked.path.endswith(ending) and asked.number in numbers
        return self._fate if is_meant else "pass"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Sixteen articles; a pull asks for them in eight exports. Pauses before another try are short."""
    monkeypatch.setattr("labeling.studio.api.client.MOST_NUMBERS", ARTICLES // EXPORTS)
    monkeypatch.setattr("labeling.studio.api.transport.PAUSES", (0.01, 0.02))
    monkeypatch.setattr("faulty.door.RETRY_AFTER", "0")
    loaded = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    texts = {f"wire/{number:02}": f"Anna met Bob, {number}." for number in range(ARTICLES)}
    loaded.workspace.articles.write(made.article(name, text) for name, text in texts.items())
    return loaded


@pytest.mark.parametrize("fate", ["busy", "gateway", "dropped", "lost", "cut"])
def test_a_pull_survives_a_failure_of_its_seventh_export(project: Project, studio: Credentials, fate: Fate) -> None:
    """Of eight exports the seventh is answered 503 or 504, or its connection is lost: it is asked for once more."""
    push(project, server=studio)
    proxy = Proxy("GET", "/export", range(7, 8), fate)
    with door(studio, proxy) as spoilt:
        result = pull(project, server=spoilt)

    assert result.tasks == ARTICLES
    assert proxy.requests["GET export"] == EXPORTS + 1


@pytest.mark.parametrize(
    ("ending", "name"),
    [
        ("/whoami", "GET whoami"),
        ("/api/users/", "GET users"),
        ("/api/version", "GET version"),
        ("/api/tasks/", "GET tasks"),
    ],
)
def test_a_pull_survives_a_busy_server_at_every_read(
    project: Project, studio: Credentials, ending: str, name: str
) -> None:
    """Whichever way a call takes to the server, its first answer 503 is not the end; `status` lists tasks as well."""
    push(project, server=studio)
    pull(project, server=studio)
    proxy = Proxy("GET", ending, range(1, 2), "busy")
    with door(studio, proxy) as spoilt:
        assert pull(project, server=spoilt, changes=True).tasks == ARTICLES

    assert proxy.requests[name] >= 2


def test_three_failures_in_a_row_end_a_pull_with_their_name(project: Project, studio: Credentials) -> None:
    """A read is tried three times in all, then the error has the status; what was pulled before is untouched."""
    push(project, server=studio)
    pull(project, server=studio)
    before = project.workspace.pulled.path.read_bytes()
    proxy = Proxy("GET", "/export", range(7, 10), "busy")
    with door(studio, proxy) as spoilt, pytest.raises(ServerFailed, match="answered 503"):
        pull(project, server=spoilt)

    assert proxy.requests["GET export"] == 6 + 3
    assert project.workspace.pulled.path.read_bytes() == before


def test_three_lost_connections_in_a_row_end_a_pull(project: Project, studio: Credentials) -> None:
    """The same where no answer comes at all."""
    push(project, server=studio)
    proxy = Proxy("GET", "/export", range(1, 4), "dropped")
    with door(studio, proxy) as spoilt, pytest.raises(ServerUnreachable, match="RemoteProtocolError"):
        pull(project, server=spoilt)

    assert proxy.requests["GET export"] == 3


def test_a_server_error_is_not_tried_again(project: Project, studio: Credentials) -> None:
    """A 500 says that the server stumbled over this very request."""
    push(project, server=studio)
    proxy = Proxy("GET", "/export", range(1, 9), "refused")
    with door(studio, proxy) as spoilt, pytest.raises(ServerFailed, match="answered 500"):
        pull(project, server=spoilt)

    assert proxy.requests["GET export"] == 1


@pytest.mark.parametrize(
    ("fate", "error"), [("busy", ServerFailed), ("gateway", ServerFailed), ("lost", ServerUnreachable)]
)
def test_an_import_is_never_repeated(project: Project, studio: Credentials, fate: Fate, error: type[Exception]) -> None:
    """Whether its answer was 503, 504 or never came: one request leaves, for a second could store everything twice."""
    proxy = Proxy("POST", "/import", range(1, 9), fate)
    with door(studio, proxy) as spoilt, pytest.raises(error):
        push(project, server=spoilt)

    assert proxy.requests["POST import"] == 1


@pytest.mark.parametrize(
    ("method", "ending", "name"), [("PATCH", "/", "PATCH"), ("POST", "/api/projects/", "POST projects")]
)
def test_no_other_write_is_repeated(project: Project, studio: Credentials, method: str, ending: str, name: str) -> None:
    """Neither the creation of a project nor a change of its page."""
    if method == "PATCH":
        push(project, server=studio)
        project = _with_other_page(project)
    proxy = Proxy(method, ending, range(1, 9), "busy")
    with door(studio, proxy) as spoilt, pytest.raises(ServerFailed, match="503"):
        push(project, server=spoilt)

    assert sum(count for request, count in proxy.requests.items() if request.startswith(name)) == 1


def _with_other_page(project: Project) -> Project:
    label = project.schema.labels[0]
    redefined = label.model_copy(update={"definition": "Something else."})
    schema = project.schema.model_copy(update={"labels": (redefined, *project.schema.labels[1:])})
    return replace(project, schema=schema)
