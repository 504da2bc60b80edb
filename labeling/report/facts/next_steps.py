"""The question of what is next: everything that waits for somebody, the most urgent first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from labeling.annotations import CARD_DEFECTS, RELATION_SLIPS
from labeling.report.facts.answers import NextAnswer, NextStep
from labeling.report.facts.cast import list_in_words, tell_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.report.facts.answers import LabelAnswer, StepKind, WorthAnswer
    from labeling.report.facts.people_and_models import QuarantinedThing, TrustAnswer
    from labeling.report.facts.source import FactSource
    from labeling.workspace.standing import WorkspaceStanding

_MOST_LABELS = 3
# Verbs whose work is better done when what people owe is there.
_CAN_WAIT = ("split", "compile", "train", "evaluate")


@dataclass(frozen=True)
class WaitingWork:
    """What the other answers found that somebody has to act upon."""

    standing: WorkspaceStanding
    quarantine: tuple[QuarantinedThing, ...]
    labels: LabelAnswer
    worth: WorthAnswer
    trust: TrustAnswer


def tell_next(source: FactSource, waiting: WaitingWork) -> NextAnswer:
    """What next: first what is broken, then the road as far as to gold, then what people owe, then the rest."""
    road = list(_find_command(waiting.standing))
    later = [step for step in road if step.command.removeprefix("labeling ") in _CAN_WAIT]
    first = [step for step in road if step not in later]
    steps = chain(
        first,
        _list_looks(waiting.quarantine),
        _list_slips(source),
        _list_disputes(source),
        _list_open_readings(source),
        _list_asked_again(source),
        later,
        _list_doubts(source),
        _list_labels(waiting.labels),
        _list_decisions(waiting),
    )
    ranked = tuple(step.model_copy(update={"rank": rank}) for rank, step in enumerate(steps, start=1))
    told = ranked[0].what if ranked else "Nothing: all is made from what there is now"
    return NextAnswer(sentence=f"{told[0].upper()}{told[1:]}.", steps=ranked)


def _make_step(kind: StepKind, what: str, count: int = 1, **more: str) -> NextStep:
    return NextStep(rank=1, kind=kind, what=what, count=count, **more)


def _find_command(standing: WorkspaceStanding) -> Iterator[NextStep]:
    # The report that is being made is not to be made once more.
    if not standing.next or standing.next == "labeling report":
        return
    broken = [file.file for file in standing.files if file.state in ("altered", "unfinished")]
    if broken:
        yield _make_step("mend", f"mend {list_in_words(broken)}", len(broken), command=standing.next)
        return
    stale = [file.file for file in standing.files if file.state == "stale"]
    why = f"{list_in_words(stale)}: made from other files than are there now" if stale else ""
    yield _make_step("command", f"run `{standing.next}`", command=standing.next, why=why)


def _list_looks(quarantine: Iterable[QuarantinedThing]) -> Iterator[NextStep]:
    """A step for each kind of fault that a person has to look at, the most frequent first."""
    others = [row for row in quarantine if row.kind not in CARD_DEFECTS | RELATION_SLIPS]
    for kind, count in Counter(row.kind for row in others).most_common():
        rows = [row for row in others if row.kind == kind]
        people = _count_people(Counter(row.person for row in rows if row.person))
        link = next((row.link for row in rows if row.link), "")
        yield _make_step(
            "look", f"look at {tell_number(count, 'thing')} in quarantine: {kind}", count, why=people, link=link
        )


def _list_slips(source: FactSource) -> Iterator[NextStep]:
    rows = list(source.workspace.slips.rows_if_written())
    if rows:
        people = _count_people(Counter(source.cast.call(row.reader) for row in rows))
        link = next((row.link for row in rows if row.link), "")
        yield _make_step(
            "slip",
            f"have {tell_number(len(rows), 'relation')} mended by who drew them",
            len(rows),
            why=people,
            link=link,
        )


def _list_disputes(source: FactSource) -> Iterator[NextStep]:
    conflicts, people = source.findings.conflicts, source.project.file.people
    if conflicts:
        asked = bool(people and people.adjudicators)
        link = _cards_page(source) or next((page for each in conflicts if (page := source.link(each.article))), "")
        what = f"settle {tell_number(len(conflicts), 'conflict')}"
        why = "" if asked else "[people] names no adjudicators: readers settle them on the page, and are pulled again"
        yield _make_step("settle", what, len(conflicts), command="labeling cards" if asked else "", link=link, why=why)
    if rulings := len(source.findings.contradictions):
        what = f"look at {tell_number(rulings, 'question')} that adjudicators decided both ways"
        yield _make_step("settle", what, rulings, command="labeling cards --precedents")


def _cards_page(source: FactSource) -> str:
    link = source.workspace.studio_link.value_if_written()
    return f"{link.url}/projects/{link.cards.project}/data?labeling=1" if link and link.cards else ""


def _list_open_readings(source: FactSource) -> Iterator[NextStep]:
    known = source.progress
    waiting = {reader: each.open for reader, each in known.readers.items() if each.open}
    unread = known.articles - known.finished
    if known.planned is None and unread and source.findings.annotations:
        yield _make_step(
            "read",
            f"read {tell_number(unread, 'article')} that nobody is done with",
            unread,
            link=_project_page(source),
        )
    elif waiting:
        people = _count_people(Counter({source.cast.call(reader): left for reader, left in waiting.items()}))
        left = sum(waiting.values())
        yield _make_step(
            "read", f"read what is open: {tell_number(left, 'reading')}", left, why=people, link=_project_page(source)
        )


def _project_page(source: FactSource) -> str:
    link = source.workspace.studio_link.value_if_written()
    return f"{link.url}/projects/{link.project}/data" if link else ""


def _list_asked_again(source: FactSource) -> Iterator[NextStep]:
    rows = list(source.workspace.ask_again.rows_if_written())
    if rows:
        people = _count_people(Counter(source.cast.call(row.reader) for row in rows))
        page = source.workspace.ask_again_page
        yield _make_step(
            "ask again",
            f"ask {tell_number(len(rows), 'judgement')} again",
            len(rows),
            why=people,
            link=page.name if page.exists() else "",
        )


def _list_doubts(source: FactSource) -> Iterator[NextStep]:
    rows = list(source.workspace.doubts.rows_if_written())
    if rows:
        what = f"look once more at {tell_number(len(rows), 'reading')} of gold that may be wrong"
        yield _make_step(
            "doubt",
            what,
            len(rows),
            command="labeling doubts",
            link=source.link(rows[0].article),
            why=source.cast.hide(rows[0].why),
        )


def _list_labels(labels: LabelAnswer) -> Iterator[NextStep]:
    weak = [each for each in labels.labels if each.weak]
    for each in weak[:_MOST_LABELS]:
        yield _make_step("label", f"strengthen the label {each.label}", why=each.weak[0])


def _list_decisions(waiting: WaitingWork) -> Iterator[NextStep]:
    if waiting.worth.verdict in ("go on", "stop"):
        what = "annotate more" if waiting.worth.verdict == "go on" else "stop annotating"
        yield _make_step("decide", what, why=waiting.worth.sentence)
    if waiting.trust.trusted is False:
        warnings = waiting.trust.trust.warnings if waiting.trust.trust else ()
        if warnings:
            what = "enlarge the test set, or read its scores with caution"
            yield _make_step("decide", what, why="; ".join(warnings))


def _count_people(counts: Mapping[str, int]) -> str:
    """How many each has, most first: ``ana 3, ben 1``."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked)
