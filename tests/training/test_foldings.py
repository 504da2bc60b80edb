"""Foldings by leak group, the lines of results, and the corpora that they are made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fold_results import FoldResult, append_result, pool_counts, read_results, write_table
from foldings import deal_articles, place_articles
from hypothesis import given
from hypothesis import strategies as st
from measured_folds import Training, compile_folding, list_missing, measure_training, open_corpus
from trainers import Trainer, read_settings

from labeling.splits.placement import PlacementFacts
from labeling.training.fitting.tagger_settings import WORD_SETTINGS
from labeling.workspace.rows.assignment import Leakage
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.project import Project

FOLDS = 5
# Leak groups by article: at least as many groups as folds, some of several articles.
GROUPS = st.lists(st.integers(1, 4), min_size=FOLDS, max_size=30).map(
    lambda sizes: {f"a{group}.{n}": f"g{group}" for group, size in enumerate(sizes) for n in range(size)}
)
SEEDS = st.text(max_size=3)


def _splits(groups: Mapping[str, str], fold_of: Mapping[str, int], seed: str) -> list[dict[str, str | None]]:
    foldings = (place_articles(groups, fold_of, fold, seed) for fold in range(FOLDS))
    return [{row.article: row.split for row in rows} for rows in foldings]


@given(GROUPS, SEEDS)
def test_every_article_is_in_test_once_and_in_train_or_dev_otherwise(groups: dict[str, str], seed: str) -> None:
    """Of five foldings; and each has something to train on and to test with."""
    foldings = _splits(groups, deal_articles(groups, groups, FOLDS, seed), seed)
    assert all(set(folding) == set(groups) for folding in foldings)
    for article in groups:
        places = Counter(folding[article] for folding in foldings)
        assert places["test"] == 1
        assert places["train"] + places["dev"] == FOLDS - 1
    assert all({"train", "test"} <= set(folding.values()) for folding in foldings)


@given(GROUPS, SEEDS)
def test_no_leak_group_is_parted(groups: dict[str, str], seed: str) -> None:
    """Not between folds, and not between train and dev of one."""
    fold_of = deal_articles(groups, groups, FOLDS, seed)
    dealt: list[Mapping[str, object]] = [fold_of, *_splits(groups, fold_of, seed)]
    for folding in dealt:
        places = defaultdict[str, set[object]](set)
        for article, place in folding.items():
            places[groups[article]].add(place)
        assert all(len(each) == 1 for each in places.values())


@given(GROUPS, SEEDS, st.randoms(use_true_random=False))
def test_foldings_do_not_depend_on_the_order_of_the_articles(groups: dict[str, str], seed: str, dice: Any) -> None:
    """They are decided by the seed and by what is dealt."""
    order = list(groups)
    dice.shuffle(order)
    shuffled = {article: groups[article] for article in order}
    fold_of = deal_articles(groups, groups, FOLDS, seed)
    assert deal_articles(shuffled, order, FOLDS, seed) == fold_of
    assert _splits(shuffled, dict(sorted(fold_of.items(), reverse=True)), seed) == _splits(groups, fold_of, seed)


@given(GROUPS, SEEDS)
def test_folds_differ_by_no_more_than_the_largest_leak_group(groups: dict[str, str], seed: str) -> None:
    """In articles."""
    sizes = Counter(deal_articles(groups, groups, FOLDS, seed).values())
    assert max(sizes.values()) - min(sizes.values()) <= max(Counter(groups.values()).values())


def test_articles_that_are_not_wanted_are_in_no_fold_and_too_few_groups_are_refused() -> None:
    """An article without gold may join two that have some: it holds their group together all the same."""
    groups = {"one": "g", "bridge": "g", "two": "g", "three": "h"}
    wanted = {"one": 1, "two": 1, "three": 1}
    fold_of = deal_articles(groups, wanted, 2, "seed")
    assert fold_of.keys() == wanted.keys()
    assert fold_of["one"] == fold_of["two"] != fold_of["three"]
    with pytest.raises(ValueError, match="2 leak groups cannot be dealt to 3 folds"):
        deal_articles(groups, wanted, 3, "seed")


def test_dev_is_a_fifth_of_what_is_not_in_test() -> None:
    """Of 100 articles that share nothing: 20 of test, 16 of dev."""
    groups = {f"a{n}": f"g{n}" for n in range(100)}
    rows = place_articles(groups, deal_articles(groups, groups, 5, "1"), 2, "1", PlacementFacts(labels={}))
    assert Counter(row.split for row in rows) == {"train": 64, "dev": 16, "test": 20}


def _result(part: str, counts: dict[str, dict[str, tuple[int, int, int]]], **more: Any) -> FoldResult:
    values = {"corpus": "c", "what": "spans", "recipe": "ner", "part": part, "seed": 1, "counts": counts}
    return FoldResult.model_validate(values | more)


# F1 of the folds is 2 * 2 / (3 + 3) and 2 * 1 / (5 + 1); of both together 2 * 3 / (8 + 4).
FIRST = _result("1/2", {"g": {"A": (1, 1, 2), "B": (1, 2, 1)}}, seconds=10, processor=15, megabytes=900)
SECOND = _result("2/2", {"h": {"A": (1, 5, 1)}}, seconds=30, processor=45, megabytes=1200)


def test_a_table_has_the_mean_of_the_folds_and_the_pooled_measure() -> None:
    """Two thirds and a third are a half in the mean; and pooled, by chance, a half too."""
    assert [round(each.f1, 3) for each in (FIRST, SECOND)] == [0.667, 0.333]
    pooled = pool_counts([FIRST, SECOND])
    assert (pooled.pairs, pooled.gold, pooled.predicted, pooled.f1) == (3, 8, 4, 0.5)
    # Both groups are the one or the other in half of the resamples: the interval goes from one to the other.
    assert pooled.f1_interval == pytest.approx((1 / 3, 2 / 3))
    line = list(write_table([FIRST, SECOND]))[-1]
    assert line == (
        "| c | spans | ner | 2 | 1 | 50.0 | 50.0 | 50.0 (33.3 to 66.7) | 75.0 | 37.5 | 20 s | 30 s | 1.2 GB |"
    )


def test_seeds_of_one_leak_group_are_one_observation() -> None:
    """A second training on the same articles narrows nothing; its F1 goes into the mean."""
    again = [each.model_copy(update={"seed": 2}) for each in (FIRST, SECOND)]
    assert pool_counts([FIRST, SECOND, *again]).f1_interval == pool_counts([FIRST, SECOND]).f1_interval
    worse = SECOND.model_copy(update={"seed": 2, "counts": {"h": {"A": (0, 5, 1)}}})
    assert "| 1, 2 | 41.7 | 50.0, 33.3 |" in list(write_table([FIRST, SECOND, again[0], worse]))[-1]


def test_a_result_measured_again_replaces_the_one_before(tmp_path: Path) -> None:
    """And what is written is what is read."""
    out = tmp_path / "new" / "results.jsonl"
    assert read_results(out) == []
    for each in (FIRST, SECOND, FIRST):
        append_result(out, each)
    assert read_results(out) == [FIRST, SECOND, FIRST]
    assert list(write_table(read_results(out))) == list(write_table([FIRST, SECOND]))


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The samples with the third of five foldings."""
    scratch = tmp_path_factory.mktemp("foldings")
    return compile_folding(open_corpus("samples", Path(), scratch), 3, FOLDS, scratch / "fold")


