"""What readers did, counted: each number by hand, and where a source is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given

from labeling.annotations import Annotation, Relation, Span
from labeling.learning.actions import WorkTrace, add_actions, count_actions
from labeling.schema import ChoiceSet, Label, Option, RelationType, Schema
from labeling.studio.format.origins import SpanOrigins, read_origins
from labeling.workspace.rows.learning_rows import ActionCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.studio.format.origins import Origin

LABELS = ("PERSON", "COUNTRY", "DATE")
SCHEMA = Schema(
    labels=tuple(
        Label(name=name, definition="d", examples=("e",), color=f"#00000{at}", hotkey=name[0].lower())
        for at, name in enumerate(LABELS)
    ),
    relations=(
        RelationType(name="SAME_AS", definition="d", example="e", symmetric=True),
        RelationType(name="LEADS", definition="d", example="e", head=("PERSON",), tail=("COUNTRY",)),
        RelationType(name="VISITS", definition="d", example="e", head=("PERSON",), tail=("COUNTRY",)),
    ),
    choices=(
        ChoiceSet(
            name="usable", question="q", options=(Option(name="yes", definition="d"), Option(name="no", definition="d"))
        ),
        ChoiceSet(
            name="event",
            question="q",
            multiple=True,
            options=tuple(Option(name=each, definition="d") for each in ("AID", "MEET", "ASK")),
        ),
    ),
)
Place = tuple[str, int, int, str]
A, B, C = ("o1", 0, 4, "PERSON"), ("o2", 9, 13, "COUNTRY"), ("o3", 20, 24, "COUNTRY")


def words(
    *spans: Place, relations: Iterable[tuple[str, str, str]] = (), choices: Mapping[str, tuple[str, ...]] | None = None
) -> Annotation:
    """An annotation with these spans, relations (head, label, tail) and choices."""
    return Annotation(
        article="a",
        digest="d",
        annotator="ana",
        spans=tuple(Span(id=name, start=start, end=end, label=label) for name, start, end, label in spans),
        relations=tuple(Relation(head=head, label=label, tail=tail) for head, label, tail in relations),
        choices=dict(choices or {}),
    )


def counted(
    said: Annotation,
    offered: Annotation | None = None,
    origins: Mapping[str, Origin] | None = None,
    *,
    begun: bool | None = None,
) -> dict[str, int]:
    """What is counted, without zeros."""
    counts = count_actions(WorkTrace(said, offered, origins or {}, begun), SCHEMA)
    return {name: number for name, number in counts.model_dump().items() if number}


def test_a_span_kept_one_mended_one_removed_and_one_added_weigh_six() -> None:
    """The example of the module, told by origins: 0 + 2 + 2 + 2."""
    said = words(("r1", *A[1:]), ("r2", 9, 15, "COUNTRY"), ("r3", 30, 34, "DATE"))
    origins: dict[str, Origin] = {"r1": "prediction", "r2": "prediction-changed", "r3": "manual"}
    expected = {"spans_kept": 1, "spans_mended": 1, "spans_removed": 1, "spans_added": 1}
    assert counted(said, words(A, B, C), origins, begun=True) == expected
    assert count_actions(WorkTrace(said, words(A, B, C), origins, begun=True), SCHEMA).weight == 6


def test_without_origins_spans_are_compared_with_what_was_offered() -> None:
    """The same as with them: what shares a code point was mended, what shares none was added."""
    said = words(("r1", *A[1:]), ("r2", 12, 15, "COUNTRY"), ("r3", 30, 34, "DATE"))
    expected = {"spans_kept": 1, "spans_mended": 1, "spans_removed": 1, "spans_added": 1}
    assert counted(said, words(A, B, C)) == expected


def test_without_the_suggestion_origins_tell_all_but_what_was_removed() -> None:
    """Of three offered, one is gone without a trace."""
    said = words(("r1", *A[1:]), ("r2", 9, 15, "COUNTRY"), ("r3", 30, 34, "DATE"))
    origins: dict[str, Origin] = {"r1": "prediction", "r2": "prediction-changed", "r3": "manual"}
    assert counted(said, None, origins) == {"spans_kept": 1, "spans_mended": 1, "spans_added": 1}


def test_without_either_everything_was_added() -> None:
    """Spans, relations and choices: 2 + 2 + 8 + 2 = 14."""
    said = words(A, B, relations=[("o1", "LEADS", "o2")], choices={"usable": ("yes",)})
    assert counted(said) == {"spans_added": 2, "relations_added": 1, "choices_changed": 1}
    assert count_actions(WorkTrace(said), SCHEMA).weight == 14


def test_another_suggestion_than_the_one_begun_from_tells_nothing_of_what_was_removed() -> None:
    """A span that came from a suggestion, at a place where ours has none."""
    said = words(("r1", 40, 44, "PERSON"))
    assert counted(said, words(A, B), {"r1": "prediction"}, begun=True) == {"spans_kept": 1}


def test_an_empty_page_makes_everything_added_and_nothing_removed() -> None:
    """The editor says that no suggestion was begun from, or noted every span as drawn by hand."""
    said = words(A, ("r2", 9, 15, "COUNTRY"))
    drawn: dict[str, Origin] = {"o1": "manual", "r2": "manual"}
    assert counted(said, words(A, B, C), begun=False) == {"spans_added": 2}
    assert counted(said, words(A, B, C), drawn) == {"spans_added": 2}
    assert counted(words(), words(A, B, C), begun=False) == {}


def test_all_that_was_offered_may_be_removed() -> None:
    """An annotation without spans that was begun from three."""
    assert counted(words(), words(A, B, C), begun=True) == {"spans_removed": 3}
    assert counted(words(), words(A, B, C)) == {"spans_removed": 3}


def test_a_span_removed_and_drawn_again_is_two_actions() -> None:
    """At the same place, but by hand."""
    origins: dict[str, Origin] = {"r1": "manual", "r2": "prediction"}
    said = words(("r1", *A[1:]), ("r2", *B[1:]))
    expected = {"spans_kept": 1, "spans_removed": 1, "spans_added": 1}
    assert counted(said, words(A, B), origins, begun=True) == expected


def test_another_label_at_the_same_place_is_mended_and_a_further_one_is_added() -> None:
    """The editor notes neither: both regions are as the suggestion had them."""
    origins: dict[str, Origin] = {"r1": "prediction"}
    assert counted(words(("r1", 0, 4, "DATE")), words(A), origins) == {"spans_mended": 1}
    both = words(("r1", 0, 4, "PERSON"), ("r1#2", 0, 4, "DATE"))
    assert counted(both, words(A), origins) == {"spans_kept": 1, "spans_added": 1}


def test_of_two_that_overlap_one_offered_span_one_was_made_of_it() -> None:
    """The other was added: an offered span is mended once at most."""
    said = words(("r1", 0, 2, "PERSON"), ("r2", 2, 4, "DATE"))
    assert counted(said, words(A)) == {"spans_mended": 1, "spans_added": 1}


def test_mentions_offered_by_the_server_are_counted_apart_and_cost_nothing() -> None:
    """One that stands, one that was moved, and one that is the suggestion's own span, on demand."""
    origins: dict[str, Origin] = {"r1": "manual", "offered-2": "prediction-changed"}
    said = words(("r1", 0, 4, "PERSON"), ("offered-1", 30, 34, "PERSON"), ("offered-2", 40, 45, "PERSON"))
    assert counted(said, None, origins) == {"spans_added": 1, "mentions_kept": 1, "spans_mended": 1}
    assert counted(words(("offered-1", *A[1:])), words(A)) == {"mentions_kept": 1}


