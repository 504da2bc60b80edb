"""What people have submitted of whole articles: which count, and the decisions that follow. Pure.

An annotation counts when an adjudicator submitted it, in their own words. What was decided once stays, whatever readers
say later, until its author changes or removes it on the server that has it. A draft decides nothing, nor does a skip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labeling.adjudication.versions import OTHER
from labeling.annotations import DEFECTS_BY_RULE, Annotation
from labeling.studio.cards.article_task import whole_article_of, without_marks
from labeling.studio.cards.card_replies import is_answer, quarantine_reply
from labeling.studio.cards.card_settling import CardSettlement
from labeling.studio.format.submissions import read_task
from labeling.workspace.asking import parse_instant
from labeling.workspace.rows.conflict import make_conflict_id
from labeling.workspace.rows.decision_row import Decision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from labeling.annotations import Defect
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.studio.cards.card_replies import CardReader, CardReply

_MOST_NAMED = 3  # faults of an annotation


@dataclass(frozen=True)
class ArticleJudge:
    """By what submitted articles are judged: how they are read, who decides, and since when there is this project.

    What was decided before ``since`` was decided elsewhere, whatever its numbers are.
    """

    reader: CardReader
    adjudicators: Collection[str]
    articles: Mapping[str, Article]
    schema: Schema
    since: str = ""

    def settle(self, tasks: Iterable[Mapping[str, Any]], known: Sequence[Decision]) -> CardSettlement:
        """The decisions that follow from the tasks of an export and from what was decided before.

        Args:
            tasks: All whole articles that the server has.
            known: All decisions of before; those on single conflicts stay as they are.
        """
        before = {(each.task, each.server_id): each for each in known if is_by_whole_article(each)}
        found = CardSettlement(decisions=[each for each in known if not is_by_whole_article(each)])
        there = set[int]()
        kept: dict[tuple[int | None, int | None], Decision] = {}
        for task in tasks:
            there.add(task["id"])
            for reply, words in self._read(task):
                decided = self._decide(reply, words, before.get((reply.task, reply.number)), found)
                if decided:
                    kept[reply.task, reply.number] = decided
        for key, each in before.items():
            if key[0] not in there or _is_older(each, self.since):
                kept.setdefault(key, each)
            found.withdrawn += key not in kept
        found.decisions += kept.values()
        return found

    def _decide(
        self, reply: CardReply, words: Annotation | None, before: Decision | None, found: CardSettlement
    ) -> Decision | None:
        """The decision of an annotation, if it counts; of one that does not, what it said while it did."""
        if before and words and _says_the_same(words, before):
            return before
        fault = self._find_fault(reply, words)
        if fault or words is None:
            kind, reason = fault or ("unreadable card", reply.fault)
            found.quarantine.append(quarantine_reply(reply, kind, reason))
            return None if kind == "unreadable card" else before
        found.changed += before is not None
        found.new += before is None
        return _decision_of(reply, words, self.articles[words.article])

    def _find_fault(self, reply: CardReply, words: Annotation | None) -> tuple[Defect, str] | None:
        if reply.changed_by:
            return "changed card", f"{reply.changed_by} changed or filed what is signed by {reply.by}"
        if reply.email.casefold() not in self.adjudicators:
            return "not an adjudicator", f"{reply.by} is not among the adjudicators of the project file"
        article = self.articles.get(reply.article)
        if article is None or (words and words.digest != article.digest):
            return "outdated card", f"the text of {reply.article} is not the one that was put to adjudicators"
        return ("unreadable card", reply.fault) if reply.fault else None

    def _read(self, task: Mapping[str, Any]) -> list[tuple[CardReply, Annotation | None]]:
        data, rows = task.get("data"), task.get("annotations")
        if not isinstance(data, dict) or not whole_article_of(data) or not isinstance(rows, list):
            return []
        return [self._read_one(task, data, row) for row in rows if is_answer(row)]

    def _read_one(
        self, task: Mapping[str, Any], data: Mapping[str, Any], row: Mapping[str, Any]
    ) -> tuple[CardReply, Annotation | None]:
        reply = self.reader.read_answer(task["id"], data, row)
        said = {**row, "result": without_marks(row.get("result"))}
        sound, findings = read_task(
            {**task, "annotations": [said], "drafts": []}, self.articles, self.schema, self.reader.names
        )
        faults = [each.reason for each in findings if each.kind not in DEFECTS_BY_RULE]
        fault = "" if reply.at else "its time cannot be read"
        return replace(reply, fault=fault or "; ".join(faults[:_MOST_NAMED])), sound[0] if sound else None


def is_by_whole_article(decision: Decision) -> bool:
    """Whether it is an annotation of a whole article, in the project of those."""
    return decision.what == "article" and decision.server_id is not None and not decision.inherited_from


def _decision_of(reply: CardReply, words: Annotation, article: Article) -> Decision:
    return Decision(
        conflict=make_conflict_id(article.id, article.digest, "article", ()),
        article=article.id,
        digest=article.digest,
        what="article",
        start=0,
        end=len(article.text),
        decision=OTHER,
        by=reply.by,
        at=reply.at,
        task=reply.task,
        server_id=reply.number,
        words=words,
    )


def _says_the_same(words: Annotation, before: Decision) -> bool:
    names = ("article", "digest", "spans", "relations", "choices")
    return before.words is not None and all(getattr(words, name) == getattr(before.words, name) for name in names)


def _is_older(decision: Decision, since: str) -> bool:
    return bool(since) and parse_instant(decision.at) < parse_instant(since)
