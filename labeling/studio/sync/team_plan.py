"""The plan on its way to the server: who is who, who reads which task, what is to be looked at again, and the rules.

On a server of ours the layer holds it: nothing of it lies in a task. Elsewhere it is a convention: a key of each task's
data names its readers, and each of them has a tab of the table with their own tasks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import MODEL, PROJECTED
from labeling.errors import NotAuthorised, StudioError
from labeling.project import normalise_email
from labeling.studio.api.layer import SCHEMA, find_layer
from labeling.studio.api.queries import make_filter
from labeling.studio.api.tabs import change_task_data, list_tabs, make_tab
from labeling.studio.format.labelling_config import labelling_instruction
from labeling.studio.format.tasks import READERS
from labeling.studio.sync.blind_parts import tell_parts
from labeling.values import canonical_json, digest_of
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.asking import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio
    from labeling.studio.api.layer import Layer
    from labeling.workspace.rows.asked_item import AskAgainRow
    from labeling.workspace.rows.server_state import PushedTask, TextKey
    from labeling.workspace.table import Workspace

# The plan's name for the order of what is open.
QUEUE_OF_PLAN = "queue"

_WORDS = "words_of"  # the rule's name for it
_BARE = "bare"  # the plan's name for it
_GOLD, _LEFT = "gold question", "left"
_BY_CONVENTION = (
    "This server has no layer of ours: its people keep to the plan by convention. Each reader has a tab with their own "
    "articles, by the key `readers` of the data, and its label stream shows nobody another's words. Elsewhere all "
    "may see and change everything, two people may get the same article, and there are no gold questions."
)
_WITHOUT_ROLES = "This server was started without roles: the plan is there, and nobody is held to it."


@dataclass(frozen=True)
class TeamPlan:
    """A project's plan as it is brought: ``sent`` is what the layer takes.

    ``layer`` is None on a server without one; ``readers`` are then the readers of each article, as its data have them.
    ``bare`` has the digest of each suggestion that holds nothing of what was carried elsewhere, by article.
    """

    layer: Layer | None
    people: tuple[dict[str, str], ...]
    readers: dict[str, str]
    bare: Mapping[str, str] = field(default_factory=dict)

    @property
    def orders(self) -> bool:
        """Whether the layer serves what is open in the order that it is told: it does where roles hold."""
        return self.layer is not None and self.layer.orders and self.layer.roles


def open_team_plan(project: Project, studio: Studio, say: Callable[[str], None]) -> TeamPlan:
    """What the project file and ``assignments.jsonl`` say, for that server.

    Raises:
        StudioError: Its layer has tables of another version.
    """
    section = project.file.people
    if section is None:
        return TeamPlan(find_owners_layer(studio), (), {})
    layer = find_owners_layer(studio, say)
    if not project.workspace.assignments.exists():
        say("The project file names people, and nothing is assigned to them: run `labeling assign`, then push again.")
    readers: dict[str, list[str]] = {}
    everybody = dict.fromkeys(section.adjudicators, "adjudicator") | dict.fromkeys(section.shares, "reader")
    for row in project.workspace.assignments.rows_if_written():
        # Who has left keeps what they submitted, and nothing is open to them.
        everybody.setdefault(row.reader, _LEFT)
        if row.part != _GOLD:
            readers.setdefault(row.article, []).append(row.reader)
    people = tuple({"email": email, "role": role} for email, role in everybody.items())
    marks = {} if layer else {article: f"|{'|'.join(sorted(names))}|" for article, names in readers.items()}
    return TeamPlan(layer, people, marks)


def bring_team_plan(
    project: Project,
    studio: Studio,
    number: int,
    plan: TeamPlan,
    known: Mapping[TextKey, PushedTask],
    again: Iterable[AskAgainRow],
) -> None:
    """Bring a plan to project ``number``, where it is another than the one that is there.

    Raises:
        StudioError: The server did not do what was asked; the plan there is the one of before, or this one.
    """
    tasks = find_tasks_of(project, known)
    if plan.layer is None:
        if plan.readers:
            _mark_tasks(
                studio, number, {tasks[article]: mark for article, mark in plan.readers.items() if article in tasks}
            )
            _make_tabs(studio, number, [each["email"] for each in plan.people if each["role"] == "reader"])
            project.workspace.say(_BY_CONVENTION)
        return
    sent: dict[str, Any] = {
        "people": [*plan.people],
        "assignments": [*_list_assignments(project.workspace, tasks)] if plan.people else [],
        "again": _list_looks_again(studio, plan, tasks, again) if plan.people else [],
        "rule": rule_of_schema(project.schema) | _words_rule(_list_signatures(known)) | _assist_rule(project),
    }
    there = plan.layer.plan(number)
    news = _list_bare_news(there, tasks, plan.bare) | _list_order_news(there, tasks, project, plan)
    if news or _normal_plan(sent) != _normal_plan(there):
        plan.layer.bring_plan(number, sent | news)


def _list_bare_news(there: Mapping[str, Any], tasks: Mapping[str, int], bare: Mapping[str, str]) -> dict[str, Any]:
    """What the layer does not know yet of suggestions that hold nothing carried, as it takes it; empty if it does."""
    known = {(row["task"], row["suggestion"]) for row in there.get(_BARE, [])}
    sent = {(tasks[article], digest) for article, digest in bare.items() if article in tasks}
    rows = [{"task": task, "suggestion": digest} for task, digest in sorted(sent - known)]
    return {_BARE: rows} if rows else {}


def _list_order_news(
    there: Mapping[str, Any], tasks: Mapping[str, int], project: Project, plan: TeamPlan
) -> dict[str, Any]:
    """The order of what is open, as the layer takes it, where it is another than the one that is there; else empty."""
    if plan.layer is None or not plan.layer.orders:
        return {}
    open_rows = project.workspace.queue.rows_if_written() if project.file.learning else ()
    order = [
        {"task": tasks[row.article], "order": row.order, "assisted": row.assisted}
        for row in open_rows
        if row.article in tasks
    ]
    by_task = sorted(order, key=lambda row: row["task"])
    return {} if by_task == there.get(QUEUE_OF_PLAN, []) else {QUEUE_OF_PLAN: by_task}


def _list_assignments(workspace: Workspace, tasks: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    stories = {row.article: row.story for row in workspace.clusters.rows_if_written()}
    for row, part in tell_parts(workspace.assignments.rows_if_written(), stories):
        if row.article in tasks:
            yield {"task": tasks[row.article], "email": row.reader, "part": part, "order": row.order}


def announce_suggestions(plan: TeamPlan, number: int, signatures: Iterable[str], tasks: Mapping[str, int]) -> None:
    """Tell the layer of suggestions that are about to be sent, before anybody is shown them.

    Args:
        plan: Where the layer is.
        number: Of the project.
        signatures: Who signs people's words.
        tasks: The tasks that are there, by article.

    Raises:
        StudioError: The server did not do what was asked.
    """
    if plan.layer is None:
        return
    there = plan.layer.plan(number)
    said = _words_rule({*signatures, *there["rule"].get(_WORDS, [])})
    news = _list_bare_news(there, tasks, plan.bare)
    if news or (said and there["rule"].get(_WORDS) != said[_WORDS]):
        kept = {name: rows for name, rows in there.items() if name != QUEUE_OF_PLAN}
        plan.layer.bring_plan(number, {**kept, "rule": {**there["rule"], **said}, **news})


def _list_signatures(known: Mapping[TextKey, PushedTask]) -> set[str]:
    return {name for row in known.values() for name in row.suggested}


def _words_rule(signatures: Iterable[str]) -> dict[str, list[str]]:
    """Who signs suggestions that are people's words: a model may have the name of a member of the server."""
    bare = {name.removeprefix(f"{PROJECTED}+") for name in signatures}
    names = sorted(name for name in bare if not name.startswith((MODEL, PROJECTED)))
    return {_WORDS: names} if names else {}


