"""The audit: one line for each request that changed something, with who, when, what and which project and task.

A line is written after the answer is known, once, however often Label Studio ran the request. While the database is
locked it is tried again; when it cannot be written at all it goes to a file beside the database, from which the next
line that can be written takes it along: no line is lost.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from django.conf import settings
from django.db import DatabaseError

from .decision import READING
from .entries import AuditEntry, now_text
from .keeping import add_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .call import Call

_logger = logging.getLogger("labeling_gate")
_LEFT = "audit-left.jsonl"
_CHANGED = range(200, 400)

# These methods change nothing there: a password is checked, a token made anew, a suggestion asked for.
_UNCHANGING = frozenset(
    {
        "user/login",
        "api-auth/login",
        "admin/login",
        "api/token/refresh",
        "__lsa",
        "api/projects/validate",
        "api/ml/<pk>/interactive-annotating",
    }
)


def prepare(call: Call) -> Any:  # noqa: ANN401 - Django has no types
    """Look up what a request is about while it is still there; no answer."""
    if _changes(call):
        call.kept["audit"] = (call.project, call.task)
        for name in ("annotation", "draft", "view"):
            number = getattr(call.subject, name)
            if number is not None:
                call.notes.append(f"{name} {number}")


def record(call: Call, answer: Any) -> Any:  # noqa: ANN401 - the same
    """Write a line if the request changed something."""
    if "audit" in call.kept and answer.status_code in _CHANGED:
        project, task = call.kept.pop("audit")
        account = call.account
        write_line(
            AuditEntry(
                now_text(),
                account.number if account else None,
                account.email if account else "",
                call.method,
                str(call.request.path).rstrip("/"),
                answer.status_code,
                project,
                task,
                "; ".join(call.notes),
            )
        )
    return answer


def write_line(line: AuditEntry) -> None:
    """Add a line to the audit, now or with the next one that can be written."""
    path = Path(settings.BASE_DATA_DIR, _LEFT)
    try:
        if path.exists() and path.stat().st_size:
            _write_left(path)
        add_entries([line])
    except DatabaseError:
        _logger.exception("the audit cannot be written: its line is kept in %s", _LEFT)
        _leave(path, line)


def _changes(call: Call) -> bool:
    if call.method in READING or call.route in _UNCHANGING:
        return False
    if call.route == "api/dm/actions":
        action = str(call.request.GET.get("id"))
        if f"action {action}" not in call.notes:
            call.notes.append(f"action {action}")
        return action != "next_task"
    return True


def _leave(path: Path, line: AuditEntry) -> None:
    with _locked(path) as file:
        file.seek(0, os.SEEK_END)
        file.write(f"{json.dumps(asdict(line))}\n")


def _write_left(path: Path) -> None:
    """Add what could not be written before; it leaves the file when it is in the database."""
    with _locked(path) as file:
        left = [AuditEntry(**json.loads(line)) for line in file.read().splitlines()]
        add_entries(left)
        file.truncate(0)


@contextmanager
def _locked(path: Path) -> Iterator[TextIO]:
    """The file, made when it is first needed, for one thread of one process at a time."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
