"""The layer's own routes: by them `labeling` hands it the plan, invites people, and fetches what it kept.

They are for the organisation's owner alone, who is known by a key in a header: a log-in in a browser, which any page
might make use of, does not do. What is sent is read strictly, and a body is taken whole or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection
from django.urls import path
from jwt_auth.auth import TokenAuthenticationPhaseout
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from . import invitations, roster
from .caller import ServerAccount, roles_hold
from .decided_page import show_decided
from .entries import (
    LEFT,
    AgainEntry,
    AssignmentEntry,
    BareEntry,
    DecidedEntry,
    InvitationEntry,
    PersonEntry,
    QueueEntry,
    RuleEntry,
)
from .keeping import add_entries, hold_people, read_entries, remove_entries, rule_of, write
from .kept import drop_gone, read_page, read_return, take_back
from .open_order import replace_queue
from .own_forms import BadForm, one_a_task, read_address, read_decided, read_integer, read_list, read_object, read_plan
from .superseded import list_begun_tasks, remove_superseded
from .version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .own_forms import PlanForm

SCHEMA = 1  # of the tables, and of what these routes take and give

_MOST_NAMED = 5


class OwnKey(BaseAuthentication):  # type: ignore[misc]  # the REST framework has no types
    """A key in a header, of either kind; never a cookie."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:  # noqa: ANN401 - the REST framework has no types
        """The account whose key it is, as that framework wants it; None without a key."""
        found: tuple[Any, Any] | None = TokenAuthenticationPhaseout().authenticate(request)
        if found:
            return found
        # Label Studio has looked at a personal access token by now, and says so.
        inner = getattr(request, "_request", request)
        return (inner.user, None) if getattr(inner, "is_jwt", False) else None

    def authenticate_header(self, request: Any) -> str:  # noqa: ANN401, ARG002 - the same
        """What an answer 401 asks for."""
        return "Token"


class _IsOwner(BasePermission):  # type: ignore[misc]  # the same
    message = "Only the owner of this organisation may do this, by a key."

    def has_permission(self, request: Any, view: Any) -> bool:  # noqa: ANN401, ARG002 - the same
        user = request.user
        return bool(user and user.is_authenticated and ServerAccount(int(user.pk), str(user.email), user).is_owner)


class _OwnView(APIView):  # type: ignore[misc]  # the same
    authentication_classes: ClassVar[Any] = [OwnKey]
    permission_classes: ClassVar[Any] = [IsAuthenticated, _IsOwner]
    parser_classes: ClassVar[Any] = [JSONParser]
    renderer_classes: ClassVar[Any] = [JSONRenderer]
    throttle_classes: ClassVar[Any] = []

    def handle_exception(self, exc: Exception) -> Response:
        """A body that is not what it should be is refused with the place."""
        if isinstance(exc, (BadForm, ParseError, RecursionError)):
            why = str(exc) if isinstance(exc, BadForm) else "the body is not JSON, or nested too deep"
            return Response({"detail": f"nothing was changed: {why}"}, status=400)
        return super().handle_exception(exc)


class StateRoute(_OwnView):
    """Which layer this is, and what holds."""

    def get(self, _request: Any) -> Response:  # noqa: ANN401 - the same
        """Version, roles, the version of the tables; that it closes projects, tells readers, keeps order and offers."""
        does = {"closes": True, "tells": True, "orders": True, "offers": True}
        return Response({"version": VERSION, "roles": roles_hold(), "schema": SCHEMA, **does})


