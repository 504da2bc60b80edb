"""The ruler: pair two sets of spans, one to one, the same whatever order they come in.

Everything that compares annotators, people among themselves or models with gold, pairs spans here. Spans are half open,
so ``[0, 5)`` and ``[5, 9)`` share nothing.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from labeling.workspace.rows.score import PairingRule

PAIRING_RULES: tuple[PairingRule, ...] = ("exact", "position", "overlapping")


class SpanLike(Protocol):
    """Anything with an id, offsets and a label: a Span or a GoldSpan."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def start(self) -> int:
        """The first code point of it."""

    @property
    def end(self) -> int:
        """The first code point after it."""

    @property
    def label(self) -> str:
        """Its label."""


Left = TypeVar("Left", bound=SpanLike)
Right = TypeVar("Right", bound=SpanLike)
SomeSpan = TypeVar("SomeSpan", bound=SpanLike)


@dataclass(frozen=True)
class Pairing(Generic[Left, Right]):
    """The pairs, and what stayed single on either side, in the order of the text."""

    pairs: tuple[tuple[Left, Right], ...]
    left: tuple[Left, ...]
    right: tuple[Right, ...]


def pair_spans(left: Iterable[Left], right: Iterable[Right], by: PairingRule) -> Pairing[Left, Right]:
    """Pair the spans of two annotators; each span stands in one pair at most.

    Args:
        left: The spans of one article by one annotator, or of its gold.
        right: The spans of the same article by another annotator.
        by: ``exact``: same start, end and label. ``position``: same start and end, the same label where there is a
            choice. ``overlapping``: same label and at least one code point shared; as many pairs as there can be, and
            of all such pairings one whose pairs have the fewest code points that only one of the two covers.
    """
    ones, others = sorted(left, key=_span_order), sorted(right, key=_span_order)
    pairs = sorted(_METHODS[by](ones, others))
    return Pairing(
        tuple((ones[i], others[j]) for i, j in pairs),
        _unpaired_spans(ones, {i for i, _ in pairs}),
        _unpaired_spans(others, {j for _, j in pairs}),
    )


def overlap_length(one: SpanLike, other: SpanLike) -> int:
    """How many code points two spans share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _span_order(span: SpanLike) -> tuple[int, int, str, str]:
    return span.start, span.end, span.label, span.id


def _unpaired_spans(spans: Sequence[SomeSpan], paired: set[int]) -> tuple[SomeSpan, ...]:
    return tuple(span for number, span in enumerate(spans) if number not in paired)


def _pair_exact(ones: Sequence[SpanLike], others: Sequence[SpanLike]) -> set[tuple[int, int]]:
    return _pair_by_key(ones, others, lambda span: (span.start, span.end, span.label))


def _pair_by_position(ones: Sequence[SpanLike], others: Sequence[SpanLike]) -> set[tuple[int, int]]:
    pairs = _pair_exact(ones, others)
    left, right = {i for i, _ in pairs}, {j for _, j in pairs}
    rest = [i for i in range(len(ones)) if i not in left]
    other_rest = [j for j in range(len(others)) if j not in right]
    more = _pair_by_key([ones[i] for i in rest], [others[j] for j in other_rest], lambda span: (span.start, span.end))
    return pairs | {(rest[i], other_rest[j]) for i, j in more}


def _pair_by_key(
    ones: Sequence[SpanLike], others: Sequence[SpanLike], key: Callable[[SpanLike], Hashable]
) -> set[tuple[int, int]]:
    """Pair the n-th of each key on one side with the n-th of that key on the other."""
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for j in reversed(range(len(others))):
        waiting[key(others[j])].append(j)
    return {(i, waiting[key(span)].pop()) for i, span in enumerate(ones) if waiting[key(span)]}


def _pair_overlapping(ones: Sequence[SpanLike], others: Sequence[SpanLike]) -> set[tuple[int, int]]:
    """Grow the pairing by one pair at a time, each time by the path that costs least.

    Such a pairing is the cheapest of its size at every step (successive shortest paths; Ahuja, Magnanti and Orlin,
    Network Flows, 1993, section 9.7). Exact pairs cost nothing, so they are a start. Spans that cannot reach each other
    are paired apart, so that steps stay short.
    """
    exact = {j: i for i, j in _pair_exact(ones, others)}
    pairs: set[tuple[int, int]] = set()
    for left, right in _connected_components(ones, others):
        costs = {i: {j: _cost(ones[i], others[j]) for j in right if overlap_length(ones[i], others[j])} for i in left}
        taken = {j: exact[j] for j in right if j in exact}
        while path := _cheapest_path(costs, taken):
            taken |= path
        pairs |= {(i, j) for j, i in taken.items()}
    return pairs


def _cost(one: SpanLike, other: SpanLike) -> int:
    """How many code points only one of the two covers."""
    return (one.end - one.start) + (other.end - other.start) - 2 * overlap_length(one, other)


def _connected_components(
    ones: Sequence[SpanLike], others: Sequence[SpanLike]
) -> Iterator[tuple[list[int], list[int]]]:
    """The numbers of the spans that hang together: of one label, with no gap between them."""
    sides = [(span, (0, i)) for i, span in enumerate(ones)] + [(span, (1, j)) for j, span in enumerate(others)]
    island: tuple[list[int], list[int]] = ([], [])
    label, reach = "", 0
    for span, (side, number) in sorted(sides, key=lambda item: (item[0].label, item[0].start, item[1])):
        if (span.label, span.start) >= (label, reach):
            yield island
            island, label, reach = ([], []), span.label, 0
        island[side].append(number)
        reach = max(reach, span.end)
    yield island


def _cheapest_path(costs: Mapping[int, Mapping[int, int]], taken: Mapping[int, int]) -> dict[int, int]:
    """The cheapest way to one more pair: whose each span on the right becomes; empty when there is none.

    Shortest paths by Bellman and Ford, with a queue: giving a partner up has a negative cost, its own.
    """
    busy = set(taken.values())
    reached = {i: 0 for i in costs if i not in busy}
    through: dict[int, int] = {}  # the partner that a span on the left would give up
    before: dict[int, int] = {}  # the span on the left that would take it
    best: tuple[int, int, int] | None = None
    queue = deque(reached)
    while queue:
        i = queue.popleft()
        for j, cost in costs[i].items():
            total, owner = reached[i] + cost, taken.get(j)
            if owner is None:
                best = min(best or (total, i, j), (total, i, j))
            elif owner not in reached or total - costs[owner][j] < reached[owner]:
                reached[owner], through[owner], before[owner] = total - costs[owner][j], j, i
                queue.append(owner)
    return {} if best is None else _trace_path(best[1], best[2], through, before)


def _trace_path(i: int, j: int, through: Mapping[int, int], before: Mapping[int, int]) -> dict[int, int]:
    path = {j: i}
    while i in through:
        path[through[i]] = before[i]
        i = before[i]
    return path


_METHODS: dict[PairingRule, Callable[[Sequence[SpanLike], Sequence[SpanLike]], set[tuple[int, int]]]] = {
    "exact": _pair_exact,
    "position": _pair_by_position,
    "overlapping": _pair_overlapping,
}
