"""The flow of rows from texts to shared runs, passages and stories: step by step, each a Daft dataframe.

::

    texts -> fingerprints -> those in two articles -> the runs of ``words`` words that hold one -> those in two
    articles, boilerplate apart -> each with the fullest article that has it -> pairs -> leak groups -> the passages
    of each group, by alignment, and its stories
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from labeling.passages import leak_groups, shared_runs
from labeling.passages.boilerplate import find_occurrences, mask_boilerplate, read_phrases
from labeling.passages.fingerprints import find_windows, hash_texts, neighbour_masks, winnow
from labeling.passages.frames import add_columns, list_by_key, map_buckets, map_packs, pack_by_bucket
from labeling.passages.leak_groups import PAIR_COLUMNS
from labeling.passages.words import make_streams, number_of, words_of_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daft import DataFrame

    from labeling.passages.boilerplate import Phrases
    from labeling.passages.frames import Column
    from labeling.passages.leak_groups import GroupRows
    from labeling.passages.normalise import Numbers, Texts
    from labeling.passages.shared_runs import Columns
    from labeling.passages.words import Stream
    from labeling.project import PassageRules

_PLACE_COLUMNS = ("article", "at", "start", "end")
_RUN_COLUMNS = ("hash", "kind", "length", *_PLACE_COLUMNS)


def number_articles(texts: DataFrame) -> DataFrame:
    """Articles by number: id, text, article, source, day; of ``texts`` with id, text, source and published."""
    from daft import col

    facts = texts.with_column("name", col("id"))
    return add_columns(facts, _article_facts, ("name", "source", "published"), ("article", "source", "day"))


def find_shared_fingerprints(articles: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Fingerprints that two articles or more have, stock phrases left out: article, at."""
    # Made where the texts are, and sent to the bucket of their hash: there every copy of one meets.
    step = partial(_fingerprint_rows, rules=rules, phrases=read_phrases(rules.boilerplate))
    made = pack_by_bucket(articles.select("article", "text"), step, "hash", buckets, ("article", "hash", "at", "near"))
    return map_packs(
        made, partial(shared_runs.keep_repeated_fingerprints, masks=neighbour_masks(rules.words)), ("article", "at")
    )


