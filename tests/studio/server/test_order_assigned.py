"""The order in which a reader is served what the plan gives them, where there is a queue: a pure part of the layer."""

from __future__ import annotations

import django
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

if not settings.configured:
    database_of_tests = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": database_of_tests}, LOGGING_CONFIG=None, LABELING_ROLES=False)
    django.setup()

from labeling.studio.server.gate.labeling_gate.reading_list import AssignedReading, order_assigned

PLANS = st.lists(st.sampled_from(["open", "done", "gold", "answered"]), max_size=12)


def planned(kinds: list[str]) -> list[AssignedReading]:
    """What somebody is to read, in the plan's order."""
    return [
        AssignedReading(
            number, annotation=number if kind in ("done", "answered") else None, is_gold=kind in ("gold", "answered")
        )
        for number, kind in enumerate(kinds)
    ]


def test_an_order_by_hand() -> None:
    """Of five articles the second is done, the third a gold question, the fourth begun; the queue has the fifth, first.

    The one that is done stands first, then what is begun; the gold question stays third; the last is the first of the
    plan, which the queue does not name.
    """
    plan = planned(["open", "done", "gold", "open", "open"])
    assert [each.task for each in order_assigned(plan, {4: 1, 3: 2}, [3])] == [1, 3, 2, 0, 4]
    assert [each.task for each in order_assigned(plan, {4: 1, 0: 2}, [3])] == [1, 3, 2, 4, 0]


@given(kinds=PLANS, queued=st.permutations(range(12)), named=st.integers(0, 12), begun=st.permutations(range(12)))
def test_gold_questions_keep_their_places(kinds: list[str], queued: list[int], named: int, begun: list[int]) -> None:
    """Nothing is lost or doubled, gold questions stay, and of the rest what is queued stands in the queue's order."""
    plan, places = planned(kinds), {task: place for place, task in enumerate(queued[:named], start=1)}
    started = begun[:2]
    ordered = order_assigned(plan, places, started)

    assert sorted(each.task for each in ordered) == [*range(len(plan))]
    assert [each.task for each in ordered if each.is_gold] == [each.task for each in plan if each.is_gold]
    assert [number for number, each in enumerate(ordered) if each.is_gold] == [
        number for number, each in enumerate(plan) if each.is_gold
    ]
    left = [each.task for each in ordered if each.annotation is None and not each.is_gold]
    assert left[: len(set(started) & {*left})] == [task for task in started if task in left]
    rest = [task for task in left if task not in started]
    assert [task for task in rest if task in places] == sorted((t for t in rest if t in places), key=places.__getitem__)
    # What the queue does not name keeps its place among what is left.
    in_plan = [each.task for each in plan if each.annotation is None and not each.is_gold and each.task not in started]
    assert [n for n, t in enumerate(rest) if t not in places] == [n for n, t in enumerate(in_plan) if t not in places]


@given(kinds=PLANS)
def test_without_a_queue_the_plan_is_the_order_of_what_is_left(kinds: list[str]) -> None:
    """What is open comes as the plan has it."""
    plan = planned(kinds)
    left = [each.task for each in order_assigned(plan, {}, []) if each.annotation is None and not each.is_gold]
    assert left == [each.task for each in plan if each.annotation is None and not each.is_gold]
