"""TLS between us and a server: certificates that are not believed, and http and https mixed up, over real sockets."""

from __future__ import annotations

import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from labeling.errors import ServerUnreachable
from labeling.studio.api.connect import connect_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "0123456789abcdef0123456789abcdef01234567"


class Hello(BaseHTTPRequestHandler):
    """Says who the caller is, and nothing else."""

    def do_GET(self) -> None:
        """Answer."""
        body = b'{"id": 1, "email": "ana@x.org"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """A handshake that fails is what is tested, and no news."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def server(certificate: Path | None) -> Iterator[int]:
    """A server on this machine, with TLS if it has a certificate; its port."""
    with Quiet(("127.0.0.1", 0), Hello) as http:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            # The handshake belongs to the thread of the connection: here it would stop the server.
            http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield http.server_port
        finally:
            http.shutdown()
            thread.join()


def certified(folder: Path, name: str) -> Path:
    """A certificate for that name which signed itself, with its key beside it."""
    made = folder / "certificate.pem"
    of = ["-addext", f"subjectAltName={name}", "-days", "2", "-out", made.name]
    openssl(
        folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "certificate.key", *of
    )
    return made


def expired(folder: Path) -> Path:
    """One for this machine that ended in 2020."""
    settings = "[ca]\ndefault_ca=it\n[it]\ndatabase=issued\nserial=serial\nnew_certs_dir=.\npolicy=any\n[any]\n"
    (folder / "settings").write_text(f"{settings}[for]\nsubjectAltName=IP:127.0.0.1\n")
    (folder / "issued").touch()
    openssl(
        folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "old.key", "-out", "it"
    )
    long_ago = ["-startdate", "200101000000Z", "-enddate", "200102000000Z", "-md", "sha256", "-create_serial"]
    of = ["-config", "settings", "-extensions", "for", "-keyfile", "old.key", "-in", "it", "-out", "old.pem", "-notext"]
    openssl(folder, "ca", "-batch", "-selfsign", *of, *long_ago)
    return folder / "old.pem"


def openssl(folder: Path, *words: str) -> None:
    """Run it there."""
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)  # noqa: S607 - the path's


def test_a_certificate_is_believed_when_the_environment_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused until SSL_CERT_FILE names it, as the error explains; that holds for this machine, too."""
    certificate = certified(tmp_path, "IP:127.0.0.1")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with server(certificate) as port:
        with (
            pytest.raises(ServerUnreachable, match="self-signed certificate") as refused,
            connect_to(f"https://127.0.0.1:{port}", KEY),
        ):
            pass
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with connect_to(f"https://127.0.0.1:{port}", KEY) as studio:
            assert studio.email == "ana@x.org"

    assert "SSL_CERT_FILE" in refused.value.todo


def test_a_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is believed, and not this server's: the way out is the address, not the authority."""
    certificate = certified(tmp_path, "DNS:labels.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        server(certificate) as port,
        pytest.raises(ServerUnreachable, match="mismatch") as refused,
        connect_to(f"https://127.0.0.1:{port}", KEY),
    ):
        pass

    assert "as its certificate does" in refused.value.todo
    assert "SSL_CERT_FILE" not in refused.value.todo


def test_an_expired_certificate_has_to_be_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is set here would help: it has to be renewed."""
    certificate = expired(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        server(certificate) as port,
        pytest.raises(ServerUnreachable, match="has expired") as refused,
        connect_to(f"https://127.0.0.1:{port}", KEY),
    ):
        pass

    assert "renew the server's certificate" in refused.value.todo


def test_http_where_tls_is_spoken(tmp_path: Path) -> None:
    """A server that hangs up without a word: the error names what that may mean."""
    with (
        server(certified(tmp_path, "IP:127.0.0.1")) as port,
        pytest.raises(ServerUnreachable) as refused,
        connect_to(f"http://127.0.0.1:{port}", KEY),
    ):
        pass

    assert "its address begins with https:// if it speaks TLS" in refused.value.todo


def test_https_where_plain_http_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        server(None) as port,
        pytest.raises(ServerUnreachable) as refused,
        connect_to(f"https://127.0.0.1:{port}", KEY),
    ):
        pass

    assert "begin the address in LABEL_STUDIO_URL with http://" in refused.value.todo


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unreadable_authority_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    """SSL_CERT_FILE names a file that is not there, or does not hold a certificate: refused before anything is sent."""
    named = tmp_path / "authority.pem"
    if content is not None:
        named.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(named))
    with (
        pytest.raises(ServerUnreachable, match="SSL_CERT_FILE names") as refused,
        connect_to("https://127.0.0.1:9", KEY),
    ):
        pass

    assert "unset it" in refused.value.todo
