"""What every test shares: a clean environment, one real Label Studio for all that need it, and a foreign page."""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers as hypothesis_providers
from page_steps import open_page, wait_for_text
from production_server import production

from labeling.studio.server.server import run_embedded_server
from labeling.workspace import custody
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Page, Response
    from production_server import Production

    from labeling.studio.server.credentials import Credentials

NOBODY = 65534  # the user who owns nothing

# The machines are shared and noisy: how long an example takes says nothing about what it shows.
# Where a change is judged, the same examples each time: chance finds faults for whoever runs `make test`, and must not
# turn away a change that has nothing to do with them.
settings.register_profile(
    "noisy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("LABELING_SAME_EXAMPLES")),
)
settings.load_profile("noisy")
if os.environ.get("LABELING_SAME_EXAMPLES"):
    # Hypothesis also draws from the literals of all loaded modules, so that any change of any file changed them.
    hypothesis_providers._get_local_constants = lambda: hypothesis_providers._local_constants


@pytest.fixture(autouse=True)
def _no_server_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test ever speaks to the server that the environment names."""
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO_", "HEARTEX_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def studio_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace of the session's server."""
    return Workspace(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="session")
def studio(studio_workspace: Workspace) -> Iterator[Credentials]:
    """A real, empty Label Studio with roles, started once; its database comes from the template in the user's cache."""
    with run_embedded_server(studio_workspace) as credentials:
        yield credentials


@pytest.fixture(scope="session")
def studio_of_equals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Credentials]:
    """A second one, on which roles do not hold: each account may do everything, as on somebody else's server."""
    with run_embedded_server(Workspace(tmp_path_factory.mktemp("equals")), roles=False) as credentials:
        yield credentials


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A server as a team runs it, of four processes; it starts in a minute or two: its database is migrated first."""
    with production(tmp_path_factory.mktemp("production"), processes=4) as server:
        yield server


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may enter, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody() -> Callable[..., AbstractContextManager[None]]:
    """A context in which root has no rights, because nothing is closed to root; all that is named is nobody's."""

    @contextmanager
    def given_up(*owned: Path) -> Iterator[None]:
        if os.getuid() != 0:
            yield
            return
        for path in owned:
            os.chown(path, NOBODY, -1)
        os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)

    return given_up


@dataclass(frozen=True)
class ForeignVisit:
    """What a foreign page's form brought about, while the annotator had a choice ticked and not submitted.

    ``cookie`` is what the browser sent along with the form; then the answer to the form, as a status and as the text
    that the browser showed, and the status of the annotator's Submit after that.
    """

    cookie: str
    status: int
    shown: str
    submitted: int


@pytest.fixture
def foreign_form() -> Callable[[Credentials, int, Path | None], ForeignVisit]:
    """Annotate in a real Chromium while a page of another port of the same host sends a form that deletes all tasks.

    The fixture is called with the server, the project's number there (with one article of the shipped schema), and the
    file of the server's certificate, with its key beside it, if it speaks TLS: the foreign page then does too, because
    else the browser would hold it for another site.
    """
    return _visit_foreign_page


def _visit_foreign_page(server: Credentials, project: int, certificate: Path | None) -> ForeignVisit:
    with open_page(server) as page, _foreign_server(server, certificate) as (address, served):
        page.goto(f"{server.url}/projects/{project}/data?labeling=1")
        wait_for_text(page)
        page.get_by_role("button", name="Close modal").click()
        page.keyboard.press("2")
        page.wait_for_selector('input[name="CONSULT"]:checked', state="attached")
        served["page"] = (
            f'<form method="post" action="{server.url}/api/dm/actions?id=delete_tasks&project={project}">'
            "<input name=selectedItems value='{&quot;all&quot;: true, &quot;excluded&quot;: []}'>"
            "<button>Win a prize</button></form>"
        )
        tab = page.context.new_page()
        tab.goto(address)
        with tab.expect_response(lambda response: "delete_tasks" in response.url) as answered:
            tab.click("button")
        cookie = answered.value.request.all_headers().get("cookie", "")
        shown = tab.inner_text("body")
        with page.expect_response(_stores_annotation) as stored:
            page.get_by_role("button", name="Submit").first.click()
        return ForeignVisit(cookie, answered.value.status, shown, stored.value.status)


@pytest.fixture
def framed(studio: Credentials) -> tuple[list[str], list[str]]:
    """The texts of the frames in which a foreign page shows the server's pages, and what the console says of it."""
    complaints: list[str] = []
    with open_page(studio) as page, _foreign_server(studio, None) as (address, served):
        served["page"] = f'<iframe src="{studio.url}/projects/" width="800" height="600"></iframe>'
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(address)
        page.wait_for_timeout(1500)
        return [frame.locator("body").inner_text() for frame in page.frames[1:]], complaints


@pytest.fixture
def browser_of() -> Callable[[Credentials], AbstractContextManager[Page]]:
    """A browser in which somebody has logged in: whose e-mail and password the credentials have."""
    return open_page


@contextmanager
def _foreign_server(server: Credentials, certificate: Path | None) -> Iterator[tuple[str, dict[str, str]]]:
    """A server on another port of the same host: its address, and its page, which is written later."""
    served = {"page": ""}

    class Foreign(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(served["page"].encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    parts = urlsplit(server.url)
    with ThreadingHTTPServer((parts.hostname or "", 0), Foreign) as foreign:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_name("key.pem"))
            foreign.socket = context.wrap_socket(foreign.socket, server_side=True)
        threading.Thread(target=foreign.serve_forever, daemon=True).start()
        yield f"{parts.scheme}://{parts.hostname}:{foreign.server_port}/", served
        foreign.shutdown()


def _stores_annotation(response: Response) -> bool:
    return response.request.method == "POST" and response.url.split("?")[0].rstrip("/").endswith("/annotations")


@pytest.fixture
def written_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test write files of the workspace by hand between verbs, without a signature: custody refuses none."""
    monkeypatch.setattr(custody, "find_fault", lambda *_asked, **_how: None)
