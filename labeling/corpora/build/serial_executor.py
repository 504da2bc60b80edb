"""An executor without processes, for work that is not worth a journey to another one."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


class SerialExecutor(Executor):
    """Does each thing in this process, at once."""

    def submit(
        self, fn: Callable[Arguments, Outcome], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Outcome]:
        """Do it, and return the outcome as a future that is done."""
        done: Future[Outcome] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where the result is asked for
            done.set_exception(error)
        return done
