"""Progress: how many articles are open, annotated, skipped or drafts, for each annotator and in all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.annotations import State
    from labeling.workspace.rows.server_state import PulledTask

EVERYBODY = "in all"


@dataclass(frozen=True)
class ProgressLine:
    """One annotator's articles; ``sent`` is the sum of the others. A submitted one counts before a skip or a draft."""

    annotator: str
    sent: int
    open: int
    annotated: int
    skipped: int
    draft: int


def tabulate_progress(sent: Collection[int], known: Iterable[PulledTask]) -> tuple[ProgressLine, ...]:
    """The lines of all annotators, sorted, and then the one of everybody together.

    Of four tasks, Ana submitted one and skipped another, which Ben submitted: Ana has 2 open, 1 annotated, 1 skipped;
    Ben 3 open, 1 annotated; and in all 2 are open, 2 annotated, for a submission counts before a skip.

    Args:
        sent: The tasks of our articles.
        known: What tasks hold; those that are not ours are passed over.
    """
    # One entry for each annotation, skip or draft.
    states = [(task.task, one.by, one.state) for task in known if task.task in sent for one in task.said]
    lines = [
        _progress_line(name, len(sent), [(task, state) for task, by, state in states if by == name])
        for name in sorted({by for _, by, _ in states})
    ]
    return (*lines, _progress_line(EVERYBODY, len(sent), [(task, state) for task, _, state in states]))


def _progress_line(name: str, sent: int, states: Iterable[tuple[int, State]]) -> ProgressLine:
    by_task: dict[int, set[State]] = {}
    for task, state in states:
        by_task.setdefault(task, set()).add(state)
    annotated = sum("submitted" in found for found in by_task.values())
    skipped = sum("skipped" in found and "submitted" not in found for found in by_task.values())
    # Whatever was begun and neither submitted nor skipped is a draft.
    draft = len(by_task) - annotated - skipped
    return ProgressLine(name, sent, sent - len(by_task), annotated, skipped, draft)
