"""Which articles share which runs of words: pure steps over columns of numbers, each on the rows of one bucket.

Rows of one hash (or of one article) are always in one bucket, so every step sees all it needs, and buckets can be
worked on apart, in threads or on machines. No step depends on the order of its rows.

A run that is in ten thousand articles (a footer) costs ten thousand rows and not their square: each article is joined
to the fullest one that has the run, the centre. That is enough to find the connected components, the leak groups.
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
WHOLE_ARTICLE = 1 << 30  # the place of the run that is a whole article: beyond any word


def keep_repeated_fingerprints(rows: Columns, masks: Sequence[np.uint64]) -> Columns:
    """Fingerprints that two articles or more have, next to the same words.

    Args:
        rows: article, hash, at, and ``near``, a byte of each word next to the fingerprint.
        masks: Which of these bytes, together, must be the same: one of the masks is enough.

    Returns:
        article and at.
    """
    rows = _take_rows(rows, find_repeated(rows["hash"]))
    kept = np.zeros(len(rows["hash"]), bool)
    # A fingerprint with its neighbours under a mask is one number: kept is what two articles have under any mask.
    for mask in masks:
        seen = mix_bits(rows["hash"] + mix_bits(rows["near"] & mask))
        order = np.argsort(seen)
        kept[order[_rows_in_several(seen[order], rows["article"][order])]] = True
    return {name: rows[name][kept] for name in ("article", "at")}


def keep_shared_runs(rows: Columns, dates: int) -> Columns:
    """Runs that two articles or more share, boilerplate distinguished from the rest.

    A run is boilerplate, in every article, when one known source printed it on ``dates`` known days or more; a whole
    article never is. A footer that one outlet printed on 5 days is boilerplate in another outlet, too; a press release
    that five outlets printed on 5 days is not.

    Args:
        rows: hash, article, at, and the article's source and day as numbers, ``UNKNOWN`` where not known.
        dates: How many days make boilerplate.

    Returns:
        The rows that are left, with ``kind``.
    """
    rows = _take_rows(rows, find_repeated(rows["hash"]))
    rows = _take_rows(rows, _rows_in_several(rows["hash"], rows["article"]))
    boilerplate = np.isin(rows["hash"], _boilerplate_hashes(rows, dates)) & (rows["at"] < WHOLE_ARTICLE)
    return {**rows, "kind": np.where(boilerplate, BOILERPLATE, REPRINT).astype(np.uint8)}


def drop_masked_runs(rows: Columns, words: int) -> Columns:
    """Leave out the runs that hold a word of boilerplate and are not boilerplate themselves: what is left joins.

    With runs of 6 words and boilerplate at words 10 to 15, the runs that start at words 5 to 9 and 11 to 15 go.

    Args:
        rows: article, at, kind, and others that are passed on; all rows of an article are among them.
        words: The length of a run.
    """
    boilerplate = rows["kind"] == BOILERPLATE
    if not boilerplate.any():
        return rows
    # All places on one long line, an article after the other; the next boilerplate at or after a run is then a search.
    _, number = np.unique(rows["article"], return_inverse=True)
    place = (number.astype(np.int64) << 32) + rows["at"] + words
    masks = np.sort(place[boilerplate])
    nearest = np.searchsorted(masks, place - words, side="right")
    masked = masks[np.minimum(nearest, len(masks) - 1)] - place
    masked_by_any = (nearest < len(masks)) & (masked < words)
    return _take_rows(rows, np.flatnonzero(boilerplate | ~masked_by_any))


def attach_centres(rows: Columns) -> Columns:
    """Each place of a run, with the first one in the fullest article that has it, the centre.

    Of two articles as full, the one with the lesser number is the centre. A run that is in articles of 300, 200 and 200
    words gives two rows, each of the shorter ones with the article of 300.

    Args:
        rows: hash, kind, article, length (words of the article), at, start, end (of the run, in code points).

    Returns:
        kind, article, at, start, end, and ``centre``, ``centre_at``, ``centre_start``, ``centre_end``.
    """
    rows = _take_rows(rows, np.argsort(rows["hash"]))
    first = np.flatnonzero(_differs_from_previous(rows["hash"]))
    sizes = np.diff(np.append(first, len(rows["hash"])))
    # Narrowed down to one row in each group of rows: the fullest article, the least number, the first place.
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
    """Runs that follow each other word by word, in the article and its centre alike, made one.

    Runs of 6 words at words 3, 4 and 5 of the article, and at 20, 21 and 22 of the centre, are one run of 8 words.

    Args:
        rows: What ``attach_centres`` gives; all rows of an article are among them.
        words: The length of a run.

    Returns:
        kind, centre, centre_start, centre_end, article, start, end (code points) and words (how many).
    """
    # One number for all runs on one diagonal: of one kind, one pair of articles, and one distance of their places.
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
    """The connected components of the graph whose edges are pairs of articles: these are the leak groups.

    Each article of a pair is returned with the least number in its component. The pairs 1-2, 2-3 and 7-9 give 1, 2 and
    3 the group 1, and 7 and 9 the group 7.

    By hooking and pointer jumping (Shiloach and Vishkin: An O(log n) parallel connectivity algorithm, 1982): in every
    round each pair gives both its ends, and the groups they point to, the lesser of their two numbers, and then every
    article takes the number that its number points to. The rounds grow with the logarithm of the longest chain.
    """
    ids, ends = np.unique(np.concatenate((pairs["centre"], pairs["article"])), return_inverse=True)
    left, right = np.split(ends.astype(np.int64), 2)
    group = np.arange(len(ids))
    while True:
        least = group.copy()
        # Hooking: along each pair the lesser number wins.
        low = np.minimum(group[left], group[right])
        for side in (group[left], group[right], left, right):
            np.minimum.at(least, side, low)
        # Pointer jumping: chains of numbers become half as long.
        least = least[least]
        if np.array_equal(least, group):
            return {"article": ids, "group": ids[group]}
        group = least


def _boilerplate_hashes(rows: Columns, dates: int) -> npt.NDArray[np.uint64]:
    """The hashes that one source printed on so many days; ``rows`` are sorted by hash."""
    known = np.flatnonzero((rows["source"] != UNKNOWN) & (rows["day"] != UNKNOWN))
    known = known[_repeats(rows["hash"][known], dates)]
    order = known[np.lexsort((rows["day"][known], rows["source"][known], rows["hash"][known]))]
    hashes, source, day = (rows[name][order] for name in ("hash", "source", "day"))
    new_run = _differs_from_previous(hashes) | _differs_from_previous(source)
    first = np.flatnonzero(new_run)
    # Of one hash and source, the days that differ from the one before are counted.
    days = np.add.reduceat((new_run | _differs_from_previous(day)).astype(np.int64), first) if len(first) else first
    boilerplate: npt.NDArray[np.uint64] = np.unique(hashes[first[days >= dates]])
    return boilerplate


def _least_in_groups(
    values: npt.NDArray[Any], among: npt.NDArray[np.bool_], first: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """The least value in each group of rows, of which one starts at each ``first``; only rows ``among`` count."""
    least: npt.NDArray[Any] = np.minimum.reduceat(np.where(among, values, np.iinfo(values.dtype).max), first)
    return least


def find_repeated(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows whose value another row has as well, in the order of values: few of many, found by one fast sort."""
    order = np.argsort(values)
    again: npt.NDArray[np.int64] = order[_repeats(values[order], 2)]
    return again


def _repeats(ranked: npt.NDArray[Any], times: int) -> npt.NDArray[np.bool_]:
    """Whether each of some sorted values occurs so many times or more."""
    first = np.flatnonzero(_differs_from_previous(ranked))
    sizes = np.diff(np.append(first, len(ranked)))
    return np.repeat(sizes >= times, sizes)


def _rows_in_several(ranked: npt.NDArray[Any], articles: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The rows whose value two articles or more have; rows are sorted by value."""
    first = np.flatnonzero(_differs_from_previous(ranked))
    sizes = np.diff(np.append(first, len(ranked)))
    least, most = (choose.reduceat(articles, first) for choose in (np.minimum, np.maximum))
    return np.flatnonzero(np.repeat(least != most, sizes))


def _differs_from_previous(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before it; the first one always does."""
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _take_rows(rows: Columns, order: npt.NDArray[Any]) -> Columns:
    return {name: values[order] for name, values in rows.items()}


def _centre_column(name: str) -> str:
    return "centre" if name == "article" else f"centre_{name}"
