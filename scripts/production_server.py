"""Label Studio as a team runs it, on this machine: PostgreSQL, uWSGI, nginx with TLS, by the files of `deploy/`.

    python scripts/production_server.py [FOLDER]

It needs Debian's packages postgresql, nginx and openssl, listens on 127.0.0.1 only, begins empty (in a minute or two:
its database is migrated first), and is gone after Ctrl-C. The line on stdout says where it is and who may enter; FOLDER
keeps its logs. Tests and benchmarks call `production`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.studio.server import credentials as logins
from labeling.studio.server.package import GATE_FOLDER, read_log_tail
from labeling.studio.server.ports import LOOPBACK, choose_port, is_answering, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from labeling.studio.server.credentials import Credentials

DEPLOY = Path(__file__).parents[1] / "deploy"
# An address of this machine that is not its usual one: to our client it is another machine's, as in life.
FRONT = "127.0.0.2"

_PATIENCE = 300.0  # seconds
_PAUSE = 0.2
_HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
# PostgreSQL refuses to run as root; Debian's package has a user for it.
_USER = "postgres" if os.geteuid() == 0 else None


class Failed(Exception):
    """A part of the server did not start; the message has the end of its log."""


@dataclass(frozen=True)
class Production:
    """A server that answers.

    ``server`` is reached by TLS, ``plain`` is the same without it; both by nginx. ``inner`` is the port of uWSGI,
    ``authority`` the file of the certificate, which signed itself; ``database`` has Label Studio's settings for
    PostgreSQL.
    """

    server: Credentials
    plain: Credentials
    inner: int
    authority: Path
    database: Mapping[str, str]


def absent() -> list[str]:
    """The programs that are needed and not installed here."""
    needed = {"postgresql": _postgres("postgres"), "uwsgi": _uwsgi(), "nginx": _nginx(), "openssl": _openssl()}
    return [name for name, path in needed.items() if not path.exists()]


@contextmanager
def production(folder: Path, processes: int = 2) -> Iterator[Production]:
    """Run a fresh server for the length of a block.

    Args:
        folder: An empty one, or one to be made, for logs, uploads and the certificate.
        processes: Of uWSGI.

    Raises:
        Failed: A part of it did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    inner, outer = choose_port(None, None), choose_port(None, None)
    server = logins.new_credentials(outer).model_copy(update={"url": f"https://{FRONT}:{outer}"})
    authority = _certificate(folder)
    with database(folder / "postgres.log") as reached:
        environment = _environment(folder, server, inner) | reached
        _done([sys.executable, "-m", "label_studio.server", "init", "--quiet"], environment, folder / "init.log")
        uwsgi = [str(_uwsgi()), "--ini", str(DEPLOY / "uwsgi.ini"), "--processes", str(processes)]
        healthy = f"{url_of(inner)}/health"
        with (
            _running(uwsgi, environment, folder / "uwsgi.log", lambda: is_answering(healthy)),
            front(folder, inner, outer),
        ):
            yield Production(server, server.with_port(outer), inner, authority, reached)


