"""The two accounts of a compile: regions to gold, which ``adjudicate`` kept, and gold to each target, kept here."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from labeling.annotations import (
    DEFECTS_BY_RULE,
    Annotation,
    Gold,
    LedgerRow,
    QuarantineRow,
    ThingKind,
    check_annotation,
    choice_id,
    relation_id,
)
from labeling.corpora.targets.spacy.relation_pairs import explain_omission
from labeling.errors import LedgerUnbalanced, QuarantineNotAllowed, SpansLost
from labeling.ledger import LedgerEntry, Sums, check_balance, list_entering_things, list_things

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Defect
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.table import Workspace

SPACY: Final = "spacy"
HUGGINGFACE: Final = "huggingface"

TargetName: TypeAlias = Literal["spacy", "huggingface"]
TargetOutcome: TypeAlias = Literal["kept", "split", "span_only", "left_out", "lost"]

_GOLD = ("gold", "merged", "open", "decided_against", "quarantined")
_KEPT = ("kept", "left_out", "lost")
# Which outcomes there are, so that a 0 is said and not implied.
_OUTCOMES: dict[str, dict[ThingKind, tuple[str, ...]]] = {
    "gold": {"span": _GOLD, "relation": _GOLD, "choice": _GOLD, "annotation": ("decided_against", "quarantined")},
    SPACY: {"span": ("kept", "split", "span_only", "left_out", "lost"), "relation": _KEPT, "choice": _KEPT},
    HUGGINGFACE: {"span": ("kept", "span_only", "left_out", "lost"), "relation": _KEPT, "choice": _KEPT},
}
_LISTED_ROWS = 10

AnyLedgerRow = TypeVar("AnyLedgerRow", LedgerRow, LedgerEntry)


class LedgerTally:
    """Counts rows of the ledger as they pass."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._counts = Counter[tuple[str, ThingKind, str]]()

    def counting(self, rows: Iterable[AnyLedgerRow]) -> Iterator[AnyLedgerRow]:
        """Hand on each row, counted."""
        for row in rows:
            self._counts[row.stage, row.what, row.outcome] += 1
            yield row

    def add(self, other: LedgerTally) -> None:
        """Count what another has counted."""
        self._counts.update(other._counts)

    def sums(self) -> Sums:
        """Stage to what to outcome to number, a 0 for each possible outcome that nothing had."""
        return {
            stage: {what: self._account(stage, what, outcomes) for what, outcomes in possible.items()}
            for stage, possible in _OUTCOMES.items()
        }

    def _account(self, stage: str, what: ThingKind, outcomes: tuple[str, ...]) -> dict[str, int]:
        numbers = {outcome: self._counts[stage, what, outcome] for outcome in outcomes}
        return {"in": sum(numbers.values()), **numbers}


def find_lost(article: Article, gold: Gold, schema: Schema) -> list[LedgerEntry]:
    """What no target can hold: gold that the article's text or the schema does not bear out. One row for each."""
    spans: tuple[Any, ...] = tuple(span for span in gold.spans if 0 <= span.start < span.end)
    # Not validated: all of it was when it was read, and a span of gold has everything that is checked of one.
    said = Annotation.model_construct(
        article=gold.article,
        digest=gold.digest,
        annotator="",
        spans=spans,
        relations=gold.relations,
        choices=gold.choices,
    )
    _, faults = check_annotation(said, article, schema)
    empty = [span.id for span in gold.spans if not 0 <= span.start < span.end]
    return [
        *(_ledger_entry(gold, "span", name, SPACY, "lost", "it is empty") for name in empty),
        *(
            _ledger_entry(gold, fault.what, fault.id, SPACY, "lost", f"{fault.kind}: {fault.reason}")
            for fault in faults
        ),
    ]


def refuse_lost(rows: Iterable[LedgerEntry]) -> None:
    """Fail when anything was lost.

    Raises:
        SpansLost: With the first of the lost things, each with its reason.
    """
    lost = [row for row in rows if row.outcome == "lost"]
    if lost:
        raise SpansLost(
            f"{len(lost)} of gold cannot be held by the targets:{_format_rows(lost)}",
            todo="run `labeling adjudicate` again: gold.jsonl does not fit the articles or the schema of today",
            where=lost[0].article,
        )


