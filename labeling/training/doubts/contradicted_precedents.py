"""Precedents contradicted: gold reads words otherwise than an adjudicator decided of the same words elsewhere. Pure.

An example: of "the Kremlin" in one article it was decided that it is a GOV_BODY and not a LOCATION. Where another
article has a LOCATION on these words, or nothing, that is in doubt. Where adjudicators decided both ways nothing is.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from labeling.adjudication.precedents import list_made
from labeling.annotations import fold_words
from labeling.training.doubts.rare_readings import find_places, index_words
from labeling.workspace.rows.conflict import SpanItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.articles import Article
    from labeling.training.doubts.marked_text import MarkedText, Suspicion
    from labeling.workspace.rows.decision_row import Decision

# How often it was decided that words are a label, and that they are not.
Verdicts: TypeAlias = "dict[str, tuple[Counter[str], Counter[str]]]"

_DOUBT = 0.25  # of one decision it is less certain that it holds for other places than of several


def read_verdicts(decisions: Iterable[Decision], articles: Mapping[str, Article]) -> Verdicts:
    """What was decided of which words; decisions of other texts, and inherited ones, do not count."""
    verdicts: Verdicts = {}
    for decision in list_made(decisions, articles):
        article = articles[decision.article]
        for item in {*decision.judged, *decision.accepted}:
            if isinstance(item, SpanItem):
                words = fold_words(article.text[item.start : item.end])
                verdicts.setdefault(words, (Counter(), Counter()))[item not in decision.accepted][item.label] += 1
    return verdicts


def find_contradicted_precedents(texts: Iterable[MarkedText], verdicts: Verdicts) -> Iterator[Suspicion]:
    """Spans with a label that was decided against on these words, and places where a label that stands is missing."""
    wanted = {words: label for words, (stands, _) in verdicts.items() if (label := _standing_label(verdicts[words]))}
    for text in texts:
        lookup = index_words(tuple(words.split()) for words in wanted)
        for place, labels in sorted(text.spans.items()):
            words = fold_words(text.text[slice(*place)])
            for label in labels if words in verdicts and not text.is_open(*place) else ():
                stands, fell = verdicts[words]
                if fell[label] and not stands[label]:
                    instead = wanted.get(words, "")
                    yield _suspect(text, place, (label, instead), fell[label])
        for tokens, stretch, readings in find_places(text, lookup):
            label = wanted[" ".join(tokens)]
            if readings == ("",) and label not in text.unasked:
                yield _suspect(text, text.place(stretch), ("", label), verdicts[" ".join(tokens)][0][label])


def _standing_label(verdict: tuple[Counter[str], Counter[str]]) -> str:
    """The one label that stands on words, and was never decided against; "" where there is no such."""
    stands, fell = verdict
    sure = [label for label in stands if not fell[label]]
    return sure[0] if len(sure) == 1 else ""


def _suspect(text: MarkedText, place: tuple[int, int], read: tuple[str, str], count: int) -> Suspicion:
    said = f"{read[1] or 'not ' + read[0]} was decided of these words"
    times = "once" if count == 1 else f"{count} times"
    return text.suspect("precedent", place, read, count / (count + _DOUBT), f"{said} {times}")
