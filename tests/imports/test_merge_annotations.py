"""Several annotations made one: as if each were merged with all before it, and in steps that grow with their number."""

from __future__ import annotations

import sys
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.adjudication.open_stretches import rest_of, shared_stretches
from labeling.annotations import Annotation, Relation, Span
from labeling.imports.merge_annotations import merge_annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTH = 20
_SPANS = st.builds(
    lambda name, place, label, note, unsure: Span(
        id=name, start=place[0], end=place[1], label=label, note=note, unsure=unsure
    ),
    st.sampled_from(["T1", "T2", "T1~2"]),
    st.sampled_from([(0, 4), (4, 9), (2, 5)]),
    st.sampled_from(["PERSON", "COUNTRY"]),
    st.sampled_from(["", "a", "b", "a; b", "b; ", ";", "; "]),
    st.booleans(),
)
_LINKS = st.builds(
    lambda head, tail: Relation(label="SENT_TO", head=head, tail=tail), st.sampled_from(["T1", "T2"]), st.just("T2")
)
_OPEN = st.lists(st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(lambda each: tuple(sorted(each))))
_ANNOTATIONS = st.builds(
    lambda spans, links, choices, at, seconds, star, marked: Annotation(
        article="a",
        digest="0" * 64,
        annotator="ana",
        state="submitted",
        spans=tuple(spans),
        relations=tuple(links),
        choices=choices,
        updated=at,
        seconds=seconds,
        ground_truth=star,
        open=rest_of(marked, LENGTH),
    ),
    st.lists(_SPANS, max_size=4),
    st.lists(_LINKS, max_size=2),
    st.dictionaries(st.sampled_from(["event", "topic"]), st.lists(st.sampled_from(["A", "B"])).map(tuple)),
    st.sampled_from(["", "2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"]),
    st.sampled_from([None, 1.0, 2.0]),
    st.booleans(),
    _OPEN,
)


@given(st.lists(_ANNOTATIONS, min_size=1, max_size=5))
def test_all_at_once_is_one_after_the_other(annotations: list[Annotation]) -> None:
    """To the byte: ids, notes, the order of everything."""
    folded = reduce(lambda one, other: merge_annotations([one, other]), annotations)

    assert merge_annotations(annotations).model_dump_json() == folded.model_dump_json()


def _span(name: str, start: int, note: str = "", *, unsure: bool = False) -> Span:
    return Span(id=name, start=start, end=start + 1, label="PERSON", note=note, unsure=unsure)


def _annotation(*spans: Span, **more: Any) -> Annotation:
    return Annotation(article="a", digest="0" * 64, annotator="ana", state="submitted", spans=spans, **more)


def test_a_span_of_several_has_the_notes_and_doubts_of_all() -> None:
    """The same note is one, be it a part of what another file has; a taken name gets the first free number."""
    merged = merge_annotations(
        [
            _annotation(_span("T1", 0, "seen")),
            _annotation(_span("T7", 0, "read", unsure=True), _span("T1", 5)),
            _annotation(_span("T1", 0, "seen; read"), _span("T1", 7), _span("T2", 5, "seen")),
            _annotation(_span("T1", 0, "read")),
        ]
    )

    assert merged.spans == (
        _span("T1", 0, "seen; read", unsure=True),
        _span("T1~2", 5, "seen"),
        _span("T1~3", 7),
    )


def test_relations_follow_their_spans_to_their_new_names() -> None:
    """And a relation that both have is one."""
    one = _annotation(_span("T1", 0), _span("T2", 5), relations=(Relation(label="R", head="T1", tail="T2"),))
    other = _annotation(
        _span("T1", 5),
        _span("T2", 9),
        relations=(Relation(label="R", head="T1", tail="T2"), Relation(label="R", head="T2", tail="T1")),
    )

    assert [(each.head, each.tail) for each in merge_annotations([one, other, one]).relations] == [
        ("T1", "T2"),
        ("T2", "T2~2"),
        ("T2~2", "T2"),
    ]


@given(_OPEN, _OPEN)
def test_shared_stretches_are_those_of_each_pair(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    """Each held against each, which is what the words say and takes long."""
    pairs = [(max(one[0], other[0]), min(one[1], other[1])) for one in ones for other in others]

    assert shared_stretches(ones, others) == tuple(sorted({(start, end) for start, end in pairs if start < end}))


def _count_steps(work: Callable[[], object]) -> int:
    """How many instructions of Python's some work takes."""
    count = 0

    def step(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _lines_with_a_span_each(number: int) -> list[Annotation]:
    return [_annotation(_span("T1", 2 * at), open=rest_of([(2 * at, 2 * at + 1)], 2 * number)) for at in range(number)]


def _notes_on_one_span(number: int) -> list[Annotation]:
    return [_annotation(_span("T1", 0, f"note {at}")) for at in range(number)]


@pytest.mark.parametrize("make", [_lines_with_a_span_each, _notes_on_one_span])
def test_steps_grow_with_the_number_of_lines(make: Callable[[int], Sequence[Annotation]]) -> None:
    """Eight times the lines take about eight times the steps, and not sixty-four times."""
    few, many = make(50), make(400)
    steps = [_count_steps(lambda each=each: merge_annotations(each)) for each in (few, many)]  # type: ignore[misc]

    assert steps[0] > 0
    assert steps[1] < 16 * steps[0]
