"""``labeling agree``: how far annotators agree with each other, into ``agreement.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.evaluation.agree import agree
from labeling.verbs.options import format_measure, json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.score import Agreement


@click.command("agree")
@json_option
@with_project
def agree_cli(project: Project, *, as_json: bool) -> int:
    r"""Measure how far annotators agree with each other.

    For each two of them: F1 of their spans on the articles both submitted, exact, by position alone, and overlapping,
    in per cent (with --json as fractions), with 95 % intervals. For choices: Krippendorff's alpha, which is not a
    share: 1 when all agree, 0 when they agree as often as by chance. All labels are in agreement.json; compile puts it
    into the card, `labeling report` on the page.

    Measured are first words, as `labeling pull` keeps them in first.jsonl: what was changed after a talk, or in the
    light of another's work, changes no number. Where nothing was pulled since there was that file, annotations are.

    \b
    Example:
      labeling pull && labeling agree
      labeling agree --json | jq .f1
    """
    result = agree(project)
    # The table has intervals, which the file has and the result leaves out.
    table = _format_agreement(project.workspace.agreement.value())
    rows = asdict(result)
    # Only where there is one: programs of before know the other keys.
    if result.spoken_for_another:
        table["spoken for another, left out"] = result.spoken_for_another
    else:
        del rows["spoken_for_another"]
    show(rows if as_json else table, as_json=as_json, literal=table)
    return 0


def _format_agreement(agreement: Agreement) -> dict[str, object]:
    rows: dict[str, object] = {"articles": agreement.articles}
    for pair in agreement.pairs:
        for measures in (pair.score.exact, pair.score.position, pair.score.overlapping):
            rows[f"{measures.rule}, {pair.one} and {pair.other}"] = format_measure(measures.micro)
    alphas = [f"{name} {alpha:.3f}" for name, alpha in agreement.choices.items() if alpha is not None]
    return rows | {"alpha of choices": ", ".join(alphas) or "undefined"}