JOINED = tuple((f"model:m+model:rules/{place[0]}", *place[1:]) for place in (A, B, C))


def test_what_has_the_id_of_an_offered_span_is_made_of_it_wherever_it_is() -> None:
    """The first moved away, a new one came where it was; the second has another label; the third is gone."""
    first, second, _ = (place[0] for place in JOINED)
    said = words((first, 40, 44, "PERSON"), ("r1", 0, 4, "PERSON"), (second, 9, 13, "DATE"), ("r2", 20, 24, "COUNTRY"))
    expected = {"spans_mended": 2, "spans_removed": 1, "spans_added": 2}
    assert counted(said, words(*JOINED), begun=True) == expected
    # Nor is a further label of a region another offered span.
    twice = words((first, 0, 4, "DATE"), (f"{first}#2", *A[1:]))
    origins: dict[str, Origin] = {first: "prediction"}
    assert counted(twice, words(JOINED[0]), origins) == {"spans_kept": 1, "spans_added": 1}


def test_where_all_ids_are_lost_spans_are_compared() -> None:
    """As another program sends them."""
    said = words(("r1", *A[1:]), ("r2", 9, 15, "COUNTRY"))
    expected = {"spans_kept": 1, "spans_mended": 1, "spans_removed": 1}
    assert counted(said, words(*JOINED), begun=True) == expected


