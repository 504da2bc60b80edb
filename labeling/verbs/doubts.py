"""``labeling doubts``: what in gold to look at once more -> ``doubts.jsonl``."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from labeling.training.doubts.find_doubts import find_doubts
from labeling.verbs.options import MOST_LISTED, json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.doubt import Doubt


@click.command("doubts")
@click.option("--seed", default=1, show_default=True, help="Of the models; the same seed gives the same list.")
@json_option
@with_project
def doubts_cli(project: Project, *, seed: int, as_json: bool) -> int:
    r"""List the likely errors of gold, the most likely first.

    In doubt are spans that models contradict which were trained on other leak groups only, and spans they miss; words
    that are read otherwise in nearly all other places; what an adjudicator decided otherwise on the same words;
    passages labelled apart in two articles; spans that cut a word, or begin or end with what the guidelines leave out.
    Each line of doubts.jsonl has text, kind, what gold has, what speaks against it and why, and the share of such
    doubts that are expected to be right.

    \b
    Example:
      labeling adjudicate && labeling doubts
      head -50 exports/diplomatic/doubts.jsonl | jq -r .why
    """
    result = find_doubts(project, seed=seed)
    if as_json:
        show(asdict(result), as_json=True)
    else:
        show({"spans": result.spans, "doubts": result.doubts, **result.kinds}, as_json=False)
        for doubt in islice(project.workspace.doubts.rows(), MOST_LISTED):
            tell(_describe_doubt(doubt), err=True)
    for kind, why in result.left_out.items():
        tell(f"Not looked for: {kind}, for {why}", err=True)
    tell(f"Written to {project.workspace.doubts.path}", err=True)
    return 0


def _describe_doubt(doubt: Doubt) -> str:
    return f"{doubt.score:.2f}  {doubt.article}  {doubt.text!r}  {doubt.label or 'nothing'}: {doubt.why}"
