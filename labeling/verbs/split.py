"""``labeling split``: gold articles into train, dev and test, by leak group."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.annotations import surface_of
from labeling.articles import group_by_text
from labeling.errors import MissingInput
from labeling.splits.assign import PlacementFacts, assign_splits, split_by_date
from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.annotations import Gold, GoldSpan
    from labeling.project import Project, SplitsSection
    from labeling.splits.leakage import SplitArticle
    from labeling.workspace.rows.assignment import SplitAssignment
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class SplitResult:
    """How many articles stand where, how many are new, and in how many leak groups all of them are.

    ``shared_passages`` counts what two splits share, and is 0; a random split of the same sizes would have shared
    ``shared_at_random``.
    """

    train: int
    dev: int
    test: int
    left_out: int
    new: int
    leak_groups: int
    shared_passages: int
    shared_at_random: int


def split(project: Project, *, with_unusable: bool = False) -> SplitResult:
    """Give every article with usable gold its split in ``splits.jsonl``; what was assigned before stays.

    Articles without gold get their place when they have some, so that the shares are shares of what trains and tests.

    Args:
        project: Whose gold.
        with_unusable: Place articles that an annotator ruled out, too.

    Raises:
        MissingInput: Nothing was adjudicated, or ``clusters.jsonl`` does not know an article.
        LeakError: Articles of different splits were found to share text.
    """
    from labeling.splits.certificate import digest_certificate_inputs
    from labeling.splits.leakage import certify_splits, refuse_leak

    workspace, shares = project.workspace, project.file.splits
    with workspace.opened():
        before = list(workspace.splits.rows_if_written())
        gold = {each.article: each for each in workspace.gold.rows()}
        rows = assign_splits(
            _leak_groups(workspace),
            [each.article for each in gold.values() if each.usable or with_unusable],
            before,
            {"train": shares.train, "dev": shares.dev, "test": shares.test},
            shares.seed,
            _placement_facts(workspace, gold.values(), shares),
        )
        boilerplate = [each for each in list(workspace.passages.rows_if_written()) if each.kind == "boilerplate"]
        leakage = certify_splits(
            _split_articles(workspace, rows, gold), boilerplate, project.file.passages.words, shares.seed
        )
        refuse_leak(leakage)
        # The certificate comes last: should it be missing or of the splits before these, `compile` refuses.
        workspace.splits.write(rows)
        certificate = leakage.model_copy(update={"measured_on": digest_certificate_inputs(workspace)})
        workspace.leakage.write(certificate)
    counts = Counter(row.split for row in rows)
    return SplitResult(
        train=counts["train"],
        dev=counts["dev"],
        test=counts["test"],
        left_out=counts[None],
        new=len(rows) - len(before),
        leak_groups=len({row.leak_group for row in rows}),
        shared_passages=leakage.shared_passages_across_splits,
        shared_at_random=sum(each.passages for each in leakage.random_split.overlaps),
    )


@click.command("split")
@click.option("--with-unusable", is_flag=True, help="Place articles that an annotator ruled out, too.")
@json_option
@with_project
def split_cli(project: Project, *, with_unusable: bool, as_json: bool) -> int:
    r"""Assign gold articles to train, dev and test.

    Articles that share text stay together. An article once assigned never moves; new ones go to the split furthest
    below its share in the project file, in articles and in labels; or, with `dev_from` and `test_from` there, to the
    split of their day. leakage.json proves that no passage stands in two splits.

    \b
    Example:
      labeling adjudicate && labeling split
      labeling split --json | jq .test
    """
    if not project.workspace.clusters.exists():
        click.echo(
            "Without clusters.jsonl only articles of the same text are one leak group: run `labeling cluster`", err=True
        )
    summary = split(project, with_unusable=with_unusable)
    show(asdict(summary), as_json=as_json)
    if summary.left_out:
        click.echo(f"Articles left out of all splits: {summary.left_out}", err=True)
        click.echo(f"  -> the reasons are in {project.workspace.splits.path}", err=True)
    return 0


def _leak_groups(workspace: Workspace) -> dict[str, str]:
    """Leak groups by shared passages when `cluster` has run, else by identical text."""
    articles = list(workspace.articles.rows())
    if not workspace.clusters.exists():
        return group_by_text(articles)
    groups = {row.article: row.leak_group for row in workspace.clusters.rows()}
    unknown = [article.id for article in articles if article.id not in groups]
    if unknown:
        raise MissingInput(
            f"{workspace.clusters.path} does not know {len(unknown)} articles, the first is {unknown[0]!r}",
            todo="run `labeling cluster` first: what shares text with them is not known",
            where=str(workspace.clusters.path),
        )
    return groups


def _placement_facts(workspace: Workspace, gold: Iterable[Gold], shares: SplitsSection) -> PlacementFacts:
    """The labels of gold, and the splits of days where the project file has any."""
    labels = {each.article: Counter(span.label for span in each.spans) for each in gold}
    if not shares.test_from:
        return PlacementFacts(labels)
    return PlacementFacts(labels, split_by_date(workspace.articles.rows(), shares.dev_from, shares.test_from))


def _split_articles(
    workspace: Workspace, rows: Iterable[SplitAssignment], gold: Mapping[str, Gold]
) -> list[SplitArticle]:
    """The articles that have a split, with the surfaces of their gold spans."""
    from labeling.splits.leakage import SplitArticle

    splits = {row.article: row.split for row in rows if row.split}
    spans = {name: each.spans for name, each in gold.items()}
    return [
        SplitArticle(
            article.id, article.text, split, frozenset(_folded_surfaces(article.text, spans.get(article.id, ())))
        )
        for article in workspace.articles.rows()
        if (split := splits.get(article.id))
    ]


def _folded_surfaces(text: str, spans: Iterable[GoldSpan]) -> Iterator[tuple[str, str]]:
    """What is labelled how, whatever the case and the blanks."""
    return (surface_of(span.label, text[span.start : span.end]) for span in spans)
