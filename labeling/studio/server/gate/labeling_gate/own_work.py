"""Somebody's own work on a task, in the database: its lock, their annotation, their drafts, what is kept of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from .entries import AgainEntry, FirstEntry, RefusedEntry, now_text
from .keeping import add_entries, emails_of, read_entries, remove_entries

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = 16  # figures of a digest


@dataclass(frozen=True)
class OwnAnnotation:
    """An annotation as the database has it."""

    number: int
    is_skipped: bool
    result: Any


@dataclass(frozen=True)
class Work:
    """Whose work on which task of which project. ``user`` is Label Studio's own object."""

    project: int
    task: int
    account: int
    user: Any


def hold_task(task: int, account: int) -> None:
    """Let nobody else work for this account on this task until the transaction ends, in no process."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [task, account])
        else:
            # SQLite has one writer at a time, and whoever begins a transaction by writing is the one.
            cursor.execute("UPDATE labeling_first SET at = at WHERE 1 = 0")


def find_own(work: Work, number: int | None = None) -> OwnAnnotation | None:
    """The account's annotation of the task: the one of that number, else the newest that is not a skip, else any."""
    from tasks.models import Annotation

    own = Annotation.objects.filter(task_id=work.task, completed_by_id=work.account)
    own = own if number is None else own.filter(pk=number)
    found = own.order_by("was_cancelled", "-pk").values("pk", "was_cancelled", "result").first()
    return OwnAnnotation(found["pk"], found["was_cancelled"], found["result"]) if found else None


def keep_first(work: Work, annotation: int, result: Any) -> None:  # noqa: ANN401 - any JSON
    """Keep a submission as the first of its author on its task, unless there is one."""
    add_entries([FirstEntry(work.project, work.task, work.account, now_text(), annotation, _write(result))])


def name_words(annotation: int, result: Any, *, is_skipped: bool) -> str:  # noqa: ANN401 - any JSON
    """What the audit says of words that their author sent: by it a later star of the owner's is told from other words.

    >>> name_words(7, [], is_skipped=False)
    'words f71e2d20d99e8d96 of annotation 7'
    """
    written = json.dumps([result, is_skipped], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()
    return f"words {digest[:_WORDS]} of annotation {annotation}"


def keep_refused(work: Work, result: Any, why: str) -> None:  # noqa: ANN401 - any JSON
    """Keep what was refused and why; the same once."""
    known = read_entries(RefusedEntry, project=work.project, task=work.task, account=work.account)
    written = _write(result)
    if all(each.result != written for each in known):
        add_entries([RefusedEntry(work.project, work.task, work.account, now_text(), written, why)])


def draft_refused(work: Work, annotation: int | None, body: dict[str, Any]) -> None:
    """Write what was refused into its author's draft, because the page saves none after a refusal."""
    from tasks.models import AnnotationDraft

    own = AnnotationDraft.objects.filter(task_id=work.task, user_id=work.account, annotation_id=annotation)
    draft = own.filter(pk=_number(body.get("draft_id"))).first() or own.order_by("-pk").first()
    if draft is None:
        draft = AnnotationDraft(task_id=work.task, user=work.user, annotation_id=annotation)
    draft.result, draft.was_postponed = body.get("result") or [], False
    if isinstance(body.get("lead_time"), (int, float)):
        draft.lead_time = body["lead_time"]
    draft.save()


def drop_drafts(work: Work, named: Any) -> None:  # noqa: ANN401 - any JSON
    """Remove the account's drafts of what it has now submitted: the one named, and those that a refusal left over."""
    from tasks.models import AnnotationDraft

    rows = read_entries(RefusedEntry, project=work.project, task=work.task, account=work.account)
    # PostgreSQL gives the keys of an object back in an order of its own.
    refused = [json.loads(row.result) for row in rows]
    for draft in AnnotationDraft.objects.filter(task_id=work.task, user_id=work.account, annotation=None):
        if draft.pk == _number(named) or draft.result in refused:
            draft.delete()


def end_again(work: Work) -> None:
    """The account has looked at the task again."""
    remove_entries(AgainEntry, project=work.project, task=work.task, email=emails_of(work.project, work.account))


def in_rollback_of(refuses: Callable[[Any], bool], answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The answer, with all that was written for it taken back if ``refuses`` says so."""
    if refuses(answer):
        connection.set_rollback(True)
    return answer


def _write(result: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def _number(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    return value if isinstance(value, int) and not isinstance(value, bool) else None
