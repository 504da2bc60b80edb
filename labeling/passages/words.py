r"""Words: what two texts are compared by, so that a passage survives the typography of another outlet.

A word is a run of letters and digits. Case, accents, punctuation, soft hyphens and invisible marks do not count:
``De-Radicalisation`` is ``de-radicalisation``, ``(IOR).Both`` is ``(IOR).\n\nBoth``, ``Malé`` is ``Male``. In scripts
that put no blanks between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each character is a word. A text
without a letter or digit is one word as a whole.

A word is known by a 64-bit hash of its folded characters, the same on every machine. Runs of words are known by a
rolling hash: a polynomial over the numbers of their words, modulo 2 ** 64, had from differences of one running sum
(Karp and Rabin: Efficient randomized pattern-matching algorithms, 1987). All is done on arrays of characters, many
texts at once: ten times as fast as a regular expression, and mostly without the interpreter's lock.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from labeling.passages.normalise import ALONE, BYTE, INVISIBLE, LETTER, Bytes, Characters, Numbers, Texts, fold_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Hashes: TypeAlias = npt.NDArray[np.uint64]

_CACHE_BYTES = 200_000  # bytes read at once: they fit in a processor's cache
_EIGHT = 8  # characters of a byte each that are read at once
_LONG = 64  # characters; a longer word is read one by one, and so is a word with characters of more than a byte
_BASE = 0x9E3779B97F4A7C15  # odd, so that its powers can be divided by, modulo 2 ** 64
_WIDE_WORD_SALT = np.uint64(0xA0761D6478BD642F)  # keeps words read one by one apart from words read by eights
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT + 1)], np.uint64)  # the first so many bytes of eight


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
    """The words of several texts in a row: text ``first + i`` has the words ``bounds[i]`` to ``bounds[i + 1]``."""

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

    def words_of_text(self, number: int) -> Words:
        """The words of text ``first + number``."""
        low, high = self.bounds[number], self.bounds[number + 1]
        return self._words(slice(low, high))

    def take(self, texts: Numbers) -> Stream:
        """Some of the texts, in that order, each as often as it is named."""
        lengths = self.lengths()[texts]
        bounds = np.concatenate(([0], np.cumsum(lengths)))
        return Stream(0, bounds, self._words(expand_ranges(self.bounds[texts], lengths)))

    def _words(self, places: slice | Numbers) -> Words:
        return Words(self.words.ids[places], self.words.starts[places], self.words.ends[places])


def words_of(text: str) -> Words:
    """The words of one text."""
    return stream_of(Texts.from_strings([text])).words_of_text(0)


def words_of_all(texts: Iterable[str]) -> list[Words]:
    """The words of each of many texts."""
    streams = make_streams(Texts.from_strings(texts))
    return [stream.words_of_text(number) for stream in streams for number in range(stream.texts)]


def make_streams(texts: Texts) -> Iterator[Stream]:
    """The words of many texts, a good number of bytes at a time, in the order given."""
    for part in batch_by_size(texts.sizes()):
        yield stream_of(texts[part], part.start)


def stream_of(texts: Texts, first: int = 0) -> Stream:
    """The words of some texts, the first of which has the number ``first``.

    They are joined with line feeds, which no word crosses, and cut all at once.
    """
    text = fold_text(*texts.join())
    starts, ends, ids = _cut_words(text.value, text.kind)
    offsets, bounds = text.offsets, np.searchsorted(starts, text.offsets)
    # A text without a letter or digit is one word; from the last such text to the first, so that places stay right.
    for number in np.flatnonzero(np.diff(bounds) == 0)[::-1]:
        place = bounds[number]
        starts = np.insert(starts, place, offsets[number])
        ends = np.insert(ends, place, offsets[number + 1] - 1)
        ids = np.insert(ids, place, number_of(*texts[number : number + 1].tolist()))
        bounds[number + 1 :] += 1
    # Starts and ends count from the start of the own text.
    base = np.repeat(offsets[:-1], np.diff(bounds))
    return Stream(first, bounds, Words(ids, starts - base, ends - base))


def batch_by_size(sizes: Iterable[int]) -> Iterator[slice]:
    """Which texts of those sizes, in bytes, to read at once: in order, and one at least."""
    first, end, size = 0, 0, 0
    # A text that is larger than the cache by itself is a part of its own.
    for end, more in enumerate(sizes, 1):
        if size and size + more > _CACHE_BYTES:
            yield slice(first, end - 1)
            first, size = end - 1, 0
        size += more + 1
    if end:
        yield slice(first, end)


def stack_streams(streams: Sequence[Stream]) -> Stream:
    """Several streams made one."""
    lengths = np.concatenate([stream.lengths() for stream in streams])
    ids, starts, ends = (
        np.concatenate([getattr(stream.words, name) for stream in streams]) for name in ("ids", "starts", "ends")
    )
    return Stream(0, np.concatenate(([0], np.cumsum(lengths))), Words(ids, starts, ends))


def stream_of_words(words: Words) -> Stream:
    """The words of one text as a stream."""
    return Stream(0, np.array([0, len(words)]), words)


def number_of(text: str) -> int:
    """A 64-bit number for a text, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big")


