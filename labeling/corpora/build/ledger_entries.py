"""The two accounts of a compile: regions to gold, which ``adjudicate`` kept, and gold to each target, kept here.

An account balances when each thing that went in has one outcome. An article with two nested spans gives, in the account
of a target whose layer is flat: ``{"in": 2, "kept": 1, "span_only": 1, "left_out": 0, "lost": 0}``.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from labeling.adjudication.checks import check_annotation
from labeling.annotations import (
    CARD_DEFECTS,
    DEFECTS_BY_RULE,
    RELATION_SLIPS,
    Annotation,
    Gold,
    LedgerRow,
    QuarantineRow,
    ThingKind,
    choice_id,
    relation_id,
)
from labeling.errors import LedgerUnbalanced, QuarantineNotAllowed, SpansLost
from labeling.ledger import LedgerEntry, Sums, check_balance, list_entering_things, list_things

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Defect
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.table import Workspace

TargetOutcome: TypeAlias = Literal["kept", "split", "span_only", "not_held", "left_out", "lost"]
# Every outcome that a kind of thing can have at a stage.
Outcomes: TypeAlias = "Mapping[ThingKind, Sequence[str]]"

_GOLD = ("gold", "merged", "open", "decided_against", "quarantined")
_FIRST_ACCOUNT: Outcomes = {
    "span": _GOLD,
    "relation": _GOLD,
    "choice": _GOLD,
    "annotation": ("decided_against", "quarantined"),
}
_CUT = "a boundary falls inside a token, which was cut in the reference"
_LISTED_ROWS = 10

AnyLedgerRow = TypeVar("AnyLedgerRow", LedgerRow, LedgerEntry)


class LedgerTally:
    """Counts rows of the ledger as they pass."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._counts = Counter[tuple[str, ThingKind, str]]()

    def counting(self, rows: Iterable[AnyLedgerRow]) -> Iterator[AnyLedgerRow]:
        """Pass each row on, counted."""
        for row in rows:
            self._counts[row.stage, row.what, row.outcome] += 1
            yield row

    def add(self, other: LedgerTally) -> None:
        """Count what another has counted."""
        self._counts.update(other._counts)

    def sums(self, targets: Mapping[str, Outcomes]) -> Sums:
        """Stage to what to outcome to number, a 0 for each possible outcome that nothing had.

        Args:
            targets: The possible outcomes of each target, by its name; those of the first account are known.
        """
        stages = {"gold": _FIRST_ACCOUNT, **targets}
        return {
            stage: {what: self._account(stage, what, outcomes) for what, outcomes in possible.items()}
            for stage, possible in stages.items()
        }

    def _account(self, stage: str, what: ThingKind, outcomes: Sequence[str]) -> dict[str, int]:
        numbers = {outcome: self._counts[stage, what, outcome] for outcome in outcomes}
        return {"in": sum(numbers.values()), **numbers}


def find_lost(article: Article, gold: Gold, schema: Schema) -> list[LedgerEntry]:
    """What no target can hold: gold that the article's text or the schema does not bear out. One entry for each."""
    empty = [span.id for span in gold.spans if not 0 <= span.start < span.end]
    spans: tuple[Any, ...] = tuple(span for span in gold.spans if 0 <= span.start < span.end)
    # Not validated: all of it was when it was read, and a span of gold has everything that is checked of one.
    annotation = Annotation.model_construct(
        article=gold.article,
        digest=gold.digest,
        annotator="",
        spans=spans,
        relations=gold.relations,
        choices=gold.choices,
    )
    _, faults = check_annotation(annotation, article, schema)
    return [
        *(_lost_entry(gold, "span", name, "it is empty") for name in empty),
        *(_lost_entry(gold, fault.what, fault.id, f"{fault.kind}: {fault.reason}") for fault in faults),
    ]


def _lost_entry(gold: Gold, what: ThingKind, name: str, reason: str) -> LedgerEntry:
    return LedgerEntry(gold.article, what, name, "every target", "lost", reason)


def refuse_lost(entries: Iterable[LedgerEntry]) -> None:
    """Fail when anything was lost.

    Raises:
        SpansLost: With the first of the lost things, each with its reason.
    """
    lost = [entry for entry in entries if entry.outcome == "lost"]
    if lost:
        raise SpansLost(
            f"{len(lost)} of gold cannot be held by the targets:{_format_rows(lost)}",
            todo="run `labeling adjudicate` again: gold.jsonl does not fit the articles or the schema of today",
            where=lost[0].article,
        )


def account_for_spans(
    gold: Gold, stage: str, left: Mapping[str, str], cut: Collection[str] = ()
) -> Iterator[LedgerEntry]:
    """The entries of one article's spans for one target: ``kept``, ``split`` or ``span_only``.

    Args:
        gold: The article's gold.
        stage: The target's name.
        left: Ids of spans that the target's flat layer does not hold, with the reason.
        cut: Ids of spans for which a token was cut.
    """
    for span in gold.spans:
        # Both may be true of one span: then it has both reasons, and the outcome that costs more.
        reasons = [left[span.id]] if span.id in left else []
        if span.id in cut:
            reasons.append(_CUT)
        outcome: TargetOutcome = "kept"
        if span.id in left:
            outcome = "span_only"
        elif span.id in cut:
            outcome = "split"
        yield LedgerEntry(gold.article, "span", span.id, stage, outcome, "; ".join(reasons))


def account_for_relations(
    gold: Gold, stage: str, reasons: Mapping[str, str] | None = None, outcome: TargetOutcome = "kept"
) -> Iterator[LedgerEntry]:
    """The entries of one article's relations for one target; ``reasons`` are by `relation_id`."""
    for relation in gold.relations:
        name = relation_id(relation)
        yield LedgerEntry(gold.article, "relation", name, stage, outcome, (reasons or {}).get(name, ""))


