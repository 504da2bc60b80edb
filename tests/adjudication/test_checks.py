"""What every annotation is checked for, whoever made it."""

from __future__ import annotations

import made

from labeling.adjudication.checks import check_annotation
from labeling.annotations import Annotation, Relation, Span
from labeling.project import load_project


def test_a_relation_with_another_score_stands_twice() -> None:
    """What it says is the same, however sure one is of it; the first stays."""
    found = made.article("a", "Oslo met Rome.")
    spans = (Span(id="a", start=0, end=4, label="LOCATION"), Span(id="b", start=9, end=13, label="MEETING"))
    once, again = (Relation(head="b", tail="a", label="HELD_AT", score=score) for score in (0.9, 0.8))
    said = Annotation(
        article=found.id, digest=found.digest, annotator="model:m", spans=spans, relations=(once, again, once)
    )

    sound, refused = check_annotation(said, found, load_project().schema)

    assert sound.relations == (once,)
    assert [row.reason for row in refused] == ["it stands twice"] * 2
