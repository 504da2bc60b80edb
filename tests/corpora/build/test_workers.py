"""Worker processes: results in the order of the work, errors as they were raised, and a name for every death."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from operator import neg
from typing import TYPE_CHECKING

import psutil
import pytest
from faulty.worker_deaths import kill_worker, list_workers, measure_start

from labeling.corpora.build.workers import freeze_heap, map_in_order, open_executor
from labeling.errors import UsageError, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor, Future
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    """After every test of this file all processes are gone that it has started."""
    before = list_workers()
    yield
    assert list_workers() <= before


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


def test_no_process_is_started_without_work_for_it() -> None:
    """One thing to do starts one process of the three that are allowed; none to do, none."""
    before = list_workers()
    with open_executor(3) as executor:
        assert list_workers() == before
        executor.submit(neg, 1).result()
        executor.submit(neg, 2).result()
        assert len(list_workers() - before) == 1


def _refuse(todo: str) -> None:
    raise UsageError("no", todo=todo)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_ours_stays_what_it_was(processes: int) -> None:
    """Also from another process."""
    with open_executor(processes) as executor, pytest.raises(UsageError, match="no") as refused:
        executor.submit(_refuse, "do this").result()
    assert refused.value.todo == "do this"


def test_an_error_of_the_program_shows_where_it_happened() -> None:
    """What a worker raises has the worker's traceback as a note."""
    with open_executor(2) as executor, pytest.raises(ValueError, match="invalid literal") as refused:
        executor.submit(int, "x").result()
    assert "in _answer" in refused.value.__notes__[0]


def test_a_worker_that_ends_is_named() -> None:
    """A worker that the system kills, or a library ends, is an error of ours."""
    with pytest.raises(WorkerDied, match="one of 2 processes ended"), open_executor(2) as executor:
        executor.submit(os._exit, 3).result()


def test_a_broken_executor_takes_no_more_work() -> None:
    """Asked again, it raises the same, and nobody waits for ever."""

    def work_on(executor: Executor) -> None:
        ended: Future[None] = executor.submit(os._exit, 3)
        ended.exception()
        list(map_in_order(executor, neg, range(20), 4))

    with pytest.raises(WorkerDied), open_executor(2) as executor:
        work_on(executor)


@pytest.fixture(scope="module")
def seconds_to_start() -> float:
    """How long a worker takes to start on this machine, as it is now."""
    return measure_start()


@pytest.mark.parametrize("moment", range(5))
def test_a_worker_killed_while_it_starts_is_named(seconds_to_start: float, moment: int) -> None:
    """At five moments of its start, `Broken` is raised unless that is a WorkerDied and nothing is left running."""
    kill_worker(seconds_to_start * moment / 5, which=moment % 2)


def _die_within_the_answer() -> bytes:
    """An answer of many megabytes, in the midst of which this process is killed."""
    main = threading.get_ident()

    def watch() -> None:
        while sys._current_frames()[main].f_code.co_name != "_send":
            time.sleep(0)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return bytes(50_000_000)


def test_a_worker_killed_within_its_answer_is_named() -> None:
    """Half an answer, with others at work: Python's own executor and loky's wait for the other half for ever."""

    def work_on(executor: Executor) -> None:
        executor.submit(time.sleep, 600)
        executor.submit(_die_within_the_answer).result()

    with pytest.raises(WorkerDied), open_executor(2) as executor:
        work_on(executor)


def test_a_process_that_cannot_be_started_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system refuses another process: that is an error of ours, too."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr("multiprocessing.spawn._python_exe", b"/nowhere/python")
    with pytest.raises(WorkerDied, match="could not be started"), open_executor(2) as executor:
        executor.submit(neg, 1).result()


def test_a_failing_block_does_not_wait_for_its_workers() -> None:
    """An error of our own ends work that would take ten minutes."""

    def work_on(executor: Executor) -> None:
        executor.submit(time.sleep, 600)
        raise ZeroDivisionError

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), open_executor(2) as executor:
        work_on(executor)
    assert time.monotonic() - began < 300


_WAITING = """
import time
from labeling.corpora.build.workers import open_executor
if __name__ == "__main__":
    with open_executor(2) as executor:
        both = [executor.submit(time.sleep, 10) for _ in range(2)]
        both[0].result()
"""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program of its own session that waits for two workers."""
    script = tmp_path / "waiting.py"
    script.write_text(_WAITING)
    with subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, start_new_session=True) as child:
        yield child


def _workers_of(program: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Both workers of the program, as soon as they are there."""
    workers = list[psutil.Process]()
    while len(workers) < 2:
        time.sleep(0.01)
        workers = [each for each in psutil.Process(program.pid).children() if "spawn_main" in " ".join(each.cmdline())]
    return workers


@pytest.mark.parametrize("seconds", [0, 0.5, 3])
def test_ctrl_c_ends_all_at_once(waiting: subprocess.Popen[bytes], seconds: float) -> None:
    """The terminal interrupts every process: one traceback, of the program itself, and nothing left running."""
    workers = _workers_of(waiting)
    time.sleep(seconds)
    os.killpg(waiting.pid, signal.SIGINT)
    _, complaints = waiting.communicate(timeout=60)

    assert waiting.returncode == -signal.SIGINT
    assert complaints.decode().count("Traceback (most recent call last)") == 1
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_workers_end_when_their_parent_is_killed(waiting: subprocess.Popen[bytes]) -> None:
    """A killed parent hangs up on nobody: the end of the pipe does, as soon as their work is done."""
    workers = _workers_of(waiting)
    waiting.kill()

    assert psutil.wait_procs(workers, timeout=60)[1] == []


def test_frozen_objects_are_collected_again_afterwards() -> None:
    """The collector passes over what was there as long as the work lasts, also when it fails."""
    counts = list[int]()
    with pytest.raises(ZeroDivisionError), freeze_heap():
        counts.append(gc.get_freeze_count() // 0)

    with freeze_heap():
        counts.append(gc.get_freeze_count())
    counts.append(gc.get_freeze_count())
    assert counts[0] > counts[1] == 0


def test_what_others_froze_stays_frozen() -> None:
    """A program that has frozen its own objects finds them frozen after ours."""
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with freeze_heap():
            pass
        assert gc.get_freeze_count() == before > 0
    finally:
        gc.unfreeze()
