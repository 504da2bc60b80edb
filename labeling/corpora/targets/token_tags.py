"""IOB2 tags: a layer of spans that do not overlap, over the tokens of the tokenizer policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.tokens import tokens_touching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.annotations import GoldSpan
    from labeling.corpora.build.flat_layer import FlatLayer
    from labeling.tokens import TokenEdges

# ClassLabel's own number for "not known": such a token is neither an entity nor O.
UNKNOWN_TAG = -1


def tag_names(labels: Sequence[str]) -> list[str]:
    """The names of the tags, in the order of the schema: ``O B-PERSON I-PERSON ...``."""
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


@dataclass(frozen=True)
class TokenTags:
    """The tags of one article, and the ids of flat spans they cannot hold: a boundary falls inside a token.

    A tag is the number of its name in `tag_names`, or ``UNKNOWN_TAG``.
    """

    tags: Sequence[int]
    misaligned: frozenset[str]


def tag_tokens(tokens: TokenEdges, layer: FlatLayer, labels: Sequence[str]) -> TokenTags:
    """Tag the tokens with a layer.

    Tokens that touch a misaligned span, or a stretch of which nothing is known, are ``UNKNOWN_TAG``. With the only
    label COUNTRY, the span 0..5 over the tokens ``Japan asked @Ahmed`` gives ``[1, 0, 0]``, which is ``B-COUNTRY O O``;
    a second span that starts after the ``@`` is misaligned, and gives ``[1, 0, -1]``.
    """
    starts, ends = tokens
    tags = [0] * len(starts)
    number = {label: place for place, label in enumerate(labels)}
    inside = {span.id: tokens_touching(starts, ends, span.start, span.end) for span in layer.spans}
    apart = [span for span in layer.spans if not _is_aligned(tokens, inside[span.id], span)]
    for stretch in (*layer.unknown, *((span.start, span.end) for span in apart)):
        for token in tokens_touching(starts, ends, *stretch):
            tags[token] = UNKNOWN_TAG
    # Spans come last: a stretch that is unknown inside a longer span does not make the span unknown.
    misaligned = frozenset(span.id for span in apart)
    for span in layer.spans:
        if span.id not in misaligned:
            place = inside[span.id]
            begin = 1 + 2 * number[span.label]
            tags[place.start : place.stop] = [begin, *[begin + 1] * (len(place) - 1)]
    return TokenTags(tags, misaligned)


def _is_aligned(tokens: TokenEdges, inside: range, span: GoldSpan) -> bool:
    """Whether the tokens that a span touches are the span."""
    starts, ends = tokens
    return bool(inside) and (starts[inside.start], ends[inside.stop - 1]) == (span.start, span.end)


def explain_untagged(stack: Sequence[FlatLayer], tags: Sequence[TokenTags]) -> dict[str, str]:
    """The spans that ``tags`` does not hold, by id, each with the reason, and with the tag layer that has it, if any.

    Args:
        stack: The layers of an article, the flat one first.
        tags: The tags of each of them.
    """
    cut = "a boundary falls inside a token, so no tag can hold it"
    left = {**stack[0].left, **dict.fromkeys(tags[0].misaligned, cut)}
    for number, (layer, tagging) in enumerate(zip(stack[1:], tags[1:], strict=True), start=2):
        for span in layer.spans:
            left[span.id] += f"; {cut}" if span.id in tagging.misaligned else f"; tag layer {number} has it"
    return left
