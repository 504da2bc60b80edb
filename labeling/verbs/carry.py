"""``labeling carry``: what people said of one article -> suggestions for its reprints, in ``projected.jsonl``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.adjudication.gold import reconcile_annotations
from labeling.reprints import carried
from labeling.reprints.carried import ReprintCorpus, compute_savings, find_waiting_reprints
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.annotations import Gold
    from labeling.project import Project
    from labeling.workspace.rows.reprint import ProjectedRow


@dataclass(frozen=True)
class CarryResult:
    """What was carried: ``spans`` to ``articles``, from ``sources``, in which people marked ``said`` spans.

    ``bought`` is how many spans each of those bought, None when there were none. ``checked`` of the carried ones
    stand in articles that people have annotated since, ``accepted`` of them stayed as they were. ``waiting`` counts
    reprints whose story nobody has annotated yet.
    """

    sources: int
    said: int
    articles: int
    spans: int
    relations: int
    bought: float | None
    checked: int
    accepted: int
    waiting: int


def carry(project: Project) -> CarryResult:
    """Carry what people said to articles that share text with it and that nobody has annotated.

    What people said is what they agree on, by the rules of `reconcile_annotations`. Nothing carried is gold: it is
    shown to people by the next `push`, and what they submit counts.

    Raises:
        MissingInput: Nothing was ingested, clustered or pulled.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    with workspace.opened():
        articles = workspace.articles.by("id")
        clusters = list(workspace.clusters.rows())
        annotations = list(workspace.annotations.rows())
        gold = reconcile_annotations(annotations, (), articles, project.schema, project.file.policies.trim).gold
        passages = list(workspace.passages.rows())
        press = ReprintCorpus(articles, clusters, passages, project.file.passages.words)
        rows = carried.carry_gold(press, gold, annotations, list(workspace.projected.rows_if_written()))
        workspace.projected.write(rows)
    return _summarise_carry(
        rows, gold, len(find_waiting_reprints(clusters, rows) - carried.finished_articles(annotations))
    )


@click.command("carry")
@json_option
@with_project
def carry_cli(project: Project, *, as_json: bool) -> int:
    r"""Carry spans and relations from annotated articles to their reprints.

    Where two articles share words, what people said of the one is a suggestion for the other, to the character. The
    next `labeling push` shows it in the page, before what the rules suggest. It is no gold until somebody submits it.
    With `annotate_once = true` under [reprints] in the project file, `push` sends the fullest article of each story
    first, and its reprints when this has been done for them.

    \b
    Example:
      labeling pull && labeling carry && labeling push
      labeling carry --json | jq .bought
    """
    summary = carry(project)
    show(asdict(summary) if as_json else _format_carry(summary), as_json=as_json)
    click.echo(f"Written to {project.workspace.projected.path}", err=True)
    return 0


def _summarise_carry(rows: Iterable[ProjectedRow], gold: Iterable[Gold], waits: int) -> CarryResult:
    rows = list(rows)
    saved = compute_savings(rows, gold)
    said, spans = sum(each.said for each in saved), sum(each.spans for each in saved)
    return CarryResult(
        sources=len(saved),
        said=said,
        articles=len({row.article for row in rows if row.spans}),
        spans=spans,
        relations=sum(len(row.relations) for row in rows),
        bought=spans / said if said else None,
        checked=sum(each.checked for each in saved),
        accepted=sum(each.accepted for each in saved),
        waiting=waits,
    )


def _format_carry(summary: CarryResult) -> dict[str, object]:
    bought = "nothing yet" if summary.bought is None else f"{summary.bought:.2f} spans for each span people marked"
    return {**asdict(summary), "bought": bought}
