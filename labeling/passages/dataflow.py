"""The flow of rows from texts to shared runs, passages and stories, step by step, each a Daft dataframe.

::

    texts -> fingerprints -> those in two articles -> their runs of ``words`` words -> those in two articles,
    boilerplate apart -> each beside the fullest article that has it -> pairs -> leak groups -> of each, its passages,
    by alignment, and its stories
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from labeling.passages import leak_groups, shared_runs
from labeling.passages.boilerplate import occurrences, phrases_of, without
from labeling.passages.fingerprints import beside, fingerprints, wholes, windows
from labeling.passages.frames import each_bucket, each_pack, listed, packed, widened
from labeling.passages.leak_groups import PAIR
from labeling.passages.words import all_words, number_of, streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daft import DataFrame

    from labeling.passages.boilerplate import Phrases
    from labeling.passages.frames import Column
    from labeling.passages.leak_groups import Rows
    from labeling.passages.normalise import Numbers, Texts
    from labeling.passages.settings import PassageRules
    from labeling.passages.shared_runs import Columns
    from labeling.passages.words import Stream

_PLACE = ("article", "at", "start", "end")
_RUN = ("hash", "kind", "length", *_PLACE)
_NONE = np.zeros(0, np.int64)


def numbered(texts: DataFrame) -> DataFrame:
    """Articles by number: id, text, article, source, day; of ``texts`` with id, text, source and published."""
    from daft import col

    facts = texts.with_column("name", col("id"))
    return widened(facts, _facts, ("name", "source", "published"), ("article", "source", "day"))


def shared_fingerprints(articles: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Fingerprints that stand in two articles or more, and are no mere stock phrases: article, at."""
    step = partial(_fingerprints, rules=rules, phrases=phrases_of(rules.boilerplate))
    made = packed(articles.select("article", "text"), step, "hash", buckets, ("article", "hash", "at", "near"))
    return each_pack(made, partial(shared_runs.repeated, masks=beside(rules.words)), ("article", "at"))


