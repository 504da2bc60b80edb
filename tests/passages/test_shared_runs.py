"""The steps on columns, redone by hand on a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labeling.passages.fingerprints import neighbour_masks
from labeling.passages.shared_runs import (
    BOILERPLATE,
    REPRINT,
    Columns,
    attach_centres,
    drop_masked_runs,
    find_connected_components,
    join_consecutive_runs,
    keep_repeated_fingerprints,
    keep_shared_runs,
)


def columns(**values: list[Any]) -> Columns:
    """Columns of whole numbers."""
    kinds = {
        "hash": np.uint64,
        "article": np.uint64,
        "source": np.uint64,
        "centre": np.uint64,
        "near": np.uint64,
        "kind": np.uint8,
    }
    return {name: np.array(column, kinds.get(name, np.int32)) for name, column in values.items()}


def rows(table: Columns, *names: str) -> list[tuple[int, ...]]:
    """The rows of some columns, sorted."""
    return sorted(zip(*(table[name].tolist() for name in names), strict=True))


def test_what_one_article_repeats_is_not_shared() -> None:
    """A fingerprint that one article has twice is not one of two articles."""
    prints = columns(hash=[5, 5, 6, 6, 7], article=[1, 1, 1, 2, 3], at=[0, 9, 3, 4, 0], near=[0] * 5)

    assert rows(keep_repeated_fingerprints(prints, neighbour_masks(12)), "article", "at") == [(1, 3), (2, 4)]


def test_stock_phrases_are_not_shared() -> None:
    """Of runs of 12 words, those count that go on alike for four words: after it, before it, or two on either side."""
    alike = [0x11_22_33_44_00_00_00_01, 0x11_22_33_44_00_00_00_02]  # the four words after it
    prints = columns(
        hash=[5, 5, 6, 6, 7, 7, 8, 8],
        article=[1, 2] * 4,
        at=[5, 5, 6, 6, 7, 7, 8, 8],
        near=[
            *alike,
            *(0x01_44_33_22_11, 0x02_44_33_22_11),  # the four before it
            *(0x01_01_55_66_77_88_01_01, 0x02_02_55_66_77_88_02_02),  # two and two
            *(0x01_33_55_66_01_88_22_11, 0x02_33_55_66_02_88_22_11),  # three, and no fourth next to them
        ],
    )

    assert rows(keep_repeated_fingerprints(prints, neighbour_masks(12)), "article", "at") == [
        (1, 5),
        (1, 6),
        (1, 7),
        (2, 5),
        (2, 6),
        (2, 7),
    ]


def test_boilerplate_is_what_one_source_prints_on_many_days() -> None:
    """Three days of source 1 make run 5 boilerplate, also in source 2; a day each of three sources does not."""
    table = columns(
        hash=[5, 5, 5, 5, 6, 6, 6, 7, 7, 7],
        article=[1, 2, 3, 4, 1, 4, 5, 1, 2, 3],
        at=[0] * 10,
        source=[1, 1, 1, 2, 1, 2, 3, 0, 0, 0],
        day=[10, 11, 12, 12, 10, 11, 12, 10, 11, 12],
    )

    assert rows(keep_shared_runs(table, 3), "hash", "article", "kind") == [
        *((5, article, BOILERPLATE) for article in (1, 2, 3, 4)),
        *((6, article, REPRINT) for article in (1, 4, 5)),
        *((7, article, REPRINT) for article in (1, 2, 3)),
    ]
    assert BOILERPLATE not in keep_shared_runs(table, 4)["kind"]


def test_a_run_that_touches_boilerplate_joins_nothing() -> None:
    """With runs of 6 words and boilerplate at words 10 to 15, runs that start at 5 to 15 hold a word of it."""
    table = columns(
        article=[1] * 6 + [2],
        at=[10, 4, 5, 15, 16, 40, 10],
        kind=[BOILERPLATE] + [REPRINT] * 6,
    )

    assert rows(drop_masked_runs(table, 6), "article", "at") == [(1, 4), (1, 10), (1, 16), (1, 40), (2, 10)]


def test_each_article_is_joined_to_the_fullest() -> None:
    """A run in a thousand articles makes 999 pairs, all with the fullest."""
    many = 1000
    table = columns(
        hash=[5] * many,
        kind=[REPRINT] * many,
        article=list(range(many)),
        length=[100 + (n == 700) for n in range(many)],
        at=[3] * many,
        start=[20] * many,
        end=[90] * many,
    )
    pairs = attach_centres(table)

    assert set(pairs["centre"].tolist()) == {700}
    assert sorted(pairs["article"].tolist()) == [n for n in range(many) if n != 700]


def test_consecutive_runs_are_one() -> None:
    """Runs of 6 words at 3, 4 and 5, and at 20, 21 and 22 of the centre, are one run of 8 words; at 30 is another."""
    table = columns(
        kind=[REPRINT] * 4,
        article=[2] * 4,
        at=[4, 3, 30, 5],
        start=[40, 30, 300, 50],
        end=[100, 90, 360, 110],
        centre=[1] * 4,
        centre_at=[21, 20, 23, 22],
        centre_start=[210, 200, 230, 220],
        centre_end=[270, 260, 290, 280],
    )

    assert rows(
        join_consecutive_runs(table, 6), "article", "start", "end", "centre", "centre_start", "centre_end", "words"
    ) == [
        (2, 30, 110, 1, 200, 280, 8),
        (2, 300, 360, 1, 230, 290, 6),
    ]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40))
def test_connected_components_equal_those_of_a_plain_search(pairs: list[tuple[int, int]]) -> None:
    """Each component is named by its least member."""
    group = {article: {article} for pair in pairs for article in pair}
    for one, other in pairs:
        both = group[one] | group[other]
        group.update(dict.fromkeys(both, both))
    expected = [(article, min(members)) for article, members in sorted(group.items())]
    left, right = zip(*pairs, strict=True)

    assert (
        rows(find_connected_components(columns(centre=list(left), article=list(right))), "article", "group") == expected
    )


def test_long_chain_is_one_component() -> None:
    """Ten thousand articles, each sharing text with the next one only, are one leak group."""
    chain = np.random.default_rng(1).permutation(10_000).astype(np.uint64)

    assert set(find_connected_components({"centre": chain[:-1], "article": chain[1:]})["group"].tolist()) == {0}
