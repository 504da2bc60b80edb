"""The flow of `suggest` and `predict` on Ray, its memory, and what a killed run costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.figures import Figure, Times
from benchmarks.newswire import labelled
from benchmarks.predicting import make_model
from benchmarks.remembering import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench

_FEW, _MANY = 10, 100  # times as many articles as in other sections
_LOOK = 0.1  # seconds between two looks at the memory

# In a process of its own: Daft keeps to the runner that it was first given.
_ON_RAY = """
import sys, time
from pathlib import Path
from labeling.project import load_project
from labeling.suggestions.suggester import order_suggestions, read_suggestion_settings
from labeling.training.predict import order_predictions
from labeling.workspace.flow.article_batches import plan_batches
from labeling.workspace.flow.article_flow import FlowPlace, write_flow

root, model, workers = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
project = load_project(workspace=root)
suggestions = order_suggestions(project.schema, read_suggestion_settings(project))
order = order_predictions(Path(model)) if model else suggestions
marks = []
place = FlowPlace("local", workers, lambda done, total: marks.append((done, time.perf_counter())))
write_flow(root / "flow.jsonl", plan_batches(project.workspace.articles), order, place)
# From the first batch on: by then every worker has loaded what it needs.
(first, begun), (last, ended) = marks[workers], marks[-1]
print((ended - begun) / (last - first))
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """Two workers beside one, each on one thread; then, as notes, peaks of memory and a run that is killed once."""
    project, count = bench.ingested("flow"), bench.articles
    model = make_model(bench.folder / "flow-model", project)
    for verb, path in (("suggest", ""), ("predict", str(model))):
        bench.say(f"flow: {verb} on Ray, two workers and one")
        pairs = [
            (_on_ray(project.workspace.root, path, 2), _on_ray(project.workspace.root, path, 1))
            for _ in range(bench.runs)
        ]
        ours, floor = zip(*pairs, strict=True)
        times = Times(tuple(count * each for each in ours), tuple(count * each for each in floor))
        yield Figure("flow", f"{verb}, two workers on Ray", "one worker on Ray", times, "articles", count)
    told = [_remember(bench, times) for times in (_FEW, _MANY)]
    bench.notes.append(
        "peak memory of `labeling suggest`, all its processes together: "
        + ", ".join(f"{peak / MEGABYTE:,.0f} MB for {articles:,} articles" for articles, peak in told)
    )
    bench.notes.append(_kill_once(bench))


def _on_ray(root: Path, model: str, workers: int) -> float:
    """The seconds that an article takes."""
    done = subprocess.run(
        [sys.executable, "-c", _ON_RAY, str(root), model, str(workers)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())},
    )
    return float(done.stdout.split()[-1])


def _remember(bench: Bench, times: int) -> tuple[int, int]:
    """How many articles there were, and the most memory that `suggest` took."""
    count = times * bench.articles
    bench.say(f"flow: memory of {count:,} articles")
    project = bench.project(f"flow-{count}")
    project.workspace.articles.write_sorted(each.article for each in labelled(count))
    return count, peak_of_tree(_command(project.workspace.root))


def _kill_once(bench: Bench) -> str:
    """Kill a run of the fewer articles in its middle and run it again: the same bytes, and how much was done twice."""
    root = bench.folder / f"flow-{_FEW * bench.articles}"
    whole = (root / "suggestions.jsonl").read_bytes()
    begun = time.perf_counter()
    subprocess.run(_command(root), check=True, stdout=subprocess.DEVNULL)
    through = time.perf_counter() - begun
    begun = time.perf_counter()
    with psutil.Popen(_command(root), stdout=subprocess.DEVNULL) as child:
        time.sleep(through / 2)
        child.kill()
    subprocess.run(_command(root), check=True, stdout=subprocess.DEVNULL)
    cut = time.perf_counter() - begun
    same = "the same bytes" if (root / "suggestions.jsonl").read_bytes() == whole else "OTHER BYTES"
    return f"`labeling suggest` killed in its middle and run again: {same}, in {cut / through:.2f} times as long"


def _command(root: Path) -> list[str]:
    return [sys.executable, "-m", "labeling", "--workspace", str(root), "suggest"]


def peak_of_tree(command: list[str]) -> int:
    """The largest sum of the resident sets of a command and all that it started, in bytes; looked at now and then.

    Pages that two of them share count twice.
    """
    peak = 0
    with psutil.Popen(command, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            with suppress(psutil.Error):
                tree = [child, *child.children(recursive=True)]
                peak = max(peak, sum(process.memory_info().rss for process in tree))
            time.sleep(_LOOK)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return peak
