"""Front door of ``labeling adjudicate``: annotations -> gold, conflicts, and the first account of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.annotator_addresses import Addresses, find_answers, find_deciding
from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.word_decisions import list_decisions_today
from labeling.ledger import sum_ledger
from labeling.workspace.asking import Asking
from labeling.workspace.custody import keep_custody, refuse_altered

if TYPE_CHECKING:
    from labeling.adjudication.gold import AdjudicationOutcome
    from labeling.project import Project
    from labeling.workspace.rows.decision_row import Decision


@dataclass(frozen=True)
class AdjudicateResult:
    """What became of the annotations. ``account`` is the ledger's sums: what, outcome, number; it balances.

    ``refused`` counts what was sound when it was pulled and is not any more: the schema or the article changed.
    ``decided`` counts the decisions of adjudicators that count, ``idle`` those that do nothing, by the reason.
    """

    articles: int
    complete: int
    unusable: int
    gold_spans: int
    conflicts: int
    account: dict[str, dict[str, int]]
    refused: int
    decided: int
    idle: dict[str, int]


def adjudicate(project: Project) -> AdjudicateResult:
    """Reconcile ``annotations.jsonl`` into ``gold.jsonl``, ``conflicts.jsonl`` and ``ledger.jsonl``.

    Raises:
        MissingInput: Nothing was ingested or pulled.
        Altered: Annotations, quarantine or articles are not as they were left.
        DamagedFile: A file has a line that is not a row of it, or an annotation's time cannot be read.
        LedgerUnbalanced: A thing got no outcome, or two; a fault of the program.
    """
    workspace = project.workspace
    said = (workspace.annotations, workspace.quarantine, workspace.asked, workspace.imported)
    reads = (*said, workspace.decisions, workspace.articles)
    writes = (workspace.gold, workspace.conflicts, workspace.ledger)
    with (
        workspace.opened(),
        keep_custody(workspace, "adjudicate", reads=reads, writes=writes, always_hash=True) as notes,
    ):
        # Who answers gold questions; not a source, since another plan does not unmake gold.
        refuse_altered(workspace, "adjudicate", [workspace.assignments], always_hash=True)
        notes.options["trim"] = list(project.file.policies.trim)
        outcome = reconcile_annotations(
            workspace.annotations.rows(),
            workspace.quarantine.rows_if_written(),
            workspace.articles.by("id"),
            read_adjudication_rules(project),
        )
        workspace.gold.write(outcome.gold)
        workspace.conflicts.write(outcome.conflicts)
        workspace.ledger.write(outcome.ledger)
    return _summarise_adjudication(outcome)


def read_adjudication_rules(project: Project) -> AdjudicationRules:
    """The rules of a project, what was asked of whom, and what was decided, as its workspace has it.

    Raises:
        DamagedFile: ``asked.jsonl``, ``imported.jsonl`` or ``decisions.jsonl`` has a line that is not a row of it.
    """
    workspace = project.workspace
    plan = [*workspace.assignments.rows_if_written()]
    imported = [*workspace.imported.rows_if_written()]
    people = project.file.people
    adjudicators = people.adjudicators if people else ()
    addresses = read_addresses(project)
    return AdjudicationRules(
        project.schema,
        project.file.policies.trim,
        Asking(project.schema, workspace.asked.rows_if_written(), imported),
        find_answers(plan, addresses),
        [*workspace.decisions.rows_if_written()],
        find_deciding(plan, addresses, adjudicators),
    )


def read_addresses(project: Project) -> Addresses:
    """Whose annotations are, by e-mail address, as a project's workspace and file know."""
    workspace, people = project.workspace, project.file.people
    users = workspace.users.value_if_written()
    known = {row.reader for row in workspace.assignments.rows_if_written()}
    adjudicators = people.adjudicators if people else ()
    emails = users.emails if users else {}
    return Addresses(emails, {*known, *adjudicators}, workspace.imported.rows_if_written())


def read_decisions_today(project: Project) -> list[Decision]:
    """What was decided on the texts of today, in the names of today: on cards, inherited, and in whole articles.

    Raises:
        MissingInput: Nothing was ingested.
        DamagedFile: A file has a line that is not a row of it.
    """
    workspace = project.workspace
    if not workspace.decisions.exists() and not (project.file.people and project.file.people.adjudicators):
        return []
    rules = read_adjudication_rules(project)
    return list_decisions_today(workspace.annotations.rows_if_written, workspace.articles.by("id"), rules)


def _summarise_adjudication(outcome: AdjudicationOutcome) -> AdjudicateResult:
    return AdjudicateResult(
        articles=len(outcome.gold),
        complete=sum(gold.complete and gold.usable for gold in outcome.gold),
        unusable=sum(not gold.usable for gold in outcome.gold),
        gold_spans=sum(len(gold.spans) for gold in outcome.gold),
        conflicts=len(outcome.conflicts),
        account=sum_ledger(outcome.ledger).get("gold", {}),
        refused=len(outcome.quarantined),
        decided=outcome.decided,
        idle=dict(outcome.idle),
    )
