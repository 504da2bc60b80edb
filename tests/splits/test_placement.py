"""Splits: remembered, seeded, near their shares, and never one leak group on two sides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Article, group_by_text
from labeling.errors import LeakError
from labeling.splits.placement import PlacementFacts, assign_splits, split_by_date
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment, SplitName

if TYPE_CHECKING:
    from random import Random

SHARES: dict[SplitName, float] = {"train": 0.7, "dev": 0.15, "test": 0.15}

# Which leak group each of up to 24 articles is in: a number from 0 to 11.
groupings = st.lists(st.integers(0, 11), max_size=24).map(
    lambda groups: {f"a{n:02}": f"g{group}" for n, group in enumerate(groups)}
)


def row(article: str, group: str, split: SplitName | None, reason: str = "") -> SplitAssignment:
    """An assignment of an earlier run."""
    return SplitAssignment(article=article, leak_group=group, split=split, reason=reason)


def sides(rows: list[SplitAssignment]) -> dict[str, set[str]]:
    """The splits that each leak group is in."""
    found: dict[str, set[str]] = {}
    for each in rows:
        found.setdefault(each.leak_group, set()).update([each.split] if each.split else [])
    return found


def test_same_text_is_one_leak_group() -> None:
    """Articles with one text share a group, named by the smallest id; every other article is a group of its own."""
    texts = {"b": "one", "a": "one", "c": "two"}
    articles = [made.article(name, text) for name, text in texts.items()]

    assert group_by_text(articles) == {"a": "a", "b": "a", "c": "c"}


def test_large_splits_keep_their_shares() -> None:
    """A hundred articles that share nothing are split 70 to 15 to 15."""
    groups = {f"a{n}": f"a{n}" for n in range(100)}

    counts = Counter(each.split for each in assign_splits(groups, list(groups), [], SHARES, "1"))

    assert counts == {"train": 70, "dev": 15, "test": 15}


def test_first_articles_go_where_most_is_lacking() -> None:
    """The split that lacks most of its share is next: with seven articles that makes five, one and one.

    Lacking, train/dev/test: .7/.15/.15, 0.4/.3/.3, 0.1/.45/.45, 0.8/-.4/.6, 0.5/-.25/.75, 1.2/.., 0.9/...
    """
    groups = {f"a{n}": f"a{n}" for n in range(7)}

    counts = Counter(each.split for each in assign_splits(groups, list(groups), [], SHARES, "1"))

    assert counts == {"train": 5, "dev": 1, "test": 1}


def test_rare_labels_are_in_every_split() -> None:
    """Ten of a hundred articles have a rare label: where only articles count, dev may lack it; now each split has it.

    Of ten, 7, 1.5 and 1.5 are due.
    """
    groups = {f"a{n}": f"a{n}" for n in range(100)}
    labels = {f"a{n}": {"COUNTRY": 2, **({"TREATY": 1} if n % 10 == 0 else {})} for n in range(100)}

    for seed in map(str, range(20)):
        rows = assign_splits(groups, list(groups), [], SHARES, seed, PlacementFacts(labels))
        counts = Counter(each.split for each in rows)
        rare = Counter(each.split for each in rows if "TREATY" in labels[each.article])
        assert {split: abs(counts[split] - 100 * SHARES[split]) <= 2 for split in SPLITS} == dict.fromkeys(SPLITS, True)
        assert (rare["train"], rare["dev"] >= 1, rare["test"] >= 1) in {(7, True, True), (8, True, True)}


def test_labels_decide_with_articles_where_a_group_goes() -> None:
    """Train has two of three articles and all treaties: a third treaty goes to dev, an article without one to train.

    What train, dev and test lack. Of articles, the new one among them: .7 - 2/4, .15 - 1/4, .15 - 0, that is .2, -.1
    and .15. Of treaties: .7 - 2/3, .15 - 0, .15 - 0, that is .03, .15 and .15. In sum: .23, .05 and .30.
    """
    groups = {name: name for name in "abcd"}
    before = [row("a", "a", "train"), row("b", "b", "train"), row("c", "c", "dev")]
    treaties = {"a": {"TREATY": 1}, "b": {"TREATY": 1}}

    def placed(labels: dict[str, dict[str, int]]) -> SplitName | None:
        return assign_splits(groups, ["d"], before, SHARES, "1", PlacementFacts(labels))[-1].split

    assert placed(treaties) == "train"
    assert placed(treaties | {"d": {"TREATY": 1}}) == "test"


DAYS = {"a": "2024-01-09", "b": "2024-01-10", "c": "2024-01-20", "d": "", "e": "2024-02-01"}


def dated() -> PlacementFacts:
    """Dev is what came since 10 January, test what came since 20 January; ``d`` has no date."""
    articles = [Article(id=name, text="x", digest="x", published=day) for name, day in DAYS.items()]
    return PlacementFacts({}, split_by_date(articles, "2024-01-10", "2024-01-20"))


def test_articles_go_to_the_split_of_their_day() -> None:
    """The first day of a split is its own; an article without a date has no place."""
    rows = assign_splits({name: name for name in DAYS}, list(DAYS), [], SHARES, "1", dated())

    assert [(each.article, each.split) for each in rows] == [
        ("a", "train"),
        ("b", "dev"),
        ("c", "test"),
        ("d", None),
        ("e", "test"),
    ]
    assert rows[3].reason == "it has no date, and the project splits by date"


def test_leak_group_stays_in_the_split_where_it_began() -> None:
    """Of a release of 9 January and its reprint of 20 January, the reprint is left out; also when it came first."""
    groups = {"a": "a", "c": "a", "b": "b", "d": "d", "e": "e"}
    left_out = row("c", "a", None, "its leak group stands in train, and its date is one of test")
    late = [row("c", "a", "test")]

    assert assign_splits(groups, ["a", "c"], [], SHARES, "1", dated()) == [row("a", "a", "train"), left_out]
    assert assign_splits(groups, ["a", "c"], late, SHARES, "1", dated()) == [
        row("a", "a", None, "its leak group stands in test, and its date is one of train"),
        *late,
    ]


def test_only_wanted_articles_are_placed() -> None:
    """An article without gold gets no place, and counts towards no share."""
    groups = {f"a{n}": f"a{n}" for n in range(100)}

    assert [each.article for each in assign_splits(groups, ["a3"], [], SHARES, "1")] == ["a3"]


def test_another_seed_is_another_split() -> None:
    """The seed decides which article goes where."""
    groups = {f"a{n}": f"a{n}" for n in range(40)}

    assert assign_splits(groups, list(groups), [], SHARES, "1") != assign_splits(groups, list(groups), [], SHARES, "2")


def test_reprint_follows_its_leak_group() -> None:
    """A new article goes where its leak group is, whatever the shares are."""
    groups = {"a": "a", "b": "a"}

    assert assign_splits(groups, ["a", "b"], [row("a", "a", "test")], SHARES, "1") == [
        row("a", "a", "test"),
        row("b", "a", "test"),
    ]


def test_bridge_between_two_splits_is_left_out() -> None:
    """An article that joins two groups of different splits is in none; the others stay, as two groups."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    rows = assign_splits({"a": "a", "b": "a", "c": "a"}, ["a", "b", "c"], before, SHARES, "1")

    assert rows == [
        row("a", "a", None, "its leak group bridges train and test"),
        row("b", "a (train)", "train"),
        row("c", "a (test)", "test"),
    ]
    assert rows == assign_splits({"a": "a", "b": "a", "c": "a"}, ["a", "b", "c"], rows, SHARES, "1")


