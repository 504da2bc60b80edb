"""The server's process: launched into a folder, known again by that folder, ended.

A process id alone proves nothing: ids are used again, and folders are copied with the ids in them. A process that runs
Label Studio on the data of this very folder is the one.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from labeling.studio.server.package import ROLES, gate_environment, make_environment
from labeling.studio.server.ports import LOOPBACK
from labeling.values import Frozen
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

    from labeling.studio.server.credentials import Credentials

_MODULE = "label_studio.server"
_GRACE = 10.0  # seconds to end by itself


class _ProcessRecord(Frozen):
    pid: int


def find_process(root: Path) -> psutil.Process | None:
    """The server of the folder ``root`` (absolute, without links), if it lives."""
    # Not there before the first start, and after a stop.
    record = root / "server.json"
    if not record.exists():
        return None
    import psutil

    try:
        process = psutil.Process(_ProcessRecord.model_validate_json(record.read_bytes()).pid)
        # Two exports at once leave Label Studio in another folder than it was started in; its environment stays.
        folder = process.environ().get("LABEL_STUDIO_BASE_DATA_DIR")
        # Both must hold: our module, and the data of this very folder.
        ours = _MODULE in process.cmdline() and str(root / "data") in (process.cwd(), folder)
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours else None


def launch_process(root: Path, credentials: Credentials, *, roles: bool = True) -> psutil.Process:
    """Start Label Studio in ``root``, on the port of ``credentials``; their user is made if it is not there yet.

    It holds none of our pipes, and neither Ctrl-C at our terminal nor the terminal's end reaches it.
    """
    import psutil

    # By the environment, not by arguments: those can be read by every user of the machine.
    user = {
        "LABEL_STUDIO_USERNAME": credentials.email,
        "LABEL_STUDIO_PASSWORD": credentials.password,
        "LABEL_STUDIO_USER_TOKEN": credentials.api_key,
    }
    options = ["start", "--no-browser", "--internal-host", LOOPBACK, "--port", str(credentials.port)]
    with (root / "server.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE, *options],
            cwd=root / "data",
            env=gate_environment(make_environment(root / "data")) | {ROLES: str(int(roles))} | user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    # Written at once, so that even a start that is cut short here can be found and ended.
    write_json(root / "server.json", {"pid": child.pid})
    # Popen would warn, when it is dropped, of a child that lives on: this one shall, and psutil looks after it.
    child.returncode = 0
    return psutil.Process(child.pid)


def holds_roles(process: psutil.Process) -> bool:
    """Whether a server's process was started so that roles hold in it."""
    import psutil

    try:
        return process.environ().get(ROLES) == "1"
    except psutil.Error:
        return False


def is_alive(process: psutil.Process) -> bool:
    """Whether the process has not ended."""
    import psutil

    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_process(root: Path, process: psutil.Process) -> None:
    """End the process, by force if it does not listen, and forget it."""
    import psutil

    try:
        # Politely first: SQLite may be in the middle of a transaction.
        process.terminate()
        process.wait(_GRACE)
    except psutil.TimeoutExpired:
        process.kill()
        # It ends when the machine gets to it.
        with suppress(psutil.TimeoutExpired):
            process.wait(_GRACE)
    except psutil.NoSuchProcess:
        pass
    (root / "server.json").unlink(missing_ok=True)
