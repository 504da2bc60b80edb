"""A team on a server of ours with roles: an owner, readers with accounts and keys of their own, and who reads what."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from labeling.studio.api.signup import add_user
from labeling.studio.server.package import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

PHRASE = "a long pass phrase"
CONFIG = """<View>
  <Relations><Relation value="MET"/></Relations>
  <Labels name="label" toName="text">
    <Label value="PERSON" hotkey="p"/><Label value="PLACE" hotkey="l"/>
  </Labels>
  <Text name="text" value="$text" granularity="symbol" showLabels="true"/>
</View>"""
# "Anna met Bob in Rome 3."
TEXT = "Anna met Bob in Rome {}."
ANNA, BOB, ROME = (0, 4, "PERSON"), (9, 12, "PERSON"), (16, 20, "PLACE")
MET = {"MET": {"head": ["PERSON"], "tail": ["PERSON"], "symmetric": False}}


@dataclass(frozen=True)
class Member:
    """Somebody with an account: their number, e-mail, and a client that has their key."""

    number: int
    email: str
    key: str
    calls: httpx.Client = field(repr=False)

    def next(self, project: int) -> httpx.Response:
        """What the page's button asks."""
        where: dict[str, Any] = {"id": "next_task", "project": project}
        return self.calls.post("/api/dm/actions", params=where, json={"project": project})

    def submit(self, task: int, *regions: Any, **more: Any) -> httpx.Response:
        """Send an annotation as the page does."""
        return self.calls.post(
            f"/api/tasks/{task}/annotations", json={"result": list(regions), "lead_time": 5.0, **more}
        )

    def own(self, task: int) -> list[Any]:
        """The annotations of a task that this member is shown."""
        return list(self.calls.get(f"/api/tasks/{task}").json()["annotations"])

    def drafts(self, task: int) -> list[Any]:
        """The drafts of a task that this member is shown."""
        return list(self.calls.get(f"/api/tasks/{task}").json()["drafts"])


@dataclass(frozen=True)
class Team:
    """A server, whoever made it, and its database."""

    server: Credentials
    database: Path
    owner: Member
    members: dict[str, Member]

    def reader(self, name: str) -> Member:
        """The member of that name; signed up when it is first asked for."""
        if name not in self.members:
            email = f"{name}@team.example"
            key = add_user(self.server, email, PHRASE)
            self.members[name] = _member(self.server.url, email, key)
        return self.members[name]

    def project(self, articles: int, **settings: Any) -> tuple[int, list[int]]:
        """A new project with so many articles: its number, and those of its tasks."""
        body = {"title": "a team's", "label_config": CONFIG, **settings}
        project = int(self.owner.calls.post("/api/projects", json=body).json()["id"])
        rows = [{"data": {"text": TEXT.format(n), "article": f"a{n}"}} for n in range(articles)]
        asked = self.owner.calls.post(
            f"/api/projects/{project}/import", params={"return_task_ids": "true"}, json=rows
        ).raise_for_status()
        return project, list(asked.json()["task_ids"])

    def plan(self, project: int, reads: dict[str, Sequence[int]], rule: dict[str, Any] | None = None) -> None:
        """Let members read tasks, in this order; a name alone is that of somebody confirmed with nothing to read."""
        rows = [
            (project, task, f"{name}@team.example", "first", n) for name in reads for n, task in enumerate(reads[name])
        ]
        people = [(project, f"{name}@team.example", "reader", self.reader(name).number) for name in reads]
        self.write(
            ("DELETE FROM labeling_assignment WHERE project = ?", [(project,)]),
            ("DELETE FROM labeling_person WHERE project = ?", [(project,)]),
            ("INSERT INTO labeling_assignment (project, task, email, part, position) VALUES (?, ?, ?, ?, ?)", rows),
            ("INSERT INTO labeling_person (project, email, role, account) VALUES (?, ?, ?, ?)", people),
            (
                "INSERT OR REPLACE INTO labeling_rule (project, value) VALUES (?, ?)",
                [(project, json.dumps(rule or {}))],
            ),
        )

    def ask_again(self, project: int, name: str, task: int, what: str, why: str) -> None:
        """Let a member look at a task again."""
        row = (project, task, f"{name}@team.example", what, why)
        self.write(("INSERT INTO labeling_again (project, task, email, what, why) VALUES (?, ?, ?, ?, ?)", [row]))

    def write(self, *statements: tuple[str, list[tuple[Any, ...]]]) -> None:
        """Write into the layer's tables."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            for statement, rows in statements:
                connection.executemany(statement, rows)

    def kept(self, table: str, task: int) -> list[dict[str, Any]]:
        """What one of the layer's tables has of a task."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table} WHERE task = ?", [task])]  # noqa: S608 - names of ours


@contextmanager
def gather_team(server: Credentials, root: Path) -> Iterator[Team]:
    """The team of a server whose files lie in ``root``, a workspace; further members are signed up on the way."""
    team = Team(server, root / "studio" / "data" / DATABASE, _member(server.url, server.email, server.api_key), {})
    # The layer makes its tables when it first meets somebody who is not the owner.
    team.reader("ana").next(0)
    yield team
    for member in (team.owner, *team.members.values()):
        member.calls.close()


def span(name: str, place: tuple[int, int, str]) -> dict[str, Any]:
    """A region as the page sends it."""
    start, end, label = place
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value, "origin": "manual"}


def relation(head: str, tail: str, *names: str, direction: str = "right") -> dict[str, Any]:
    """A relation as the page sends it."""
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": direction, "labels": list(names)}


def _member(url: str, email: str, key: str) -> Member:
    calls = httpx.Client(base_url=url, headers={"Authorization": f"Token {key}"}, timeout=60, trust_env=False)
    return Member(int(calls.get("/api/current-user/whoami").json()["id"]), email, key, calls)
