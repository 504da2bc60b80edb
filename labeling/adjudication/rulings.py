"""What adjudicators decided of the items of one article, for whoever settles it. Pure.

Of two decisions of one item the later counts, be it made on a card or in an annotation of the whole article. That
annotation decides everything of which it speaks: what it does not have does not stand. What was decided on another
article, whose words this one shares, counts only where annotators differ and nobody decided on this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from labeling.adjudication.trimming import trim
from labeling.annotations import LABEL_ITEM, RELATION_ITEM, choice_id, choice_item, overlaps
from labeling.workspace.asking import parse_instant, sent_at
from labeling.workspace.rows.conflict import ChoiceItem, Item, RelationItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from labeling.adjudication.trimming import TrimRule
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.workspace.rows.decision_row import Decision

# The choice, and the option, by which an annotator rules a whole article out.
USABLE = "usable"
UNUSABLE = "no"
RULED_OUT = ChoiceItem(choice=choice_id(USABLE, UNUSABLE))

ItemKind = TypeVar("ItemKind", SpanItem, RelationItem, ChoiceItem)


class Ruling(NamedTuple):
    """Whether an item stands: who decided so, when and why, and on which other article, if it was not this one."""

    accepted: bool
    at: datetime
    by: str
    why: str = ""
    source: str = ""

    @property
    def reason(self) -> str:
        """As the ledger has it: ``lead decided otherwise: slip``."""
        why = f": {self.why}" if self.why else ""
        where = f", in {self.source}" if self.source else ""
        return f"{self.by} decided {'so' if self.accepted else 'otherwise'}{why}{where}"


@dataclass(frozen=True)
class WholeAnnotation:
    """An adjudicator's annotation of a whole article: its items, after trimming, and what it is silent on."""

    annotation: Annotation
    items: frozenset[Item]
    silence: Collection[str]

    def find(self, item: Item) -> Ruling | None:
        """What follows from it for an item; None for one of which it says nothing."""
        accepted = item in self.items
        if not accepted and not self._speaks_of(item):
            return None
        return Ruling(accepted, self.at, self.annotation.annotator)

    @cached_property
    def at(self) -> datetime:
        """When it was sent."""
        return sent_at(self.annotation)

    def _speaks_of(self, item: Item) -> bool:
        if isinstance(item, ChoiceItem):
            # Whoever leaves a question out has not answered it; but who says nothing against an article can use it.
            is_answered = bool(self.annotation.choices.get(item.choice.partition("=")[0])) or item == RULED_OUT
            return is_answered and choice_item(item.choice) not in self.silence
        labels = (item,) if isinstance(item, SpanItem) else (item.head, item.tail)
        names = {LABEL_ITEM + each.label for each in labels}
        if isinstance(item, RelationItem):
            names.add(RELATION_ITEM + item.label)
        return names.isdisjoint(self.silence)


class Rulings:
    """The decisions on one article, and what follows from them for each item."""

    def __init__(self, decisions: Iterable[Decision] = (), whole: WholeAnnotation | None = None) -> None:
        """Take the decisions on single conflicts, in the names of today, and the annotation that decides the rest."""
        self._own: dict[Item, Ruling] = {}
        self._inherited: dict[Item, Ruling] = {}
        self._whole = whole
        self._stretches: list[tuple[int, int, frozenset[Item]]] = []
        self._questions = set[str]()
        for each in sorted(decisions, key=_decision_order):
            self._take(each)
        # As for most articles, each item of which is looked up.
        self._is_empty = not (self._own or self._inherited or whole)

    def find(self, item: Item, *, is_agreed: bool) -> Ruling | None:
        """What was decided of an item; None where nobody decided anything.

        Of one on which all agree, that is only what was decided on itself: neither what is inherited, nor that an
        adjudicator who read the article says the same.
        """
        if self._is_empty:
            return None
        own = self._own.get(item)
        whole = self._whole.find(item) if self._whole else None
        if own and (whole is None or own.at >= whole.at):
            return own
        if whole:
            return None if is_agreed and whole.accepted else whole
        return None if is_agreed else self._inherited.get(item)

    def list_accepted(self, kind: type[ItemKind]) -> list[tuple[ItemKind, Ruling]]:
        """What stands by decisions on this article's own conflicts, whether or not anybody has drawn it."""
        standing = [
            (item, found)
            for item in self._own
            if isinstance(item, kind) and (found := self.find(item, is_agreed=False)) and found.accepted
        ]
        return sorted(standing, key=lambda each: each[0].key)

    def is_late(self, item: SpanItem) -> bool:
        """Whether a span on which all agree came after a decision on its stretch: it was neither judged nor there."""
        return any(
            overlaps(item.start, item.end, start, end) and item not in beside for start, end, beside in self._stretches
        )

    def is_decided_question(self, name: str) -> bool:
        """Whether anything was decided of a question about the whole article."""
        return name in self._questions

    def _take(self, decision: Decision) -> None:
        """Add a decision that is later than those before it."""
        at = parse_instant(decision.at)
        into = self._inherited if decision.inherited_from else self._own
        for items, accepted in ((decision.judged, False), (decision.accepted, True)):
            ruling = Ruling(accepted, at, decision.by, decision.why, decision.inherited_from)
            into.update(dict.fromkeys(items, ruling))
        if decision.inherited_from:
            return
        if decision.what == "span":
            self._stretches.append((decision.start, decision.end, frozenset(decision.beside)))
        for item in (*decision.judged, *decision.accepted):
            if isinstance(item, ChoiceItem):
                self._questions.add(item.choice.partition("=")[0])


def read_whole_annotation(
    annotation: Annotation,
    article: Article,
    schema: Schema,
    trimming: Collection[TrimRule],
    silence: Collection[str],
) -> WholeAnnotation:
    """What an adjudicator's annotation of a whole article says, item by item.

    Args:
        annotation: What they submitted, without what is unsound.
        article: On which.
        schema: It tells which relations are symmetric.
        trimming: The rules that trim spans.
        silence: The items of the schema of which it says nothing.
    """
    spans = {}
    for span in annotation.spans:
        start, end = trim(article.text, span.start, span.end, trimming)
        spans[span.id] = SpanItem(start=start, end=end, label=span.label)
    items: set[Item] = {item for item in spans.values() if item.start < item.end}
    items |= {
        make_relation_item(spans[each.head], each.label, spans[each.tail], schema) for each in annotation.relations
    }
    items |= {
        ChoiceItem(choice=choice_id(name, option)) for name, options in annotation.choices.items() for option in options
    }
    return WholeAnnotation(annotation, frozenset(items), silence)


def make_relation_item(head: SpanItem, label: str, tail: SpanItem, schema: Schema) -> RelationItem:
    """A relation as decisions have it: the ends of a symmetric one in the order of the text."""
    kind = schema.relation(label)
    if kind and kind.symmetric and tail.key < head.key:
        head, tail = tail, head
    return RelationItem(head=head, label=label, tail=tail)


def _decision_order(decision: Decision) -> tuple[object, ...]:
    """By time; of one time by what tells them apart, whatever the order in which they come."""
    return (
        parse_instant(decision.at),
        decision.conflict,
        decision.by,
        decision.inherited_from,
        decision.decision,
        decision.server_id or 0,
    )


NOTHING_DECIDED = Rulings()
