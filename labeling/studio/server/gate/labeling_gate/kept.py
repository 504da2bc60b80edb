"""What the layer kept of a project, page by page, and brought back to another server.

Rows go out with the address of their account, which outlasts a move; they come back by it. Pages follow a table's key,
so that what is added meanwhile neither moves a row nor doubles one.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.db import connection

from .entries import (
    TABLES,
    AgainEntry,
    AssignmentEntry,
    AuditEntry,
    BareEntry,
    DecidedEntry,
    FirstEntry,
    MentionEntry,
    OfferedEntry,
    QueueEntry,
    RefusedEntry,
    ServedEntry,
    ShownEntry,
)
from .invitations import all_accounts, find_accounts
from .keeping import add_entries, make_tables, read_entries, remove_entries
from .own_forms import BadForm, read_address, read_integer, read_list, read_moment, read_object, read_words
from .suggestion_marks import marks_of, read_mark, write_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: dict[str, type[Any]] = {
    "first": FirstEntry,
    "refused": RefusedEntry,
    "served": ServedEntry,
    "shown": ShownEntry,
    "mention": MentionEntry,
    "audit": AuditEntry,
}

_MOST = 500  # rows of a page
_RESULT = 50_000_000  # characters of a submission
_AT_ONCE = 300
_NO_NUMBER = 2**63
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_IS_THERE = "task IN (SELECT id FROM task WHERE project_id = %s)"
_SUBMISSION = ("task", "email", "at", "result")


def read_page(project: int, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of ``kind``: its ``rows``, and the cursor ``next``, which is None after the last one.

    Args:
        project: Whose rows; of the audit also those of no project.
        query: ``kind``; ``after``, a cursor; ``limit``; ``since``, an instant, of what has one; ``tasks``, their
            numbers with commas between, of what is of one.

    Raises:
        BadForm: The query is something else.
    """
    kind = KINDS.get(query.get("kind", ""))
    if kind is None:
        raise BadForm("kind", f"it is none of {', '.join(KINDS)}")
    limit = query.get("limit", str(_MOST))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _MOST):
        raise BadForm("limit", f"it is not a whole number from 1 to {_MOST}")
    since = read_moment(query["since"], "since") if "since" in query else ""
    tasks = _read_tasks(kind, query["tasks"]) if "tasks" in query else None
    found = _select(kind, project, _read_cursor(kind, query.get("after", "")), since, tasks, int(limit))
    addresses = dict(all_accounts())
    cursor = [getattr(found[-1], name) for name in _page_key(kind)] if len(found) == int(limit) else None
    rows = [_row(each, addresses) for each in found]
    if kind is ServedEntry:
        _name_suggestions(rows)
    return {"rows": rows, "next": None if cursor is None else json.dumps(cursor)}


@dataclass(frozen=True)
class ReturnForm:
    """Rows that another server had kept, each with the address that it is of."""

    project: int
    rows: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def tasks(self) -> set[int]:
        """The numbers of all tasks that it names; the audit's are history."""
        return {row["task"] for kind, row in self.rows if kind in ("first", "refused", "served", "mention")}


def read_return(project: int, body: object) -> ReturnForm:
    """What is brought back: lists of the kinds of `KINDS`, as pages have them.

    Raises:
        BadForm: It is something else.
    """
    given = read_object(body, "", (), _RETURNED)
    rows = [
        (kind, _RETURNED[kind](row, f"{kind}[{number}]"))
        for kind in given
        for number, row in enumerate(read_list(given[kind], kind))
    ]
    return ReturnForm(project, tuple(rows))


def take_back(form: ReturnForm) -> dict[str, Any]:
    """Keep the rows of accounts that are here; how many were new, and the addresses of which there is no account."""
    numbers, strangers = dict[str, int | None](), set[str]()
    taken: dict[str, list[Any]] = {kind: [] for kind in _RETURNED}
    for kind, row in form.rows:
        email = row["email"]
        if email not in numbers:
            there = find_accounts(email) if email else []
            numbers[email] = there[0][0] if len(there) == 1 else None
        account = numbers[email]
        if kind == "audit":
            taken[kind].append(AuditEntry(account=account, project=form.project, task=None, **row))
        elif account is None:
            strangers.add(email)
        else:
            content = {name: value for name, value in row.items() if name != "email"}
            taken[kind].append(KINDS[kind](project=form.project, account=account, **content))
    taken["audit"] = _unknown_lines(form.project, taken["audit"])
    return {kind: add_entries(rows) for kind, rows in taken.items()} | {"strangers": sorted(strangers)}


