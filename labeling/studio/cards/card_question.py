"""A conflict as a question to an adjudicator: its versions by letters, and the answers by digits. Pure.

Letters and digits say nothing of who drew what: versions are in the order of their items.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from labeling.adjudication.versions import BOTH, NEITHER, name_version, versions_of
from labeling.studio.cards.card_window import CARD_MARGIN, cut_window
from labeling.workspace.rows.conflict import ChoiceItem, RelationItem, SpanItem, sort_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.articles import Article
    from labeling.schema import Schema
    from labeling.studio.cards.card_window import CardWindow
    from labeling.workspace.rows.conflict import Conflict, Item

# The answer that settles nothing: the question needs the whole article.
OPEN_ARTICLE = "article"

# The same keys on every card: a digit for each version, and three that never move.
_KEYS = {BOTH: "8", NEITHER: "9", OPEN_ARTICLE: "0"}
_MOST_DIGITS = 7
_MOST_QUOTED = 80  # code points of a span that are quoted


@dataclass(frozen=True)
class CardAnswer:
    """An answer that a card takes: its name, its key ("" where digits have run out), its words, the items it accepts.

    ``accepted`` is None where it settles nothing.
    """

    name: str
    key: str
    words: str
    accepted: tuple[Item, ...] | None


@dataclass(frozen=True)
class CardQuestion:
    """A conflict of an article, as it is asked."""

    conflict: Conflict
    article: Article
    schema: Schema

    @cached_property
    def versions(self) -> list[tuple[Item, ...]]:
        """What is to choose among."""
        return versions_of(self.conflict)

    @cached_property
    def answers(self) -> tuple[CardAnswer, ...]:
        """All answers, in the order in which the card lists them."""
        return (*self._list_versions(), *self._list_others())

    @cached_property
    def window(self) -> CardWindow:
        """What the card shows of the article; where the whole of it is asked about, its beginning."""
        if self.conflict.what == "choice":
            return cut_window(self.article.text, [(0, min(len(self.article.text), 2 * CARD_MARGIN))], 0)
        return cut_window(self.article.text, {place for item in self.conflict.items for place in places_of(item)})

    @property
    def words(self) -> str:
        """The question in words."""
        kind, first = self.conflict.kind, self.conflict.items[0]
        if isinstance(first, ChoiceItem):
            name = first.choice.partition("=")[0]
            question = self.schema.choice_set(name)
            return question.question if question else name
        return {
            "choice": "Which answer?",
            "label": "Which label?",
            "boundary": "What is to be marked here, and how far does it go?",
            "missed": "Is this to be marked?",
            "relation": "Does this relation hold?",
        }[kind]

    def describe(self, item: Item) -> str:
        """An item in words, as it stands in the article."""
        return describe_item(self.article, item)

    def _list_versions(self) -> Iterator[CardAnswer]:
        decided = sort_items(self.conflict.decided)
        for number, items in enumerate(self.versions):
            name = name_version(number)
            words = "; ".join(map(self.describe, items))
            if decided and items == decided:
                words += " (decided before)"
            elif items == sort_items(self.conflict.in_gold):
                words += " (as it is in gold)"
            key = str(number + 1) if number < _MOST_DIGITS else ""
            yield CardAnswer(name, key, f"{name.upper()}: {words}", items)

    def _list_others(self) -> Iterator[CardAnswer]:
        union = sort_items(item for version in self.versions for item in version)
        if len(self.versions) > 1 and union not in self.versions and self._may_hold_all():
            words = "both" if len(self.versions) == 2 else "all of them"  # noqa: PLR2004 - two are both
            yield CardAnswer(BOTH, _KEYS[BOTH], words, union)
        words = "neither" if len(self.versions) > 1 else "no, nothing"
        yield CardAnswer(NEITHER, _KEYS[NEITHER], words, ())
        yield CardAnswer(OPEN_ARTICLE, _KEYS[OPEN_ARTICLE], "open the article: this cannot be told from here", None)

    def _may_hold_all(self) -> bool:
        """Whether all versions may stand together: not where a question has one answer."""
        first = self.conflict.items[0]
        question = self.schema.choice_set(first.choice.partition("=")[0]) if isinstance(first, ChoiceItem) else None
        return question is None or question.multiple


def describe_item(article: Article, item: Item) -> str:
    """An item in words, as it stands in an article."""
    if isinstance(item, ChoiceItem):
        return item.choice.partition("=")[2] or item.choice
    if isinstance(item, RelationItem):
        head, tail = (quote_words(article, end.start, end.end) for end in (item.head, item.tail))
        return f"“{head}” {item.label} “{tail}”"
    return f"{item.label} “{quote_words(article, item.start, item.end)}”"


def quote_words(article: Article, start: int, end: int) -> str:
    """A stretch of an article in one line; of a long one its beginning and its end."""
    words, half = " ".join(article.text[start:end].split()), _MOST_QUOTED // 2
    return words if len(words) <= _MOST_QUOTED else f"{words[:half]} … {words[-half:]}"


def places_of(item: Item) -> Sequence[tuple[int, int]]:
    """The stretches of the article that an item joins or marks."""
    if isinstance(item, RelationItem):
        return (item.head.start, item.head.end), (item.tail.start, item.tail.end)
    return ((item.start, item.end),) if isinstance(item, SpanItem) else ()
