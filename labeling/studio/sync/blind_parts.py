"""As what the layer is told that each article is read: blind wherever somebody else reads its story. Pure.

The layer knows tasks and no stories. Whoever is a first reader, and the only one of an article, is shown there what was
carried to it from its reprints. Where another article of the story is read by two, or is a gold question of theirs,
that would be the words to which they are to be blind.

An example. The lead has settled one article of a story, which Ben gets as a gold question; its reprint is left to him,
since its reader has gone. For the layer he is a second reader of the reprint: it hides what was carried there.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from labeling.workspace.rows.reader_assignment import Assignment, ReadingPart


def find_blind_articles(rows: Iterable[Assignment], stories: Mapping[str, str]) -> frozenset[str]:
    """The articles that nobody reads alone, or that somebody reads blind: nobody is shown there what was carried."""
    told = [*tell_parts(rows, stories)]
    readers = Counter(row.article for row, _ in told)
    return frozenset(row.article for row, part in told if part != "first" or readers[row.article] > 1)


def tell_parts(rows: Iterable[Assignment], stories: Mapping[str, str]) -> Iterator[tuple[Assignment, ReadingPart]]:
    """Each row of a plan with the part that the layer is told.

    Args:
        rows: The plan.
        stories: The story of each article; one that is not there is a story by itself.
    """
    plan = list(rows)
    readers = Counter(row.article for row in plan)
    by_two = {stories.get(row.article, row.article) for row in plan if row.part == "second"}
    asked = {(row.reader, stories.get(row.article, row.article)) for row in plan if row.part == "gold question"}
    for row in plan:
        story = stories.get(row.article, row.article)
        is_blind = story in by_two or (row.reader, story) in asked
        yield row, "second" if row.part == "first" and readers[row.article] == 1 and is_blind else row.part
