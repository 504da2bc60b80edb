"""The ruler: one to one, whatever the order, and as good as any pairing there is."""

from __future__ import annotations

import random
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Span
from labeling.evaluation.matching import PAIRING_RULES, overlap_length, pair_spans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


def span(start: int, end: int, label: str = "A", name: str = "") -> Span:
    """A span whose id is its place, unless it is given another."""
    return Span(id=name or f"{label}{start}-{end}", start=start, end=end, label=label)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Up to five spans on a text of twelve characters, of two labels, duplicates allowed."""
    places = st.tuples(st.integers(0, 11), st.integers(1, 5), st.sampled_from("AB"))
    drawn = draw(st.lists(places, max_size=5))
    return [span(start, start + length, label, f"{n}") for n, (start, length, label) in enumerate(drawn)]


def cost(one: Span, other: Span) -> int:
    """The code points that only one of two spans covers."""
    return len(set(range(one.start, one.end)) ^ set(range(other.start, other.end)))


def best_by_trying(ones: Sequence[Span], others: Sequence[Span]) -> tuple[int, int]:
    """The number of pairs and the least number of code points not shared, over every possible pairing."""
    best = (0, 0)
    for size in range(1, min(len(ones), len(others)) + 1):
        for some in combinations(ones, size):
            for partners in permutations(others, size):
                pairs = list(zip(some, partners, strict=True))
                if all(one.label == other.label and overlap_length(one, other) for one, other in pairs):
                    best = max(best, (size, -sum(cost(one, other) for one, other in pairs)))
    return best[0], -best[1]


def test_exact_pairs_share_start_end_and_label() -> None:
    """Only a span with the same start, end and label is an exact partner."""
    found = pair_spans([span(0, 5), span(6, 9)], [span(0, 5), span(6, 9, "B"), span(6, 8)], "exact")

    assert [(span(0, 5), span(0, 5))] == list(found.pairs)
    assert (span(6, 9),) == found.left
    assert (span(6, 8), span(6, 9, "B")) == found.right


def test_adjacent_spans_are_not_a_pair() -> None:
    """`[0, 5)` and `[5, 9)` are not a pair by any rule: offsets are half open."""
    assert all(pair_spans([span(0, 5)], [span(5, 9)], rule).pairs == () for rule in PAIRING_RULES)


def test_position_prefers_the_same_label() -> None:
    """Of two spans in one place, the one with the same label is the partner; the other takes what is left."""
    found = pair_spans([span(0, 5, "A"), span(0, 5, "B")], [span(0, 5, "B"), span(0, 5, "C")], "position")

    assert {("A", "C"), ("B", "B")} == {(one.label, other.label) for one, other in found.pairs}


def test_overlapping_pairs_are_as_many_as_possible() -> None:
    """A span that could take the only partner of another takes its second best."""
    found = pair_spans([span(0, 9), span(0, 5)], [span(0, 5, name="p"), span(6, 9, name="q")], "overlapping")

    assert {("A0-5", "p"), ("A0-9", "q")} == {(one.id, other.id) for one, other in found.pairs}


def test_a_span_is_in_one_pair_at_most() -> None:
    """A span that is marked twice is right once."""
    found = pair_spans([span(0, 5)], [span(0, 5, name="p"), span(0, 5, name="q")], "exact")

    assert [single.id for single in found.right] == ["q"]


def test_two_thousand_overlapping_spans_are_paired() -> None:
    """A model that marks everything is measured all the same: 20 spans against 2,000 that overlap them."""
    gold = [span(n * 10, n * 10 + 8) for n in range(20)]
    everything = [span(start, start + length) for start in range(200) for length in range(1, 11)]

    assert len(pair_spans(gold, everything, "overlapping").pairs) == 20


@given(spans(), spans())
def test_overlapping_pairs_are_the_best_of_all_pairings(ones: list[Span], others: list[Span]) -> None:
    """No pairing has more pairs, and none of that size differs by fewer code points."""
    found = pair_spans(ones, others, "overlapping")
    total = sum(cost(one, other) for one, other in found.pairs)

    assert best_by_trying(ones, others) == (len(found.pairs), total)


def test_overlapping_pairs_are_as_many_and_as_cheap_as_scipys() -> None:
    """On up to forty spans a side, far too many to try everything, scipy's assignment is no better."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    draw = random.Random(11)  # noqa: S311 - made-up spans, no secret
    apart = 10_000  # dearer than all pairs together: scipy pairs spans that do not overlap only where it must
    for _ in range(200):
        ones, others = (
            [span(start, start + draw.randint(1, 9), name=f"{n}") for n, start in enumerate(starts)]
            for starts in (draw.choices(range(60), k=draw.randint(1, 40)) for _ in range(2))
        )
        costs = np.array(
            [[cost(one, other) if overlap_length(one, other) else apart for other in others] for one in ones]
        )
        theirs = costs[linear_sum_assignment(costs)]

        ours = [cost(one, other) for one, other in pair_spans(ones, others, "overlapping").pairs]

        assert (len(ours), sum(ours)) == ((theirs < apart).sum(), theirs[theirs < apart].sum())


@given(spans(), spans(), st.randoms())
def test_pairs_do_not_depend_on_the_order_of_spans(ones: list[Span], others: list[Span], shuffler: Random) -> None:
    """Shuffled spans give the same pairs."""
    shuffled, shuffled_others = list(ones), list(others)
    shuffler.shuffle(shuffled)
    shuffler.shuffle(shuffled_others)

    assert all(pair_spans(ones, others, rule) == pair_spans(shuffled, shuffled_others, rule) for rule in PAIRING_RULES)


@given(spans(), spans())
def test_pairs_and_singles_partition_the_spans(ones: list[Span], others: list[Span]) -> None:
    """Pairs and singles together are the spans that came in."""
    for rule in PAIRING_RULES:
        found = pair_spans(ones, others, rule)
        left = [one for one, _ in found.pairs] + list(found.left)
        right = [other for _, other in found.pairs] + list(found.right)

        assert sorted(one.id for one in ones) == sorted(one.id for one in left)
        assert sorted(other.id for other in others) == sorted(other.id for other in right)


@given(spans(), spans())
def test_exact_pairs_are_never_more_than_by_other_rules(ones: list[Span], others: list[Span]) -> None:
    """There are never more exact pairs than pairs by position, or than overlapping ones."""
    exact, position, overlapping = (len(pair_spans(ones, others, rule).pairs) for rule in PAIRING_RULES)

    assert exact <= position
    assert exact <= overlapping
