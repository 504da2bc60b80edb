"""``labeling compile``: gold and splits into a dataset for spaCy and Hugging Face, proven equal."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.corpora.build.subset import Subset
    from labeling.corpora.compile_dataset import CompileResult
    from labeling.project import Project


def compile(project: Project, subset: Subset | None = None, processes: int = 1) -> CompileResult:  # noqa: A001 - its old name
    """The old name of `labeling.corpora.compile_dataset.compile_dataset`, which does it."""
    from labeling.corpora.compile_dataset import compile_dataset

    return compile_dataset(project, subset, processes)


@click.command("compile")
@click.option("--since", default="", metavar="DATE", help="Only articles published on that day or later.")
@click.option("--until", default="", metavar="DATE", help="Only articles published on that day or earlier.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only articles of that source; repeatable.")
@click.option("--label", "labels", multiple=True, metavar="NAME", help="Only spans of that label; repeatable.")
@click.option("--with-unusable", is_flag=True, help="Also articles that an annotator ruled out, if they have a split.")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(min=1), metavar="N", help="How many do the work."
)
@json_option
@with_project
def compile_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    *,
    since: str,
    until: str,
    sources: tuple[str, ...],
    labels: tuple[str, ...],
    with_unusable: bool,
    processes: int,
    as_json: bool,
) -> int:
    r"""Compile gold into datasets for spaCy and Hugging Face.

    Both hold every span, relation and choice of gold, to the character: they are read back from disk and compared
    before anything points to them. The ledger has what became of each. The dataset lies in corpora/<digest>, and
    corpora/latest is moved there when all is done. Of a subset, what is left out is listed with the reason. Other
    formats are added under [compile] in the project file.

    \b
    Example:
      labeling adjudicate && labeling split && labeling compile
      labeling compile --json | jq .ledger.spacy.span
      labeling compile --since 2023-07-01 --until 2023-12-31 --source Reuters --label PERSON --label ROLE
      labeling compile --processes 4
      cat exports/diplomatic/corpora/latest/README.md
    """
    from labeling.corpora.build.subset import Subset
    from labeling.corpora.compile_dataset import compile_dataset

    subset = Subset(since=since, until=until, sources=sources, labels=labels, with_unusable=with_unusable)
    summary = compile_dataset(project, subset, processes)
    show(asdict(summary) if as_json else _format_compile(summary), as_json=as_json)
    return 0


def _format_compile(summary: CompileResult) -> dict[str, object]:
    # One row for each account, so that the table shows at a glance whether anything was lost.
    return {
        "folder": summary.folder,
        "articles": ", ".join(f"{number} {split}" for split, number in summary.articles.items()),
        "left out": summary.left_out,
        "spans": summary.spans,
        "relations": summary.relations,
        "choices": summary.choices,
        **{f"spans to {stage}": _format_outcomes(account["span"]) for stage, account in summary.ledger.items()},
        "proof": "every target, read back from disk, holds the gold that the ledger calls kept",
    }


def _format_outcomes(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in outcomes.items())
