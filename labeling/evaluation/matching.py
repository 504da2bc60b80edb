"""The ruler: pair two sets of spans, one to one, the same whatever order they come in.

Everything that compares annotators, people among themselves or models with gold, pairs spans here. Spans are half-open
intervals, so ``[0, 5)`` and ``[5, 9)`` share nothing.

The overlapping rule is an assignment problem, and solved here by successive shortest paths in place of
``scipy.optimize.linear_sum_assignment``: scipy comes with none of the packages that users install, would add 110 MB for
this one call, wants a full matrix where ours are sparse, and says nothing of which of several equally good pairings it
returns, which decides the counts by label and those of seen words. The tests hold the result to scipy's, which the
development packages bring along, and to every pairing there is.
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
    """The pairs, and the spans of either side without a partner, in the order of the text."""

    pairs: tuple[tuple[Left, Right], ...]
    left: tuple[Left, ...]
    right: tuple[Right, ...]


def pair_spans(left: Iterable[Left], right: Iterable[Right], by: PairingRule) -> Pairing[Left, Right]:
    """Pair the spans of two annotators; each span is in one pair at most.

    By the overlapping rule a span may take its second best partner for another's sake. Gold has PERSON 0..9 and PERSON
    0..5, predicted are PERSON 0..5 and PERSON 6..9. Pairing 0..9 with 0..5 would leave 0..5 alone; so 0..5 is paired
    with 0..5, and 0..9 with 6..9, at a cost of 6: the code points 0 to 5, which only one of these two covers.

    Args:
        left: The spans of one article by one annotator, or of its gold.
        right: The spans of the same article by another annotator.
        by: ``exact``: same start, end and label. ``position``: same start and end, the same label where there is a
            choice. ``overlapping``: same label and at least one code point shared; as many pairs as possible, and of
            all such pairings one of the least cost. A pair costs the code points that only one of the two covers.
    """
    # Sorted first, so that the pairs do not depend on the order in which the spans come.
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
    # What has no partner of its own label may have one of another.
    rest = [i for i in range(len(ones)) if i not in left]
    other_rest = [j for j in range(len(others)) if j not in right]
    more = _pair_by_key([ones[i] for i in rest], [others[j] for j in other_rest], lambda span: (span.start, span.end))
    return pairs | {(rest[i], other_rest[j]) for i, j in more}


def _pair_by_key(
    ones: Sequence[SpanLike], others: Sequence[SpanLike], key: Callable[[SpanLike], Hashable]
) -> set[tuple[int, int]]:
    """Pair the n-th of each key on one side with the n-th of that key on the other."""
    # The right side by key, each list turned round so that `pop` takes the first.
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for j in reversed(range(len(others))):
        waiting[key(others[j])].append(j)
    return {(i, waiting[key(span)].pop()) for i, span in enumerate(ones) if waiting[key(span)]}


def _pair_overlapping(ones: Sequence[SpanLike], others: Sequence[SpanLike]) -> set[tuple[int, int]]:
    """Grow the pairing by one pair at a time, each time along the path that costs least.

    The pairing is then the cheapest of its size at every step (successive shortest paths; Ahuja, Magnanti and Orlin,
    Network Flows, 1993, section 9.7).
    """
    exact = {j: i for i, j in _pair_exact(ones, others)}
    pairs: set[tuple[int, int]] = set()
    # Spans that cannot reach each other are paired separately, so that paths stay short.
    for left, right in _connected_components(ones, others):
        costs = {i: {j: _cost(ones[i], others[j]) for j in right if overlap_length(ones[i], others[j])} for i in left}
        # Exact pairs cost nothing: no pairing of their number is cheaper, so they are a start.
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
    """The numbers of the spans, on the left and on the right, that are of one label with no gap between them."""
    sides = [(span, (0, i)) for i, span in enumerate(ones)] + [(span, (1, j)) for j, span in enumerate(others)]
    component: tuple[list[int], list[int]] = ([], [])
    label, reach = "", 0
    for span, (side, number) in sorted(sides, key=lambda item: (item[0].label, item[0].start, item[1])):
        # The spans come in the order of their starts: one that starts behind all before it begins a new component.
        if (span.label, span.start) >= (label, reach):
            yield component
            component = ([], [])
            label, reach = span.label, 0
        component[side].append(number)
        reach = max(reach, span.end)
    yield component


def _cheapest_path(costs: Mapping[int, Mapping[int, int]], taken: Mapping[int, int]) -> dict[int, int]:
    """The cheapest way to one more pair: the new partner of each span on the right; empty when nothing can be paired.

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
            total = reached[i] + cost
            owner = taken.get(j)
            if owner is None:
                # A span without a partner ends a path. Of paths that cost the same, the first in the text is taken.
                best = min(best or (total, i, j), (total, i, j))
                continue
            # Its partner would have to find another one: go on from there, if that is the cheapest way to it.
            freed = total - costs[owner][j]
            if owner not in reached or freed < reached[owner]:
                reached[owner], through[owner], before[owner] = freed, j, i
                queue.append(owner)
    return {} if best is None else _trace_path(best[1], best[2], through, before)


def _trace_path(i: int, j: int, through: Mapping[int, int], before: Mapping[int, int]) -> dict[int, int]:
    """Follow the path back from the new pair of ``i`` and ``j`` to the span on the left that had no partner."""
    # Each span on the path hands its old partner to the one before it.
    path = {j: i}
    while i in through:
        path[through[i]] = before[i]
        i = before[i]
    return path


# Below the functions that it names.
_METHODS: dict[PairingRule, Callable[[Sequence[SpanLike], Sequence[SpanLike]], set[tuple[int, int]]]] = {
    "exact": _pair_exact,
    "position": _pair_by_position,
    "overlapping": _pair_overlapping,
}
