"""All attacks upon what people said, or some; with `--against` upon the code of another commit.

    python scripts/attacks.py [--group NAME]... [--match WORDS] [--against CHECKOUT]

Ends with status 1 when one was not held off. `--against` writes scripts/faulty/attacks/before.json: what came of each
on the code of before, which was played in the same way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import click
from faulty.attacks.register import ATTACKS, BEFORE, GROUPS
from faulty.attacks.runner import play_all


@click.command()
@click.option("--group", "groups", multiple=True, type=click.Choice([each.GROUP for each in GROUPS]), help="Not all.")
@click.option("--match", default="", help="Only attacks with these words in their name.")
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="A checkout of the code of before.")
@click.option("--verdicts", type=click.Path(path_type=Path), help="Write what came of each to this file; status 0.")
def main(groups: tuple[str, ...], match: str, against: Path | None, verdicts: Path | None) -> None:
    """Play them."""
    if against:
        _measure_before(against.resolve(), groups, match)
        return
    chosen = [each for each in ATTACKS if (not groups or each.group in groups) and match in each.name]
    came = dict[str, str]()
    fallen = Counter[str]()
    for attack, fell in play_all(chosen):
        came[attack.name] = fell
        fallen[attack.group] += bool(fell)
        if fell:
            print(f"FELL  {attack.group}: {attack.name}: {fell}", flush=True)
    if verdicts:
        verdicts.write_text(json.dumps(came), encoding="utf-8")
        return
    for name, count in Counter(each.group for each in chosen).items():
        print(f"{name}: {count} attacks, {fallen[name]} not held off")
    sys.exit(1 if fallen.total() else 0)


def _measure_before(checkout: Path, groups: tuple[str, ...], match: str) -> None:
    """Play them in a process that imports the package from there, and write down what came of each."""
    commit = subprocess.check_output(["git", "-C", str(checkout), "rev-parse", "HEAD"], text=True).strip()  # noqa: S607
    with tempfile.TemporaryDirectory() as folder:
        verdicts = Path(folder) / "verdicts.json"
        words = [f"--match={match}", f"--verdicts={verdicts}", *(f"--group={name}" for name in groups)]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        subprocess.run([sys.executable, __file__, *words], check=True, env=environment)
        measured = json.loads(verdicts.read_bytes())
    known = (json.loads(BEFORE.read_bytes())["came"] if BEFORE.is_file() else {}) | measured
    came = {attack.name: known[attack.name] for attack in ATTACKS if attack.name in known}
    kept = json.dumps({"commit": commit, "came": came}, indent=1, ensure_ascii=False)
    BEFORE.write_text(f"{kept}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
