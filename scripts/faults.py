"""All faults, on a real server of their own, and all attacks; what happened goes to docs/faults.md and docs/attacks.md.

    python scripts/faults.py [--seed N] [--only NAME]... [--times N] [--damages N] [--no-docs]

Ends with status 1 at the first promise that is broken. Everything is repeatable but for the machine's own timing.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from faulty.attacks.attack import make_pattern
from faulty.attacks.page import PAGE, render_attacks, render_counts
from faulty.attacks.register import ATTACKS
from faulty.attacks.runner import play_all
from faulty.broken import Broken
from faulty.damages import play_damages
from faulty.full_disk_rows import play_full_disks
from faulty.odd_texts import play_odd_texts
from faulty.scenarios import SCENARIOS, played
from faulty.stage import Stage
from faulty.worker_deaths import TIMES, play_deaths

from labeling.studio.server.server import run_embedded_server
from labeling.workspace.storage import write_text
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from faulty.scenarios import Outcome

DOCS = Path(__file__).parents[1] / "docs" / "faults.md"
HEAD = """\
# Faults

What `make faults` did to a push and a pull on a real Label Studio, and what came of it. Each ended with two questions,
asked of the server past our own client: is every article there exactly once, with its text and its suggestion? Do our
files hold every annotation that the server acknowledged, once, as it was drawn? The answer was yes each time; the run
stops at the first no. `make test` plays a few of them, with other moments.

| fault | times | what happened | each article once | no annotation lost |
| --- | --- | --- | --- | --- |
"""
WORKERS_HEAD = """
And what it did to a compile by several processes, with two other questions: is the death an error of ours that says
what to do? Is nothing left running?

| fault | times | what happened | a named error | nothing left running |
| --- | --- | --- | --- | --- |
"""
FOOT = """
## How

* Every batch is written down before it is sent and after its answer has come. After a crash, or a lost answer, the
  next push asks the server for the articles in doubt, and waits for a request that may still be at work there.
* What only reads is tried again, at most twice, when the server or a proxy answers 429, 502, 503 or 504 or the
  connection is lost: after one and two seconds, or when `Retry-After` says (a minute at most).
* Nothing that writes is ever tried again by itself. At its end a push compares the server's counts with its own: what
  was carried out twice on the way is found, and the copy in which nobody has worked is removed.
* A pull replaces its files one after the other, each as a whole, and the watermark last: without one, the next pull
  fetches everything. Its rows are compared with the server's counts, and an answer that is short is refused.
* Each worker process of a compile has a pipe of its own. Its death closes the pipe, whatever the worker was doing, and
  the others are killed with it.
* A lock keeps two commands from writing to one workspace; the system lets go of it when a process dies.

## What is left

* Label Studio offers no key by which a project could be made once: when the answer to its creation is lost, an empty
  project stays on the server beside the one that is used.
* Label Studio on SQLite loses what an import brings besides the tasks, when its database is locked at that moment: it
  tries again with tasks that it has emptied. A push counts suggestions and sends what is missing once more; a
  restoration counts annotations and is refused. PostgreSQL does not lock so.
