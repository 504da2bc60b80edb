"""The way into the queue: whoever asks for the next task gets the next one of their own reading list.

The page's button, a reloaded address, a bookmark, a link, Submit and Skip all end in one of two calls, which are
answered here. An assignment is the lock: Label Studio's own locks and its overlap are not asked. What a task's own
address and the table show follows the same list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.http import JsonResponse
from rest_framework.request import Request

from .caller import OWNER, READER
from .json_answers import render_json
from .keeping import write
from .open_order import take_unplanned
from .own_work import hold_task
from .reading_list import NextReading, find_reading_list, has_met
from .subject import row_number

if TYPE_CHECKING:
    from .call import Call
    from .reading_list import ReadingList

# Of every task alike: a gold question is not told apart by it.
_QUEUE = "Reading list"
_THE_END = "There is nothing left for you to read here."
_ABSENT = "This article is not among those that you are to read."
_READ = frozenset({"GET", "HEAD"})
_OF_A_TASK = ("api/tasks/<pk>/", "api/annotations/<pk>/", "api/drafts/<pk>/")
_LISTS = frozenset({"api/tasks", "api/projects/<pk>/tasks"})


def reading_list_of(call: Call, project: int) -> ReadingList:
    """The caller's reading list in a project, read once a request."""
    name = f"reading list {project}"
    if name not in call.kept:
        account = call.account
        role = account.role_in(project) if account else READER
        call.kept[name] = find_reading_list(project, account.number if account else 0, role)
    found: ReadingList = call.kept[name]
    return found


def answer_next(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """The next task of the caller's list; None where Label Studio's own queue is to answer."""
    if not asks_for_next(call) or call.account is None:
        return None
    project = project_asked(call)
    if project is None:
        # Label Studio may read a number there where we do not.
        return None if call.role == OWNER else _absent(_THE_END)
    listed = reading_list_of(call, project)
    found = _find_project(call, project)
    if found is None:
        return None
    chosen = None
    if listed.governs or listed.again:
        chosen = listed.find_next(comes_back=found.skip_queue == found.SkipQueue.REQUEUE_FOR_ME)
    if chosen is None and listed.governs:
        return _absent(_THE_END)
    if chosen is None:
        chosen = _find_unplanned(call, found)
    return _serve(call, found, chosen) if chosen else None


def asks_for_next(call: Call) -> bool:
    """Whether this is a call for the next task, by either way."""
    if call.route == "api/dm/actions":
        return call.method == "POST" and call.request.GET.get("id") == "next_task"
    return call.route == "api/projects/<pk>/next" and call.method in _READ


def project_asked(call: Call) -> int | None:
    """The project that Label Studio takes such a call for: the path's, else that of the query."""
    number: int | None = row_number(call.named.get("pk", call.request.GET.get("project")))
    return number


def project_of_task(call: Call) -> int | None:
    """The project of the task that the address is about, whatever project its query names besides."""
    if call.task is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT project_id FROM task WHERE id = %s", [call.task])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def hide_unassigned(call: Call) -> Any:  # noqa: ANN401 - the same
    """404 for a task that is not on the caller's list, and for what was said of it; None where they may see it.

    What one of the plan's people has annotated, or was served before the plan changed, stays open to them; to whoever
    has left it does not.
    """
    if call.account is None or call.task is None or not f"{call.route}/".startswith(_OF_A_TASK):
        return None
    project = project_of_task(call)
    if project is None or call.role == OWNER or is_open_to(call, project, call.task):
        return None
    return answer_absent()


def is_open_to(call: Call, project: int, task: int) -> bool:
    """Whether the caller may see a task of a project, as far as its plan says who reads what."""
    listed = reading_list_of(call, project)
    if call.account is None or not listed.governs or call.account.role_in(project) != READER:
        return call.account is not None
    return task in listed.tasks or (not listed.is_closed and has_met(call.account.number, task))


def answer_absent() -> Any:  # noqa: ANN401 - the same
    """404: the caller is not to read this article."""
    return _absent(_ABSENT)


def list_assigned(call: Call) -> Any:  # noqa: ANN401 - the same
    """The table of a reader whom a plan governs: the view's own answer, over the tasks of their list alone."""
    if call.route not in _LISTS or call.method not in _READ or call.account is None or call.is_owners:
        return None

    class AssignedTasks(call.view.cls):  # type: ignore[misc, name-defined] # the class of whatever view it is
        # Which project it is about stands in the path, the query, the view or the body: Label Studio has found out.
        def get_task_queryset(self, request: Any, prepare_params: Any) -> Any:  # noqa: ANN401 - the same
            tasks = super().get_task_queryset(request, prepare_params)
            return _keep_assigned(call, tasks, row_number(prepare_params.project))

        def filter_queryset(self, queryset: Any) -> Any:  # noqa: ANN401 - the same
            return _keep_assigned(call, super().filter_queryset(queryset), row_number(call.named.get("pk")))

    return AssignedTasks.as_view(**call.view.initkwargs)(call.request, **call.named)


def _keep_assigned(call: Call, tasks: Any, project: int | None) -> Any:  # noqa: ANN401 - the same
    if project is None or call.account is None or call.account.role_in(project) != READER:
        return tasks
    listed = reading_list_of(call, project)
    return tasks.filter(id__in=listed.tasks | set(listed.again or ())) if listed.governs else tasks


def _serve(call: Call, project: Any, chosen: NextReading) -> Any:  # noqa: ANN401 - the same
    from projects.functions.stream_history import add_stream_history
    from tasks.models import Task
    from tasks.serializers import NextTaskSerializer

    user: Any = call.account.user if call.account else None
    asked = Request(call.request)
    asked.user = user

    def prepare() -> Any:  # noqa: ANN401 - the same
        hold_task(chosen.task, user.pk)
        task = Task.objects.get(pk=chosen.task)
        if chosen.annotation is not None:
            _draft_again(task, chosen.annotation, user)
        add_stream_history(task, user, project)  # else the page's back arrow is dead after a reload
        return task

    context = {
        "request": asked,
        "project": project,
        "resolve_uri": True,
        "annotations": chosen.annotation is not None,
    }
    task = NextTaskSerializer(write(prepare), context=context).data
    return render_json({**task, "queue": _QUEUE})


def _draft_again(task: Any, annotation: int, user: Any) -> None:  # noqa: ANN401 - the same
    """A draft of somebody's own annotation: with both the page opens it to be updated, else it would post a second."""
    from tasks.models import Annotation, AnnotationDraft

    if not AnnotationDraft.objects.filter(task=task, annotation_id=annotation, user=user).exists():
        own = Annotation.objects.get(pk=annotation)
        AnnotationDraft.objects.create(task=task, annotation=own, user=user, result=own.result or [])


def _find_unplanned(call: Call, found: Any) -> NextReading | None:  # noqa: ANN401 - Django has no types
    user: Any = call.account.user if call.account else None
    task = write(lambda: take_unplanned(found, user))
    return None if task is None else NextReading(task)


def _find_project(call: Call, number: int) -> Any:  # noqa: ANN401 - the same
    from projects.models import Project

    user: Any = call.account.user if call.account else None
    return Project.objects.filter(pk=number, organization=user.active_organization).first()


def _absent(sentence: str) -> Any:  # noqa: ANN401 - the same
    return JsonResponse({"detail": sentence, "status_code": 404}, status=404)
