"""A tagger that trains in about a second: a linear chain over words, shapes, neighbours and word vectors.

Features of a token are its word and those beside it, ends and shapes of words (hashed), and the GloVe vectors of five
words where that package is installed. The score of a span is how probable the chain holds it. The same texts and the
same seed give the same tagger.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_matrix

from labeling.corpora.word_vectors.vector_sources import GLOVE, is_glove_installed, open_vectors
from simulated.chain import TagChain, allow_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

_HASHES: Final = 1 << 13
_WINDOW: Final = (-2, -1, 0, 1, 2)
_BATCH: Final = 64
_PENALTY: Final = 0.5  # of the squares of all weights, over two
_SPEED: Final = 0.05
_STEPS: Final = 20  # at least, however few texts there are
_VECTORS: Final = np.float32(0.6)  # so that numbers of vectors are about as large as those of words
# Between two sentences; not behind an initial or a short word, which may be an abbreviation.
_BETWEEN: Final = re.compile(r"(?<=[a-z0-9)\]]{3}[.!?])\s+(?=[A-Z“\"])|\n+")
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class TokenText:
    """A sentence as the tagger reads it: code points of its tokens in the text, and a row of features for each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    hashes: NDArray[np.int32]
    vectors: Numbers

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class FoundSpan:
    """A span by code points of the text, half open, with how probable it is."""

    start: int
    end: int
    label: str
    score: float


