"""The command line as it stands: verbs and options, the form of what `--json` prints, and exit statuses.

    python tests/before/command_line.py FOLDER [PART ...] [--code TREE]

PART is `verbs`, `json` or `statuses`; all three if none is named. FOLDER, a new one, takes what the commands write, and
`command_line.json` with the parts. That of commit 1c51789 lies beside this script, and `test_before.py` measures by it.
As in `keep.py`, the code of TREE is only spoken to from outside. `json` needs the real Label Studio: it goes on with
the workspace and the server of `kept.tar.xz`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keep import HERE, ROOT, apart, environment, hand, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keep import Json, Run

# What click knows of each command, but for the words of its help, which may be bettered.
_WALK = """
import click, json
from labeling.cli import cli

WORDS = {"help", "short_help", "epilog", "name", "deprecated", "hidden", "prompt"}

def about(command):
    context = click.Context(command)
    parameters = [parameter.to_info_dict() | {"metavar": parameter.make_metavar(context)}
                  if isinstance(parameter, click.Argument) else parameter.to_info_dict()
                  for parameter in command.get_params(context)]
    return {", ".join(each["opts"]) if each["param_type_name"] == "option" else each["metavar"]: told(each)
            for each in parameters}

def told(each):
    kind = {name: value for name, value in each["type"].items() if value not in (None, False, [])}
    plain = {name: value for name, value in each.items() if name not in WORDS and value not in (None, False, [])}
    return {**plain, "type": kind} | ({} if each["param_type_name"] == "option" else {"opts": []})

