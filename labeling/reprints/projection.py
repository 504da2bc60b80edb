"""Annotation projection: spans and relations carried from one article to another that has its words, to the character.

A span is carried when all words under it are in one run of words that both texts have. Between the words the typography
may differ (blanks, quotes, hyphens, case, accents). With a word more, less or changed inside the span it stays behind,
for nobody has annotated the changed words. Of a word that is cut by a span's end, as in ``@[MoFA]vtoday``, the same
part is taken; punctuation at a span's ends must be the same in both texts. A relation is carried with both of its
spans. Choices stay behind: they are about a whole article.

Within a run that is long enough, a span on `Foreign Minister of Chad` is carried to `FOREIGN MINISTER of Chad`, but
neither to `Foreign Minister from Chad` nor to `Foreign Affairs Minister of Chad`.

So a span has one image at most, two spans never the same one, and an image carried back by the inverse is the span.
A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import PROJECTED, Annotation, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.articles import Article
    from labeling.passages.alignment import Tile
    from labeling.passages.words import Words


@dataclass(frozen=True)
class Alignment:
    """Which words of the left text are which words of the right one: runs of words, disjoint on either side."""

    left: str
    right: str
    left_words: Words
    right_words: Words
    tiles: tuple[Tile, ...]

    @property
    def inverse(self) -> Alignment:
        """The same alignment, left and right exchanged."""
        # In the order of the new left text, which looking up a run needs.
        tiles = sorted(tile._replace(left=tile.right, right=tile.left) for tile in self.tiles)
        return Alignment(self.right, self.left, self.right_words, self.left_words, tuple(tiles))

    @property
    def words(self) -> int:
        """How many words are in both texts."""
        return sum(tile.words for tile in self.tiles)

    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Where the runs are in the right text: half-open intervals of code points, in its order."""
        ends = [(tile.right, tile.right + tile.words - 1) for tile in self.tiles]
        return tuple(
            sorted((int(self.right_words.starts[low]), int(self.right_words.ends[high])) for low, high in ends)
        )

    def image(self, start: int, end: int) -> tuple[int, int] | None:
        """Where ``left[start:end]`` is in the right text; None if its words are not in one run, or its ends differ."""
        # The first word that ends after the start, and the last one that starts before the end.
        first = bisect_right(self.left_words.ends, start)
        last = bisect_left(self.left_words.starts, end) - 1
        tile = self._run(first, last) if first <= last else None
        if tile is None:
            return None
        # Word for word the same, so that both words are that many further on in the right text.
        shift = tile.right - tile.left
        there = self._start(start, first, first + shift)
        there_end = self._end(end, last, last + shift)
        return None if there is None or there_end is None else (there, there_end)

    def _run(self, first: int, last: int) -> Tile | None:
        """The run that holds both words; None if no run does."""
        place = bisect_right(self.tiles, first, key=lambda tile: tile.left) - 1
        tile = self.tiles[place] if place >= 0 else None
        return tile if tile is not None and last < tile.left + tile.words else None

    def _start(self, start: int, word: int, twin: int) -> int | None:
        """The start in the right text of a span whose first word is ``word``, which is word ``twin`` there.

        The span may start inside the word (then the twin must be as long) or before it (then the right text must have
        the same characters there).
        """
        low, right_low = int(self.left_words.starts[word]), int(self.right_words.starts[twin])
        if start > low:
            return right_low + start - low if self._as_long(word, twin) else None
        # Punctuation before the word, an opening quote say, must be there as well.
        before = self.left[start:low]
        same = right_low >= len(before) and self.right[right_low - len(before) : right_low] == before
        return right_low - len(before) if same else None

    def _end(self, end: int, word: int, twin: int) -> int | None:
        """The end in the right text of a span whose last word is ``word``, as ``_start``."""
        high, right_high = int(self.left_words.ends[word]), int(self.right_words.ends[twin])
        if end < high:
            return right_high - (high - end) if self._as_long(word, twin) else None
        after = self.left[high:end]
        return right_high + len(after) if self.right[right_high : right_high + len(after)] == after else None

    def _as_long(self, word: int, twin: int) -> bool:
        """Whether the word has as many code points in both texts: an accent may be one of its own."""
        left = self.left_words.ends[word] - self.left_words.starts[word]
        return bool(left == self.right_words.ends[twin] - self.right_words.starts[twin])


def align_texts(left: str, right: str, words: int) -> Alignment:
    """Align two texts word by word.

    Args:
        left: The text that was annotated.
        right: The other.
        words: A stretch counts when it holds a run of so many words, or all of both texts.
    """
    from labeling.passages.alignment import align_words
    from labeling.passages.words import words_of

    left_words, right_words = words_of(left), words_of(right)
    tiles = sorted(tile for stretch in align_words(left_words, right_words, words) for tile in stretch.tiles)
    return Alignment(left, right, left_words, right_words, tuple(tiles))


def project_annotation(annotation: Annotation, target: Article, alignment: Alignment) -> Annotation:
    """What ``annotation`` marks in words that another article has as well, signed ``projected:<its article>``.

    Spans keep their ids. It is a suggestion: `Annotation.by_person` is false, so it becomes gold only when a person
    submits it.

    Args:
        annotation: Of the left text of ``alignment``; its choices are left out.
        target: The article whose text is the right one.
        alignment: Of both texts.
    """
    spans = tuple(_project_spans(annotation.spans, alignment))
    carried = {span.id for span in spans}
    return Annotation(
        article=target.id,
        digest=target.digest,
        annotator=PROJECTED + annotation.article,
        spans=spans,
        relations=tuple(each for each in annotation.relations if {each.head, each.tail} <= carried),
    )


def _project_spans(spans: Iterable[Span], alignment: Alignment) -> Iterator[Span]:
    # A span whose words are not all in one run stays behind.
    for span in spans:
        image = alignment.image(span.start, span.end)
        if image:
            yield span.model_copy(update={"start": image[0], "end": image[1]})
