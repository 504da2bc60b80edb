"""Whose request it is: an account of Label Studio, and what it is in a project.

The account is found as the view finds it, by the view's own authentication, so that the two never differ: a key in a
header goes before a log-in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from .entries import PersonEntry
from .keeping import read_entries

OWNER, ADJUDICATOR, READER = "owner", "adjudicator", "reader"
_FIRST_ACCOUNT = (
    "SELECT COALESCE(created_by_id, (SELECT MIN(id) FROM htx_user WHERE is_active)) FROM organization "
    "ORDER BY id LIMIT 1"
)
_LOWERED = "HTTP_X_LABELING_AS"


@dataclass(frozen=True)
class ServerAccount:
    """Somebody's account. ``user`` is Label Studio's own object.

    ``lowered``: in this request they ask to be held for a reader, as `labeling doctor` does to see one refused.
    """

    number: int
    email: str
    user: Any = field(repr=False, compare=False, default=None)
    lowered: bool = False

    @cached_property
    def is_owner(self) -> bool:
        """Whether it made the organisation; where that account was deleted, whether it is the first that is left."""
        if self.lowered:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_ACCOUNT)
            row = cursor.fetchone()
        return row is not None and row[0] == self.number

    def role_in(self, project: int | None) -> str:
        """``owner``, ``adjudicator`` or ``reader``; outside every project all but the owner are readers."""
        if self.is_owner:
            return OWNER
        return ADJUDICATOR if project is not None and project in self.adjudicated else READER

    @cached_property
    def adjudicated(self) -> _Projects:
        """The projects in which this account decides."""
        found = [] if self.lowered else read_entries(PersonEntry, account=self.number, role=ADJUDICATOR)
        return _Projects(frozenset(each.project for each in found))


@dataclass(frozen=True)
class _Projects:
    numbers: frozenset[int]

    def __contains__(self, project: object) -> bool:
        return project in self.numbers or 0 in self.numbers

    def __bool__(self) -> bool:
        return bool(self.numbers)


def find_account(request: Any, view: Any) -> ServerAccount | None:  # noqa: ANN401 - Django has no types
    """The account that ``view`` will see in ``request``; None for a stranger."""
    user = _user_of(request, view)
    if user is None or not user.is_authenticated:
        return None
    return ServerAccount(int(user.pk), str(user.email), user, request.META.get(_LOWERED) == READER)


def _user_of(request: Any, view: Any) -> Any:  # noqa: ANN401 - the same
    classes = getattr(getattr(view, "cls", None), "authentication_classes", None)
    if classes is None:
        return request.user
    asked = Request(request, authenticators=[each() for each in classes])
    # Asking must leave no trace: the REST framework writes what it finds into Django's request.
    before = request.user
    try:
        return asked.user
    except APIException:
        return None  # the view will say so
    finally:
        request.user = before


def roles_hold() -> bool:
    """Whether this server was started with roles."""
    return bool(settings.LABELING_ROLES)
