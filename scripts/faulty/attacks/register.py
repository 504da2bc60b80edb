"""All attacks, by group."""

from __future__ import annotations

from pathlib import Path

from faulty.attacks import (
    absurd_values,
    at_rest,
    custody,
    engineers,
    hostile_files,
    intake,
    servers_door,
    signed_words,
)

GROUPS = (custody, signed_words, intake, hostile_files, absurd_values, servers_door, engineers, at_rest)
ATTACKS = tuple(attack for group in GROUPS for attack in group.ATTACKS)
# What came of each on the code of before.
BEFORE = Path(__file__).parent / "before.json"
