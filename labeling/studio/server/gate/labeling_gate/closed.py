"""Closed projects: where what readers said is put to an adjudicator, nobody else comes in, by whatever address.

A project is closed when its rule says so, and to whoever has left it. Whoever does not decide there is answered as if
it were not there, and it is in no list and in no count of theirs.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import connection

from .decision import READING, Refusal
from .keeping import list_left, make_tables
from .permits import ANYONE, permit_of
from .refusing import answer_refusal
from .subject import row_number

if TYPE_CHECKING:
    from .call import Call

_NOT_OPEN = "There is no such project here, or none that is open to you. Nothing was changed."
_CLOSED = "SELECT project, value FROM labeling_rule WHERE value LIKE %s"
# Written by `json.dumps`; a name in a rule may look the same, so that what is found is read.
_CLOSED_MARK = '%"closed": true%'
# Where Label Studio takes the first project for the one that is meant, if none is named.
_OF_THE_FIRST = frozenset({"api/dm/project", "api/dm/columns"})
_LISTS_OF_PROJECTS = frozenset({"api/projects", "api/projects/counts"})
_OF_VIEWS = frozenset({"api/dm/views", "api/dm/views/<pk>"})


def find_hidden(call: Call) -> frozenset[int]:
    """The closed projects in which the caller does not decide, and those that they have left; none for the owner."""
    if "closed" not in call.kept:
        account = call.account
        hidden: frozenset[int] = frozenset()
        if account is not None and not account.is_owner:
            closed = {*_list_closed(), *list_left(account.number)}
            hidden = frozenset(each for each in closed if each not in account.adjudicated)
        call.kept["closed"] = hidden
    found: frozenset[int] = call.kept["closed"]
    return found


def refuse_closed(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """404 for whatever names a project that is closed to the caller, in the path, the query or the body."""
    permit = permit_of(call.method, call.route)
    if permit is None or permit.least == ANYONE:
        return None
    hidden = find_hidden(call)
    if not hidden or not hidden & _list_named(call):
        return None
    return answer_refusal(call.request, Refusal(404, "closed", _NOT_OPEN))


def list_open(call: Call) -> Any:  # noqa: ANN401 - the same
    """The view's own answer, over the projects that are open to the caller and their tabs alone."""
    of_views = call.route in _OF_VIEWS
    if call.method not in {*READING, "PATCH", "PUT", "DELETE"} or not (of_views or call.route in _LISTS_OF_PROJECTS):
        return None
    hidden = find_hidden(call)
    if not hidden:
        return None
    column = "project_id__in" if of_views else "id__in"

    class OpenRows(call.view.cls):  # type: ignore[misc, name-defined] # the class of whatever view it is
        def get_queryset(self) -> Any:  # noqa: ANN401 - the same
            return super().get_queryset().exclude(**{column: hidden})

    actions = getattr(call.view, "actions", None)
    given = (actions,) if actions else ()
    return OpenRows.as_view(*given, **call.view.initkwargs)(call.request, **call.named)


def _list_closed() -> list[int]:
    make_tables()
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [_CLOSED_MARK])
        return [int(project) for project, value in cursor.fetchall() if _says_closed(value)]


def _says_closed(value: str) -> bool:
    with suppress(ValueError):
        rule = json.loads(value)
        return isinstance(rule, dict) and rule.get("closed") is True
    return False


def _list_named(call: Call) -> set[int]:
    """Every project that a request leads to, also where its parts are about different ones."""
    named = {*call.subject.named}
    if call.route in _OF_THE_FIRST and not named:
        named.add(1)
    if call.method not in READING and isinstance(call.body, dict):
        named |= {number for number in [row_number(call.body.get("project"))] if number is not None}
    return named
