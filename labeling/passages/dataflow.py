"""The flow of rows from texts to shared runs, passages and stories, step by step, each a Daft dataframe.

::

    texts -> fingerprints -> those in two articles -> their runs of ``words`` words -> those in two articles,
    boilerplate apart -> each beside the fullest article that has it -> pairs -> passages, by alignment
                                                                           `--> leak groups -> stories
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from labeling.passages import sharing
from labeling.passages.alignment import align_all
from labeling.passages.boilerplate import occurrences, phrases_of, without
from labeling.passages.fingerprints import beside, fingerprints, wholes, windows
from labeling.passages.frames import each_bucket, each_pack, packed, widened
from labeling.passages.stories import Report, stories
from labeling.passages.words import all_words, number_of, parts, stream_of, streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from daft import DataFrame

    from labeling.passages.boilerplate import Phrases
    from labeling.passages.frames import Column
    from labeling.passages.letters import Numbers, Texts
    from labeling.passages.rules import PassageRules
    from labeling.passages.sharing import Columns
    from labeling.passages.words import Hashes, Stream

Rows: TypeAlias = "dict[str, Any]"  # columns of numbers, of lists, and texts

_PLACE = ("article", "at", "start", "end")
_PAIR = ("centre", "centre_start", "centre_end", "article", "start", "end", "words")
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
    return each_pack(made, partial(sharing.repeated, masks=beside(rules.words)), ("article", "at"))


def shared_runs(articles: DataFrame, prints: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Runs that stand in two articles or more, boilerplate told from the rest, and cutting it.

    Returns:
        hash, kind, length (words of the article), article, at, start, end.
    """
    named = articles.exclude("id").join(_listed(prints, "at"), on="article")
    step = partial(_windows, rules=rules, phrases=phrases_of(rules.boilerplate))
    runs = packed(named, step, "hash", buckets, ("hash", *_PLACE, "length", "source", "day"))
    kept = ("hash", "kind", "length", *_PLACE)
    known = each_pack(runs, partial(sharing.shared, dates=rules.boilerplate_dates), kept)
    return each_bucket(known, "article", buckets, partial(sharing.unmasked, words=rules.words), kept)


def masks_of(runs: DataFrame) -> DataFrame:
    """Where runs of boilerplate start: article, at."""
    from daft import col, lit

    return runs.where(col("kind") == lit(sharing.BOILERPLATE)).select("article", "at")


