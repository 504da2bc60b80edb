"""How far the reading is: what counts as read, as finished, and as somebody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation
from labeling.people.reading_progress import ReaderTally, ReadingProgress, count_reading_progress
from labeling.workspace.rows.reader_assignment import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.annotations import State
    from labeling.workspace.rows.reader_assignment import ReadingPart

DIGESTS = {"a": "da", "b": "db", "c": "dc"}
STATES: tuple[State, ...] = ("submitted", "skipped", "draft")


def said(article: str, by: str, state: State = "submitted", **more: Any) -> Annotation:
    """One annotation of today's text."""
    fields = {"article": article, "digest": DIGESTS[article], "annotator": by, "state": state}
    return Annotation(**fields | more)


def planned(article: str, reader: str, part: ReadingPart = "first") -> Assignment:
    """One row of a plan."""
    return Assignment(article=article, reader=reader, part=part, order=1)


def counted(
    annotations: Iterable[Annotation], plan: Iterable[Assignment] = (), not_read_by: str = ""
) -> ReadingProgress:
    """The progress, people by name; what one of them says is no reading."""
    return count_reading_progress(
        annotations, DIGESTS, plan, lambda one: one.annotator, lambda one: one.annotator != not_read_by
    )


def test_the_example_of_the_docstring_comes_out() -> None:
    """Ana submitted a, which Ben has open; Ben skipped b."""
    plan = [planned("a", "ana"), planned("a", "ben", "second"), planned("b", "ben")]
    found = counted([said("a", "ana"), said("b", "ben", "skipped")], plan)
    assert (found.articles, found.read, found.finished, found.readings, found.planned) == (3, 1, 1, 2, 3)
    assert found.readers == {"ana": ReaderTally(1, 1, 0, 0, 0), "ben": ReaderTally(2, 0, 1, 0, 1)}


def test_without_a_plan_one_person_finishes_an_article() -> None:
    """A skip finishes it, a draft does not."""
    found = counted([said("a", "ana"), said("b", "ana", "skipped"), said("c", "ana", "draft")])
    assert (found.read, found.finished, found.readings, found.planned) == (1, 2, 2, None)
    assert found.readers == {"ana": ReaderTally(None, 1, 1, 1, None)}


def test_what_is_no_reading_of_today_does_not_count() -> None:
    """Models, texts of before, single spans that were judged, and those who settle."""
    rows = [
        said("a", "model:rules"),
        said("a", "ana", digest="of before"),
        said("a", "ana", open=((0, 4),)),
        said("b", "lead"),
    ]
    found = counted(rows, not_read_by="lead")
    assert (found.read, found.finished, found.readings) == (0, 0, 0)
    assert found.readers == {"lead": ReaderTally(None, 1, 0, 0, None)}


def test_gold_questions_are_somebodys_and_finish_nothing() -> None:
    """They are given and done, and the plan wants no reading of them."""
    plan = [planned("a", "ana"), planned("b", "ana", "gold question")]
    found = counted([], plan)
    assert found.planned == 1
    assert found.readers["ana"] == ReaderTally(2, 0, 0, 0, 2)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ana", "ben"]), st.sampled_from(STATES)), max_size=9)
)
def test_order_and_repetition_change_nothing(rows: list[tuple[str, str, State]]) -> None:
    """Of several annotations of one article by one person the one that says most counts; articles are counted once."""
    annotations = [said(*row) for row in rows]
    plan = [planned("a", "ana"), planned("a", "ben", "second"), planned("c", "ben")]
    found = counted(annotations, plan)
    assert found == counted([*reversed(annotations), *annotations], plan)
    for name, tally in found.readers.items():
        own = {article: [state for one, by, state in rows if (one, by) == (article, name)] for article in "abc"}
        best = [min(states, key=STATES.index) for states in own.values() if states]
        assert [tally.submitted, tally.skipped, tally.drafts] == [best.count(state) for state in STATES]
    assert found.read <= found.readings
    assert found.finished <= len(DIGESTS)
