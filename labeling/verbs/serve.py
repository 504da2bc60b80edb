"""``labeling serve``: the embedded Label Studio, in the foreground, detached, or stopped."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from labeling.errors import ServerUnreachable
from labeling.studio.server.serve import ServeResult, serve
from labeling.studio.server.server import find_running_server, stop_server, wait_for_server
from labeling.verbs.bars import end_bar
from labeling.verbs.options import tell, with_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from labeling.project import Project


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; else that of last time, or any free one.")
@click.option("--detach", is_flag=True, help="Return when it answers; print one line of JSON.")
@click.option("--stop", is_flag=True, help="Stop this workspace's server, and nothing else.")
@click.option("--no-roles", is_flag=True, help="Let every account do everything, as in Label Studio by itself.")
@with_project
def serve_cli(project: Project, *, port: int | None, detach: bool, stop: bool, no_roles: bool) -> int:
    r"""Run the embedded Label Studio, with its data under the workspace.

    It listens on this machine only. Without --detach it runs until Ctrl-C. Log in to its page with the e-mail and
    password in studio/credentials.json of the workspace. Further people get an account by a link of their own, which
    `labeling people invite` prints; the part of their e-mail before the @ signs their work. For people at other
    machines see docs/deploy.md.

    The first account owns the server: the one in credentials.json. Everybody else is a reader, who annotates and sees
    their own words only, and can neither delete nor configure anything. With --no-roles all accounts may do everything
    and see everything, for as long as the server runs.

    The first start on a machine prepares a database that later workspaces begin with; it is kept in the user's cache
    folder, or in the one that LABELING_CACHE names.

    \b
    Example:
      labeling serve
      labeling serve --detach
        {"url": "http://127.0.0.1:40321", "credentials": "/home/ana/exports/diplomatic/studio/credentials.json"}
      labeling serve --stop

    \b
    A team, named under [people] in the project file, begins with
      labeling serve --detach
      labeling ingest articles/ && labeling cluster
      labeling assign
      labeling push
      labeling people invite
    """
    # It tells by itself what is waited for.
    end_bar()
    if stop and (detach or port or no_roles):
        raise click.UsageError("--stop goes with no other option")
    if stop:
        tell("Stopped." if stop_server(project.workspace) else "No server of this workspace runs.", err=True)
    elif detach:
        serving = _start_with_progress(project, port, roles=not no_roles)
        tell(f"Log in at {serving.url} as {serving.email}; the password is in {serving.credentials}", err=True)
        _tell_roles(serving)
        # These two keys, as before there were roles.
        line = {"url": serving.url, "credentials": serving.credentials}
        tell(json.dumps(line, ensure_ascii=False))
    else:
        _serve_in_foreground(project, port, roles=not no_roles)
    return 0


def _tell_roles(serving: ServeResult) -> None:
    """Say on stderr who may do what, where there is more than one account."""
    if not serving.roles:
        tell("Roles do not hold: every account may do everything, and see everybody's words.", err=True)
    elif serving.readers:
        others = "1 other account is a reader" if serving.readers == 1 else f"{serving.readers} others are readers"
        tell(f"The first account owns this server; {others}. `labeling serve --no-roles` makes all equal.", err=True)


def _serve_in_foreground(project: Project, port: int | None, *, roles: bool) -> None:
    ran_before = find_running_server(project.workspace) is not None
    with _ended_by_signals():
        serving = _start_with_progress(project, port, roles=roles)
        tell(f"Label Studio is at {serving.url}; e-mail and password are in {serving.credentials}", err=True)
        tell("Others sign up by a link of their own: `labeling people invite`.", err=True)
        _tell_roles(serving)
        if ran_before:
            tell("It ran before, and goes on. Stop it with `labeling serve --stop`.", err=True)
            return
        _wait_for_end(project)


def _wait_for_end(project: Project) -> None:
    """Wait for the server's end: ours to bring about, another command's, or its own, which is an error."""
    try:
        # Inside the block, because people press Ctrl-C as soon as they read of it.
        tell("Ctrl-C stops it.", err=True)
        stopped = wait_for_server(project.workspace)
    except BaseException:
        stop_server(project.workspace)
        raise
    if not stopped:
        log = project.workspace.studio / "server.log"
        raise ServerUnreachable(
            "Label Studio has ended by itself", todo=f"see the end of {log}, then start it again", where=str(log)
        )


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Take a terminal's end or a plain `kill` for Ctrl-C, so that no server is left behind."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # What was started to be deaf to a signal (by `nohup`, say) stays so.
    heard = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, interrupt) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _start_with_progress(project: Project, port: int | None, *, roles: bool) -> ServeResult:
    """Start with a progress display on stderr: a moving one at a terminal, plain lines elsewhere."""
    from rich.console import Console

    # Stdout is for the one line of JSON of --detach.
    console = Console(stderr=True)
    if not console.is_terminal:
        return serve(project, port=port, roles=roles, say=lambda sentence: tell(sentence, err=True))
    with console.status("Starting Label Studio") as status:
        return serve(project, port=port, roles=roles, say=status.update)