def test_divided_leak_group_without_a_bridge_is_refused() -> None:
    """Where no article can be the bridge, two of different splits share text with each other: refused by name."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    with pytest.raises(LeakError, match="'b' in train, 'c' in test"):
        assign_splits({"b": "b", "c": "b"}, ["b", "c"], before, SHARES, "1")


def test_bridge_without_gold_is_not_a_leak() -> None:
    """An article nobody annotated may join two groups: it is in no split itself."""
    before = [row("b", "b", "train"), row("c", "c", "test")]

    rows = assign_splits({"a": "a", "b": "a", "c": "a"}, ["b", "c"], before, SHARES, "1")

    assert rows == [row("b", "a (train)", "train"), row("c", "a (test)", "test")]


def test_remembered_group_in_two_splits_is_refused() -> None:
    """A file with one leak group in two splits, edited by hand perhaps, is refused."""
    with pytest.raises(LeakError, match="'a' in train, 'b' in dev"):
        assign_splits({}, [], [row("a", "g", "train"), row("b", "g", "dev")], SHARES, "1")


def test_remembered_rows_take_the_new_name_of_their_group() -> None:
    """A group is named by its smallest id; when a smaller one arrives, all its rows have the new name."""
    rows = assign_splits({"a": "a", "b": "a"}, ["a", "b"], [row("b", "b", "dev")], SHARES, "1")

    assert rows == [row("a", "a", "dev"), row("b", "a", "dev")]


def test_names_of_groups_do_not_matter() -> None:
    """Clusters may be numbered anew: what counts is which articles are together, not the name of the group."""
    before = [row("a", "g1", "train"), row("b", "g2", "test"), row("c", "g3", "dev")]

    rows = assign_splits({"a": "g2", "b": "g3", "c": "g3", "x": "g3"}, ["a", "b", "c", "x"], before, SHARES, "1")

    assert [each.split for each in rows] == ["train", "test", "dev", None]
    assert all(len(splits) <= 1 for splits in sides(rows).values())


@given(groupings)
def test_no_leak_group_is_in_two_splits(groups: dict[str, str]) -> None:
    """Every leak group is in one split, and every wanted article in some split."""
    rows = assign_splits(groups, list(groups), [], SHARES, "1")

    assert all(len(splits) == 1 for splits in sides(rows).values())
    assert [each.article for each in rows] == sorted(groups)


@given(groupings, st.randoms())
def test_assignment_does_not_depend_on_order(groups: dict[str, str], random: Random) -> None:
    """Within one batch, shuffled articles get the same places."""
    names = list(groups)
    random.shuffle(names)
    shuffled = {name: groups[name] for name in names}

    assert assign_splits(groups, list(groups), [], SHARES, "1") == assign_splits(shuffled, names, [], SHARES, "1")


@given(groupings, st.integers(0, 24))
def test_assigned_articles_never_move(groups: dict[str, str], size: int) -> None:
    """What had a place keeps it when articles arrive, and a second run changes nothing."""
    first = assign_splits(groups, list(groups)[:size], [], SHARES, "1")
    second = assign_splits(groups, list(groups), first, SHARES, "1")

    assert {each.article: each.split for each in first}.items() <= {each.article: each.split for each in second}.items()
    assert all(len(splits) == 1 for splits in sides(second).values())
    assert second == assign_splits(groups, list(groups), second, SHARES, "1")


@given(groupings, st.integers(1, 24), st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3))
def test_merged_groups_are_never_in_two_splits(groups: dict[str, str], size: int, merges: set[tuple[int, int]]) -> None:
    """When new articles join old groups, no leak group is in two splits: bridges are left out, leaks refused."""
    first = assign_splits(groups, list(groups)[:size], [], SHARES, "1")
    into = {f"g{one}": f"g{other}" for one, other in merges}
    merged = {article: into.get(group, group) for article, group in groups.items()}
    try:
        rows = assign_splits(merged, list(groups), first, SHARES, "1")
    except LeakError:
        members: dict[str, list[str]] = {}
        for article, group in merged.items():
            members.setdefault(group, []).append(article)
        old = {each.article for each in first}
        assert any(set(articles) <= old and len({groups[one] for one in articles}) > 1 for articles in members.values())
    else:
        assert all(len(splits) <= 1 for splits in sides(rows).values())
        assert {one.article: one.split for one in first}.items() <= {one.article: one.split for one in rows}.items()


LABELS = st.dictionaries(st.sampled_from(["PERSON", "TREATY"]), st.integers(1, 3))


@given(groupings, st.integers(0, 24), st.lists(LABELS, min_size=24, max_size=24), st.randoms())
def test_with_labels_nothing_leaks_moves_or_depends_on_order(
    groups: dict[str, str], size: int, spans: list[dict[str, int]], random: Random
) -> None:
    """Labels decide where a new group goes, and nothing else."""
    names = list(groups)
    facts = PlacementFacts(dict(zip(names, spans, strict=False)))
    first = assign_splits(groups, names[:size], [], SHARES, "1", facts)
    second = assign_splits(groups, names, first, SHARES, "1", facts)
    random.shuffle(names)

    assert all(len(splits) == 1 for splits in sides(second).values())
    assert {each.article: each.split for each in first}.items() <= {each.article: each.split for each in second}.items()
    assert assign_splits({name: groups[name] for name in names}, names, first, SHARES, "1", facts) == second


@given(groupings, st.integers(0, 24), st.lists(st.sampled_from([*SPLITS, None]), min_size=24, max_size=24))
def test_by_date_nothing_leaks_and_no_split_has_another_day(
    groups: dict[str, str], size: int, days: list[SplitName | None]
) -> None:
    """One group, one split; what is in a split is of its days; no row moves: whatever shares text, whenever it came."""
    dated = dict(zip(groups, days, strict=False))
    first = assign_splits(groups, list(groups)[:size], [], SHARES, "1", PlacementFacts({}, dated))
    second = assign_splits(groups, list(groups), first, SHARES, "1", PlacementFacts({}, dated))

    assert all(len(splits) <= 1 for splits in sides(second).values())
    assert all(each.split in {None, dated[each.article]} and bool(each.reason) != bool(each.split) for each in second)
    assert {each.article: each.split for each in first}.items() <= {each.article: each.split for each in second}.items()
