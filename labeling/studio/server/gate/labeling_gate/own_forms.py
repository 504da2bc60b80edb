"""What the layer's own routes take, read strictly: a body that is not exactly what it should be changes nothing.

Pure: a body that was JSON goes in, rows of the tables come out, or `BadForm` with the place and what is wrong there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .entries import (
    LEFT,
    AgainEntry,
    AssignmentEntry,
    BareEntry,
    DecidedEntry,
    PersonEntry,
    QueueEntry,
    RuleEntry,
    normal_email,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ROLES = frozenset({"reader", "adjudicator", LEFT})
_PARTS = frozenset({"first", "second", "gold question"})
_LARGEST = 2**31 - 1
_LONGEST = 254  # characters of an address, as everywhere
_MOST_ROWS = 1_000_000
_RULE_CHARACTERS = 1_000_000
_DIGEST = re.compile(r"[0-9a-f]{16}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)", re.ASCII)


class BadForm(ValueError):
    """A body that is not what it should be: where, and why."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}" if place else why)


@dataclass(frozen=True)
class AgainForm:
    """What is to be looked at again; done already by whoever has submitted after ``since``, if that is known."""

    entry: AgainEntry
    since: str = ""


@dataclass(frozen=True)
class PlanForm:
    """All that a project's people are and have to do, and which suggestions hold nothing that was carried."""

    people: tuple[PersonEntry, ...]
    assignments: tuple[AssignmentEntry, ...]
    again: tuple[AgainForm, ...]
    rule: RuleEntry
    bare: tuple[BareEntry, ...] = ()
    queue: tuple[QueueEntry, ...] | None = None  # None: it stays what it is

    @property
    def tasks(self) -> set[int]:
        """The numbers of all tasks that it names."""
        named = {each.task for each in self.assignments} | {each.entry.task for each in self.again}
        return named | {each.task for each in self.queue or ()}


def read_plan(project: int, body: object) -> PlanForm:
    """A project's whole plan.

    Raises:
        BadForm: It is something else, names somebody twice or in no role, or gives a task to nobody it knows.
    """
    fields = read_object(body, "", {"people", "assignments", "again", "rule"}, ("bare", "queue"))
    people = tuple(_read_each(fields, "people", lambda row, place: _read_person(project, row, place)))
    _refuse_doubles("people", [each.email for each in people])
    known = {each.email for each in people}
    rows = _read_each(fields, "assignments", lambda row, place: _read_assignment(project, row, place, known))
    assignments = tuple(rows)
    _refuse_doubles("assignments", [(each.email, each.task) for each in assignments])
    again = _read_each(fields, "again", lambda row, place: _read_again(project, row, place, known))
    bare = _read_each({"bare": [], **fields}, "bare", lambda row, place: _read_bare(project, row, place))
    rule, queue = _read_rule(project, fields["rule"]), _read_queue(project, fields)
    return PlanForm(people, assignments, tuple(again), rule, tuple(bare), queue)


def read_decided(project: int, body: object) -> tuple[DecidedEntry, ...]:
    """What was decided, each row for one address; several of a task are told in the order in which they come.

    Raises:
        BadForm: It is something else.
    """
    fields = read_object(body, "", {"decided"})
    places = Counter[tuple[str, int]]()
    found = []
    for number, row in enumerate(read_list(fields["decided"], "decided")):
        each = _read_decided_row(project, row, f"decided[{number}]")
        found.append(replace(each, place=places[each.email, each.task]))
        places[each.email, each.task] += 1
    return tuple(found)


