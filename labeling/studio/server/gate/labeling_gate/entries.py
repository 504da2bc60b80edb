"""The rows that the layer keeps, each a table of its own: a type is a table, and a field is a column.

Times are ISO 8601 in UTC, results are JSON as text, an e-mail is written as `normal_email` does, and project 0 stands
for every project.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# The role of somebody who was taken out of a project: nothing of it is open to their account.
LEFT = "left"


@dataclass(frozen=True)
class PersonEntry:
    """A role in a project; it is an account's once that account is confirmed."""

    project: int
    email: str
    role: str  # reader, adjudicator, or LEFT
    account: int | None = None


@dataclass(frozen=True)
class AssignmentEntry:
    """A task that somebody is to read, in the order of ``position``."""

    project: int
    task: int
    email: str
    part: str  # first, second or gold question
    position: int


@dataclass(frozen=True)
class AgainEntry:
    """A task that somebody is to look at again, and why."""

    project: int
    task: int
    email: str
    what: str
    why: str


@dataclass(frozen=True)
class DecidedEntry:
    """What was decided on a task that somebody has submitted: their own reading, and what stands.

    ``place`` is its place among those of the task, ``words`` the stretch; "" where it is about the whole article.
    """

    project: int
    task: int
    email: str
    place: int
    article: str
    words: str
    own: str
    stands: str
    why: str
    at: str


@dataclass(frozen=True)
class RuleEntry:
    """A project's rules as a JSON object: of relations, the instruction's version, what is hidden from whom."""

    project: int
    value: str


@dataclass(frozen=True)
class FirstEntry:
    """The first submission of an account on a task."""

    project: int
    task: int
    account: int
    at: str
    annotation: int
    result: str


@dataclass(frozen=True)
class RefusedEntry:
    """A submission that the layer refused, with the sentence that its author read."""

    project: int
    task: int
    account: int
    at: str
    result: str
    why: str


@dataclass(frozen=True)
class ServedEntry:
    """A suggestion that an account was shown with a task; prediction 0: there was none to show.

    Below 0 it is the mark of one that was shown on another server, by what it says.
    """

    project: int
    task: int
    account: int
    prediction: int


@dataclass(frozen=True)
class OfferedEntry:
    """A suggestion as an account was shown it the last time before it began the task, whatever has become of it since.

    ``place`` is its place among them, ``value`` the suggestion as JSON; prediction 0: there was none to show.
    """

    project: int
    task: int
    account: int
    prediction: int
    place: int
    value: str


@dataclass(frozen=True)
class MentionEntry:
    """A stretch that an account was offered a label for, or had it marked there when it was asked: not offered again.

    ``begins`` and ``ends`` are code points; ``is_offered`` is 1 where it was offered before it was marked.
    """

    project: int
    task: int
    account: int
    label: str
    begins: int
    ends: int
    is_offered: int


@dataclass(frozen=True)
class BareEntry:
    """What a suggestion on a task may say, by its digest, without anything that was carried from a reprint."""

    project: int
    task: int
    suggestion: str


@dataclass(frozen=True)
class QueueEntry:
    """The place of a task among all that is open; 0: it has none any more, and is still read without suggestions.

    ``assisted`` is 1 where suggestions are shown with it, else 0.
    """

    project: int
    task: int
    position: int
    assisted: int


@dataclass(frozen=True)
class ShownEntry:
    """A version of the instruction that an account was shown."""

    project: int
    account: int
    version: str


@dataclass(frozen=True)
class InvitationEntry:
    """An invitation, and which account used it."""

    nonce: str
    email: str
    project: int
    at: str
    used_by: int | None = None
    used_at: str | None = None


@dataclass(frozen=True)
class AuditEntry:
    """A request that changed something, or tried to. Ids rise in the order in which the lines can be read."""

    at: str
    account: int | None
    email: str
    method: str
    path: str
    status: int
    project: int | None
    task: int | None
    note: str
    id: int | None = None


@dataclass(frozen=True)
class _Table:
    name: str
    key: tuple[str, ...]


TABLES: dict[type[Any], _Table] = {
    PersonEntry: _Table("labeling_person", ("project", "email")),
    AssignmentEntry: _Table("labeling_assignment", ("project", "email", "task")),
    AgainEntry: _Table("labeling_again", ("project", "email", "task")),
    DecidedEntry: _Table("labeling_decided", ("project", "email", "task", "place")),
    RuleEntry: _Table("labeling_rule", ("project",)),
    FirstEntry: _Table("labeling_first", ("project", "task", "account")),
    RefusedEntry: _Table("labeling_refused", ("project", "task", "account", "at")),
    ServedEntry: _Table("labeling_served", ("project", "task", "account", "prediction")),
    OfferedEntry: _Table("labeling_offered", ("project", "task", "account", "prediction")),
    MentionEntry: _Table("labeling_mention", ("project", "task", "account", "label", "begins", "ends")),
    BareEntry: _Table("labeling_bare", ("project", "task", "suggestion")),
    QueueEntry: _Table("labeling_queue", ("project", "task")),
    ShownEntry: _Table("labeling_shown", ("project", "account", "version")),
    InvitationEntry: _Table("labeling_invitation", ("nonce",)),
    AuditEntry: _Table("labeling_audit", ("id",)),
}


def now_text() -> str:
    """This moment, as the tables write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def normal_email(email: str) -> str:
    """An address as it is compared.

    >>> normal_email(" Ana@Desk.Example ")
    'ana@desk.example'
    """
    return email.strip().casefold()
