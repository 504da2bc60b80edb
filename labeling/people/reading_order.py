"""In which order each reader gets what is theirs, with gold questions among it that cannot be told from the rest. Pure.

What somebody has keeps its order; what comes later follows, by the hash of its story, so that neither its id nor its
day tells why an article is where it is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.values import digest_of
from labeling.workspace.rows.reader_assignment import Assignment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from labeling.workspace.rows.reader_assignment import ReadingPart


@dataclass(frozen=True)
class PlannedReading:
    """That somebody reads an article, as which part; its place is still to be found."""

    article: str
    reader: str
    part: ReadingPart


def choose_gold_questions(
    readers: Collection[str],
    count: int,
    settled: AbstractSet[str],
    before: Iterable[Assignment],
    readings: Mapping[str, Mapping[str, bool]],
) -> list[PlannedReading]:
    """The gold questions of each reader: the same for all, but for what somebody has read otherwise.

    Those that a reader had come first, then those of others, then others by hash; never more than there are. One that
    was answered stays.

    Args:
        readers: Who is asked.
        count: How many each is asked, those included that they have answered.
        settled: The articles that can be asked.
        before: The plan of the last time.
        readings: By article, who has begun to read it, and whether they have submitted it.
    """
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for row in before:
        if row.part == "gold question":
            asked[row.reader].add(row.article)
    ever = set[str]().union(*asked.values())
    ranked = sorted(settled, key=lambda article: (article not in ever, digest_of(f"gold:{article}")))
    rows = list[PlannedReading]()
    for reader in sorted({*readers, *asked}):
        answered = {each for each in asked[reader] if _is_read(readings, each, reader, reader in readers)}
        open_to = [each for each in ranked if each not in answered and reader not in readings.get(each, {})]
        # Their own come first, whatever others have got since: else planning twice would change them.
        open_to.sort(key=lambda article: article not in asked[reader])
        fresh = open_to[: max(0, count - len(answered))] if reader in readers else []
        rows += (PlannedReading(article, reader, "gold question") for article in (*sorted(answered), *fresh))
    return rows


def order_readings(
    rows: Iterable[PlannedReading],
    before: Iterable[Assignment],
    readings: Mapping[str, Mapping[str, bool]],
    stories: Mapping[str, str],
    seed: str,
) -> list[Assignment]:
    """All rows with their places, by reader: those of before in their order, then the others.

    The articles of a story follow each other. New gold questions stand among what the reader has not begun, spread over
    all of it, each at a place that a hash decides.
    """
    places = {(row.reader, row.article): row.order for row in before}
    ours: defaultdict[str, list[PlannedReading]] = defaultdict(list)
    for row in rows:
        ours[row.reader].append(row)
    ordered = list[Assignment]()
    for reader in sorted(ours):
        kept = [row for row in ours[reader] if (reader, row.article) in places]
        kept.sort(key=lambda row: (places[row.reader, row.article], row.article))
        new = [row for row in ours[reader] if (reader, row.article) not in places]
        plain = _join_stories(kept, [row for row in new if row.part != "gold question"], stories, seed)
        asked = [row for row in new if row.part == "gold question"]
        begun = [number for number, row in enumerate(plain, 1) if reader in readings.get(row.article, {})]
        spread = _spread(plain, asked, begun[-1] if begun else 0, seed)
        ordered += (
            Assignment(article=row.article, reader=reader, part=row.part, order=place)
            for place, row in enumerate(spread, 1)
        )
    return ordered


def _is_read(readings: Mapping[str, Mapping[str, bool]], article: str, reader: str, is_here: bool) -> bool:  # noqa: FBT001
    found = readings.get(article, {})
    return reader in found and (is_here or found[reader])


def _join_stories(
    kept: Sequence[PlannedReading], new: Iterable[PlannedReading], stories: Mapping[str, str], seed: str
) -> list[PlannedReading]:
    """New rows after those of their story, else at the end, by the hash of their story; its lead comes first."""
    by_story: defaultdict[str, list[PlannedReading]] = defaultdict(list)
    for row in sorted(new, key=lambda row: (row.article != stories[row.article], row.article)):
        by_story[stories[row.article]].append(row)
    last = {stories.get(row.article): number for number, row in enumerate(kept) if row.part != "gold question"}
    joined = list[PlannedReading]()
    for number, row in enumerate(kept):
        joined.append(row)
        story = stories.get(row.article, "")
        if last.get(story) == number:
            joined += by_story.pop(story, [])
    for story in sorted(by_story, key=lambda story: digest_of(f"{seed}:order:{story}")):
        joined += by_story[story]
    return joined


def _spread(
    plain: Sequence[PlannedReading], asked: Sequence[PlannedReading], start: int, seed: str
) -> list[PlannedReading]:
    """Put questions among the rows from ``start`` on: one into each of as many stretches as there are questions."""
    drawn = {row.article: digest_of(f"{seed}:place:{row.reader}:{row.article}") for row in asked}
    at: defaultdict[int, list[PlannedReading]] = defaultdict(list)
    size = len(plain) - start
    for number, row in enumerate(sorted(asked, key=lambda row: drawn[row.article])):
        # The last figures of the hash, for by the first ones they were sorted.
        part = int(drawn[row.article][-8:], 16) / 16**8
        at[start + int((number + part) * size / len(asked))].append(row)
    return [row for place in range(len(plain) + 1) for row in (*at[place], *plain[place : place + 1])]
