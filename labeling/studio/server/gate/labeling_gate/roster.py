"""Who is who on a server, and how far each has come in a project."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from .caller import ADJUDICATOR, OWNER, READER
from .entries import AgainEntry, AssignmentEntry, InvitationEntry, PersonEntry, normal_email
from .invitations import all_accounts, confirmed_accounts, is_open
from .keeping import add_entries, read_entries, remove_entries, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .own_forms import AgainForm


def list_people(project: int) -> list[dict[str, Any]]:
    """Each address of a project's plan, of an account or of an open invitation, sorted; no keys and no links.

    ``assigned`` and ``done`` count tasks; done is what the confirmed account has submitted or skipped.
    """
    accounts = {normal_email(email): number for number, email in all_accounts()}
    roles = {each.email: each.role for each in read_entries(PersonEntry, project=[0, project])}
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
    """Take from somebody what they have not begun in a project, and what they decide there; how many tasks went back.

    Whoever has submitted something there stays its reader: their words are theirs.
    """
    answered = _answered(project).get(confirmed_accounts().get(email, -1), set())
    assigned = [each.task for each in read_entries(AssignmentEntry, project=project, email=email)]
    free = [task for task in assigned if task not in answered]
    stays = len(free) < len(assigned)

    def take() -> int:
        gone = remove_entries(AssignmentEntry, project=project, email=email, task=free)
        remove_entries(AgainEntry, project=project, email=email)
        remove_entries(InvitationEntry, email=email, used_by=None)
        before = read_entries(PersonEntry, project=project, email=email)
        remove_entries(PersonEntry, project=project, email=email)
        if stays and before and before[0].role != ADJUDICATOR:
            add_entries(before)
        return gone

    return {"given_back": write(take), "submitted": len(assigned) - len(free)}


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
