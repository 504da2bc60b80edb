"""Who is who on a server, and how far each has come in a project."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from .caller import OWNER, READER
from .entries import LEFT, AgainEntry, AssignmentEntry, DecidedEntry, InvitationEntry, PersonEntry, normal_email
from .invitations import all_accounts, confirmed_accounts, find_accounts, is_open
from .keeping import add_entries, hold_people, read_entries, remove_entries, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .own_forms import AgainForm


def list_people(project: int) -> list[dict[str, Any]]:
    """Each address of a project's plan, of an account or of an open invitation, sorted; no keys and no links.

    ``assigned`` and ``done`` count tasks; done is what the confirmed account has submitted or skipped.
    """
    accounts = {normal_email(email): number for number, email in all_accounts()}
    found = read_entries(PersonEntry, project=[0, project])
    roles = {each.email: each.role for each in found if each.role != LEFT}
    invited = {each.email: each.at for each in read_entries(InvitationEntry) if is_open(each)}
    owner, confirmed = _owner(), confirmed_accounts()
    tasks: dict[str, set[int]] = {}
    for each in read_entries(AssignmentEntry, project=project):
        tasks.setdefault(each.email, set()).add(each.task)
    answered = _answered(project)
    return [
        {
            "email": email,
            "role": OWNER if accounts.get(email, -1) == owner else roles.get(email, READER),
            "in_plan": email in roles,
            "account": email in accounts,
            "confirmed": email in confirmed or accounts.get(email, -1) == owner,
            "invited": invited.get(email),
            "assigned": len(tasks.get(email, ())),
            "done": len(tasks.get(email, set()) & answered.get(confirmed.get(email, -1), set())),
        }
        for email in sorted({*accounts, *roles, *invited})
    ]


def remove_person(project: int, email: str) -> dict[str, int]:
    """Take somebody out of a project, with what they have not begun and what they decide; how many tasks went back.

    What they have submitted stays theirs in the record; their account opens and changes nothing there any more.
    """

    def take() -> dict[str, int]:
        hold_people()
        account = find_account_of(email)
        answered = _answered(project).get(account or -1, set())
        assigned = [each.task for each in read_entries(AssignmentEntry, project=project, email=email)]
        free = [task for task in assigned if task not in answered]
        gone = remove_entries(AssignmentEntry, project=project, email=email, task=free)
        for kind in (AgainEntry, DecidedEntry):
            remove_entries(kind, project=project, email=email)
        remove_entries(InvitationEntry, email=email, used_by=None)
        remove_entries(PersonEntry, project=project, email=email)
        if account is not None or len(free) < len(assigned):
            add_entries([PersonEntry(project, email, LEFT, account)])
        return {"given_back": gone, "submitted": len(assigned) - len(free)}

    return write(take)


def find_account_of(email: str) -> int | None:
    """The account that an address is confirmed for, else the one that bears it: to close a door, that does."""
    confirmed = confirmed_accounts().get(email)
    there = find_accounts(email) if confirmed is None else []
    return there[0][0] if len(there) == 1 else confirmed


def list_those_who_left(project: int, people: Sequence[PersonEntry]) -> list[PersonEntry]:
    """Whoever is in a project's plan as it is and not in the next one; nobody where that one names nobody."""
    staying = {each.email for each in people}
    return [
        replace(each, role=LEFT)
        for each in read_entries(PersonEntry, project=project)
        if each.email not in staying and each.account is not None and (people or each.role == LEFT)
    ]


def has_answered_since(form: AgainForm, accounts: Mapping[str, int | None]) -> bool:
    """Whether its reader has submitted after it came to be asked for: then they have looked at it again."""
    from tasks.models import Annotation

    account = accounts.get(form.entry.email)
    if account is None or not form.since:
        return False
    since = datetime.fromisoformat(form.since)
    own = Annotation.objects.filter(task_id=form.entry.task, completed_by_id=account, was_cancelled=False)
    return bool(own.filter(updated_at__gte=since).exists())


def _owner() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT created_by_id FROM organization ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return row[0] if row else None


def _answered(project: int) -> dict[int, set[int]]:
    """The tasks that each account has submitted or skipped."""
    found: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT completed_by_id, task_id FROM task_completion "
            "WHERE project_id = %s AND completed_by_id IS NOT NULL AND task_id IS NOT NULL",
            [project],
        )
        for account, task in cursor.fetchall():
            found.setdefault(account, set()).add(task)
    return found
