"""The plan under people and articles that come and go: each bound it promises, on drawn histories of a team."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis import example, given, settings

from labeling.people.plan import Desk, Team, count_moved, plan_readings
from labeling.workspace.rows.reader_assignment import Assignment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.workspace.rows.reader_assignment import ReadingPart

NAMES = ("ana@d", "ben@d", "cyd@d", "dee@d", "eva@d")
SHARES = (0.1, 0.5, 1.0, 1.5, 2.0)


@dataclass
class History:
    """A team's desk as tests change it."""

    shares: dict[str, float]
    twice: float
    gold_questions: int = 0
    stories: dict[str, str] = field(default_factory=dict)
    readings: dict[str, dict[str, bool]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    rows: list[Assignment] = field(default_factory=list)

    @property
    def team(self) -> Team:
        """Who reads."""
        return Team(dict(self.shares), self.twice, self.gold_questions)

    @property
    def desk(self) -> Desk:
        """What there is to read, with the plan of the last time."""
        return Desk(dict(self.stories), self.readings, frozenset(self.settled), tuple(self.rows))

    def plan(self) -> list[Assignment]:
        """Plan, and take it as the plan of the last time from now on."""
        self.rows = plan_readings(self.team, self.desk)
        return self.rows

    def add(self, *sizes: int) -> None:
        """Take in stories of so many articles."""
        for size in sizes:
            number = len(self.stories)
            self.stories |= {f"a{number + n:03}": f"a{number:03}" for n in range(size)}

    def read(self, reader: str, article: str, *, submitted: bool = True) -> None:
        """Let somebody begin an article, or submit it."""
        known = self.readings.setdefault(article, {})
        known[reader] = known.get(reader, False) or submitted

    def is_started(self, row: Assignment) -> bool:
        """Whether a row stays where it is: its reader began it, or submitted it and has left."""
        submitted = self.readings.get(row.article, {}).get(row.reader)
        return submitted is not None and (submitted or row.reader in self.shares)


def can_be_met(shares: dict[str, float], twice: float) -> bool:
    """Whether the project file takes these shares: nobody can read one article twice."""
    return not twice or (
        len(shares) != 1 and all(share * (1 + twice) <= sum(shares.values()) for share in shares.values())
    )


shares_of_people = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(SHARES), max_size=5)
teams: st.SearchStrategy[tuple[dict[str, float], float]] = st.tuples(
    shares_of_people, st.sampled_from((0.0, 0.1, 0.3, 0.5, 1.0))
).filter(lambda drawn: can_be_met(*drawn))
sizes = st.lists(st.integers(1, 3), max_size=12)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A plan of before, some of it done, and then another team and other articles."""
    shares, twice = draw(teams)
    history = History(dict(shares), twice, draw(st.integers(0, 3)))
    history.add(*draw(sizes))
    history.settled = set(draw(st.lists(st.sampled_from(sorted(history.stories) or ["none"]), max_size=4)))
    history.settled &= history.stories.keys()
    for _ in range(draw(st.integers(1, 3))):
        history.plan()
        for row in history.rows:
            if draw(st.integers(0, 3)) == 0:
                history.read(row.reader, row.article, submitted=draw(st.booleans()))
        if draw(st.booleans()) and history.stories:
            # Somebody who was not asked.
            history.read(draw(st.sampled_from(NAMES)), draw(st.sampled_from(sorted(history.stories))))
        shares, history.twice = draw(teams)
        history.shares = dict(shares)
        history.add(*draw(sizes))
        change_stories(draw, history)
    return history


def change_stories(draw: st.DrawFn, history: History) -> None:
    """Let two stories become one, and an article leave."""
    names = sorted(set(history.stories.values()))
    if draw(st.booleans()) and len(names) > 1:
        one, other = draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
        history.stories = {name: one if story == other else story for name, story in history.stories.items()}
    if draw(st.booleans()) and history.stories:
        history.stories.pop(draw(st.sampled_from(sorted(history.stories))))
        history.settled &= history.stories.keys()


def due(count: int, shares: dict[str, float]) -> dict[str, Fraction]:
    """The exact share of each."""
    whole = sum(Fraction(str(share)) for share in shares.values())
    return {name: count * Fraction(str(share)) / whole for name, share in shares.items()}


def open_stories(history: History, rows: Iterable[Assignment], part: str) -> dict[str, set[str]]:
    """The readers of each story that nobody of the team has started as that part, of what is to be read."""
    by_story = defaultdict[str, list[Assignment]](list)
    for row in rows:
        if row.part == part:
            by_story[history.stories[row.article]].append(row)
    started = {
        story
        for story, ours in by_story.items()
        if any(history.is_started(row) and row.reader in history.shares for row in ours)
    }
    return {
        story: {row.reader for row in ours if not history.is_started(row)}
        for story, ours in by_story.items()
        if story not in started and not all(history.is_started(row) for row in ours)
    }


@settings(max_examples=40, deadline=None)
@given(histories())
def test_what_is_started_stays_and_nothing_is_given_twice(history: History) -> None:
    """No article has two first or two second readers, nobody has an article twice, and who has begun goes on."""
    before = list(history.rows)
    rows = history.plan()

    assert len({(row.article, row.reader) for row in rows}) == len(rows)
    parts = Counter((row.article, row.part) for row in rows if row.part != "gold question")
    assert set(parts.values()) <= {1}
    kept = {(row.article, row.reader, row.part) for row in rows}
    for row in before:
        if history.is_started(row) and row.article in history.stories:
            assert (row.article, row.reader, row.part) in kept
    for row in rows:
        if row.reader not in history.shares:
            assert history.is_started(row)


@settings(max_examples=40, deadline=None)
@given(histories())
def test_everything_that_is_to_be_read_has_a_first_reader(history: History) -> None:
    """Unless it is settled, was read by somebody outside the plan, or nobody is left who could."""
    rows = history.plan()
    has_first = {row.article for row in rows if row.part == "first"}
    for article in history.stories:
        read = history.readings.get(article, {})
        able = history.shares.keys() - read.keys() - {row.reader for row in rows if row.article == article}
        if article not in history.settled and not any(read.values()) and able:
            assert article in has_first


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_story_that_nobody_has_begun_has_one_reader_of_each_part(history: History) -> None:
    """By story: its articles go to the same people."""
    rows = history.plan()
    for story in set(history.stories.values()):
        articles = [name for name, of in history.stories.items() if of == story]
        if not any(history.readings.get(name) for name in articles):
            for part in ("first", "second"):
                readers = {row.reader for row in rows if row.part == part and row.article in articles}
                assert len(readers) <= 1
                assert all(
                    any(row.article == name and row.part == part for row in rows)
                    for name in articles
                    if readers and name not in history.settled
                )


@settings(max_examples=40, deadline=None)
@given(histories())
def test_each_share_of_what_is_not_started_is_met_to_within_one_story(history: History) -> None:
    """Whatever was done before, and whoever did it; where somebody must not have a story, the others may have more."""
    rows = history.plan()
    for part in ("first", "second"):
        stories = open_stories(history, rows, part)
        others = {
            story: {
                name
                for article, of in history.stories.items()
                if of == story
                for name in (
                    *history.readings.get(article, {}),
                    *(row.reader for row in rows if row.article == article and row.part not in (part, "gold question")),
                )
            }
            for story in stories
        }
        # Where this was begun as the other part, it may not be possible.
        if part == "first" and any(others_began(history, story) for story in stories):
            continue
        if has_divided(history, rows, part) or (part == "second" and not is_free(stories, others, history)):
            continue
        has = Counter(reader for readers in stories.values() for reader in readers)
        for reader, share in due(len(stories), history.shares).items() if stories else ():
            assert abs(has[reader] - share) < 1, (part, reader, has, share)


@settings(max_examples=40, deadline=None)
@given(teams, st.integers(0, 40), st.sampled_from(SHARES))
# Whoever is rounded up among first readings leaves a way to round second ones.
@example(({"ana@d": 0.1, "ben@d": 0.1, "cyd@d": 0.1, "dee@d": 1.0, "eva@d": 1.0}, 0.1), 21, 1.5)
def test_a_fresh_plan_meets_every_bound_for_each_part_and_for_both_together(
    drawn: tuple[dict[str, float], float], count: int, share: float
) -> None:
    """And so does the plan after it, with one more reader: of first readings, of second ones, and of all."""
    shares, twice = drawn
    history = History(dict(shares), twice)
    history.add(*[1] * count)
    before = history.plan()
    check_even(history, before)
    joined = shares | {"zoe@d": share}
    if not shares or not can_be_met(joined, twice):
        return
    history.shares = joined
    rows = history.plan()
    check_even(history, rows)
    parts: tuple[set[str], ...] = ({"first"},)
    # Where somebody does nearly all that one person can, second readers must follow the first ones.
    if max(joined.values()) * (1 + twice) < 0.9 * sum(joined.values()):
        parts = ({"first"}, {"second"}, {"first", "second"})
    for these in parts:
        earlier, later = ([row for row in plan if row.part in these] for plan in (before, rows))
        moved = count_moved(earlier, later, history.stories).total()
        assert moved <= due(len(later), joined)["zoe@d"] + len(joined)


def check_even(history: History, rows: list[Assignment]) -> None:
    """Each share is met to within one: in either part, and in both together."""
    for parts in ({"first"}, {"second"}, {"first", "second"}):
        has = Counter(row.reader for row in rows if row.part in parts)
        for reader, share in due(has.total(), history.shares).items() if history.shares else ():
            assert abs(has[reader] - share) <= 1, (parts, reader)
            assert abs(has[reader] - share) < 1 or len(parts) > 1


def has_divided(history: History, rows: list[Assignment], part: str) -> bool:
    """Whether the rest of a story that somebody reads as that part is another's, for they have read it as the other."""
    ours = [row for row in rows if row.part == part]
    begun = {(history.stories[row.article], row.reader) for row in ours if history.is_started(row)}
    begun_stories = {story for story, reader in begun if reader in history.shares}
    readers = {(history.stories[row.article], row.reader) for row in ours if not history.is_started(row)}
    return any(story in begun_stories for story, _ in readers - begun)


