"""The ledger: one row for what became of each thing, and the proof that nothing is missing from it.

There are two accounts: everything annotators drew, to gold (stage ``gold``), and everything in gold, to each target (a
stage each). An account balances when what went in and what has an outcome are the same things, each as often: ids are
compared, not only their numbers.

An example. Ana and Ben both draw PERSON 0..9, Ana as x1, Ben as y1, and Ana alone draws x2. Three spans go into the
first account, and three rows come out: x1 is `gold`, y1 `merged` (same as ana's x1), x2 `open`. Were the row of x2
missing, the account would not balance, even if x1 had two rows.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from labeling.annotations import LedgerRow, ThingKind, choice_id, relation_id
from labeling.errors import LedgerUnbalanced
from labeling.values import quote_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from labeling.annotations import Annotation, Gold, QuarantineRow

# What an account counts: article, annotator ("" when it is gold), what (span, relation ...), id.
Thing: TypeAlias = tuple[str, str, ThingKind, str]
Sums: TypeAlias = dict[str, dict[str, dict[str, int]]]
# What becomes of a thing that an annotator drew and that passed the checks.
GoldOutcome: TypeAlias = Literal["gold", "merged", "open", "decided_against"]

_LISTED_THINGS = 5


class LedgerEntry(NamedTuple):
    """A ``LedgerRow`` in the making: its fields are our own values, so that pydantic need not check them."""

    article: str
    what: ThingKind
    id: str
    stage: str
    outcome: str
    reason: str = ""
    annotator: str = ""

    def line(self) -> str:
        """The row as the file has it: the canonical JSON text of such a ``LedgerRow``, without the line's end."""
        article, what, name, stage, outcome, reason, annotator = self
        return (
            f'{{"annotator":{quote_json(annotator)},"article":{quote_json(article)},"id":{quote_json(name)},'
            f'"outcome":"{outcome}","reason":{quote_json(reason)},"stage":"{stage}","what":"{what}"}}'
        )


def make_ledger_rows(
    article: str,
    what: ThingKind,
    claims: Sequence[tuple[str, str]],
    against: str = "",
    outcome: Literal["open", "decided_against"] = "decided_against",
    why: str = "",
) -> list[LedgerRow]:
    """One row of the account to gold for each claim (annotator, id) to one and the same thing.

    The first claim is gold, with the reason ``why`` if there is one, and the others are merged with it; where there is
    a reason against it (``against``), all of them get that reason and ``outcome``.
    """

    def row(annotator: str, name: str, became: GoldOutcome, reason: str) -> LedgerRow:
        return LedgerRow(
            article=article, annotator=annotator, what=what, id=name, stage="gold", outcome=became, reason=reason
        )

    # Nobody's claim is gold, all for the same reason.
    if against:
        return [row(annotator, name, outcome, against) for annotator, name in claims]
    (first, first_name), *others = claims
    same = f"same as {first}'s {first_name}"
    return [row(first, first_name, "gold", why), *(row(annotator, name, "merged", same) for annotator, name in others)]


def sum_ledger(rows: Iterable[LedgerRow]) -> Sums:
    """Count the rows: stage to what to outcome to number, with the number that went in under ``in``.

    Two spans, one gold and one merged, give ``{"gold": {"span": {"gold": 1, "in": 2, "merged": 1}}}``.
    """
    counts = Counter((row.stage, row.what, row.outcome) for row in rows)
    table: Sums = {}
    for (stage, what, outcome), number in sorted(counts.items()):
        account = table.setdefault(stage, {}).setdefault(what, {"in": 0})
        account[outcome] = number
        account["in"] += number
    return {
        stage: {what: dict(sorted(account.items())) for what, account in by_what.items()}
        for stage, by_what in table.items()
    }


def check_balance(stage: str, entered: Iterable[Thing], rows: Iterable[LedgerRow | LedgerEntry]) -> None:
    """Check that each thing that entered has one row of this stage, and that no row is about anything else.

    A thing that entered twice (one annotator's two submissions may use one id) needs two rows.

    Raises:
        LedgerUnbalanced: Something has no row, too many, or a row and never entered; the message names the first.
    """
    check_balances([stage], entered, rows)


def check_balances(stages: Sequence[str], entered: Iterable[Thing], rows: Iterable[LedgerRow | LedgerEntry]) -> None:
    """Check several accounts of the same things, each as `check_balance` does.

    Raises:
        LedgerUnbalanced: The first of them that does not balance.
    """
    went_in, came_out = Counter(entered), {stage: Counter[Thing]() for stage in stages}
    for row in rows:
        if row.stage in came_out:
            came_out[row.stage][row.article, row.annotator, row.what, row.id] += 1
    for stage, found in came_out.items():
        # Neither holds a 0, so that they can be compared as dicts; to subtract them takes ten times as long.
        if dict.__ne__(went_in, found):
            raise _unbalanced_error(stage, went_in, found)


def _unbalanced_error(stage: str, went_in: Counter[Thing], came_out: Counter[Thing]) -> LedgerUnbalanced:
    faults = [
        *_list_faults("without an outcome", went_in - came_out),
        *_list_faults("with an outcome too many", came_out - went_in),
    ]
    return LedgerUnbalanced(
        f"the account {stage!r} does not balance: " + "; ".join(faults),
        todo="this is a fault of the program, or a file was changed by hand: run the verbs again from `pull` on",
        where=stage,
    )


def list_entering_things(annotations: Iterable[Annotation], quarantine: Iterable[QuarantineRow]) -> Iterator[Thing]:
    """Everything that enters the first account: what annotators drew and chose, and what is in quarantine."""
    for annotation in annotations:
        yield from list_things(annotation, annotation.annotator)
    yield from ((row.article, row.annotator, row.what, row.id) for row in quarantine)


def list_things(annotation: Annotation | Gold, annotator: str = "") -> Iterator[Thing]:
    """Every span, relation and choice of one annotation, or of gold."""
    article = annotation.article
    yield from ((article, annotator, "span", span.id) for span in annotation.spans)
    yield from ((article, annotator, "relation", relation_id(each)) for each in annotation.relations)
    for name, options in annotation.choices.items():
        yield from ((article, annotator, "choice", choice_id(name, option)) for option in options)


def _list_faults(fault: str, things: Counter[Thing]) -> list[str]:
    if not things:
        return []
    # A few of them are enough to find the fault.
    names = [f"{what} {name!r} of {annotator or 'gold'!r} on {article!r}" for article, annotator, what, name in things]
    more = f" and {len(names) - _LISTED_THINGS} more" if len(names) > _LISTED_THINGS else ""
    return [f"{things.total()} {fault}: {', '.join(sorted(names)[:_LISTED_THINGS])}{more}"]
