"""Gold in the terms of the network: what each token may be, as far as anybody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.tokens import make_tokenizer
from labeling.training.fitting.examples import Example
from labeling.training.fitting.lessons import Lesson, cut_permitted, make_lesson, needed_layers, permit_tags
from labeling.training.tagger.layers import spans_of_tags
from labeling.training.tagger.prepared_text import TextPreparer
from labeling.training.tagger.windows import TokenWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = {"ROLE": 0, "PLACE": 1}
# The tags of a ROLE and of a PLACE, as they begin and go on.
ROLE, ROLE_ON, PLACE, PLACE_ON = range(1, 5)
EVERY = {0, ROLE, ROLE_ON, PLACE, PLACE_ON}
TEXT = "The mayor of Oslo left Rome"


@pytest.fixture(scope="module")
def preparer() -> TextPreparer:
    """English tokens, in windows of eight."""
    return TextPreparer(make_tokenizer("en"), {}, None, own=8, margin=2)


def lesson_of(preparer: TextPreparer, example: Example, most: int = 6) -> Lesson:
    """An example as a lesson."""
    [prepared] = preparer.prepare([example.text])
    return make_lesson(example, prepared, LABELS, most)


def tags_at(permitted: NDArray[np.bool_], layer: int) -> list[set[int]]:
    """The tags that each token of a layer may have."""
    return [set(np.flatnonzero(row).tolist()) for row in permitted[layer]]


def test_of_what_is_known_one_path_is_permitted(preparer: TextPreparer) -> None:
    """A ROLE that holds a PLACE, and a PLACE beside them: PLACEs below, the ROLE above."""
    lesson = lesson_of(preparer, Example(TEXT, spans=((4, 17, "ROLE"), (13, 17, "PLACE"), (23, 27, "PLACE"))))
    permitted = permit_tags(lesson, 2, LABELS)

    assert tags_at(permitted, 0) == [{0}, {0}, {0}, {PLACE}, {0}, {PLACE}]
    assert tags_at(permitted, 1) == [{0}, {ROLE}, {ROLE_ON}, {ROLE_ON}, {0}, {0}]
    assert lesson.spans == ((1, 4, 0), (3, 4, 1), (5, 6, 1))


def test_an_open_stretch_permits_every_tag(preparer: TextPreparer) -> None:
    """In every layer, but for the tokens of a known span in its own; after that one nothing goes on with it."""
    lesson = lesson_of(preparer, Example(TEXT, spans=((13, 17, "PLACE"),), open=((9, 22),)))
    permitted = permit_tags(lesson, 2, LABELS)

    assert tags_at(permitted, 0) == [{0}, {0}, EVERY, {PLACE}, EVERY - {PLACE_ON}, {0}]
    assert tags_at(permitted, 1) == [{0}, {0}, EVERY, EVERY, EVERY, {0}]


def test_a_label_that_nobody_was_asked_for_may_be_anywhere(preparer: TextPreparer) -> None:
    """Where nobody marked anything: what nobody marked is not known not to be one."""
    lesson = lesson_of(preparer, Example("left Rome", spans=((5, 9, "PLACE"),), unasked_labels=frozenset({"ROLE"})))

    assert tags_at(permit_tags(lesson, 1, LABELS), 0) == [{0, ROLE, ROLE_ON}, {PLACE}]


def test_a_span_that_ends_inside_a_token_teaches_nothing(preparer: TextPreparer) -> None:
    """Nor does it teach that there is nothing; it is counted. One of another label is left out."""
    lesson = lesson_of(preparer, Example(TEXT, spans=((4, 15, "ROLE"), (23, 27, "DATE"))))

    assert tags_at(permit_tags(lesson, 1, LABELS), 0) == [{0}, EVERY, EVERY, EVERY, {0}, {0}]
    assert lesson.cut == 1
    assert lesson.spans == (None, None)


def test_a_span_with_a_blank_at_its_end_is_cut(preparer: TextPreparer) -> None:
    """Blanks are not tokens here."""
    assert lesson_of(preparer, Example("Oslo \n\n left", spans=((0, 6, "PLACE"),))).cut == 1
    assert lesson_of(preparer, Example("Oslo \n\n left", spans=((0, 4, "PLACE"),))).cut == 0


def test_what_has_no_layer_is_left(preparer: TextPreparer) -> None:
    """Three spans over one another in two layers; lessons need as many layers as the deepest of them."""
    spans = ((13, 17, "PLACE"), (10, 17, "ROLE"), (4, 17, "ROLE"))

    assert lesson_of(preparer, Example(TEXT, spans=spans), most=2).left == ((1, 4, 0),)
    deep, flat = lesson_of(preparer, Example(TEXT, spans=spans)), lesson_of(preparer, Example(TEXT))
    assert needed_layers([flat, deep]) == 3
    assert needed_layers([flat]) == needed_layers([]) == 1


def test_the_rest_of_a_span_in_the_next_window_may_be_anything(preparer: TextPreparer) -> None:
    """In its layer; in the others, and after it, all is as before."""
    lesson = lesson_of(preparer, Example(TEXT, spans=((4, 17, "ROLE"), (13, 17, "PLACE"))))
    permitted = permit_tags(lesson, 2, LABELS)
    part = cut_permitted(permitted, lesson, TokenWindow(0, 2, 6, 6))

    assert tags_at(part, 0) == [{0}, {PLACE}, {0}, {0}]
    assert tags_at(part, 1) == [EVERY, EVERY, {0}, {0}]
    # Of one that ends with the window, or begins with it, all is known.
    assert tags_at(cut_permitted(permitted, lesson, TokenWindow(0, 0, 4, 6)), 1) == [{0}, {ROLE}, {ROLE_ON}, {ROLE_ON}]
    assert tags_at(cut_permitted(permitted, lesson, TokenWindow(0, 1, 4, 6)), 1) == [{ROLE}, {ROLE_ON}, {ROLE_ON}]


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["ROLE", "PLACE"])), max_size=6))
def test_gold_is_always_permitted(found: set[tuple[int, int, str]]) -> None:
    """Whatever lies over what: the first path through what is permitted in each layer is gold's."""
    starts = [0, 4, 10, 13, 18, 23]
    ends = [3, 9, 12, 17, 22, 27]
    spans = {(starts[min(a, b)], ends[max(a, b)], label) for a, b, label in found}
    lesson = lesson_of(
        TextPreparer(_NLP, {}, None, own=8, margin=2), Example(TEXT, spans=tuple(sorted(spans))), most=12
    )
    permitted = permit_tags(lesson, 12, LABELS)

    assert (permitted.sum(2) == 1).all()
    back = [span for layer in permitted.argmax(2).tolist() for span in spans_of_tags(layer)]
    names = list(LABELS)
    assert sorted((starts[start], ends[end - 1], names[label]) for start, end, label in back) == sorted(spans)


_NLP = make_tokenizer("en")
