"""Disks that fill up in `make faults`: each verb, in each way, at some of its requests; and the table for the page."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from faulty.broken import Broken
from faulty.full_disk import CALLS, FULLNESS, SLOW, make_grounds, try_full_disk

if TYPE_CHECKING:
    from faulty.full_disk import Fullness

HEAD = """
And the disk filled up at requests of {calls} calls of the command line, evenly over all that each makes. Each file was
as before or as after, nothing half written was left, and the same command with room again made all whole.

| how the disk is full | moments | ended with a named error | did its work |
| --- | --- | --- | --- |
"""
_MOMENTS, _SLOW_MOMENTS = 2, 1


def play_full_disks(calls: tuple[str, ...] = tuple(CALLS), moments: int = _MOMENTS) -> str:
    """Play them; the table for the page. Run it in a process of its own: the watch on the disk stays for good.

    Raises:
        Broken: A file was neither as before nor as after, or a command ended in a traceback.
    """
    ends = {how: Counter[str]() for how in FULLNESS}
    with tempfile.TemporaryDirectory(prefix="full-disks-") as folder:
        grounds = make_grounds(Path(folder), calls)
        for call in calls:
            for how in FULLNESS:
                # The slow ones once, in the way in which most is left behind.
                if call not in SLOW or how == "cut":
                    most = _SLOW_MOMENTS if call in SLOW else moments
                    ends[how] += _try(grounds[call], Path(folder) / "scratch", call, how, most)
    rows = (_render(how, ends[how]) for how in FULLNESS)
    return HEAD.format(calls=len(calls)) + "".join(rows)


def _try(ground: Path, scratch: Path, call: str, how: Fullness, most: int) -> Counter[str]:
    done = try_full_disk(ground, scratch, call, how, most)
    if done.broken:
        raise Broken(done.broken[0])
    return done.ends


def _render(how: Fullness, ends: Counter[str]) -> str:
    return f"| {FULLNESS[how]} | {ends.total()} | {ends.total() - ends['done']} | {ends['done']} |\n"
