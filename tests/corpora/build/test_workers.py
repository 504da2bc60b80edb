"""Who does the work: results in its order, errors as they were raised, and a name for a process that dies."""

from __future__ import annotations

import gc
import os
from operator import neg
from typing import TYPE_CHECKING

import pytest

from labeling.corpora.build.workers import freeze_heap, map_in_order, open_executor
from labeling.errors import UsageError, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor, Future


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_work(processes: int) -> None:
    """Whoever is done first."""
    with open_executor(processes) as executor:
        assert list(map_in_order(executor, neg, range(20), 4)) == [-number for number in range(20)]


def test_no_more_is_asked_for_than_is_held_ahead() -> None:
    """The next item is taken when a result is: what is not written yet is bounded, however long the work."""
    taken = list[int]()

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    with open_executor(1) as executor:
        next(map_in_order(executor, neg, items(), 2))
    assert taken == [0, 1, 2]


def _refuse(todo: str) -> None:
    raise UsageError("no", todo=todo)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_ours_stays_what_it_was(processes: int) -> None:
    """Also from another process."""
    with open_executor(processes) as executor, pytest.raises(UsageError, match="no") as refused:
        executor.submit(_refuse, "do this").result()
    assert refused.value.todo == "do this"


def test_a_process_that_ends_has_a_name() -> None:
    """What the system kills, or a library ends, is an error of ours."""
    with pytest.raises(WorkerDied, match="one of 2 processes ended"), open_executor(2) as executor:
        executor.submit(os._exit, 3).result()


def test_a_crew_that_lost_a_process_takes_no_more_work() -> None:
    """Asked again, it says the same, and does not wait for ever."""

    def work_on(executor: Executor) -> None:
        ended: Future[None] = executor.submit(os._exit, 3)
        ended.exception()
        list(map_in_order(executor, neg, range(20), 4))

    with pytest.raises(WorkerDied), open_executor(2) as executor:
        work_on(executor)


def test_what_is_there_is_collected_again_afterwards() -> None:
    """The collector passes over what was there as long as the work lasts, also when it fails."""
    counts = list[int]()
    with pytest.raises(ZeroDivisionError), freeze_heap():
        counts.append(gc.get_freeze_count() // 0)

    with freeze_heap():
        counts.append(gc.get_freeze_count())
    counts.append(gc.get_freeze_count())
    assert counts[0] > counts[1] == 0
