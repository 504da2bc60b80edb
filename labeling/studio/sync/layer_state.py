"""What the layer kept on its way into the workspace, ``layer.jsonl`` and ``audit.jsonl``; and back to another server.

Both files only grow. A row that came once stays as it came, whatever becomes of the server.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, get_args

from labeling.studio.api.http_errors import name_failures
from labeling.studio.api.layer import KeptKind
from labeling.studio.sync.team_plan import find_owners_layer
from labeling.values import canonical_json
from labeling.workspace.asking import parse_instant
from labeling.workspace.file_handles import SortedLines
from labeling.workspace.rows.kept_row import AuditLine, KeptRow
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic import JsonValue

    from labeling.studio.api.client import Studio
    from labeling.studio.api.layer import Layer
    from labeling.workspace.table import Workspace

# How much earlier than the newest row it knows a pull by changes asks for: what was written later may be older.
_LOOK_BACK = dt.timedelta(minutes=10)
SUBMISSIONS = ("first", "refused")  # the kinds of rows that bear an instant
_OFFER = ("label", "begins", "ends")  # what tells one from another
_KEY = ("kind", "task", "email", "account", "at", "annotation", "prediction", "version", "suggestion", *_OFFER)
_TASKS_AT_ONCE = 300
# As the layer notes what an author sent.
_WORDS = re.compile(r"\bwords (?P<words>[0-9a-f]{16}) of annotation (?P<annotation>[0-9]{1,18})\b")
_LINE_KEY = ("at", "email", "method", "path", "status", "note")
_BROUGHT_BACK = {
    "first": ("task", "email", "at", "annotation", "result"),
    "refused": ("task", "email", "at", "result", "why"),
    "served": ("task", "email", "suggestion"),
    "shown": ("email", "version"),
    "mention": ("task", "email", *_OFFER),
}


def fetch_layer_state(workspace: Workspace, studio: Studio, project: int, *, changes: bool) -> None:
    """Add what the layer of that server has kept of a project since; with ``changes`` only what is new there.

    Raises:
        StudioError: The server did not do what was asked; the files are what they were.
    """
    layer = find_owners_layer(studio)
    if layer is None:
        return
    since = _newest(row.at for row in workspace.kept.rows_if_written() if row.kind in SUBMISSIONS) if changes else ""
    with name_failures(studio.url, "show what its layer kept"):
        _add_rows(workspace, _fetch_rows(layer, project, since))
        last = _newest(row.at for row in workspace.audit_trail.rows_if_written()) if changes else ""
        _add_lines(workspace, (_read_audit_row(row) for row in layer.kept(project, "audit", last)))


def _fetch_rows(layer: Layer, project: int, since: str) -> Iterator[KeptRow]:
    kinds: tuple[KeptKind, ...] = tuple(kind for kind in get_args(KeptKind) if kind != "audit")
    # Suggestions and instructions bear no instant: they come with all the rest, once a day.
    wanted = [kind for kind in kinds if (not since or kind in SUBMISSIONS) and (kind != "mention" or layer.offers)]
    submitted = set[int]()
    for kind in wanted:
        for raw in layer.kept(project, kind, since if kind in SUBMISSIONS else ""):
            row = KeptRow.model_validate({"kind": kind, **raw})
            if since and kind == "first" and row.task is not None:
                submitted.add(row.task)
            yield row
    # Nor do offers: those that are judged by now come with what was submitted.
    tasks = sorted(submitted) if layer.offers else []
    for start in range(0, len(tasks), _TASKS_AT_ONCE):
        for raw in layer.kept(project, "mention", tasks=tasks[start : start + _TASKS_AT_ONCE]):
            yield KeptRow.model_validate({"kind": "mention", **raw})


def list_first_kept(workspace: Workspace) -> Iterator[JsonValue]:
    """The first submissions that the layer kept, as `read_kept_submissions` takes them."""
    for row in workspace.kept.rows_if_written():
        if row.kind == "first":
            yield row.model_dump(mode="json")


def list_last_words(workspace: Workspace, project: int, created: str) -> Iterator[SignedWords]:
    """The words that each author was the last to send of an annotation, as far as the layer wrote it down.

    ``by`` is an e-mail address. Lines that another server brought along are of numbers that mean something else here.
    """
    last: dict[int, SignedWords] = {}
    for line in workspace.audit_trail.rows_if_written():
        said = _WORDS.search(line.note)
        if said and line.project == project and line.task is not None and _is_since(line.at, created):
            number = int(said["annotation"])
            last[number] = SignedWords(task=line.task, annotation=number, by=line.email, words=said["words"])
    yield from last.values()


def bring_layer_state(
    workspace: Workspace, layer: Layer, project: int, tasks: Mapping[int, int], people: Iterable[str]
) -> list[str]:
    """Bring back what another server's layer had kept of ``people``, to tasks that have other numbers now.

    ``layer.jsonl`` has the new numbers then, too. A suggestion is known by what it says, and is the same one as soon as
    a push has brought it.

    Returns:
        The addresses of which there is no account.
    """
    known = {email.casefold() for email in people}

    def brought() -> Iterator[KeptRow]:
        return (moved for row in workspace.kept.rows_if_written() if (moved := _moved(row, tasks)))

    rows: Iterator[tuple[KeptKind, dict[str, Any]]] = (
        (row.kind, {name: getattr(row, name) for name in _BROUGHT_BACK[row.kind]})
        for row in brought()
        if row.email.casefold() in known
    )
    lines: Iterator[tuple[KeptKind, dict[str, Any]]] = (
        ("audit", {name: getattr(line, name) for name in _LINE_KEY}) for line in workspace.audit_trail.rows_if_written()
    )
    _, strangers = layer.bring_kept(project, chain(rows, lines))
    moved = SortedLines(workspace.root)
    for row in brought():
        moved.add((*_kept_place(row), 0), _line(row))
    moved.write(workspace.kept.path, one_of=len(_KEY))
    return strangers


def _moved(row: KeptRow, tasks: Mapping[int, int]) -> KeptRow | None:
    if row.task is not None and row.task not in tasks:
        return None
    moved = {"account": None, "task": tasks[row.task] if row.task is not None else None}
    if row.kind == "served":
        moved["prediction"] = None if row.suggestion else 0
    return row.model_copy(update=moved)


def _is_since(at: str, created: str) -> bool:
    try:
        return parse_instant(at) >= parse_instant(created)
    except ValueError:
        return False


def _add_rows(workspace: Workspace, came: Iterable[KeptRow]) -> None:
    lines, is_new = SortedLines(workspace.root), False
    for row in came:
        is_new = True
        lines.add((*_kept_place(row), 1), _line(row))
    if not is_new:
        return
    for row in workspace.kept.rows_if_written():
        # Of before a suggestion was known by what it says.
        is_unnamed = row.kind == "served" and bool(row.prediction) and not row.suggestion
        lines.add((*_kept_place(row), 2 * is_unnamed), _line(row))
    lines.write(workspace.kept.path, one_of=len(_KEY))


def _add_lines(workspace: Workspace, came: Iterable[AuditLine]) -> None:
    lines, is_new = SortedLines(workspace.root), False
    for line in came:
        is_new = True
        lines.add((*_line_place(line), 1), _line(line))
    if not is_new:
        return
    for line in workspace.audit_trail.rows_if_written():
        lines.add((*_line_place(line), 0), _line(line))
    lines.write(workspace.audit_trail.path, one_of=len(_LINE_KEY))


def _read_audit_row(row: Mapping[str, Any]) -> AuditLine:
    # Numbers of lines are the server's own, and others after a move.
    return AuditLine.model_validate({name: value for name, value in row.items() if name != "id"})


def _kept_place(row: KeptRow) -> tuple[str | int, ...]:
    # Whose account is gone is known by its number; all others by address, which outlasts a move.
    account = row.account if not row.email else None
    fields = {name: getattr(row, name) for name in _KEY} | {"account": account}
    if row.prediction is not None:
        fields["suggestion"] = ""
    # Of an account and a task there is one first submission.
    if row.kind == "first":
        fields |= {"at": "", "annotation": None}
    return tuple(0 if value is None else value for value in fields.values())


def _line_place(line: AuditLine) -> tuple[str | int, ...]:
    return tuple(getattr(line, name) for name in _LINE_KEY)


def _line(row: KeptRow | AuditLine) -> bytes:
    return canonical_json(row.model_dump(mode="json")).encode("utf-8", "replace")


def _newest(instants: Iterable[str]) -> str:
    """The instant from which on a pull by changes asks; empty where nothing is known."""
    newest = max(instants, default="")
    if not newest:
        return ""
    since = parse_instant(newest).astimezone(dt.UTC) - _LOOK_BACK
    return since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
