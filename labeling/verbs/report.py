"""``labeling report``: everything the workspace knows, on one page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.report.write_report import write_report
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("report")
@json_option
@with_project
def report_cli(project: Project, *, as_json: bool) -> int:
    r"""Put the numbers on one page that people look at.

    The page needs nothing from elsewhere, no scripts, fonts or pictures: mail it, keep it.

    \b
    Example:
      labeling evaluate && labeling report
      xdg-open exports/diplomatic/report.html
    """
    show(asdict(write_report(project)), as_json=as_json)
    return 0
