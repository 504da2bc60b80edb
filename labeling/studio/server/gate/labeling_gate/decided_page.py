"""The page on which readers see what was decided on their articles: `/labeling/decided/`, for everybody their own.

The owner brings the rows, each for one address. A reader is told of articles that they have submitted and that are no
gold questions to them, whatever was brought: the stretch, their own reading, what stands, why and when.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from .caller import find_account
from .decision import READING
from .entries import LEFT, AssignmentEntry, DecidedEntry, PersonEntry
from .keeping import list_left, read_entries

if TYPE_CHECKING:
    from collections.abc import Iterable

ADDRESS = "/labeling/decided/"

_GOLD = "gold question"
_AT_ONCE = 300
_SUBMITTED = (
    "SELECT own.task_id, task.project_id FROM task_completion AS own JOIN task ON task.id = own.task_id "
    "WHERE own.completed_by_id = %s AND NOT own.was_cancelled AND own.task_id IN ({marks})"
)
_TITLE = "What was decided on your articles"
_PAGE = (
    '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{}</title>\n'
    '<body style="font: 1.1rem/1.5 sans-serif; max-width: 46rem; margin: 3rem auto"><h1>{}</h1>\n{}\n</body></html>\n'
)
_ROW = (
    '<li style="margin-bottom: 1rem"><a href="/projects/{}/data?task={}&amp;own=1"><bdi>{}</bdi></a>{}<br>'
    "Yours: <bdi>{}</bdi><br>What stands: <bdi>{}</bdi>{}<br><small>{}</small></li>\n"
)
_NOTHING = "Nothing was decided on an article that you have submitted."


def show_decided(request: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The caller's own page; a stranger is led to the log-in page."""
    if request.method not in READING:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    account = find_account(request, show_decided)
    if account is None:
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': ADDRESS})}")
    rows = sorted(list_told(account.number), key=lambda each: (each.at, each.task, each.place), reverse=True)
    told = format_html_join("", _ROW, map(_show_row, rows))
    body = format_html("<ul>\n{}</ul>", told) if rows else format_html("<p>{}</p>", _NOTHING)
    answer = HttpResponse(format_html(_PAGE, _TITLE, _TITLE, body))
    answer["Cache-Control"] = "no-store"
    return answer


def list_told(account: int) -> list[DecidedEntry]:
    """What an account is told of."""
    people = [each for each in read_entries(PersonEntry, account=account) if each.role != LEFT]
    places = {(each.email, each.project) for each in people}
    emails = sorted({email for email, _ in places})
    left = list_left(account)
    found = [
        each
        for each in (read_entries(DecidedEntry, email=emails) if emails else ())
        if {(each.email, each.project), (each.email, 0)} & places and each.project not in left
    ]
    projects = sorted({each.project for each in found})
    assigned = read_entries(AssignmentEntry, project=projects, email=emails) if found else []
    gold = {(each.project, each.task) for each in assigned if each.part == _GOLD}
    submitted = _list_submitted(account, sorted({each.task for each in found}))
    return [each for each in found if (each.task, each.project) in submitted and (each.project, each.task) not in gold]


def _list_submitted(account: int, tasks: list[int]) -> set[tuple[int, int]]:
    """Those of these tasks that an account has submitted, each with its project."""
    submitted = set[tuple[int, int]]()
    for start in range(0, len(tasks), _AT_ONCE):
        some = tasks[start : start + _AT_ONCE]
        with connection.cursor() as cursor:
            cursor.execute(_SUBMITTED.format(marks=", ".join(["%s"] * len(some))), [account, *some])
            submitted |= {(task, project) for task, project in cursor.fetchall()}
    return submitted


def _show_row(row: DecidedEntry) -> Iterable[Any]:
    words = format_html(": “<bdi>{}</bdi>”", row.words) if row.words else ""
    why = format_html("<br>Why: {}", row.why) if row.why else ""
    at = f"{datetime.fromisoformat(row.at):%Y-%m-%d %H:%M} UTC"
    return row.project, row.task, row.article, words, row.own, row.stands, why, at
