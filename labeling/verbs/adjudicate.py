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
    a conflict, `decided_against` for what was skipped, superseded, ruled out, or decided otherwise.

    Nobody is outvoted. An adjudicator of the project file settles a conflict: on a card, or by
    submitting the whole article. What they decided stands, whoever says what since, until an adjudicator decides
    otherwise; what was not asked about and comes later is a conflict of its own. Decisions are read from
    decisions.jsonl, which `labeling pull` writes.

    Without an adjudicator those who differ may agree: open the article's task in Label Studio and talk; who changes
    their mind updates their own annotation there, who leaves it to the others skips theirs. Then pull and adjudicate
    again. A third annotator does not outvote anybody, but is one more who must say the same; what a model says never
    counts.

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
    for why, number in result.idle.items():
        tell(f"Decisions that do nothing, {why}: {number}", err=True)
    if result.refused:
        tell(f"Pulled things that do not fit the schema or the articles of today: {result.refused}", err=True)
        tell(f"  -> they are `quarantined` in {project.workspace.ledger.path}", err=True)
    return REFUSED if result.refused else 0


def _format_adjudication(result: AdjudicateResult) -> dict[str, object]:
    """The result with one line for each account: ``span  4 in: 1 gold, 1 merged, 2 open``."""
    lines: dict[str, object] = {
        name: value
        for name, value in asdict(result).items()
        # Where nothing is decided, nothing is said of decisions.
        if name not in ("account", "idle") and (name != "decided" or value)
    }
    for what, account in result.account.items():
        outcomes = [f"{number} {name.replace('_', ' ')}" for name, number in account.items() if name != "in"]
        lines[what] = f"{account['in']} in: {', '.join(outcomes)}"
    return lines
