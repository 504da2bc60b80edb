"""A text on its way into the network: its tokens, its windows, and what is known of each token."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .windows import cut_windows, find_breaks
from .word_features import describe_shapes, number_characters, number_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from spacy.language import Language

    from .encoder import SubwordCutter, Subwords
    from .windows import TokenWindow


# In words: two hundred megabytes of them, at most.
_MOST_REMEMBERED: Final = 500_000


@dataclass(frozen=True, slots=True)
class WindowFeatures:
    """What is known of each token of a window, a row for each."""

    words: NDArray[np.int64]
    characters: NDArray[np.int64]
    shapes: NDArray[np.float32]
    subwords: Subwords | None = None


@dataclass(frozen=True, slots=True)
class PreparedText:
    """The edges of a text's tokens, in code points, and its windows with what the network sees of each.

    Blanks are not tokens here, even where spaCy makes tokens of them: no span begins or ends with one.
    """

    text: str
    starts: list[int]
    ends: list[int]
    windows: tuple[TokenWindow, ...]
    features: tuple[WindowFeatures, ...]

    def __len__(self) -> int:
        return len(self.starts)


class TextPreparer:
    """Prepares texts: in training and in use the same way."""

    def __init__(
        self, nlp: Language, rows: Mapping[str, int], cutter: SubwordCutter | None, *, own: int, margin: int
    ) -> None:
        """Take a tokenizer, the rows of the words in the vectors, what cuts subwords, and the size of windows."""
        self._nlp, self._rows, self._cutter = nlp, rows, cutter
        self._own, self._margin = own, margin

    def prepare(self, texts: Iterable[str]) -> list[PreparedText]:
        """Prepare each text."""
        # What the tokenizer remembers makes it seven times as fast. From here on it remembers no more words, so that
        # reading a million texts needs no more memory.
        full = len(self._nlp.vocab.strings) > _MOST_REMEMBERED
        with self._nlp.memory_zone() if full else nullcontext():
            return [self._prepare(text) for text in texts]

    def _prepare(self, text: str) -> PreparedText:
        tokens = self._nlp.tokenizer(text)
        edges = [(token.idx, token.idx + len(token)) for token in tokens if not token.is_space]
        starts, ends = [start for start, _ in edges], [end for _, end in edges]
        words = [text[start:end] for start, end in edges]
        breaks = find_breaks(text, starts, ends)
        windows = tuple(cut_windows(breaks, self._own, self._margin))
        # Once for the whole text; windows are slices of it.
        numbers, characters = number_words(words, self._rows), number_characters(words)
        shapes = describe_shapes(words, breaks)
        features = []
        for window in windows:
            there = slice(window.first, window.last)
            subwords = self._cutter.cut(text, starts[there], ends[there]) if self._cutter else None
            features.append(WindowFeatures(numbers[there], characters[there], shapes[there], subwords))
        return PreparedText(text, starts, ends, windows, tuple(features))
