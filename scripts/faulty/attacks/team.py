"""A small project on the server with two annotators, as the attacks on words, answers and pushes need it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from faulty.attacks.attack import CONFIG, write_words
from labeling.studio.api.signup import add_user

if TYPE_CHECKING:
    from faulty.attacks.attack import Ground

PHRASE = "a long pass phrase"
TEXTS = {f"wire/{number}": f"Anna met Carl in Oslo, number {number}." for number in range(3)}


@dataclass
class Team:
    """The keys of ana, ben and the owner, and the tasks by article."""

    ground: Ground
    keys: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    project: int = 0

    def call(self, who: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the server as somebody, past our client."""
        headers = {"Authorization": f"Token {self.keys[who]}"}
        url = f"{self.ground.server.url}{path}"
        answer = httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def submit(self, who: str, article: str, words: list[dict[str, Any]], **fields: object) -> int:
        """File an annotation; its number."""
        path = f"/api/tasks/{self.tasks[article]}/annotations/"
        return int(self.call(who, "POST", path, {"result": words, **fields})["id"])

    def user(self, who: str) -> int:
        """The server's number of somebody."""
        users = self.call("owner", "GET", "/api/users/")
        return next(int(one["id"]) for one in users if one["email"] == f"{who}@example.org")

    def export(self) -> list[dict[str, Any]]:
        """The tasks with their annotations, as they are."""
        path = f"/api/projects/{self.project}/export?exportType=JSON&download_all_tasks=true"
        return list(self.call("owner", "GET", path))


def span(start: int, label: str = "PERSON", article: str = "wire/0") -> dict[str, Any]:
    """A span of four letters as the page stores it: 0 is Anna, 9 is Carl."""
    value = {"start": start, "end": start + 4, "text": TEXTS[article][start : start + 4], "labels": [label]}
    kind = {"from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}
    return {"id": f"s{start}", "value": value, **kind}


def found_team(ground: Ground, *, users: bool = True, schema: str = "") -> Team:
    """Push three articles to a project of their own; ana and ben have accounts where ``users`` are asked for.

    ``schema`` is the project file, in place of the one that is shipped.
    """
    shutil.rmtree(ground.workspace)
    ground.config.write_text(schema or CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
    lines = [{"id": name, "text": text} for name, text in TEXTS.items()]
    ground.done("ingest", write_words(ground, "articles.jsonl", lines))
    ground.done("push")
    team = Team(ground, {"owner": ground.server.api_key})
    for who in ("ana", "ben") if users else ():
        team.keys[who] = add_user(ground.server, f"{who}@example.org", PHRASE)
    team.project = json.loads((ground.workspace / "studio.json").read_bytes())["project"]
    team.tasks = {row["data"]["article"]: row["id"] for row in team.export()}
    return team
