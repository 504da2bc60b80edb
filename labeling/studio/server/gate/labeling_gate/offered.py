"""Which suggestions a reader is shown with a task.

Once somebody has begun a task (has a draft of it, or has submitted or skipped it), whoever else reads it is shown what
that first one had before they began: word for word, also where it was replaced on the server since, and nothing else.
Until then all readers of a task have the same, which one of them was shown first; where that is replaced on the
server, the new ones take its place for all of them.

What was projected from a reprint is somebody's words on the same story, so it goes to nobody who reads that story
blind: they have what the model alone suggests, signed in the same way, and `push` tells which suggestions are that.
Whoever began alone may have had more: then others have what the next of them had, or what there is now.

What is to be read without suggestions is shown with none, whoever made them. Who has nothing assigned where there is a
plan is shown none, too. Without a plan nobody is a second reader, and all are shown what there is, unless Label Studio
itself gives a task to more than one: its overlap says so. Which tasks are of one story is not known there, so in a
project in which any task is read twice nobody is shown projected words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import connection

from .entries import LEFT, AssignmentEntry, BareEntry, FirstEntry, OfferedEntry, PersonEntry, ServedEntry
from .keeping import add_entries, emails_of, has_plan, read_entries, remove_entries, rule_of, write
from .open_order import is_unassisted
from .suggestion_marks import mark_of
from .suggestion_signatures import PROJECTED, digest_prediction, version_of, without_words_of_others

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .caller import ServerAccount
    from .suggestion_signatures import Prediction

_NONE = 0  # the prediction's number in a row that says: there were none to show
_OVERLAPS = "SELECT MAX(overlap), MAX(CASE WHEN id = %s THEN overlap END) FROM task WHERE project_id = %s"
_THERE = "SELECT id FROM prediction WHERE task_id = %s"


def choose_suggestions(
    project: int | None, task: int | None, account: ServerAccount, offered: Sequence[Prediction]
) -> list[Prediction]:
    """The suggestions that an account is shown with a task, where Label Studio offers these; what is shown is kept."""
    if project is None or task is None:
        return []
    past = _Past(project, task, tuple(offered))
    shown = _choose(past, account)
    if shown is None:
        return []
    shown = [] if is_unassisted(project, task) else shown
    past.keep(account.number, shown)
    return shown


def _choose(past: _Past, account: ServerAccount) -> list[Prediction] | None:
    """What an account is to be shown; None where there is a plan, and the task is nothing to them."""
    project, task = past.project, past.task
    readers = read_entries(AssignmentEntry, project=project, task=task)
    is_planned = bool(readers) or has_plan(project)
    emails = {each.email for each in readers}
    if is_planned and not emails & set(emails_of(project, account.number)):
        return None
    if not is_planned:
        return _choose_unplanned(past, account)
    is_alone = len(readers) == 1 and readers[0].part == "first"
    past = replace(past, is_blind=not is_alone)
    people = [each for each in read_entries(PersonEntry, project=[project, 0]) if each.account is not None]
    # Whoever has left may have begun it, too.
    had = past.find_first_had({each.account for each in people if each.role == LEFT or each.email in emails})
    if had is None and not is_alone:
        had = past.find_common({each.account for each in people if each.email in emails})
    return past.leave_out(
        without_words_of_others(task, account, rule_of(project), past.offered if had is None else had)
    )


def _choose_unplanned(past: _Past, account: ServerAccount) -> list[Prediction]:
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPS, [past.task, past.project])
        most, here = cursor.fetchone()
    past = replace(past, is_blind=(most or 1) > 1)
    had = None
    if (here or 1) > 1:
        everybody = {*past.kept, *past.served}
        had = past.find_first_had(everybody)
        had = past.find_common(everybody) if had is None else had
    offered = past.offered if had is None else had
    return past.leave_out(without_words_of_others(past.task, account, rule_of(past.project), offered))


def may_stem_from(project: int | None, task: int | None, account: ServerAccount, suggestion: int) -> bool:
    """Whether an account was shown that suggestion with that task, or would be."""
    if project is None or task is None:
        return False
    if read_entries(ServedEntry, project=project, task=task, account=account.number, prediction=suggestion):
        return True
    if is_unassisted(project, task):
        return False
    past = _Past(project, task, tuple(list_offered(task)))
    return suggestion in {each["id"] for each in _choose(past, account) or ()}


def is_gone(task: int | None, suggestion: int) -> bool:
    """Whether the server has that suggestion no more: then it takes nothing that names it."""
    return task is not None and suggestion not in _list_numbers(task)


@dataclass(frozen=True)
class _Past:
    """What accounts were shown with a task by now, of which Label Studio offers ``offered`` at this moment.

    ``is_blind`` is whether its readers are to have nothing that was projected.
    """

    project: int
    task: int
    offered: tuple[Prediction, ...]
    is_blind: bool = False

    @cached_property
    def bare(self) -> frozenset[str]:
        """The digests of what has nothing projected in it, whatever its signature."""
        return frozenset(each.suggestion for each in read_entries(BareEntry, project=self.project, task=self.task))

    def leave_out(self, shown: Sequence[Prediction]) -> list[Prediction]:
        """These suggestions; where readers are blind, those without anything projected."""
        return [each for each in shown if not self.is_blind or self._is_bare(each)]

    def _is_bare(self, suggestion: Prediction) -> bool:
        return not version_of(suggestion).startswith(PROJECTED) or digest_prediction(suggestion) in self.bare

    @cached_property
    def kept(self) -> dict[int, list[OfferedEntry]]:
        """What each account was shown the last time before it began."""
        rows: dict[int, list[OfferedEntry]] = {}
        for row in read_entries(OfferedEntry, project=self.project, task=self.task):
            rows.setdefault(row.account, []).append(row)
        return rows

    @cached_property
    def served(self) -> dict[int, set[int]]:
        """The numbers and marks of all that each account was ever shown."""
        numbers: dict[int, set[int]] = {}
        for row in read_entries(ServedEntry, project=self.project, task=self.task):
            numbers.setdefault(row.account, set()).add(row.prediction)
        return numbers

    @cached_property
    def begun(self) -> list[tuple[datetime, int]]:
        """When each account has begun; several times where there is more of theirs."""
        from tasks.models import Annotation, AnnotationDraft

        drafts = AnnotationDraft.objects.filter(task_id=self.task).values_list("created_at", "user_id")
        said = Annotation.objects.filter(task_id=self.task).values_list("created_at", "completed_by_id")
        firsts = read_entries(FirstEntry, project=self.project, task=self.task)
        begun = [(at, account) for at, account in (*drafts, *said) if account is not None]
        return [*begun, *((datetime.fromisoformat(each.at).astimezone(UTC), each.account) for each in firsts)]

    def find_first_had(self, readers: Collection[int | None]) -> list[Prediction] | None:
        """What whoever of these began first had; None where nobody has begun who was shown anything.

        Whoever began alone may have had what the others must not have: then the next one counts.
        """
        known = {*self.kept, *self.served} & set(readers)
        begun = sorted(each for each in self.begun if each[1] in known) if known else []
        all_had = (self._had(account) for account in dict.fromkeys(account for _, account in begun))
        return next((had for had in all_had if len(self.leave_out(had)) == len(had)), None)

    def find_common(self, readers: Collection[int | None]) -> list[Prediction] | None:
        """What these readers have in common, none of whom has begun; None where it is not there any more."""
        there = _list_numbers(self.task)
        common: dict[int, Prediction] = {}
        is_held = False
        for account in sorted({*self.kept, *self.served} & set(readers)):
            if account in self.kept:
                numbers = {row.prediction for row in self.kept[account]}
                holds = not self.offered if numbers == {_NONE} else numbers <= there
            else:
                # Of what was shown elsewhere, part may not be here yet; where only other things are, it was replaced.
                holds = bool(self._had(account)) or not self.offered
            if holds:
                is_held = True
                common |= {each["id"]: each for each in self._had(account)}
        return [*common.values()] if is_held else None

    def _had(self, account: int) -> list[Prediction]:
        if account in self.kept:
            rows = sorted(self.kept[account], key=lambda row: (row.place, row.prediction))
            now = {each["id"]: {"created_ago": each.get("created_ago")} for each in self.offered}
            # Its age is told anew: an article that two read is not told apart by it.
            return [json.loads(row.value) | now.get(row.prediction, {}) for row in rows if row.prediction != _NONE]
        # Shown on another server, or by a layer that kept no words: it is known by its mark, or by its number.
        return [each for each in self.offered if {each["id"], _mark(each)} & self.served[account]]

    def keep(self, account: int, shown: Sequence[Prediction]) -> None:
        """Keep what somebody is shown; once they have begun, what they had before stays."""
        numbers = {each["id"] for each in shown} or {_NONE}
        missing = numbers - self.served.get(account, set())
        log = [ServedEntry(self.project, self.task, account, number) for number in sorted(missing)]
        before = {row.prediction for row in self.kept.get(account, ())}
        # Where what was shown elsewhere is still to come, nothing is known to take its place.
        waits = not before and not shown and min(self.served.get(account, {_NONE})) < _NONE
        stays = before == numbers or waits or (before and any(each == account for _, each in self.begun))
        rows = [
            OfferedEntry(self.project, self.task, account, each["id"], place, json.dumps(each))
            for place, each in enumerate(shown)
        ] or [OfferedEntry(self.project, self.task, account, _NONE, 0, "{}")]

        def put() -> None:
            if not stays:
                remove_entries(OfferedEntry, project=self.project, task=self.task, account=account)
                add_entries(rows)
            if not waits:
                add_entries(log)

        if not stays or (log and not waits):
            write(put)


def _mark(prediction: Prediction) -> int:
    return mark_of(version_of(prediction), prediction.get("result"))


def _list_numbers(task: int) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [task])
        return {int(number) for (number,) in cursor.fetchall()}


def list_offered(task: int) -> list[Prediction]:
    """The suggestions that the server has on a task, as its answers have them."""
    from tasks.models import Prediction as StoredPrediction
    from tasks.serializers import PredictionSerializer

    listed: Any = PredictionSerializer(StoredPrediction.objects.filter(task_id=task), many=True).data
    return [json.loads(json.dumps(each, default=str)) for each in listed]
