"""Which suggestions a reader is shown with a task.

Where a task is read by more than one person, all of them have the same suggestions: those that were there when the
first of them opened it, and no others. What was projected from a reprint is somebody's words on the same story, so it
goes to nobody who reads that story blind. Who has nothing assigned where there is a plan is shown none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import connection

from .entries import AssignmentEntry, PersonEntry, ServedEntry
from .keeping import add_entries, emails_of, has_plan, read_entries, rule_of
from .suggestion_marks import marks_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from .caller import ServerAccount

PROJECTED = "projected:"
_NONE = 0  # the prediction's number in a row that says: there were none to show

_OFFERED = "SELECT id, model_version FROM prediction WHERE task_id = %s"
_MEMBERS = (
    "SELECT htx_user.email FROM htx_user JOIN organizations_organizationmember AS member "
    "ON member.user_id = htx_user.id WHERE htx_user.id <> %s"
)


def visible_suggestions(project: int | None, task: int | None, account: ServerAccount) -> set[int]:
    """The numbers of the suggestions on a task that an account may see; what is shown for the first time is kept."""
    if project is None or task is None:
        return set()
    offered = _without_words_of_others(project, task, account)
    if not has_plan(project):
        return set(offered)
    readers = read_entries(AssignmentEntry, project=project, task=task)
    mine = {each.email for each in readers} & set(emails_of(project, account.number))
    if not mine:
        return set()
    if len(readers) == 1 and readers[0].part == "first":
        _keep(ServedEntry(project, task, account.number, _NONE), offered)
        return set(offered)
    blind = [number for number, version in offered.items() if not version.startswith(PROJECTED)]
    emails = [each.email for each in readers]
    people = read_entries(PersonEntry, project=[project, 0], email=emails)
    return _same_for_all(ServedEntry(project, task, account.number, _NONE), {each.account for each in people}, blind)


def _without_words_of_others(project: int, task: int, account: ServerAccount) -> dict[int, str]:
    """All suggestions but those that are somebody's words: signed by a member, or hidden by the project's rule."""
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED, [task])
        offered = {int(number): str(version or "") for number, version in cursor.fetchall()}
        if not offered:
            return {}
        cursor.execute(_MEMBERS, [account.number])
        emails = [str(email).casefold() for (email,) in cursor.fetchall()]
    names = {*emails, *(email.partition("@")[0] for email in emails)}
    hidden = tuple(str(prefix) for prefix in rule_of(project).get("hidden_suggestions", []))
    return {
        number: version
        for number, version in offered.items()
        if version.casefold() not in names and not version.startswith(hidden)
    }


def _same_for_all(asked: ServedEntry, readers: Collection[int | None], offered: Collection[int]) -> set[int]:
    """What all readers of a task are shown: what the first of them was shown, as far as it is still there."""

    def read_served() -> list[ServedEntry]:
        served = read_entries(ServedEntry, project=asked.project, task=asked.task)
        return [each for each in served if each.account in readers]

    served = read_served()
    if not served:
        _keep(asked, offered)
        # Somebody else may have come at the same moment: what is kept by now holds for both.
        served = read_served()
    # Whoever comes later has no others, so all rows together are what the first one had.
    numbers = {each.prediction for each in served}
    visible = numbers & set(offered)
    if min(numbers) < 0:
        # Served on another server, from which the project was brought here.
        visible |= {number for number, mark in marks_of(offered).items() if mark in numbers}
    if asked.account not in {each.account for each in served}:
        _keep(asked, visible)
    return visible


def _keep(asked: ServedEntry, numbers: Collection[int]) -> None:
    add_entries([replace(asked, prediction=number) for number in numbers or [_NONE]])
