"""The embedded Label Studio: started, waited for until it answers, found again, stopped.

Its world is one folder of the workspace, closed to other users::

    studio/
    ├── credentials.json   url, email, password, api_key; kept for as long as the data
    ├── server.json        the process
    ├── server.log         the output of the server since its last start
    └── data/              Label Studio's own: database, media, secret key; and the gate's count of wrong passwords

It listens on 127.0.0.1 only, lets nobody sign up without an invitation, and reports to nobody. The gate (`gate/`) runs
before it and refuses what other pages of this machine would have the browser write.
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.errors import DataFolderUnusable, NoRoom, ServerDidNotStart, UsageError
from labeling.studio.server import credentials as logins
from labeling.studio.server.credentials import Credentials
from labeling.studio.server.package import DATABASE, check_database, create_database, package_folder, read_log_tail
from labeling.studio.server.ports import choose_port, is_answering, listening_port, port_taken_error, url_of
from labeling.studio.server.process import end_process, find_process, holds_roles, is_alive, launch_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psutil

    from labeling.workspace.table import Workspace

# Seconds. A second start takes five; one that must migrate an older database, a minute or two on a busy machine.
START_PATIENCE = 300.0
_POLL_PAUSE = 0.1


@dataclass(frozen=True)
class Server:
    """A server that answers, the file that holds its credentials (an absolute path), and whether roles hold there."""

    credentials: Credentials
    path: Path
    roles: bool = True


def start_server(
    workspace: Workspace,
    port: int | None = None,
    *,
    patience: float = START_PATIENCE,
    roles: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Server:
    """Start the workspace's server and wait until it answers; one that runs already is returned as it is.

    A later start reuses data, password and key, and the same port when it is free.

    Args:
        workspace: Whose server.
        port: The port to listen on; None takes the one of last time or any free one.
        patience: Seconds to wait for an answer.
        roles: Whether its first account owns it and the others are readers; else all may do everything.
        say: Called with a sentence on what is being waited for.

    Raises:
        ServerPackageMissing: Label Studio is not installed here.
        PortTaken: Another program has the port.
        UsageError: The server runs already, on another port, or with roles where none are wanted.
        DataFolderUnusable: The folder cannot be written, or its database or credentials are damaged.
        ServerDidNotStart: It ended, or did not answer within ``patience``.
    """
    package_folder()
    root = workspace.studio.resolve()
    with _prepare_folder(root), _lock_server(root):
        # Under the lock, so that two commands never start two servers on one database.
        found = find_process(root)
        process = found or launch_process(root, _prepare_credentials(root, port, say), roles=roles)
        if found is None:
            say("Waiting for Label Studio to answer")
        try:
            server = _check_answering(root, process, patience)
            _refuse_other_port(server, port, ran_before=found is not None)
            _refuse_other_roles(server, process, roles=roles)
        except BaseException:
            if found is None:
                end_process(root, process)
            raise
    return server


def find_running_server(workspace: Workspace) -> Credentials | None:
    """The credentials of the workspace's server, with the address where it listens now; None when it does not run.

    Raises:
        DataFolderUnusable: It runs, but its credentials cannot be read.
    """
    root = workspace.studio.resolve()
    process = find_process(root)
    port = listening_port(process) if process else None
    return logins.load_credentials(root / "credentials.json").with_port(port) if port else None


def stop_server(workspace: Workspace) -> bool:
    """Stop the workspace's server and nothing else; whether there was one to stop."""
    root = workspace.studio.resolve()
    if not root.is_dir():
        return False
    with _prepare_folder(root), _lock_server(root):
        process = find_process(root)
        if process:
            end_process(root, process)
    return process is not None


def wait_for_server(workspace: Workspace) -> bool:
    """Return when the workspace's server, started by this process, has ended; whether by a signal to end (SIGTERM)."""
    process = find_process(workspace.studio.resolve())
    return process is not None and process.wait() == -signal.SIGTERM


@contextmanager
def run_embedded_server(workspace: Workspace, port: int | None = None, *, roles: bool = True) -> Iterator[Credentials]:
    """Run the workspace's server for the length of a block; one that ran before goes on after it.

    Raises:
        StudioError: As `start_server` does.
    """
    before = find_running_server(workspace)
    server = start_server(workspace, port, roles=roles)
    try:
        yield server.credentials
    finally:
        if before is None:
            stop_server(workspace)


