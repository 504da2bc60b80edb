"""The tagger of the simulations: it learns, in the same way each time, and its tags are always spans."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.fast_tagger import _best_sequences, prepare_article, train_fast_tagger

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = ("PERSON", "PLACE")


def marked(number: int, text: str) -> tuple[Article, Annotation]:
    """An article in which ``[Ana Quad]`` is a PERSON and ``<Oslo>`` a PLACE."""
    plain, spans, start = "", list[Span](), 0
    for sign in text:
        if sign in "]>":
            label = LABELS[sign == ">"]
            spans.append(Span(id=f"s{len(spans)}", start=start, end=len(plain), label=label))
        elif sign in "[<":
            start = len(plain)
        else:
            plain += sign
    article = Article(id=f"a{number}", text=plain, digest=digest_of(plain))
    return article, Annotation(article=article.id, digest=article.digest, annotator="truth", spans=tuple(spans))


LESSONS = [
    marked(0, "[Ana Quad] left <Oslo> on Monday."),
    marked(1, "[Ben Rook] went to <Rome> with [Ana Quad]."),
    marked(2, "Rain fell in <Oslo>, said [Ben Rook]."),
    marked(3, ""),
]


def test_it_learns_its_lessons_and_gives_each_span_a_score() -> None:
    """What it was taught it finds, with the probability of the least probable tag; an empty article has no span."""
    lessons = [(prepare_article(article), truth) for article, truth in LESSONS * 5]
    tagger = train_fast_tagger(lessons, LABELS, 1)

    found = tagger.predict([prepared for prepared, _ in lessons[:4]])

    for (_, truth), said in zip(lessons, found, strict=False):
        assert [(one.start, one.end, one.label) for one in said.spans] == [
            (one.start, one.end, one.label) for one in truth.spans
        ]
        assert all(one.score is not None and 0 < one.score <= 1 for one in said.spans)
    assert tagger.predict([]) == []


def test_the_same_lessons_and_seed_make_the_same_tagger() -> None:
    """Weights alike to the last bit; another seed orders the batches otherwise."""
    lessons = [(prepare_article(article), truth) for article, truth in LESSONS * 20]
    one, other, third = (train_fast_tagger(lessons, LABELS, seed) for seed in (1, 1, 2))

    assert np.array_equal(one.weights, other.weights)
    assert not np.array_equal(one.weights, third.weights)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_the_best_tags_are_those_of_trying_all(lengths: list[int], seed: int) -> None:
    """Of all sequences in which I follows its own B or I, none has a greater sum."""
    scores = np.random.default_rng(seed).normal(size=(sum(lengths), 5)).astype(np.float32)
    tags = _best_sequences(scores, lengths)

    start = 0
    for length in lengths:
        part = scores[start : start + length]
        ways = [way for way in product(range(5), repeat=length) if is_possible(way)]
        found = tuple(tags[start : start + length].tolist())
        assert is_possible(found)
        assert sum_of(part, found) == pytest.approx(max(sum_of(part, way) for way in ways), abs=1e-4)
        start += length


def sum_of(scores: NDArray[np.float32], way: tuple[int, ...]) -> float:
    """What these tags come to."""
    return sum(float(scores[at, tag]) for at, tag in enumerate(way))


def is_possible(way: tuple[int, ...]) -> bool:
    """Whether each I (2 and 4) follows its own B (1 and 3) or I."""
    return all(tag % 2 or not tag or before in {tag - 1, tag} for before, tag in zip((0, *way), way, strict=False))
