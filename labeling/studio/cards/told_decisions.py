"""What each reader is told of what was decided on their articles: their own reading, and what stands. Pure.

Nobody is told of an article that they have not submitted, of one that is a gold question to them, or of whose reading
it was that stands, if it was not theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.adjudication.decided_articles import DecidedArticle, collect_decided
from labeling.adjudication.rulings import read_whole_annotation
from labeling.adjudication.word_decisions import list_word_decisions
from labeling.annotations import latest_submissions, overlaps
from labeling.studio.cards.card_question import describe_item, places_of, quote_words
from labeling.workspace.asking import parse_instant
from labeling.workspace.rows.conflict import ChoiceItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from labeling.adjudication.gold import AdjudicationRules
    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.workspace.rows.conflict import Item
    from labeling.workspace.rows.decision_row import Decision

_NOTHING = "nothing"


@dataclass(frozen=True)
class ToldDecision:
    """What a reader, by name and e-mail address, is told of an article: a row of their page.

    ``words`` is the stretch; "" where it is about the whole article. ``own`` is their own reading, ``stands`` what was
    decided, ``why`` the reason, if one was given, ``at`` when.
    """

    reader: str
    email: str
    article: str
    words: str
    own: str
    stands: str
    why: str
    at: str


def tell_decisions(
    annotations: Callable[[], Iterable[Annotation]],
    said: Mapping[str, Iterable[Annotation]],
    articles: Mapping[str, Article],
    rules: AdjudicationRules,
    find_address: Callable[[Annotation], str],
) -> Iterator[ToldDecision]:
    """What everybody is told, article by article.

    Args:
        annotations: Reads all that was annotated, from the start.
        said: The same by article.
        articles: The articles by id.
        rules: What was decided, who decides, and which annotations answer gold questions.
        find_address: Whose an annotation is.
    """
    decided, _ = collect_decided(rules.decisions, articles, rules.schema, rules.trimming)
    # What was decided by an annotation of a whole article among the readers' own.
    by_words = list_word_decisions(annotations, articles, rules)
    for each in by_words:
        here = decided.setdefault(each.article, DecidedArticle())
        if not here.words:
            here.decisions.append(each)
    for name in sorted(decided):
        mine = [one for one in said.get(name, ()) if not rules.is_answer(one) and not rules.is_adjudicator(one)]
        article = articles[name]
        for reader, words in latest_submissions(mine, article.digest).items():
            telling = _Telling(article, rules, reader, find_address(words), _items_of(words, article, rules))
            yield from telling.tell(decided[name])


@dataclass(frozen=True)
class _Telling:
    article: Article
    rules: AdjudicationRules
    reader: str
    email: str
    items: frozenset[Item]

    def tell(self, decided: DecidedArticle) -> Iterator[ToldDecision]:
        last: dict[str, Decision] = {}
        for each in sorted(decided.decisions, key=lambda each: parse_instant(each.at)):
            last[each.conflict] = each
        for each in last.values():
            own = [item for item in self.items if _is_about(item, each)]
            stretch = "" if each.what == "choice" else quote_words(self.article, each.start, each.end)
            yield self._row(stretch, own, each.accepted, each.why, each.at)
        if decided.words:
            words = max(decided.words, key=lambda words: parse_instant(words.updated))
            yield from self._compare(words)

    def _compare(self, words: Annotation) -> Iterator[ToldDecision]:
        """What of one's own does not stand as it is, and what stands besides."""
        theirs = _items_of(words, self.article, self.rules)
        mine, left = self.items - theirs, theirs - self.items
        told: set[Item] = set()
        if not mine and not left:
            yield self._row("", (), (), "", words.updated, whole=("as you read it", "all of it"))
        for item in sorted(mine, key=_place_of):
            instead = [other for other in left if _is_instead(other, item)]
            told |= {*instead}
            yield self._row(self._stretch_of(item), [item], instead, "", words.updated)
        for item in sorted(left - told, key=_place_of):
            yield self._row(self._stretch_of(item), (), [item], "", words.updated)

    def _stretch_of(self, item: Item) -> str:
        places = places_of(item)
        start, end = min((place[0] for place in places), default=0), max((place[1] for place in places), default=0)
        return quote_words(self.article, start, end) if places else ""

    def _row(
        self,
        stretch: str,
        own: Collection[Item],
        stands: Collection[Item],
        why: str,
        at: str,
        whole: tuple[str, str] | None = None,
    ) -> ToldDecision:
        told = whole or (self._describe(own), self._describe(stands))
        return ToldDecision(self.reader, self.email, self.article.id, stretch, *told, why, at)

    def _describe(self, items: Collection[Item]) -> str:
        return "; ".join(describe_item(self.article, item) for item in sorted(items, key=_place_of)) or _NOTHING


def _items_of(words: Annotation, article: Article, rules: AdjudicationRules) -> frozenset[Item]:
    return read_whole_annotation(words, article, rules.schema, rules.trimming, ()).items


def _is_about(item: Item, decision: Decision) -> bool:
    """Whether what somebody says is part of what was decided."""
    if item in decision.judged or item in decision.accepted:
        return True
    if isinstance(item, SpanItem):
        is_there = overlaps(item.start, item.end, decision.start, decision.end)
        return decision.what == "span" and is_there and item not in decision.beside
    names = {each.choice.partition("=")[0] for each in decision.judged if isinstance(each, ChoiceItem)}
    return isinstance(item, ChoiceItem) and item.choice.partition("=")[0] in names


def _is_instead(item: Item, own: Item) -> bool:
    """Whether it stands in the place of one's own reading."""
    if isinstance(item, SpanItem) and isinstance(own, SpanItem):
        return overlaps(item.start, item.end, own.start, own.end)
    if isinstance(item, ChoiceItem) and isinstance(own, ChoiceItem):
        return item.choice.partition("=")[0] == own.choice.partition("=")[0]
    return {*places_of(item)} == {*places_of(own)}


def _place_of(item: Item) -> tuple[object, ...]:
    return tuple(places_of(item)), type(item).__name__, str(item.key)
