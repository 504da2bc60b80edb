"""``labeling adjudicate``: annotations into gold, conflicts, and the first account of the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.adjudication import gold
from labeling.ledger import sum_ledger
from labeling.verbs.options import REFUSED, json_option, show, with_project

if TYPE_CHECKING:
    from labeling.adjudication.gold import AdjudicationOutcome
    from labeling.project import Project


@dataclass(frozen=True)
class AdjudicateResult:
    """What became of the annotations. ``account`` is the ledger's sums: what, outcome, number; it balances.

    ``refused`` counts what was sound when it was pulled and is not any more: the schema or the article changed.
    """

    articles: int
    complete: int
    unusable: int
    gold_spans: int
    conflicts: int
    account: dict[str, dict[str, int]]
    refused: int


def adjudicate(project: Project) -> AdjudicateResult:
    """Reconcile ``annotations.jsonl`` into ``gold.jsonl``, ``conflicts.jsonl`` and ``ledger.jsonl``.

    Raises:
        MissingInput: Nothing was ingested or pulled.
        LedgerUnbalanced: A region got no outcome or two.
    """
    workspace = project.workspace
    with workspace.opened():
        found = gold.reconcile_annotations(
            workspace.annotations.rows(),
            list(workspace.quarantine.rows_if_written()),
            workspace.articles.by("id"),
            project.schema,
            project.file.policies.trim,
        )
        workspace.gold.write(found.gold)
        workspace.conflicts.write(found.conflicts)
        workspace.ledger.write(found.ledger)
    return _summarise_adjudication(found)


@click.command("adjudicate")
@json_option
@with_project
def adjudicate_cli(project: Project, *, as_json: bool) -> int:
    r"""Reconcile annotations into gold.

    One annotator's word is gold. Of two or more annotators, gold is what all say; the rest is an open conflict, listed
    in conflicts.jsonl. The ledger has what became of every span, relation and choice: `open` is what stands in such a
    conflict, `decided_against` what was skipped, superseded or ruled out.

    People settle a conflict in Label Studio. Open the article's task and talk; who changes their mind updates their own
    annotation there, who leaves it to the others skips theirs. Then pull and adjudicate again. A third annotator
    outvotes nobody, but is one more who must say the same; what a model says never counts.

    \b
    Example:
      labeling pull && labeling adjudicate
      labeling adjudicate --json | jq .account.span
    """
    summary = adjudicate(project)
    show(asdict(summary) if as_json else _format_adjudication(summary), as_json=as_json)
    if summary.conflicts and not as_json:
        click.echo(f"Open conflicts are listed in {project.workspace.conflicts.path}", err=True)
        click.echo("  -> people settle them in Label Studio: `labeling adjudicate --help` says how", err=True)
    if summary.refused:
        click.echo(f"Pulled things that do not fit the schema or the articles of today: {summary.refused}", err=True)
        click.echo(f"  -> they are `quarantined` in {project.workspace.ledger.path}", err=True)
    return REFUSED if summary.refused else 0


def _summarise_adjudication(found: AdjudicationOutcome) -> AdjudicateResult:
    return AdjudicateResult(
        articles=len(found.gold),
        complete=sum(gold.complete and gold.usable for gold in found.gold),
        unusable=sum(not gold.usable for gold in found.gold),
        gold_spans=sum(len(gold.spans) for gold in found.gold),
        conflicts=len(found.conflicts),
        account=sum_ledger(found.ledger).get("gold", {}),
        refused=len(found.quarantined),
    )


def _format_adjudication(summary: AdjudicateResult) -> dict[str, object]:
    """The summary with one line for each account, as people read it."""
    lines = {
        what: f"{account['in']} in: "
        + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in account.items() if name != "in")
        for what, account in summary.account.items()
    }
    return {name: value for name, value in asdict(summary).items() if name != "account"} | lines