def joined_runs(runs: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """What each article shares with the fullest that has it: kind, and the columns of a pair of places."""
    beside = ("kind", *_PLACE, "centre", "centre_at", "centre_start", "centre_end")
    starred = each_bucket(runs, "hash", buckets, sharing.starred, beside)
    return each_bucket(starred, "article", buckets, partial(sharing.joined, words=rules.words), ("kind", *_PAIR))


def aligned(  # what is aligned, and how
    articles: DataFrame, pairs: DataFrame, masks: DataFrame, rules: PassageRules, buckets: int
) -> DataFrame:
    """The passages of pairs of articles (centre, article), by alignment: the columns of a pair of places."""
    from daft import col

    own = articles.select("article", "text").join(_listed(masks, "at"), on="article", how="left")
    left = own.select(*(col(name).alias(_LEFT[name]) for name in own.column_names))
    named = pairs.join(left, on="centre").join(own, on="article")
    step = partial(_passages, rules=rules, phrases=phrases_of(rules.boilerplate))
    return each_bucket(named, "article", buckets, step, _PAIR)


def told(  # who might be one story, what is known of them, and the rules
    articles: DataFrame,
    groups: DataFrame,
    shared: DataFrame,
    masks: DataFrame,
    rules: PassageRules,
    buckets: int,
) -> DataFrame:
    """The story of each article of ``groups`` (article, group): article, lead.

    ``shared`` says how many words of an article stand in passages with its centre: centre, article, words.
    """
    named = articles.exclude("id").join(groups, on="article").join(_listed(masks, "at"), on="article", how="left")
    named = named.join(_listed(shared, "centre", "words"), on="article", how="left")
    step = partial(_stories, rules=rules, phrases=phrases_of(rules.boilerplate))
    return each_bucket(named, "group", buckets, step, ("article", "lead"))


def declared(articles: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Where the boilerplate of the project file stands: article, hash (which phrase), start, end, words."""
    step = partial(_declared, phrases=phrases_of(rules.boilerplate))
    gives = ("article", "hash", "start", "end", "words")
    return each_bucket(articles.select("article", "text"), "article", buckets, step, gives)


_LEFT = {"article": "centre", "text": "left_text", "at": "left_at"}


def _listed(rows: DataFrame, *names: str) -> DataFrame:
    """The rows of each article made one, each column a list."""
    from daft import col

    return rows.groupby("article").agg(*(col(name).list_agg().alias(name) for name in names))


def _facts(ids: Texts, sources: Texts, published: Texts) -> Columns:
    days = [date.fromisoformat(day).toordinal() if day else sharing.UNKNOWN for day in published.tolist()]
    return {
        "article": np.array([number_of(name) for name in ids.tolist()], np.uint64),
        "source": np.array([number_of(name) if name else sharing.UNKNOWN for name in sources.tolist()], np.uint64),
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
        made.append({"article": own, "hash": whole, "at": np.full(len(own), sharing.WHOLE), "near": no_words})
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
            "at": np.full(stream.texts, sharing.WHOLE),
            "start": 0 * texts,
            "end": stream.words.ends[stream.bounds[1:] - 1],
        }
        made.append({"hash": whole} | ends | _of(texts, stream, own))
    return _stacked(made)


def _flat(prints: Column) -> tuple[Numbers, Numbers]:
    """Lists of places as two arrays: the number of the list, and the place; whole articles left out."""
    text = np.repeat(np.arange(len(prints)), [len(places) for places in prints])
    at = np.fromiter(chain.from_iterable(prints), np.int64, len(text))
    return text[at < sharing.WHOLE], at[at < sharing.WHOLE]


def _of(text: Numbers, stream: Stream, facts: Columns) -> Columns:
    """What is known of the texts of those numbers."""
    return {name: values[text] for name, values in facts.items()} | {"length": stream.lengths()[text]}


def _passages(rows: Rows, rules: PassageRules, phrases: Phrases) -> Columns:
    made: list[Columns] = []
    for part in parts(map(add, rows["left_text"].sizes(), rows["text"].sizes())):
        own = {name: values[part] for name, values in rows.items()}
        left, *_ = _plain(own["left_text"], own["left_at"], rules, phrases)
        right, *_ = _plain(own["text"], own["at"], rules, phrases)
        found = align_all(left, right, rules.words)
        ends = {"centre_start": found.left_start, "centre_end": found.left_end}
        ends |= {"start": found.right_start, "end": found.right_end, "words": found.words}
        made.append({name: own[name][found.pair] for name in ("centre", "article")} | ends)
    return _stacked(made)


def _stories(rows: Rows, rules: PassageRules, phrases: Phrases) -> Columns:
    reports: list[Report] = []
    for part in parts(rows["text"].sizes()):
        own = {name: values[part] for name, values in rows.items()}
        reports += _reports(own, *_plain(own["text"], own["at"], rules, phrases))
    order = np.argsort(rows["group"], kind="stable")
    leads: dict[int, int] = {}
    for places in np.split(order, np.flatnonzero(np.diff(rows["group"][order])) + 1):
        leads |= stories([reports[place] for place in places], rules)
    return {"article": np.array(list(leads), np.uint64), "lead": np.array(list(leads.values()), np.uint64)}


def _reports(rows: Rows, stream: Stream, left: Numbers, wholes: Hashes) -> Iterator[Report]:
    facts = (rows[name].tolist() for name in ("article", "source", "day", "centre", "words"))
    for place, (article, source, day, centres, words) in enumerate(zip(*facts, strict=True)):
        yield Report(
            article=article,
            words=stream.of(place),
            own=int(left[place]),
            whole=int(wholes[place]),
            source=source,
            day=day,
            shared=dict(zip(centres or (), words or (), strict=True)),
        )


def _declared(rows: Rows, phrases: Phrases) -> Columns:
    found = [
        (number, which, int(words.starts[at]), int(words.ends[at + len(phrase) - 1]), len(phrase))
        for number, words in enumerate(all_words(rows["text"].tolist()))
        for which, phrase in enumerate(phrases)
        for at in occurrences(words.ids, phrase)
    ]
    number, *columns = np.array(found, np.int64).reshape(-1, 5).T
    return {"article": rows["article"][number], **dict(zip(("hash", "start", "end", "words"), columns, strict=True))}


def _plain(texts: Texts, masks: Column, rules: PassageRules, phrases: Phrases) -> tuple[Stream, Numbers, Hashes]:
    """Of some articles the words without boilerplate, how many each has left, and the number of its text as a whole."""
    stream = stream_of(texts)
    numbers, places = wholes(stream), [np.array(each or [], np.int64) for each in masks]
    return *without(stream, phrases, numbers, places, rules.words), numbers


def _stacked(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
