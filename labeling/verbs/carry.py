"""``labeling carry``: what people agree on in one article -> suggestions for its reprints, in ``projected.jsonl``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.reprints.carry import carry
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.reprints.carry import CarryResult


@click.command("carry")
@json_option
@with_project
def carry_cli(project: Project, *, as_json: bool) -> int:
    r"""Carry spans and relations from annotated articles to their reprints.

    Where two articles share words, what people agree on in the one is a suggestion for the other, to the character. The
    next `labeling push` shows it in the page, before what the rules suggest. It becomes gold only when somebody submits
    it. With `annotate_once = true` under [reprints] in the project file, `push` sends the fullest article of each story
    first, and its reprints when this has been done for them.

    \b
    Example:
      labeling pull && labeling carry && labeling push
      labeling carry --json | jq .bought
    """
    summary = carry(project)
    show(asdict(summary) if as_json else _format_carry(summary), as_json=as_json)
    tell(f"Written to {project.workspace.projected.path}", err=True)
    return 0


def _format_carry(summary: CarryResult) -> dict[str, object]:
    bought = "nothing yet" if summary.bought is None else f"{summary.bought:.2f} spans for each span people marked"
    return {**asdict(summary), "bought": bought}
