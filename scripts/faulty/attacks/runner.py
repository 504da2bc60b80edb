"""The attacks played one after the other, each in a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from faulty.attacks.attack import PATIENCE, WORK, Attack, Fallen, Ground, copy_ground, make_pattern
from labeling.studio.server.server import run_embedded_server
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

    from labeling.studio.server.credentials import Credentials

_IDLE = 0.05  # seconds of work that a waiting process does
_FORK = multiprocessing.get_context("fork")


def play_all(attacks: Iterable[Attack]) -> Iterator[tuple[Attack, str]]:
    """Each attack with what came of it: empty where it was held off, else how it fell.

    Raises:
        RuntimeError: Daft is at work in this process: its threads would be missing in every fork, and be waited for.
    """
    if "daft" in sys.modules:
        raise RuntimeError("attacks are played in forks: begin in a process in which nothing has run yet")
    attacks = list(attacks)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attacks-")))
        pattern = _make_pattern_apart(folder)
        server = None
        if any(attack.server for attack in attacks):
            # Where roles hold the half of them is refused before custody has anything to see.
            server = stack.enter_context(run_embedded_server(Workspace(folder / "server"), roles=False))
        for number, attack in enumerate(attacks):
            scratch = folder / f"attack-{number}"
            yield attack, _play_apart(attack, pattern, scratch, server)
            shutil.rmtree(scratch, ignore_errors=True)


def _make_pattern_apart(folder: Path) -> Ground:
    """The pattern, made in a process of its own: threads of daft's that began here would be missing in every fork.

    What takes long to import is then imported here, once for all.
    """
    child = _FORK.Process(target=make_pattern, args=(folder / "pattern",))
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError("the workspace to attack could not be made: see above")
    copy_ground(folder / "pattern", folder / "warm")
    for verb in ("status", "adjudicate", "compile", "report"):
        Ground(folder / "warm").run(verb)
    return Ground(folder / "pattern")


def play_here(attack: Attack, pattern: Ground, scratch: Path, server: Credentials | None) -> str:
    """Play it in this process."""
    copy_ground(pattern.folder, scratch)
    try:
        attack.play(Ground(scratch, server if attack.server else None))
    except Fallen as fallen:
        return str(fallen)
    return ""


def _play_apart(attack: Attack, pattern: Ground, scratch: Path, server: Credentials | None) -> str:
    ours, theirs = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_tell, args=(theirs, attack, pattern, scratch, server))
    child.start()
    theirs.close()
    try:
        return str(ours.recv()) if _wait(ours, child.pid or 0) else f"it waits for ever, or for {PATIENCE} seconds"
    except EOFError:
        child.join()
        too_long = child.exitcode in (-signal.SIGXCPU, -signal.SIGKILL)
        return f"it took more than {WORK} seconds of work" if too_long else f"the process died: {child.exitcode}"
    finally:
        child.kill()
        child.join()
        ours.close()


def _wait(ours: Connection, pid: int) -> bool:
    """Whether word comes; not while the process does nothing for as long as that, however busy the machine is."""
    worked = -1.0
    while not ours.poll(PATIENCE):
        process = psutil.Process(pid)
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        work = sum(each.user + each.system for each in times)
        if work <= worked + _IDLE:
            return False
        worked = work
    return True


def _tell(told: Connection, attack: Attack, pattern: Ground, scratch: Path, server: Credentials | None) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (WORK, WORK + 1))
    try:
        told.send(play_here(attack, pattern, scratch, server))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what came of the attack
        last = traceback.extract_tb(error.__traceback__)[-1]
        told.send(f"{type(error).__name__}: {str(error)[:100]} ({Path(last.filename).name}:{last.lineno})")
