"""Annotations: stretches, the words in them, where one came from, and which submission of a person counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import (
    Annotation,
    QuarantineRow,
    Relation,
    Span,
    State,
    fold_words,
    latest_submissions,
    overlaps,
    surface_of,
)

ENDS = st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))


@given(one=ENDS, other=ENDS)
def test_overlap_is_a_code_point_in_common(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Half-open intervals overlap when, and only when, their code points do; the order of the two does not matter."""
    common = set(range(*one)) & set(range(*other))

    assert overlaps(*one, *other) == overlaps(*other, *one) == bool(common)


def test_surface_ignores_case_and_blanks() -> None:
    """A name in capitals, or broken over two lines, has the surface of the name; another label has another."""
    assert surface_of("A", "UNITED\n  Kingdom") == surface_of("A", "United Kingdom") == ("A", "united kingdom")
    assert surface_of("B", "United Kingdom") != surface_of("A", "United Kingdom")


@given(st.text())
def test_folding_is_idempotent(words: str) -> None:
    """Words that were folded stay as they are."""
    assert fold_words(fold_words(words)) == fold_words(words)


def submission(annotator: str, updated: str = "", server_id: int | None = None, **more: object) -> Annotation:
    """A submission on article a, whose text has the digest d."""
    made = Annotation(article="a", digest="d", annotator=annotator, updated=updated, server_id=server_id)
    return made.model_copy(update=more)


@pytest.mark.parametrize(
    ("annotator", "task", "imported"), [("ana", None, True), ("ana", 7, False), ("", None, False), ("", 7, False)]
)
def test_imported_means_an_annotator_and_no_task(annotator: str, task: int | None, *, imported: bool) -> None:
    """An unreadable task has no annotator; whatever has a task was pulled."""
    bad = QuarantineRow(
        article="a", annotator=annotator, what="annotation", id="x", kind="unreadable", reason="", task=task
    )

    assert submission(annotator, task=task).imported is imported
    assert bad.imported is imported


def test_latest_submissions_compare_instants() -> None:
    """10:30 in Paris is before 9:45 in London; at one instant the higher number of the server is later."""
    paris = submission("ana", "2026-11-22T10:30:00+01:00")
    london = submission("ana", "2026-11-22T09:45:00Z")
    ninth, tenth = (submission("ben", "2026-11-22T09:00:00", server_id=number) for number in (9, 10))

    assert latest_submissions([london, tenth, ninth, paris], "d") == {"ana": london, "ben": tenth}


@pytest.mark.parametrize("state", ["skipped", "draft"])
def test_latest_submissions_are_submitted_by_people_on_this_text(state: State) -> None:
    """Drafts, skips, models, projections and another text do not count, however late they are."""
    early = submission("ana", "2026-11-22T09:00:00Z")
    late = [
        submission("ana", "2026-11-23T09:00:00Z", state=state),
        submission("ana", "2026-11-23T09:00:00Z", digest="other"),
        submission("model:rules"),
        submission("projected:b"),
    ]

    assert latest_submissions([*late, early], "d") == {"ana": early}


def test_without_a_score_a_row_is_the_line_it_was() -> None:
    """The key is there with a score alone, of 0 too."""
    span, relation = Span(id="a", start=0, end=3, label="X"), Relation(head="a", tail="b", label="R")

    assert span.model_dump_json() == '{"id":"a","start":0,"end":3,"label":"X","unsure":false,"note":""}'
    assert relation.model_dump_json() == '{"head":"a","tail":"b","label":"R"}'
    for scored in (span.model_copy(update={"score": 0.0}), relation.model_copy(update={"score": 0.25})):
        again = type(scored).model_validate_json(scored.model_dump_json())
        assert again == scored
        assert scored.model_dump_json().endswith(f'"score":{scored.score}}}')


@pytest.mark.parametrize("score", ["1.01", "-0.01", "NaN", "Infinity", "-Infinity", "1e400", '"0.5"', "true"])
def test_a_score_is_a_number_from_0_to_1(score: str) -> None:
    """Of a span and of a relation: everything else is not a row."""
    for row, kind in (
        ('{"id":"a","start":0,"end":3,"label":"X","score":%s}', Span),
        ('{"head":"a","tail":"b","label":"R","score":%s}', Relation),
    ):
        with pytest.raises(ValueError, match="score"):
            kind.model_validate_json(row % score)
