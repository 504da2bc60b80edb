"""From the answers on cards to decisions: which count, what each decides, and what became of those of before. Pure.

An answer counts when an adjudicator gave it, in their own words, to a question that is still open. What was decided
once stays, whatever its readers say later, until its author changes or removes the answer on the server that has it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.adjudication.versions import decide_conflict
from labeling.studio.cards.card_question import OPEN_ARTICLE
from labeling.studio.cards.card_replies import quarantine_reply
from labeling.studio.cards.card_task import card_of
from labeling.workspace.asking import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Defect, QuarantineRow
    from labeling.studio.cards.card_question import CardQuestion
    from labeling.studio.cards.card_replies import CardReader, CardReply
    from labeling.workspace.rows.decision_row import Decision

# The questions that are open in an article, by the ids of their conflicts, where these decisions hold.
OpenQuestions: TypeAlias = "Callable[[str, Sequence[Decision]], Mapping[str, CardQuestion]]"
_AnswerKey: TypeAlias = "tuple[int | None, int | None, str]"


@dataclass
class CardSettlement:
    """All decisions there are now, and what of the answers decides nothing.

    ``new``, ``changed`` and ``withdrawn`` count decisions by cards since before. ``to_article`` counts cards whose
    answer is that the whole article has to be read. ``differing`` has a sentence for each conflict on which
    adjudicators differ: the later answer stands.
    """

    decisions: list[Decision] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    to_article: int = 0
    differing: tuple[str, ...] = ()


def join_settlements(of_cards: CardSettlement, of_articles: CardSettlement) -> CardSettlement:
    """What came of the cards and, after them, of whole articles: the latter has all decisions."""
    return replace(
        of_cards,
        decisions=of_articles.decisions,
        quarantine=[*of_cards.quarantine, *of_articles.quarantine],
        new=of_cards.new + of_articles.new,
        changed=of_cards.changed + of_articles.changed,
        withdrawn=of_cards.withdrawn + of_articles.withdrawn,
    )


@dataclass(frozen=True)
class CardJudge:
    """By what answers are judged: how they are read, who decides, what is open, and since when there are these cards.

    What was decided before ``since`` was decided on other cards, whatever their numbers are.
    """

    reader: CardReader
    adjudicators: Collection[str]
    open_questions: OpenQuestions
    since: str = ""

    def settle(self, tasks: Iterable[Mapping[str, Any]], known: Sequence[Decision]) -> CardSettlement:
        """The decisions that follow from the tasks of an export and from what was decided before.

        Args:
            tasks: All cards that the server has.
            known: All decisions of before; those that are not by these cards stay as they are.
        """
        settling = _Settling(self, known)
        replies: list[CardReply] = []
        for task in tasks:
            data = task.get("data")
            if isinstance(data, dict):
                settling.there.add((task["id"], card_of(data)))
            replies += self.reader.read(task)
        for reply in settling.choose(replies):
            settling.take(reply)
        return settling.finish()


class _Settling:
    """Answers on their way into decisions, in the order in which they were given."""

    def __init__(self, judge: CardJudge, known: Sequence[Decision]) -> None:
        self._judge = judge
        self._before = {_decision_key(each): each for each in known if _is_by_card(each)}
        self._others = [each for each in known if not _is_by_card(each)]
        self._kept: dict[_AnswerKey, Decision] = {}
        self._found = CardSettlement()
        self.there: set[tuple[int, str]] = set()

    def choose(self, replies: Iterable[CardReply]) -> list[CardReply]:
        """The answers that may count, of each adjudicator the last one to a question; the others go into quarantine."""
        last: dict[tuple[str, str], CardReply] = {}
        for reply in sorted(replies, key=self._place):
            before = self._before.get(_reply_key(reply))
            why = self._find_fault(reply, before)
            if why is None:
                last[reply.conflict, reply.email or reply.by] = reply
                continue
            self._refuse(reply, *why)
            # What they said in their own words, while they decided, stands.
            if before and why[0] != "unreadable card":
                self._keep(before)
        return sorted(last.values(), key=self._place)

    def _place(self, reply: CardReply) -> tuple[str, int]:
        """Where an answer stands in time: a star that somebody gave it since does not make it a later one."""
        before = self._before.get(_reply_key(reply))
        return (before.at if before and _says_same(reply, before) else reply.at), reply.number

    def take(self, reply: CardReply) -> None:
        """Let an answer decide its question, if it is open."""
        key, before = _reply_key(reply), self._before.get(_reply_key(reply))
        if before and _says_same(reply, before):
            self._keep(before)
        elif reply.verdict == OPEN_ARTICLE:
            self._found.to_article += 1
        else:
            self._decide(reply, key, before)

    def finish(self) -> CardSettlement:
        """What came of it: cards that this server does not have any more leave their decisions."""
        for key, before in self._before.items():
            task, _, conflict = key
            if (task or 0, conflict) not in self.there or self._is_older(before):
                self._keep(before)
            elif key not in self._kept:
                self._found.withdrawn += 1
        self._found.decisions = [*self._others, *self._kept.values()]
        self._found.differing = tuple(_list_differing(self._kept.values()))
        return self._found

    def _find_fault(self, reply: CardReply, before: Decision | None) -> tuple[Defect, str] | None:
        if before and _says_same(reply, before):
            return None
        if reply.changed_by:
            return "changed card", f"{reply.changed_by} changed or filed what is signed by {reply.by}"
        if reply.email.casefold() not in self._judge.adjudicators:
            return "not an adjudicator", f"{reply.by} is not among the adjudicators of the project file"
        return ("unreadable card", reply.fault) if reply.fault else None

    def _decide(self, reply: CardReply, key: _AnswerKey, before: Decision | None) -> None:
        # What else was decided by now; not what was decided of this question itself.
        others = [each for each in (*self._others, *self._standing()) if each.conflict != reply.conflict]
        question = self._judge.open_questions(reply.article, others).get(reply.conflict)
        if question is None:
            self._refuse(reply, "outdated card", f"the question {reply.conflict} is not open any more")
            return
        accepted = next((each.accepted for each in question.answers if each.name == reply.verdict), None)
        if accepted is None:
            self._refuse(reply, "unreadable card", f"its answer {reply.verdict[:40]!r} is none that the card has")
            return
        decision = decide_conflict(question.conflict, accepted, reply.by, reply.at)
        by_card = {"why": reply.reason, "task": reply.task, "server_id": reply.number}
        self._kept[key] = decision.model_copy(update=by_card)
        self._found.changed += before is not None
        self._found.new += before is None

    def _standing(self) -> Iterable[Decision]:
        """What is decided by cards so far: by answers that were taken, and by those of before that still may be."""
        return (self._before | self._kept).values()

    def _is_older(self, before: Decision) -> bool:
        since = self._judge.since
        return bool(since) and parse_instant(before.at) < parse_instant(since)

    def _keep(self, before: Decision) -> None:
        self._kept[_decision_key(before)] = before

    def _refuse(self, reply: CardReply, kind: Defect, reason: str) -> None:
        self._found.quarantine.append(quarantine_reply(reply, kind, reason))


def _is_by_card(decision: Decision) -> bool:
    return decision.what != "article" and decision.server_id is not None and not decision.inherited_from


def _decision_key(decision: Decision) -> _AnswerKey:
    return decision.task, decision.server_id, decision.conflict


def _reply_key(reply: CardReply) -> _AnswerKey:
    return reply.task, reply.number, reply.conflict


def _says_same(reply: CardReply, before: Decision) -> bool:
    return (reply.verdict, reply.reason) == (before.decision, before.why)


def _list_differing(decisions: Iterable[Decision]) -> list[str]:
    by_conflict: defaultdict[str, list[Decision]] = defaultdict(list)
    for each in decisions:
        by_conflict[each.conflict].append(each)
    told = []
    for rows in by_conflict.values():
        if len({row.accepted for row in rows}) > 1:
            ordered = sorted(rows, key=lambda row: row.at)
            said = ", then ".join(f"{row.by} says {row.decision}" for row in ordered)
            told.append(f"{rows[0].article} {rows[0].start}..{rows[0].end}: {said}; the last one stands")
    return sorted(told)
