"""The plan of a team's reading: which article is read by whom, as first or second reader or as a gold question.

The unit is the story: who reads an article reads its reprints, too. What somebody has started stays theirs; what nobody
has started is shared out anew, each time by the same rules: see `labeling.people.rendezvous`. A pure module: it touches
neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, floor
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.people.reading_order import PlannedReading, choose_gold_questions, order_readings
from labeling.people.rendezvous import Load, due_shares, place_loads, round_shares
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from fractions import Fraction

    from labeling.workspace.rows.reader_assignment import Assignment

StoryPart: TypeAlias = Literal["first", "second"]


@dataclass(frozen=True)
class Team:
    """Who reads: the share of each, by e-mail address; the share of the stories that two read; the gold questions."""

    shares: Mapping[str, float]
    twice: float = 0.0
    gold_questions: int = 0
    seed: str = "1"


@dataclass(frozen=True)
class Desk:
    """What there is to read, and how far the work is.

    ``stories`` has the story of each article that is to be read or was. ``readings`` has, by article, who has begun to
    read it, and whether they have submitted it. ``settled`` are the articles whose gold an adjudicator has settled:
    they are read as gold questions only. ``before`` is the plan of the last time.
    """

    stories: Mapping[str, str]
    readings: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    settled: AbstractSet[str] = frozenset()
    before: tuple[Assignment, ...] = ()


def plan_readings(team: Team, desk: Desk) -> list[Assignment]:
    """Who reads what, by reader and place.

    Of the stories that nobody has started each reader has their share to within one, among first readings and among
    second ones. ``twice`` of all stories have a second reader, to within one, who is not the first. What somebody has
    started, submitted or skipped stays with them; who has left keeps what they submitted, and gives back the rest. A
    new reader takes at most their share of what is not started, plus one story a reader. The same people, seed,
    stories, work done and plan of before give the same plan, in whatever order they come.

    Three readers of equal shares and ten stories: one has four of them, the others three. One of three leaves who has
    submitted two of three stories: the third goes to one of the others, the two stay as they are.
    """
    team = replace(team, shares={reader: team.shares[reader] for reader in sorted(team.shares)})
    home = _Memory(desk.before)
    at_once = _Plan(team, desk, home).make()
    named = {row.reader for row in desk.before}
    known = {reader: share for reader, share in team.shares.items() if reader in named}
    # Somebody without anything to read is new, unless that is what their share comes to.
    if not known or len(known) == len(team.shares) or _list_parts(at_once) == _list_parts(desk.before):
        return at_once
    if team.twice and len(known) == 1:
        return at_once
    # New readers come last: what they take is measured against the plan that there would be without them.
    without = _Plan(replace(team, shares=known), desk, home).make()
    return _Plan(team, replace(desk, before=tuple(without)), home).make()


def _list_parts(rows: Iterable[Assignment]) -> set[tuple[str, str, str]]:
    return {(row.article, row.reader, row.part) for row in rows}


def count_moved(before: Iterable[Assignment], now: Iterable[Assignment], stories: Mapping[str, str]) -> Counter[str]:
    """How many stories each reader has now that another one had before, as the same part."""
    whose = {(row.article, row.part): row.reader for row in before}
    moved = {
        (row.reader, row.part, stories[row.article])
        for row in now
        if row.part != "gold question" and whose.get((row.article, row.part), row.reader) != row.reader
    }
    return Counter(reader for reader, _, _ in moved)


class _Memory:
    """A plan by article: who was to read it as which part."""

    def __init__(self, rows: tuple[Assignment, ...]) -> None:
        self.rows = rows
        self.readers: dict[StoryPart, dict[str, str]] = {"first": {}, "second": {}}
        self.gold = set[tuple[str, str]]()
        for row in rows:
            if row.part == "gold question":
                self.gold.add((row.article, row.reader))
            else:
                self.readers[row.part][row.article] = row.reader


@dataclass(frozen=True)
class _Rest:
    """What of a story is still to be given to somebody: its articles, and what the placing has to know."""

    articles: tuple[str, ...]
    load: Load


class _Plan:
    """A plan in the making; ``home`` is the plan of before, where ``desk.before`` is already one on the way."""

    def __init__(self, team: Team, desk: Desk, home: _Memory) -> None:
        self.team, self.desk, self.home = team, desk, home
        self.before = _Memory(desk.before)
        self.known = {row.reader for row in desk.before} | team.shares.keys()
        # Who reads each article: what is done and begun, then what is planned.
        self.readers: dict[StoryPart, dict[str, str]] = {"first": {}, "second": {}}
        for article in sorted(desk.stories):
            self._pin(article)

    def make(self) -> list[Assignment]:
        """The rows of the plan, sorted by reader and place."""
        ahead = self._plan_part("first", self.stories, {}, self._foresee_second())
        self._plan_part("second", self._choose_doubled(ahead), ahead, {})
        rows = [*self._list_readings("first"), *self._list_readings("second")]
        team, desk = self.team, self.desk
        rows += choose_gold_questions(team.shares, team.gold_questions, desk.settled, desk.before, desk.readings)
        # By the plan that readers have seen: what the one on the way took from somebody and this one leaves is theirs.
        return order_readings(rows, self.home.rows, desk.readings, desk.stories, team.seed)

    @cached_property
    def stories(self) -> dict[str, list[str]]:
        """The articles of each story, the one that leads it first."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        for article in sorted(self.desk.stories, key=lambda article: (article != self.desk.stories[article], article)):
            members[self.desk.stories[article]].append(article)
        return dict(sorted(members.items()))

    def _readings(self, article: str) -> dict[str, bool]:
        """Who has read an article for the plan: not as a gold question, and not to leave it half done."""
        found = self.desk.readings.get(article, {})
        return {
            reader: submitted
            for reader, submitted in found.items()
            if (submitted or reader in self.team.shares) and (article, reader) not in self.before.gold
        }

    def _pin(self, article: str) -> None:
        """Leave an article with those who have read it or begun to."""
        found = self._readings(article)
        was_first, was_second = self.before.readers["first"].get(article), self.before.readers["second"].get(article)
        ranked = sorted(found, key=lambda name: (name != was_first, name == was_second, not found[name], name))
        if ranked and ranked[0] != was_second:
            self.readers["first"][article] = ranked.pop(0)
        if ranked:
            self.readers["second"][article] = was_second if was_second in ranked else ranked[0]

    def _foresee_second(self) -> dict[str, Fraction]:
        """What will be due to each reader of the second readings, if everything that can be read has a first reader."""
        read = [story for story in self.stories if self._has_first(story) or self._is_to_be_read(story)]
        begun = set(filter(self._is_doubled, read))
        kept = sum(story not in begun and self._was_doubled(story) for story in read)
        wanted = self._count_doubled(len(read), len(begun) + kept) - len(begun)
        return due_shares(max(0, wanted), self.team.shares) if self.team.shares else {}

    def _is_to_be_read(self, story: str) -> bool:
        return any(each not in self.desk.settled for each in self.stories[story])

    def _plan_part(
        self, part: StoryPart, stories: Iterable[str], ahead: Mapping[str, Fraction], later: Mapping[str, Fraction]
    ) -> dict[str, Fraction]:
        """Give everybody what they are to read as that part; how much more than their share each has then."""
        rests = [rest for story in stories if (rest := self._follow(part, story))]
        placed = place_loads([rest.load for rest in rests], self.team.shares, self._salt(part), ahead, later)
        for rest in rests if placed else ():
            reader = placed[rest.load.story]
            for article in rest.articles:
                chosen = reader if reader not in self._barred(part, article) else self._stand_in(part, article)
                if chosen:
                    self.readers[part][article] = chosen
        has = Counter(placed.values())
        return {name: has[name] - due for name, due in due_shares(len(rests), self.team.shares).items()}

    def _salt(self, part: StoryPart) -> str:
        return f"{self.team.seed}:{part}"

    def _follow(self, part: StoryPart, story: str) -> _Rest | None:
        """Leave a story with whoever has started it; what is left of it if nobody has."""
        readers = self.readers[part]
        left = [each for each in self.stories[story] if each not in readers and each not in self.desk.settled]
        holders = [readers[each] for each in self.stories[story] if readers.get(each) in self.team.shares]
        for article in left if holders else ():
            able = set(holders) - self._barred(part, article)
            was = self.before.readers[part].get(article)
            if able:
                # A story that was two is half of one and half of the other reader's: each keeps what they had.
                most = min(able, key=lambda name: (-holders.count(name), name))
                readers[article] = was if was and was in able else most
        left = [article for article in left if article not in readers]
        return self._make_rest(part, story, left) if left else None

    def _make_rest(self, part: StoryPart, story: str, articles: list[str]) -> _Rest:
        barred = frozenset(name for article in articles for name in self._barred(part, article))
        other: StoryPart = "second" if part == "first" else "first"
        load = Load(
            story,
            now=self._main_reader(self.before, part, articles),
            home=self._main_reader(self.home, part, articles),
            barred=barred,
            # Who is to be the second reader can become the first, but then another second one must be found.
            shunned=self._main_reader(self.before, other, articles),
        )
        return _Rest(tuple(articles), load)

    def _main_reader(self, plan: _Memory, part: StoryPart, articles: Iterable[str]) -> str | None:
        readers = plan.readers[part]
        found = [name for article in articles if (name := readers.get(article)) in self.team.shares]
        return min(set(found), key=lambda name: (-found.count(name), name)) if found else None

    def _barred(self, part: StoryPart, article: str) -> set[str]:
        """Who must not read an article as that part: who reads it as the other one, or has read it in any way."""
        other: StoryPart = "second" if part == "first" else "first"
        barred = set(self.desk.readings.get(article, ()))
        if article in self.readers[other]:
            barred.add(self.readers[other][article])
        return barred & self.team.shares.keys()

    def _stand_in(self, part: StoryPart, article: str) -> str | None:
        """Somebody else for one article of a story, where the story's reader must not have it."""
        able = self.team.shares.keys() - self._barred(part, article)
        return min(able, key=lambda name: digest_of(f"{self.team.seed}:{part}:{article}:{name}"), default=None)

    def _choose_doubled(self, ahead: Mapping[str, Fraction]) -> list[str]:
        """The stories that get a second reader, or have one: those of before first, then by hash."""
        read = [story for story in self.stories if self._has_first(story)]
        begun = list(filter(self._is_doubled, read))
        free = sorted(
            (story for story in set(read) - set(begun) if self._can_be_doubled(story)),
            key=lambda story: (not self._was_doubled(story), digest_of(f"{self.team.seed}:twice:{story}")),
        )
        kept = sum(map(self._was_doubled, free))
        wanted = self._count_doubled(len(read), len(begun) + kept) - len(begun)
        return sorted([*begun, *self._choose_even(free, max(0, wanted), ahead)])

    def _count_doubled(self, stories: int, now: int) -> int:
        """How many stories are to be read twice: as many as now, if that is the share to within one."""
        due = due_shares(stories, {"twice": self.team.twice, "once": 1 - self.team.twice})["twice"]
        return now if floor(due) <= now <= ceil(due) else round(due)

    def _choose_even(self, free: list[str], wanted: int, ahead: Mapping[str, Fraction]) -> list[str]:
        """The first stories that leave everybody enough second readings: nobody reads second what they read first."""
        quotas = round_shares(wanted, self.team.shares, self._salt("second"), ahead)
        least = {reader: floor(due) for reader, due in due_shares(wanted, self.team.shares).items()}
        chosen, taken = list[str](), Counter[str]()
        # Enough for what they are to have, else for their share rounded down, else what there is.
        for need in (quotas, least, dict.fromkeys(quotas, 0)):
            passed = list[str]()
            for story in free:
                first = {self.readers["first"].get(each, "") for each in self.stories[story]} & quotas.keys()
                if len(chosen) < wanted and all(taken[name] < wanted - need[name] for name in first):
                    taken.update(first)
                    chosen.append(story)
                else:
                    passed.append(story)
            free = passed
        return [*chosen, *free[: wanted - len(chosen)]]

    def _has_first(self, story: str) -> bool:
        return any(each in self.readers["first"] for each in self.stories[story])

    def _is_doubled(self, story: str) -> bool:
        """Whether a second reader of the plan has begun it; what others read besides asks for nothing more."""
        return any(self.readers["second"].get(each) in self.known for each in self.stories[story])

    def _was_doubled(self, story: str) -> bool:
        return any(each in self.before.readers["second"] for each in self.stories[story])

    def _can_be_doubled(self, story: str) -> bool:
        """Whether somebody can read second what of it is still to be read."""
        articles = [each for each in self.stories[story] if each not in self.desk.settled]
        return bool(articles) and all(self.team.shares.keys() - self._barred("second", each) for each in articles)

    def _list_readings(self, part: StoryPart) -> Iterator[PlannedReading]:
        """The readings of a part: those of readers, and what was submitted by those who have left."""
        for article, reader in self.readers[part].items():
            if reader in self.known:
                yield PlannedReading(article, reader, part)
