"""``labeling agree``: how far annotators agree with each other, into ``agreement.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.evaluation import agreement
from labeling.verbs.options import format_measure, json_option, show, with_project
from labeling.workspace.grouping import read_leak_groups
from labeling.workspace.storage import file_digest

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.score import Agreement, Measures


@dataclass(frozen=True)
class AgreeResult:
    """How many articles were submitted by two people or more, and F1 of each two of them, by rule; alpha of choices."""

    articles: int
    annotators: tuple[str, ...]
    f1: dict[str, dict[str, float | None]]
    choices: dict[str, float | None]


def agree(project: Project) -> AgreeResult:
    """Measure agreement on what was pulled, into ``agreement.json``.

    Raises:
        MissingInput: Nothing was ingested or pulled.
        TooFewAnnotators: No article was submitted by two people.
    """
    return _summarise_agreement(_write_agreement(project))


def _write_agreement(project: Project) -> Agreement:
    workspace = project.workspace
    with workspace.opened():
        articles = workspace.articles.by("id")
        groups = read_leak_groups(workspace)
        read = list(agreement.find_doubly_annotated(workspace.annotations.rows(), articles, groups))
        found = agreement.measure_agreement(read, project.schema, file_digest(workspace.annotations.path))
        workspace.agreement.write(found)
    return found


@click.command("agree")
@json_option
@with_project
def agree_cli(project: Project, *, as_json: bool) -> int:
    r"""Measure how far annotators agree with each other.

    For each two of them: F1 of their spans on the articles both submitted, exact, by position alone, and overlapping,
    in per cent (with --json as fractions), with 95 % intervals. For choices: Krippendorff's alpha, which is no share: 1
    when all agree, 0 when they agree as often as by chance. All labels are in agreement.json; compile puts it into the
    card, `labeling report` on the page.

    \b
    Example:
      labeling pull && labeling agree
      labeling agree --json | jq .f1
    """
    found = _write_agreement(project)
    table = _format_agreement(found)
    show(asdict(_summarise_agreement(found)) if as_json else table, as_json=as_json, literal=table)
    return 0


def _summarise_agreement(found: Agreement) -> AgreeResult:
    def f1(measures: Measures) -> float | None:
        return None if measures.micro.f1 is None else round(measures.micro.f1, 4)

    return AgreeResult(
        articles=found.articles,
        annotators=found.annotators,
        f1={
            f"{pair.one} and {pair.other}": {
                each.rule: f1(each) for each in (pair.score.exact, pair.score.position, pair.score.overlapping)
            }
            for pair in found.pairs
        },
        choices={name: None if value is None else round(value, 4) for name, value in found.choices.items()},
    )


def _format_agreement(found: Agreement) -> dict[str, object]:
    scores = {f"{pair.one} and {pair.other}": pair.score for pair in found.pairs}
    rows = {
        f"{each.rule}, {pair}": format_measure(each.micro)
        for pair, score in scores.items()
        for each in (score.exact, score.position, score.overlapping)
    }
    alphas = ", ".join(f"{name} {alpha:.3f}" for name, alpha in found.choices.items() if alpha is not None)
    return {"articles": found.articles, **rows, "alpha of choices": alphas or "undefined"}
