"""Precedents: what was decided of conflicts like one that is open, and decisions that contradict one another. Pure.

A precedent is about the same labels, of relations with the same labels of their ends, and has a content word in common:
any but articles, prepositions and the like (`STOP_WORDS`). The nearest is the one that shares most, where a rare word
counts more than a common one: of the words of both, the share that they have in common, each weighed by the logarithm
of how few decisions have it, so that the same words have 1. It is a weighted Jaccard index with inverse document
frequencies (Sparck Jones: A statistical interpretation of term specificity, 1972).

An example. Was it decided that "British" is a NATIONALITY and not a COUNTRY, this is a precedent for the same two
labels on "British troops", and none for "French", nor where "British" is a NATIONALITY or nothing.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import fold_words
from labeling.workspace.asking import parse_instant
from labeling.workspace.rows.conflict import ChoiceItem, Item, RelationItem, SpanItem, sort_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.articles import Article
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.decision_row import Decision

_WORD = re.compile(r"[^\W_]+")
# Words that make no two stretches alike. Nothing that is a name when it is in capitals: US, WHO, IT, May, Will.
STOP_WORDS = frozenset(
    """a an and are as at be been but by for from had has have he her his in into is its not of off on or our s she so
    that the their them these they this those to was we were which with""".split()  # noqa: SIM905 - a paragraph reads better
)
_BEGINNING = 200  # code points by which questions about a whole article are compared
_MOST_OF_A_WORD = 300  # decisions, the latest, that are looked at for one word: a common word tells little

# What is alike in conflicts: spans, relations or options, and the labels in dispute, "" for nothing.
_Pair: TypeAlias = tuple[str, tuple[str, ...]]
# An item without its place: its label and its words.
_SaidItem: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Precedent:
    """A decision of a conflict like another, the words it was about, and how near it is, above 0 up to 1.

    ``stands`` and ``falls`` are what was accepted and what was not, each by label and words.
    """

    decision: Decision
    words: str
    nearness: float
    stands: tuple[_SaidItem, ...]
    falls: tuple[_SaidItem, ...]

    @property
    def sentence(self) -> str:
        """In words: ``“British”: NATIONALITY, not COUNTRY (guideline silent)``."""
        stands, falls = (_tell_readings(each, self.words) for each in (self.stands, self.falls))
        told = f"{stands or 'nothing'}{', not ' if falls else ''}{falls}"
        return f"“{self.words}”: {told}" + (f" ({self.decision.why})" if self.decision.why else "")

    @property
    def source(self) -> str:
        """By whom, when and on which article: ``lead, 2026-11-23, toi/a``."""
        return f"{self.decision.by}, {self.decision.at[:10]}, {self.decision.article}"


@dataclass(frozen=True)
class Contradiction:
    """One question in the same words, decided otherwise: ``decisions`` by what stands, the most frequent first."""

    words: str
    decisions: tuple[tuple[tuple[_SaidItem, ...], tuple[Decision, ...]], ...]

    @property
    def sentences(self) -> list[str]:
        """Each answer with the articles it was given on: ``NATIONALITY: toi/a, toi/b``."""
        return [
            f"{_tell_readings(stands, self.words) or 'nothing'}: {', '.join(sorted({each.article for each in given}))}"
            for stands, given in self.decisions
        ]


class Precedents:
    """The decisions of a workspace, by their labels and words: each look-up reads only those that share a word."""

    def __init__(self, decisions: Iterable[Decision], articles: Mapping[str, Article]) -> None:
        """Take the decisions that were made on texts of today; of those of one conflict the latest."""
        self._decided = [_read_decision(each, articles[each.article]) for each in list_made(decisions, articles)]
        self._by_word: defaultdict[tuple[_Pair, str], list[int]] = defaultdict(list)
        for number, each in enumerate(self._decided):
            for word in each.content:
                self._by_word[each.pair, word].append(number)
        counts = Counter(word for each in self._decided for word in each.content)
        self._weights = {word: self._weight(count) for word, count in counts.items()}

    def find_nearest(self, conflict: Conflict, article: Article, most: int = 3) -> list[Precedent]:
        """The nearest precedents of a conflict, the best first; of equally near ones the latest first.

        A decision of the very same conflict is none.

        Args:
            conflict: An open one.
            article: Its article.
            most: How many.
        """
        # What was decided there before is in dispute again.
        items = sort_items([*conflict.items, *conflict.decided])
        pair, words = _pair_of(conflict.what, items), _words_in_question(items, article)
        content = _content_of(words)
        numbers = {number for word in content for number in self._by_word.get((pair, word), ())[-_MOST_OF_A_WORD:]}
        # Of many decisions few differ in their words.
        nearness = {each: self._nearness(content, each) for each in {self._decided[n].content for n in numbers}}
        near = ((nearness[self._decided[number].content], number) for number in numbers)
        best = heapq.nlargest(most + 1, near)
        found = [self._decided[number].as_precedent(how_near) for how_near, number in best]
        return [each for each in found if each.decision.conflict != conflict.id][:most]

    def _nearness(self, ones: frozenset[str], others: frozenset[str]) -> float:
        unknown = self._weight(0)
        shared, either = (
            math.fsum(self._weights.get(word, unknown) for word in words) for words in (ones & others, ones | others)
        )
        return round(shared / either, 6)

    def _weight(self, count: int) -> float:
        return math.log1p((1 + len(self._decided)) / (1 + count))


@dataclass(frozen=True)
class _Decided:
    """A decision, as it is compared."""

    decision: Decision
    pair: _Pair
    words: str
    content: frozenset[str]
    question: tuple[_SaidItem, ...]
    stands: tuple[_SaidItem, ...]

    @property
    def falls(self) -> tuple[_SaidItem, ...]:
        return tuple(each for each in self.question if each not in self.stands)

    def as_precedent(self, nearness: float) -> Precedent:
        return Precedent(self.decision, self.words, nearness, self.stands, self.falls)


def list_made(decisions: Iterable[Decision], articles: Mapping[str, Article]) -> list[Decision]:
    """Decisions of single conflicts on texts of today, of each conflict the latest, the earliest first.

    What reprints inherit was decided elsewhere, and is left out.
    """
    latest: dict[str, Decision] = {}
    for each in sorted(decisions, key=_decision_time):
        article = articles.get(each.article) if each.what != "article" and not each.inherited_from else None
        if article is not None and article.digest == each.digest and each.judged:
            latest.pop(each.conflict, None)
            latest[each.conflict] = each
    return [*latest.values()]


def list_contradictions(decisions: Iterable[Decision], articles: Mapping[str, Article]) -> list[Contradiction]:
    """The questions that were put in the same words and decided otherwise, those most often decided first.

    Of "British" it was decided twice that it is a NATIONALITY and not a COUNTRY, and once the other way round.
    """
    questions: defaultdict[tuple[object, ...], list[_Decided]] = defaultdict(list)
    for each in list_made(decisions, articles):
        # Of an option of one article nothing follows for another.
        if each.what in ("span", "relation"):
            read = _read_decision(each, articles[each.article])
            questions[each.what, fold_words(read.words), _fold_said(read.question)].append(read)
    found = [_gather_answers(each) for each in questions.values() if len({_fold_said(one.stands) for one in each}) > 1]
    return sorted(found, key=lambda each: (-sum(len(given) for _, given in each.decisions), each.words))


def list_silent(decisions: Iterable[Decision], articles: Mapping[str, Article]) -> list[Precedent]:
    """What was decided where the guidelines are silent, if that is the last word on it, in the order of articles."""
    silent = [each for each in list_made(decisions, articles) if each.why == "guideline silent"]
    silent.sort(key=lambda each: (each.article, each.start, each.end, each.conflict))
    return [_read_decision(each, articles[each.article]).as_precedent(1.0) for each in silent]


def _decision_time(decision: Decision) -> tuple[object, ...]:
    """By time; of one time by what tells them apart, whatever the order in which they come."""
    told = decision.conflict, decision.by, decision.decision, decision.server_id or 0, decision.why
    return parse_instant(decision.at), *told, [item.key for item in decision.accepted]


def _gather_answers(decided: Sequence[_Decided]) -> Contradiction:
    answers: defaultdict[frozenset[_SaidItem], list[_Decided]] = defaultdict(list)
    for each in decided:
        answers[_fold_said(each.stands)].append(each)
    ranked = sorted(answers.values(), key=lambda given: (-len(given), given[0].stands))
    return Contradiction(
        decided[0].words, tuple((given[0].stands, tuple(one.decision for one in given)) for given in ranked)
    )


def _read_decision(decision: Decision, article: Article) -> _Decided:
    words = _words_in_question(decision.judged, article)
    return _Decided(
        decision,
        _pair_of(decision.what, decision.judged),
        words,
        _content_of(words),
        _say_items(decision.judged, article),
        _say_items(decision.accepted, article),
    )


def _pair_of(what: str, items: Sequence[Item]) -> _Pair:
    labels = sorted({_name_label(item) for item in items})
    # One item alone: somebody marked nothing there.
    return what, tuple(labels if len(items) > 1 else ["", *labels])


def _name_label(item: Item) -> str:
    if isinstance(item, RelationItem):
        # Sorted, for those of a symmetric one stand in the order of the text.
        return " ".join([item.label, *sorted((item.head.label, item.tail.label))])
    return item.choice if isinstance(item, ChoiceItem) else item.label


def _words_in_question(items: Sequence[Item], article: Article) -> str:
    """The words that are in question: all of a stretch of spans, both ends of a relation, where an article begins."""
    spans = [item for item in items if isinstance(item, SpanItem)]
    if spans:
        return _join_blanks(article.text[min(each.start for each in spans) : max(each.end for each in spans)])
    links = [item for item in items if isinstance(item, RelationItem)]
    if links:
        return _say_item(links[0], article)[1]
    return _join_blanks(article.text[:_BEGINNING])


def _say_items(items: Iterable[Item], article: Article) -> tuple[_SaidItem, ...]:
    return tuple(_say_item(item, article) for item in items)


def _say_item(item: Item, article: Article) -> _SaidItem:
    if isinstance(item, ChoiceItem):
        return item.choice, ""
    if isinstance(item, SpanItem):
        return item.label, _join_blanks(article.text[item.start : item.end])
    head, tail = _say_item(item.head, article)[1], _say_item(item.tail, article)[1]
    return item.label, f"{head} … {tail}"


def _tell_readings(readings: Iterable[_SaidItem], words: str) -> str:
    """Labels, with their words where these are others than those of the question."""
    whole = ("", fold_words(words))
    return " and ".join(label if fold_words(said) in whole else f"{label} on “{said}”" for label, said in readings)


def _fold_said(readings: Iterable[_SaidItem]) -> frozenset[_SaidItem]:
    return frozenset((label, fold_words(words)) for label, words in readings)


def _content_of(words: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(words.casefold()) if word not in STOP_WORDS)


def _join_blanks(words: str) -> str:
    return " ".join(words.split())
