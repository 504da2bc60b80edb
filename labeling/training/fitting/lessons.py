"""An example in the terms of the network: the tags that each token may have, layer by layer."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labeling.tokens import tokens_touching
from labeling.training.tagger.layers import (
    OUTSIDE,
    begin_tag,
    count_tags,
    inside_tag,
    stack_by_height,
    tags_of_layer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from labeling.training.fitting.examples import Example
    from labeling.training.tagger.layers import TokenSpan
    from labeling.training.tagger.prepared_text import PreparedText
    from labeling.training.tagger.windows import TokenWindow


@dataclass(frozen=True)
class Lesson:
    """An example with its tokens.

    Attributes:
        example: The example.
        prepared: Its text.
        spans: The tokens of each span of the example, with its label's number; None where one ends inside a token, and
            where the label is not one that is learned.
        layers: These spans by height.
        left: Those that would need a layer too many.
        cut: How many spans end inside a token.
        open: The tokens of which nothing is known but the spans in them.
    """

    example: Example
    prepared: PreparedText
    spans: tuple[TokenSpan | None, ...]
    layers: tuple[tuple[TokenSpan, ...], ...]
    left: tuple[TokenSpan, ...]
    cut: int
    open: frozenset[int]


def make_lesson(example: Example, prepared: PreparedText, labels: Mapping[str, int], most: int) -> Lesson:
    """Find the tokens of an example's gold.

    Args:
        example: The example.
        prepared: Its text.
        labels: The number of each label that is learned.
        most: How many layers there may be.
    """
    spans = tuple(_token_span(prepared, start, end, labels.get(label)) for start, end, label in example.spans)
    # A tagger cannot give a span that ends inside a token; that there is nothing would be wrong all the same.
    cut = [
        (start, end)
        for (start, end, label), span in zip(example.spans, spans, strict=True)
        if span is None and label in labels
    ]
    layers, left = stack_by_height((span for span in spans if span), len(prepared), most)
    return Lesson(
        example,
        prepared,
        spans,
        tuple(map(tuple, layers)),
        tuple(left),
        len(cut),
        frozenset(
            token
            for stretch in (*example.open, *cut)
            for token in tokens_touching(prepared.starts, prepared.ends, *stretch)
        ),
    )


def permit_tags(lesson: Lesson, layers: int, labels: Mapping[str, int]) -> NDArray[np.bool_]:
    """Layers x tokens x tags: the tags that each token may have, as far as anybody knows.

    In a span's own layer its tokens have its tags, and the token after it does not go on with it. All other tokens are
    outside of spans, or may have any tag where the text is open, or those of the labels nobody was asked for.
    """
    length, tags = len(lesson.prepared), count_tags(len(labels))
    permitted = np.zeros((layers, length, tags), bool)
    unasked = [labels[label] for label in lesson.example.unasked_labels if label in labels]
    doubtful = [tag for label in unasked for tag in (begin_tag(label), inside_tag(label))]
    open_ = np.zeros(length, bool)
    open_[sorted(lesson.open)] = True
    for height in range(layers):
        layer = lesson.layers[height] if height < len(lesson.layers) else ()
        known = np.array(tags_of_layer(layer, length), np.int64).reshape(length)
        permitted[height, np.arange(length), known] = True
        outside = known == OUTSIDE
        permitted[height, outside & open_] = True
        permitted[height][np.ix_(outside, doubtful)] = True
        for _, end, label in layer:
            # The next span may have the same label: it begins, and does not go on.
            if end < length:
                permitted[height, end, inside_tag(label)] = False
    return permitted


def cut_permitted(permitted: NDArray[np.bool_], lesson: Lesson, window: TokenWindow) -> NDArray[np.bool_]:
    """The tags that a window's own tokens may have: any, for the rest of a span that began before it."""
    part = permitted[:, window.start : window.stop].copy()
    for height, layer in enumerate(lesson.layers[: len(permitted)]):
        for start, end, _ in _spans_over(layer, window.start):
            part[height, : end - window.start] = start < window.start or part[height, : end - window.start]
    return part


def needed_layers(lessons: Iterable[Lesson]) -> int:
    """How many layers these lessons need, at least one."""
    return max((len(lesson.layers) for lesson in lessons), default=1) or 1


def _token_span(prepared: PreparedText, start: int, end: int, label: int | None) -> TokenSpan | None:
    first, last = bisect_left(prepared.starts, start), bisect_left(prepared.ends, end)
    aligned = last < len(prepared) and first <= last and prepared.starts[first] == start and prepared.ends[last] == end
    return (first, last + 1, label) if aligned and label is not None else None


def _spans_over(layer: Sequence[TokenSpan], token: int) -> list[TokenSpan]:
    """The one span of a layer that began before a token and goes on at it, if there is one."""
    before = bisect_left(layer, (token,))
    return [span for span in layer[max(0, before - 1) : before] if span[1] > token]
