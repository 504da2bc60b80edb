"""Spans in layers by height."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labeling.training.tagger.layers import spans_of_tags, stack_by_height, tags_of_layer

LENGTH = 12
# Any spans over twelve tokens, of three labels.
SPANS = st.sets(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH), st.integers(0, 2)).filter(
        lambda span: span[0] < span[1]
    ),
    max_size=12,
)


@given(SPANS)
def test_spans_come_back_from_their_layers(spans: set[tuple[int, int, int]]) -> None:
    """Spans -> layers -> tags -> spans is the same set, whatever nests, crosses or lies on the same tokens."""
    layers, left = stack_by_height(spans, LENGTH, most=len(spans) + 1)
    back = [span for layer in layers for span in spans_of_tags(tags_of_layer(layer, LENGTH))]

    assert left == []
    assert len(back) == len(spans)
    assert set(back) == spans


@given(SPANS, st.integers(1, 3))
def test_no_two_spans_of_a_layer_overlap(spans: set[tuple[int, int, int]], most: int) -> None:
    """Each span is in one layer or left over; in a layer each ends before the next begins."""
    layers, left = stack_by_height(spans, LENGTH, most)

    assert len(layers) <= most
    assert sorted([*left, *(span for layer in layers for span in layer)]) == sorted(spans)
    assert all(one[1] <= other[0] for layer in layers for one, other in pairwise(layer))


@given(SPANS)
def test_a_span_lies_above_those_it_holds(spans: set[tuple[int, int, int]]) -> None:
    """Whatever else the text holds: its layer teaches the same thing everywhere."""
    layers, _ = stack_by_height(spans, LENGTH, most=len(spans) + 1)
    height = {span: number for number, layer in enumerate(layers) for span in layer}

    for start, end, label in spans:
        for other in spans - {(start, end, label)}:
            if start <= other[0] and other[1] <= end and (other[0], other[1]) != (start, end):
                assert height[start, end, label] > height[other]


def test_three_nested_spans_need_three_layers() -> None:
    """A ROLE holds a GOV_BODY that holds a COUNTRY; a COUNTRY alone lies where the innermost does."""
    role, body, country, alone = (0, 6, 0), (2, 6, 1), (5, 6, 2), (8, 9, 2)
    spans = [role, alone, country, body]

    assert stack_by_height(spans, 9, most=6) == ([[country, alone], [body], [role]], [])
    assert stack_by_height(spans, 9, most=2) == ([[country, alone], [body]], [role])


def test_the_same_tokens_with_two_labels_need_two_layers() -> None:
    """The label that comes first lies below."""
    assert stack_by_height([(1, 3, 1), (1, 3, 0)], 3, most=6) == ([[(1, 3, 0)], [(1, 3, 1)]], [])


def test_two_spans_of_one_label_side_by_side_stay_two() -> None:
    """The second one begins anew: 1 begins a span of label 0, 2 goes on with it."""
    assert tags_of_layer([(0, 2, 0), (2, 3, 0)], 4) == [1, 2, 1, 0]
    assert spans_of_tags([1, 2, 1, 0]) == [(0, 2, 0), (2, 3, 0)]


def test_a_tag_that_goes_on_with_nothing_begins_a_span() -> None:
    """No path of the chains has one; read from anywhere else it loses nothing."""
    assert spans_of_tags([0, 2, 2, 4]) == [(1, 3, 0), (3, 4, 1)]
    assert spans_of_tags([]) == []
