"""How long until Label Studio answers: ours with nothing, with a template, and again; beside the vendor's own start."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, Times, side_by_side, timed
from labeling.studio.server.credentials import new_credentials
from labeling.studio.server.package import make_environment
from labeling.studio.server.ports import LOOPBACK, choose_port, is_answering
from labeling.studio.server.server import start_server, stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench

_RUNS = 2  # of the warm starts
_PAUSE = 0.1  # seconds, as long as ours waits between two looks
_EMPTY = "label-studio start, empty folder"


def measure(bench: Bench) -> Iterator[Figure]:
    """The three starts of ours. The cold ones are done once: each is a minute's work."""
    folder = bench.folder / "vendor"
    with _own_cache(bench.folder / "cache"):
        bench.say("start: ours, with nothing at all")
        cold = _ours(bench, "start-0")
        bench.say("start: the vendor's, in an empty folder")
        vendor = _vendor(folder)
        yield Figure("start", "cold: template made, then started", _EMPTY, Times((cold,), (vendor,)))
        bench.say("start: ours in fresh workspaces, with the template")
        fresh = tuple(_ours(bench, f"start-{run + 1}") for run in range(_RUNS))
        yield Figure("start", "fresh workspace, with template", _EMPTY, Times(fresh, (vendor,) * _RUNS))
        bench.say("start: once more, ours and the vendor's")
        again = side_by_side(_RUNS, lambda _: _ours(bench, "start-0"), lambda _: _vendor(folder))
        yield Figure("start", "second start of a workspace", "label-studio start, same folder again", again)


@contextmanager
def _own_cache(cache: Path) -> Iterator[None]:
    """Keep the template of the user's cache out of this."""
    before = os.environ.get("LABELING_CACHE")
    os.environ["LABELING_CACHE"] = str(cache)
    try:
        yield
    finally:
        del os.environ["LABELING_CACHE"]
        if before is not None:
            os.environ["LABELING_CACHE"] = before


def _ours(bench: Bench, name: str) -> float:
    workspace = bench.project(name).workspace
    seconds = timed(lambda: start_server(workspace))
    stop_server(workspace)
    return seconds


def _vendor(data: Path) -> float:
    """The vendor's own command until it answers: with a user and settings like ours, so that it reports to nobody."""
    data.mkdir(exist_ok=True)
    at = new_credentials(choose_port(None, None))
    user = {
        "LABEL_STUDIO_USERNAME": at.email,
        "LABEL_STUDIO_PASSWORD": at.password,
        "LABEL_STUDIO_USER_TOKEN": at.api_key,
    }
    program = Path(sys.executable).parent / "label-studio"
    begun = perf_counter()
    with subprocess.Popen(
        [program, "start", "--no-browser", "--internal-host", LOOPBACK, "--port", str(at.port)],
        cwd=data,
        env=make_environment(data) | user,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait(server, f"{at.url}/health")
            return perf_counter() - begun
        finally:
            server.terminate()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    while not is_answering(url):
        if server.poll() is not None:
            raise ChildProcessError(f"label-studio start ended with status {server.returncode}")
        sleep(_PAUSE)
