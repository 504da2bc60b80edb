"""Tables of the three promises: accounts, what splits share, what was carried, what is open, refused or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.tables.page_table import Cell, Heading, make_table, number_columns, tell_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.adjudication.precedents import Contradiction
    from labeling.articles import Reject
    from labeling.ledger import Sums
    from labeling.report.facts.answers import DisputedReading, OpenConflict
    from labeling.report.facts.people_and_models import QuarantinedThing, RemovedThing
    from labeling.report.tables.page_table import CellValue, PageTable
    from labeling.reprints.annotate_once import SourceSaving
    from labeling.workspace.rows.assignment import Leakage, Overlap
    from labeling.workspace.rows.reprint import Audit, Side

_MOST_SAVINGS = 10
_MOST_DIFFERENCES = 20
_SHARED = {
    "exact": "word for word the same",
    "near": "half in shared 5-word runs",
    "passage": "holding a shared passage",
    "passages": "shared passages",
}


def tabulate_accounts(ledger: Sums, titles: Mapping[str, str]) -> PageTable:
    """What went in, what became of it, and whether the account balances."""
    columns = [
        Heading("account"),
        Heading("what"),
        Heading("went in", "number"),
        Heading("came out"),
        Heading("balance"),
    ]
    return make_table("The accounts", columns, [*_accounts(ledger, titles)])


def balances(counts: Mapping[str, int]) -> bool:
    """Whether all that went in has an outcome, and nothing is lost."""
    out = sum(number for name, number in counts.items() if name != "in")
    return out == counts["in"] and not counts.get("lost")


def tabulate_overlaps(leakage: Leakage) -> PageTable:
    """What the articles of each split share with another, and in brackets what they would by chance."""
    columns = [
        Heading("articles of"),
        Heading("how many", "number"),
        Heading("against"),
        *(Heading(name, "number") for name in _SHARED.values()),
        Heading("of their distinct names seen, %", "number"),
    ]
    rows: list[list[CellValue]] = [
        _tell_overlap(ours, chance)
        for ours, chance in zip(leakage.splits.overlaps, leakage.random_split.overlaps, strict=True)
    ]
    return make_table("What the splits share", columns, rows)


def tabulate_savings(savings: Sequence[SourceSaving]) -> PageTable:
    """What annotating once saved: all together, then the articles that saved most."""
    names = (
        "spans by hand",
        "carried to articles",
        "spans carried",
        "for each by hand",
        "looked at since",
        "left as they were",
    )
    columns = [Heading("annotated article"), *number_columns(*names)]
    total: list[CellValue] = [
        Cell(f"all {len(savings)}", bold=True),
        *(sum(getattr(each, name) for each in savings) for name in ("by_hand", "articles", "spans")),
        f"{sum(each.spans for each in savings) / sum(each.by_hand for each in savings):.2f}",
        *(sum(getattr(each, name) for each in savings) for name in ("checked", "accepted")),
    ]
    rows: list[list[CellValue]] = [
        [
            each.source,
            each.by_hand,
            each.articles,
            each.spans,
            f"{each.spans / each.by_hand:.2f}",
            each.checked,
            each.accepted,
        ]
        for each in savings
    ]
    return make_table("Annotated once", columns, [total, *rows], "projected.jsonl", _MOST_SAVINGS + 1)


def tabulate_consistency(audit: Audit, colours: Mapping[str, str]) -> PageTable:
    """By label, how often shared words are labelled alike."""
    columns = [Heading("label"), *number_columns("alike", "different", "alike, %")]
    rows: list[list[CellValue]] = [
        [Cell(label, colour=colours.get(label, "")), counts.alike, counts.different, tell_ratio(counts.share)]
        for label, counts in audit.labels.items()
    ]
    last: list[CellValue] = [
        Cell(f"all, in {audit.pairs} pairs of articles", bold=True),
        audit.alike,
        len(audit.differences),
        tell_ratio(audit.share),
    ]
    return make_table("Shared words, labelled alike or not", columns, [*rows, last])


def tabulate_differences(audit: Audit) -> PageTable:
    """Words that two articles share, labelled differently."""
    columns = [Heading("what differs", "choice"), Heading("here", "words"), Heading("there", "words")]
    rows: list[list[CellValue]] = [
        [each.kind, _tell_side(each.left), _tell_side(each.right)] for each in audit.differences
    ]
    return make_table("One passage, two labels", columns, rows, "audit.json", _MOST_DIFFERENCES)


def tabulate_conflicts(conflicts: Sequence[OpenConflict]) -> PageTable:
    """The open conflicts, each with who reads it how."""
    columns = [
        Heading("article"),
        Heading("kind", "choice"),
        Heading("text", "words"),
        Heading("readings"),
    ]
    rows: list[list[CellValue]] = [
        [
            Cell(each.article, link=each.link),
            each.kind,
            # A choice is about no stretch.
            Cell(before=each.before, marked=each.text or "the whole article", after=each.after),
            Cell(lines=[_describe_reading(reading, each.text) for reading in each.readings]),
        ]
        for each in conflicts
    ]
    return make_table("Open conflicts", columns, rows, "conflicts.jsonl")


def _describe_reading(reading: DisputedReading, disputed: str) -> str:
    """The annotator and the label: ``ana: MEETING``; and the words, where they are not the whole disputed stretch."""
    line = f"{reading.person}: {reading.label or 'nothing'}"
    return line if reading.text in ("", disputed) else f"{line} \u201c{reading.text}\u201d"


def tabulate_contradictions(contradictions: Sequence[Contradiction]) -> PageTable:
    """The same words, decided otherwise."""
    columns = [Heading("words", "words"), Heading("what stands, and where it was decided so")]
    rows: list[list[CellValue]] = [[Cell(marked=each.words), Cell(lines=each.sentences)] for each in contradictions]
    return make_table("Decisions that contradict one another", columns, rows, "decisions.jsonl")


def tabulate_quarantine(things: Sequence[QuarantinedThing]) -> PageTable:
    """What is in quarantine, whose it is, and where to look at it."""
    columns = [
        Heading("what"),
        Heading("article"),
        Heading("person", "choice"),
        Heading("kind", "choice"),
        Heading("reason"),
        Heading("task", "number"),
    ]
    rows: list[list[CellValue]] = [
        [
            f"{each.what} {each.id}",
            Cell(each.article, link=each.link),
            each.person,
            each.kind,
            each.why,
            "" if each.task is None else str(each.task),
        ]
        for each in things
    ]
    return make_table("In quarantine", columns, rows, "quarantine.jsonl")


def tabulate_removed(things: Sequence[RemovedThing]) -> PageTable:
    """What the project file's migrations took away."""
    columns = [
        Heading("what"),
        Heading("why"),
        Heading("how many", "number"),
        Heading("articles", "number"),
    ]
    rows: list[list[CellValue]] = [[each.what, each.why, each.count, len(each.articles)] for each in things]
    return make_table("Removed by decision", columns, rows)