class PlanRoute(_OwnView):
    """Who is who in a project, and what they are to do."""

    def get(self, _request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """The plan as it is, in the form in which it is sent."""
        return _if_there(pk, lambda: Response(_plan_of(pk)))

    def put(self, request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """Another plan in its place, whole or not at all."""
        form = read_plan(pk, request.data)
        return _if_there(pk, lambda: self._replace(pk, form))

    def _replace(self, project: int, form: PlanForm) -> Response:
        _refuse_strange_tasks(project, form.tasks)

        def put() -> list[PersonEntry]:
            hold_people()  # somebody may be signing up at this moment
            confirmed = invitations.confirmed_accounts()
            people = [replace(each, account=confirmed.get(each.email)) for each in form.people]
            people = [
                replace(each, account=roster.find_account_of(each.email)) if each.role == LEFT else each
                for each in people
            ]
            accounts = {each.email: each.account for each in people}
            open_again = [each.entry for each in form.again if not roster.has_answered_since(each, accounts)]
            gone = roster.list_those_who_left(project, people)
            for kind in (PersonEntry, AssignmentEntry, AgainEntry, RuleEntry):
                remove_entries(kind, project=project)
            # What a suggestion says stays true, also of one that has been replaced by now.
            for rows in ([*people, *gone], form.assignments, one_a_task(open_again), [form.rule], form.bare):
                add_entries([*rows])
            if form.queue is not None:
                replace_queue(project, form.queue)
            return people

        people = write(put)
        waiting = [each.email for each in people if each.account is None and each.role != LEFT]
        return Response({"people": len(people), "assignments": len(form.assignments), "unconfirmed": waiting})


class DecidedRoute(_OwnView):
    """What readers are told of what was decided on their articles."""

    def put(self, request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """Other rows in their place, whole or not at all."""
        rows = read_decided(pk, request.data)
        return _if_there(pk, lambda: self._replace(pk, rows))

    def _replace(self, project: int, rows: Sequence[DecidedEntry]) -> Response:
        _refuse_strange_tasks(project, {each.task for each in rows})

        def put() -> int:
            remove_entries(DecidedEntry, project=project)
            return add_entries([*rows])

        return Response({"decided": write(put)})


class KeptRoute(_OwnView):
    """What the layer kept of a project."""

    def get(self, request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """A page of one kind of rows, and where the next begins."""
        return _if_there(pk, lambda: Response(read_page(pk, request.GET)))

    def put(self, request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """Rows that another server had kept; what is here already stays."""
        form = read_return(pk, request.data)
        return _if_there(pk, lambda: self._take(pk, form))

    def delete(self, _request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """What is left of tasks that were removed goes, too; the audit stays."""
        return _if_there(pk, lambda: Response({"dropped": drop_gone(pk)}))

    def _take(self, project: int, form: Any) -> Response:  # noqa: ANN401 - the same
        _refuse_strange_tasks(project, form.tasks)
        return Response(take_back(form))


class SuggestionsRoute(_OwnView):
    """Suggestions, of which some are to go."""

    def get(self, _request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """The tasks that somebody has begun: what is suggested there stays."""
        return _if_there(pk, lambda: Response({"begun": list_begun_tasks(pk)}))

    def delete(self, request: Any, pk: int) -> Response:  # noqa: ANN401 - the same
        """Remove suggestions by their numbers, but for those of tasks that somebody has begun."""
        rows = read_list(read_object(request.data, "", {"predictions"})["predictions"], "predictions")
        numbers = [read_integer(row, f"predictions[{number}]") for number, row in enumerate(rows)]
        return _if_there(pk, lambda: Response(remove_superseded(pk, numbers)))


class InvitationsRoute(_OwnView):
    """Links by which somebody signs up."""

    def get(self, _request: Any) -> Response:  # noqa: ANN401 - the same
        """The invitations that can still be used, without their tokens."""
        entries = [each for each in read_entries(InvitationEntry) if invitations.is_open(each)]
        return Response([{"email": each.email, "project": each.project, "at": each.at} for each in entries])

    def post(self, request: Any) -> Response:  # noqa: ANN401 - the same
        """A link for an address without an account."""
        fields = read_object(request.data, "", {"email", "project"})
        email, project = read_address(fields["email"], "email"), read_integer(fields["project"], "project", 0)
        if not roles_hold() and not invitations.find_accounts(email):
            return Response({"url": invitations.open_link(), "signed": False}, status=201)
        link = invitations.invite(email, project) if roles_hold() else None
        if link is None:
            confirmed = email in invitations.confirmed_accounts()
            return Response({"reason": "confirmed" if confirmed else "account"})
        return Response({"url": link, "signed": True}, status=201)

    def delete(self, request: Any) -> Response:  # noqa: ANN401 - the same
        """Take the open invitations of an address back."""
        fields = read_object(request.data, "", {"email"})
        email = read_address(fields["email"], "email")
        return Response({"taken_back": remove_entries(InvitationEntry, email=email, used_by=None)})


class PeopleRoute(_OwnView):
    """Accounts and addresses, and what has become of them."""

    def get(self, request: Any) -> Response:  # noqa: ANN401 - the same
        """Each address of a project's plan, each account and each open invitation, in one list."""
        asked = request.GET.get("project", "0")
        if not (asked.isascii() and asked.isdigit()):
            raise BadForm("project", "it is not a number")
        return Response({"people": roster.list_people(read_integer(int(asked[:20]), "project", 0))})

    def post(self, request: Any) -> Response:  # noqa: ANN401 - the same
        """Confirm that the account of an address is the one that the owner means."""
        email = read_address(read_object(request.data, "", {"email"})["email"], "email")
        there = invitations.find_accounts(email)
        if len(there) != 1:
            return Response({"reason": "several" if there else "nobody"})
        invitations.confirm(email, there[0][0])
        return Response({"email": there[0][1], "account": there[0][0]})

    def delete(self, request: Any) -> Response:  # noqa: ANN401 - the same
        """Take somebody out of a project: what they have not submitted, and what they decide; their words stay."""
        fields = read_object(request.data, "", {"email", "project"})
        email, project = read_address(fields["email"], "email"), read_integer(fields["project"], "project")
        return _if_there(project, lambda: Response(roster.remove_person(project, email)))


def _plan_of(project: int) -> dict[str, Any]:
    assignments = [
        {"task": each.task, "email": each.email, "part": each.part, "order": each.position}
        for each in read_entries(AssignmentEntry, project=project)
    ]
    # Of those who have left, whoever has read for this plan.
    has_read = {each["email"] for each in assignments}
    people = [
        {"email": each.email, "role": each.role}
        for each in read_entries(PersonEntry, project=project)
        if each.role != LEFT or each.email in has_read
    ]
    again = [
        {"task": each.task, "email": each.email, "what": each.what, "why": each.why}
        for each in read_entries(AgainEntry, project=project)
    ]
    bare = [{"task": each.task, "suggestion": each.suggestion} for each in read_entries(BareEntry, project=project)]
    queue = [
        {"task": each.task, "order": each.position, "assisted": bool(each.assisted)}
        for each in read_entries(QueueEntry, project=project)
        if each.position
    ]
    plan = {"people": people, "assignments": assignments, "again": again, "rule": rule_of(project)}
    return plan | ({"bare": bare} if bare else {}) | ({"queue": queue} if queue else {})


def _if_there(project: int, work: Callable[[], Response]) -> Response:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM project WHERE id = %s", [project])
        found = cursor.fetchone()
    return work() if found else Response({"detail": f"there is no project {project}"}, status=404)


def _refuse_strange_tasks(project: int, tasks: set[int]) -> None:
    if not tasks:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM task WHERE project_id = %s", [project])
        strange = sorted(tasks - {number for (number,) in cursor.fetchall()})
    if strange:
        named = ", ".join(map(str, strange[:_MOST_NAMED]))
        raise BadForm("", f"{len(strange)} of the tasks are not of project {project}: {named}")


OWN_ROUTES = [
    path("labeling/api/state/", StateRoute.as_view(), name="labeling-state"),
    path("labeling/api/people/", PeopleRoute.as_view(), name="labeling-people"),
    path("labeling/api/invitations/", InvitationsRoute.as_view(), name="labeling-invitations"),
    path("labeling/api/projects/<int:pk>/plan/", PlanRoute.as_view(), name="labeling-plan"),
    path("labeling/api/projects/<int:pk>/suggestions/", SuggestionsRoute.as_view(), name="labeling-suggestions"),
    path("labeling/api/projects/<int:pk>/decided/", DecidedRoute.as_view(), name="labeling-tell"),
    path("labeling/decided/", show_decided, name="labeling-decided"),
    path("labeling/api/projects/<int:pk>/kept/", KeptRoute.as_view(), name="labeling-kept"),
]
