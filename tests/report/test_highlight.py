"""Annotated texts cut into pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Span
from labeling.report.highlight import MarkedPiece, mark_spans


def test_nested_spans_share_their_pieces() -> None:
    """A piece has every span over it, the longest first, and the spans that end with it, the shortest first."""
    spans = [Span(id="1", start=0, end=8, label="BODY"), Span(id="2", start=3, end=8, label="PLACE")]

    assert mark_spans("UN Paris!", spans) == [
        MarkedPiece("UN ", ("BODY",), ()),
        MarkedPiece("Paris", ("BODY", "PLACE"), ("PLACE", "BODY")),
        MarkedPiece("!", (), ()),
    ]


def test_crossing_spans_are_cut_where_they_cross() -> None:
    """Two spans that cross make three pieces; the one in the middle has both labels."""
    spans = [Span(id="1", start=0, end=2, label="A"), Span(id="2", start=1, end=3, label="B")]

    assert [piece.labels for piece in mark_spans("abc", spans)] == [("A",), ("A", "B"), ("B",)]


@given(text=st.text(min_size=1, max_size=30), data=st.data())
def test_pieces_joined_are_the_text(text: str, data: st.DataObject) -> None:
    """No character is lost, doubled or moved, whatever the spans are."""
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(
        lambda place: place[0] < place[1]
    )
    spans = [
        Span(id=str(number), start=start, end=end, label="X")
        for number, (start, end) in enumerate(data.draw(st.lists(places, max_size=6)))
    ]

    cut = mark_spans(text, spans)

    assert "".join(piece.text for piece in cut) == text
    covered = {place for span in spans for place in range(span.start, span.end)}
    assert sum(len(piece.text) for piece in cut if piece.labels) == len(covered)


def test_a_heap_of_spans_is_marked_in_one_pass() -> None:
    """Two hundred thousand beside each other: to ask each of them about each piece took the square of that."""
    count = 200_000
    spans = [Span(id=str(at), start=at, end=at + 1, label="A") for at in range(count)]

    assert len(mark_spans("x" * count, spans)) == count