def _assist_rule(project: Project) -> dict[str, Any]:
    """What the layer offers while somebody annotates: nothing without `[assist]`."""
    assist = project.file.assist
    return {} if assist is None else {"assist": assist.model_dump()}


def find_tasks_of(project: Project, known: Mapping[TextKey, PushedTask]) -> dict[str, int]:
    """The task of each article: that of its text as it is now, else one of an older text."""
    tasks = {row.article: row.task for row in known.values() if row.task is not None}
    if len(tasks) < len(known):
        # Only where some have several texts, all must be looked at.
        for article in project.workspace.articles.rows_if_written():
            row = known.get((article.id, article.digest))
            if row and row.task is not None:
                tasks[article.id] = row.task
    return tasks


def rule_of_schema(schema: Schema) -> dict[str, Any]:
    """What the layer holds people to: which labels a relation may join, and which version the instruction has."""
    migrated = schema.migrations.model_dump(mode="json")
    return {
        "relations": {
            each.name: {"head": [*each.head], "tail": [*each.tail], "symmetric": each.symmetric}
            for each in schema.relations
        },
        "migrations": {name: migrated.get(name, {}) for name in ("labels", "relations", "splits")},
        "instruction": digest_of(labelling_instruction(schema))[:16],
        "hidden_suggestions": [],
    }


