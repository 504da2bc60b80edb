"""A team on a server of ours with roles: an owner, readers with accounts and keys of their own, and who reads what."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Iterator, Sequence

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
    """A server, and whoever has an account on it."""

    server: Credentials
    owner: Member
    members: dict[str, Member]
    trust: ssl.SSLContext | None = None

    def reader(self, name: str) -> Member:
        """The member of that name; signed up when it is first asked for."""
        if name not in self.members:
            email = f"{name}.in.team@team.example"
            key = _sign_up(self.owner.calls, email, self.trust)
            self.members[name] = _member(self.server, email, key, self.trust)
        return self.members[name]

    def project(self, articles: int, **settings: Any) -> tuple[int, list[int]]:
        """A new project with so many articles: its number, and those of its tasks."""
        body = {"title": "a team's", "label_config": CONFIG, **settings}
        project = int(self.owner.calls.post("/api/projects", json=body).json()["id"])
        return project, self.more(project, articles)

    def more(self, project: int, articles: int) -> list[int]:
        """So many further articles of a project: the numbers of their tasks."""
        rows = [{"data": {"text": TEXT.format(n), "article": f"a{n}"}} for n in range(articles)]
        asked = self.owner.calls.post(
            f"/api/projects/{project}/import", params={"return_task_ids": "true"}, json=rows
        ).raise_for_status()
        return list(asked.json()["task_ids"])

    def plan(
        self,
        project: int,
        reads: dict[str, Sequence[int]],
        rule: dict[str, Any] | None = None,
        *,
        gold: Collection[int] = (),
        leads: Collection[str] = (),
    ) -> None:
        """Let members read tasks, in this order, and others decide; a name alone is that of somebody without a task."""
        # Whoever signed up by an invitation is confirmed.
        people = [{"email": self.reader(name).email, "role": "reader"} for name in reads]
        people += [{"email": self.reader(name).email, "role": "adjudicator"} for name in leads]
        rows = [
            {
                "task": task,
                "email": self.reader(name).email,
                "part": "gold question" if task in gold else "first",
                "order": place,
            }
            for name in reads
            for place, task in enumerate(reads[name])
        ]
        self._bring(project, {"people": people, "assignments": rows, "again": [], "rule": rule or {}})

    def ask_again(self, project: int, name: str, task: int, what: str, why: str) -> None:
        """Let a member look at a task again."""
        plan = self.owner.calls.get(_plan(project)).json()
        row = {"task": task, "email": self.reader(name).email, "what": what, "why": why}
        self._bring(project, {**plan, "again": [*plan["again"], row]})

    def kept(self, project: int, kind: str, task: int) -> list[dict[str, Any]]:
        """What the layer kept of a task: `first`, `refused` or `served`."""
        asked = self.owner.calls.get(f"/labeling/api/projects/{project}/kept/", params={"kind": kind})
        return [row for row in asked.raise_for_status().json()["rows"] if row["task"] == task]

    def _bring(self, project: int, plan: dict[str, Any]) -> None:
        self.owner.calls.put(_plan(project), json=plan).raise_for_status()


@contextmanager
def gather_team(server: Credentials, trust: ssl.SSLContext | None = None) -> Iterator[Team]:
    """The team of a server; further members are signed up on the way."""
    team = Team(server, _member(server, server.email, server.api_key, trust), {}, trust)
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


def _sign_up(owner: httpx.Client, email: str, trust: ssl.SSLContext | None) -> str:
    """Let somebody in by the owner's invitation, as a browser does; who has an account logs in. Their key."""
    invited = owner.post("/labeling/api/invitations/", json={"email": email, "project": 0}).raise_for_status().json()
    origin = str(owner.base_url).rstrip("/")
    with httpx.Client(base_url=origin, timeout=60, trust_env=False, verify=trust or True) as browser:
        path = invited.get("url", "/user/login/")
        seal = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
        form = {"csrfmiddlewaretoken": seal.group(1) if seal else "", "email": email, "password": PHRASE}
        entered = browser.post(path, data=form, headers={"Origin": origin, "Referer": f"{origin}{path}"})
        assert entered.is_redirect, entered.text
        return str(browser.get("/api/current-user/token").json()["token"])


def _plan(project: int) -> str:
    return f"/labeling/api/projects/{project}/plan/"


def _member(server: Credentials, email: str, key: str, trust: ssl.SSLContext | None) -> Member:
    headers = {"Authorization": f"Token {key}"}
    calls = httpx.Client(base_url=server.url, headers=headers, timeout=60, trust_env=False, verify=trust or True)
    return Member(int(calls.get("/api/current-user/whoami").json()["id"]), email, key, calls)