@contextmanager
def database(log: Path) -> Iterator[dict[str, str]]:
    """Run PostgreSQL with a fresh database, on a socket in a folder of its own; Label Studio's settings for it.

    Raises:
        Failed: It did not start.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        password = Path(folder, "password")
        password.write_text(secrets.token_urlsafe(), encoding="utf-8")
        for path in (Path(folder), password):
            path.chmod(0o700)
            if _USER:
                shutil.chown(path, _USER, _USER)
        data = f"{folder}/data"
        made = ["--username=labels", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"]
        _done([str(_postgres("initdb")), f"--pgdata={data}", *made], {}, log, _USER)
        serve = [str(_postgres("postgres")), "-D", data, "-k", folder, "-c", "listen_addresses="]
        ready = [str(_postgres("pg_isready")), "--quiet", f"--host={folder}"]
        with _running(serve, {}, log, lambda: subprocess.run(ready, check=False).returncode == 0, _USER):
            yield {
                "POSTGRE_HOST": folder,
                "POSTGRE_NAME": "postgres",
                "POSTGRE_USER": "labels",
                "POSTGRE_PASSWORD": password.read_text(encoding="utf-8"),
            }


@contextmanager
def front(folder: Path, inner: int, outer: int, without: str = "") -> Iterator[None]:
    """Run nginx on the port ``outer``, with TLS at `FRONT` and without it at 127.0.0.1, before the port ``inner``.

    Args:
        folder: The one given to `production`.
        inner: A port of this machine.
        outer: The same.
        without: A directive of `deploy/nginx.conf` to leave out.

    Raises:
        Failed: It did not start.
    """
    home = folder / f"nginx-{outer}"
    home.mkdir()
    (home / "nginx.conf").write_text(_configuration(home, inner, outer, without), encoding="utf-8")
    command = [str(_nginx()), "-p", str(home), "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"]
    with _running(command, {}, home / "log", lambda: _listens(outer)):
        yield


def _listens(outer: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex((FRONT, outer)) == 0


def _configuration(home: Path, inner: int, outer: int, without: str) -> str:
    """The last server of `deploy/nginx.conf`, the one with TLS, at these ports and as a whole configuration."""
    written = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").rpartition("server {")[2]
    server = "\n".join(line for line in written.splitlines() if not without or without not in line)
    for theirs, ours in {
        "listen 443 ssl": f"listen {LOOPBACK}:{outer}; listen {FRONT}:{outer} ssl",
        "127.0.0.1:8080": f"{LOOPBACK}:{inner}",
        "/etc/ssl/labels": str(home.parent),
    }.items():
        server = server.replace(theirs, ours)
    owner = "user root;" if os.geteuid() == 0 else ""
    unused = "".join(f"{kind}_temp_path {kind}; " for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi"))
    return f"{owner} pid pid; events {{}} http {{ {unused}\nserver {{{server}\n}}\n"


def _environment(folder: Path, server: Credentials, inner: int) -> dict[str, str]:
    """What `deploy/env.example` says, filled in."""
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    ours = {
        "LABEL_STUDIO_HOST": server.url,
        "CSRF_TRUSTED_ORIGINS": server.url,
        "ALLOWED_HOSTS": f"{FRONT},{LOOPBACK}",
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "LABEL_STUDIO_USERNAME": server.email,
        "LABEL_STUDIO_PASSWORD": server.password,
        "LABEL_STUDIO_USER_TOKEN": server.api_key,
        # The credentials hold a legacy token: how the organisation forbids those is tested.
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABELING_LISTEN": f"{LOOPBACK}:{inner}",
        "PYTHONPATH": str(GATE_FOLDER),
        "VIRTUAL_ENV": sys.prefix,
        # Where it is deployed, its environment lies in nobody's repository (see `labeling.studio.server.package`).
        "GIT_DIR": os.devnull,
    }
    (folder / "data").mkdir()
    return {**{name: os.environ[name] for name in _HANDED_ON if name in os.environ}, **settings, **ours}


def _certificate(folder: Path) -> Path:
    """Make a key and a certificate for this machine that signs itself; the certificate's file."""
    certificate = folder / "certificate.pem"
    of = ["-subj", "/CN=labels", "-addext", f"subjectAltName=IP:{FRONT}"]
    strict = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    to = ["-keyout", str(folder / "key.pem"), "-out", str(certificate), "-days", "2"]
    _done([str(_openssl()), "req", "-x509", "-newkey", "rsa:2048", "-nodes", *of, *strict, *to], {}, folder / "tls.log")
    return certificate


def _done(command: Sequence[str], environment: Mapping[str, str], log: Path, user: str | None = None) -> None:
    with _started(command, environment, log, user) as process:
        if process.wait():
            raise Failed(f"{command[0]} failed:{read_log_tail(log)}")


@contextmanager
def _running(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    ready: Callable[[], bool],
    user: str | None = None,
) -> Iterator[None]:
    """Run a program for the length of a block, which begins when the program is ready."""
    with _started(command, environment, log, user) as process:
        try:
            deadline = time.monotonic() + _PATIENCE
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"{command[0]} did not start:{read_log_tail(log)}")
                time.sleep(_PAUSE)
            yield
        finally:
            # It tells all three of them to end now, in order.
            process.send_signal(signal.SIGINT)


def _started(
    command: Sequence[str], environment: Mapping[str, str], log: Path, user: str | None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            cwd="/",
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            start_new_session=True,
        )


def _postgres(name: str) -> Path:
    """One of PostgreSQL's programs: of Debian's newest version, which is not on the path, or where the path says."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return versions[-1] if versions else Path(shutil.which(name) or f"absent/{name}")


def _uwsgi() -> Path:
    return Path(sys.prefix, "bin", "uwsgi")


def _nginx() -> Path:
    return Path(shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "absent/nginx")


def _openssl() -> Path:
    return Path(shutil.which("openssl") or "absent/openssl")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
def main(folder: Path | None) -> None:
    """Run a server as a team does, until Ctrl-C."""
    if absent():
        raise click.ClickException(f"not installed here: {', '.join(absent())}")
    with tempfile.TemporaryDirectory() as scratch:
        home = folder or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        with production(home) as running:
            logins.save_credentials(home / "credentials.json", running.server)
            where = {"url": running.server.url, "credentials": str(home / "credentials.json")}
            click.echo(json.dumps({**where, "authority": str(running.authority)}))
            try:
                signal.pause()
            except KeyboardInterrupt:
                click.echo("  ending", err=True)


if __name__ == "__main__":
    main()