@contextmanager
def _prepare_folder(root: Path) -> Iterator[None]:
    try:
        (root / "data").mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        yield
    except (OSError, NoRoom) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise DataFolderUnusable(
            f"the server's data folder {root} cannot be used as one: {reason or error}",
            todo="make it a folder that you may write to, with room on its disk, or name another with --workspace",
            where=str(root),
        ) from error


@contextmanager
def _lock_server(root: Path) -> Iterator[None]:
    """Let one process at a time start or stop this server; another one waits."""
    from filelock import FileLock

    with FileLock(root / ".lock"):
        yield


def _prepare_credentials(root: Path, port: int | None, say: Callable[[str], None]) -> Credentials:
    """See to the database and the credentials; those are written before the server knows them, so never lost."""
    path, database = root / "credentials.json", root / "data" / DATABASE
    saved = logins.load_credentials(path) if path.exists() else None
    chosen = choose_port(port, saved.port if saved else None)
    # Without credentials but with a database, somebody moved a file: the database is checked, not replaced.
    if saved or database.exists():
        check_database(database)
    else:
        create_database(root / "data", say)
    credentials = saved.with_port(chosen) if saved else logins.new_credentials(chosen)
    logins.save_credentials(path, credentials)
    return credentials


def _check_answering(root: Path, process: psutil.Process, patience: float) -> Server:
    path = root / "credentials.json"
    credentials = logins.load_credentials(path).with_port(_wait_until_healthy(root, process, patience))
    if not is_answering(f"{credentials.url}/api/current-user/whoami", credentials.api_key):
        raise DataFolderUnusable(
            f"the database in {root / 'data'} does not know the key in {path}",
            todo="put back the credentials.json that belongs to it, or move the folder away to begin anew",
            where=str(path),
        )
    logins.save_credentials(path, credentials)
    return Server(credentials, path, holds_roles(process))


def _refuse_other_port(server: Server, wanted: int | None, *, ran_before: bool) -> None:
    """Refuse another port than the one wanted; Label Studio moves to the next one without asking."""
    if wanted in {None, server.credentials.port}:
        return
    # It started just now, and Label Studio moved on: the port was taken in the meantime.
    if not ran_before and wanted is not None:
        raise port_taken_error(wanted)
    raise UsageError(
        f"this workspace's server runs already, at {server.credentials.url} and not on port {wanted}",
        todo="stop it first with `labeling serve --stop`",
        where=server.credentials.url,
    )


def _refuse_other_roles(server: Server, process: psutil.Process, *, roles: bool) -> None:
    """Refuse to go on with roles where none are wanted; one that was started without goes on, and is told of."""
    if roles or not holds_roles(process):
        return
    raise UsageError(
        "this workspace's server runs already, and with roles",
        todo="stop it with `labeling serve --stop`, and start it again",
        where=server.credentials.url,
    )


def _wait_until_healthy(root: Path, process: psutil.Process, patience: float) -> int:
    # Label Studio moves on to the next port when one is taken: the process is asked where it listens.
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not is_alive(process):
            raise _start_error(root, "Label Studio ended while starting")
        port = listening_port(process)
        if port and is_answering(f"{url_of(port)}/health"):
            return port
        time.sleep(_POLL_PAUSE)
    raise _start_error(root, f"Label Studio did not answer within {patience:g} seconds")


def _start_error(root: Path, what: str) -> ServerDidNotStart:
    saved = logins.load_credentials(root / "credentials.json")
    lines = read_log_tail(root / "server.log", (saved.password, saved.api_key))
    return ServerDidNotStart(
        f"{what}; the last lines of its log:{lines}",
        todo=f"see {root / 'server.log'} for the whole story, then start it again",
        where=str(root / "server.log"),
    )


__all__ = [
    "START_PATIENCE",
    "Credentials",
    "Server",
    "find_running_server",
    "run_embedded_server",
    "start_server",
    "stop_server",
    "wait_for_server",
]
