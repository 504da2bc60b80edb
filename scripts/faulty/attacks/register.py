"""All attacks, by group."""

from __future__ import annotations

from pathlib import Path

from faulty.attacks import (
    absurd_values,
    at_rest,
    custody,
    custody_gaps,
    engineers,
    filled_disks,
    hostile_files,
    intake,
    lying_server,
    servers_door,
    signed_words,
    silence,
)

GROUPS = (
    custody,
    custody_gaps,
    signed_words,
    silence,
    intake,
    hostile_files,
    absurd_values,
    servers_door,
    lying_server,
    engineers,
    filled_disks,
    at_rest,
)
ATTACKS = tuple(attack for group in GROUPS for attack in group.ATTACKS)
# What came of each on the code of before.
BEFORE = Path(__file__).parent / "before.json"
