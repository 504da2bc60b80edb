"""What the network sees of a word: its number in the vectors, its first and last characters, its shape."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from .windows import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# The first rows of the vectors: no word at all, and a word that the vectors do not have.
PADDING, UNKNOWN_WORD, KNOWN_WORDS = range(3)
# Of a word's characters so many at either end; in between one that stands for the middle.
_CHARACTERS: Final = 8
_MIDDLE, _FIRST_CHARACTER = 1, 2
_LAST_CHARACTER: Final = 0x17F  # Latin Extended-A ends here; all that is beyond shares a row with it
CHARACTER_ROWS: Final = _LAST_CHARACTER + _FIRST_CHARACTER + 1
SHAPE_WIDTH: Final = 6
# Words come again and again: so many are remembered, if they are not longer than that.
_CACHED: Final = 1 << 16
_LONGEST_CACHED: Final = 32


def number_vocabulary(words: Sequence[str]) -> dict[str, int]:
    """The row of each word in the vectors, after the two rows that are not a word's."""
    return {word: row for row, word in enumerate(words, start=KNOWN_WORDS)}


def number_words(words: Sequence[str], rows: Mapping[str, int]) -> NDArray[np.int64]:
    """The row of each word, as it is written or else in small letters."""
    return np.array([rows.get(word) or rows.get(word.lower(), UNKNOWN_WORD) for word in words], np.int64)


def number_characters(words: Sequence[str]) -> NDArray[np.int64]:
    """Words x 17: the first eight characters, one for the middle, the last eight; 0 where a word has no more."""
    rows = [_character_row(word[:_CHARACTERS], word[-_CHARACTERS:]) for word in words]
    return np.array(rows, np.int64).reshape(len(words), 2 * _CHARACTERS + 1)


def describe_shapes(words: Sequence[str], breaks: Sequence[int]) -> NDArray[np.float32]:
    """Words x 6: small letters, capitals, a capital first, a digit, neither letter nor digit, begins a sentence.

    ``Oslo`` in the midst of a sentence is ``[0, 0, 1, 0, 0, 0]``.
    """
    shapes = [
        (*(_cached_shape(word) if len(word) <= _LONGEST_CACHED else _shape(word)), kind != NOTHING)
        for word, kind in zip(words, breaks, strict=True)
    ]
    return np.array(shapes, np.float32).reshape(len(words), SHAPE_WIDTH)


@lru_cache(_CACHED)
def _character_row(first: str, last: str) -> tuple[int, ...]:
    missing = (PADDING,) * (_CHARACTERS - len(first))
    return (*_character_numbers(first), *missing, _MIDDLE, *missing, *_character_numbers(last))


def _character_numbers(letters: str) -> list[int]:
    return [min(ord(each), _LAST_CHARACTER) + _FIRST_CHARACTER for each in letters]


def _shape(word: str) -> tuple[bool, ...]:
    return (
        word.islower(),
        word.isupper(),
        word[:1].isupper(),
        any(each.isdigit() for each in word),
        not any(each.isalnum() for each in word),
    )


_cached_shape = lru_cache(_CACHED)(_shape)
