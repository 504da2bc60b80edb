"""Which two spans of a text may be related, and the signs by which that is told: words, labels and places.

Two spans are a pair when they are near each other: in the same sentence, as a rule. Signs are short texts, such as
``between=in`` or ``labels=PERSON>PLACE``; spans that lie between are named by their labels, so that what is learned of
one name holds for others. Tokens are numbers, stretches half open.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .windows import NOTHING, find_breaks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .prepared_text import PreparedText

# Up to so many words between two spans are a sign as a whole, and so many labels of spans between.
_PHRASE, _LABELS = 4, 4
_FEW = 5
_MOST_CLASSES = 11
# How many pairs of spans in train a reach must hold.
_HELD = 0.95


class MarkedSpan(NamedTuple):
    """A span by its tokens and its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How near two spans must be: sentences from one to the other, and tokens from the end of one to the other."""

    sentences: int
    tokens: int


@dataclass(frozen=True, slots=True)
class SpannedText:
    """The words of a text as `fold_word` has them, the sentence of each, and spans in the order of the text."""

    words: tuple[str, ...]
    sentences: tuple[int, ...]
    spans: tuple[MarkedSpan, ...]

    def gap(self, first: int, second: int) -> range:
        """The tokens between two spans; none where they overlap."""
        return range(self.spans[first].end, max(self.spans[first].end, self.spans[second].start))

    def between(self, first: int, second: int) -> list[MarkedSpan]:
        """The spans that lie between two."""
        start, end = self.spans[first].end, self.spans[second].start
        return [span for span in self.spans[first + 1 : second] if span.start >= start and span.end <= end]


def order_spans(spans: Sequence[MarkedSpan]) -> list[int]:
    """The numbers of spans in the order of the text, the longer first of two that start together."""
    return sorted(range(len(spans)), key=lambda number: (spans[number].start, -spans[number].end, spans[number].label))


def mark_text(prepared: PreparedText, spans: Sequence[MarkedSpan]) -> SpannedText:
    """A text with its spans, which are put in the order of `order_spans`."""
    edges = list(zip(prepared.starts, prepared.ends, strict=True))
    sentences, number = [], -1
    for kind in find_breaks(prepared.text, prepared.starts, prepared.ends):
        number += kind != NOTHING
        sentences.append(number)
    words = tuple(fold_word(prepared.text[start:end]) for start, end in edges)
    return SpannedText(words, tuple(sentences), tuple(spans[number] for number in order_spans(spans)))


def fold_word(word: str) -> str:
    """A word as signs have it: ``Talks`` is ``talks``, and all that has a digit is ``0``."""
    return "0" if any(each.isdigit() for each in word) else word.lower()


def pair_near_spans(text: SpannedText, reach: Reach) -> Iterator[tuple[int, int]]:
    """The pairs of spans that are near each other, by their numbers, the earlier one first."""
    for first, span in enumerate(text.spans):
        for second in range(first + 1, len(text.spans)):
            # Spans come in the order of the text: what begins beyond the reach ends the search.
            if not _within(text, span, text.spans[second], reach):
                break
            yield first, second


def measure_reach(pairs: Iterable[tuple[SpannedText, int, int]]) -> Reach:
    """The least reach that holds at least 95 of 100 related pairs, by sentences and of these by tokens.

    Of 100 pairs, 96 in one sentence, no span farther than 30 tokens from the other, and 4 elsewhere, it is one sentence
    (0 to the next) and 30 tokens. Of no pair it is nothing.
    """
    apart = [
        (
            text.sentences[text.spans[second].start] - text.sentences[text.spans[first].start],
            len(text.gap(first, second)),
        )
        for text, first, second in pairs
    ]
    if not apart:
        return Reach(0, 0)
    counts, held, sentences = Counter(each for each, _ in apart), 0, 0
    for sentences in sorted(counts):
        held += counts[sentences]
        if held >= _HELD * len(apart):
            break
    return Reach(sentences, max(tokens for away, tokens in apart if away <= sentences))


def list_signs(text: SpannedText, first: int, second: int) -> list[str]:
    """The signs of a pair, each once, in an order that is always the same."""
    head, tail = text.spans[first], text.spans[second]
    labels = f"{head.label}>{tail.label}"
    inside = text.between(first, second)
    words = _name_words(text, first, second, inside)
    alone = [
        f"first={head.label}",
        f"second={tail.label}",
        *(f"between={word}" for word in words),
        *_ends_of("between", words),
        f"distance={classify_distance(len(text.gap(first, second)))}",
        f"spans={min(len(inside), _FEW + 1)}",
        f"overlap={tail.start < head.end}",
        f"firstlabel={sum(span.label == head.label for span in inside) > 0}",
        f"secondlabel={sum(span.label == tail.label for span in inside) > 0}",
        *([f"phrase={' '.join(words)}"] if len(words) <= _PHRASE else []),
    ]
    signs = [
        f"labels={labels}",
        *alone,
        *(f"{sign}|{labels}" for sign in alone),
        *(f"two={one} {other}" for one, other in pairwise(words)),
        f"before={_word_at(text, head.start - 1)}",
        f"after={_word_at(text, tail.end)}",
        *_sign_names(text, head, tail),
        f"row={'>'.join(span.label for span in inside[:_LABELS])}|{labels}",
    ]
    return list(dict.fromkeys(signs))


def classify_distance(count: int) -> int:
    """A class for a number of tokens: 0 to 4 as they are, then two classes for each doubling, up to 11."""
    return count if count < _FEW else min(_MOST_CLASSES, _FEW + (count * count // (_FEW * _FEW)).bit_length() - 1)


def _within(text: SpannedText, first: MarkedSpan, second: MarkedSpan, reach: Reach) -> bool:
    sentences = text.sentences[second.start] - text.sentences[first.start]
    return sentences <= reach.sentences and second.start - first.end <= reach.tokens


def _name_words(text: SpannedText, first: int, second: int, inside: Sequence[MarkedSpan]) -> list[str]:
    """The words between a pair, with one label in the place of each span; of spans that overlap the later one's."""
    owner = {token: number for number, span in enumerate(inside) for token in range(span.start, span.end)}
    words: list[str] = []
    last = -1
    for token in text.gap(first, second):
        number = owner.get(token, -1)
        if number < 0:
            words.append(text.words[token])
        elif number != last:
            words.append(f"[{inside[number].label}]")
        last = number
    return words


def _ends_of(name: str, words: Sequence[str]) -> list[str]:
    return [f"{name}-first={words[0]}", f"{name}-last={words[-1]}"] if words else []


def _sign_names(text: SpannedText, head: MarkedSpan, tail: MarkedSpan) -> list[str]:
    first, second = text.words[head.end - 1], text.words[tail.end - 1]
    return [
        f"first-last={first}",
        f"second-last={second}",
        f"first-first={text.words[head.start]}",
        f"second-first={text.words[tail.start]}",
        f"names={first} {second}",
    ]


def _word_at(text: SpannedText, token: int) -> str:
    return text.words[token] if 0 <= token < len(text.words) else ""
