"""What the layer is told of a plan: nobody is the first reader of a story alone who is to read it blind."""

from __future__ import annotations

import pytest

from labeling.studio.sync.blind_parts import find_blind_articles, tell_parts
from labeling.workspace.rows.reader_assignment import Assignment, ReadingPart

STORY = {"a": "a", "b": "a", "c": "c"}


def plan(*rows: tuple[str, str, ReadingPart]) -> list[Assignment]:
    """Rows of a plan: article, reader, part."""
    return [Assignment(article=name, reader=reader, part=part, order=1) for name, reader, part in rows]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        # Alone with the whole story: what ana said of one is offered her in the other.
        ([("a", "ana", "first"), ("b", "ana", "first")], ["first", "first"]),
        # Ben reads the reprint of his gold question; ana, who is asked nothing, does not.
        ([("a", "ben", "gold question"), ("b", "ben", "first")], ["gold question", "second"]),
        ([("a", "ben", "gold question"), ("b", "ana", "first")], ["gold question", "first"]),
        # A story that two read: what is carried to its other article are the words of one of them.
        ([("a", "ana", "first"), ("a", "ben", "second"), ("b", "ana", "first")], ["first", "second", "second"]),
        # Another story is nobody's business.
        ([("a", "ana", "first"), ("a", "ben", "second"), ("c", "ana", "first")], ["first", "second", "first"]),
        # Of an article without a story, itself is one.
        ([("x", "ben", "gold question"), ("y", "ben", "first")], ["gold question", "first"]),
    ],
)
def test_who_is_to_read_a_story_blind_is_no_first_reader_of_its_reprint(
    rows: list[tuple[str, str, ReadingPart]], told: list[str]
) -> None:
    """The layer shows a first reader what was carried; to whoever is blind it must not."""
    assert [(row, part) for row, part in tell_parts(plan(*rows), STORY)] == [*zip(plan(*rows), told, strict=True)]


def test_an_article_is_blind_for_all_its_readers_or_for_none() -> None:
    """Read by two, asked as a gold question, or of a story that its one reader reads blind elsewhere."""
    rows = plan(
        ("a", "ana", "first"),
        ("a", "ben", "second"),
        ("b", "ana", "first"),
        ("c", "ana", "first"),
        ("d", "ben", "gold question"),
        ("e", "ana", "first"),
        ("e", "ben", "first"),
    )
    assert find_blind_articles(rows, STORY) == {"a", "b", "d", "e"}
    assert find_blind_articles([], STORY) == frozenset()
