"""Restoration: a project built anew on an empty server from the answers that were kept.

Tasks, annotations, who made them, skips and ground truths come from the server's own exports, so that also what we
quarantined is there again. The project bears another title until all of it has arrived: one that was cut short is
never taken for the restored one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.errors import MissingInput, StudioError
from labeling.project import normalise_email
from labeling.studio.api.signup import sign_up
from labeling.studio.format.exports import OnceOnly
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.signatures import Signatures, words_digest
from labeling.studio.sync.batches import split_batches
from labeling.studio.sync.layer_state import SUBMISSIONS, bring_layer_state
from labeling.studio.sync.project_link import link_project
from labeling.studio.sync.pull_archive import read_archive
from labeling.studio.sync.pull_state import list_pulled_words
from labeling.studio.sync.push_delivery import MOST_BYTES, MOST_TASKS
from labeling.studio.sync.team_plan import bring_team_plan, open_team_plan
from labeling.values import canonical_json, digest_of
from labeling.workspace import journal
from labeling.workspace.annotator_names import annotator_names, local_part
from labeling.workspace.rows.server_state import PushedTask, TextKey
from labeling.workspace.rows.signed_words import SignedWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.workspace.table import Workspace

TaskJson = dict[str, Any]

_TITLE = 50  # characters that Label Studio takes


@dataclass(frozen=True)
class RestoreOutcome:
    """What was restored to project ``number``; ``passwords`` are those of people who were let in anew, by e-mail.

    ``refused`` has a sentence for each draft whose author is on the server already: only its author could save it.
    """

    number: int
    tasks: int
    annotations: int
    drafts: int
    passwords: dict[str, str]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class RestoreSource:
    """Kept answers that together hold what a server had: ``live`` are the numbers of the tasks it had in the end.

    With None, where that is not known, all are taken. ``users`` are its users, e-mail address by number. A task of
    a forgotten article is left out.
    """

    answers: tuple[Path, ...]
    live: frozenset[int] | None
    users: Mapping[int, str]
    is_forgotten: Callable[[TaskJson], bool] = lambda _task: False

    def tasks(self) -> Iterator[TaskJson]:
        """Each task as it was last seen, one at a time: the answers are read twice, and only numbers held."""
        # Which of the answers has each task as it was last.
        last: dict[object, int] = {}
        for place, path in enumerate(self.answers):
            last |= dict.fromkeys((task["id"] for task in read_archive(path)), place)
        for place, path in enumerate(self.answers):
            for task in OnceOnly().let_through(read_archive(path)):
                is_live = self.live is None or task["id"] in self.live
                if last[task["id"]] == place and is_live and not self.is_forgotten(task):
                    yield task


def rebuild_project(
    studio: Studio, project: Project, source: RestoreSource, progress: Callable[[int], None]
) -> RestoreOutcome:
    """Build the project anew, and let the workspace belong to it.

    Raises:
        MissingInput: An annotation is by somebody whose e-mail address is not known.
        StudioError: The server did not do what was asked; what it has so far is a project of its own.
    """
    about, schema = project.file.project, project.schema
    # Before anything is stored, so that a damaged answer or an unknown user leaves nothing behind.
    people = {_email(one, source.users) for task in source.tasks() for one in (*task["annotations"], *_drafts(task))}
    people |= _list_members(project, source.users)
    passwords, keys = _sign_up_missing(studio, with_namesakes(people, source.users))
    # Under another title until everything has arrived.
    title = f"Restoring {about.name}"[:_TITLE]
    number = studio.create_project(
        title,
        about.description,
        labelling_config(schema, project.file.assist).strip(),
        labelling_instruction(schema),
    )
    sent = _TaskSender(studio, number, source, _read_signatures(project.workspace, source))
    for batch in split_batches(source.tasks(), lambda task: len(canonical_json(task["data"])), MOST_TASKS, MOST_BYTES):
        sent.send(batch)
        progress(len(sent.numbers))
    # Only now it is known that everything is there; drafts need the numbers of restored annotations.
    sent.check()
    drafts, refused = _restore_drafts(studio, number, source, sent.numbers, keys)
    studio.name_project(number, about.name)
    workspace = project.workspace
    # The server's import leaves out who changed what: it is known from here alone. Until the workspace belongs to the
    # new project, what was known before stays too, for should this be cut short, it begins anew by that.
    workspace.signed.write([*workspace.signed.rows_if_written(), *sent.signed])
    journal.rewrite_journal(workspace.pushed.path, sent.rows)
    remote = link_project(workspace, studio, number)
    workspace.signed.write(sent.signed)
    _restore_layer(studio, project, number, sent, people)
    return RestoreOutcome(remote.number, len(sent.numbers), sent.annotations, drafts, passwords, tuple(refused))


def _restore_layer(studio: Studio, project: Project, number: int, sent: _TaskSender, people: Iterable[str]) -> None:
    """Bring back what the layer of the former server had kept, and the plan, if this server has a layer."""
    workspace = project.workspace
    team = open_team_plan(project, studio, workspace.say)
    if team.layer is None:
        return
    for email in bring_layer_state(workspace, team.layer, number, sent.numbers, people):
        workspace.say(f"What the layer kept of {email} was not brought: there is no account of that address.")
    bring_team_plan(project, studio, number, team, sent.rows, workspace.ask_again.rows_if_written())
    for one in team.layer.people(number):
        if one.in_plan and one.account and not one.confirmed:
            workspace.say(
                f"There was an account of {one.email} before: if it is theirs, run "
                f"`labeling people invite --confirm {one.email}`."
            )


class _TaskSender:
    """What has arrived: the new number of each task by its old one, and the journal of it."""

    def __init__(self, studio: Studio, number: int, source: RestoreSource, signatures: Signatures) -> None:
        self._studio, self._number, self._users = studio, number, source.users
        names = annotator_names(source.users.items())
        # Addresses outlast a move to another server, names may be given anew there.
        self._emails = {names[email]: email for email in source.users.values()}
        self._signatures = signatures
        self.signed: list[SignedWords] = []
        self.numbers: dict[int, int] = {}
        self.rows: dict[TextKey, PushedTask] = {}
        self.annotations = 0

    def send(self, batch: Sequence[TaskJson]) -> None:
        """Store some tasks with all their annotations."""
        stored = self._studio.import_tasks(self._number, [_task_to_send(task, self._users) for task in batch])
        for task, number in zip(batch, stored, strict=True):
            self.numbers[task["id"]] = number
            self.annotations += len(task["annotations"])
            self._sign(task, number)
            article = task["data"].get("article")
            text = task["data"].get("text")
            if isinstance(article, str) and isinstance(text, str):
                row = PushedTask(article=article, digest=digest_of(text), task=number)
                # Tasks of others are restored too, but not entered in our journal; of two alike the first is.
                self.rows.setdefault(row.key, row)

    def _sign(self, task: TaskJson, number: int) -> None:
        """Write down whose words count in a task: what was in quarantine stays there."""
        judgements = self._signatures.judge_task(task)
        for one in task["annotations"]:
            row = judgements[one["id"]].row
            # Of a server that does not tell who sent them, all words counted.
            if row is None:
                row = SignedWords(task=number, by=_email(one, self._users), words=words_digest(one))
            by, changed_by = self._emails.get(row.by, row.by), self._emails.get(row.changed_by, row.changed_by)
            arrived = {"task": number, "annotation": None, "came_as": one["id"], "by": by, "changed_by": changed_by}
            self.signed.append(row.model_copy(update=arrived))

    def check(self) -> None:
        """See that the server counts what was sent."""
        there = self._studio.project(self._number)
        if there is None or (there.tasks, there.submitted + there.skipped) != (len(self.numbers), self.annotations):
            raise StudioError(
                f"{self._studio.url} does not count what was restored to project {self._number}",
                todo="delete that project, and restore again",
                where=self._studio.url,
            )


def _read_signatures(workspace: Workspace, source: RestoreSource) -> Signatures:
    seen = list_pulled_words(workspace.pulled.rows_if_written(), workspace.quarantine.rows_if_written())
    return Signatures(workspace.signed.rows_if_written(), annotator_names(source.users.items()), seen=seen)


def _task_to_send(task: TaskJson, users: Mapping[int, str]) -> TaskJson:
    annotations = [
        {
            "id": row["id"],  # the server keeps it as `import_id`
            "result": row["result"],
            "completed_by": {"email": _email(row, users)},
            "was_cancelled": row.get("was_cancelled", False),
            "ground_truth": row.get("ground_truth", False),
            "lead_time": row.get("lead_time"),
        }
        for row in task["annotations"]
    ]
    return {"data": task["data"], "meta": task.get("meta") or {}, "annotations": annotations}


def _email(row: TaskJson, users: Mapping[int, str]) -> str:
    """Whose an annotation or draft is: exports give users of drafts by e-mail address, all others by number."""
    by = row["user"] if "user" in row else row.get("completed_by")
    email = users.get(by) if isinstance(by, int) else by
    if not isinstance(email, str):
        raise MissingInput(
            f"annotation {row['id']} is by user {by}, whose e-mail address is not in users.json",
            todo="put back the users.json that was written with this pull",
            where="users.json",
        )
    return email


def _drafts(task: TaskJson) -> list[TaskJson]:
    return [draft for draft in task.get("drafts") or [] if isinstance(draft, dict)]


def _list_members(project: Project, users: Mapping[int, str]) -> set[str]:
    """Who belongs to a project besides those whose words stand in its tasks: who submitted, and who is in the plan.

    Whoever only looked at it on the former server does not; nor is anybody in the plan made a user who never was one.
    """
    workspace = project.workspace
    planned = {*project.file.emails, *(row.reader for row in workspace.assignments.rows_if_written())}
    submitted = {row.email for row in workspace.kept.rows_if_written() if row.email and row.kind in SUBMISSIONS}
    return submitted | {email for email in users.values() if normalise_email(email) in planned}


def with_namesakes(people: set[str], users: Mapping[int, str]) -> list[str]:
    """Those who are to come, in the order in which they came to the former server: so all are called as before.

    Somebody who does not belong comes along only where one who does is called by the whole address because of them.

    >>> with_namesakes({"ana@b.org", "cy@b.org"}, {1: "ana@a.org", 2: "ana@b.org", 3: "ana@c.org", 4: "zoe@a.org"})
    ['ana@a.org', 'ana@b.org', 'cy@b.org']
    """
    here = {email.casefold(): email for email in people}
    names = {local_part(email) for email in here}
    known, taken = list[str](), set[str]()
    for _, email in sorted(users.items()):
        name = local_part(email).casefold()
        # Whoever came first has the bare name.
        if email.casefold() in here or (name in names and name not in taken):
            known.append(here.pop(email.casefold(), email))
        taken.add(name)
    return [*known, *sorted(here.values())]


def _sign_up_missing(studio: Studio, emails: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Sign up whoever is not on the server yet; passwords and keys by e-mail address."""
    # Compared without case, as everywhere: nobody is signed up twice.
    there = {email.casefold() for _, email in studio.users()}
    passwords = {email: secrets.token_urlsafe(18) for email in emails if email.casefold() not in there}
    return passwords, {email: sign_up(studio, email, password) for email, password in passwords.items()}