def account_for_choices(
    gold: Gold, stage: str, outcome: TargetOutcome = "kept", reason: str = ""
) -> Iterator[LedgerEntry]:
    """The entries of one article's choices for one target."""
    for name, options in gold.choices.items():
        for option in options:
            yield LedgerEntry(gold.article, "choice", choice_id(name, option), stage, outcome, reason)


def make_left_out_entry(gold: Gold, what: ThingKind, name: str, stage: str, reason: str) -> LedgerEntry:
    """The entry of a thing of gold that the subset does not ask for."""
    outcome: TargetOutcome = "left_out"
    return LedgerEntry(gold.article, what, name, stage, outcome, reason)


def check_first_account(workspace: Workspace, allowed: Collection[Defect]) -> LedgerTally:
    """Check the account that ``adjudicate`` kept, against annotations, quarantine and gold as they are now.

    Returns:
        Its rows, counted.

    Raises:
        LedgerUnbalanced: A region has no outcome or two, or the number of those that became gold is not gold's.
        QuarantineNotAllowed: A kind of defect that the project does not allow; a relation that joins what it must not,
            or has no name, is not asked about.
    """
    signature, tally = 0, LedgerTally()
    became = Counter[tuple[str, ThingKind]]()
    refused: list[LedgerRow] = []
    always = {*allowed, *DEFECTS_BY_RULE, *CARD_DEFECTS}
    free: dict[ThingKind, set[Defect]] = {"relation": always | RELATION_SLIPS}
    for row in tally.counting(workspace.ledger.rows()):
        signature += hash((row.article, row.annotator, row.what, row.id))
        if row.outcome == "gold":
            became[row.article, row.what] += 1
        elif row.outcome == "quarantined" and row.reason.split(":", 1)[0] not in free.get(row.what, always):
            refused.append(row)
    # If two collections hold the same things as often, the sums of their hashes are equal. The converse is only nearly
    # certain: two that differ have equal sums with a chance of about 2**-64, anew in each process, for Python salts the
    # hashes of strings. So accounts larger than memory are compared; which thing differs is looked for when one does.
    if signature != sum(map(hash, _read_entered(workspace))):
        check_balance("gold", _read_entered(workspace), workspace.ledger.rows())
    _refuse_other_gold(workspace, became)
    _refuse_quarantine(workspace, refused)
    return tally


def _read_entered(workspace: Workspace) -> Iterator[Thing]:
    return list_entering_things(
        workspace.annotations.rows(),
        workspace.quarantine.rows_if_written(),
    )


def _refuse_other_gold(workspace: Workspace, became: Counter[tuple[str, ThingKind]]) -> None:
    # What became gold by the ledger, less what gold has: every count must end at 0.
    for gold in workspace.gold.rows():
        became.subtract((article, what) for article, _, what, _ in list_things(gold))
    faults = [f"{number:+d} {what}s of {article!r}" for (article, what), number in sorted(became.items()) if number]
    if faults:
        raise LedgerUnbalanced(
            f"ledger.jsonl and gold.jsonl differ in what became gold: {', '.join(faults[:_LISTED_ROWS])}",
            todo="run `labeling adjudicate` again, which writes both",
            where=str(workspace.ledger.path),
        )


def _refuse_quarantine(workspace: Workspace, refused: list[LedgerRow]) -> None:
    if not refused:
        return
    # A reason begins with its kind: "stale text: drawn on the text 9f3c2a".
    kinds = Counter(row.reason.split(":", 1)[0] for row in refused)
    by_file = _imported_signatures(workspace)
    imported = [(row.article, row.annotator) in by_file for row in refused]
    raise QuarantineNotAllowed(
        f"{len(refused)} things in quarantine, {_format_kinds(kinds)}:{_format_rows(refused, by_file)}",
        todo=f"{_explain_mending(imported)}, then run `labeling adjudicate`; or allow it in the project file, under "
        f"[policies]: quarantine_allowed = {json.dumps(sorted(kinds))}",
        where=str(workspace.quarantine.path),
    )


def _imported_signatures(workspace: Workspace) -> set[tuple[str, str]]:
    """Whose annotation of which article came from a file, and not from a server: there it cannot be mended."""
    annotations: Iterator[Annotation | QuarantineRow] = workspace.annotations.rows()
    quarantine = workspace.quarantine.rows_if_written()
    return {(row.article, row.annotator) for row in chain(annotations, quarantine) if row.imported}


def _explain_mending(imported: Collection[bool]) -> str:
    """What to do about things in quarantine, by whether each was imported."""
    ways = []
    if not all(imported):
        ways.append("mend what was pulled in Label Studio and run `labeling pull`")
    if any(imported):
        ways.append("mend what was imported in its file, or map it with --map, and run `labeling import` again")
    return " and ".join(ways)


def _format_kinds(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def _format_rows(rows: Sequence[LedgerRow | LedgerEntry], by_file: Collection[tuple[str, str]] = ()) -> str:
    """A line for each of the first rows; for an annotator's thing, with whose it is and where it came from."""
    lines = [
        f"{row.what} {row.id!r} of {row.article!r}{_format_origin(row, by_file)}: {row.reason}"
        for row in rows[:_LISTED_ROWS]
    ]
    if len(rows) > _LISTED_ROWS:
        lines.append(f"and {len(rows) - _LISTED_ROWS} more")
    return "".join(f"\n  {line}" for line in lines)


def _format_origin(row: LedgerRow | LedgerEntry, by_file: Collection[tuple[str, str]]) -> str:
    origin = "imported" if (row.article, row.annotator) in by_file else "pulled"
    return f" by {row.annotator}, {origin}" if row.annotator else ""
