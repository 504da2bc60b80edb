"""Who does the work: this process, or several beside it. Results come in the order of the work, whoever did it."""

from __future__ import annotations

import gc
from collections import deque
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from labeling.errors import WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Parameters = ParamSpec("Parameters")
WorkItem = TypeVar("WorkItem")
Result = TypeVar("Result")


class SerialExecutor(Executor):
    """Does each thing in this process, at once."""

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        """Do it, and return what came of it as a future that is done."""
        done: Future[Result] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is asked for
            done.set_exception(error)
        return done


@contextmanager
def open_executor(processes: int) -> Iterator[Executor]:
    """An executor of so many processes; of none but this one when it is 1.

    Work and results travel pickled, so that both must be small beside the work itself.

    Raises:
        WorkerDied: One of them ended before its work was done.
    """
    if processes == 1:
        yield SerialExecutor()
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        # A fork of a process with threads, which Arrow's are, may hang; and other systems than Linux have none.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_initialise_worker) as executor:
            yield executor
    except BrokenProcessPool:
        raise WorkerDied(
            f"one of {processes} processes ended before its work was done, or could not be started",
            todo="the system ends processes when memory runs out: ask for fewer with --processes, and run it again",
            where="--processes",
        ) from None


def _initialise_worker() -> None:
    """Load in a new process what all its work needs, and keep it out of the way of the collector of garbage."""
    import spacy  # noqa: F401

    import labeling.corpora.build.convert
    import labeling.corpora.build.verify_targets  # noqa: F401

    gc.freeze()


@contextmanager
def freeze_heap() -> Iterator[None]:
    """Let Python's collector of garbage pass over what is there already, and collect what comes.

    Among a million objects of spaCy and others it would look for garbage every few hundred articles, and find none: a
    tenth of all the time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def map_in_order(
    executor: Executor, work: Callable[[WorkItem], Result], items: Iterable[WorkItem], ahead: int
) -> Iterator[Result]:
    """The result of each item, in the order of the items; no more than ``ahead`` others are under way or waiting."""
    waiting = deque[Future[Result]]()
    for item in items:
        waiting.append(executor.submit(work, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