* A copy is removed a moment after it was seen to be empty. Who opens just that copy in that moment finds it gone.
* Instants (`updated`) are the server's own: in a restored project they are those of the restoration.
"""


WORKERS, UPON, DAMAGE, DISKS, TEXTS = "worker killed", "attacks", "damages", "full disks", "odd texts"
PARTS = (*SCENARIOS, WORKERS, UPON, DAMAGE, DISKS, TEXTS)
DAMAGES = 200
DAMAGED = """
Besides, files of such a workspace were damaged as chance had it, {many} times of the {all} that all verbs, files and
ways to damage them make: absent, empty, cut in mid-line, a folder, a link to itself, a pipe, of another version, nested
absurdly, other bytes. The verb ended with a named error {named} times and did its work {well} times; never with a
traceback, and never with a file half written.
"""


@click.command()
@click.option("--seed", default=1, show_default=True, help="Other moments, other fates.")
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Not all of them.")
@click.option("--times", type=int, help="How often each, in place of as often as it is meant.")
@click.option("--damages", default=DAMAGES, show_default=True, help="How many damages to files; 0 are all there are.")
@click.option("--no-docs", is_flag=True, help="Leave the pages as they are.")
def main(seed: int, only: tuple[str, ...], times: int | None, damages: int, *, no_docs: bool) -> None:
    """Play them all."""
    for name in [name for name in os.environ if name.startswith("LABEL_STUDIO_")]:
        del os.environ[name]
    chosen = only or PARTS
    deaths = [_report(WORKERS, partial(play_deaths, times or TIMES))] if WORKERS in chosen else []
    outcomes = _play(seed, [name for name in SCENARIOS if name in chosen], times)
    if UPON in chosen:
        _apart(UPON, _attack)
    damaged = _apart(DAMAGE, _damage, seed, damages) if DAMAGE in chosen else ""
    full = _apart(DISKS, play_full_disks) if DISKS in chosen else ""
    odd = _apart(TEXTS, play_odd_texts) if TEXTS in chosen else ""
    if not no_docs:
        tables = [HEAD, *(each.row for each in outcomes), WORKERS_HEAD, *(each.row for each in deaths)]
        write_text(DOCS, "".join([*tables, render_counts(), damaged, full, odd, FOOT]))
        write_text(PAGE, render_attacks())


def _apart(name: str, play: Callable[..., str], *words: object) -> str:
    """Play it in a fresh process; end with status 1 when a promise is broken.

    Attacks are played in forks, and a fork lacks the threads that whatever was played before it left running.
    """
    began = time.monotonic()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            told = pool.submit(play, *words).result()
        except Broken as broken:
            print(f"BROKEN  {name}: {broken}", file=sys.stderr)
            sys.exit(1)
    print(f"held  {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return told


def _attack() -> str:
    """Play every attack.

    Raises:
        Broken: One is not held off.
    """
    fallen = 0
    for attack, fell in play_all(ATTACKS):
        fallen += bool(fell)
        if fell:
            print(f"BROKEN  {attack.group}: {attack.name}: {fell}", file=sys.stderr, flush=True)
    if fallen:
        raise Broken(f"{fallen} of {len(ATTACKS)} are not held off")
    return ""


def _damage(seed: int, many: int) -> str:
    """Damage files of a workspace as chance has it; the sentence for the page."""
    with tempfile.TemporaryDirectory(prefix="damages-") as folder:
        kept = make_pattern(Path(folder) / "kept")
        (kept.wire / "a.jsonl").write_text('{"id": "n", "text": "News."}\n', encoding="utf-8")
        chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        ends, there_are = play_damages(kept.workspace, Path(folder) / "scratch", many or None, chance)
    well = ends.pop("done")
    return DAMAGED.format(many=well + ends.total(), all=there_are, named=ends.total(), well=well)


def _play(seed: int, names: list[str], times: int | None) -> list[Outcome]:
    """The scenarios of those names, on a server of their own; without names no server is started."""
    if not names:
        return []
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        run_embedded_server(Workspace(Path(folder) / "server")) as server,
    ):
        stage = Stage(Path(folder), server, random.Random(seed))  # noqa: S311 - repeatable on purpose
        return [_report(name, partial(played, stage, name, times)) for name in names]


def _report(name: str, play: Callable[[], tuple[Outcome, float]]) -> Outcome:
    """Play it and print the outcome; end with status 1 when a promise is broken."""
    try:
        outcome, seconds = play()
    except Broken as broken:
        print(f"BROKEN  {name}: {broken}", file=sys.stderr)
        sys.exit(1)
    print(f"held  {outcome.fault}: {outcome.times} times, {outcome.happened} ({seconds:.0f} s)", flush=True)
    return outcome


if __name__ == "__main__":
    main()
