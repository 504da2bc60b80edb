"""Texts as they lie in memory, and the canonical form in which each of their characters is compared.

Texts stay the UTF-8 that the reader of the file left them in. Only what is not ASCII is decoded, which is little of any
newswire.
"""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Numbers: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Points: TypeAlias = npt.NDArray[np.uint32]
Characters: TypeAlias = Bytes | Points  # bytes where they suffice

# What a character is to a word: its end, a part, a word of its own, or nothing at all.
BREAK, LETTER, ALONE, INVISIBLE = range(4)
BYTE = 255
_ASCII, _HEAD = 128, 0xC0  # bytes below the first are ASCII; other characters begin with a byte from the second up
_TWO, _THREE = 0x800, 0x10000  # code points from which UTF-8 needs more than two bytes, and more than three
_FOLDED = (range(0x3000), range(0xFB00, 0xFB10), range(0xFF00, 0xFFF0))  # where case, accents and forms are
_NO_BLANKS = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Burmese
    range(0x1780, 0x1800),  # Khmer
    range(0x3040, 0x3100),  # kana
    range(0x3400, 0xA000),  # Chinese characters
    range(0xF900, 0xFB00),
    range(0x20000, 0x40000),
)


@dataclass(frozen=True)
class Texts:
    """Texts in a row as UTF-8: text ``i`` has the bytes ``bounds[i]`` to ``bounds[i + 1]`` of ``data``."""

    data: Bytes
    bounds: Numbers

    @classmethod
    def from_strings(cls, texts: Iterable[str]) -> Texts:
        """Texts that are in memory as strings of Python."""
        coded = [text.encode("utf-8") for text in texts]
        return cls(np.frombuffer(b"".join(coded), np.uint8), np.cumsum([0, *map(len, coded)]))

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, part: slice) -> Texts:
        first, end, _ = part.indices(len(self))
        return Texts(self.data, self.bounds[first : max(first, end) + 1])

    def sizes(self) -> list[int]:
        """How many bytes each has."""
        sizes: list[int] = np.diff(self.bounds).tolist()
        return sizes

    def tolist(self) -> list[str]:
        """The texts as strings of Python."""
        return [str(coded, "utf-8") for coded in self._coded()]

    def join(self) -> tuple[bytes, Numbers]:
        """All of them with a line feed after each, and where each starts; the last number is where they end."""
        joined = b"\n".join([*self._coded(), b""])
        return joined, self.bounds - self.bounds[0] + np.arange(len(self.bounds))

    def _coded(self) -> list[memoryview]:
        return [self.data.data[start:end] for start, end in pairwise(self.bounds.tolist())]


@dataclass(frozen=True)
class FoldedText:
    """A text folded: what each code point is compared as, 0 for a break.

    ``kind`` is what each code point is to a word, None where there are only letters and breaks. ``offsets`` are those
    that were asked for, in code points.
    """

    value: Characters
    kind: Bytes | None
    offsets: Numbers


def fold_text(coded: bytes, offsets: Numbers) -> FoldedText:
    """Fold a text of UTF-8, and turn ``offsets`` from bytes into code points.

    `É` is two bytes and one code point, compared as `e`.
    """
    value = np.frombuffer(coded.translate(_ascii_folds()), np.uint8)
    if coded.isascii():
        return FoldedText(value, None, offsets)
    raw = np.frombuffer(coded, np.uint8)
    points: Points = np.frombuffer(raw[raw >= _ASCII].tobytes().decode("utf-8").encode("utf-32-le"), np.uint32)
    # Of a character of n bytes, n - 1 do not count: by their running sum an offset in bytes is one in code points.
    at, gone = np.flatnonzero(raw >= _HEAD), 1 + (points >= _TWO) + (points >= _THREE)
    before = np.concatenate(([0], np.cumsum(gone)))
    heads = (raw < _ASCII) | (raw >= _HEAD)
    values, kind = _merge_other_points(raw[heads], value[heads], at - before[:-1], points)
    return FoldedText(values, kind, offsets - before[np.searchsorted(at, offsets)])


def _merge_other_points(plain: Bytes, value: Bytes, places: Numbers, points: Points) -> tuple[Characters, Bytes | None]:
    """The ASCII of a text, folded, with its other code points put in their places; and kinds as in ``FoldedText``."""
    # One byte a character is enough as long as no folded character needs more.
    kinds, folds = _alphabet()
    others = folds[points]
    wide = others.max() > BYTE
    folded: Characters = value.astype(np.uint32) if wide else value
    folded[places] = others
    if kinds[points].max() <= LETTER:
        return folded, None
    kind = kinds[plain]
    kind[places] = kinds[points]
    return folded, kind


@lru_cache(maxsize=1)
def _ascii_folds() -> bytes:
    """What each byte of ASCII is compared as, for ``bytes.translate``; others are put in later."""
    _, folds = _alphabet()
    return folds[: BYTE + 1].astype(np.uint8).tobytes()


@lru_cache(maxsize=1)
def _alphabet() -> tuple[Bytes, Points]:
    """For every code point, what it is to a word, and the code point it is compared as, 0 for a break."""
    # Two planes are enough: of those above only the Chinese characters matter, and `_NO_BLANKS` has these.
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    folds = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for code in range(0x20000):
        kinds[code] = _character_kind(chr(code))
    for code in (code for codes in _FOLDED for code in codes):
        folds[code] = _fold_character(chr(code))
    for codes in _NO_BLANKS:
        letters = kinds[codes.start : codes.stop]
        letters[(letters == LETTER) | (codes.start >= 0x20000)] = ALONE  # noqa: PLR2004 - the second plane
    folds[kinds == BREAK] = 0
    return kinds, folds


def _character_kind(sign: str) -> int:
    if sign.isalnum():
        return LETTER
    return INVISIBLE if unicodedata.category(sign) in {"Mn", "Me", "Cf"} else BREAK


def _fold_character(sign: str) -> int:
    """The code point a letter is compared as: lower case, no accents; itself where it would become several."""
    plain = [part for part in unicodedata.normalize("NFKD", sign.casefold()) if not unicodedata.combining(part)]
    return ord(plain[0]) if len(plain) == 1 else ord(sign)
