"""A report that readers are not named in: their pseudonyms stand where the files of the workspace have their names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.evaluation.agreement.views import GOLD

if TYPE_CHECKING:
    from labeling.report.findings import Findings
    from labeling.workspace.pseudonyms import Pseudonyms
    from labeling.workspace.rows.agreements import Agreement, AnnotatorPair, GroupAgreement
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.reprint import Audit, Side


def hide_readers(findings: Findings, names: Pseudonyms) -> Findings:
    """The same findings, with the pseudonyms of people in the place of their names."""
    return replace(
        findings,
        annotations=[
            one.model_copy(update={"annotator": names.name(one.annotator), "imported_as": names.name(one.imported_as)})
            for one in findings.annotations
        ],
        # What the server sent names people by number and by address.
        quarantine=[
            row.model_copy(
                update={"annotator": names.name(row.annotator), "reason": names.hide(row.reason), "raw": None}
            )
            for row in findings.quarantine
        ],
        gold=[
            gold.model_copy(
                update={
                    "annotators": tuple(map(names.name, gold.annotators)),
                    "spans": tuple(
                        span.model_copy(update={"by": tuple(map(names.name, span.by))}) for span in gold.spans
                    ),
                }
            )
            for gold in findings.gold
        ],
        conflicts=[_hide_in_conflict(conflict, names) for conflict in findings.conflicts],
        scores=[score.model_copy(update={"annotator": names.name(score.annotator)}) for score in findings.scores],
        audit=findings.audit and _hide_in_audit(findings.audit, names),
        agreement=findings.agreement and _hide_in_agreement(findings.agreement, names),
    )


def _hide_in_conflict(conflict: Conflict, names: Pseudonyms) -> Conflict:
    readings = tuple(each.model_copy(update={"annotator": names.name(each.annotator)}) for each in conflict.readings)
    return conflict.model_copy(update={"readings": readings, "missed_by": tuple(map(names.name, conflict.missed_by))})


def _hide_in_audit(audit: Audit, names: Pseudonyms) -> Audit:
    def hide(side: Side) -> Side:
        return side.model_copy(update={"by": tuple(map(names.name, side.by))})

    differences = (
        each.model_copy(update={"left": hide(each.left), "right": hide(each.right)}) for each in audit.differences
    )
    return audit.model_copy(update={"differences": tuple(differences)})


def _hide_in_agreement(agreement: Agreement, names: Pseudonyms) -> Agreement:
    def hide(pair: AnnotatorPair) -> AnnotatorPair:
        score = pair.score.model_copy(update={"annotator": names.name(pair.score.annotator)})
        return pair.model_copy(update={"one": names.name(pair.one), "other": names.name(pair.other), "score": score})

    def hide_group(group: GroupAgreement) -> GroupAgreement:
        # Gold is nobody's name.
        called = tuple(name if name == GOLD else names.name(name) for name in group.annotators)
        return group.model_copy(update={"annotators": called})

    groups = {
        name: tuple(map(hide_group, getattr(agreement, name)))
        for name in ("by_pair", "settled", "models", "adjudicators", "gold_questions", "reprints")
    }
    return agreement.model_copy(
        update={
            "annotators": tuple(map(names.name, agreement.annotators)),
            "pairs": tuple(map(hide, agreement.pairs)),
            **groups,
            "group": agreement.group and hide_group(agreement.group),
            "suggestions": {name: hide_group(group) for name, group in agreement.suggestions.items()},
            "confusions": tuple(
                each.model_copy(update={"annotators": tuple(map(names.name, each.annotators))})
                for each in agreement.confusions
            ),
            "disagreements": tuple(
                each.model_copy(
                    update={
                        "sides": tuple(
                            side.model_copy(update={"annotator": names.name(side.annotator)}) for side in each.sides
                        )
                    }
                )
                for each in agreement.disagreements
            ),
        }
    )
