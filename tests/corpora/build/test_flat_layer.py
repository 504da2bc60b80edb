"""The flat layer: longest first, then schema order; what it cannot hold has a reason, what is not known is not O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.corpora.build.flat_layer import choose_flat_layer, stack_layers

if TYPE_CHECKING:
    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

#       0         1         2         3
#       0123456789012345678901234567890
TEXT = "the Foreign Minister of Japan x"


def test_flat_layer_of_nested_crossing_and_equal_spans(minister: tuple[Article, Gold], making: Making) -> None:
    """Of two that cross the longer is kept; of two labels on one stretch the one that the schema names first."""
    article, gold = minister
    layer = choose_flat_layer(article.text, gold, making.schema.label_names)

    # s0 has 25 characters, s2 24, s5 15, the rest 5; s3 and s4 lie beyond s0, so that COUNTRY would win but for order.
    assert [span.id for span in layer.spans] == ["s0", "s4", "s5"]
    assert layer.left == {
        "s1": "inside the PERSON 0..25",
        "s2": "crosses the PERSON 0..25",
        "s3": "the same stretch is GOV_BODY, which the schema names first",
    }
    assert layer.unknown == ()


def test_schema_order_decides_between_equally_long_spans(making: Making) -> None:
    """`Foreign Minister` and `Minister of Japan` cut to 16 characters each: the label that the schema names first."""
    article = making.article(TEXT)
    gold = making.gold(article, (4, 20, "COUNTRY"), (12, 28, "PERSON"))
    layer = choose_flat_layer(TEXT, gold, making.schema.label_names)

    assert [span.id for span in layer.spans] == ["s1"]
    assert layer.left == {"s0": "crosses the PERSON 12..28"}


@pytest.mark.parametrize(
    ("open_stretch", "kept", "unknown"),
    [
        # A question strictly inside a span is about something shorter: the span stays.
        ((12, 20), ["s0"], ((12, 20),)),
        # A question as long as the span, or longer, or across its edge may be about what would win.
        ((4, 29), [], ((4, 29),)),
        ((0, 29), [], ((0, 29), (4, 29))),
        ((24, 31), [], ((4, 29), (24, 31))),
        # A question elsewhere does not touch it.
        ((30, 31), ["s0"], ((30, 31),)),
    ],
)
def test_span_is_kept_if_no_answer_to_the_question_removes_it(
    making: Making, open_stretch: tuple[int, int], kept: list[str], unknown: tuple[tuple[int, int], ...]
) -> None:
    """A span is kept where a question is open only if every answer would keep it; else its stretch is unknown too."""
    gold = making.gold(making.article(TEXT), (4, 29, "PERSON"), open=(open_stretch,))
    layer = choose_flat_layer(TEXT, gold, making.schema.label_names)

    assert [span.id for span in layer.spans] == kept
    assert layer.left == ({} if kept else {"s0": "annotators disagree about this stretch"})
    assert layer.unknown == unknown


def test_a_span_with_a_blank_at_its_edge_is_unknown_not_absent(making: Making) -> None:
    """A tagger cannot learn it; to teach "no entity here" would be false, and what it holds stays out too."""
    gold = making.gold(making.article(TEXT), (4, 21, "PERSON"), (12, 20, "GOV_BODY"))
    layer = choose_flat_layer(TEXT, gold, making.schema.label_names)

    assert layer.spans == ()
    assert layer.left == {
        "s0": "begins or ends with a blank, which no tagger learns",
        "s1": "inside the PERSON 4..21",
    }
    assert layer.unknown == ((4, 21),)


PLACES = st.tuples(st.integers(0, 29), st.integers(1, 12), st.sampled_from(["PERSON", "GOV_BODY", "COUNTRY"])).map(
    lambda drawn: (drawn[0], min(drawn[0] + drawn[1], 30), drawn[2])
)


@given(st.lists(PLACES, max_size=10, unique=True))
def test_every_span_is_in_the_layer_or_has_a_reason(making: Making, places: list[tuple[int, int, str]]) -> None:
    """No two in the layer overlap; each left out overlaps one at least as long; nothing is in both or in neither."""
    gold = making.gold(making.article("x" * 30), *places)
    layer = choose_flat_layer("x" * 30, gold, making.schema.label_names)

    assert {span.id for span in layer.spans} | set(layer.left) == {span.id for span in gold.spans}
    assert len(layer.spans) + len(layer.left) == len(gold.spans)
    assert all(left.end <= right.start for left, right in zip(layer.spans, layer.spans[1:], strict=False))
    for span in gold.spans:
        if span.id in layer.left:
            assert any(
                other.start < span.end and span.start < other.end and other.end - other.start >= span.end - span.start
                for other in layer.spans
            )


def test_each_layer_holds_what_the_one_above_covers(minister: tuple[Article, Gold], making: Making) -> None:
    """What the flat layer covers makes the second, what that covers the third; a fourth is empty."""
    article, gold = minister
    labels = making.schema.label_names
    stack = stack_layers(article.text, gold, choose_flat_layer(article.text, gold, labels), labels, 4)

    assert [[span.id for span in layer.spans] for layer in stack] == [["s0", "s4", "s5"], ["s2"], ["s1", "s3"], []]
    assert [[span.id for span in layer.covered] for layer in stack] == [["s2", "s1", "s3"], ["s1", "s3"], [], []]


@given(st.lists(PLACES, max_size=10, unique=True), st.integers(1, 4))
def test_every_span_is_in_one_layer_or_below_the_last(
    making: Making, places: list[tuple[int, int, str]], depth: int
) -> None:
    """The layers and what the last one covers are gold, each span once."""
    gold = making.gold(making.article("x" * 30), *places)
    labels = making.schema.label_names
    stack = stack_layers("x" * 30, gold, choose_flat_layer("x" * 30, gold, labels), labels, depth)

    held = [span.id for layer in stack for span in layer.spans] + [span.id for span in stack[-1].covered]
    assert sorted(held) == sorted(span.id for span in gold.spans)
    assert len(stack) == depth
