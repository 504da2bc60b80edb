r"""Words: what two texts are compared by, so that a passage survives the typography of another outlet.

A word is a run of letters and digits. Case, accents, punctuation, soft hyphens and invisible marks are not looked at:
``De-Radicalisation`` is ``de-radicalisation``, ``(IOR).Both`` is ``(IOR).\n\nBoth``, ``Malé`` is ``Male``. In scripts
that put no blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each character is a word. A text
without a letter or digit is one word as a whole.

A word is known by a 64-bit number made of its folded characters, the same on every machine. All is done on arrays of
characters, many texts at once: ten times as fast as a regular expression, and without holding the interpreter.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Hashes: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = npt.NDArray[np.int64]
Characters: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]  # bytes where they suffice

_CHUNK = 200_000  # code points read at once: what fits in a processor's cache
_EIGHT = 8  # characters of a byte each that are read at once
_LONG = 64  # characters of a longer word are read one by one, as those are that take more than a byte
_BASE = 0x9E3779B97F4A7C15  # odd, so that its powers can be divided by, modulo 2 ** 64
_SALT = np.uint64(0xA0761D6478BD642F)  # a word of other characters is none of bytes
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT + 1)], np.uint64)  # the first so many bytes of eight
_ASCII, _BYTE = 128, 255
_BREAK, _LETTER, _ALONE, _IGNORED = range(4)
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
class Words:
    """The words of one text: their numbers, and where each starts and ends in the text, in code points."""

    ids: Hashes
    starts: Numbers
    ends: Numbers

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Stream:
    """The words of several texts in a row; words ``bounds[i]`` to ``bounds[i + 1]`` are those of text ``first + i``."""

    first: int
    bounds: Numbers
    words: Words

    @property
    def texts(self) -> int:
        """How many texts these are."""
        return len(self.bounds) - 1

    def lengths(self) -> Numbers:
        """How many words each text has."""
        return np.diff(self.bounds)

    def of(self, number: int) -> Words:
        """The words of text ``first + number``."""
        low, high = self.bounds[number], self.bounds[number + 1]
        return Words(self.words.ids[low:high], self.words.starts[low:high], self.words.ends[low:high])


def words_of(text: str) -> Words:
    """The words of one text."""
    return stream_of([text]).of(0)


def all_words(texts: Sequence[str]) -> list[Words]:
    """The words of each of many texts."""
    return [stream.of(number) for stream in streams(texts) for number in range(stream.texts)]


def streams(texts: Sequence[str]) -> Iterator[Stream]:
    """The words of many texts, a good number of code points at a time, in the order given."""
    for part in parts([len(text) for text in texts]):
        yield stream_of(texts[part], part.start)


def stream_of(texts: Sequence[str], first: int = 0) -> Stream:
    """The words of some texts, the first of which has the number ``first``.

    They are joined with line feeds, which no word crosses, and cut all at once.
    """
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    offsets = np.concatenate(([0], np.cumsum(sizes + 1)))
    starts, ends, ids = _cut("\n".join([*texts, ""]))
    bounds = np.searchsorted(starts, offsets)
    for number in np.flatnonzero(np.diff(bounds) == 0)[::-1]:
        place, text = bounds[number], texts[number]
        starts = np.insert(starts, place, offsets[number])
        ends = np.insert(ends, place, offsets[number] + len(text))
        ids = np.insert(ids, place, number_of(text))
        bounds[number + 1 :] += 1
    base = np.repeat(offsets[:-1], np.diff(bounds))
    return Stream(first, bounds, Words(ids, starts - base, ends - base))


def parts(sizes: Iterable[int]) -> Iterator[slice]:
    """Which texts of those sizes, in code points, to read at once."""
    first, end, size = 0, 0, 0
    for end, more in enumerate(sizes, 1):
        if size and size + more > _CHUNK:
            yield slice(first, end - 1)
            first, size = end - 1, 0
        size += more + 1
    if end:
        yield slice(first, end)


def alone(words: Words) -> Stream:
    """The words of one text as a stream."""
    return Stream(0, np.array([0, len(words)]), words)


def number_of(text: str) -> int:
    """A 64-bit number for a text, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big")


def mixed(values: Hashes) -> Hashes:
    """Spread 64-bit values over all 64 bits (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def powers(least: int) -> tuple[Hashes, Hashes]:
    """The powers of the polynomials' base from 0 up, and of its inverse modulo 2 ** 64: ``least`` of them or more."""
    return _powers(1 << max(_CHUNK.bit_length(), least.bit_length()))


def grams(ids: Hashes, size: int) -> Hashes:
    """One number for each run of ``size`` words, by where it starts; none when there are fewer words."""
    count = max(0, len(ids) - size + 1)
    sums, inverse = running(ids)
    return (sums[size : size + count] - sums[:count]) * inverse[:count]


def running(values: Hashes) -> tuple[Hashes, Hashes]:
    """Sums from which the polynomial over any run is had: ``(sums[end] - sums[start]) * inverse[start]``."""
    rising, inverse = powers(len(values))
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * rising[: len(values)], out=sums[1:])
    return sums, inverse


