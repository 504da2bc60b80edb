"""Leak groups into train, dev and test: remembered, seeded, and never on two sides.

The unit is the leak group, articles of which some share text: a reprint in test of what was trained on is a test that
has been seen. What was once assigned never moves, so that a corpus can grow under a model that was trained on it.
Nothing here touches disk, network, clock or a random number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.errors import LeakError
from labeling.values import Frozen, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from labeling.articles import Article

SplitName: TypeAlias = Literal["train", "dev", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "dev", "test")


class Assignment(Frozen):
    """The split of one article; None, with the reason, for an article that is left out of all of them."""

    article: str
    leak_group: str
    split: SplitName | None
    reason: str = ""


class Clustered(Frozen):
    """One line of ``clusters.jsonl``: the story and the leak group of an article, and whether it leads its story."""

    article: str
    story: str
    leak_group: str
    lead: bool


def groups_by_text(articles: Iterable[Article]) -> dict[str, str]:
    """Leak groups by identical text alone, for as long as nothing better is known: article id to group.

    A group bears the smallest article id in it.
    """
    same: defaultdict[str, list[str]] = defaultdict(list)
    for article in articles:
        same[article.digest].append(article.id)
    return {article: min(ids) for ids in same.values() for article in ids}


def assign(
    groups: Mapping[str, str],
    wanted: Collection[str],
    remembered: Iterable[Assignment],
    shares: Mapping[SplitName, float],
    seed: str,
) -> list[Assignment]:
    """Place the wanted articles, keeping every place that was given before.

    A new article goes where its leak group already is. New leak groups come in the order of ``sha256(seed:group)``,
    and each goes to the split furthest below its share, counted in articles; on a tie to the first of train, dev,
    test. An article whose leak group stands in two splits already is left out of all, with the reason. The order of
    the input changes nothing.

    Args:
        groups: Article id to leak group, of all articles, wanted or not: a bridge need not have gold.
        wanted: The articles to place: those that have usable gold.
        remembered: The assignments of earlier runs. Their splits stay, also where an article is not wanted any more.
        shares: The share of each split; only their proportions matter.
        seed: Orders the new leak groups.

    Returns:
        Remembered and new assignments, by article id.

    Raises:
        LeakError: Remembered articles of different splits share text with each other, or bear one leak group.
    """
    old = {row.article: row for row in remembered}
    members = _members(groups)
    standing = {group: _standing(ids, old) for group, ids in members.items()}
    _refuse_leaks(members, standing, old)
    kept = [_renamed(row, groups, standing) for row in old.values()]
    counts = Counter(row.split for row in kept)
    new = _members({article: groups[article] for article in wanted if article not in old})
    placed: list[Assignment] = []
    # Groups that have a place come first: only then is known how far below its share each split is.
    for group in sorted(new, key=lambda group: (not standing[group], digest_of(f"{seed}:{group}"))):
        rows = [_place(article, group, standing[group], counts, shares, len(new[group])) for article in new[group]]
        counts.update(row.split for row in rows)
        placed += rows
    return sorted([*kept, *placed], key=lambda row: row.article)


def _members(groups: Mapping[str, str]) -> dict[str, list[str]]:
    members: defaultdict[str, list[str]] = defaultdict(list)
    for article, group in sorted(groups.items()):
        members[group].append(article)
    return dict(members)


def _standing(articles: Iterable[str], old: Mapping[str, Assignment]) -> list[SplitName]:
    """The splits in which a leak group already stands, in the order of ``SPLITS``."""
    taken = {old[article].split for article in articles if article in old}
    return [split for split in SPLITS if split in taken]


def _renamed(row: Assignment, groups: Mapping[str, str], standing: Mapping[str, list[SplitName]]) -> Assignment:
    """The remembered row under its group's name of today.

    A group that a bridge made out of two is two parts again without the bridge, so each part has a name of its own.
    """
    group = groups.get(row.article, row.leak_group)
    bridged = row.split is not None and len(standing.get(group, ())) > 1
    return row.model_copy(update={"leak_group": f"{group} ({row.split})" if bridged else group})


def _place(  # the six things a place depends on
    article: str,
    group: str,
    standing: list[SplitName],
    counts: Mapping[SplitName | None, int],
    shares: Mapping[SplitName, float],
    size: int,
) -> Assignment:
    if len(standing) > 1:
        return Assignment(
            article=article, leak_group=group, split=None, reason=f"its leak group bridges {' and '.join(standing)}"
        )
    split = standing[0] if standing else _furthest_below(counts, shares, size)
    return Assignment(article=article, leak_group=group, split=split)


def _furthest_below(counts: Mapping[SplitName | None, int], shares: Mapping[SplitName, float], size: int) -> SplitName:
    """The split that would lack most articles of its share if the ``size`` new ones went elsewhere."""
    total = size + sum(counts.get(split, 0) for split in SPLITS)
    weight = sum(shares[split] for split in SPLITS)
    return max(SPLITS, key=lambda split: shares[split] * total / weight - counts.get(split, 0))


def _refuse_leaks(
    members: Mapping[str, list[str]], standing: Mapping[str, list[SplitName]], old: Mapping[str, Assignment]
) -> None:
    """Refuse a group in two splits that no left out article can be bridging: then two that share text are apart."""
    for group, articles in members.items():
        if len(standing[group]) > 1 and all(article in old and old[article].split for article in articles):
            raise _leak(group, [old[article] for article in articles])
    named: defaultdict[str, list[Assignment]] = defaultdict(list)
    for row in old.values():
        named[row.leak_group].append(row)
    for group, rows in named.items():
        if len({row.split for row in rows if row.split}) > 1:
            raise _leak(group, rows)


def _leak(group: str, rows: Iterable[Assignment]) -> LeakError:
    first = {row.split: row.article for row in sorted(rows, key=lambda row: row.article, reverse=True) if row.split}
    places = ", ".join(f"{first[split]!r} in {split}" for split in SPLITS if split in first)
    return LeakError(
        f"articles of the leak group {group!r} stand in different splits: {places}",
        todo="take the lines of all but one of these splits out of splits.jsonl; their articles are placed anew",
        where=group,
    )
