"""What the layer costs: the owner's submit and export through it beside the same where roles do not hold.

Both ratios are to be at most 1.05. Requests go to the two servers in turn, one by one, so that what else the machine
does is in both. A reader's way to their next article is stated beside the owner's on a server without roles.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, Times
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import submission_of, task_of
from labeling.studio.server.server import run_embedded_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from benchmarks.bench import Bench
    from labeling.studio.server.credentials import Credentials

_SUBMITTED = 60  # of each run; one takes about a tenth of a second
_EXPORTED = 8
_ASKED = 30
_TASKS = 300  # of each project that are annotated
_BARE = 300  # that nobody has: they are submitted on, and asked for
_CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="PERSON"/></Labels><Text name="text" value="$text"/></View>'
)


@dataclass(frozen=True)
class _Side:
    """A server with a project of annotated and bare tasks."""

    caller: httpx.Client
    project: int
    tasks: list[int]

    def seconds(self, method: str, path: str, **sent: Any) -> float:  # noqa: ANN401 - httpx's arguments
        """How long one request takes, until its last byte."""
        begun = perf_counter()
        answer = self.caller.request(method, path, **sent)
        took = perf_counter() - begun
        answer.raise_for_status()
        return took


def measure(bench: Bench) -> Iterator[Figure]:
    """Submit, export and next task, each request on one server and then on the other."""
    bench.say("layer: a second Label Studio, without roles")
    with ExitStack() as closing:
        plain_server = closing.enter_context(run_embedded_server(bench.project("equals").workspace, roles=False))
        ours, plain = (_side(bench, server, closing) for server in (bench.server, plain_server))
        bench.say("layer: submitting, exporting, asking for the next task")
        body = submission_of(bench.corpus[0].said, bench.corpus[0].article)

        def submit(side: _Side, number: int) -> float:
            return side.seconds(
                "POST", f"/api/tasks/{side.tasks[_TASKS + number % (_BARE - _ASKED)]}/annotations", json=body
            )

        def export(side: _Side, _: int) -> float:
            return side.seconds("GET", f"/api/projects/{side.project}/export?exportType=JSON&download_all_tasks=true")

        def ask(side: _Side, _: int) -> float:
            return side.seconds("POST", f"/api/dm/actions?id=next_task&project={side.project}", json={})

        beside = "the same without roles"
        times = _in_turn(bench.runs, _SUBMITTED, submit, ours, plain)
        yield Figure("layer", "the owner's submit", beside, times, "annotations", _SUBMITTED)
        times = _in_turn(bench.runs, _EXPORTED, export, ours, plain)
        yield Figure("layer", "the owner's export", beside, times, "exports", _EXPORTED)
        reader = _reader(bench, ours, closing)
        yield Figure(
            "layer", "a reader's next", "the owner's, no roles", _in_turn(bench.runs, _ASKED, ask, reader, plain)
        )


def _in_turn(runs: int, times: int, ask: Callable[[_Side, int], float], ours: _Side, plain: _Side) -> Times:
    """The seconds of so many requests to each side, one to each in turn, and who goes first alternates."""
    both: tuple[list[float], list[float]] = ([], [])
    for run in range(runs):
        spent = [0.0, 0.0]
        for number in range(times):
            order = (0, 1) if number % 2 else (1, 0)
            for side in order:
                spent[side] += ask((ours, plain)[side], run * times + number)
        both[0].append(spent[0])
        both[1].append(spent[1])
    return Times(tuple(both[0]), tuple(both[1]))


def _side(bench: Bench, server: Credentials, closing: ExitStack) -> _Side:
    caller = closing.enter_context(_caller(server.url, server.api_key))
    made = caller.post("/api/projects", json={"title": "layer", "label_config": _CONFIG}).json()["id"]
    articles = [bench.corpus[number % len(bench.corpus)] for number in range(_TASKS + _BARE)]
    tasks = [task_of(each.article, [each.suggested]) for each in articles]
    for task, each in zip(tasks[:_TASKS], articles[:_TASKS], strict=True):
        task["annotations"] = [submission_of(each.said, each.article)]
    brought = caller.post(f"/api/projects/{made}/import?return_task_ids=true", json=tasks).json()
    return _Side(caller, made, brought["task_ids"])


def _reader(bench: Bench, side: _Side, closing: ExitStack) -> _Side:
    key = add_user(bench.server, "reader@bench.example", "a long pass phrase")
    return replace(side, caller=closing.enter_context(_caller(bench.server.url, key)))


def _caller(url: str, key: str) -> httpx.Client:
    import httpx

    return httpx.Client(base_url=url, headers={"Authorization": f"Token {key}"}, timeout=900, trust_env=False)
