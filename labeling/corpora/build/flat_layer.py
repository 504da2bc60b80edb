"""The flat layer: the spans of gold that one sequence of tags can hold, and why it cannot hold the others.

Chosen on characters, before any token is cut, so that every target has the same one. Longest first: of two spans that
overlap the longer one is kept, of two equally long ones that whose label the schema names first. What it cannot hold
makes a second layer by the same rule, and so on: nested spans lie in layers over one another.

An example, in which ``Foreign Minister of Japan`` is a PERSON and ``Japan`` in it a COUNTRY::

    Foreign Minister of Japan met Chad
    |-------PERSON----------|     |--|    flat layer: PERSON 0..25, COUNTRY 30..34
                        |---|             second layer: COUNTRY 20..25, "inside the PERSON 0..25"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import overlaps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Gold, GoldSpan


@dataclass(frozen=True)
class FlatLayer:
    """Spans that do not overlap, in the order of the text; ``left`` has the others by id, each with the reason.

    ``unknown`` holds the stretches about which the layer says nothing, neither a label nor O. ``covered`` holds the
    spans that a longer one keeps out, longest first: the next layer is made of them.
    """

    spans: tuple[GoldSpan, ...]
    left: Mapping[str, str]
    unknown: tuple[tuple[int, int], ...]
    covered: tuple[GoldSpan, ...] = ()


def choose_flat_layer(text: str, gold: Gold, labels: Sequence[str]) -> FlatLayer:
    """Choose the flat layer of an article.

    Args:
        text: The article's.
        gold: Its gold, with every span inside the text. With the spans PERSON 0..25, COUNTRY 20..25 and GOV_BODY 8..32,
            of 25, 5 and 24 characters, the first is kept, the second lies inside it, the third crosses it.
        labels: The labels of the schema, in its order.
    """
    rank = {label: number for number, label in enumerate(labels)}
    # A byte for each character: 1 where a span that was chosen lies. To look there is faster than to compare spans.
    taken = bytearray(len(text))
    # Where people were not asked for a label, any token that nobody marked may have it.
    unknown = [*gold.open, *([(0, len(text))] if gold.unasked_labels else [])]
    winners: list[GoldSpan] = []
    flat: list[GoldSpan] = []
    covered: list[GoldSpan] = []
    left: dict[str, str] = {}
    for span in sorted(gold.spans, key=lambda span: (span.start - span.end, rank[span.label], span.start, span.id)):
        if taken.find(1, span.start, span.end) >= 0:
            left[span.id] = _explain_overlap(span, winners)
            covered.append(span)
            continue
        # Fit for tags or not, a span that won keeps shorter ones out: they would be right only if it were wrong.
        taken[span.start : span.end] = b"\x01" * (span.end - span.start)
        winners.append(span)
        if reason := _explain_unfit(text, span, gold.open):
            left[span.id] = reason
            # To call these tokens "no entity" would teach something false.
            unknown.append((span.start, span.end))
        else:
            flat.append(span)
    spans = tuple(sorted(flat, key=lambda span: span.start))
    return FlatLayer(spans, left, tuple(sorted(set(unknown))), tuple(covered))


def stack_layers(text: str, gold: Gold, first: FlatLayer, labels: Sequence[str], depth: int) -> list[FlatLayer]:
    """``depth`` layers over one another: the flat one first, in each next one what those above it cover.

    A layer with nothing left to hold is empty; what even the last one covers is in its ``covered``. Of a ROLE that
    holds a GOV_BODY that holds a COUNTRY, three layers have one span each, a fourth has none.

    Args:
        text: The article's.
        gold: Its gold.
        first: The flat layer of that gold.
        labels: The labels of the schema, in its order.
        depth: How many layers, 1 or more.
    """
    found = [first]
    while len(found) < depth:
        found.append(choose_flat_layer(text, gold.model_copy(update={"spans": found[-1].covered}), labels))
    return found


def _explain_overlap(span: GoldSpan, winners: Sequence[GoldSpan]) -> str:
    winner = next(other for other in winners if overlaps(other.start, other.end, span.start, span.end))
    if (winner.start, winner.end) == (span.start, span.end):
        return f"the same stretch is {winner.label}, which the schema names first"
    if winner.start <= span.start and span.end <= winner.end:
        return f"inside the {winner.label} {winner.start}..{winner.end}"
    return f"crosses the {winner.label} {winner.start}..{winner.end}"


def _explain_unfit(text: str, span: GoldSpan, open_stretches: Sequence[tuple[int, int]]) -> str:
    """Why a span that no longer one keeps out is not in the flat layer all the same; "" when it is."""
    if text[span.start].isspace() or text[span.end - 1].isspace():
        return "begins or ends with a blank, which no tagger learns"
    touched = [(start, end) for start, end in open_stretches if overlaps(start, end, span.start, span.end)]
    # What is in dispute strictly inside a span is shorter than it, so that the span is kept whoever is right.
    if all(span.start <= start and end <= span.end and end - start < span.end - span.start for start, end in touched):
        return ""
    return "annotators disagree about this stretch"
