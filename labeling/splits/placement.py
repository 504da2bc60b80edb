"""Leak groups into train, dev and test: remembered, seeded, and never on two sides.

The unit is the leak group, articles of which some share text: a reprint in test of an article in train is a test that
the model has seen. What was once assigned never moves, so that a corpus can grow under a model that was trained on it.
A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.errors import LeakError
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment, SplitName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.articles import Article


@dataclass(frozen=True)
class PlacementFacts:
    """What decides where new articles go, besides their leak groups.

    ``labels`` has the gold spans of each article by label. ``dated`` has the split of each article's day where a
    project splits by date, None for an article without one; it is None itself where a project splits by share.
    ``sides`` has the split that a forgotten text was in, for each article with that text or a part of it. ``stream``
    has the articles of the random stream, from which alone dev and test grow; None where a project has none.
    """

    labels: Mapping[str, Mapping[str, int]]
    dated: Mapping[str, SplitName | None] | None = None
    sides: Mapping[str, SplitName] = field(default_factory=dict)
    stream: Collection[str] | None = None

    def may_be_tested(self, articles: Iterable[str]) -> bool:
        """Whether these may become dev or test: anything may, but where there is a stream only what is of it."""
        return self.stream is None or all(article in self.stream for article in articles)


# What a score is measured on: a model that chooses it chooses its score.
TESTED: tuple[SplitName, ...] = ("dev", "test")
NO_FACTS = PlacementFacts(labels={})


def split_by_date(articles: Iterable[Article], dev_from: str, test_from: str) -> dict[str, SplitName | None]:
    """The split of each article's day: train before ``dev_from``, dev before ``test_from``, test since; ISO dates.

    None for an article without a date. With dev from 10 January and test from 20 January, an article of 9 January is
    train, one of 10 January dev, and one of 20 January test.
    """
    return {article.id: _split_of_day(article.published, dev_from, test_from) for article in articles}


def assign_splits(
    groups: Mapping[str, str],
    wanted: Collection[str],
    remembered: Iterable[SplitAssignment],
    shares: Mapping[SplitName, float],
    seed: str,
    facts: PlacementFacts = NO_FACTS,
) -> list[SplitAssignment]:
    """Place the wanted articles, keeping every place that was given before.

    A new article goes where its leak group already is. New leak groups come in the order of ``sha256(seed:group)``,
    and each goes to the split furthest below its share, counted in articles and in the group's labels; on a tie to the
    first of train, dev, test. An article whose leak group is in two splits already is left out of all, with the reason.
    The order of the input changes nothing.

    Four articles that share nothing, for shares of a half and two quarters: the first goes to train, which lacks most;
    the second to dev, the third to test, for they have none yet; the fourth to train, which has one of four.

    >>> shares = {"train": 0.5, "dev": 0.25, "test": 0.25}
    >>> rows = assign_splits({name: name for name in "abcd"}, "abcd", [], shares, "seed")
    >>> sorted(row.split for row in rows)
    ['dev', 'test', 'train', 'train']

    By date, each article goes to the split of its day, and a leak group stays where it began: those of its articles
    that have another day's split, and articles without a date, are left out. So nothing in train is younger than the
    day on which dev begins.

    With a random stream, a leak group that is not all of it goes to train, and these come first; one that is goes to
    that of dev and test which is furthest below its share, and to train where neither is below. An article that is not
    of the stream, and whose leak group is in dev or test, is left out.

    Args:
        groups: Article id to leak group, of all articles, wanted or not: a bridge need not have gold.
        wanted: The articles to place: those that have usable gold.
        remembered: The assignments of earlier runs. Their splits stay, also where an article is not wanted any more.
        shares: The share of each split; only their proportions matter.
        seed: Orders the new leak groups.
        facts: Labels, the splits of days, those of forgotten texts, and the random stream.

    Returns:
        Remembered and new assignments, by article id.

    Raises:
        LeakError: Remembered articles of different splits share text with each other, or bear one leak group.
    """
    old = {row.article: row for row in remembered}
    # What is remembered is checked against the groups of today first: they may have grown together since.
    members = _group_members(groups)
    occupied = {group: _existing_splits(ids, old, facts.sides) for group, ids in members.items()}
    _refuse_leaks(members, old)
    placed = [_update_group(row, groups, occupied) for row in old.values()]
    # What was placed before counts towards the shares.
    balance = _Balance(shares, facts.labels)
    balance.add(placed)
    new = _group_members({article: groups[article] for article in wanted if article not in old})
    # Groups that have a place come first: only then is known how far below its share each split is.
    # So is what can only train, before what may go anywhere.
    turn = {
        group: (not occupied[group], facts.may_be_tested(new[group]), digest_of(f"{seed}:{group}")) for group in new
    }
    for group in sorted(new, key=turn.__getitem__):
        rows = list(_place_group(new[group], group, occupied[group], balance, facts))
        balance.add(rows)
        placed += rows
    return sorted(placed, key=lambda row: row.article)


def refuse_divided_groups(rows: Iterable[SplitAssignment]) -> None:
    """Refuse assignments in which one leak group is in two splits; articles that are in none do not count.

    Raises:
        LeakError: There is one; the message names an article in each of its splits.
    """
    members: defaultdict[str, list[SplitAssignment]] = defaultdict(list)
    for row in rows:
        if row.split:
            members[row.leak_group].append(row)
    for group, placed in members.items():
        if len({row.split for row in placed}) > 1:
            raise _leak_error(group, placed)


def _split_of_day(day: str, dev_from: str, test_from: str) -> SplitName | None:
    """The split of an ISO date; None for "", a date that is not known."""
    if not day:
        return None
    if day >= test_from:
        return "test"
    return "dev" if day >= dev_from else "train"


def _group_members(groups: Mapping[str, str]) -> dict[str, list[str]]:
    members: defaultdict[str, list[str]] = defaultdict(list)
    for article, group in sorted(groups.items()):
        members[group].append(article)
    return dict(members)


def _existing_splits(
    articles: Collection[str], old: Mapping[str, SplitAssignment], sides: Mapping[str, SplitName]
) -> list[SplitName]:
    """The splits that a leak group is in already, or a forgotten text of it was, in the order of ``SPLITS``."""
    taken = {old[article].split for article in articles if article in old}
    taken |= {sides[article] for article in articles if article in sides}
    return [split for split in SPLITS if split in taken]


def _update_group(
    row: SplitAssignment, groups: Mapping[str, str], occupied: Mapping[str, list[SplitName]]
) -> SplitAssignment:
    """The remembered row under its group's name of today.

    A group that a bridge made out of two is two parts again without the bridge, so each part has a name of its own.
    """
    group = groups.get(row.article, row.leak_group)
    bridged = row.split is not None and len(occupied.get(group, ())) > 1
    return row.model_copy(update={"leak_group": f"{group} ({row.split})" if bridged else group})


def _place_group(
    articles: Sequence[str], group: str, occupied: Sequence[SplitName], balance: _Balance, facts: PlacementFacts
) -> Iterator[SplitAssignment]:
    """The places of the new articles of one leak group, which is in the splits ``occupied`` already."""
    # An article between two splits shares text with both, so that it can be in neither.
    if len(occupied) > 1:
        bridge = f"its leak group bridges {' and '.join(occupied)}"
        yield from (SplitAssignment(article=name, leak_group=group, split=None, reason=bridge) for name in articles)
        return
    split = occupied[0] if occupied else _choose_split(articles, balance, facts)
    for name in articles:
        reason = _explain_wrong_day(name, split, facts) or _explain_choice(name, split, facts)
        of_stream = facts.stream is not None and name in facts.stream
        place = None if reason else split
        yield SplitAssignment(article=name, leak_group=group, split=place, reason=reason, stream=of_stream)


def _explain_wrong_day(article: str, split: SplitName | None, facts: PlacementFacts) -> str:
    """Why an article cannot go where its leak group is, "" if it can: only where a project splits by date."""
    if facts.dated is None:
        return ""
    own = facts.dated.get(article)
    if own is None:
        return "it has no date, and the project splits by date"
    return "" if own == split else f"its leak group stands in {split}, and its date is one of {own}"


def _explain_choice(article: str, split: SplitName | None, facts: PlacementFacts) -> str:
    """Why an article that a model may have chosen cannot go where its leak group is, "" if it can."""
    if split == "train" or facts.may_be_tested((article,)):
        return ""
    return f"its leak group stands in {split}, which grows by the random stream alone, and it is not of that"


def _choose_split(articles: Sequence[str], balance: _Balance, facts: PlacementFacts) -> SplitName | None:
    """Where a leak group that is new goes; by date where it began, None where no day is known."""
    if facts.stream is not None:
        return balance.furthest_tested(articles) if facts.may_be_tested(articles) else "train"
    if facts.dated is None:
        return balance.furthest_below(articles)
    # ``SPLITS`` is in the order of time: the first split of any day is the one where the group began.
    days = {facts.dated.get(article) for article in articles}
    return next((split for split in SPLITS if split in days), None)


class _Balance:
    """What each split holds, counted in articles and in spans of each label."""

    def __init__(self, shares: Mapping[SplitName, float], labels: Mapping[str, Mapping[str, int]]) -> None:
        weight = sum(shares[split] for split in SPLITS)
        self.shares = {split: shares[split] / weight for split in SPLITS}
        self.labels = labels
        self.articles = Counter[SplitName]()
        self.spans = {split: Counter[str]() for split in SPLITS}

    def add(self, rows: Iterable[SplitAssignment]) -> None:
        """Count what was placed."""
        for row in rows:
            if row.split:
                self.articles[row.split] += 1
                self.spans[row.split].update(self.labels.get(row.article, {}))

    def furthest_below(self, articles: Sequence[str]) -> SplitName:
        """The split that would lack most if these articles went elsewhere; on a tie the first of train, dev, test.

        What a split lacks is a share: of the articles, plus of the spans of each label that these articles have, on the
        average of these labels. Train is due 0.7 of everything and has two of three articles and both treaties; for a
        fourth article, with a treaty, it lacks 0.7 - 2/4 of the articles and 0.7 - 2/3 of the treaties, or 0.23.
        """
        lacks = self._lacks(articles)
        return max(SPLITS, key=lambda split: lacks[split])

    def furthest_tested(self, articles: Sequence[str]) -> SplitName:
        """That of dev and test which would lack more if these articles went elsewhere; train where neither lacks any.

        Both are due 0.15: of seven articles, all but one of them in train, the last goes to dev, which lacks 0.15.
        """
        lacks = self._lacks(articles)
        split = max(TESTED, key=lambda split: lacks[split])
        return split if lacks[split] > 0 else "train"

    def _lacks(self, articles: Sequence[str]) -> dict[SplitName, float]:
        """What each split would lack if these articles went elsewhere.

        The articles in question count as placed, in the totals, and in no split yet.
        """
        new, total = Counter[str](), len(articles) + sum(self.articles.values())
        for article in articles:
            new.update(self.labels.get(article, {}))
        totals = {label: new[label] + sum(self.spans[split][label] for split in SPLITS) for label in +new}

        def lack(split: SplitName) -> float:
            labels = [self.shares[split] - self.spans[split][label] / totals[label] for label in sorted(totals)]
            # Rounded, because a tie must be one whatever the last bit of a sum is.
            return round(self.shares[split] - self.articles[split] / total + sum(labels) / max(1, len(labels)), 9)

        return {split: lack(split) for split in SPLITS}


def _refuse_leaks(members: Mapping[str, list[str]], old: Mapping[str, SplitAssignment]) -> None:
    """Refuse remembered rows that part a leak group, be it one of today or one that they bear."""
    for group, articles in members.items():
        # An article that was left out may be the bridge between two parts: these need not share text themselves.
        if all(article in old and old[article].split for article in articles):
            refuse_divided_groups(old[article].model_copy(update={"leak_group": group}) for article in articles)
    refuse_divided_groups(old.values())


def _leak_error(group: str, rows: Iterable[SplitAssignment]) -> LeakError:
    # The least id of each split: sorted backwards, so that it is the last one written.
    first = {row.split: row.article for row in sorted(rows, key=lambda row: row.article, reverse=True)}
    places = ", ".join(f"{first[split]!r} in {split}" for split in SPLITS if split in first)
    return LeakError(
        f"articles of the leak group {group!r} are in different splits: {places}",
        todo="take the lines of all but one of these splits out of splits.jsonl and run `labeling split`, which places "
        "their articles anew",
        where=group,
    )
