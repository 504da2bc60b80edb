"""Reprints of articles whose truth is known: another head, some sentences less, some words less."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Final

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Known = tuple[Article, Annotation]

_HEADS: Final = ("Updated late on Monday: ", "From our own desk. ", "As was reported before: ", "Evening edition. ")
_SENTENCE: Final = re.compile(r"[^.\n]*[.\n]*\s*")
_WORD: Final = re.compile(r"\b[a-z]+\s")
SENTENCES_LESS: Final = 0.15  # of a text that has several
WORDS_LESS: Final = 0.03  # of those in small letters outside spans


def mix_reprints(known: Sequence[Known], share: float, seed: int) -> list[Known]:
    """The articles, and as many reprints of some of them that these are ``share`` of all.

    Seventy articles and a share of 0.3 are a hundred in the end.
    """
    chance = random.Random(f"reprints {seed}")  # noqa: S311 - a simulation, no secret
    number = round(len(known) * share / (1 - share))
    return [*known, *(reprint(*one, chance) for one in chance.sample(known, min(number, len(known))))]


def reprint(article: Article, truth: Annotation, chance: random.Random) -> Known:
    """One reprint, and what is true of it."""
    text, spans = chance.choice(_HEADS), list[Span]()
    for start, end in _kept_parts(article.text, truth.spans, chance):
        shift = len(text) - start
        inside = [span for span in truth.spans if start <= span.start and span.end <= end]
        spans += [
            span.model_copy(update={"id": f"r{len(spans) + n}", "start": span.start + shift, "end": span.end + shift})
            for n, span in enumerate(inside)
        ]
        text += article.text[start:end]
    copy = Article(id=f"{article.id}-reprint", text=text, digest=digest_of(text))
    return copy, truth.model_copy(
        update={"article": copy.id, "digest": copy.digest, "spans": tuple(spans), "relations": ()}
    )


def _kept_parts(text: str, spans: Sequence[Span], chance: random.Random) -> Iterator[tuple[int, int]]:
    """Stretches of the text that stay, in its order; no span is cut."""
    whole = [match.span() for match in _SENTENCE.finditer(text) if match.group()]
    parts = [part for part in whole if not any(span.start < part[1] < span.end for span in spans)]
    # A sentence that a span leaves is one with the sentence after it.
    ends = [end for _, end in parts[:-1]] + [len(text)]
    begins = [0, *ends[:-1]]
    for start, end in zip(begins, ends, strict=True):
        if len(ends) == 1 or start == 0 or chance.random() >= SENTENCES_LESS:
            yield from _without_words(text, start, end, spans, chance)


def _without_words(
    text: str, start: int, end: int, spans: Sequence[Span], chance: random.Random
) -> Iterator[tuple[int, int]]:
    at = start
    for match in _WORD.finditer(text, start, end):
        low, high = match.span()
        free = not any(span.start < high and low < span.end for span in spans)
        if free and chance.random() < WORDS_LESS:
            yield at, low
            at = high
    yield at, end
