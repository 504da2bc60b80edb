"""``labeling report``: everything the workspace knows, on one page, or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.report.write_report import write_report
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("report")
@click.option(
    "--against",
    "against",
    multiple=True,
    metavar="OLD",
    type=click.Path(path_type=Path),
    help="Tell what changed since: a dataset, a release, a scores.json, what --json printed before, or a workspace.",
)
@json_option
@with_project
def report_cli(project: Project, *, against: tuple[Path, ...], as_json: bool) -> int:
    r"""Put the answers to twelve questions, and the numbers behind them, on one page that people look at.

    How far are we; how fast; when done; what next; which conflicts; which labels are weak; is more worth it; can the
    test set be trusted; who did what; how good is each; where is the model wrong; what changed. What cannot be told
    yet is told with the command that brings it. docs/questions.md has the place of each.

    The page needs nothing from elsewhere, no fonts or pictures: mail it, keep it. With --json all of it is printed.
    Keep that, and a later report tells what changed since: articles and gold, agreement, leakage, and scores on the
    same articles, with intervals of the differences. --against may be given several times.

    \b
    Example:
      labeling evaluate && labeling report
      labeling report --json > monday.json
      labeling report --json | jq '.what_next.steps[0]'
      labeling report --against monday.json
      labeling report --against exports/diplomatic/corpora/0f3a2b1c0f3a2b1c
    """
    made = write_report(project, against)
    if as_json:
        show({"page": made.page, **made.facts.model_dump(mode="json")}, as_json=True)
    else:
        show({"page": made.page}, as_json=False)
    return 0