def drop_gone(project: int) -> int:
    """Remove what was kept of tasks that the project does not have any more, but for the audit; how many rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM task WHERE project_id = %s", [project])
        there = {number for (number,) in cursor.fetchall()}
    dropped = 0
    of_people: tuple[type[Any], ...] = (AssignmentEntry, AgainEntry, BareEntry, QueueEntry, DecidedEntry)
    kinds: tuple[type[Any], ...] = (FirstEntry, RefusedEntry, ServedEntry, OfferedEntry, MentionEntry, *of_people)
    for kind in kinds:
        gone = sorted({each.task for each in read_entries(kind, project=project)} - there)
        for start in range(0, len(gone), _AT_ONCE):
            dropped += remove_entries(kind, project=project, task=gone[start : start + _AT_ONCE])
    return dropped


def _unknown_lines(project: int, lines: list[AuditEntry]) -> list[AuditEntry]:
    """Those of the audit that are not here yet: an audit has no key but its own numbers."""
    known = set[tuple[Any, ...]]()
    for start in range(0, len(lines), _AT_ONCE):
        instants = [line.at for line in lines[start : start + _AT_ONCE]]
        known |= {_line_identity(line) for line in read_entries(AuditEntry, project=project, at=instants)}
    fresh: dict[tuple[Any, ...], AuditEntry] = {}
    for line in lines:
        if _line_identity(line) not in known:
            fresh.setdefault(_line_identity(line), line)
    return [*fresh.values()]


def _line_identity(line: AuditEntry) -> tuple[Any, ...]:
    return line.at, line.email, line.method, line.path, line.status, line.note


def _read_first_row(row: object, place: str) -> dict[str, Any]:
    given = read_object(row, place, {*_SUBMISSION, "annotation"}, ("account",))
    annotation = read_integer(given["annotation"], f"{place}.annotation", 0)
    return _read_submission(given, place) | {"annotation": annotation}


def _read_refused(row: object, place: str) -> dict[str, Any]:
    given = read_object(row, place, {*_SUBMISSION, "why"}, ("account",))
    return _read_submission(given, place) | {"why": read_words(given["why"], f"{place}.why")}


def _read_submission(given: Mapping[str, Any], place: str) -> dict[str, Any]:
    return {
        "task": read_integer(given["task"], f"{place}.task"),
        "email": read_address(given["email"], f"{place}.email"),
        "at": read_moment(given["at"], f"{place}.at"),
        "result": _read_json(given["result"], f"{place}.result"),
    }


def _read_served(row: object, place: str) -> dict[str, Any]:
    given = read_object(row, place, {"task", "email", "suggestion"}, ("account", "prediction"))
    said = given["suggestion"]
    # Of what is not known any more nothing is shown to others, as where there was none to show.
    mark = 0 if said == "" else read_mark(said) if isinstance(said, str) else None
    if mark is None:
        raise BadForm(f"{place}.suggestion", "it is not the mark of a suggestion")
    email = read_address(given["email"], f"{place}.email")
    return {"task": read_integer(given["task"], f"{place}.task"), "email": email, "prediction": mark}


def _read_shown(row: object, place: str) -> dict[str, Any]:
    given = read_object(row, place, {"email", "version"}, ("account",))
    email = read_address(given["email"], f"{place}.email")
    return {"email": email, "version": read_words(given["version"], f"{place}.version")}


def _read_mention(row: object, place: str) -> dict[str, Any]:
    given = read_object(row, place, {"task", "email", "label", "begins", "ends"}, ("account",))
    numbers = {name: read_integer(given[name], f"{place}.{name}", 0) for name in ("task", "begins", "ends")}
    email = read_address(given["email"], f"{place}.email")
    return numbers | {"email": email, "label": read_words(given["label"], f"{place}.label"), "is_offered": 1}


def _read_audit_entry(row: object, place: str) -> dict[str, Any]:
    names = {"at", "email", "method", "path", "status", "note"}
    given = read_object(row, place, names, ("account", "project", "task", "id"))
    words = {name: given[name] for name in ("email", "method", "path", "note")}
    for name, value in words.items():
        if not isinstance(value, str) or len(value) > _RESULT:
            raise BadForm(f"{place}.{name}", "it is not a text")
    status = read_integer(given["status"], f"{place}.status", 0)
    return words | {"at": read_moment(given["at"], f"{place}.at"), "status": status}


_RETURNED = {
    "first": _read_first_row,
    "refused": _read_refused,
    "served": _read_served,
    "shown": _read_shown,
    "mention": _read_mention,
    "audit": _read_audit_entry,
}


def _read_json(value: object, place: str) -> str:
    """A submission as the tables keep it: JSON as text."""
    if not isinstance(value, (list, dict)):
        raise BadForm(place, "it is neither a list nor an object")
    written = json.dumps(value, ensure_ascii=False)
    if len(written) > _RESULT:
        raise BadForm(place, f"it is longer than {_RESULT} characters")
    return written


def _row(entry: Any, addresses: Mapping[int, str]) -> dict[str, Any]:  # noqa: ANN401 - a row of any table
    row = {each.name: getattr(entry, each.name) for each in fields(entry)}
    if not isinstance(entry, AuditEntry):
        row["email"] = addresses.get(row["account"], "")
        del row["project"]
    row.pop("is_offered", None)
    if "result" in row:
        # What cannot be read goes out as the text that it is.
        with suppress(ValueError):
            row["result"] = json.loads(row["result"])
    return row


def _name_suggestions(rows: list[dict[str, Any]]) -> None:
    """Tell of each suggestion what it is known by elsewhere: numbers are this server's own."""
    marks = marks_of([row["prediction"] for row in rows if row["prediction"] > 0])
    for row in rows:
        mark = marks.get(row["prediction"], min(row["prediction"], 0))
        if mark:
            row["suggestion"] = write_mark(mark)
        if row["prediction"] < 0:
            del row["prediction"]


