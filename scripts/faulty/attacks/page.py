"""What the pages say of the attacks: the counts by group, and each attack with what came of it before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from faulty.attacks.register import BEFORE, GROUPS

if TYPE_CHECKING:
    from faulty.attacks.attack import Attack

PAGE = Path(__file__).parents[3] / "docs" / "attacks.md"
_HEAD = """\
# Attacks

Each attack of `make faults`: what is done to the files, words, answers or requests, and what must come of it. Each is
played in a copy of a workspace made from the samples, through the command line, and where it needs one with a real
Label Studio. The last column is what the code of commit {commit} did, which knew no custody yet; it was played upon in
the same way (`python scripts/attacks.py --against CHECKOUT`). Today each is held off: the run ends with an error
otherwise. The counts are in [faults.md](faults.md).
"""
_COUNTS = """
And attacks upon files, words, answers and requests, each listed in [attacks.md](attacks.md), with what the code before
this defence ({commit}) did:

| group | attacks | failed before | held before | open |
| --- | --- | --- | --- | --- |
"""


def read_before() -> tuple[str, dict[str, str]]:
    """The commit that was measured, and what came of each attack there: empty where it was held off."""
    kept = json.loads(BEFORE.read_bytes())
    return str(kept["commit"])[:7], dict(kept["came"])


def render_counts() -> str:
    """The table of counts by group, of a run in which every attack was held off."""
    commit, came = read_before()
    rows = []
    for group in GROUPS:
        failed = sum(bool(came[attack.name]) for attack in group.ATTACKS)
        rows.append((group.GROUP, len(group.ATTACKS), failed, len(group.ATTACKS) - failed))
    total = ("all", *(sum(row[at] for row in rows) for at in (1, 2, 3)))
    lines = (f"| {name} | {count} | {failed} | {held} | 0 |\n" for name, count, failed, held in [*rows, total])
    return _COUNTS.format(commit=commit) + "".join(lines)


def render_attacks() -> str:
    """Every attack, by group."""
    commit, came = read_before()
    parts = [_HEAD.format(commit=commit)]
    for group in GROUPS:
        title = group.GROUP[0].upper() + group.GROUP[1:]
        parts.append(f"\n## {title}\n\n| attack | what must come of it | before |\n| --- | --- | --- |\n")
        parts += (_row(attack, came[attack.name]) for attack in group.ATTACKS)
    return "".join(parts)


def _row(attack: Attack, fell: str) -> str:
    before = f"failed: {fell}" if fell else "held"
    return f"| {_cell(attack.name)} | {_cell(attack.must)} | {_cell(before)} |\n"


def _cell(text: str) -> str:
    """In one line, and no cell of its own; what people typed in code marks is left alone."""
    plain = " ".join(text.split()).replace("|", "\\|")
    return plain if "`" in plain else plain.replace("<", "&lt;")