def mix_bits(values: Hashes) -> Hashes:
    """Spread 64-bit values over all 64 bits (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def expand_ranges(starts: Numbers, counts: Numbers) -> Numbers:
    """From each start so many numbers in a row, one range after the other: 5 and 9, 2 and 3 give 5, 6, 9, 10, 11."""
    place: Numbers = np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)
    return place


def hash_grams(ids: Hashes, size: int) -> Hashes:
    """One number for each run of ``size`` words, by where it starts; an empty array when there are fewer words."""
    count = max(0, len(ids) - size + 1)
    sums, inverse = running_sums(ids)
    return (sums[size : size + count] - sums[:count]) * inverse[:count]


def running_sums(values: Hashes) -> tuple[Hashes, Hashes]:
    """Sums from which the polynomial over any run follows: ``(sums[end] - sums[start]) * inverse[start]``."""
    rising, inverse = _powers(1 << max(_CACHE_BYTES.bit_length(), len(values).bit_length()))
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * rising[: len(values)], out=sums[1:])
    return sums, inverse


def _cut_words(value: Characters, kind: Bytes | None) -> tuple[Numbers, Numbers, Hashes]:
    """Where words start and end in a text that ends with a break, and the number of each."""
    if kind is None:
        letter = value != 0
        edges = np.flatnonzero(letter != _shift_flags(letter, 1))
        return edges[::2], edges[1::2], _hash_words(value, edges[::2], edges[1::2])
    # Invisible characters are left out, so that a word goes on across them.
    place = np.flatnonzero(kind != INVISIBLE)
    kind, value = kind[place], value[place]
    letter, alone = kind == LETTER, kind == ALONE
    starts = np.flatnonzero(letter & ~_shift_flags(letter, 1) | alone)
    ends = np.flatnonzero(letter & ~_shift_flags(letter, -1) | alone) + 1
    # A mark after the last letter belongs to the word: it ends where the next character that counts begins.
    return place[starts], place[ends], _hash_words(value, starts, ends)


def _shift_flags(flags: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    moved = np.zeros_like(flags)
    if by > 0:
        moved[by:] = flags[:-by]
    else:
        moved[:by] = flags[-by:]
    return moved


def _hash_words(values: Characters, starts: Numbers, ends: Numbers) -> Hashes:
    """The number of each word, eight bytes at a time where its characters are bytes and there are not too many."""
    ids = _hash_by_eights(values.astype(np.uint8, copy=False), starts, ends - starts)
    # Few words are very long or have characters of more than a byte: these are numbered again, one by one.
    odd = ends - starts > _LONG
    if values.dtype != np.uint8:
        wide = np.concatenate(([0], np.cumsum(values > BYTE)))
        odd |= wide[ends] != wide[starts]
    if odd.any():
        ids[odd] = _hash_one_by_one(values, starts[odd], ends[odd])
    return ids


def _hash_by_eights(values: npt.NDArray[np.uint8], starts: Numbers, lengths: Numbers) -> Hashes:
    """Numbers of words of bytes; of a word beyond ``_LONG``, only the beginning counts."""
    padded = np.concatenate((values, np.zeros(_EIGHT, np.uint8)))
    eights: Hashes = np.ndarray((len(values) + 1,), "<u8", padded, strides=(1,))
    # The first eight bytes of all words at once, then the next eight of those that have more, and so on.
    ids = mix_bits(eights[starts] & _MASKS[np.minimum(lengths, _EIGHT)])
    longer = np.flatnonzero(lengths > _EIGHT)
    for reach in range(_EIGHT, _LONG, _EIGHT):
        longer = longer[lengths[longer] > reach]
        more = eights[starts[longer] + reach] & _MASKS[np.minimum(lengths[longer] - reach, _EIGHT)]
        ids[longer] = mix_bits(ids[longer] ^ more)
    return ids


def _hash_one_by_one(values: Characters, starts: Numbers, ends: Numbers) -> Hashes:
    """A polynomial over each word's characters, by differences of one running sum, modulo 2 ** 64."""
    sums, inverse = running_sums(values.astype(np.uint64))
    return mix_bits((sums[ends] - sums[starts]) * inverse[starts] ^ _WIDE_WORD_SALT)


@functools.lru_cache(maxsize=8)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The powers of the base of the polynomials from 0 up, and those of its inverse modulo 2 ** 64."""
    return _rising_powers(_BASE, count), _rising_powers(pow(_BASE, -1, 1 << 64), count)


def _rising_powers(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)
