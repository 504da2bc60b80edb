"""Foldings of a corpus by leak group: each article is in test exactly once, and no group is parted.

Of the articles that are not in test, a fifth is dev, by whole leak groups too, as `labeling split` places new articles.
Pure: the same groups and seed give the same foldings, in whatever order they come.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from labeling.splits.placement import NO_FACTS, assign_splits
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SplitAssignment, SplitName

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from labeling.splits.placement import PlacementFacts

# Of what is not in test.
SHARES: dict[SplitName, float] = {"train": 0.8, "dev": 0.2, "test": 0.0}


def deal_articles(groups: Mapping[str, str], wanted: Collection[str], folds: int, seed: str) -> dict[str, int]:
    """The fold of each wanted article, from 0 on: in which of the foldings it is in test.

    Leak groups come in the order of a seeded hash, and each goes to the fold that has the fewest articles. Five groups
    of one article each are dealt to two folds as three and two.

    Args:
        groups: Article id to leak group.
        wanted: The articles to deal: those with usable gold.
        folds: How many.
        seed: Orders the groups.

    Raises:
        ValueError: There are fewer groups than folds.
    """
    members = defaultdict[str, list[str]](list)
    for article in sorted(wanted):
        members[groups[article]].append(article)
    if len(members) < folds:
        raise ValueError(f"{len(members)} leak groups cannot be dealt to {folds} folds")
    sizes, fold_of = [0] * folds, dict[str, int]()
    for group in sorted(members, key=lambda group: digest_of(f"{seed}:{group}")):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members[group])
        fold_of |= dict.fromkeys(members[group], fold)
    return fold_of


def place_articles(
    groups: Mapping[str, str], fold_of: Mapping[str, int], fold: int, seed: str, facts: PlacementFacts = NO_FACTS
) -> list[SplitAssignment]:
    """The splits of one folding: its fold is test, of the rest a fifth is dev.

    Args:
        groups: Article id to leak group.
        fold_of: As `deal_articles` returns it.
        fold: Which one is test.
        seed: Orders the groups of which dev is made.
        facts: The labels of each article, which dev gets its share of.
    """
    test = [
        SplitAssignment(article=article, leak_group=groups[article], split="test")
        for article, place in fold_of.items()
        if place == fold
    ]
    # By themselves, so that the shares are those of the rest.
    rest = [article for article, place in fold_of.items() if place != fold]
    placed = assign_splits(groups, rest, [], SHARES, f"{seed}:{fold}", facts)
    return sorted([*placed, *test], key=lambda row: row.article)