def find_owners_layer(studio: Studio, say: Callable[[str], None] = lambda _: None) -> Layer | None:
    """The layer of that server, if we are its owner; None where there is none, or it is another's.

    Raises:
        StudioError: Its tables are of another version.
    """
    try:
        layer = find_layer(studio)
    except NotAuthorised:
        # Without roles any member pushes and pulls; the layer is the owner's.
        say(f"Only the owner of {studio.url} brings the plan there: {studio.email} is not.")
        return None
    if layer and layer.tables != SCHEMA:
        raise StudioError(
            f"the layer of {studio.url} has tables of version {layer.tables}, and this package reads {SCHEMA}",
            todo="copy the gate folder of this package to the server, and restart it; docs/deploy.md",
            where=studio.url,
        )
    return layer


def _list_looks_again(
    studio: Studio, plan: TeamPlan, tasks: Mapping[str, int], again: Iterable[AskAgainRow]
) -> list[dict[str, Any]]:
    """Readers are called by name in our files: the layer knows them by address."""
    names = annotator_names(studio.users())
    addresses = {name: normalise_email(by) for by, name in names.items() if isinstance(by, str)}
    known = {each["email"] for each in plan.people if each["role"] != _LEFT}
    return [
        {
            "task": tasks[row.article],
            "email": addresses[row.reader],
            "what": row.what,
            "why": row.why,
            "since": _utc_text(row.since),
        }
        for row in again
        if row.article in tasks and addresses.get(row.reader) in known
    ]


def _utc_text(since: str) -> str:
    return parse_instant(since).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _normal_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan as it is compared: in any order, and several things to look at again as one."""
    again: dict[tuple[str, int], list[str]] = {}
    for row in plan["again"]:
        again.setdefault((row["email"], row["task"]), []).append(row["what"])
    return {
        # Whoever left by another way than the project file is known there alone.
        "people": sorted(canonical_json(each) for each in plan["people"] if each["role"] != _LEFT),
        "assignments": sorted(map(canonical_json, plan["assignments"])),
        "again": {key: ", ".join(sorted(", ".join(what).split(", "))) for key, what in again.items()},
        "rule": plan["rule"],
    }


# --- without a layer -------------------------------------------------------------------------------------------------


def _mark_tasks(studio: Studio, number: int, marks: Mapping[int, str]) -> None:
    """Let the data of each task name its readers; those that do already are left alone."""
    # Listed to the end before any is changed: what changes would move from page to page.
    changed = [
        (row["id"], row["data"], marks.get(row["id"], ""))
        for row in studio.list_tasks(number, "id,data")
        if row["data"].get(READERS, "") != marks.get(row["id"], "")
    ]
    for task, data, mark in changed:
        change_task_data(studio, task, {**data, READERS: mark})


def _make_tabs(studio: Studio, number: int, emails: Iterable[str]) -> None:
    there = list_tabs(studio, number)
    for email in emails:
        if email not in there:
            make_tab(studio, number, email, make_filter(f"data.{READERS}", "contains", "String", f"|{email}|"))
