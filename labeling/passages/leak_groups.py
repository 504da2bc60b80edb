"""Leak groups described: what each article of a group shares with fuller ones, and which articles report one story."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from labeling.passages.alignment import align_streams
from labeling.passages.boilerplate import mask_boilerplate
from labeling.passages.fingerprints import hash_texts
from labeling.passages.shared_runs import REPRINT, STORY, Columns
from labeling.passages.stories import StoryArticle, group_stories
from labeling.passages.words import batch_by_size, stack_streams, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.passages.boilerplate import Phrases
    from labeling.passages.frames import Column
    from labeling.passages.normalise import Numbers
    from labeling.passages.words import Hashes, Stream
    from labeling.project import PassageRules

GroupRows: TypeAlias = "dict[str, Any]"  # columns of numbers, of lists, and texts

# The columns of a pair of places: the centre's, the article's, and how many words they share.
PAIR_COLUMNS = ("centre", "centre_start", "centre_end", "article", "start", "end", "words")
_NO_STRETCHES: Columns = {name: np.zeros(0, np.int64) for name in PAIR_COLUMNS}


@dataclass(frozen=True)
class _PlainArticles:
    """Articles without boilerplate: their words, how many each has left, and the number of each text as a whole."""

    stream: Stream
    remaining: Numbers
    wholes: Hashes


def describe_leak_groups(rows: GroupRows, rules: PassageRules, phrases: Phrases) -> Columns:
    """The passages and the stories of some leak groups, one row each.

    Args:
        rows: article, text, source, day, group; ``at``, the words at which its boilerplate starts, and ``centre``, the
            fuller articles of its group that it shares a run with, both lists or nothing.
        rules: What counts as shared, and what is one story.
        phrases: The boilerplate that the project file declares.

    Returns:
        kind; of a ``REPRINT`` the ends of a passage by alignment, in centre and article, and how many words it has in
        both; of a ``STORY`` its lead as centre, and an article in it.
    """
    plain = _strip_boilerplate(rows, rules, phrases)
    stretches = _shared_stretches(rows, plain.stream, rules)
    # Both results as rows of one table: those of a story have no places.
    leads = _find_leads([*_story_articles(rows, plain, stretches)], rows["group"], rules)
    story = {"kind": np.full(len(leads["lead"]), STORY), "centre": leads["lead"], "article": leads["article"]}
    reprint = stretches | {name: rows["article"][stretches[name]] for name in ("centre", "article")}
    reprint["kind"] = np.full(len(reprint["words"]), REPRINT)
    nowhere = np.zeros(len(leads["lead"]), np.int64)
    return {name: np.concatenate((values, story.get(name, nowhere))) for name, values in reprint.items()}


def _strip_boilerplate(rows: GroupRows, rules: PassageRules, phrases: Phrases) -> _PlainArticles:
    made: list[_PlainArticles] = []
    # As many articles at once as fit in a processor's cache.
    for part in batch_by_size(rows["text"].sizes()):
        stream = stream_of(rows["text"][part])
        numbers, masks = hash_texts(stream), [np.array(each or [], np.int64) for each in rows["at"][part]]
        made.append(_PlainArticles(*mask_boilerplate(stream, phrases, numbers, masks, rules.words), numbers))
    remaining, numbers = (np.concatenate([getattr(each, name) for each in made]) for name in ("remaining", "wholes"))
    return _PlainArticles(stack_streams([each.stream for each in made]), remaining, numbers)


def _shared_stretches(rows: GroupRows, stream: Stream, rules: PassageRules) -> Columns:
    """The passages of articles and their centres; ``centre`` and ``article`` are rows."""
    left, right = _centre_pairs(rows["article"], rows["centre"])
    sizes, made = np.array(rows["text"].sizes()), [_NO_STRETCHES]
    for part in batch_by_size((sizes[left] + sizes[right]).tolist()):
        found = align_streams(stream.take(left[part]), stream.take(right[part]), rules.words)
        one = {"centre": left[part][found.pair], "centre_start": found.left_start, "centre_end": found.left_end}
        other = {"article": right[part][found.pair], "start": found.right_start, "end": found.right_end}
        made.append(one | other | {"words": found.words})
    return {name: np.concatenate([each[name] for each in made]) for name in _NO_STRETCHES}


def _centre_pairs(articles: Hashes, centres: Column) -> tuple[Numbers, Numbers]:
    """The row of the centre, and the row of the article, of each pair of the two."""
    # Ids of centres are looked up among the sorted ids of all articles.
    listed = [each or () for each in centres]
    right = np.repeat(np.arange(len(listed)), [len(each) for each in listed])
    order = np.argsort(articles)
    wanted = np.fromiter(chain.from_iterable(listed), np.uint64, len(right))
    return order[np.searchsorted(articles[order], wanted)], right


def _story_articles(rows: GroupRows, plain: _PlainArticles, stretches: Columns) -> Iterator[StoryArticle]:
    """Each article with what stories are decided by: its words, source and day, and what it shares with its centres."""
    articles: list[int] = rows["article"].tolist()
    # A pair of articles may share several stretches: their words are summed.
    shared: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for centre, place, words in zip(
        *(stretches[name].tolist() for name in ("centre", "article", "words")), strict=True
    ):
        shared[place][articles[centre]] += words
    for place, article in enumerate(articles):
        yield StoryArticle(
            article=article,
            words=plain.stream.words_of_text(place),
            own=int(plain.remaining[place]),
            whole=int(plain.wholes[place]),
            source=int(rows["source"][place]),
            day=int(rows["day"][place]),
            shared=shared[place],
        )


def _find_leads(reports: Sequence[StoryArticle], groups: Hashes, rules: PassageRules) -> Columns:
    """The lead of each article's story, leak group by leak group."""
    # Sorted by group, each group is one slice.
    order = np.argsort(groups, kind="stable")
    leads: dict[int, int] = {}
    for places in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        leads |= group_stories([reports[place] for place in places], rules)
    return {"article": np.array(list(leads), np.uint64), "lead": np.array(list(leads.values()), np.uint64)}