@given(st.lists(st.sampled_from(["kept", "moved", "named", "removed"]), max_size=6), st.permutations(range(6)))
def test_each_offered_span_is_kept_mended_or_removed_by_its_id(fates: list[str], order: list[int]) -> None:
    """Whatever lies at its place now, and in whatever order the spans come."""
    offered = [(f"model:m/p{n}", 10 * n, 10 * n + 4, "PERSON") for n in range(len(fates))]
    # One that was moved is where the next one was offered.
    moves = {"kept": (0, "PERSON"), "moved": (10, "PERSON"), "named": (0, "DATE")}
    there = {
        n: (name, start + moves[fate][0], end + moves[fate][0], moves[fate][1])
        for n, ((name, start, end, _), fate) in enumerate(zip(offered, fates, strict=True))
        if fate in moves
    }
    said = words(*(there[n] for n in order if n in there))
    expected = {
        "spans_kept": fates.count("kept"),
        "spans_mended": fates.count("moved") + fates.count("named"),
        "spans_removed": fates.count("removed"),
    }
    got = counted(said, words(*offered), begun=True)
    assert got == {name: number for name, number in expected.items() if number}


def test_mentions_that_are_gone_are_refusals() -> None:
    """One stands, one was moved, one has another label, two are gone; what was drawn in the place of one is added."""
    places = [(at, at + 4, "PERSON") for at in (0, 10, 20, 30, 40)]
    said = words(
        ("offered-0", 0, 4, "PERSON"),
        ("offered-1", 11, 14, "PERSON"),
        ("offered-2", 20, 24, "DATE"),
        ("r1", 30, 36, "PERSON"),
    )
    origins: dict[str, Origin] = {"offered-1": "prediction-changed", "offered-2": "prediction-changed", "r1": "manual"}
    made = count_actions(WorkTrace(said, None, origins, mentions=places), SCHEMA)
    assert (made.mentions_kept, made.spans_mended, made.mentions_removed, made.spans_added) == (1, 2, 2, 1)
    assert made.weight == 2 * (2 + 2 + 1)
    unknown = count_actions(WorkTrace(said, None, origins, mentions=None), SCHEMA)
    assert (unknown.mentions_removed, unknown.weight) == (None, 2 * (2 + 1))
    assert add_actions([made, unknown]).mentions_removed == 2
    assert (add_actions([unknown]).mentions_removed, add_actions([]).mentions_removed) == (None, 0)


def test_an_offered_mention_does_not_tell_that_a_suggestion_was_there_before() -> None:
    """Who began with an empty page removed nothing of what a model said meanwhile."""
    origins: dict[str, Origin] = {"r1": "manual", "offered-1": "prediction"}
    said = words(("r1", 0, 4, "PERSON"), ("offered-1", 30, 34, "PERSON"))
    assert counted(said, words(*JOINED), origins, begun=False) == {"spans_added": 1, "mentions_kept": 1}