def _restore_drafts(
    studio: Studio, number: int, source: RestoreSource, numbers: Mapping[int, int], keys: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Drafts cannot be imported: each is saved anew, as its author."""
    saved, refused = 0, list[str]()
    for task in source.tasks():
        for draft in _drafts(task):
            # Only its author can save a draft, and of people who are there already we have no key.
            author = str(draft["user"])
            new = numbers[task["id"]]
            if author not in keys and author != studio.email:
                refused.append(f"the draft of {author} in task {new} (once {task['id']})")
                continue
            # Whatever else the server keeps of a draft, it sets anew.
            content = {"result": draft["result"], "lead_time": draft.get("lead_time")}
            studio.save_draft(new, _parent_number(studio, number, new, draft), content, keys.get(author))
            saved += 1
    return saved, refused


def _parent_number(studio: Studio, number: int, task: int, draft: TaskJson) -> int | None:
    """The new number of the annotation that the draft is a change of; None when it is the first word on its task."""
    if not draft.get("annotation"):
        return None
    (there,) = studio.export_tasks(number, [task])
    annotations: Any = there["annotations"] if isinstance(there, dict) else []
    # The server keeps the number that an imported annotation once had.
    return next((one["id"] for one in annotations if one.get("import_id") == draft["annotation"]), None)
