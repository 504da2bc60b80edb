"""``labeling assist``: every mention at once, for a Label Studio that is not ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from labeling.studio.server.assist import ASSIST_PORT, assist
from labeling.verbs.bars import end_bar
from labeling.verbs.options import tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("assist")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=ASSIST_PORT, show_default=True, type=click.IntRange(1, 65535), help="The port.")
@with_project
def assist_cli(project: Project, *, host: str, port: int) -> None:
    r"""Offer every mention at once on a Label Studio that is not ours, as its machine-learning backend.

    A server of ours does that by itself: nothing is to be started there. Elsewhere this runs until Ctrl-C, beside the
    server, and is connected in the project's settings under Model, with "interactive preannotations" ticked. The
    project file has [assist], and LABELING_ASSIST_PASSWORD is what Label Studio must send along. docs/assist.md says
    what that server must allow.

    \b
    Example:
      LABELING_ASSIST_PASSWORD=... labeling assist --host 10.0.0.7
    """
    end_bar()
    # Not an option: every user of a machine sees what a command was called with.
    password = os.environ.get("LABELING_ASSIST_PASSWORD", "")
    assist(project, host=host, port=port, password=password, say=tell)
