"""Made newswire with known reprints: articles of Zipfian words, some with a window cut out of an earlier one.

The true passages are known in advance, because they were put there. Every 25 words stands one of 3,000 stock phrases of
4 to 8 words, as real newswire has them: without these, no fingerprint would ever be shared by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from labeling.articles import Article
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_VOCABULARY, _PHRASES = 30_000, 3_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ENDS = (".", ",", ".\n\n", "\u2019s", ";", ".\u201d")  # news is no plain ASCII
_RECENT = 2_000  # a reprint is of one of so many articles before it


@dataclass(frozen=True)
class Copied:
    """A stretch of an article, in code points, that was taken from ``original``, without what follows its last word."""

    original: str
    start: int
    end: int


class Writer:
    """Writes words with Zipf's frequencies, the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the same articles in every run
        self.vocabulary = [
            "".join(self.random.choices(_LETTERS, k=self.random.randint(2, 9))) for _ in range(_VOCABULARY)
        ]
        self.weights = list(accumulate(1 / (rank + 1) for rank in range(_VOCABULARY)))
        self.phrases = [self._chosen(self.random.randint(4, 8)) for _ in range(_PHRASES)]

    def _chosen(self, count: int) -> list[str]:
        return self.random.choices(self.vocabulary, cum_weights=self.weights, k=count)

    def words(self, count: int) -> list[str]:
        """So many words, one in twelve with punctuation."""
        words = self._chosen(count)
        for place in range(10, count - 8, 25):
            phrase = self.phrases[self.random.choices(range(_PHRASES), cum_weights=self.weights[:_PHRASES])[0]]
            words[place : place + len(phrase)] = phrase
        for place in range(11, count, 12):
            words[place] += self.random.choice(_ENDS)
        return words

    def edited(self, words: list[str], rate: float) -> list[str]:
        """The words with that share of them replaced, left out, or followed by another."""
        out = []
        for word in words:
            change = self.random.random()
            out += [word] if change >= rate * 2 / 3 else []
            out += self.words(1) if rate / 3 <= change < rate else []
        return out


def newswire(count: int, *, reprints: float = 0.1, seed: int = 1) -> Iterator[tuple[Article, list[Copied]]]:
    """Articles of about 3 KB, a share of them with 30 to 120 words of an earlier one, and what was copied."""
    writer, recent = Writer(seed), list[tuple[str, list[str]]]()
    for number in range(count):
        name, copies = f"a{number:08}", []
        words = writer.words(500)
        if recent and writer.random.random() < reprints:
            original, source = writer.random.choice(recent)
            start, length = writer.random.randrange(len(source) - 120), writer.random.randint(30, 120)
            words = [*words[:200], *source[start : start + length], *words[300:]]
            copies = [copied(original, words, 200, length)]
        recent = [*recent[-_RECENT:], (name, words)] if number % 10 == 0 else recent
        text = " ".join(words)
        day = f"2024-{1 + number % 12:02}-{1 + number % 28:02}"
        article = Article(id=name, text=text, digest=digest_of(text), source=f"outlet {number % 50}", published=day)
        yield article, copies


def copied(original: str, words: list[str], first: int, length: int) -> Copied:
    """The ``length`` words from number ``first`` of an article's words, which are joined by blanks."""
    start = len(" ".join([*words[:first], ""]))
    text = " ".join(words[first : first + length])
    end = max(text.rfind(letter) for letter in _LETTERS) + 1
    return Copied(original, start, start + end)
