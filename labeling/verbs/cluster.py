"""``labeling cluster``: what articles share -> ``passages.jsonl`` and ``clusters.jsonl``."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.articles import Article
from labeling.errors import DamagedFile
from labeling.verbs.options import json_option, show, with_project
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.passages.find import FoundPassages
    from labeling.project import PassageRules, Project
    from labeling.workspace.table import Workspace

_LARGE = 0.2  # of all articles in one leak group: then boilerplate is likely behind it


@dataclass(frozen=True)
class ClusterResult:
    """How many articles and passages there are, and what follows: ``largest_group`` counts articles."""

    articles: int
    reprint_passages: int
    boilerplate_passages: int
    stories: int
    leak_groups: int
    largest_group: int


def cluster(project: Project) -> ClusterResult:
    """Find the passages that articles share, and their stories and leak groups.

    Raises:
        MissingInput: Nothing was taken in.
        DamagedFile: A line is no article, or two articles have one id.
        PassagesTooLarge: More memory would be needed than the project allows.
        RayUnavailable: The project file names a Ray cluster that cannot be used.
    """
    workspace = project.workspace
    with workspace.opened():
        found = _find_shared(workspace, project.file.passages)
        workspace.passages.write(found.passages)
        workspace.clusters.write(found.clusters)
    kinds = Counter(passage.kind for passage in found.passages)
    groups = Counter(row.leak_group for row in found.clusters)
    return ClusterResult(
        articles=len(found.clusters),
        reprint_passages=kinds["reprint"],
        boilerplate_passages=kinds["boilerplate"],
        stories=len({row.story for row in found.clusters}),
        leak_groups=len(groups),
        largest_group=max(groups.values(), default=0),
    )


def _find_shared(workspace: Workspace, rules: PassageRules) -> FoundPassages:
    from labeling.passages import frames
    from labeling.passages.find import CorpusSize, FoundPassages, find_passages, read_articles_frame

    lengths = _article_lengths(workspace.articles.path)
    if not lengths:
        return FoundPassages((), ())
    frames.choose_runner(rules.ray)
    return find_passages(
        read_articles_frame(workspace.articles.path), CorpusSize(len(lengths), sum(lengths.values())), rules
    )


def _article_lengths(path: Path) -> dict[str, int]:
    """How many characters each article has."""
    lengths: dict[str, int] = {}
    for article in read_rows(path, Article):
        if article.id in lengths:
            raise DamagedFile(
                f"{path}: two articles have the id {article.id!r}",
                todo="take one of them out, or restore the file",
                where=article.id,
            )
        lengths[article.id] = len(article.text)
    return lengths


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
        click.echo(f"One leak group holds {summary.largest_group} of {summary.articles} articles.", err=True)
        click.echo(
            "  -> if a footer or a standing paragraph joins them, declare it as boilerplate under [passages] in the "
            f"project file; what they share is in {project.workspace.passages.path}",
            err=True,
        )
    return 0