context = click.Context(cli)
verbs = {name: about(cli.get_command(context, name)) for name in cli.list_commands(context)}
print(json.dumps({"labeling": about(cli), **verbs}, default=str))
"""

# In this order on the kept workspace; each is run with --json, which `predict` and `serve --detach` print anyway.
_SPOKEN = {
    "status": "status",
    # What follows from gold comes before anything new is taken in: of stale gold nothing is made.
    "verify": "verify",
    "agree": "agree",
    "audit": "audit",
    "carry": "carry",
    "release": "release",
    "train": f"train {HERE / 'tiny.cfg'} --steps 1",
    "evaluate": "evaluate",
    "curve": f"curve {HERE / 'tiny.cfg'} --points 1 --steps 1",
    "join": "join workspace/releases/latest",
    "report": "report",
    "push --dry-run": "push --dry-run",
    "pull --changes": "pull --changes",
    "pull": "pull",
    "doctor": "doctor",
    "ingest": "ingest odd.jsonl",
    "import": "import prodigy odd.jsonl --annotator zoe --prefix odd/",
    "cluster": "cluster",
    "suggest": "suggest",
    "push": "push",
    "adjudicate": "adjudicate",
    "split": "split",
}

# Words, and what must be there; every status is asked for by people's scripts.
_TRIED = (
    "--version",
    "--help",
    "",
    "pul",
    "--config no.toml ingest good.txt",
    "--nonsense",
    "push",
    "push --wait -1",
    "pull",
    "pull --quick",
    "pull --every 0",
    "status",
    "doctor",
    "restore",
    "ingest",
    "ingest no-such-folder",
    "ingest good.txt --json",
    "ingest good.txt",
    "ingest good.txt bad.txt",
    "cluster",
    "suggest",
    "serve --stop",
    "serve --stop --detach",
    "serve --port 0",
    "import",
    "import paper odd.jsonl",
    "import prodigy odd.jsonl",
    "import prodigy odd.jsonl --annotator ana --map PER",
    "import prodigy odd.jsonl --annotator ana --map PER=NOBODY",
    "import prodigy odd.jsonl --annotator ana",
    "adjudicate",
    "agree",
    "audit",
    "carry",
    "compile",
    "split",
    "compile --processes 0",
    "compile --since yesterday",
    "compile --label NOBODY",
    "compile",
    "verify",
    "verify no-folder",
    "release",
    "release no-folder",
    "join",
    "join no-folder",
    "train",
    "train no.cfg",
    "train --steps 0",
    "curve no.cfg",
    "curve --points 0",
    "predict",
    "predict no-folder",
    "predict scratch",
    "evaluate",
    "evaluate no.jsonl",
    "demo --articles no-folder",
    "--workspace scratch demo --stop-server",
    "report",
    "report --json",
)


def verbs(_folder: Path, tree: Path) -> Json:
    """Verbs with their options and arguments, in their order."""
    walked = subprocess.run(
        [sys.executable, "-c", _WALK], check=True, stdout=subprocess.PIPE, text=True, env=environment(tree)
    )
    found: Json = json.loads(walked.stdout)
    return found


def statuses(folder: Path, tree: Path) -> Json:
    """Exit statuses of good, refused, wrong and partly refused calls, and whether they said anything on stdout."""
    (folder / "good.txt").write_text("Talks were held.", encoding="utf-8")
    (folder / "bad.txt").write_text(" \n", encoding="utf-8")
    (folder / "scratch").mkdir()
    (folder / "scratch" / "precious.txt").write_text("mine", encoding="utf-8")
    odd(folder)
    told: Json = {}
    with hand(folder, tree) as run:
        for number, line in enumerate(_TRIED):
            status, out, _ = run(line.split() if line[:2] == "--" else ["--workspace", "tried", *line.split()])
            told[f"{number:02} {line}".strip()] = [status, "says something" if out else "says nothing"]
    # And once as people do it, in a process of its own.
    status, out, _ = apart(folder, tree)(["pul"])
    return {**told, "python -m labeling pul": [status, "says something" if out else "says nothing"]}


def odd(folder: Path) -> None:
    """An article and what somebody says of it, of which one span has no label of ours."""
    spans = [{"start": 0, "end": 4, "label": "PERSON"}, {"start": 9, "end": 13, "label": "SHIP"}]
    write_lines(folder / "odd.jsonl", [{"id": "met", "text": "Anna met Carl.", "source": "wire", "spans": spans}])


def printed(folder: Path, tree: Path) -> Json:
    """The form of what each verb prints with ``--json``: the paths of keys, with the types of what stands there."""
    with tarfile.open(HERE / "kept.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    here, told = folder / "kept", dict[str, "Json"]()
    odd(here)
    with hand(here, tree) as run:
        told["predict"] = predicted(here, run)
        with served(run, "workspace") as address:
            told["serve --detach"] = form(address)
            for name, line in _SPOKEN.items():
                told[name] = spoken(run, name, ["--workspace", "workspace", *line.split(), "--json"])
            # Who does not know where they were pushed to may build all of it again beside.
            (here / "workspace" / "studio.json").unlink()
            told["restore"] = spoken(run, "restore", ["--workspace", "workspace", "restore", "--json"])
        compile_all = ["--config", lenient(here, tree), "--workspace", "workspace", "compile", "--json"]
        told["compile"] = spoken(run, "compile", compile_all)
    return told


def predicted(folder: Path, run: Run) -> Json:
    """A line of what the kept model says."""
    (model,) = (folder / "workspace" / "models").iterdir()
    _, out, _ = run(["--workspace", "workspace", "predict", str(model)])
    return form(json.loads(out.splitlines()[0]))


def lenient(folder: Path, tree: Path) -> str:
    """A project file that lets `compile` leave behind what is in quarantine."""
    text = (tree / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    allowed = text.replace("quarantine_allowed = []", 'quarantine_allowed = ["unknown label"]')
    (folder / "lenient.toml").write_text(allowed, encoding="utf-8")
    return "lenient.toml"


def spoken(run: Run, name: str, words: list[str]) -> Json:
    """The form of what a command prints, with its exit status.

    Raises:
        SystemExit: It printed nothing.
    """
    status, out, err = run(words)
    if not out:
        raise SystemExit(f"{name} ended with {status}: {err}")
    return {"exit status": str(status), **form(json.loads(out))}


@contextmanager
def served(run: Run, workspace: str) -> Iterator[Json]:
    """A workspace's own server for the length of a block: its address and where its credentials lie."""
    status, out, err = run(["--workspace", workspace, "serve", "--detach"])
    if status:
        raise SystemExit(err)
    try:
        yield json.loads(out)
    finally:
        run(["--workspace", workspace, "serve", "--stop"])


def form(value: object) -> Json:
    """The paths of keys, with the types found there: ``{"lines[].sent": "int"}``.

    Keys that are the user's names (a label, an option) or hold a digest are as one.
    """
    found = defaultdict[str, set[str]](set)
    for path, leaf in _leaves(value, ""):
        common = re.sub(r"\b[A-Z][A-Z_]+\b", "<NAME>", re.sub(r"\b[0-9a-f]{12,64}\b", "<digest>", path))
        found[common].add(type(leaf).__name__)
    return {path: " or ".join(sorted(kinds)) for path, kinds in sorted(found.items())}


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, f"{path}[]")
    else:
        yield path, value


PARTS = {"verbs": verbs, "statuses": statuses, "json": printed}


def main() -> None:
    """Write the parts that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", type=Path, default=ROOT)
    parser.add_argument("parts", nargs="*", metavar="PART")
    asked = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("LABEL_STUDIO_")]:
        del os.environ[name]
    folder = asked.folder.resolve()
    folder.mkdir(parents=True)
    found = {name: PARTS[name](folder, asked.code.resolve()) for name in asked.parts or PARTS}
    (folder / "command_line.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
