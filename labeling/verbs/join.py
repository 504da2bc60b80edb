"""``labeling join``: a stand-off release and the texts it is about, made into the dataset again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import MOST_LISTED, REFUSED, json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.corpora.release.join import JoinResult
    from labeling.project import Project


@click.command("join")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@json_option
@with_project
def join_cli(project: Project, *, folder: Path, as_json: bool) -> int:
    r"""Join a stand-off release to the texts it is about.

    FOLDER is a release. The texts are those that were ingested, and those in a release with texts; each is known by its
    digest, whatever its id here. A text that differs from the one that the release was made of is refused and listed
    (status 3): its offsets would be wrong.

    \b
    Example:
      labeling ingest our-archive/ && labeling join releases/1f0c9a3be27d4455
      labeling join releases/latest --json | jq .refused
    """
    from labeling.corpora.release.join import join

    summary = join(project, folder)
    show(asdict(summary) if as_json else _format_join(summary), as_json=as_json)
    # On stderr, so that --json stays JSON.
    for name, reason in list(summary.refused.items())[:MOST_LISTED]:
        tell(f"Refused: {name}: {reason}", err=True)
    if summary.refused:
        tell(f"  -> all are listed under left_out in {summary.folder}/manifest.json", err=True)
    return REFUSED if summary.refused else 0


def _format_join(summary: JoinResult) -> dict[str, object]:
    articles = ", ".join(f"{number} {split}" for split, number in summary.articles.items())
    return {**asdict(summary), "articles": articles, "refused": len(summary.refused)}
