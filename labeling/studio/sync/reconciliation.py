"""What the server has, asked of the server itself: only where the journal leaves a doubt.

Two tasks of one article with one text come about when a request was carried out twice. The one with most annotations
and drafts is kept, the older one of two alike; the other is removed only if there are neither in it.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.workspace.journal import IN_DOUBT
from labeling.workspace.rows.server_state import PushedTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from labeling.studio.api.client import Studio
    from labeling.studio.api.remote import RemoteTask
    from labeling.workspace.rows.server_state import TextKey

# Seconds for which a request whose answer was lost may still be at work on the server.
LOST_REQUEST_PATIENCE = 30.0
_RETRY_PAUSE = 0.5

# In place of the digest where a model has two suggestions for a task: not a digest, so they will be replaced.
_DOUBLED = "doubled"


@dataclass(frozen=True)
class Reconciliation:
    """A project on a server; ``until`` is the instant (of `time.time`) at which no lost request is at work any more."""

    studio: Studio
    project: int
    until: float
    say: Callable[[str], None]

    def find_arrived(self, doubtful: Sequence[PushedTask]) -> dict[TextKey, PushedTask]:
        """Those of the articles that were being sent which have arrived, waiting for those that may still arrive.

        A batch arrives as a whole, with its suggestions as they were sent.
        """
        self.say(f"Asking the server for {len(doubtful)} articles of which no answer came")
        # The rows as they were sent have the suggestions, which the list of tasks does not.
        sent = {row.key: row for row in doubtful}
        names = sorted({row.article for row in doubtful})
        while True:
            there = self._rows(self.studio.find_tasks(self.project, names))
            arrived = {
                key: sent[key].model_copy(update={"task": row.task}) for key, row in there.items() if key in sent
            }
            if len(arrived) == len(sent) or not self._may_wait():
                return arrived

    def list_pushed(self) -> dict[TextKey, PushedTask]:
        """All articles that have a task, by the list of all tasks; doubles are removed."""
        self.say("Asking the server for all its tasks")
        tasks = list(self.studio.tasks(self.project))
        removed = {number for double in _find_doubles(tasks) for number in self._remove_doubles(double)}
        return self._rows(task for task in tasks if task.number not in removed)

    def add_suggestions(self, known: dict[TextKey, PushedTask]) -> dict[TextKey, PushedTask]:
        """The same tasks with the suggestions that are there, by the list of all suggestions.

        Suggestions that were being sent are waited for, as long as the request may be at work.
        """
        self.say("Asking the server for all its suggestions")
        while True:
            there = self._suggestions_by_task()
            updated = {
                key: row.model_copy(update={"suggested": there.get(row.task or 0, {})}) for key, row in known.items()
            }
            is_missing = any(
                model not in updated[key].suggested
                for key, row in known.items()
                for model, digest in row.suggested.items()
                if digest == IN_DOUBT
            )
            if not is_missing or not self._may_wait():
                return updated

    def _suggestions_by_task(self) -> dict[int, dict[str, str]]:
        """The digest of each suggestion there, by task and model."""
        there: dict[int, dict[str, str]] = defaultdict(dict)
        for task, model, digest in self.studio.list_suggestions(self.project):
            there[task][model] = _DOUBLED if model in there[task] else digest
        return there

    def _may_wait(self) -> bool:
        """Wait a moment for a request that may be at work, or return false when there is nothing to wait for."""
        if time.time() >= self.until:
            return False
        time.sleep(_RETRY_PAUSE)
        return True

    def _remove_doubles(self, double: Sequence[int]) -> list[int]:
        """Remove what is empty of tasks that are alike, the oldest first, but one."""
        weights: Counter[int] = Counter(dict.fromkeys(double, 0))
        for task in self.studio.export_tasks(self.project, double):
            if isinstance(task, dict):
                # A submitted annotation weighs more than a draft.
                annotations, drafts = _list_or_empty(task.get("annotations")), _list_or_empty(task.get("drafts"))
                weights[int(str(task["id"]))] = 2 * len(annotations) + len(drafts)
        kept = max(sorted(double), key=lambda number: weights[number])
        self.say(f"Task {kept} was stored {len(double)} times")
        return self.studio.remove_empty(self.project, [number for number in double if number != kept])

    def _rows(self, tasks: Iterable[RemoteTask]) -> dict[TextKey, PushedTask]:
        """The journal's rows of tasks that name an article, of two alike the older one; their suggestions in doubt."""
        rows: dict[TextKey, PushedTask] = {}
        for task in sorted(tasks, key=lambda task: task.number):
            suggested = dict.fromkeys(task.suggested, IN_DOUBT)
            row = PushedTask(article=task.article, digest=task.digest, task=task.number, suggested=suggested)
            if task.article:
                rows.setdefault(row.key, row)
        return rows


def _find_doubles(tasks: Iterable[RemoteTask]) -> list[list[int]]:
    # Tasks without an article are somebody else's, and never doubles.
    alike: dict[TextKey, list[int]] = defaultdict(list)
    for task in tasks:
        if task.article:
            alike[task.article, task.digest].append(task.number)
    return [numbers for numbers in alike.values() if len(numbers) > 1]


def _list_or_empty(value: object) -> list[object]:
    return value if isinstance(value, list) else []
