"""The pace of readers: open, done, skipped, time, time left, and whose submissions are the machine's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Span
from labeling.studio.sync.pace import HASTY, ReaderPace, measure_pace, span_places


def said(article: str, by: str, seconds: float | None = None, *starts: int, state: str = "submitted") -> Annotation:
    """An annotation on the server with spans of four letters."""
    spans = tuple(Span(id=f"{by}{start}", start=start, end=start + 4, label="PERSON") for start in starts)
    one = Annotation(article=article, digest="d", annotator=by, spans=spans, seconds=seconds, task=1)
    return one.model_copy(update={"state": state})


SUGGESTED = {"b": [span_places(said("b", "model:m", None, 0, 9))]}


def test_pace_of_two_readers_by_hand() -> None:
    """Ana has 60, 4 and 80 s, median 60, one article open; ben has skipped his one; carl has not begun."""
    pace = measure_pace(
        [
            said("a", "ana", 60.0),
            said("b", "ana", 4.0, 9, 0),
            said("c", "ana", 80.0),
            said("c", "ana", state="skipped"),
            said("d", "ana", 5.0, state="draft"),
            said("a", "ben", 1.0, state="skipped"),
            said("a", "model:m", 1.0, 3),
            said("d", "dora", 5.0).model_copy(update={"task": None}),
        ],
        {"ana": ["a", "b", "c", "d"], "ben": ["a"], "carl@desk.example": ["b"]},
        9,
        lambda article: SUGGESTED.get(article, []),
    )

    assert pace.readers == (
        ReaderPace("ana", open=1, done=3, skipped=0, seconds=60.0, seconds_left=60.0, as_suggested=1),
        ReaderPace("ben", open=0, done=0, skipped=1, seconds=None, seconds_left=None, as_suggested=0),
        ReaderPace("carl@desk.example", open=1, done=0, skipped=0, seconds=None, seconds_left=None, as_suggested=0),
    )
    assert (pace.read_by_more, pace.read_by_fewer) == ((), ("b", "d"))


def test_without_a_plan_all_is_open_and_no_time_is_foretold() -> None:
    """Nine articles, one read; nothing was planned, so nothing is read too often."""
    pace = measure_pace([said("a", "ana", 60.0)], {}, 9, lambda _: [])

    assert pace.readers == (ReaderPace("ana", 8, 1, 0, 60.0, None, 0),)
    assert (pace.read_by_more, pace.read_by_fewer) == ((), ())


def test_more_and_fewer_than_planned() -> None:
    """One article is planned for two, one for one, one for nobody; a skip is a reading, a stranger's too."""
    annotations = [said("a", "ana"), said("b", "ana"), said("b", "eve", state="skipped"), said("c", "eve")]
    pace = measure_pace(annotations, {"ana": ["a", "b"], "ben": ["a"]}, 3, lambda _: [])

    assert (pace.read_by_more, pace.read_by_fewer) == (("b", "c"), ("a",))
    assert {each.reader: each.open for each in pace.readers} == {"ana": 0, "ben": 1, "eve": 0}


def test_who_settles_an_article_is_not_one_more_reader() -> None:
    """The lead says what is right of an article that two have read, and reads one that was once assigned to her."""
    annotations = [said("a", by) for by in ("ana", "ben", "lead")] + [said("b", "lead")]
    plan = {"ana": ["a"], "ben": ["a"], "lead": ["b"]}
    pace = measure_pace(annotations, plan, 2, lambda _: [], adjudicators={"lead"})

    assert (pace.read_by_more, pace.read_by_fewer) == ((), ())
    assert {each.reader: each.done for each in pace.readers} == {"ana": 1, "ben": 1, "lead": 2}
    assert measure_pace(annotations, plan, 2, lambda _: []).read_by_more == ("a",)


def test_only_hasty_and_identical_submissions_count_as_the_machines() -> None:
    """Exactly the threshold counts; a second more, one span less, another place or nothing suggested do not."""
    for seconds, starts, number in (
        (HASTY, (0, 9), 1),
        (HASTY + 0.1, (0, 9), 0),
        (3.0, (0,), 0),
        (3.0, (0, 9, 18), 0),
        (3.0, (1, 9), 0),
        (None, (0, 9), 0),
    ):
        (reader,) = measure_pace([said("b", "ana", seconds, *starts)], {}, 1, lambda _: SUGGESTED["b"]).readers
        assert reader.as_suggested == number
    (reader,) = measure_pace([said("a", "ana", 2.0)], {}, 1, lambda _: [frozenset()]).readers
    assert reader.as_suggested == 0, "nothing was suggested, and nothing found"


@given(
    st.lists(
        st.builds(
            said,
            st.sampled_from("abcd"),
            st.sampled_from(["ana", "ben"]),
            st.floats(0, 500),
            state=st.sampled_from(["submitted", "skipped"]),
        )
    ),
    st.dictionaries(st.sampled_from(["ana", "ben"]), st.sets(st.sampled_from("abcd"))),
)
def test_each_assigned_article_is_open_done_or_skipped(
    annotations: list[Annotation], plan: dict[str, set[str]]
) -> None:
    """Of a reader's articles those that are not open were answered; nothing is counted twice."""
    pace = measure_pace(annotations, plan, 4, lambda _: [])
    for reader in pace.readers:
        answered = {one.article for one in annotations if one.annotator == reader.reader}
        assert reader.done + reader.skipped == len(answered)
        assert reader.open == (len(plan.get(reader.reader, set()) - answered) if plan else 4 - len(answered))