def read_object(body: object, place: str, names: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    """An object with exactly these names, and perhaps the optional ones.

    Raises:
        BadForm: It is something else.
    """
    required, allowed = {*names}, {*names, *optional}
    if not isinstance(body, dict):
        raise BadForm(place, "it is not an object")
    for name in sorted(required - body.keys()):
        raise BadForm(_join(place, name), "it is missing")
    for name in sorted(body.keys() - allowed):
        raise BadForm(_join(place, ascii(name)[1:-1][:40]), "no such name is known here")
    return body


def read_address(value: object, place: str) -> str:
    """An e-mail address as it is compared.

    Raises:
        BadForm: It is not one, or one that in capitals is another's.
    """
    text = read_words(value, place, most=_LONGEST).strip()
    name, _, host = text.rpartition("@")
    if not name or not host or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise BadForm(place, "it is not an e-mail address")
    # Label Studio stores an address in lower case, which of a few letters is not how addresses are compared.
    if text.lower() != normal_email(text):
        raise BadForm(place, "it has a letter that is two others in capitals")
    return normal_email(text)


def read_words(value: object, place: str, most: int = 10_000) -> str:
    """A text that is not empty.

    Raises:
        BadForm: It is something else, or too long.
    """
    if not isinstance(value, str) or not value.strip():
        raise BadForm(place, "it is not a text, or an empty one")
    if len(value) > most:
        raise BadForm(place, f"it is longer than {most} characters")
    return value


def read_integer(value: object, place: str, least: int = 1) -> int:
    """A whole number that the database takes: neither a truth value nor one written as words.

    Raises:
        BadForm: It is something else.
    """
    if type(value) is not int or not least <= value <= _LARGEST:
        raise BadForm(place, f"it is not a whole number from {least} to {_LARGEST}")
    return value


def read_moment(value: object, place: str) -> str:
    """An instant in UTC, as ISO 8601.

    Raises:
        BadForm: It is something else.
    """
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise BadForm(place, "it is not an instant like 2026-11-30T09:00:00Z")
    return value


def read_list(value: object, place: str) -> list[Any]:
    """A list.

    Raises:
        BadForm: It is something else, or too long.
    """
    if not isinstance(value, list):
        raise BadForm(place, "it is not a list")
    if len(value) > _MOST_ROWS:
        raise BadForm(place, f"it has more than {_MOST_ROWS} rows")
    return value


def _read_each(fields: Mapping[str, Any], name: str, read: Callable[[object, str], Any]) -> list[Any]:
    return [read(row, f"{name}[{number}]") for number, row in enumerate(read_list(fields[name], name))]


def _read_person(project: int, row: object, place: str) -> PersonEntry:
    fields = read_object(row, place, {"email", "role"})
    email = read_address(fields["email"], f"{place}.email")
    return PersonEntry(project, email, _read_one_of(_ROLES, fields["role"], f"{place}.role"))


def _read_assignment(project: int, row: object, place: str, known: set[str]) -> AssignmentEntry:
    fields = read_object(row, place, {"task", "email", "part", "order"})
    part = _read_one_of(_PARTS, fields["part"], f"{place}.part")
    email = _read_known(fields["email"], f"{place}.email", known)
    task = read_integer(fields["task"], f"{place}.task")
    return AssignmentEntry(project, task, email, part, read_integer(fields["order"], f"{place}.order", 0))


def _read_again(project: int, row: object, place: str, known: set[str]) -> AgainForm:
    fields = read_object(row, place, {"task", "email", "what", "why"}, ("since",))
    email = _read_known(fields["email"], f"{place}.email", known)
    what, why = (read_words(fields[name], f"{place}.{name}") for name in ("what", "why"))
    since = read_moment(fields["since"], f"{place}.since") if "since" in fields else ""
    return AgainForm(AgainEntry(project, read_integer(fields["task"], f"{place}.task"), email, what, why), since)


def _read_bare(project: int, row: object, place: str) -> BareEntry:
    fields = read_object(row, place, {"task", "suggestion"})
    task, suggestion = read_integer(fields["task"], f"{place}.task"), fields["suggestion"]
    if not isinstance(suggestion, str) or not _DIGEST.fullmatch(suggestion):
        raise BadForm(f"{place}.suggestion", "it is not a digest of 16 figures")
    return BareEntry(project, task, suggestion)


def _read_queue(project: int, fields: Mapping[str, Any]) -> tuple[QueueEntry, ...] | None:
    if "queue" not in fields:
        return None
    rows = tuple(_read_each(fields, "queue", lambda row, place: _read_queued(project, row, place)))
    _refuse_doubles("queue", [each.task for each in rows])
    return rows


def _read_queued(project: int, row: object, place: str) -> QueueEntry:
    fields = read_object(row, place, {"task", "order", "assisted"})
    if not isinstance(fields["assisted"], bool):
        raise BadForm(f"{place}.assisted", "it is neither true nor false")
    task, order = read_integer(fields["task"], f"{place}.task"), read_integer(fields["order"], f"{place}.order")
    return QueueEntry(project, task, order, int(fields["assisted"]))


def _read_decided_row(project: int, row: object, place: str) -> DecidedEntry:
    fields = read_object(row, place, {"task", "email", "article", "own", "stands", "at"}, ("words", "why"))
    task, email = read_integer(fields["task"], f"{place}.task"), read_address(fields["email"], f"{place}.email")
    told = {name: read_words(fields[name], f"{place}.{name}") for name in ("article", "own", "stands")}
    told |= {name: read_words(fields[name], f"{place}.{name}") for name in ("words", "why") if name in fields}
    at = read_moment(fields["at"], f"{place}.at")
    return DecidedEntry(project, task, email, 0, at=at, **{"words": "", "why": ""} | told)


def _read_one_of(known: frozenset[str], value: object, place: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadForm(place, f"it is not one of {', '.join(sorted(known))}")
    return value


def _read_known(value: object, place: str, known: set[str]) -> str:
    email = read_address(value, place)
    if email not in known:
        raise BadForm(place, "nobody of that address is among the people")
    return email


def _read_rule(project: int, value: object) -> RuleEntry:
    if not isinstance(value, dict):
        raise BadForm("rule", "it is not an object")
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(written) > _RULE_CHARACTERS:
        raise BadForm("rule", f"it is longer than {_RULE_CHARACTERS} characters")
    return RuleEntry(project, written)


def one_a_task(rows: Iterable[AgainEntry]) -> tuple[AgainEntry, ...]:
    """A row for each task and reader: several things to look at again are one visit."""
    merged: dict[tuple[str, int], AgainEntry] = {}
    for row in rows:
        before = merged.setdefault((row.email, row.task), row)
        if before is not row:
            why = before.why if row.why in before.why else f"{before.why}; {row.why}"
            merged[row.email, row.task] = AgainEntry(
                row.project, row.task, row.email, f"{before.what}, {row.what}", why
            )
    return tuple(merged.values())


def _refuse_doubles(place: str, keys: list[Any]) -> None:
    seen = set()
    for number, key in enumerate(keys):
        if key in seen:
            raise BadForm(f"{place}[{number}]", "it is there twice")
        seen.add(key)


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
