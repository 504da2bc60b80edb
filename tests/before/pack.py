"""How `kept.tar.xz` was made: a workspace of the samples as the code of commit 1c51789 left it, its server and all.

    python tests/before/pack.py FOLDER --code TREE

TREE must be a checkout of that commit: people sign up and annotate by its demo. What is packed: the workspace, with one
dataset, one model of `tiny.cfg`, and the stopped server's folder, whose passwords are of no other; `predictions.jsonl`,
what the model says of each article; and what some commands said, each in a file of its name. It stands here as the
account of what was kept, to be run again only if the archive must be made anew from that commit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from keep import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

_ANNOTATE = """
from pathlib import Path
from labeling.project import load_project
from labeling.studio.server import running
from labeling.verbs.demo import Journey, annotate

project = load_project(workspace=Path("workspace"))
print(annotate(Journey(project, None, running(project.workspace))))
"""
# What is of this machine or of no use: the server's log and its copies of what it exported name our folders.
_LEFT_OUT = (".lock", "studio/.lock", "studio/server.log", "studio/data/export/*")


def main() -> None:
    """Make everything in FOLDER/kept, then pack it beside this script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", type=Path, required=True)
    asked = parser.parse_args()
    tree, folder = asked.code.resolve(), asked.folder.resolve() / "kept"
    folder.mkdir(parents=True)
    served(folder, tree)
    refuse_places(folder, [str(folder), str(tree), str(HERE.parents[1]), str(Path.home())])
    pack(folder)


def served(folder: Path, tree: Path) -> None:
    """The whole journey, with the server that is stopped at the end."""
    say(folder, tree, "serve", "--detach")
    try:
        for words in (["ingest", str(tree / "labeling" / "samples" / "articles")], ["cluster"], ["suggest"], ["push"]):
            say(folder, tree, *words)
        subprocess.run([sys.executable, "-c", _ANNOTATE], check=True, cwd=folder, env=environment(tree))
        draft(folder)
        for verb in ("pull", "adjudicate", "agree", "audit", "carry", "split", "compile"):
            say(folder, tree, verb, "--json")
        (folder / "status.json").write_text(say(folder, tree, "status", "--json"), encoding="utf-8")
        (folder / "push.json").write_text(say(folder, tree, "push", "--dry-run", "--json"), encoding="utf-8")
    finally:
        say(folder, tree, "serve", "--stop")
    (model,) = json.loads(say(folder, tree, "train", str(HERE / "tiny.cfg"), "--json"))["models"]
    (folder / "predictions.jsonl").write_text(say(folder, tree, "predict", model), encoding="utf-8")
    for verb in ("evaluate", "release", "report"):
        say(folder, tree, verb)
    for path in [path for pattern in _LEFT_OUT for path in (folder / "workspace").glob(pattern)]:
        path.unlink()


def say(folder: Path, tree: Path, *words: str) -> str:
    """Run a command of the old code in the workspace, and return what it said."""
    command = [sys.executable, "-m", "labeling", "--workspace", "workspace", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=folder, env=environment(tree), text=True)
    return done.stdout


def draft(folder: Path) -> None:
    """A draft by the server's first user, such as the page saves while somebody works."""
    server = json.loads((folder / "workspace" / "studio" / "credentials.json").read_text(encoding="utf-8"))
    value = {"start": 0, "end": 4, "text": "", "labels": ["LOCATION"]}
    region = {"id": "d1", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    httpx.post(
        f"{server['url']}/api/tasks/1/drafts",
        json={"result": [region], "lead_time": 3.5},
        headers={"Authorization": f"Token {server['api_key']}"},
        trust_env=False,
    ).raise_for_status()


def refuse_places(folder: Path, places: list[str]) -> None:
    """See that nothing that is packed names a folder of this machine.

    Raises:
        SystemExit: A file does.
    """
    for path in files(folder):
        content = path.read_bytes()
        for place in places:
            if os.fsencode(place) in content:
                raise SystemExit(f"{path} names {place}")


def files(folder: Path) -> Iterator[Path]:
    """All files; what a link to the latest leads to is there already."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def pack(folder: Path) -> None:
    """Pack it all, owned by nobody in particular."""

    def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(HERE / "kept.tar.xz", "w:xz", preset=9) as archive:
        archive.add(folder, "kept", filter=anonymous)


if __name__ == "__main__":
    main()
