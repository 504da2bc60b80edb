"""What the network sees of a word: its number in the vectors, its first and last characters, its shape."""

from __future__ import annotations

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


def number_vocabulary(words: Sequence[str]) -> dict[str, int]:
    """The row of each word in the vectors, after the two rows that are not a word's."""
    return {word: row for row, word in enumerate(words, start=KNOWN_WORDS)}


def number_words(words: Sequence[str], rows: Mapping[str, int]) -> NDArray[np.int64]:
    """The row of each word, as it is written or else in small letters."""
    return np.array([rows.get(word) or rows.get(word.lower(), UNKNOWN_WORD) for word in words], np.int64)


def number_characters(words: Sequence[str]) -> NDArray[np.int64]:
    """Words x 17: the first eight characters, one for the middle, the last eight; 0 where a word has no more."""
    numbers = np.zeros((len(words), 2 * _CHARACTERS + 1), np.int64)
    numbers[:, _CHARACTERS] = _MIDDLE
    for row, word in zip(numbers, words, strict=True):
        first = [min(ord(each), _LAST_CHARACTER) + _FIRST_CHARACTER for each in word[:_CHARACTERS]]
        last = [min(ord(each), _LAST_CHARACTER) + _FIRST_CHARACTER for each in word[-_CHARACTERS:]]
        row[: len(first)] = first
        row[len(row) - len(last) :] = last
    return numbers


def describe_shapes(words: Sequence[str], breaks: Sequence[int]) -> NDArray[np.float32]:
    """Words x 6: small letters, capitals, a capital first, a digit, neither letter nor digit, begins a sentence.

    ``Oslo`` in the midst of a sentence is ``[0, 0, 1, 0, 0, 0]``.
    """
    shapes = [
        (
            word.islower(),
            word.isupper(),
            word[:1].isupper(),
            any(each.isdigit() for each in word),
            not any(each.isalnum() for each in word),
            kind != NOTHING,
        )
        for word, kind in zip(words, breaks, strict=True)
    ]
    return np.array(shapes, np.float32).reshape(len(words), SHAPE_WIDTH)