def account_for_gold(gold: Gold, stage: TargetName, left: Mapping[str, str], cut: Collection[str]) -> list[LedgerEntry]:
    """The rows of one article for one target, one for each thing in its gold.

    Args:
        gold: The article's gold.
        stage: The target.
        left: Ids of spans that its flat layer does not hold, with the reason.
        cut: Ids of spans for which a token was cut.
    """
    return [
        *(_span_entry(gold, span.id, stage, left, cut) for span in gold.spans),
        *(
            _ledger_entry(
                gold,
                "relation",
                relation_id(each),
                stage,
                "kept",
                explain_omission(each, left) if stage == SPACY else "",
            )
            for each in gold.relations
        ),
        *(
            _ledger_entry(gold, "choice", choice_id(name, option), stage, "kept")
            for name, options in gold.choices.items()
            for option in options
        ),
    ]


def make_left_out_entry(gold: Gold, what: ThingKind, name: str, stage: TargetName, reason: str) -> LedgerEntry:
    """The row of a thing of gold that the subset does not ask for."""
    return _ledger_entry(gold, what, name, stage, "left_out", reason)


def _span_entry(gold: Gold, name: str, stage: TargetName, left: Mapping[str, str], cut: Collection[str]) -> LedgerEntry:
    reasons = [left[name]] if name in left else []
    if name in cut:
        reasons.append("a boundary falls inside a token, which was cut in the reference")
    outcome: TargetOutcome = "span_only" if name in left else "split" if name in cut else "kept"
    return _ledger_entry(gold, "span", name, stage, outcome, "; ".join(reasons))


def _ledger_entry(
    gold: Gold, what: ThingKind, name: str, stage: TargetName, outcome: TargetOutcome, reason: str = ""
) -> LedgerEntry:
    return LedgerEntry(gold.article, what, name, stage, outcome, reason)


def check_first_account(workspace: Workspace, allowed: Collection[Defect]) -> LedgerTally:
    """Check the account that ``adjudicate`` kept, against annotations, quarantine and gold as they are now.

    Returns:
        Its rows, counted.

    Raises:
        LedgerUnbalanced: A region has no outcome or two, or the number of those that became gold is not gold's.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
    """
    signature, became, refused, tally = 0, Counter[tuple[str, ThingKind]](), list[LedgerRow](), LedgerTally()
    for row in tally.counting(workspace.ledger.rows()):
        signature += hash((row.article, row.annotator, row.what, row.id))
        if row.outcome == "gold":
            became[row.article, row.what] += 1
        elif row.outcome == "quarantined" and row.reason.split(":", 1)[0] not in {*allowed, *DEFECTS_BY_RULE}:
            refused.append(row)
    # Two collections have the same sum of hashes only if they hold the same things as often. So accounts larger than
    # memory can be compared; which thing differs is looked for only when one does.
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
    if refused:
        kinds = Counter(row.reason.split(":", 1)[0] for row in refused)
        by_file = _imported_signatures(workspace)
        brought = [(row.article, row.annotator) in by_file for row in refused]
        raise QuarantineNotAllowed(
            f"{len(refused)} things in quarantine, {_format_kinds(kinds)}:{_format_rows(refused, by_file)}",
            todo=f"{_explain_mending(brought)}, then run `labeling adjudicate`; or say in the project file, under "
            f"[policies]: quarantine_allowed = {json.dumps(sorted(kinds))}",
            where=str(workspace.quarantine.path),
        )


def _imported_signatures(workspace: Workspace) -> set[tuple[str, str]]:
    """Whose word on which article came from a file, and from no server: there it cannot be mended."""
    said: Iterator[Annotation | QuarantineRow] = workspace.annotations.rows()
    aside = workspace.quarantine.rows_if_written()
    return {(row.article, row.annotator) for row in chain(said, aside) if row.imported}


def _explain_mending(brought: Collection[bool]) -> str:
    """What to do about it, by where it came from."""
    pulled = "mend what was pulled in Label Studio and run `labeling pull`"
    imported = "mend what was imported in its file, or map it with --map, and run `labeling import` again"
    return " and ".join([pulled] * (not all(brought)) + [imported] * any(brought))


def _format_kinds(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def _format_rows(rows: Sequence[LedgerRow | LedgerEntry], by_file: Collection[tuple[str, str]] = ()) -> str:
    """One line each, the first of them; of what an annotator said, whose it is and where it came from."""
    named = [
        f"{row.what} {row.id!r} of {row.article!r}{_format_origin(row, by_file)}: {row.reason}"
        for row in rows[:_LISTED_ROWS]
    ]
    return "".join(
        f"\n  {line}" for line in [*named, *[f"and {len(rows) - _LISTED_ROWS} more"] * (len(rows) > _LISTED_ROWS)]
    )


def _format_origin(row: LedgerRow | LedgerEntry, by_file: Collection[tuple[str, str]]) -> str:
    came = "imported" if (row.article, row.annotator) in by_file else "pulled"
    return f" by {row.annotator}, {came}" if row.annotator else ""
