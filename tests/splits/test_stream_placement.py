"""Splits of a project with a random stream: dev and test grow from it alone, and what they have stays."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from labeling.splits.placement import PlacementFacts, assign_splits
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from labeling.workspace.rows.assignment import SplitName

SHARES: dict[SplitName, float] = {"train": 0.7, "dev": 0.15, "test": 0.15}

# Which leak group each of up to 24 articles is in.
groupings = st.lists(st.integers(0, 11), min_size=1, max_size=24).map(
    lambda groups: {f"a{n:02}": f"g{group}" for n, group in enumerate(groups)}
)


def facts_of(*stream: str) -> PlacementFacts:
    """No labels, and a random stream of these articles."""
    return PlacementFacts({}, stream=frozenset(stream))


def test_whole_stream_is_dev_and_test_where_it_is_their_share() -> None:
    """Of a hundred articles that share nothing, thirty are drawn: fifteen of these are dev, fifteen test."""
    groups = {f"a{n:02}": f"a{n:02}" for n in range(100)}
    drawn = list(groups)[:30]

    rows = assign_splits(groups, list(groups), [], SHARES, "1", facts_of(*drawn))

    assert Counter((each.split, each.stream) for each in rows) == {
        ("train", False): 70,
        ("dev", True): 15,
        ("test", True): 15,
    }


def test_larger_stream_trains_with_what_dev_and_test_do_not_need() -> None:
    """Of a hundred articles, all of them drawn, seventy train as without a stream."""
    groups = {f"a{n:02}": f"a{n:02}" for n in range(100)}

    rows = assign_splits(groups, list(groups), [], SHARES, "1", facts_of(*groups))

    assert Counter(each.split for each in rows) == {"train": 70, "dev": 15, "test": 15}
    assert all(each.stream for each in rows)


def test_drawn_article_goes_where_more_is_lacking() -> None:
    """Six articles train and one more is dev: of eight, dev has 1/8 of the 0.15 it is due, and test nothing."""
    names = "abcdefgh"
    before = [SplitAssignment(article=name, leak_group=name, split="train") for name in names[:6]]
    before.append(SplitAssignment(article="g", leak_group="g", split="dev"))

    rows = assign_splits({name: name for name in names}, names, before, SHARES, "1", facts_of("h"))

    assert rows[-1] == SplitAssignment(article="h", leak_group="h", split="test", stream=True)


def test_drawn_article_trains_where_dev_and_test_have_their_share() -> None:
    """One article of each of three is dev and test: both are above 0.15, and the fourth has a place in train alone."""
    before = [
        SplitAssignment(article=name, leak_group=name, split=split) for name, split in zip("abc", SHARES, strict=True)
    ]

    rows = assign_splits({name: name for name in "abcd"}, "abcd", before, SHARES, "1", facts_of("d"))

    assert rows == [*before, SplitAssignment(article="d", leak_group="d", split="train", stream=True)]


def test_leak_group_of_which_a_part_was_chosen_trains() -> None:
    """Two articles grew together, of which a hash drew one, and a model may have chosen the other."""
    rows = assign_splits({"a": "a", "b": "a"}, ["a", "b"], [], SHARES, "1", facts_of("a"))

    assert [(each.split, each.stream) for each in rows] == [("train", True), ("train", False)]


def test_chosen_article_beside_dev_is_left_out() -> None:
    """It would leak from train, and in dev it would be a model's choice; one of the stream joins what is dev."""
    before = [SplitAssignment(article="a", leak_group="a", split="dev")]

    rows = assign_splits(dict.fromkeys("abc", "a"), "abc", before, SHARES, "1", facts_of("c"))

    assert rows == [
        *before,
        SplitAssignment(
            article="b",
            leak_group="a",
            split=None,
            reason="its leak group stands in dev, which grows by the random stream alone, and it is not of that",
        ),
        SplitAssignment(article="c", leak_group="a", split="dev", stream=True),
    ]


@given(groupings, st.integers(0, 24), st.data())
def test_dev_and_test_grow_from_the_stream_alone(groups: dict[str, str], size: int, data: st.DataObject) -> None:
    """What was dev, test or train before there was a stream stays; no leak group is on two sides; nothing is lost."""
    drawn = data.draw(st.sets(st.sampled_from(sorted(groups))))
    before = {each.article: each for each in assign_splits(groups, list(groups)[:size], [], SHARES, "1")}

    rows = assign_splits(groups, list(groups), before.values(), SHARES, "1", facts_of(*drawn))

    assert [each.article for each in rows] == sorted(groups)
    for each in rows:
        if each.article in before:
            assert each == before[each.article]
        else:
            assert each.split in ("train", None) or each.article in drawn
            assert each.stream is (each.article in drawn)
            assert each.split is not None or each.article not in drawn
    sides = {(each.leak_group, each.split) for each in rows if each.split}
    assert len(sides) == len({group for group, _ in sides})
    assert rows == assign_splits(groups, list(groups), rows, SHARES, "1", facts_of(*drawn))


def test_row_without_a_stream_is_the_line_of_before() -> None:
    """Where nothing was drawn the key is absent, and a line of before is read."""
    row = SplitAssignment(article="a", leak_group="a", split="dev")

    assert row.model_dump_json() == '{"article":"a","leak_group":"a","split":"dev","reason":""}'
    assert SplitAssignment.model_validate_json(row.model_dump_json()) == row
