"""The two accounts of a compile: regions to gold, which ``adjudicate`` kept, and gold to each target, kept here."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from labeling.annotations import (
    BY_RULE,
    Annotation,
    Gold,
    LedgerRow,
    Quarantined,
    What,
    check,
    choice_id,
    relation_id,
)
from labeling.corpora.targets.spacy.relation_pairs import outside
from labeling.errors import LedgerUnbalanced, QuarantineNotAllowed, SpansLost
from labeling.ledger import Entry, Sums, check_balance, things_in, things_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Defect
    from labeling.articles import Article
    from labeling.ledger import Thing
    from labeling.schema import Schema
    from labeling.workspace.table import Workspace

SPACY: Final = "spacy"
HUGGINGFACE: Final = "huggingface"

Target: TypeAlias = Literal["spacy", "huggingface"]
Outcome: TypeAlias = Literal["kept", "split", "span_only", "left_out", "lost"]

_GOLD = ("gold", "merged", "open", "decided_against", "quarantined")
_KEPT = ("kept", "left_out", "lost")
# Which outcomes there are, so that a 0 is said and not implied.
_OUTCOMES: dict[str, dict[What, tuple[str, ...]]] = {
    "gold": {"span": _GOLD, "relation": _GOLD, "choice": _GOLD, "annotation": ("decided_against", "quarantined")},
    SPACY: {"span": ("kept", "split", "span_only", "left_out", "lost"), "relation": _KEPT, "choice": _KEPT},
    HUGGINGFACE: {"span": ("kept", "span_only", "left_out", "lost"), "relation": _KEPT, "choice": _KEPT},
}
_SHOWN = 10

Row = TypeVar("Row", LedgerRow, Entry)


class Tally:
    """Counts rows of the ledger as they pass."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._counts = Counter[tuple[str, What, str]]()

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Hand on each row, counted."""
        for row in rows:
            self._counts[row.stage, row.what, row.outcome] += 1
            yield row

    def add(self, other: Tally) -> None:
        """Count what another has counted."""
        self._counts.update(other._counts)

    def sums(self) -> Sums:
        """Stage to what to outcome to number, a 0 for each possible outcome that nothing had."""
        return {
            stage: {what: self._account(stage, what, outcomes) for what, outcomes in possible.items()}
            for stage, possible in _OUTCOMES.items()
        }

    def _account(self, stage: str, what: What, outcomes: tuple[str, ...]) -> dict[str, int]:
        numbers = {outcome: self._counts[stage, what, outcome] for outcome in outcomes}
        return {"in": sum(numbers.values()), **numbers}


def lost_from(article: Article, gold: Gold, schema: Schema) -> list[Entry]:
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
    _, faults = check(said, article, schema)
    empty = [span.id for span in gold.spans if not 0 <= span.start < span.end]
    return [
        *(_row(gold, "span", name, SPACY, "lost", "it is empty") for name in empty),
        *(_row(gold, fault.what, fault.id, SPACY, "lost", f"{fault.kind}: {fault.reason}") for fault in faults),
    ]


def refuse_lost(rows: Iterable[Entry]) -> None:
    """Fail when anything was lost.

    Raises:
        SpansLost: With the first of the lost things, each with its reason.
    """
    lost = [row for row in rows if row.outcome == "lost"]
    if lost:
        raise SpansLost(
            f"{len(lost)} of gold cannot be held by the targets:{_listed(lost)}",
            todo="run `labeling adjudicate` again: gold.jsonl does not fit the articles or the schema of today",
            where=lost[0].article,
        )


def account(gold: Gold, stage: Target, left: Mapping[str, str], cut: Collection[str]) -> list[Entry]:
    """The rows of one article for one target, one for each thing in its gold.

    Args:
        gold: The article's gold.
        stage: The target.
        left: Ids of spans that its flat layer does not hold, with the reason.
        cut: Ids of spans for which a token was cut.
    """
    return [
        *(_span_row(gold, span.id, stage, left, cut) for span in gold.spans),
        *(
            _row(gold, "relation", relation_id(each), stage, "kept", outside(each, left) if stage == SPACY else "")
            for each in gold.relations
        ),
        *(
            _row(gold, "choice", choice_id(name, option), stage, "kept")
            for name, options in gold.choices.items()
            for option in options
        ),
    ]


def left_out(gold: Gold, what: What, name: str, stage: Target, reason: str) -> Entry:
    """The row of a thing of gold that the subset does not ask for."""
    return _row(gold, what, name, stage, "left_out", reason)


def _span_row(gold: Gold, name: str, stage: Target, left: Mapping[str, str], cut: Collection[str]) -> Entry:
    reasons = [left[name]] if name in left else []
    if name in cut:
        reasons.append("a boundary falls inside a token, which was cut in the reference")
    outcome: Outcome = "span_only" if name in left else "split" if name in cut else "kept"
    return _row(gold, "span", name, stage, outcome, "; ".join(reasons))


def _row(gold: Gold, what: What, name: str, stage: Target, outcome: Outcome, reason: str = "") -> Entry:
    return Entry(gold.article, what, name, stage, outcome, reason)


def first_account(workspace: Workspace, allowed: Collection[Defect]) -> Tally:
    """Check the account that ``adjudicate`` kept, against annotations, quarantine and gold as they are now.

    Returns:
        Its rows, counted.

    Raises:
        LedgerUnbalanced: A region has no outcome or two, or the number of those that became gold is not gold's.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
    """
    signature, became, refused, tally = 0, Counter[tuple[str, What]](), list[LedgerRow](), Tally()
    for row in tally.counting(workspace.ledger.rows()):
        signature += hash((row.article, row.annotator, row.what, row.id))
        if row.outcome == "gold":
            became[row.article, row.what] += 1
        elif row.outcome == "quarantined" and row.reason.split(":", 1)[0] not in {*allowed, *BY_RULE}:
            refused.append(row)
    # Two collections have the same sum of hashes only if they hold the same things as often. So accounts larger than
    # memory can be compared; which thing differs is looked for only when one does.
    if signature != sum(map(hash, _entered(workspace))):
        check_balance("gold", _entered(workspace), workspace.ledger.rows())
    _refuse_other_gold(workspace, became)
    _refuse_quarantine(workspace, refused)
    return tally


def _entered(workspace: Workspace) -> Iterator[Thing]:
    return things_of(
        workspace.annotations.rows(),
        workspace.quarantine.rows_if_written(),
    )


def _refuse_other_gold(workspace: Workspace, became: Counter[tuple[str, What]]) -> None:
    for gold in workspace.gold.rows():
        became.subtract((article, what) for article, _, what, _ in things_in(gold))
    faults = [f"{number:+d} {what}s of {article!r}" for (article, what), number in sorted(became.items()) if number]
    if faults:
        raise LedgerUnbalanced(
            f"ledger.jsonl and gold.jsonl differ in what became gold: {', '.join(faults[:_SHOWN])}",
            todo="run `labeling adjudicate` again, which writes both",
            where=str(workspace.ledger.path),
        )


def _refuse_quarantine(workspace: Workspace, refused: list[LedgerRow]) -> None:
    if refused:
        kinds = Counter(row.reason.split(":", 1)[0] for row in refused)
        by_file = _imported(workspace)
        brought = [(row.article, row.annotator) in by_file for row in refused]
        raise QuarantineNotAllowed(
            f"{len(refused)} things in quarantine, {_counted(kinds)}:{_listed(refused, by_file)}",
            todo=f"{_mending(brought)}, then run `labeling adjudicate`; or say in the project file, under [policies]: "
            f"quarantine_allowed = {json.dumps(sorted(kinds))}",
            where=str(workspace.quarantine.path),
        )


def _imported(workspace: Workspace) -> set[tuple[str, str]]:
    """Whose word on which article came from a file, and from no server: there it cannot be mended."""
    said: Iterator[Annotation | Quarantined] = workspace.annotations.rows()
    aside = workspace.quarantine.rows_if_written()
    return {(row.article, row.annotator) for row in chain(said, aside) if row.task is None and row.annotator}


def _mending(brought: Collection[bool]) -> str:
    """What to do about it, by where it came from."""
    pulled = "mend what was pulled in Label Studio and run `labeling pull`"
    imported = "mend what was imported in its file, or map it with --map, and run `labeling import` again"
    return " and ".join([pulled] * (not all(brought)) + [imported] * any(brought))


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))


def _listed(rows: Sequence[LedgerRow | Entry], by_file: Collection[tuple[str, str]] = ()) -> str:
    """One line each, the first of them; of what an annotator said, whose it is and where it came from."""
    named = [f"{row.what} {row.id!r} of {row.article!r}{_whose(row, by_file)}: {row.reason}" for row in rows[:_SHOWN]]
    return "".join(f"\n  {line}" for line in [*named, *[f"and {len(rows) - _SHOWN} more"] * (len(rows) > _SHOWN)])


def _whose(row: LedgerRow | Entry, by_file: Collection[tuple[str, str]]) -> str:
    came = "imported" if (row.article, row.annotator) in by_file else "pulled"
    return f" by {row.annotator}, {came}" if row.annotator else ""