def tabulate_rejects(rejects: Sequence[Reject]) -> PageTable:
    """Articles that were refused."""
    columns = [Heading("where"), Heading("kind", "choice"), Heading("reason"), Heading("what to do")]
    rows: list[list[CellValue]] = [[each.where, each.kind, each.reason, each.todo] for each in rejects]
    return make_table("Refused articles", columns, rows, "rejects.jsonl")


def _accounts(ledger: Sums, titles: Mapping[str, str]) -> Iterator[list[CellValue]]:
    for stage, accounts in ledger.items():
        account = "annotators → gold" if stage == "gold" else f"gold → {titles.get(stage, stage)}"
        for what, counts in sorted(accounts.items(), reverse=True):
            if counts["in"]:
                out = [
                    f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if name != "in" and number
                ]
                balanced = balances(counts)
                verdict = Cell("balances" if balanced else "does not balance", tone="good" if balanced else "bad")
                yield [account, f"{what}s", counts["in"], ", ".join(out), verdict]


def _tell_overlap(ours: Overlap, chance: Overlap) -> list[CellValue]:
    shared = []
    for name in _SHARED:
        number = getattr(ours, name)
        tone = "" if number and name != "passages" else "bad" if number else "good"
        shared.append(Cell(f"{number:,} ({getattr(chance, name):,})", tone=tone))  # type: ignore[arg-type]
    return [
        ours.other,
        ours.articles,
        ours.one,
        *shared,
        f"{_tell_seen(ours)} ({_tell_seen(chance)})",
    ]


def _tell_seen(overlap: Overlap) -> str:
    return tell_ratio(overlap.surfaces_seen / overlap.surfaces if overlap.surfaces else None)


def _tell_side(side: Side) -> Cell:
    return Cell(
        text=f"{side.label or 'nothing'} {side.article}",
        link=side.link,
        before=side.before,
        marked=side.text,
        after=side.after,
    )
