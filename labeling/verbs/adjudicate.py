"""``labeling adjudicate``: annotations into gold, conflicts, and the first account of the ledger."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.adjudication.adjudicate import adjudicate
from labeling.verbs.options import REFUSED, json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.adjudication.adjudicate import AdjudicateResult
    from labeling.project import Project


@click.command("adjudicate")
@json_option
@with_project
def adjudicate_cli(project: Project, *, as_json: bool) -> int:
    r"""Reconcile annotations into gold.

    What a single annotator says is gold. Of two or more annotators, gold is what all say; the rest is an open conflict,
    listed in conflicts.jsonl. The ledger has the outcome of every span, relation and choice: `open` for those in such
    a conflict, `decided_against` for what was skipped, superseded or ruled out.

    People settle a conflict in Label Studio. Open the article's task and talk; who changes their mind updates their own
    annotation there, who leaves it to the others skips theirs. Then pull and adjudicate again. A third annotator does
    not outvote anybody, but is one more who must say the same; what a model says never counts.

    \b
    Example:
      labeling pull && labeling adjudicate
      labeling adjudicate --json | jq .account.span
    """
    result = adjudicate(project)
    show(asdict(result) if as_json else _format_adjudication(result), as_json=as_json)
    if result.conflicts and not as_json:
        tell(f"Open conflicts are listed in {project.workspace.conflicts.path}", err=True)
        tell("  -> people settle them in Label Studio: `labeling adjudicate --help` says how", err=True)
    if result.refused:
        tell(f"Pulled things that do not fit the schema or the articles of today: {result.refused}", err=True)
        tell(f"  -> they are `quarantined` in {project.workspace.ledger.path}", err=True)
    return REFUSED if result.refused else 0


def _format_adjudication(result: AdjudicateResult) -> dict[str, object]:
    """The result with one line for each account: ``span  4 in: 1 gold, 1 merged, 2 open``."""
    lines: dict[str, object] = {name: value for name, value in asdict(result).items() if name != "account"}
    for what, account in result.account.items():
        outcomes = [f"{number} {name.replace('_', ' ')}" for name, number in account.items() if name != "in"]
        lines[what] = f"{account['in']} in: {', '.join(outcomes)}"
    return lines
