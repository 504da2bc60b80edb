"""Front door of ``labeling assist``: offers for a Label Studio that is not ours, until it is ended."""

from __future__ import annotations

import importlib.util
import ipaddress
from typing import TYPE_CHECKING

from labeling.errors import PortTaken, ServerPackageMissing, UsageError
from labeling.studio.server.assist_backend import AssistBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project

ASSIST_PORT = 9090  # where Label Studio's own examples have a backend


def assist(
    project: Project,
    *,
    host: str = "127.0.0.1",
    port: int = ASSIST_PORT,
    password: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve offers until the process is ended.

    Args:
        project: Whose `[assist]` says what is offered.
        host: The address to listen at.
        port: The port.
        password: What Label Studio must send along, with any name; needed at an address that other machines reach.
        say: Called with a sentence when it listens.

    Raises:
        UsageError: The project has no `[assist]`, or others reach the address and there is no password.
        ServerPackageMissing: The extra ``assist`` is not installed.
        PortTaken: Something else listens there.
    """
    section = project.file.assist
    if section is None:
        raise UsageError("the project file has no [assist]", todo="add a line [assist] to it, and push")
    if not password and not _is_of_this_machine(host):
        raise UsageError(
            f"other machines reach {host}, and there is no password",
            todo="name one in LABELING_ASSIST_PASSWORD, and give it to Label Studio as Basic authentication",
        )
    if any(importlib.util.find_spec(name) is None for name in ("werkzeug", "waitress")):
        raise ServerPackageMissing(
            "what serves offers is not installed in this Python environment",
            todo="install it with `pip install 'labeling[assist]'`",
        )
    import waitress

    try:
        server = waitress.create_server(AssistBackend(section, password), host=host, port=port, ident=None)
    except OSError as error:
        raise PortTaken(f"{host}:{port} cannot be listened at: {error}", todo="name another one with --port") from error
    say(f"Offers are served at http://{host}:{port}: connect it in the project's settings under Model; Ctrl-C ends it.")
    server.run()


def _is_of_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
