"""Nested spans as layers of tags: in a layer no two spans overlap, and each lies above the shorter ones it overlaps.

Of ``Foreign Minister of Japan`` (ROLE) that holds ``Japan`` (COUNTRY), the COUNTRY lies in layer 0 and the ROLE in
layer 1: a layer by height teaches one thing, whereas the longest first would put a COUNTRY now here, now there. Tokens
and labels are numbers. The tags of label 0 are 1 (it begins) and 2 (it goes on), those of label 1 are 3 and 4; 0 is
outside of all spans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OUTSIDE: Final = 0
# The first token, the one after the last, and the number of the label.
TokenSpan: TypeAlias = tuple[int, int, int]


def begin_tag(label: int) -> int:
    """The tag of a span's first token."""
    return 1 + 2 * label


def inside_tag(label: int) -> int:
    """The tag of each further token of a span."""
    return 2 + 2 * label


def count_tags(labels: int) -> int:
    """How many tags so many labels need, with that for tokens outside of all spans."""
    return 1 + 2 * labels


def stack_by_height(
    spans: Iterable[TokenSpan], length: int, most: int
) -> tuple[list[list[TokenSpan]], list[TokenSpan]]:
    """Put each span above the shorter ones that it overlaps.

    Of two spans over the same tokens that with the smaller number of its label lies below.

    Args:
        spans: In any order, each of one token or more.
        length: Of the text, in tokens.
        most: How many layers there may be.

    Returns:
        The layers, lowest first, each in the order of the text, without empty ones at the top; and the spans that would
        need a layer above the last. ``stack_by_height([(0, 4, 1), (3, 4, 0)], 5, 2)`` has the layers ``[(3, 4, 0)]``
        and ``[(0, 4, 1)]``; with one layer ``(0, 4, 1)`` is left.
    """
    layers: list[list[TokenSpan]] = []
    # A byte for each token, 1 where a span of that layer lies: faster to look at than spans.
    taken: list[bytearray] = []
    left: list[TokenSpan] = []
    for start, end, label in sorted(set(spans), key=lambda span: (span[1] - span[0], span)):
        height = next((top + 1 for top in reversed(range(len(layers))) if taken[top].find(1, start, end) >= 0), 0)
        if height >= most:
            left.append((start, end, label))
            continue
        if height == len(layers):
            layers.append([])
            taken.append(bytearray(length))
        layers[height].append((start, end, label))
        taken[height][start:end] = b"\x01" * (end - start)
    return [sorted(layer) for layer in layers], left


def tags_of_layer(layer: Iterable[TokenSpan], length: int) -> list[int]:
    """The tag of each token: of a span of label 0 over the last two of three tokens ``[0, 1, 2]``."""
    tags = [OUTSIDE] * length
    for start, end, label in layer:
        tags[start:end] = [begin_tag(label), *[inside_tag(label)] * (end - start - 1)]
    return tags


def spans_of_tags(tags: Sequence[int]) -> list[TokenSpan]:
    """The spans of one layer, in the order of the text: ``[0, 1, 2]`` is ``[(1, 3, 0)]``.

    A tag that goes on with a label that no token before it has begins a span.
    """
    spans: list[TokenSpan] = []
    start, label = 0, -1
    for token, tag in enumerate([*tags, OUTSIDE]):
        goes_on = tag != OUTSIDE and tag % 2 == 0 and (tag - 1) // 2 == label
        if goes_on:
            continue
        if label >= 0:
            spans.append((start, token, label))
        start, label = token, -1 if tag == OUTSIDE else (tag - 1) // 2
    return spans
