"""A table of word vectors as it lies on disk, and the part of it that a project needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import VectorsUnusable
from labeling.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    VectorRows: TypeAlias = NDArray[np.float32]

# How many words are kept whatever a project's articles say: an extractor meets words that nobody has seen.
MOST_FREQUENT = 50_000
# Little-endian, so that the digest is the same on every machine.
_NUMBER = "<f4"


@dataclass(frozen=True, eq=False)
class VectorTable:
    """All words that there are, the most frequent first; the vector of the first one is ``rows[places[0]]``.

    ``rows`` is mapped from disk, and may be larger than memory: only what is asked for is read.
    """

    name: str
    words: tuple[str, ...]
    places: Sequence[int]
    rows: VectorRows


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words, the most frequent first, and the vector of each: ``rows`` has one row a word, of finite numbers."""

    name: str
    words: tuple[str, ...]
    rows: VectorRows

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        return int(self.rows.shape[1])

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all words and numbers, in hex: another table, or another cut of it, has another."""
        head = canonical_json([list(self.rows.shape), list(self.words)])
        whole = hashlib.sha256(head.encode("utf-8", "surrogatepass"))
        whole.update(self.rows.astype(_NUMBER, order="C").tobytes())
        return whole.hexdigest()

    def row_of(self, word: str) -> int | None:
        """The row of a word as it is written, else in small letters; None where neither is there.

        With a table that has ``oslo`` and not ``Oslo``, the row of ``Oslo`` is that of ``oslo``.
        """
        return _find_row(self._numbers, word)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return _number_words(self.words)


def cut_vectors(table: VectorTable, wanted: Iterable[str], most_frequent: int = MOST_FREQUENT) -> WordVectors:
    """The most frequent words of a table and those that are wanted, in the order of the table.

    Args:
        table: What is there.
        wanted: Words in any order, often the same; one that is not there is looked up in small letters.
        most_frequent: How many words are kept in any case.

    Raises:
        VectorsUnusable: A vector that is kept has a number that is not finite.
    """
    import numpy as np

    numbers = _number_words(table.words)
    kept = set(range(min(most_frequent, len(table.words))))
    kept.update(number for word in wanted if (number := _find_row(numbers, word)) is not None)
    order = sorted(kept)
    with np.errstate(over="ignore"):
        rows = table.rows[[table.places[number] for number in order]].astype(_NUMBER, order="C")
    words = tuple(table.words[number] for number in order)
    sound = np.isfinite(rows).all(axis=1)
    if not sound.all():
        word = words[int(sound.argmin())]
        raise VectorsUnusable(
            f"the vector of {word!r} in {table.name} has a number that is not finite",
            todo="make the vectors anew, or name others under [train] in the project file",
            where=table.name,
        )
    return WordVectors(table.name, words, rows)


def _number_words(words: Sequence[str]) -> dict[str, int]:
    # Of a word that is there twice the first counts.
    return dict(zip(reversed(words), reversed(range(len(words))), strict=True))


def _find_row(numbers: dict[str, int], word: str) -> int | None:
    number = numbers.get(word)
    return numbers.get(word.lower()) if number is None else number
