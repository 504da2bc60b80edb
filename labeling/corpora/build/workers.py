"""Who does the work: this process, or several worker processes. Results come in the order of the work either way.

Python's own ``ProcessPoolExecutor`` is not used, nor loky's. Both let all their processes write results into one pipe,
under one lock: a process that is killed while it writes, as happens when memory runs out, leaves the pipe cut off in
the middle of a message with its other end still open, and the executor waits for the rest for ever. Here each process
has a pipe of its own, so that its death is the end of a file, whatever it was doing.
"""

from __future__ import annotations

import gc
import pickle
import signal
import threading
import traceback
from collections import deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from labeling.corpora.build.serial_executor import SerialExecutor
from labeling.errors import WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Parameters = ParamSpec("Parameters")
WorkItem = TypeVar("WorkItem")
Result = TypeVar("Result")

# A worker that has nothing more to do ends at once; one that does not is ended.
_SECONDS_TO_END = 10


class WorkerExecutor(Executor):
    """Does the work in processes, each with a pipe of its own and a thread here that waits for its answers.

    A process is started when there is work and all others are busy. When one of them dies, the others are killed: no
    future waits for ever, and none is answered by half a crew.
    """

    def __init__(self, processes: int) -> None:
        """Start nothing yet.

        Args:
            processes: How many there may be at once.
        """
        self._processes = processes
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="worker")
        self._own = threading.local()
        self._workers: list[_Worker] = []
        # No process is started while the others are killed: it would be left over.
        self._starting = threading.Lock()
        self._broken = False

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        """Ask the first process that is free; the future raises what ``fn`` raised, or `WorkerDied`."""
        return self._threads.submit(self._ask, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as `Executor` has it
        """Let the processes finish what they were asked to do, and see them end."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        # All are told before the first is waited for.
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.see_ended()

    def kill(self) -> None:
        """End all processes at once, whatever they are doing; whoever waits for them gets `WorkerDied`."""
        with self._starting:
            self._broken = True
            for worker in self._workers:
                worker.process.kill()

    def _ask(self, fn: Callable[..., Result], args: tuple[object, ...], kwargs: dict[str, object]) -> Result:
        """The result of one call, from the process that belongs to this thread."""
        # What was still waiting in the queue when another one died ends here.
        if self._broken:
            raise self._death()
        request = pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            worker = self._own_worker()
            worker.pipe.send_bytes(request)
            answer = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            # The pipe has ended, or the process could not be started. Its brothers' answers would lead to nothing.
            self.kill()
            raise self._death() from None
        returned, value = pickle.loads(answer)  # noqa: S301 - our own process wrote it
        if not returned:
            raise value
        result: Result = value
        return result

    def _own_worker(self) -> _Worker:
        """The process of this thread, started when it is first needed.

        Raises:
            OSError: The system could not start it.
            WorkerDied: Another one has died meanwhile.
        """
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            with self._starting:
                if self._broken:
                    raise self._death()
                worker = self._own.worker = _Worker()
                self._workers.append(worker)
        return worker

    def _death(self) -> WorkerDied:
        return WorkerDied(
            f"one of {self._processes} processes ended before its work was done, or could not be started",
            todo="the system ends processes when memory runs out: ask for fewer with --processes, and run it again",
            where="--processes",
        )


class _Worker:
    """One process, and our end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    def __init__(self) -> None:
        """Start it; it loads what it needs while we go on."""
        import multiprocessing

        # A fork of a process with threads, which Arrow's are, may hang; and other systems than Linux have none.
        context = multiprocessing.get_context("spawn")
        _block_interrupts()
        self.pipe, its_end = context.Pipe()
        # With the process the last copy of its end must go, else its death would not be the end of our file.
        with its_end:
            self.process = context.Process(target=_serve, args=(its_end,), daemon=True)
            self.process.start()

    def see_ended(self) -> None:
        """Wait for it to end, once its pipe is closed; not for ever."""
        self.process.join(_SECONDS_TO_END)
        self.process.kill()
        self.process.join()


def _block_interrupts() -> None:
    """Keep Ctrl-C from the processes that this thread starts: it is for the parent alone, which ends them."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        # Every process that is started needs the tracker, and its start unblocks what we are going to block.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _serve(pipe: Connection) -> None:
    """Answer one call after the other, as a process of its own, until the other side hangs up."""
    _initialise_worker()
    while True:
        # The end of the pipe is the end of the work, or of the parent: either way there is nobody to answer.
        try:
            request = pipe.recv_bytes()
            pipe.send_bytes(_answer(request))
        except (EOFError, OSError):
            return


def _answer(request: bytes) -> bytes:
    """Whether a call returned, and what it returned or raised."""
    try:
        fn, args, kwargs = pickle.loads(request)  # noqa: S301 - our own parent wrote it
        return pickle.dumps((True, fn(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is asked for
        # The traceback stays here; its text travels.
        error.add_note(traceback.format_exc())
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)


def _initialise_worker() -> None:
    """Load in a new process what all its work needs, and keep it out of the garbage collector's way."""
    import spacy  # noqa: F401

    import labeling.corpora.build.convert
    import labeling.corpora.build.verify_targets  # noqa: F401

    # The whole process is ours: nobody else's objects are in it.
    gc.freeze()


@contextmanager
def open_executor(processes: int) -> Iterator[Executor]:
    """An executor of so many processes; with 1, this process does the work, and no other is started.

    Work and results travel pickled, so that both must be small compared to the work itself. When the block fails, or is
    interrupted with Ctrl-C, the processes are killed, not waited for.

    Raises:
        WorkerDied: One of them ended before its work was done.
    """
    if processes == 1:
        yield SerialExecutor()
        return
    executor = WorkerExecutor(processes)
    try:
        yield executor
    except BaseException:
        executor.kill()
        raise
    finally:
        executor.shutdown()


@contextmanager
def freeze_heap() -> Iterator[None]:
    """Let the garbage collector pass over the objects that are there already, and look only at new ones.

    Every few hundred articles it would search a million objects of spaCy and others for garbage, and find nothing: a
    tenth of all the time. Where somebody has frozen objects before, nothing is done: Python can only thaw all at once,
    theirs too.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def map_in_order(
    executor: Executor, work: Callable[[WorkItem], Result], items: Iterable[WorkItem], ahead: int
) -> Iterator[Result]:
    """The result of each item, in the order of the items; no more than ``ahead`` others are under way or waiting.

    >>> with open_executor(1) as executor:
    ...     list(map_in_order(executor, abs, [-2, 1, -3], ahead=2))
    [2, 1, 3]
    """
    waiting = deque[Future[Result]]()
    for item in items:
        waiting.append(executor.submit(work, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
