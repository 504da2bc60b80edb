"""A tagger that learns in well under a second, for simulations of many trainings: a softmax over hashed features.

Each token has 20 features, words, shapes and affixes of itself and its neighbours. Weights are learned by AdaGrad on
batches of tokens (Duchi, Hazan and Singer, Adaptive Subgradient Methods, 2011); the tags are the most probable sequence
without an I after anything but its own B or I. The same articles and seed give the same model.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from labeling.annotations import Annotation, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from labeling.articles import Article

_BUCKETS = 1 << 18
_FEATURES = 20
_EPOCHS = 3
_LEAST_STEPS = 40  # of few articles: less would learn nothing from them
_BATCH_TOKENS = 500
_RATE = 0.3
_TOKEN = re.compile(r"\w+|[^\w\s]")
_IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class PreparedArticle:
    """An article as the tagger reads it, made once and used often: where its tokens are, and their hashed features."""

    article: Article
    places: tuple[tuple[int, int], ...]
    features: NDArray[np.int32]


def prepare_article(article: Article) -> PreparedArticle:
    """Tokens are words and single marks."""
    places = tuple(match.span() for match in _TOKEN.finditer(article.text))
    words = [article.text[start:end] for start, end in places]
    rows = [[zlib.crc32(name.encode()) % _BUCKETS for name in _features_of(words, at)] for at in range(len(words))]
    return PreparedArticle(article, places, np.array(rows, np.int32).reshape(len(rows), _FEATURES))


@dataclass(frozen=True)
class FastTagger:
    """What was learned: the weights of each feature (``buckets``, sorted, names the rows) and tag."""

    labels: tuple[str, ...]
    buckets: NDArray[np.int32]
    weights: NDArray[np.float32]

    def predict(self, articles: Sequence[PreparedArticle], annotator: str = "model:fast") -> list[Annotation]:
        """Spans with a score: the probability of their least probable tag."""
        return [
            Annotation(
                article=prepared.article.id,
                digest=prepared.article.digest,
                annotator=annotator,
                spans=tuple(
                    Span(id=f"s{n}", start=start, end=end, label=label, score=score)
                    for n, (start, end, label, score) in enumerate(found)
                ),
            )
            for prepared, found in zip(articles, self._find_spans(articles), strict=True)
        ]

    def find_places(self, articles: Sequence[PreparedArticle]) -> list[set[tuple[int, int, str]]]:
        """Start, end and label of each span: what `predict` finds, in a third of the time."""
        return [{(start, end, label) for start, end, label, _ in found} for found in self._find_spans(articles)]

    def _find_spans(self, articles: Sequence[PreparedArticle]) -> Iterator[list[tuple[int, int, str, float]]]:
        chances = _softmax(_matrix_of([each.features for each in articles], self.buckets) @ self.weights)
        best = _best_sequences(np.log(chances), [len(each.places) for each in articles])
        sure, tags, begin = chances[range(len(best)), best].tolist(), best.tolist(), 0
        for each in articles:
            runs = _runs_of(tags[begin : begin + len(each.places)])
            yield [
                (
                    each.places[first][0],
                    each.places[last][1],
                    self.labels[(tags[begin + first] - 1) // 2],
                    min(1.0, *sure[begin + first : begin + last + 1]),
                )
                for first, last in runs
            ]
            begin += len(each.places)


def train_fast_tagger(
    examples: Iterable[tuple[PreparedArticle, Annotation]], labels: Sequence[str], seed: int
) -> FastTagger:
    """Learn from articles with their spans; of spans that overlap the longest is learned.

    Args:
        examples: Articles with what is true of them.
        labels: All there are; others are not learned.
        seed: Orders the batches.
    """
    pairs = list(examples)
    tags = np.concatenate([[], *(_tags_of(prepared, truth, labels) for prepared, truth in pairs)]).astype(np.int64)
    features = [prepared.features for prepared, _ in pairs]
    buckets = np.unique(np.concatenate([np.zeros(1, np.int32), *(each.ravel() for each in features)]))
    matrix = _matrix_of(features, buckets)
    source = np.random.Generator(np.random.PCG64(seed))
    parts = np.array_split(source.permutation(len(tags)), max(1, round(len(tags) / _BATCH_TOKENS)))
    batches = [_make_batch(matrix[part], tags[part]) for part in parts if len(part)]
    weights = np.zeros((len(buckets), 2 * len(labels) + 1), np.float32)
    squares, late = np.full_like(weights, 1e-6), np.zeros_like(weights)
    done = 0
    for _ in range(max(_EPOCHS, -(-_LEAST_STEPS // max(1, len(batches))))):
        for number in source.permutation(len(batches)):
            batch = batches[number]
            error = _softmax(batch.matrix @ weights[batch.rows])
            error[range(len(batch.tags)), batch.tags] -= 1
            slope = batch.matrix.T @ (error / len(batch.tags))
            squares[batch.rows] += slope**2
            step = _RATE * slope / np.sqrt(squares[batch.rows])
            weights[batch.rows] -= step
            late[batch.rows] -= done * step
            done += 1
    # The mean of all weights on the way is steadier than the last ones: a step counts from when it was taken.
    return FastTagger(tuple(labels), buckets, weights - late / np.float32(max(1, done)))


@dataclass(frozen=True)
class _Batch:
    """Tokens to learn from at once; the columns of ``matrix`` are the features that occur in them, ``rows`` of all."""

    rows: NDArray[np.int64]
    matrix: scipy.sparse.csr_matrix
    tags: NDArray[np.int64]


def _make_batch(matrix: scipy.sparse.csr_matrix, tags: NDArray[np.int64]) -> _Batch:
    rows, columns = np.unique(matrix.indices, return_inverse=True)
    shape = (matrix.shape[0], len(rows))
    return _Batch(rows, scipy.sparse.csr_matrix((matrix.data, columns.astype(np.int32), matrix.indptr), shape), tags)


def _features_of(words: Sequence[str], at: int) -> Iterator[str]:
    around = [words[n] if 0 <= n < len(words) else "" for n in range(at - 2, at + 3)]
    lower, shapes = [word.lower() for word in around], [_shape_of(word) for word in around]
    yield "always"
    for place in range(5):
        yield f"w{place}={lower[place]}"
    for place in (1, 2, 3):
        yield f"s{place}={shapes[place]}"
        yield f"e{place}={lower[place][-3:]}"
    yield f"p={lower[2][:3]}"
    yield f"l={lower[2][-2:]}"
    yield f"w12={lower[1]} {lower[2]}"
    yield f"w23={lower[2]} {lower[3]}"
    yield f"s12={shapes[1]} {shapes[2]}"
    yield f"s23={shapes[2]} {shapes[3]}"
    yield f"s123={shapes[1]} {shapes[2]} {shapes[3]}"
    yield f"first={at == 0}"


def _shape_of(word: str) -> str:
    kinds = ("X" if sign.isupper() else "x" if sign.islower() else "d" if sign.isdigit() else sign for sign in word)
    shape = "".join(kinds)
    return shape if len(shape) < 4 else f"{shape[:2]}+{shape[-1]}"  # noqa: PLR2004 - `Xx+x` for every long name


def _tags_of(prepared: PreparedArticle, truth: Annotation, labels: Sequence[str]) -> list[int]:
    """0 outside; 2n + 1 at the beginning of the label n, 2n + 2 within it."""
    tags = [0] * len(prepared.places)
    for span in sorted(truth.spans, key=lambda each: (each.start - each.end, each.start)):
        inside = [at for at, (start, end) in enumerate(prepared.places) if start < span.end and end > span.start]
        if span.label in labels and not any(tags[at] for at in inside):
            for number, at in enumerate(inside):
                tags[at] = 2 * labels.index(span.label) + (2 if number else 1)
    return tags


def _matrix_of(features: Sequence[NDArray[np.int32]], buckets: NDArray[np.int32]) -> scipy.sparse.csr_matrix:
    """Tokens x known features, 1 where a token has one."""
    hashed = np.concatenate([np.zeros((0, _FEATURES), np.int32), *features])
    numbers = np.full(_BUCKETS, -1, np.int32)
    numbers[buckets] = np.arange(len(buckets))
    columns = numbers[hashed]
    known = columns >= 0
    starts = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return scipy.sparse.csr_matrix(
        (np.ones(known.sum(), np.float32), columns[known], starts), (len(hashed), len(buckets))
    )


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return chances


def _best_sequences(scores: NDArray[np.float32], lengths: Sequence[int]) -> NDArray[np.int64]:
    """The tags of greatest sum in each article, by Viterbi's algorithm, all articles side by side.

    Any tag may follow any other, but an I only its own B or I.
    """
    count, longest = len(lengths), max(lengths, default=0)
    ends = np.cumsum([0, *lengths])
    before = np.zeros((longest, count, scores.shape[1]), np.int64)
    best = np.full((count, scores.shape[1]), 0, np.float32)
    best[:, 2::2] = _IMPOSSIBLE
    rows, tags = np.array(lengths, np.int64), np.zeros(len(scores), np.int64)
    for at in range(longest):
        here = np.flatnonzero(rows > at)
        if at:
            was = best[here]
            before[at, here] = was.argmax(axis=1)[:, None]
            reached = np.repeat(was.max(axis=1)[:, None], was.shape[1], axis=1)
            # Of an I: its own B, unless the I before is better.
            before[at, here, 2::2] = np.arange(2, was.shape[1], 2) - (was[:, 1::2] >= was[:, 2::2])
            reached[:, 2::2] = np.maximum(was[:, 1::2], was[:, 2::2])
            best[here] = reached
        best[here] += scores[ends[here] + at]
    current = best.argmax(axis=1)
    for at in reversed(range(longest)):
        here = np.flatnonzero(rows > at)
        tags[ends[here] + at] = current[here]
        current[here] = before[at, here, current[here]]
    return tags


def _runs_of(tags: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last token of each span."""
    for at, tag in enumerate(tags):
        if tag % 2:
            end = at + 1
            while end < len(tags) and tags[end] == tag + 1:
                end += 1
            yield at, end - 1
