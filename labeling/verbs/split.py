"""``labeling split``: gold articles into train, dev and test, by leak group."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.evaluation.reliance import describe_reliance
from labeling.splits.split import split
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("split")
@click.option("--with-unusable", is_flag=True, help="Place articles that an annotator ruled out, too.")
@json_option
@with_project
def split_cli(project: Project, *, with_unusable: bool, as_json: bool) -> int:
    r"""Assign gold articles to train, dev and test.

    Articles that share text stay together. An article once assigned never moves; new ones go to the split furthest
    below its share in the project file, in articles and in labels; or, with `dev_from` and `test_from` there, to the
    split of their day. With [learning] there, new ones come to dev and test from the random stream alone.
    leakage.json proves that no passage is in two splits.

    \b
    Example:
      labeling adjudicate && labeling split
      labeling split --json | jq .test
    """
    if not project.workspace.clusters.exists():
        tell(
            "Without clusters.jsonl only articles of the same text are one leak group: run `labeling cluster`", err=True
        )
    summary = split(project, with_unusable=with_unusable)
    shown = asdict(summary)
    if summary.from_stream is None:
        del shown["from_stream"]
    # All of it is in reliance.json, which programs read.
    told = {} if as_json or project.file.learning is None else describe_reliance(project.workspace.reliance.value())
    show({**shown, **told}, as_json=as_json, literal=told)
    if summary.left_out:
        tell(f"Articles left out of all splits: {summary.left_out}", err=True)
        tell(f"  -> the reasons are in {project.workspace.splits.path}", err=True)
    return 0