class FeatureReader:
    """Makes the features of texts; ``vectors`` of the words of all of them are read once."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = {word.lower() for text in texts for word in _TOKEN.findall(text)}
        self._vectors = _read_glove(words)
        self.width = len(next(iter(self._vectors.values()))) if self._vectors else 0

    def read(self, text: str) -> list[TokenText]:
        """The sentences of a text, with their features."""
        cuts = [0, *(match.end() for match in _BETWEEN.finditer(text)), len(text)]
        return [each for start, end in pairwise(cuts) if len(each := self._read_sentence(text, start, end))]

    def _read_sentence(self, text: str, start: int, end: int) -> TokenText:
        found = [*_TOKEN.finditer(text, start, end)]
        words = [match.group() for match in found]
        return TokenText(
            starts=tuple(match.start() for match in found),
            ends=tuple(match.end() for match in found),
            hashes=np.array([*_hash_features(words)], np.int32),
            vectors=self._embed(words) if words else np.zeros((0, 0), np.float32),
        )

    def _embed(self, words: Sequence[str]) -> Numbers:
        nothing = np.zeros(self.width, np.float32)
        rows = [self._vectors.get(word.lower(), nothing) for word in words]
        padded = np.array([nothing] * 2 + rows + [nothing] * 2, np.float32)
        return np.hstack([padded[2 + shift : 2 + shift + len(words)] for shift in _WINDOW])


class TokenTagger:
    """A chain over tags, trained by Adam on small batches, each time from where it was the last time."""

    def __init__(self, labels: Sequence[str], rounds: int = 3) -> None:
        """Know nothing yet.

        Args:
            labels: Those that it can find.
            rounds: How often each training sees each text.
        """
        self.labels, self._rounds = tuple(labels), rounds
        self._allowed = allow_changes(len(labels))
        self._weights: list[Adam] = []

    def train(self, texts: Sequence[TokenText], tags: Sequence[NDArray[np.int64]], seed: int = 1) -> None:
        """Go on with all of these texts."""
        if not self._weights:
            number = len(self._allowed)
            shapes = ((_HASHES, number), (texts[0].vectors.shape[1], number), (number, number))
            self._weights = [Adam(np.zeros(shape, np.float32)) for shape in shapes]
        batches = [
            Batch([texts[number] for number in group], [tags[number] for number in group]) for group in _group(texts)
        ]
        chance = np.random.default_rng(seed)
        steps = max(_STEPS, self._rounds * len(batches))
        for step in range(steps):
            if step % len(batches) == 0:
                chance.shuffle(batches)  # type: ignore[arg-type]
            batch = batches[step % len(batches)]
            share = len(batch.lengths) / len(texts)
            for weights, slope in zip(self._weights, self._slopes(batch), strict=True):
                weights.step(slope + _PENALTY * share * weights.values, _SPEED * (1 - step / steps))

    def find(self, texts: Sequence[TokenText], *, scored: bool = True) -> list[list[FoundSpan]]:
        """The spans of each text, none upon another; each with a score of 1 where scores are not asked for."""
        found: list[list[FoundSpan]] = [[] for _ in texts]
        for group in _group(texts) if self._weights else ():
            chain = self._chain(Batch([texts[number] for number in group]))
            for place, (number, path) in enumerate(zip(group, chain.find_paths(), strict=True)):
                found[number] = [
                    FoundSpan(
                        texts[number].starts[start],
                        texts[number].ends[end - 1],
                        self.labels[tag - 1],
                        chain.score_span(place, start, end, tag) if scored else 1.0,
                    )
                    for start, end, tag in _read_path(path, len(self.labels))
                ]
        return found

    def write_tags(self, text: TokenText, spans: Iterable[tuple[int, int, str]]) -> NDArray[np.int64]:
        """The tags of a sentence with these spans of its text; of two upon one another the first one counts."""
        tags = np.zeros(len(text), np.int64)
        for start, end, label in spans:
            first, last = bisect_right(text.ends, start), bisect_left(text.starts, end)
            if first < last and not tags[first:last].any():
                tags[first] = begin = 1 + self.labels.index(label)
                tags[first + 1 : last] = begin + len(self.labels)
        return tags

    def _chain(self, batch: Batch) -> TagChain:
        hashes, vectors, changes = (weights.values for weights in self._weights)
        sums = batch.hashes @ hashes + batch.vectors @ vectors
        return TagChain(sums, batch.lengths, np.exp(changes) * self._allowed)

    def _slopes(self, batch: Batch) -> list[Numbers]:
        """What is expected less what is there: of hashed features, of vectors, of changes."""
        chain = self._chain(batch)
        surplus, changes = chain.chances(), chain.expect_changes()
        gold = np.concatenate(batch.tags)
        surplus[np.arange(len(gold)), gold] -= 1
        for one in batch.tags:
            np.subtract.at(changes, (one[:-1], one[1:]), 1)
        return [batch.hashes.T @ surplus, batch.vectors.T @ surplus, changes]


class Batch:
    """Texts that are read at once, the longest first, and their tags where these are known."""

    def __init__(self, texts: Sequence[TokenText], tags: Sequence[NDArray[np.int64]] = ()) -> None:
        """Put their features together."""
        self.lengths, self.tags = [len(text) for text in texts], tags
        self.vectors = np.vstack([text.vectors for text in texts])
        rows = np.vstack([text.hashes for text in texts])
        edges = np.arange(0, rows.size + 1, rows.shape[1])
        self.hashes = csr_matrix((np.ones(rows.size, np.float32), rows.ravel(), edges), shape=(len(rows), _HASHES))


def _group(texts: Sequence[TokenText]) -> Iterator[Sequence[int]]:
    """Texts of about one length together: the way through a batch is as long as its longest text."""
    order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    return (order[at : at + _BATCH] for at in range(0, len(order), _BATCH))


@dataclass
class Adam:
    """Numbers that are moved down a slope, each at a pace of its own (Kingma and Ba 2015)."""

    values: Numbers
    _steps: int = 0

    def __post_init__(self) -> None:
        self._mean, self._square = np.zeros_like(self.values), np.zeros_like(self.values)

    def step(self, slope: Numbers, speed: float) -> None:
        """Take one step."""
        self._steps += 1
        self._mean += 0.1 * (slope - self._mean)
        self._square += 0.001 * (slope * slope - self._square)
        pace = speed * (1 - 0.999**self._steps) ** 0.5 / (1 - 0.9**self._steps)
        self.values -= np.float32(pace) * self._mean / (np.sqrt(self._square) + np.float32(1e-8))


def _read_path(path: NDArray[np.int64], labels: int) -> Iterator[tuple[int, int, int]]:
    """Start, end and first tag of each span."""
    tags = path.tolist()
    for start in np.flatnonzero((path >= 1) & (path <= labels)).tolist():
        inside, end = tags[start] + labels, start + 1
        while end < len(tags) and tags[end] == inside:
            end += 1
        yield start, end, tags[start]


def _hash_features(words: Sequence[str]) -> Iterator[list[int]]:
    small, shapes = ["", "", *map(str.lower, words), "", ""], ["", "", *map(_shape, words), "", ""]
    for at, word in enumerate(words, start=2):
        low, shape = small[at], shapes[at]
        facts = (
            f"w{low}",
            f"p{word[:3]}",
            f"s{low[-3:]}",
            f"t{low[-2:]}",
            f"h{shape}",
            *(f"{name}{small[at + shift]}" for name, shift in zip("abcd", (-2, -1, 1, 2), strict=True)),
            *(f"{name}{shapes[at + shift]}" for name, shift in zip("efgi", (-2, -1, 1, 2), strict=True)),
            f"j{shapes[at - 1]} {shape}",
            f"k{shape} {shapes[at + 1]}",
            f"l{small[at - 1]} {low}",
            f"m{low} {small[at + 1]}",
            f"n{shapes[at - 1]} {shape} {shapes[at + 1]}",
        )
        yield [zlib.crc32(fact.encode()) % _HASHES for fact in facts]


def _shape(word: str) -> str:
    """``Male`` is Aa, ``IOR`` A, ``2023`` 0; runs are counted once."""
    signs = ("A" if sign.isupper() else "a" if sign.islower() else "0" if sign.isdigit() else sign for sign in word)
    return "".join(sign for sign, _ in groupby(signs))


def _read_glove(words: set[str]) -> dict[str, Numbers]:
    if not is_glove_installed():
        return {}
    table = open_vectors(GLOVE, Path())
    return {
        word: _VECTORS * table.rows[place]
        for word, place in zip(table.words, table.places, strict=True)
        if word in words
    }
