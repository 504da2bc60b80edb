"""The loop that goes on by itself: a round as soon as enough annotations have come, or enough time has passed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from labeling.errors import LabelingError, QuarantineNotAllowed, StudioError, WorkspaceBusy
from labeling.learning.learn import learn
from labeling.learning.turn import USUAL_OPTIONS, LearnOptions
from labeling.studio.sync.pull import pull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.learning.learn import LearnResult
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials

_LONGEST_LOOK = 60.0  # seconds between two looks at the server
_LONGEST_WAIT = 900.0  # between two tries while it fails


def watch_learning(
    project: Project,
    *,
    server: Credentials | None = None,
    options: LearnOptions = USUAL_OPTIONS,
    after: int = 20,
    every: float = 3600.0,
) -> Iterator[LearnResult | LabelingError]:
    """Go through a round, and through another one whenever it is time; while the server fails, try ever more rarely.

    Args:
        project: As for `learn`.
        server: The same.
        options: The same.
        after: The next round begins when so many annotations have come since the last one,
        every: or when so many seconds have passed.

    Yields:
        What a round brought; or what went wrong with the server, because another command was at work, or because of
        something that people mend on the server.

    Raises:
        LabelingError: Whatever waiting does not mend.
    """
    look = min(_LONGEST_LOOK, every)
    pause, due, known = look, True, 0
    last = time.monotonic()
    while True:
        try:
            if not due:
                pull(project, server=server, changes=True, wait=look)
                due = _count_submitted(project) - known >= after
                # Not the time of day, which may jump.
                due = due or time.monotonic() - last >= every
            if due:
                result = learn(project, server=server, options=options)
                last, due, known = time.monotonic(), False, _count_submitted(project)
                yield result
            pause = look
        except (StudioError, WorkspaceBusy, QuarantineNotAllowed) as error:
            yield error
            # Twice as long after each failure, and back to normal after the first success.
            pause = min(pause * 2, max(_LONGEST_WAIT, look))
        time.sleep(pause)


def _count_submitted(project: Project) -> int:
    """What people have submitted or skipped, by the last pull."""
    rows = project.workspace.annotations.rows_if_written()
    return sum(one.by_person and one.state != "draft" for one in rows)
