"""Every mention at once: what the page waits for after a span was drawn, with eight readers at work.

The floor is the server's own: the same callers ask who they are, which takes an account and nothing else. Each asks
when the answer before has come, as people do, so that a call waits for seven others at most. 200 ms are to be enough
for 19 of 20, on two idle cores that the callers share with the server.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, Times
from labeling.studio.format.tasks import submission_of, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from benchmarks.bench import Bench

_CALLERS = 8
_ASKED = 15  # questions of each caller, in each run; each of another article
_CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="PERSON"/></Labels><Text name="text" value="$text"/></View>'
)


def measure(bench: Bench) -> Iterator[Figure]:
    """The calls of eight at once, beside the same eight asking for nothing; what 19 of 20 wait is a note."""
    callers = [bench.closing.enter_context(bench.caller()) for _ in range(_CALLERS)]
    project, questions = _prepare(bench, callers[0])
    bench.say(f"offer: {_CALLERS} callers at once")
    waits: list[float] = []

    def offers(run: int) -> float:
        def ask(number: int, place: int) -> None:
            question = questions[((run * _CALLERS + number) * _ASKED + place) % len(questions)]
            path = f"/api/ml/{project}/interactive-annotating"
            begun = perf_counter()
            callers[number].post(path, json=question).raise_for_status()
            waits.append(perf_counter() - begun)

        return _all_at_once(ask)

    def floor(_run: int) -> float:
        return _all_at_once(lambda number, _: _whoami(callers[number]))

    floor(0)
    pairs = [(offers(run), floor(run)) for run in range(bench.runs)]
    times = Times(tuple(ours for ours, _ in pairs), tuple(below for _, below in pairs))
    what, asked = f"mentions, {_CALLERS} callers at once", _CALLERS * _ASKED
    yield Figure("offer", what, "who am I, as many", times, "calls", asked)
    bench.notes.append(
        f"offer: of {len(waits)} answers to {_CALLERS} callers at once the median took {median(waits) * 1000:.0f} ms, "
        f"and 19 of 20 at most {quantiles(waits, n=20)[-1] * 1000:.0f} ms"
    )


def _all_at_once(ask: Callable[[int, int], None]) -> float:
    """The seconds in which every caller has asked so often, each of them one question after the other."""

    def work(number: int) -> None:
        for place in range(_ASKED):
            ask(number, place)

    begun = perf_counter()
    with ThreadPoolExecutor(_CALLERS) as threads:
        for done in [threads.submit(work, number) for number in range(_CALLERS)]:
            done.result()
    return perf_counter() - begun


def _whoami(caller: httpx.Client) -> None:
    caller.get("/api/current-user/whoami").raise_for_status()


def _prepare(bench: Bench, caller: httpx.Client) -> tuple[int, list[dict[str, Any]]]:
    """A project with `[assist]`, and what its page asks: of each article all spans of one label."""
    project = int(caller.post("/api/projects", json={"title": "offers", "label_config": _CONFIG}).json()["id"])
    chosen = [each for each in bench.corpus if each.said.spans][: bench.runs * _CALLERS * _ASKED]
    tasks = [task_of(each.article, [each.suggested]) for each in chosen]
    path = f"/api/projects/{project}/import?return_task_ids=true"
    numbers = caller.post(path, json=tasks).raise_for_status().json()["task_ids"]
    plan = {"people": [], "assignments": [], "again": [], "rule": {"assist": {"mentions": True, "model": True}}}
    caller.put(f"/labeling/api/projects/{project}/plan/", json=plan).raise_for_status()
    results = [submission_of(each.said, each.article)["result"] for each in chosen]
    return project, [
        {"task": task, "context": {"result": _of_one_label(rows)}} for task, rows in zip(numbers, results, strict=True)
    ]


def _of_one_label(rows: Any) -> list[Any]:  # noqa: ANN401 - JSON
    spans = [row for row in rows if row.get("type") == "labels"]
    label = spans[0]["value"]["labels"]
    return [{**row, "origin": "manual"} for row in spans if row["value"]["labels"] == label]
