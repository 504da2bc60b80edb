"""``labeling doctor``: is the set-up sound."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.studio.sync.doctor import doctor
from labeling.verbs.options import json_option, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project

_VERDICT_SIGNS = {"good": "ok  ", "doubtful": "?   ", "bad": "BAD "}


@click.command("doctor")
@json_option
@with_project
def doctor_cli(project: Project, *, as_json: bool) -> int:
    r"""Check whether the set-up is sound: versions, gate, key, rights, clocks, schema; and a probe there and back.

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
        # Printed as they come, for the probe takes a moment.
        findings.append(finding)
        if not as_json:
            tell(f"{_VERDICT_SIGNS[finding.verdict]}{finding.what}: {finding.found}")
            if finding.todo:
                tell(f"      -> {finding.todo}")
    if as_json:
        tell(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    return 1 if any(finding.verdict == "bad" for finding in findings) else 0
