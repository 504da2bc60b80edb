"""One push or pull in a process of its own, to be killed.

It says `ready` on stdout when the work begins, and in the end how much memory it had at most.

python scripts/faulty/run.py push|pull|changes|idle CONFIG WORKSPACE BATCH PATIENCE

The server is the one in LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY.
"""

from __future__ import annotations

import sys
from pathlib import Path

from labeling.project import load_project
from labeling.studio.api import client
from labeling.studio.api.connect import connect
from labeling.studio.sync import push_delivery
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, push


def main() -> None:
    """Do it."""
    verb, config, workspace, batch, patience = sys.argv[1:]
    project = load_project(Path(config), Path(workspace))
    push_delivery.MOST_TASKS = client.MOST_NUMBERS = int(batch)
    # What the first connection loads is loaded before the clock starts.
    with connect(project.workspace):
        print("ready", flush=True)
    if verb == "push":
        push(project, pace=Pace(wait=120, patience=float(patience)))
    elif verb != "idle":
        pull(project, changes=verb == "changes", wait=120)
    # The kernel's own count of this program's memory: what the parent held when it began is not in it.
    print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))


if __name__ == "__main__":
    main()
