"""A server that lies: what it sends twice, in other forms, without an end, or to the terminal."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from faulty.attacks.attack import Attack, insist
from faulty.attacks.team import found_team, span
from faulty.door import door

if TYPE_CHECKING:
    from collections.abc import Callable

    from faulty.attacks.attack import Ground

GROUP = "a server that lies"
_NAME = "wire/0"


def _annotated(**fields: object) -> Callable[[list[Any]], object]:
    """The annotation has these fields instead."""

    def lie(tasks: list[Any]) -> list[Any]:
        for task in tasks:
            for annotation in task["annotations"]:
                annotation.update(fields)
        return tasks

    return lie


def _tasks(**fields: object) -> Callable[[list[Any]], object]:
    return lambda tasks: [task | fields for task in tasks]


def _twice_in(tasks: list[Any]) -> list[Any]:
    for task in tasks:
        task["annotations"] *= 2
    return tasks


def _in_all(tasks: list[Any]) -> list[Any]:
    drawn = [one for task in tasks for one in task["annotations"]]
    return [task | {"annotations": copy.deepcopy(drawn)} for task in tasks]


_ESCAPES = "\x1b[2J\x9b31m\u202eevil\x07"
_EXPORTS: dict[str, Callable[[list[Any]], object]] = {
    "each task is sent twice": lambda tasks: tasks + copy.deepcopy(tasks),
    "each annotation is sent twice": _twice_in,
    "each task has the annotations of all": _in_all,
    "only one task is sent": lambda tasks: tasks[:1],
    "nothing is sent": lambda _: [],
    "an object is sent": lambda tasks: {"tasks": tasks},
    "null is sent": lambda _: None,
    "numbers are sent": lambda _: [1, 2, 3],
    "the tasks have no annotations": lambda tasks: [{k: v for k, v in t.items() if k != "annotations"} for t in tasks],
    "the annotations are an object": _tasks(annotations={"id": 1}),
    "the tasks' numbers are words": _tasks(id="one"),
    "the tasks' numbers are lists": _tasks(id=[1]),
    "the tasks' numbers have 400 figures": _tasks(id=10**400),
    "the tasks' data is a word": _tasks(data="x"),
    "the tasks' text is another": _tasks(data={"article": _NAME, "text": "Another text."}),
    "the annotation's number is a word": _annotated(id="one"),
    "the annotation's number is a fraction": _annotated(id=1.5),
    "the annotator is a list": _annotated(completed_by=[1]),
    "the annotator is nobody": _annotated(completed_by=10**9),
    "the result is a word": _annotated(result="x"),
    "the result is nested 200 deep": _annotated(result=json.loads("[" * 200 + "]" * 200)),
    "a span from minus one": _annotated(result=[span(0) | {"value": {"start": -1, "end": 3, "labels": ["PERSON"]}}]),
    "a label with escapes": _annotated(result=[span(0, f"{_ESCAPES}")]),
    "an id with escapes": _annotated(result=[span(0) | {"id": _ESCAPES}]),
    "the instant is a word": _annotated(updated_at="yesterday", created_at="never"),
}


def _exported(name: str) -> Attack:
    def play(ground: Ground) -> None:
        team = found_team(ground, users=False)
        number = team.submit("owner", _NAME, [span(0)])
        lie = json.dumps(_EXPORTS[name](team.export())).encode()
        with door(ground.server, lambda _: "pass", {"/export": lie}) as liar:
            told = ground.run("pull", server=liar).told
        _see_harmless(told, ground.server.api_key)
        numbers = [row["server_id"] for row in ground.rows("annotations.jsonl")]
        insist(numbers.count(number) < 2, "an annotation counts twice")  # noqa: PLR2004

    return Attack(GROUP, f"`pull`: {name}", "once or never, or an error of ours; nothing to the terminal", play, True)


def _see_harmless(told: str, key: str) -> None:
    strange = sorted({repr(each) for each in told if not each.isprintable() and each != "\n"})
    insist(not strange, f"the terminal is told {', '.join(strange)}")
    insist(key not in told, "the key is told")


_ANSWERS: dict[str, tuple[str, str]] = {
    "its version has escapes": ("/api/version", json.dumps({"release": _ESCAPES, "label-studio-os-package": {}})),
    "its version has our key": ("/api/version", '{"release": "%KEY%"}'),
    "its users have escapes": ("/api/users/", json.dumps([{"id": 1, "email": f"{_ESCAPES}@x.org"}])),
    "its users have our key": ("/api/users/", '[{"id": 1, "email": "%KEY%@x.org"}]'),
    "its users have no numbers": ("/api/users/", '[{"email": "a@x.org"}]'),
    "its users' numbers are words": ("/api/users/", '[{"id": "one", "email": "a@x.org"}]'),
    "its users are nested 100,000 deep": ("/api/users/", "[" * 100_000),
    "its users are a page of the web": ("/api/users/", "<html>"),
    "its user is null": ("/whoami", "null"),
    "its user has escapes": ("/whoami", json.dumps({"id": 1, "email": _ESCAPES})),
    "its tasks have no end": ("/api/tasks/", json.dumps({"tasks": [{"id": 1}], "total": 10**9})),
    "its tasks are numbers": ("/api/tasks/", json.dumps({"tasks": [7], "total": 1})),
    "its count of tasks is a word": ("/api/tasks/", json.dumps({"tasks": [], "total": "many"})),
}


def _answered(name: str, verb: str) -> Attack:
    ending, lie = _ANSWERS[name]

    def play(ground: Ground) -> None:
        found_team(ground, users=False)
        body = lie.replace("%KEY%", ground.server.api_key).encode()
        with door(ground.server, lambda _: "pass", {ending: body}) as liar:
            told = ground.run(verb, server=liar).told
        _see_harmless(told, ground.server.api_key)

    return Attack(
        GROUP, f"`{verb}`: {name}", "an error of ours, or the work is done; nothing to the terminal", play, True
    )


ATTACKS = (
    *(_exported(name) for name in _EXPORTS),
    *(_answered(name, verb) for name in _ANSWERS for verb in ("doctor", "pull", "status")),
)