def test_a_folding_of_the_samples_shares_no_passage(folded: Project) -> None:
    """By the certificate of `labeling split`, which reads the texts."""
    leakage = read_value(folded.workspace.leakage.path, Leakage)
    assert leakage.shared_passages_across_splits == 0
    splits = Counter(row.split for row in folded.workspace.splits.rows())
    assert sum(splits.values()) == 23  # of 24: one was ruled out
    assert set(splits) == {"train", "dev", "test"}


def test_a_training_is_measured_once(folded: Project, tmp_path: Path) -> None:
    """The rules of `labeling suggest` learn nothing and are measured alike; what is there is not missing any more."""
    out, training = tmp_path / "results.jsonl", Training(folded, "samples", "3/5", Trainer("rules"), "rules", 1)
    both = Training(folded, "samples", "3/5", Trainer("rules"), "rules", 1, splits=("dev", "test"))
    assert list_missing([training], out) == [training]
    (result,) = measure_training(training)
    gold = {row.article: row for row in folded.workspace.gold.rows()}
    test = [row.article for row in folded.workspace.splits.rows() if row.split == "test"]
    measure = pool_counts([result])
    assert measure.gold == sum(len(gold[name].spans) for name in test)
    assert 0.5 < result.f1 < 1
    append_result(out, result)
    assert list_missing([training, both], out) == [both]


def test_a_setting_has_the_type_of_its_default_and_a_name_that_is_known() -> None:
    """``rate=2`` is a number with a point, ``members=3`` one without."""
    read = read_settings(["rate=2", "members=3"], WORD_SETTINGS)
    assert (read, type(read["rate"]), type(read["members"])) == ({"rate": 2.0, "members": 3}, float, int)
    with pytest.raises(ValueError, match="pace is not a setting of a tagger"):
        read_settings(["pace=3"], WORD_SETTINGS)
