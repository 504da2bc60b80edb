"""Splits: remembered, seeded, near their shares, and never one leak group on two sides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Article
from labeling.errors import LeakError
from labeling.splits import Assignment, SplitName, assign, groups_by_text
from labeling.values import digest_of

if TYPE_CHECKING:
    from random import Random

SHARES: dict[SplitName, float] = {"train": 0.7, "dev": 0.15, "test": 0.15}

# Which leak group each of up to 24 articles is in: a number from 0 to 11.
groupings = st.lists(st.integers(0, 11), max_size=24).map(
    lambda groups: {f"a{n:02}": f"g{group}" for n, group in enumerate(groups)}
)


def row(article: str, group: str, split: SplitName | None, reason: str = "") -> Assignment:
    """An assignment of an earlier run."""
    return Assignment(article=article, leak_group=group, split=split, reason=reason)


def sides(rows: list[Assignment]) -> dict[str, set[str]]:
    """The splits in which each leak group stands."""
    found: dict[str, set[str]] = {}
    for each in rows:
        found.setdefault(each.leak_group, set()).update([each.split] if each.split else [])
    return found


def test_same_text_is_one_leak_group() -> None:
    """Articles with one text share a group, named by the smallest id; every other article is a group of its own."""
    texts = {"b": "one", "a": "one", "c": "two"}
    articles = [Article(id=name, text=text, digest=digest_of(text)) for name, text in texts.items()]

    assert groups_by_text(articles) == {"a": "a", "b": "a", "c": "c"}


def test_shares_are_kept() -> None:
    """A hundred articles on their own stand 70 to 15 to 15."""
    groups = {f"a{n}": f"a{n}" for n in range(100)}

    counts = Counter(each.split for each in assign(groups, list(groups), [], SHARES, "1"))

    assert counts == {"train": 70, "dev": 15, "test": 15}


def test_the_first_articles_by_hand() -> None:
    """The split that lacks most of its share is next: with seven articles that makes five, one and one.

    Lacking, train/dev/test: .7/.15/.15, 0.4/.3/.3, 0.1/.45/.45, 0.8/-.4/.6, 0.5/-.25/.75, 1.2/.., 0.9/...
    """
    groups = {f"a{n}": f"a{n}" for n in range(7)}

    counts = Counter(each.split for each in assign(groups, list(groups), [], SHARES, "1"))

    assert counts == {"train": 5, "dev": 1, "test": 1}


def test_only_wanted_articles_are_placed() -> None:
    """An article without gold gets no place, and counts towards no share."""
    groups = {f"a{n}": f"a{n}" for n in range(100)}

    assert [each.article for each in assign(groups, ["a3"], [], SHARES, "1")] == ["a3"]


def test_another_seed_is_another_split() -> None:
    """The seed decides which article goes where."""
    groups = {f"a{n}": f"a{n}" for n in range(40)}

    assert assign(groups, list(groups), [], SHARES, "1") != assign(groups, list(groups), [], SHARES, "2")


def test_a_reprint_follows() -> None:
    """A new article goes where its leak group is, whatever the shares say."""
    groups = {"a": "a", "b": "a"}

    assert assign(groups, ["a", "b"], [row("a", "a", "test")], SHARES, "1") == [
        row("a", "a", "test"),
        row("b", "a", "test"),
    ]


def test_a_bridge_is_left_out() -> None:
    """An article that joins two groups of different splits stands in none; the others stay, as two groups."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    rows = assign({"a": "a", "b": "a", "c": "a"}, ["a", "b", "c"], before, SHARES, "1")

    assert rows == [
        row("a", "a", None, "its leak group bridges train and test"),
        row("b", "a (train)", "train"),
        row("c", "a (test)", "test"),
    ]
    assert rows == assign({"a": "a", "b": "a", "c": "a"}, ["a", "b", "c"], rows, SHARES, "1")