def others_began(history: History, story: str) -> bool:
    """Whether an article of a story was begun by anybody."""
    return any(history.readings.get(name) for name, of in history.stories.items() if of == story)


def is_free(stories: dict[str, set[str]], barred: dict[str, set[str]], history: History) -> bool:
    """Whether some way to round shares up and down can be met, by trying all of them (Hall's theorem)."""
    shares = due(len(stories), history.shares) if stories else {}
    for ups in itertools.product((0, 1), repeat=len(shares)):
        quota = {
            name: int(share) + (up if share.denominator > 1 else 0)
            for (name, share), up in zip(shares.items(), ups, strict=True)
        }
        if sum(quota.values()) == len(stories) and all(
            sum(not names <= barred[story] for story in stories) >= sum(quota[name] for name in names)
            for size in range(1, len(quota) + 1)
            for names in map(set, itertools.combinations(quota, size))
        ):
            return True
    return False


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_share_of_the_stories_is_read_twice_to_within_one(history: History) -> None:
    """Of those that have a first reader; more only where more were begun, fewer only where nobody could."""
    rows = history.plan()
    first = {history.stories[row.article] for row in rows if row.part == "first"}
    first |= {
        history.stories[name]
        for name, read in history.readings.items()
        if name in history.stories and any(read.values()) and name not in history.settled
    }
    twice = {history.stories[row.article] for row in rows if row.part == "second"}
    begun = {history.stories[row.article] for row in rows if row.part == "second" and history.is_started(row)}
    wanted = Fraction(str(history.twice)) * len(first)
    if any(others_began(history, story) for story in first) or history.settled:
        assert len(twice) < 1 + max(wanted, Fraction(len(begun)))
    elif len(history.shares) > 1:
        assert abs(len(twice) - wanted) < 1


