"""How far the reading is: which articles were read, which are finished, and what each reader has done of theirs. Pure.

An example. The plan gives article a to Ana and to Ben, article b to Ben. Ana submitted a, Ben skipped b: a is read and
not finished, b is finished and not read; Ana has none open, Ben has a open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.annotations import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from labeling.annotations import Annotation
    from labeling.workspace.rows.reader_assignment import Assignment

# Of several annotations of one article by one person the one that says most counts.
_ORDER: tuple[State, ...] = ("draft", "skipped", "submitted")


@dataclass(frozen=True)
class ReaderTally:
    """One reader's articles, by address; ``given`` are those of the plan, ``open`` those left of them, or None both."""

    given: int | None
    submitted: int
    skipped: int
    drafts: int
    open: int | None


@dataclass(frozen=True)
class ReadingProgress:
    """How many articles somebody submitted, and all who are planned submitted or skipped; and each reader's tally.

    Without a plan an article is finished when one person is done with it. ``readings`` counts submissions and skips of
    the articles, ``planned`` those that the plan wants, None without one.
    """

    articles: int
    read: int
    finished: int
    readings: int
    planned: int | None
    readers: Mapping[str, ReaderTally]


def count_reading_progress(
    annotations: Iterable[Annotation],
    digests: Mapping[str, str],
    plan: Iterable[Assignment],
    reader_of: Callable[[Annotation], str],
    is_reading: Callable[[Annotation], bool],
) -> ReadingProgress:
    """Count what was done of what is to be read, on the texts of today.

    Args:
        annotations: All there are, those of models, too.
        digests: The digest of each article's text.
        plan: Who is to read what; empty without a plan.
        reader_of: Whose an annotation is, by address.
        is_reading: Whether it is a reading of the plan: not an adjudicator's word, and no answer to a gold question.
    """
    planned, given = Counter[str](), defaultdict[str, set[str]](set)
    for row in plan:
        given[row.reader].add(row.article)
        planned[row.article] += row.part != "gold question"
    states, done = dict[tuple[str, str], State](), defaultdict[str, set[str]](set)
    submitted = set[str]()
    for one in annotations:
        if not one.by_person or one.open or digests.get(one.article) != one.digest:
            continue
        key = reader_of(one), one.article
        states[key] = max(states.get(key, "draft"), one.state, key=_ORDER.index)
        if one.state != "draft" and is_reading(one):
            done[one.article].add(key[0])
            submitted |= {one.article} if one.state == "submitted" else set()
    return ReadingProgress(
        articles=len(digests),
        read=len(submitted),
        finished=sum(len(readers) >= max(planned[article], 1) for article, readers in done.items()),
        readings=sum(map(len, done.values())),
        planned=planned.total() if given else None,
        readers=_tally_readers(states, given),
    )


def _tally_readers(states: Mapping[tuple[str, str], State], given: Mapping[str, set[str]]) -> dict[str, ReaderTally]:
    counts = Counter((reader, state) for (reader, _), state in states.items())
    done = {key for key, state in states.items() if state != "draft"}
    return {
        reader: ReaderTally(
            given=len(given.get(reader, ())) if given else None,
            submitted=counts[reader, "submitted"],
            skipped=counts[reader, "skipped"],
            drafts=counts[reader, "draft"],
            open=sum((reader, article) not in done for article in given.get(reader, ())) if given else None,
        )
        for reader in sorted({*given, *(reader for reader, _ in states)})
    }