def test_articles_that_share_text_in_two_splits_are_a_leak() -> None:
    """Where no article can be the bridge, two of different splits share text with each other: refused by name."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    with pytest.raises(LeakError, match="'b' in train, 'c' in test"):
        assign({"b": "b", "c": "b"}, ["b", "c"], before, SHARES, "1")


def test_a_bridge_needs_no_gold() -> None:
    """An article nobody annotated may join two groups: that is no leak, for it stands nowhere."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    rows = assign({"a": "a", "b": "a", "c": "a"}, ["b", "c"], before, SHARES, "1")

    assert rows == [row("b", "a (train)", "train"), row("c", "a (test)", "test")]


def test_a_remembered_group_in_two_splits_is_a_leak() -> None:
    """A file that has one leak group in two splits, edited by hand perhaps, is refused."""
    with pytest.raises(LeakError, match="'a' in train, 'b' in dev"):
        assign({}, [], [row("a", "g", "train"), row("b", "g", "dev")], SHARES, "1")


def test_a_group_may_change_its_name() -> None:
    """A group is named by its smallest id: when a smaller one arrives, the remembered rows take the new name."""
    rows = assign({"a": "a", "b": "a"}, ["a", "b"], [row("b", "b", "dev")], SHARES, "1")

    assert rows == [row("a", "a", "dev"), row("b", "a", "dev")]


def test_groups_may_swap_their_names() -> None:
    """Clusters may be numbered anew: what counts is which articles are together, not the name of the group."""
    before = [row("a", "g1", "train"), row("b", "g2", "test"), row("c", "g3", "dev")]

    rows = assign({"a": "g2", "b": "g3", "c": "g3", "x": "g3"}, ["a", "b", "c", "x"], before, SHARES, "1")

    assert [each.split for each in rows] == ["train", "test", "dev", None]
    assert all(len(splits) <= 1 for splits in sides(rows).values())


@given(groupings)
def test_no_leak_group_in_two_splits(groups: dict[str, str]) -> None:
    """Every leak group stands in one split, and every wanted article somewhere."""
    rows = assign(groups, list(groups), [], SHARES, "1")

    assert all(len(splits) == 1 for splits in sides(rows).values())
    assert [each.article for each in rows] == sorted(groups)


@given(groupings, st.randoms())
def test_the_order_of_input_changes_nothing(groups: dict[str, str], random: Random) -> None:
    """Within one batch, shuffled articles get the same places."""
    names = list(groups)
    random.shuffle(names)
    shuffled = {name: groups[name] for name in names}

    assert assign(groups, list(groups), [], SHARES, "1") == assign(shuffled, names, [], SHARES, "1")


@given(groupings, st.integers(0, 24))
def test_new_articles_move_no_old_one(groups: dict[str, str], size: int) -> None:
    """What had a place keeps it when articles arrive, and a second run changes nothing."""
    first = assign(groups, list(groups)[:size], [], SHARES, "1")
    second = assign(groups, list(groups), first, SHARES, "1")

    assert {each.article: each.split for each in first}.items() <= {each.article: each.split for each in second}.items()
    assert all(len(splits) == 1 for splits in sides(second).values())
    assert second == assign(groups, list(groups), second, SHARES, "1")


@given(groupings, st.integers(1, 24), st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3))
def test_merging_groups_never_puts_one_on_two_sides(
    groups: dict[str, str], size: int, merges: set[tuple[int, int]]
) -> None:
    """When new articles join old groups, no leak group stands in two splits: bridges are left out, leaks refused."""
    first = assign(groups, list(groups)[:size], [], SHARES, "1")
    into = {f"g{one}": f"g{other}" for one, other in merges}
    merged = {article: into.get(group, group) for article, group in groups.items()}
    try:
        rows = assign(merged, list(groups), first, SHARES, "1")
    except LeakError:
        members: dict[str, list[str]] = {}
        for article, group in merged.items():
            members.setdefault(group, []).append(article)
        old = {each.article for each in first}
        assert any(set(articles) <= old and len({groups[one] for one in articles}) > 1 for articles in members.values())
    else:
        assert all(len(splits) <= 1 for splits in sides(rows).values())
        assert {one.article: one.split for one in first}.items() <= {one.article: one.split for one in rows}.items()
