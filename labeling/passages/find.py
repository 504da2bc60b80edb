"""Articles in; passages, stories and leak groups out: the steps of ``dataflow``, and what they find as rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labeling.errors import PassagesTooLarge
from labeling.passages import dataflow, frames
from labeling.passages.shared_runs import BOILERPLATE, REPRINT, STORY, find_connected_components
from labeling.values import digest_of
from labeling.workspace.progress_watch import mark_progress
from labeling.workspace.rows.passage import ClusterRow, Passage, PassageKind, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from daft import DataFrame

    from labeling.articles import Article
    from labeling.passages.frames import Column
    from labeling.passages.shared_runs import Columns
    from labeling.project import PassageRules

_COLUMNS = ("id", "text", "source", "published")
_READ_BYTES = 4 << 20  # bytes read at once
_PARTS = 5  # of the work, each of which may take as long as the others
_BUCKET = 8_000  # articles whose fingerprints are sorted at once: about a million rows
# Measured (scripts/bench_passages.py), rounded up: what Python and Daft take, and what is held besides the texts.
_BYTES, _BYTES_A_CHARACTER, _BYTES_A_SHARED_PRINT = 450e6, 5, 450


@dataclass(frozen=True)
class CorpusSize:
    """How many articles there are, and how many characters all of them have."""

    articles: int
    characters: int


@dataclass(frozen=True)
class FoundPassages:
    """All passages, sorted by where they are, and one row for each article, sorted by article."""

    passages: tuple[Passage, ...]
    clusters: tuple[ClusterRow, ...]


def frame_articles(articles: Iterable[Article]) -> DataFrame:
    """Articles that are in memory, as ``find_passages`` takes them."""
    import daft

    rows = [(article.id, article.text, article.source, article.published) for article in articles]
    return daft.from_pydict(dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))


def read_articles_frame(path: Path) -> DataFrame:
    """Articles in a file of JSON lines, as ``find_passages`` takes them; Ray must see it under this name."""
    import daft

    schema = dict.fromkeys(_COLUMNS, daft.DataType.string())
    # In batches of a thousand articles: Daft's own are of forty, and calling Python for each takes longer than reading.
    # Daft does not document `_chunk_size`. Should it go, this call fails; without it the result is the same, slower.
    return daft.read_json(str(path), infer_schema=False, schema=schema, _chunk_size=_READ_BYTES)


def find_passages(texts: DataFrame, size: CorpusSize, rules: PassageRules) -> FoundPassages:
    """Find what articles share; the guarantee is at the head of ``labeling.passages``.

    The result is the same for any order of the articles, and for any number of threads or machines.

    Args:
        texts: One or more articles with id, text, source and published; "" where source or date is not known.
        size: How much that is: it decides how many parts the work is cut into, and whether it fits.
        rules: What counts as shared, and how much memory there is. The memory of a Ray cluster is its own affair.

    Raises:
        PassagesTooLarge: More memory would be needed than the rules allow.
    """
    needed = _BYTES + _BYTES_A_CHARACTER * size.characters
    _refuse_too_large(needed, rules)
    articles, buckets = dataflow.number_articles(texts).collect(), 1 + size.articles // _BUCKET
    # Which articles share which runs: fingerprints first, then the runs around those that two articles have.
    mark_progress("finding passages", 1, _PARTS)
    prints = dataflow.find_shared_fingerprints(articles, rules, buckets).collect()
    _refuse_too_large(needed + _BYTES_A_SHARED_PRINT * prints.count_rows(), rules)
    mark_progress("finding passages", 2, _PARTS)
    runs = dataflow.find_shared_runs(articles, prints, rules, buckets).collect()
    mark_progress("finding passages", 3, _PARTS)
    # Boilerplate cuts runs; what is left joins each article to the fullest one that has the run.
    masks = dataflow.find_masks(runs).collect()
    whole = dataflow.drop_runs_with_boilerplate(runs, rules, buckets) if masks.count_rows() else runs
    joined = frames.collect_columns(dataflow.join_runs_to_fullest(whole, rules, buckets))
    pairs = _joined_pairs(joined)
    groups = find_connected_components(pairs)
    mark_progress("finding passages", 4, _PARTS)
    # Group by group: passages by alignment, and stories.
    known = frames.frame_columns(groups | {"centre": _centres(groups["article"], pairs)})
    described = frames.collect_columns(dataflow.find_passages_and_stories(articles, known, masks, rules, buckets))
    stretches, leads = _select_kind(described, REPRINT), _select_kind(described, STORY)
    ids = dict(zip(*articles.select("article", "id").to_pydict().values(), strict=True))
    found = [*_passages(stretches, "reprint", ids), *_passages(_select_kind(joined, BOILERPLATE), "boilerplate", ids)]
    if rules.boilerplate:
        found += _declared_passages(
            frames.collect_columns(dataflow.find_declared_boilerplate(articles, rules, buckets)), ids
        )
    return FoundPassages(tuple(sorted(found, key=_passage_order)), tuple(_cluster_rows(ids, groups, leads)))


def _refuse_too_large(needed: float, rules: PassageRules) -> None:
    if not rules.ray and needed > rules.memory * 1e6:
        raise PassagesTooLarge(
            f"finding what the articles share would take about {needed / 1e6:,.0f} MB, and the project allows "
            f"{rules.memory:,} MB",
            todo="raise memory under [passages] in the project file, or name a Ray cluster there",
        )


def _joined_pairs(joined: Columns) -> Columns:
    """Which articles are joined, each pair once."""
    # Boilerplate joins nothing, and a run that one article has twice does not join it to itself.
    joins = (joined["kind"] == REPRINT) & (joined["centre"] != joined["article"])
    both = np.unique(np.stack((joined["centre"][joins], joined["article"][joins])), axis=1)
    return {"centre": both[0], "article": both[1]}


def _centres(articles: Column, pairs: Columns) -> Column:
    """For each article, in order, the list of fuller ones that it is paired with."""
    # Sorted by article, the pairs of each article are one slice.
    order = np.argsort(pairs["article"])
    first = np.searchsorted(pairs["article"][order], articles)
    return np.fromiter(np.split(pairs["centre"][order], first[1:]), object, len(articles))


def _select_kind(rows: Columns, kind: int) -> Columns:
    return {name: values[rows["kind"] == kind] for name, values in rows.items()}


def _passages(pairs: Columns, kind: PassageKind, ids: dict[int, str]) -> list[Passage]:
    """Pairs of places made passages; those with the same first place are one passage."""
    places: defaultdict[Place, list[tuple[Place, int]]] = defaultdict(list)
    names = ("centre", "centre_start", "centre_end", "article", "start", "end", "words")
    for centre, first, last, article, start, end, words in zip(*(pairs[name].tolist() for name in names), strict=True):
        centre_place = Place(article=ids[centre], start=first, end=last)
        places[centre_place].append((Place(article=ids[article], start=start, end=end), words))
    return [
        _make_passage(
            min(words for _, words in others), kind, [first, *sorted((place for place, _ in others), key=_place_order)]
        )
        for first, others in places.items()
    ]


def _declared_passages(rows: Columns, ids: dict[int, str]) -> list[Passage]:
    """Declared boilerplate made passages: one for each phrase that two articles or more have."""
    places: defaultdict[tuple[int, int], list[Place]] = defaultdict(list)
    names = ("hash", "words", "article", "start", "end")
    for phrase, words, article, start, end in zip(*(rows[name].tolist() for name in names), strict=True):
        places[phrase, words].append(Place(article=ids[article], start=start, end=end))
    return [
        _make_passage(words, "boilerplate", sorted(found, key=_place_order))
        for (_, words), found in places.items()
        if len({place.article for place in found}) > 1
    ]


def _make_passage(words: int, kind: PassageKind, places: Sequence[Place]) -> Passage:
    """A passage, named by its first place: a name that does not change when articles arrive."""
    first = places[0]
    name = "p" + digest_of(f"{kind}:{first.article}:{first.start}:{first.end}")[:12]
    return Passage(passage=name, words=words, kind=kind, places=tuple(places))


def _place_order(place: Place) -> tuple[str, int, int]:
    return place.article, place.start, place.end


def _passage_order(passage: Passage) -> tuple[object, ...]:
    return (*_place_order(passage.places[0]), passage.kind)


def _cluster_rows(ids: dict[int, str], groups: Columns, leads: Columns) -> list[ClusterRow]:
    """One row an article: its story is named by the id of the lead, its leak group by the least id in it."""
    lead_of = dict(zip(leads["article"].tolist(), leads["centre"].tolist(), strict=True))
    group_of = dict(zip(groups["article"].tolist(), groups["group"].tolist(), strict=True))
    # An article that shares nothing is a group and a story of its own.
    first: dict[int, str] = {}
    for number, name in ids.items():
        group = group_of.get(number, number)
        first[group] = min(name, first.get(group, name))
    return [
        ClusterRow(
            article=name,
            story=ids[lead_of.get(number, number)],
            leak_group=first[group_of.get(number, number)],
            lead=lead_of.get(number, number) == number,
        )
        for number, name in sorted(ids.items(), key=lambda item: item[1])
    ]