def test_relations_are_followed_through_spans_that_were_mended() -> None:
    """Kept between ends that moved; turned round is mended; gone with its end, or refused; drawn."""
    offered = words(
        A,
        B,
        C,
        ("o4", 50, 54, "PERSON"),
        relations=[("o1", "LEADS", "o2"), ("o4", "LEADS", "o2"), ("o1", "VISITS", "o3"), ("o2", "SAME_AS", "o3")],
    )
    said = words(
        ("r1", 0, 5, "PERSON"),
        ("r2", *B[1:]),
        ("r3", *C[1:]),
        relations=[("r1", "LEADS", "r2"), ("r3", "VISITS", "r1"), ("r3", "SAME_AS", "r2"), ("r1", "LEADS", "r3")],
    )
    # o4 is gone, and LEADS with it. VISITS was turned round. SAME_AS has no direction. LEADS of r1 and r3 is new.
    assert counted(said, offered) == {
        "spans_kept": 2,
        "spans_mended": 1,
        "spans_removed": 1,
        "relations_kept": 2,
        "relations_mended": 1,
        "relations_added": 1,
    }
    assert count_actions(WorkTrace(said, offered), SCHEMA).weight == 2 + 2 + 8 + 8
    refused = words(("r1", *A[1:]), ("r2", *B[1:]))
    expected = {"spans_kept": 2, "relations_removed": 1}
    assert counted(refused, words(A, B, relations=[("o1", "LEADS", "o2")])) == expected


def test_of_one_option_another_is_one_change_of_several_each_is_one() -> None:
    """``usable`` from yes to no: 1. ``event`` from AID and MEET to MEET and ASK: AID goes, ASK comes."""
    offered = words(choices={"usable": ("yes",), "event": ("AID", "MEET")})
    said = words(choices={"usable": ("no",), "event": ("MEET", "ASK")})
    assert counted(said, offered, begun=True) == {"choices_kept": 1, "choices_changed": 3}
    assert counted(said, offered, begun=False) == {"choices_changed": 3}


places = st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from(LABELS))
drawn_spans = st.lists(places, max_size=7, unique=True).map(
    lambda rows: words(*((f"x{n}", start, start + length, label) for n, (start, length, label) in enumerate(rows)))
)
noted = st.dictionaries(st.sampled_from([f"x{n}" for n in range(7)]), st.sampled_from(["manual", "prediction"]))


@given(drawn_spans, drawn_spans, noted, st.sampled_from(["unknown", "begun", "blank"]))
def test_every_span_said_has_one_place_and_every_offered_one_at_most_one(
    said: Annotation, offered: Annotation, origins: dict[str, Origin], start: str
) -> None:
    """Nothing is counted twice, whatever was noted; what is kept as it was offered weighs nothing."""
    begun = None if start == "unknown" else start == "begun"
    counts = count_actions(WorkTrace(said, offered, origins, begun), SCHEMA)
    assert counts.spans_kept + counts.spans_mended + counts.spans_added == len(said.spans)
    assert counts.spans_removed <= len(offered.spans)
    same = count_actions(WorkTrace(offered, offered, {}, begun=True), SCHEMA)
    assert (same.spans_kept, same.weight) == (len(offered.spans), 0)


def test_counts_add_up() -> None:
    """Field by field: 1 + 2 kept, 3 added."""
    total = add_actions([ActionCounts(spans_kept=1, spans_added=3), ActionCounts(spans_kept=2)])
    assert total == ActionCounts(spans_kept=3, spans_added=3)
    assert add_actions([]) == ActionCounts()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"id": 3, "parent_prediction": 5, "result": [{"id": "a", "type": "labels", "origin": "prediction"}]},
            (True, 1),
        ),
        (
            {"id": 3, "parent_prediction": None, "result": [{"id": "a", "type": "labels", "origin": "manual"}]},
            (False, 1),
        ),
        ({"id": 3, "result": [{"id": "a", "type": "choices", "origin": "manual"}, 7, {"type": "relation"}]}, (None, 0)),
        (
            {"id": 3, "result": [{"id": "a", "type": "labels", "origin": "guessed"}, {"id": 7, "type": "labels"}]},
            (None, 0),
        ),
        ({"id": 3, "result": None}, (None, 0)),
    ],
)
def test_origins_are_read_from_regions_and_nothing_else(
    row: dict[str, object], expected: tuple[bool | None, int]
) -> None:
    """What the editor does not say is not known, and an unreadable row hinders nothing."""
    (found,) = read_origins({"annotations": [row, "strange", {"id": "x"}]}).values()  # type: ignore[list-item]
    assert (found.begun, len(found.regions)) == expected


@pytest.mark.parametrize("task", [{}, {"annotations": None}, {"annotations": {}}])
def test_a_task_without_annotations_has_no_origins(task: dict[str, None]) -> None:
    """However that is said."""
    assert read_origins(task) == {}
    assert SpanOrigins().begun is None