def _cut(text: str) -> tuple[Numbers, Numbers, Hashes]:
    """Where words start and end in a text that ends with a break, and the number of each."""
    value, kind = _folded(text)
    if kind is None:
        letter = value != 0
        edges = np.flatnonzero(letter != _shifted(letter, 1))
        return edges[::2], edges[1::2], _numbers(value, edges[::2], edges[1::2])
    place = np.flatnonzero(kind != _IGNORED)
    kind, value = kind[place], value[place]
    letter, alone = kind == _LETTER, kind == _ALONE
    starts = np.flatnonzero(letter & ~_shifted(letter, 1) | alone)
    ends = np.flatnonzero(letter & ~_shifted(letter, -1) | alone) + 1
    # A mark after the last letter belongs to the word: it ends where the next character that counts begins.
    return place[starts], place[ends], _numbers(value, starts, ends)


def _folded(text: str) -> tuple[Characters, npt.NDArray[np.uint8] | None]:
    """What each character is compared as, 0 for a break; and its kind, where there are others than letters and breaks.

    ASCII, which is most of any newswire, is looked up by the byte, and stays bytes.
    """
    kinds, folds = _alphabet()
    plain = text.encode("ascii", errors="replace")
    value = np.frombuffer(plain.translate(folds[:256].astype(np.uint8).tobytes()), np.uint8)
    if text.isascii():
        return value, None
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    others = np.flatnonzero(points >= _ASCII)
    folded = folds[points[others]]
    value = value.astype(np.uint8 if folded.max() <= _BYTE else np.uint32)
    value[others] = folded
    if kinds[points[others]].max() <= _LETTER:
        return value, None
    return value, kinds[points]


def _shifted(flags: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    moved = np.zeros_like(flags)
    if by > 0:
        moved[by:] = flags[:-by]
    else:
        moved[:by] = flags[-by:]
    return moved


def _numbers(values: Characters, starts: Numbers, ends: Numbers) -> Hashes:
    """The number of each word: of eight bytes at once, where its characters are bytes and not very many."""
    ids = _by_eights(values.astype(np.uint8, copy=False), starts, ends - starts)
    odd = ends - starts > _LONG
    if values.dtype != np.uint8:
        wide = np.concatenate(([0], np.cumsum(values > _BYTE)))
        odd |= wide[ends] != wide[starts]
    if odd.any():
        ids[odd] = _one_by_one(values, starts[odd], ends[odd])
    return ids


def _by_eights(values: npt.NDArray[np.uint8], starts: Numbers, lengths: Numbers) -> Hashes:
    """Numbers of words of bytes; of very long ones, only how they begin counts."""
    padded = np.concatenate((values, np.zeros(_EIGHT, np.uint8)))
    eights: Hashes = np.ndarray((len(values) + 1,), "<u8", padded, strides=(1,))
    ids = mixed(eights[starts] & _MASKS[np.minimum(lengths, _EIGHT)])
    longer = np.flatnonzero(lengths > _EIGHT)
    for reach in range(_EIGHT, _LONG, _EIGHT):
        longer = longer[lengths[longer] > reach]
        more = eights[starts[longer] + reach] & _MASKS[np.minimum(lengths[longer] - reach, _EIGHT)]
        ids[longer] = mixed(ids[longer] ^ more)
    return ids


def _one_by_one(values: Characters, starts: Numbers, ends: Numbers) -> Hashes:
    """A polynomial over each word's characters, by differences of one running sum, modulo 2 ** 64."""
    sums, inverse = running(values.astype(np.uint64))
    return mixed((sums[ends] - sums[starts]) * inverse[starts] ^ _SALT)


@functools.lru_cache(maxsize=8)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    return _rising(_BASE, count), _rising(pow(_BASE, -1, 1 << 64), count)


def _rising(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


@functools.lru_cache(maxsize=1)
def _alphabet() -> tuple[npt.NDArray[np.uint8], Hashes]:
    """For every code point: what it is to a word, and the code point it is compared as, 0 for a break."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    folds = np.arange(sys.maxunicode + 1, dtype=np.uint64)
    for code in range(0x20000):
        kinds[code] = _kind(chr(code))
    for code in (code for codes in _FOLDED for code in codes):
        folds[code] = _fold(chr(code))
    for codes in _NO_BLANKS:
        letters = kinds[codes.start : codes.stop]
        letters[(letters == _LETTER) | (codes.start >= 0x20000)] = _ALONE  # noqa: PLR2004 - the second plane
    folds[kinds == _BREAK] = 0
    return kinds, folds


def _kind(sign: str) -> int:
    if sign.isalnum():
        return _LETTER
    return _IGNORED if unicodedata.category(sign) in {"Mn", "Me", "Cf"} else _BREAK


def _fold(sign: str) -> int:
    """The code point a letter is compared as: lower case, no accents; itself where it would become several."""
    plain = [part for part in unicodedata.normalize("NFKD", sign.casefold()) if not unicodedata.combining(part)]
    return ord(plain[0]) if len(plain) == 1 else ord(sign)
