"""Front door of ``labeling serve``: the workspace's embedded Label Studio, started or found running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.studio.server.package import DATABASE, count_accounts
from labeling.studio.server.server import start_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project


@dataclass(frozen=True)
class ServeResult:
    """Where the server answers, the absolute path of its credentials (url, email, password, api_key), and its roles.

    ``roles`` says whether the first account owns the server and all others are readers; ``readers`` counts those.
    ``email`` is the first account's.
    """

    url: str
    credentials: str
    roles: bool = True
    readers: int = 0
    email: str = ""


def serve(
    project: Project, *, port: int | None = None, roles: bool = True, say: Callable[[str], None] = lambda _: None
) -> ServeResult:
    """Start the project's server, or find it running, and return when it answers.

    The workspace stays free for the verbs that talk to the server; only starting and stopping exclude each other.

    Args:
        project: Whose server.
        port: The port to listen on; None takes the one of last time or any free one.
        roles: Whether its first account owns it, and the others are readers; else all may do everything.
        say: Called with a sentence on what is being waited for.

    Raises:
        StudioError: As `labeling.studio.server.server.start_server` does.
    """
    server = start_server(project.workspace, port, roles=roles, say=say)
    readers = count_accounts(project.workspace.studio / "data" / DATABASE) - 1
    return ServeResult(
        server.credentials.url, str(server.path), server.roles, max(readers, 0), server.credentials.email
    )
