"""Who shares which run of words: pure steps over columns of numbers, each on the rows of one bucket.

Rows of one hash (or of one article) are always in one bucket, so every step sees all it needs, and buckets can be
worked on apart, in threads or on machines. No step looks at the order of its rows.

A run that is in ten thousand articles (a footer) costs ten thousand rows and not their square: each article is joined
to the fullest one that has the run, which is enough to know who hangs together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from labeling.passages.words import mix_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

Columns: TypeAlias = dict[str, npt.NDArray[Any]]

REPRINT, BOILERPLATE, STORY = 0, 1, 2
UNKNOWN = 0  # a source or day that is not known
WHOLE_ARTICLE = 1 << 30  # where the run that is a whole article is said to start: beyond any word


def keep_repeated_fingerprints(rows: Columns, masks: Sequence[np.uint64]) -> Columns:
    """Fingerprints that stand in two articles or more, beside the same words.

    Args:
        rows: article, hash, at, and ``near``, a byte of each word beside the fingerprint.
        masks: Which of these bytes, together, must be the same: one of the masks is enough.

    Returns:
        article and at.
    """
    rows = _take_rows(rows, find_repeated(rows["hash"]))
    met = np.zeros(len(rows["hash"]), bool)
    for mask in masks:
        seen = mix_bits(rows["hash"] + mix_bits(rows["near"] & mask))
        order = np.argsort(seen)
        met[order[_rows_in_several(seen[order], rows["article"][order])]] = True
    return {name: rows[name][met] for name in ("article", "at")}


def keep_shared_runs(rows: Columns, dates: int) -> Columns:
    """Runs that stand in two articles or more, boilerplate told from the rest.

    A run is boilerplate, wherever it stands, when one known source printed it on ``dates`` known days or more; a whole
    article never is.

    Args:
        rows: hash, article, at, and the article's source and day as numbers, ``UNKNOWN`` where not known.
        dates: How many days make boilerplate.

    Returns:
        The rows that are left, with ``kind``.
    """
    rows = _take_rows(rows, find_repeated(rows["hash"]))
    rows = _take_rows(rows, _rows_in_several(rows["hash"], rows["article"]))
    standing = np.isin(rows["hash"], _boilerplate_hashes(rows, dates)) & (rows["at"] < WHOLE_ARTICLE)
    return {**rows, "kind": np.where(standing, BOILERPLATE, REPRINT).astype(np.uint8)}


def drop_masked_runs(rows: Columns, words: int) -> Columns:
    """Without runs that hold a word of boilerplate, and are not boilerplate themselves: what is left joins.

    Args:
        rows: article, at, kind, and others that are passed on; all rows of an article are among them.
        words: The length of a run.
    """
    boilerplate = rows["kind"] == BOILERPLATE
    if not boilerplate.any():
        return rows
    _, number = np.unique(rows["article"], return_inverse=True)
    place = (number.astype(np.int64) << 32) + rows["at"] + words
    masks = np.sort(place[boilerplate])
    nearest = np.searchsorted(masks, place - words, side="right")
    masked = masks[np.minimum(nearest, len(masks) - 1)] - place
    masked_by_any = (nearest < len(masks)) & (masked < words)
    return _take_rows(rows, np.flatnonzero(boilerplate | ~masked_by_any))


def attach_centres(rows: Columns) -> Columns:
    """Each place of a run, beside the first in the fullest article that has it (of two as full, the lesser number).

    Args:
        rows: hash, kind, article, length (words of the article), at, start, end (of the run, in code points).

    Returns:
        kind, article, at, start, end, and ``centre``, ``centre_at``, ``centre_start``, ``centre_end``.
    """
    rows = _take_rows(rows, np.argsort(rows["hash"]))
    first = np.flatnonzero(_differs_from_previous(rows["hash"]))
    sizes = np.diff(np.append(first, len(rows["hash"])))
    leads = np.ones(len(rows["hash"]), bool)
    for values in (-rows["length"].astype(np.int64), rows["article"], rows["at"]):
        leads &= values == np.repeat(_least_in_groups(values, leads, first), sizes)
    centre, others = np.repeat(np.flatnonzero(leads), sizes), np.flatnonzero(~leads)
    names = ("article", "at", "start", "end")
    return {
        **{name: rows[name][others] for name in ("kind", *names)},
        **{_centre_column(name): rows[name][centre[others]] for name in names},
    }


def join_consecutive_runs(rows: Columns, words: int) -> Columns:
    """Runs that follow each other, in the article and its centre alike, made one.

    Args:
        rows: What ``starred`` gives; all rows of an article are among them.
        words: The length of a run.

    Returns:
        kind, centre, centre_start, centre_end, article, start, end (code points) and words (how many).
    """
    along = (rows["centre_at"].astype(np.int64) - rows["at"]).astype(np.uint64)
    for name in ("kind", "centre", "article"):
        along = mix_bits(along + rows[name])
    order = np.lexsort((rows["at"], along))
    rows = _take_rows(rows, order)
    first = np.flatnonzero(_differs_from_previous(along[order]) | (np.diff(rows["at"], prepend=-2) != 1))
    last = np.append(first[1:], len(order)) - 1 if len(first) else first
    return {
        **{name: rows[name][first] for name in ("kind", "centre", "centre_start", "article", "start")},
        **{name: rows[name][last] for name in ("centre_end", "end")},
        "words": (rows["at"][last] - rows["at"][first] + words).astype(np.int32),
    }


def find_connected_components(pairs: Columns) -> Columns:
    """The leak groups of articles that are joined in pairs: each article of a pair, and the least number in its group.

    Every round gives each article the least number it can see, and lets numbers look through to their own: the rounds
    grow with the logarithm of the longest chain.
    """
    ids, ends = np.unique(np.concatenate((pairs["centre"], pairs["article"])), return_inverse=True)
    left, right = np.split(ends.astype(np.int64), 2)
    group = np.arange(len(ids))
    while True:
        least = group.copy()
        low = np.minimum(group[left], group[right])
        for side in (group[left], group[right], left, right):
            np.minimum.at(least, side, low)
        least = least[least]
        if np.array_equal(least, group):
            return {"article": ids, "group": ids[group]}
        group = least


def _boilerplate_hashes(rows: Columns, dates: int) -> npt.NDArray[np.uint64]:
    """The hashes that one source has on so many days; ``rows`` sorted by hash."""
    known = np.flatnonzero((rows["source"] != UNKNOWN) & (rows["day"] != UNKNOWN))
    known = known[_repeats(rows["hash"][known], dates)]
    order = known[np.lexsort((rows["day"][known], rows["source"][known], rows["hash"][known]))]
    hashes, source, day = (rows[name][order] for name in ("hash", "source", "day"))
    new_run = _differs_from_previous(hashes) | _differs_from_previous(source)
    first = np.flatnonzero(new_run)
    days = np.add.reduceat((new_run | _differs_from_previous(day)).astype(np.int64), first) if len(first) else first
    standing: npt.NDArray[np.uint64] = np.unique(hashes[first[days >= dates]])
    return standing


def _least_in_groups(
    values: npt.NDArray[Any], among: npt.NDArray[np.bool_], first: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """The least value in each group of rows, one that starts at each ``first``, ``among`` some of the rows."""
    least: npt.NDArray[Any] = np.minimum.reduceat(np.where(among, values, np.iinfo(values.dtype).max), first)
    return least


def find_repeated(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows whose value stands in another row too, in its order: few of many, found by one fast sort."""
    order = np.argsort(values)
    again: npt.NDArray[np.int64] = order[_repeats(values[order], 2)]
    return again


def _repeats(ranked: npt.NDArray[Any], times: int) -> npt.NDArray[np.bool_]:
    """Whether each of some sorted values stands there so many times or more."""
    first = np.flatnonzero(_differs_from_previous(ranked))
    sizes = np.diff(np.append(first, len(ranked)))
    return np.repeat(sizes >= times, sizes)


def _rows_in_several(ranked: npt.NDArray[Any], articles: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows whose value stands in two articles or more; rows sorted by value."""
    first = np.flatnonzero(_differs_from_previous(ranked))
    sizes = np.diff(np.append(first, len(ranked)))
    least, most = (choose.reduceat(articles, first) for choose in (np.minimum, np.maximum))
    return np.flatnonzero(np.repeat(least != most, sizes))


def _differs_from_previous(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before it; the first one does."""
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _take_rows(rows: Columns, order: npt.NDArray[Any]) -> Columns:
    return {name: values[order] for name, values in rows.items()}


def _centre_column(name: str) -> str:
    return "centre" if name == "article" else f"centre_{name}"
