"""``labeling doctor``: is the set-up sound."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.errors import LabelingError, NoRoom
from labeling.verbs.options import Project, json_option, with_project
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.studio.server.credentials import Credentials
    from labeling.studio.sync.checkup import CheckFinding
    from labeling.workspace.table import Workspace

_VERDICT_SIGNS = {"good": "ok  ", "doubtful": "?   ", "bad": "BAD "}
_LEAST = 500_000_000  # bytes: a few pulls of ten thousand articles


def doctor(project: Project, *, server: Credentials | None = None) -> Iterator[CheckFinding]:
    """Look at the workspace, the server, the key, the clocks and the schema, and send a probe there and back.

    The probe is a project of its own on the server, and is removed again. What is wrong is a finding, never an error.
    """
    from labeling.studio.api.connect import connect
    from labeling.studio.sync.checkup import CheckFinding, examine

    yield _check_workspace(project.workspace)
    try:
        with connect(project.workspace, server) as studio:
            yield from examine(studio, project)
    except LabelingError as error:
        yield CheckFinding("server", "bad", str(error), error.todo)


@click.command("doctor")
@json_option
@with_project
def doctor_cli(project: Project, *, as_json: bool) -> int:
    r"""Say whether the set-up is sound: versions, key, rights, clocks, schema; and a probe there and back.

    The probe is a task in a project of its own, whose text holds emoji, flags, combining marks, all kinds of line ends
    and blanks, markup and right-to-left writing. It is annotated, pulled back, compared to the character, and removed.
    Exit status 1 when something is bad.

    \b
    Example:
      labeling doctor
      labeling doctor --json | jq '.[] | select(.verdict != "good")'
    """
    findings = []
    for finding in doctor(project):
        findings.append(finding)
        if not as_json:
            click.echo(f"{_VERDICT_SIGNS[finding.verdict]}{finding.what}: {finding.found}")
            if finding.todo:
                click.echo(f"      -> {finding.todo}")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    return 1 if any(finding.verdict == "bad" for finding in findings) else 0


def _check_workspace(workspace: Workspace) -> CheckFinding:
    from labeling.studio.sync.checkup import CheckFinding

    # A workspace that is not there is not made: the name may have been mistyped.
    place = next(folder for folder in (workspace.root, *workspace.root.absolute().parents) if folder.is_dir())
    probe = place / f".doctor-{os.getpid()}"
    try:
        write_text(probe, "")
        probe.unlink()
    except NoRoom as error:
        return CheckFinding("workspace", "bad", str(error), error.todo)
    free = shutil.disk_usage(place).free
    found = f"{place} can be written, {free / 1e9:.1f} GB are free"
    if place != workspace.root:
        found += f"; {workspace.root} is not there yet, `labeling ingest` makes it"
    if free < _LEAST:
        return CheckFinding("workspace", "doubtful", found, "make room: every pull is kept")
    return CheckFinding("workspace", "good", found)
