"""What stands where: every article that was sent is open, annotated, skipped or a draft, for each annotator and in all.

Pure: a table out of what tasks hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from labeling.workspace.rows.server_state import PulledAnnotation, PulledTask

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

    Args:
        sent: The tasks of our articles.
        known: What tasks hold; those that are not ours are passed over.
    """
    said = [(task.task, one) for task in known if task.task in sent for one in task.said]
    annotators = sorted({one.by for _, one in said})
    lines = [
        _progress_line(name, len(sent), [(task, one) for task, one in said if one.by == name]) for name in annotators
    ]
    return (*lines, _progress_line(EVERYBODY, len(sent), said))


def _progress_line(name: str, sent: int, said: Iterable[tuple[int, PulledAnnotation]]) -> ProgressLine:
    states: dict[int, set[str]] = {}
    for task, one in said:
        states.setdefault(task, set()).add(one.state)
    annotated = sum("submitted" in state for state in states.values())
    skipped = sum("skipped" in state and "submitted" not in state for state in states.values())
    draft = len(states) - annotated - skipped
    return ProgressLine(name, sent, sent - len(states), annotated, skipped, draft)
