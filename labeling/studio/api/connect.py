"""Which server a command speaks to, and the first question to it: is this address a Label Studio, is this key its."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labeling.errors import NoServer, NotAuthorised, ServerUnreachable, escape_controls
from labeling.studio.api.client import Studio
from labeling.studio.api.http_errors import name_failures, not_label_studio_error
from labeling.studio.api.transport import ENCODINGS, Transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    import httpx
    from label_studio_sdk import LabelStudio

    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

URL = "LABEL_STUDIO_URL"
KEY = "LABEL_STUDIO_API_KEY"


@contextmanager
def connect(workspace: Workspace, credentials: Credentials | None = None) -> Iterator[Studio]:
    """The server that the environment names, else the workspace's embedded one, if it runs.

    Args:
        workspace: Whose embedded server.
        credentials: A server to speak to, whichever one the environment names.

    Raises:
        NoServer: Neither is there.
        StudioError: As `connect_to` does.
    """
    url, key = (credentials.url, credentials.api_key) if credentials else _named_or_embedded(workspace)
    with connect_to(url, key) as studio:
        yield studio


@contextmanager
def connect_to(url: str, key: str) -> Iterator[Studio]:
    """The server at ``url``, for the user whose key it is: a personal access token or a legacy token.

    Raises:
        ServerUnreachable: Nothing answers, or ``url`` is not an address.
        NotLabelStudio: Something else answers.
        NotAuthorised: The key is not accepted.
    """
    import httpx

    shown = _hide_secrets(url)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NotAuthorised(
            f"what is given as the key for {shown} is not a key", todo=f"see what {KEY} holds", where=shown
        )
    # Redirections are not followed: a POST would arrive as a GET, and the key at another machine. Proxies of the
    # environment are for other machines than this one; the authorities it names are for all.
    here = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
    asked = {"Accept-Encoding": ENCODINGS}
    with httpx.Client(
        timeout=60, follow_redirects=False, trust_env=not here, verify=_ssl_context(shown), headers=asked
    ) as browser:
        yield _introduce(Transport(shown, _make_sdk(url, key, shown, browser)))


def _make_sdk(url: str, key: str, shown: str, browser: httpx.Client) -> LabelStudio:
    from label_studio_sdk import LabelStudio

    # An expired key is refused by the SDK itself.
    with name_failures(shown, "say who we are"):
        return LabelStudio(  # type: ignore[no-untyped-call]  # the SDK's own constructor has no types
            base_url=f"{url.rstrip('/')}/", api_key=key, httpx_client=browser
        )


def _introduce(transport: Transport) -> Studio:
    """Ask the server who we are: only Label Studio knows what that means, and only when it accepts the key."""
    answer = transport.read("api/current-user/whoami", "say who we are", is_first=True)
    email = transport.parse(answer, lambda user: escape_controls(user["email"]))
    # Any JSON has come through until here.
    if not isinstance(email, str):
        raise not_label_studio_error(transport.url)
    return Studio(transport.url, email, transport)


def _ssl_context(url: str) -> ssl.SSLContext:
    """Which authorities are trusted: those in SSL_CERT_FILE or SSL_CERT_DIR, else the ones that come with Python."""
    import httpx

    try:
        return httpx.create_ssl_context(trust_env=url.startswith("https:"))
    except OSError as error:
        raise ServerUnreachable(
            f"{url} cannot be trusted: no certificate can be read from what SSL_CERT_FILE names ({error.strerror})",
            todo="let SSL_CERT_FILE name a file of certificates (PEM), or unset it",
            where="SSL_CERT_FILE",
        ) from None


def _named_or_embedded(workspace: Workspace) -> tuple[str, str]:
    # A line end at the end of a secret is easily copied along.
    url = os.environ.get(URL, "").strip()
    key = os.environ.get(KEY, "").strip()
    # Half a server is never completed by the embedded one: an address and another server's key do not fit.
    if url and not key:
        raise NotAuthorised(f"{URL} is set, and {KEY} is not", todo=f"put a key of yours into {KEY}", where=URL)
    if key and not url:
        raise NoServer(f"{KEY} is set, and {URL} is not", todo=f"name the server in {URL}, or unset {KEY}", where=URL)
    return (url, key) if url else _embedded_server(workspace)


def _embedded_server(workspace: Workspace) -> tuple[str, str]:
    # Loaded here, because only this way needs the process table.
    from labeling.studio.server.server import find_running_server

    credentials = find_running_server(workspace)
    if credentials is None:
        raise NoServer(
            f"no server is named in {URL}, and the one of {workspace.root} does not run",
            todo=f"start it with `labeling serve --detach`, or name yours in {URL} and {KEY}",
            where=str(workspace.root),
        )
    return credentials.url, credentials.api_key


def _hide_secrets(url: str) -> str:
    """The address for messages, without a user or password that may be in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerUnreachable(
            f"what {URL} holds is not the address of a server", todo="write it as http://host:port", where=URL
        )
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