def find_shared_runs(articles: DataFrame, prints: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Runs that two articles or more share, boilerplate distinguished from the rest.

    Returns:
        hash, kind, length (words of the article), article, at, start, end.
    """
    # Only texts with a shared fingerprint are read again.
    named = articles.exclude("id").join(list_by_key(prints, "article", buckets), on="article")
    step = partial(_window_rows, rules=rules, phrases=read_phrases(rules.boilerplate))
    runs = pack_by_bucket(named, step, "hash", buckets, ("hash", *_PLACE_COLUMNS, "length", "source", "day"))
    return map_packs(runs, partial(shared_runs.keep_shared_runs, dates=rules.boilerplate_dates), _RUN_COLUMNS)


def drop_runs_with_boilerplate(runs: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """The same runs without those that hold a word of boilerplate and are not boilerplate themselves."""
    return map_buckets(runs, "article", buckets, partial(shared_runs.drop_masked_runs, words=rules.words), _RUN_COLUMNS)


def find_masks(runs: DataFrame) -> DataFrame:
    """Where runs of boilerplate start: article, at."""
    from daft import col, lit

    return runs.where(col("kind") == lit(shared_runs.BOILERPLATE)).select("article", "at")


def join_runs_to_fullest(runs: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """What each article shares with the fullest that has it: kind, and the columns of a pair of places."""
    places = ("kind", *_PLACE_COLUMNS, "centre", "centre_at", "centre_start", "centre_end")
    centred = map_buckets(runs, "hash", buckets, shared_runs.attach_centres, places)
    return map_buckets(
        centred,
        "article",
        buckets,
        partial(shared_runs.join_consecutive_runs, words=rules.words),
        ("kind", *PAIR_COLUMNS),
    )


def find_passages_and_stories(  # what is known of the articles, and the rules
    articles: DataFrame, groups: DataFrame, masks: DataFrame, rules: PassageRules, buckets: int
) -> DataFrame:
    """The passages and stories of leak groups: kind, and the columns of a pair of places.

    ``groups`` (article, group, centre) lists the fuller articles to align each one with, ``masks`` (article, at) where
    boilerplate starts.
    """
    known = groups.join(list_by_key(masks, "article", buckets), on="article", how="left")
    named = articles.exclude("id").join(known, on="article")
    step = partial(leak_groups.describe_leak_groups, rules=rules, phrases=read_phrases(rules.boilerplate))
    return map_buckets(named, "group", buckets, step, ("kind", *PAIR_COLUMNS))


def find_declared_boilerplate(articles: DataFrame, rules: PassageRules, buckets: int) -> DataFrame:
    """Where the boilerplate of the project file is: article, hash (which phrase), start, end, words."""
    step = partial(_declared_rows, phrases=read_phrases(rules.boilerplate))
    gives = ("article", "hash", "start", "end", "words")
    return map_buckets(articles.select("article", "text"), "article", buckets, step, gives)


def _article_facts(ids: Texts, sources: Texts, published: Texts) -> Columns:
    days = [date.fromisoformat(day).toordinal() if day else shared_runs.UNKNOWN for day in published.tolist()]
    return {
        "article": np.array([number_of(name) for name in ids.tolist()], np.uint64),
        "source": np.array([number_of(name) if name else shared_runs.UNKNOWN for name in sources.tolist()], np.uint64),
        "day": np.array(days, np.int32),
    }


def _fingerprint_rows(rows: GroupRows, rules: PassageRules, phrases: Phrases) -> Columns:
    made: list[Columns] = []
    for stream in make_streams(rows["text"]):
        own = rows["article"][stream.first : stream.first + stream.texts]
        whole = hash_texts(stream)
        text, values, at, near = winnow(mask_boilerplate(stream, phrases, whole)[0], rules.words)
        made.append({"article": own[text], "hash": values, "at": at, "near": near})
        # A text as a whole is a fingerprint, too: articles of the same words are joined, however short they are.
        no_words = np.zeros(len(own), np.uint64)
        made.append(
            {"article": own, "hash": whole, "at": np.full(len(own), shared_runs.WHOLE_ARTICLE), "near": no_words}
        )
    return _stack_columns(made)


def _window_rows(rows: GroupRows, rules: PassageRules, phrases: Phrases) -> Columns:
    made: list[Columns] = []
    for stream in make_streams(rows["text"]):
        own = {name: rows[name][stream.first : stream.first + stream.texts] for name in ("article", "source", "day")}
        whole = hash_texts(stream)
        prints = rows["at"][stream.first : stream.first + stream.texts]
        plain, _ = mask_boilerplate(stream, phrases, whole)
        text, values, at = find_windows(plain, *_flatten_places(prints), rules.words)
        place = stream.bounds[text] + at
        runs = {
            "hash": values,
            "at": at,
            "start": stream.words.starts[place],
            "end": stream.words.ends[place + rules.words - 1],
        }
        made.append(runs | _facts_of_texts(text, stream, own))
        # The run that is a whole article, from its first code point to the end of its last word.
        texts = np.arange(stream.texts)
        ends = {
            "at": np.full(stream.texts, shared_runs.WHOLE_ARTICLE),
            "start": 0 * texts,
            "end": stream.words.ends[stream.bounds[1:] - 1],
        }
        made.append({"hash": whole} | ends | _facts_of_texts(texts, stream, own))
    return _stack_columns(made)


def _flatten_places(prints: Column) -> tuple[Numbers, Numbers]:
    """Lists of places as two arrays, the number of the list and the place; whole articles are left out."""
    text = np.repeat(np.arange(len(prints)), [len(places) for places in prints])
    at = np.fromiter(chain.from_iterable(prints), np.int64, len(text))
    return text[at < shared_runs.WHOLE_ARTICLE], at[at < shared_runs.WHOLE_ARTICLE]


def _facts_of_texts(text: Numbers, stream: Stream, facts: Columns) -> Columns:
    """The facts of the texts with those numbers, and how many words each has."""
    return {name: values[text] for name, values in facts.items()} | {"length": stream.lengths()[text]}


def _declared_rows(rows: GroupRows, phrases: Phrases) -> Columns:
    found = [
        (number, which, int(words.starts[at]), int(words.ends[at + len(phrase) - 1]), len(phrase))
        for number, words in enumerate(words_of_all(rows["text"].tolist()))
        for which, phrase in enumerate(phrases)
        for at in find_occurrences(words.ids, phrase)
    ]
    number, *columns = np.array(found, np.int64).reshape(-1, 5).T
    return {"article": rows["article"][number], **dict(zip(("hash", "start", "end", "words"), columns, strict=True))}


def _stack_columns(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
