"""Worker processes of a compile, killed at given moments of their start, as the system does when memory runs out.

It needs no server. Each death ends with two questions: is it an error of ours with a way out? Is nothing left running?
"""

from __future__ import annotations

import faulthandler
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil

from faulty.broken import Broken
from faulty.scenarios import Outcome
from labeling.corpora.build.workers import open_executor
from labeling.errors import WorkerDied

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULT = "a worker process of a compile is killed (SIGKILL) at a moment of its start"
TIMES = 100
_PROCESSES = 2
# What no worker does to its end here: whatever the moment, its death cuts something off.
_SECONDS_OF_WORK = 600
# A death that is noticed is noticed at once; whoever waits longer waits for ever.
_PATIENCE = 120


def play_deaths(times: int) -> tuple[Outcome, float]:
    """So many deaths, one after the other, spread evenly over the start of a worker; and how many seconds that took.

    Raises:
        Broken: One was not named, or something was left running.
    """
    began = time.monotonic()
    whole = measure_start()
    for number in range(times):
        kill_worker(whole * number / times, which=number % _PROCESSES)
    return Outcome(FAULT, times, f"{times} were named WorkerDied"), time.monotonic() - began


def measure_start() -> float:
    """The seconds until a new worker has answered for the first time."""
    began = time.monotonic()
    with open_executor(_PROCESSES) as executor:
        executor.submit(abs, -1).result()
        return time.monotonic() - began


def kill_worker(moment: float, which: int) -> None:
    """Kill the first or the second worker so many seconds after it was started.

    Raises:
        Broken: That was not named, or something was left running.
    """
    before = list_workers()
    killer = threading.Thread(target=_kill_after, args=(moment, which, before), daemon=True)
    killer.start()
    with _time_limit(), suppress(WorkerDied):
        with open_executor(_PROCESSES) as executor:
            for done in [executor.submit(time.sleep, _SECONDS_OF_WORK) for _ in range(2 * _PROCESSES)]:
                done.result()
        raise Broken(f"a worker was killed after {moment:.3f} s, and its work was done all the same")
    killer.join()
    if left := list_workers() - before:
        raise Broken(f"a worker was killed after {moment:.3f} s, and {len(left)} processes are left")


def list_workers() -> set[int]:
    """The processes below this one, but for the one by which Python keeps track of shared memory."""
    found = set[int]()
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "multiprocessing.resource_tracker" not in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def _kill_after(moment: float, which: int, before: set[int]) -> None:
    """Wait for so many new processes; kill the last of them that many seconds later."""
    seen = list[int]()
    while len(seen) <= which:
        seen += sorted(list_workers() - before - {*seen})
        time.sleep(0.001)
    time.sleep(moment)
    with suppress(psutil.Error):
        psutil.Process(seen[which]).kill()


@contextmanager
def _time_limit() -> Iterator[None]:
    """End this process, with the stacks of all its threads, when the block takes too long: nothing else could."""
    faulthandler.dump_traceback_later(_PATIENCE, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
