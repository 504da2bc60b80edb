"""Annotate once: spans and relations carried from one article to the text it shares with another, to the character.

A span is carried when all words under it stand in one run of words that both texts have, word after word. Between the
words the typography may differ (blanks, quotes, hyphens, case, accents); a word more, less or other inside the span and
it stays behind, for nobody has said what the changed words are. Of a word that is cut by a span's end, as in
``@[MoFA]vtoday``, the same part is taken; punctuation at a span's ends must be the same in both texts. A relation is
carried with both of its spans. Choices stay behind: they are about a whole article.

So every span has one image at most, no two spans the same one, and carried back by the inverse it is what it was.
Nothing here touches disk, network, clock or a random number.
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
    """Which words of the left text stand where in the right one: runs of words, none over another on either side."""

    left: str
    right: str
    left_words: Words
    right_words: Words
    tiles: tuple[Tile, ...]

    @property
    def inverse(self) -> Alignment:
        """The same seen from the right."""
        tiles = sorted(tile._replace(left=tile.right, right=tile.left) for tile in self.tiles)
        return Alignment(self.right, self.left, self.right_words, self.left_words, tuple(tiles))

    @property
    def words(self) -> int:
        """How many words stand in both texts."""
        return sum(tile.words for tile in self.tiles)

    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Where the runs stand in the right text, in code points, in the order of that text."""
        ends = [(tile.right, tile.right + tile.words - 1) for tile in self.tiles]
        return tuple(
            sorted((int(self.right_words.starts[low]), int(self.right_words.ends[high])) for low, high in ends)
        )

    def image(self, start: int, end: int) -> tuple[int, int] | None:
        """Where ``left[start:end]`` stands in the right text; None when its words are not in one run."""
        first = bisect_right(self.left_words.ends, start)
        last = bisect_left(self.left_words.starts, end) - 1
        tile = self._run(first, last) if first <= last else None
        if tile is None:
            return None
        shift = tile.right - tile.left
        ends = self._start(start, first, first + shift), self._end(end, last, last + shift)
        return None if None in ends else ends  # type: ignore[return-value]  # neither is None

    def _run(self, first: int, last: int) -> Tile | None:
        """The run that holds both words."""
        place = bisect_right(self.tiles, first, key=lambda tile: tile.left) - 1
        tile = self.tiles[place] if place >= 0 else None
        return tile if tile is not None and last < tile.left + tile.words else None

    def _start(self, start: int, word: int, twin: int) -> int | None:
        """Where a span that starts at ``start``, at, in or before ``word``, starts at the same word of the right."""
        low, right_low = int(self.left_words.starts[word]), int(self.right_words.starts[twin])
        if start > low:
            return right_low + start - low if self._as_long(word, twin) else None
        before = self.left[start:low]
        same = right_low >= len(before) and self.right[right_low - len(before) : right_low] == before
        return right_low - len(before) if same else None

    def _end(self, end: int, word: int, twin: int) -> int | None:
        high, right_high = int(self.left_words.ends[word]), int(self.right_words.ends[twin])
        if end < high:
            return right_high - (high - end) if self._as_long(word, twin) else None
        after = self.left[high:end]
        return right_high + len(after) if self.right[right_high : right_high + len(after)] == after else None

    def _as_long(self, word: int, twin: int) -> bool:
        """Whether the same word is as many characters in both texts: accents may be written apart."""
        left = self.left_words.ends[word] - self.left_words.starts[word]
        return bool(left == self.right_words.ends[twin] - self.right_words.starts[twin])


def align_texts(left: str, right: str, words: int) -> Alignment:
    """Lay two texts side by side.

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
    """What ``annotation`` says of another article where both share words, signed ``projected:<its article>``.

    Spans keep their ids. It is a suggestion: `Annotation.by_person` is false, so it is no gold until a person submits
    it.

    Args:
        annotation: What was said of the left text of ``alignment``; its choices are left.
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
    for span in spans:
        image = alignment.image(span.start, span.end)
        if image:
            yield span.model_copy(update={"start": image[0], "end": image[1]})
