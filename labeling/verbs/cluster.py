"""``labeling cluster``: what articles share -> ``passages.jsonl`` and ``clusters.jsonl``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.passages.cluster import cluster
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project

_LARGE = 0.2  # of all articles in one leak group: then boilerplate is likely behind it


@click.command("cluster")
@json_option
@with_project
def cluster_cli(project: Project, *, as_json: bool) -> int:
    r"""Find what articles share: passages, stories, leak groups.

    A story joins reprints of one text, which need annotating once. A leak group joins articles that share any passage;
    `split` never puts them on two sides. Boilerplate joins nothing.

    \b
    Example:
      labeling ingest articles/ && labeling cluster
      labeling cluster --json | jq .largest_group
    """
    summary = cluster(project)
    show(asdict(summary), as_json=as_json)
    if summary.largest_group > max(10, _LARGE * summary.articles):
        tell(f"One leak group holds {summary.largest_group} of {summary.articles} articles.", err=True)
        tell(
            "  -> if a footer or a standing paragraph joins them, declare it as boilerplate under [passages] in the "
            f"project file; what they share is in {project.workspace.passages.path}",
            err=True,
        )
    return 0
