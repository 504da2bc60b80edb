"""Front door of ``labeling carry``: what people agree on in one article -> suggestions for its reprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.adjudication.gold import reconcile_annotations
from labeling.adjudication.word_decisions import list_word_decisions
from labeling.reprints.annotate_once import (
    ReprintCorpus,
    carry_gold,
    compute_savings,
    find_waiting_reprints,
    finished_articles,
)
from labeling.reprints.inherited_decisions import renew_inherited
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.adjudication.gold import AdjudicationRules
    from labeling.annotations import Annotation, Gold
    from labeling.project import Project
    from labeling.workspace.custody import CustodyNotes
    from labeling.workspace.rows.reprint import ProjectedRow


@dataclass(frozen=True)
class CarryResult:
    """What was carried: ``spans`` to ``articles``, from ``sources``, in which people marked ``said`` spans.

    ``bought`` is how many spans each of those bought, None when there were none: 70 spans by hand that brought 32 more
    bought 32/70, or 0.46 each. ``checked`` of the carried ones are in articles that people have annotated since,
    ``accepted`` of them stayed as they were. ``waiting`` counts reprints whose story nobody has annotated yet.
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
    """Carry gold to articles that share text with it and that nobody has annotated, into ``projected.jsonl``.

    Gold is what people agree on, by the rules of `reconcile_annotations`. Nothing that is carried is gold itself: the
    next ``push`` shows it to people, and what they submit counts. What adjudicators decided is inherited by articles
    that have the same words, in ``decisions.jsonl``: there it settles what is in dispute, after the next `adjudicate`.

    Raises:
        MissingInput: Nothing was ingested, clustered or pulled.
        Altered: A file that it reads is not as it was left.
        DamagedFile: A file of the workspace cannot be read.
    """
    workspace = project.workspace
    reads = (
        workspace.articles,
        workspace.clusters,
        workspace.annotations,
        workspace.decisions,
        workspace.passages,
        workspace.projected,
    )
    with workspace.opened(), keep_custody(workspace, "carry", reads=reads, writes=(workspace.projected,)) as notes:
        notes.options["trim"] = list(project.file.policies.trim)
        notes.options["words"] = project.file.passages.words
        articles = workspace.articles.by("id")
        clusters = list(workspace.clusters.rows())
        annotations = list(workspace.annotations.rows())
        passages = list(workspace.passages.rows())
        press = ReprintCorpus(articles, clusters, passages, project.file.passages.words)
        rules = _renew_decisions(project, annotations, press, notes)
        # Quarantine matters to the ledger alone, which is not kept here.
        gold = reconcile_annotations(annotations, (), articles, rules).gold
        rows = carry_gold(press, gold, annotations, list(workspace.projected.rows_if_written()))
        workspace.projected.write(rows)
    # A reprint that somebody annotated before its lead waits for nothing.
    waiting = find_waiting_reprints(clusters, rows) - finished_articles(annotations)
    return _summarise_carry(rows, gold, len(waiting))


def _renew_decisions(
    project: Project, annotations: Sequence[Annotation], press: ReprintCorpus, notes: CustodyNotes
) -> AdjudicationRules:
    """Let reprints inherit what was decided; the rules by which gold is made after that."""
    rules, file = read_adjudication_rules(project), project.workspace.decisions
    implied = list_word_decisions(lambda: annotations, press.articles, rules)
    renewed = renew_inherited(rules.decisions, press, implied)
    if sorted(map(repr, renewed)) == sorted(map(repr, rules.decisions)):
        return rules
    file.write(renewed)
    notes.written.append(file.path.name)
    return replace(rules, decisions=renewed)


def _summarise_carry(rows: Sequence[ProjectedRow], gold: Iterable[Gold], waiting: int) -> CarryResult:
    saved = compute_savings(rows, gold)
    by_hand = sum(each.by_hand for each in saved)
    spans = sum(each.spans for each in saved)
    return CarryResult(
        sources=len(saved),
        said=by_hand,
        articles=len({row.article for row in rows if row.spans}),
        spans=spans,
        relations=sum(len(row.relations) for row in rows),
        bought=spans / by_hand if by_hand else None,
        checked=sum(each.checked for each in saved),
        accepted=sum(each.accepted for each in saved),
        waiting=waiting,
    )