@settings(max_examples=40, deadline=None)
@given(histories())
def test_the_same_again_gives_the_same_plan_in_whatever_order_it_comes(history: History) -> None:
    """The plan of before is one of the things that are the same: planning twice changes nothing."""
    shuffled = replace(
        history.desk,
        stories=dict(reversed(history.stories.items())),
        readings={name: dict(reversed(read.items())) for name, read in reversed(history.readings.items())},
        before=tuple(reversed(history.rows)),
    )
    team = replace(history.team, shares=dict(reversed(history.shares.items())))
    assert plan_readings(team, shuffled) == history.plan()
    before = history.rows
    assert history.plan() == before


@settings(max_examples=40, deadline=None)
@given(histories(), st.sampled_from(SHARES))
def test_a_new_reader_moves_their_share_and_one_story_a_reader_at_most(history: History, share: float) -> None:
    """Against the plan there would be without them, whatever was done unevenly before."""
    if not history.shares:
        return
    without = plan_readings(history.team, history.desk)
    joined = history.shares | {"zoe@d": share}
    if not can_be_met(joined, history.twice):
        return
    # Those who had nothing to read are as new as the new one.
    if {row.reader for row in history.rows} >= history.shares.keys():
        with_zoe = plan_readings(replace(history.team, shares=joined), history.desk)
        check_moves(history, without, with_zoe, joined)
    history.rows = without
    if {row.reader for row in without} >= history.shares.keys():
        with_zoe = plan_readings(replace(history.team, shares=joined), history.desk)
        check_moves(history, without, with_zoe, joined)


