"""A linear chain over tags in numpy: what is expected of it, its best paths, and how probable a span is.

Tags are O, then B- of each label, then I- of each; I- goes on what was begun with the same label. Texts of a batch come
with the longest first, so that at each token those that are still there are the first of the batch.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Tags = NDArray[np.int64]


def allow_changes(labels: int) -> Numbers:
    """Which tag may stand behind which: 1 or 0."""
    allowed = np.ones((1 + 2 * labels, 1 + 2 * labels), np.float32)
    allowed[:, 1 + labels :] = 0
    for label in range(1, 1 + labels):
        allowed[label, label + labels] = allowed[label + labels, label + labels] = 1
    return allowed


class TagChain:
    """The chain over a batch of texts: ``sums`` of the tags of each token, and how tags follow one another."""

    def __init__(self, sums: Numbers, lengths: Sequence[int], changes: Numbers) -> None:
        """Walk over the texts; back again only when that is asked for.

        Args:
            sums: All tokens of the texts times tags.
            lengths: How many tokens each text has; the longest text first.
            changes: How tags follow one another, from zero up: a product, not a sum.
        """
        self._lengths, self._changes = lengths, changes
        there = np.array(lengths)[:, None] > np.arange(lengths[0])
        self._there = there.sum(0).tolist()
        self._text, self._token = there.nonzero()
        self._factors = np.zeros((lengths[0], len(lengths), changes.shape[0]), np.float32)
        self._factors[self._token, self._text] = np.exp(sums - sums.max(1, keepdims=True))
        # No text begins inside a span.
        self._factors[0, :, 1 + changes.shape[0] // 2 :] = 0
        self._forward = np.zeros_like(self._factors)
        self._walk()

    def _walk(self) -> None:
        before = None
        for token, there in enumerate(self._there):
            now = self._factors[token, :there]
            if before is not None:
                now = now * (before[:there] @ self._changes)
            # What is left of the factors, so that no product of many becomes nothing.
            whole = now.sum(1, keepdims=True) + 1e-30
            self._factors[token, :there] /= whole
            before = self._forward[token, :there] = now / whole

    @cached_property
    def _backward(self) -> Numbers:
        backward = np.ones_like(self._factors)
        # First tokens were divided twice: where a text has no other, that is made good.
        backward[0] = 1 / self._forward[0].sum(1, keepdims=True)
        for token in range(len(self._there) - 1, 0, -1):
            there = self._there[token]
            ahead = self._factors[token, :there] * backward[token, :there]
            backward[token - 1, :there] = ahead @ self._changes.T
        return backward

    def chances(self) -> Numbers:
        """How probable each tag of each token is, in the order of the sums."""
        return (self._forward * self._backward)[self._token, self._text]

    def expect_changes(self) -> Numbers:
        """How often each tag is expected behind each other one, in all texts."""
        before, ahead = self._forward[:-1], self._factors[1:] * self._backward[1:]
        # Behind the end of a text factors are 0, and so is what is counted there.
        expected = before.reshape(-1, before.shape[2]).T @ ahead.reshape(-1, before.shape[2])
        return expected * self._changes

    def find_paths(self) -> list[Tags]:
        """The best tags of each text."""
        best = self._factors[0]
        came = np.zeros(self._factors.shape, np.int64)
        came[:] = np.arange(self._changes.shape[0])
        for token, there in enumerate(self._there[1:], start=1):
            ways = best[:there, :, None] * self._changes
            came[token, :there] = ways.argmax(1)
            grown = ways.max(1) * self._factors[token, :there]
            # Behind its end a text stays as it is: each tag came from itself.
            best = np.vstack([grown / grown.max(1, keepdims=True), best[there:]])
        paths, tag = np.zeros(came.shape[:2], np.int64), best.argmax(1)
        everywhere = np.arange(len(tag))
        for token in range(len(came) - 1, -1, -1):
            paths[token] = tag
            tag = came[token, everywhere, tag]
        return [paths[:length, text] for text, length in enumerate(self._lengths)]

    def score_span(self, text: int, start: int, end: int, begin: int) -> float:
        """How probable it is that a span begins with this tag at one token and ends before another."""
        inside = begin + self._changes.shape[0] // 2
        score, last = float(self._forward[start, text, begin]), begin
        for token in range(start + 1, end):
            score *= float(self._changes[last, inside] * self._factors[token, text, inside])
            last = inside
        if end == self._lengths[text]:
            return score * float(self._backward[end - 1, text, last])
        after = self._changes[last] * self._factors[end, text] * self._backward[end, text]
        return score * float(after.sum() - after[inside])