def find_shared_runs(articles: DataFrame, prints: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Runs that stand in two articles or more, boilerplate told from the rest.

    Returns:
        hash, kind, length (words of the article), article, at, start, end.
    """
    named = articles.exclude("id").join(listed(prints, "article", buckets), on="article")
    step = partial(_windows, rules=rules, phrases=phrases_of(rules.boilerplate))
    runs = packed(named, step, "hash", buckets, ("hash", *_PLACE, "length", "source", "day"))
    return each_pack(runs, partial(shared_runs.shared, dates=rules.boilerplate_dates), _RUN)


def unmasked(runs: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """The same without those that hold a word of boilerplate and are none."""
    return each_bucket(runs, "article", buckets, partial(shared_runs.unmasked, words=rules.words), _RUN)


def masks_of(runs: DataFrame) -> DataFrame:
    """Where runs of boilerplate start: article, at."""
    from daft import col, lit

    return runs.where(col("kind") == lit(shared_runs.BOILERPLATE)).select("article", "at")


def joined_runs(runs: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """What each article shares with the fullest that has it: kind, and the columns of a pair of places."""
    beside = ("kind", *_PLACE, "centre", "centre_at", "centre_start", "centre_end")
    starred = each_bucket(runs, "hash", buckets, shared_runs.starred, beside)
    return each_bucket(starred, "article", buckets, partial(shared_runs.joined, words=rules.words), ("kind", *PAIR))


def told(  # what is known of the articles, and the rules
    articles: DataFrame, groups: DataFrame, masks: DataFrame, rules: PassageRules, buckets: int
) -> DataFrame:
    """The passages and stories of leak groups: kind, and the columns of a pair of places.

    ``groups`` (article, group, centre) says which fuller articles to lay beside each one, ``masks`` (article, at) where
    boilerplate starts.
    """
    known = groups.join(listed(masks, "article", buckets), on="article", how="left")
    named = articles.exclude("id").join(known, on="article")
    step = partial(leak_groups.told, rules=rules, phrases=phrases_of(rules.boilerplate))
    return each_bucket(named, "group", buckets, step, ("kind", *PAIR))


def declared(articles: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Where the boilerplate of the project file stands: article, hash (which phrase), start, end, words."""
    step = partial(_declared, phrases=phrases_of(rules.boilerplate))
    gives = ("article", "hash", "start", "end", "words")
    return each_bucket(articles.select("article", "text"), "article", buckets, step, gives)


def _facts(ids: Texts, sources: Texts, published: Texts) -> Columns:
    days = [date.fromisoformat(day).toordinal() if day else shared_runs.UNKNOWN for day in published.tolist()]
    return {
        "article": np.array([number_of(name) for name in ids.tolist()], np.uint64),
        "source": np.array([number_of(name) if name else shared_runs.UNKNOWN for name in sources.tolist()], np.uint64),
        "day": np.array(days, np.int32),
    }


def _fingerprints(rows: Rows, rules: PassageRules, phrases: Phrases) -> Columns:
    made: list[Columns] = []
    for stream in streams(rows["text"]):
        own = rows["article"][stream.first : stream.first + stream.texts]
        whole = wholes(stream)
        text, values, at, near = fingerprints(without(stream, phrases, whole)[0], rules.words)
        made.append({"article": own[text], "hash": values, "at": at, "near": near})
        no_words = np.zeros(len(own), np.uint64)
        made.append({"article": own, "hash": whole, "at": np.full(len(own), shared_runs.WHOLE), "near": no_words})
    return _stacked(made)


def _windows(rows: Rows, rules: PassageRules, phrases: Phrases) -> Columns:
    made: list[Columns] = []
    for stream in streams(rows["text"]):
        own = {name: rows[name][stream.first : stream.first + stream.texts] for name in ("article", "source", "day")}
        whole = wholes(stream)
        prints = rows["at"][stream.first : stream.first + stream.texts]
        plain, _ = without(stream, phrases, whole)
        text, values, at = windows(plain, *_flat(prints), rules.words)
        place = stream.bounds[text] + at
        runs = {
            "hash": values,
            "at": at,
            "start": stream.words.starts[place],
            "end": stream.words.ends[place + rules.words - 1],
        }
        made.append(runs | _of(text, stream, own))
        texts = np.arange(stream.texts)
        ends = {
            "at": np.full(stream.texts, shared_runs.WHOLE),
            "start": 0 * texts,
            "end": stream.words.ends[stream.bounds[1:] - 1],
        }
        made.append({"hash": whole} | ends | _of(texts, stream, own))
    return _stacked(made)


def _flat(prints: Column) -> tuple[Numbers, Numbers]:
    """Lists of places as two arrays: the number of the list, and the place; whole articles left out."""
    text = np.repeat(np.arange(len(prints)), [len(places) for places in prints])
    at = np.fromiter(chain.from_iterable(prints), np.int64, len(text))
    return text[at < shared_runs.WHOLE], at[at < shared_runs.WHOLE]


def _of(text: Numbers, stream: Stream, facts: Columns) -> Columns:
    """What is known of the texts of those numbers."""
    return {name: values[text] for name, values in facts.items()} | {"length": stream.lengths()[text]}


def _declared(rows: Rows, phrases: Phrases) -> Columns:
    found = [
        (number, which, int(words.starts[at]), int(words.ends[at + len(phrase) - 1]), len(phrase))
        for number, words in enumerate(all_words(rows["text"].tolist()))
        for which, phrase in enumerate(phrases)
        for at in occurrences(words.ids, phrase)
    ]
    number, *columns = np.array(found, np.int64).reshape(-1, 5).T
    return {"article": rows["article"][number], **dict(zip(("hash", "start", "end", "words"), columns, strict=True))}


def _stacked(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