def check_moves(history: History, without: list[Assignment], rows: list[Assignment], joined: dict[str, float]) -> None:
    """No more moves than the new reader's share of what is not started, and one a reader."""
    for part in ("first", "second"):
        ours = [row for row in without if row.part == part]
        theirs = [row for row in rows if row.part == part]
        moved = sum(count_moved(ours, theirs, history.stories).values())
        open_now = len(open_stories(history, rows, part))
        if any(history.readings.values()) and part == "second":
            continue
        assert moved <= due(open_now, joined)["zoe@d"] + len(joined), part


@settings(max_examples=40, deadline=None)
@given(histories())
def test_gold_questions_are_given_to_each_who_has_not_read_them(history: History) -> None:
    """As many as are asked for, never more than there are; what was answered stays a gold question."""
    before = {(row.article, row.reader) for row in history.rows if row.part == "gold question"}
    rows = history.plan()
    for reader in history.shares:
        asked = {row.article for row in rows if row.part == "gold question" and row.reader == reader}
        answered = {name for name in asked if reader in history.readings.get(name, {})}
        could = {name for name in history.settled if reader not in history.readings.get(name, {})}
        assert asked - answered <= could
        assert {(name, reader) for name in answered} <= before
        assert len(asked) == max(len(answered), min(history.gold_questions, len(answered) + len(could)))


def test_a_gold_question_stays_with_its_reader_whatever_others_get() -> None:
    """Ana was asked one of three that Ben has read; he is asked another one, and planning again changes neither."""
    for names in itertools.permutations(("a000", "a001", "a002")):
        history = History({"ana@d": 1.0, "ben@d": 1.0}, 0.0, 1)
        history.add(*[1] * 6)
        history.settled = set(names)
        history.rows = [Assignment(article=names[1], reader="ana@d", part="gold question", order=1)]
        history.read("ben@d", names[1])
        before = history.plan()
        assert next(row.article for row in before if row.part == "gold question") == names[1]
        assert history.plan() == before


def a_new_reader_joins() -> History:
    """In the plan without her Ana loses what she has, and in the one with the new reader she has it again."""
    leads = (*["a001"] * 4, *["a004"] * 2, *["a006"] * 3, "a009", "a010", "a011", "a012")
    history = History({"ben@d": 0.5, "cyd@d": 0.5, "ana@d": 0.1}, 0.3)
    history.stories = {f"a{number:03}": lead for number, lead in enumerate(leads)}
    for article, reader, submitted in (("a001", "ana", 0), ("a002", "ana", 0), ("a006", "dee", 1), ("a008", "dee", 0)):
        history.read(f"{reader}@d", article, submitted=bool(submitted))
    had: dict[str, list[tuple[ReadingPart, str]]] = {
        "ana@d": [("first", "4 5"), ("second", "1 0 2 3")],
        "ben@d": [("second", "6 7 8"), ("first", "1 0 2 3")],
        "dee@d": [("second", "4 5"), ("first", "6 7 8")],
    }
    for reader, parts in had.items():
        own = [(part, f"a{int(number):03}") for part, numbers in parts for number in numbers.split()]
        for order, (part, article) in enumerate(own, 1):
            history.rows.append(Assignment(article=article, reader=reader, part=part, order=order))
    return history


@settings(max_examples=40, deadline=None)
@given(histories())
@example(a_new_reader_joins())
def test_what_a_reader_keeps_keeps_its_order(history: History) -> None:
    """Places are 1, 2, 3 and so on; nothing that a reader had is put before what stood before it."""
    before = {(row.reader, row.article): row.order for row in history.rows}
    rows = history.plan()
    for reader in {row.reader for row in rows}:
        ours = [row for row in rows if row.reader == reader]
        assert [row.order for row in ours] == list(range(1, len(ours) + 1))
        places = [before[reader, row.article] for row in ours if (reader, row.article) in before]
        assert places == sorted(places)


@settings(max_examples=20, deadline=None)
@given(teams.filter(lambda drawn: len(drawn[0]) > 1), st.sampled_from(("2", "spring", "")))
def test_another_seed_is_another_plan_that_meets_the_same_bounds(
    drawn: tuple[dict[str, float], float], seed: str
) -> None:
    """Forty stories: nobody has all the same ones, and everybody has their share of them."""
    history = History(dict(drawn[0]), drawn[1])
    history.add(*[1] * 40)
    first = {(row.article, row.reader) for row in history.plan() if row.part == "first"}
    history.rows = plan_readings(replace(history.team, seed=seed), Desk(history.stories))
    check_even(history, history.rows)
    assert {(row.article, row.reader) for row in history.rows if row.part == "first"} != first
