"""The tokens of several texts in one row, so that what is asked of all of them is asked once.

Between two texts is an empty place, which no pattern and no name matches. Everything is a place in the row until the
spans are told in code points of their own text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spacy.tokens import Doc

NO_WORD = 0  # spaCy's number of the empty string


class RowSpan(NamedTuple):
    """A span by its tokens in a row, half open."""

    start: int
    end: int
    label: str


class TokenRow:
    """Texts as one row of tokens, with entities on them that change from layer to layer."""

    def __init__(self, docs: Sequence[Doc]) -> None:
        """Line up docs, one at least; the entities are theirs."""
        import numpy as np

        between = np.array([NO_WORD], np.uint64)
        self.docs = docs
        self.firsts: list[int] = []  # the place of each doc's first token
        columns, length = [], 0
        for doc in docs:
            self.firsts.append(length)
            columns += [np.asarray(doc.to_array("ORTH")), between]
            length += len(doc) + 1
        self.array = np.concatenate(columns)
        self.words: list[int] = self.array.tolist()
        self._entities = [
            RowSpan(first + ent.start, first + ent.end, ent.label_)
            for first, doc in zip(self.firsts, docs, strict=True)
            for ent in doc.ents
        ]
        self._told = {*range(len(docs))}

    def __len__(self) -> int:
        """How many places there are, those between texts too."""
        return len(self.words)

    @property
    def entities(self) -> list[RowSpan]:
        """The entities; none overlaps another."""
        return self._entities

    @entities.setter
    def entities(self, entities: list[RowSpan]) -> None:
        self._entities = entities
        self._told.clear()

    def number_at(self, place: int) -> int:
        """The number of the text that a place belongs to."""
        return bisect_right(self.firsts, place) - 1

    def offsets(self, span: RowSpan) -> tuple[int, int, int]:
        """The number of the text that a span is in, and where it starts and ends there, in code points."""
        number = self.number_at(span.start)
        doc, first = self.docs[number], self.firsts[number]
        last = doc[span.end - first - 1]
        return number, doc[span.start - first].idx, last.idx + len(last)

    def last_word(self, span: RowSpan) -> tuple[int, ...]:
        """The part of a span after its last blank, which may be several tokens: ``Rivera-Kim``."""
        number = self.number_at(span.start)
        doc, first = self.docs[number], self.firsts[number]
        # Tokens without a blank between them are one word to a reader.
        starts = [at for at in range(span.start + 1, span.end) if doc[at - first - 1].whitespace_]
        return tuple(self.words[max(starts, default=span.start) : span.end])

    def doc_at(self, place: int) -> tuple[Doc, int]:
        """The doc that a place belongs to, with the entities on it, and the place of its first token."""
        number = self.number_at(place)
        doc, first = self.docs[number], self.firsts[number]
        if number not in self._told:
            from spacy.tokens import Span

            stop = first + len(doc)
            own = [each for each in self._entities if first <= each.start < stop]
            doc.ents = [Span(doc, start - first, end - first, label=label) for start, end, label in own]
            self._told.add(number)
        return doc, first

    def label_masks(self) -> dict[str, int]:
        """The mask of the places of each label; "" has those without."""
        labelled = defaultdict[str, list[int]](list)
        for start, end, label in self._entities:
            labelled[label].extend(range(start, end))
        masks = {label: mask_places(places, len(self)) for label, places in labelled.items()}
        # No token has two labels.
        return masks | {"": (1 << len(self)) - 1 ^ reduce(or_, masks.values(), 0)}


def mask_places(places: Iterable[int], length: int) -> int:
    """The number with those bits set."""
    bits = bytearray(length // 8 + 1)
    for at in places:
        bits[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(bits, "little")


def keep_longest(spans: Iterable[RowSpan]) -> list[RowSpan]:
    """The spans in the order of the row, those left out that overlap a longer one, or an equal one before them."""
    taken = set[int]()
    kept = []
    for span in sorted(spans, key=lambda each: (each.start - each.end, each.start)):
        if span.start not in taken and span.end - 1 not in taken:
            taken.update(range(span.start, span.end))
            kept.append(span)
    return sorted(kept, key=lambda each: each.start)


def find_word(words: list[int], word: int, first: int, stop: int) -> int:
    """The first place from ``first`` on, before ``stop``, that has the word; -1 where it is not there."""
    try:
        return words.index(word, first, stop)
    except ValueError:
        return -1