def _page_key(kind: type[Any]) -> tuple[str, ...]:
    return tuple(name for name in TABLES[kind].key if name != "project")


def _read_cursor(kind: type[Any], after: str) -> list[Any]:
    if not after:
        return []
    try:
        values = json.loads(after)
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(_page_key(kind)):
        raise BadForm("after", "it is not a cursor that a page of this kind gave")
    types = {each.name: str(each.type) for each in fields(kind)}
    for name, value in zip(_page_key(kind), values, strict=True):
        if types[name].startswith("int"):
            # Marks are below 0, and longer than other numbers.
            is_sound = type(value) is int and abs(value) < _NO_NUMBER
        else:
            is_sound = isinstance(value, str)
        if not is_sound:
            raise BadForm("after", "it is not a cursor that a page of this kind gave")
    return values


def _read_tasks(kind: type[Any], asked: str) -> list[int]:
    if "task" not in _page_key(kind):
        raise BadForm("tasks", "rows of this kind are of no task")
    numbers = asked.split(",")
    if len(numbers) > _AT_ONCE or not all(_NUMBER.fullmatch(each) for each in numbers):
        raise BadForm("tasks", f"it is not the numbers of up to {_AT_ONCE} tasks, with commas between")
    return [*map(int, numbers)]


def _select(
    kind: type[Any], project: int, after: list[Any], since: str, tasks: list[int] | None, limit: int
) -> list[Any]:
    make_tables()
    key = _page_key(kind)
    condition, values = "project = %s", list[Any]([project])
    if kind is AuditEntry:
        # Who came in, and what was done to the whole server, is of no project.
        condition = "(project = %s OR project IS NULL)"
    elif "task" in key:
        # Of a task that was removed, nothing goes out any more.
        condition, values = f"{condition} AND {_IS_THERE}", [*values, project]
    if kind is MentionEntry:
        # What was marked before anything was offered there nobody has refused.
        condition = f"{condition} AND is_offered = 1"
    if tasks is not None:
        condition, values = f"{condition} AND task IN ({', '.join(['%s'] * len(tasks))})", [*values, *tasks]
    if after:
        marks = ", ".join(["%s"] * len(key))
        condition, values = f"{condition} AND ({', '.join(key)}) > ({marks})", [*values, *after]
    if since:
        if "at" not in {each.name for each in fields(kind)}:
            raise BadForm("since", "rows of this kind have no instant")
        condition, values = f"{condition} AND at >= %s", [*values, since]
    columns = ", ".join(each.name for each in fields(kind))
    statement = f"SELECT {columns} FROM {TABLES[kind].name} WHERE {condition} ORDER BY {', '.join(key)} LIMIT %s"  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, limit])
        return [kind(*row) for row in cursor.fetchall()]
