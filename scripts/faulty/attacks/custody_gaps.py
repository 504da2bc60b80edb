"""Custody where something is gone, forged or swapped: files, the record of them, and the cache beside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, insist
from faulty.attacks.custody import HARMS

if TYPE_CHECKING:
    from faulty.attacks.attack import Ended, Ground

GROUP = "gaps in custody"
_RECORD, _CACHE = "custody.jsonl", ".custody-cache.json"
_HALF = HARMS["half of its lines are removed"]


def _see_named(ended: Ended, verb: str, name: str) -> None:
    insist(not ended.well, f"`{verb}` ended with status {ended.status}")
    insist(name in ended.told, f"{ended.error} does not name {name}")


# What is taken away, and who would go on without it.
_GONE: dict[str, tuple[str, ...]] = {
    "imported.jsonl": ("adjudicate", "agree", "compile"),
    "clusters.jsonl": ("split", "agree", "carry"),
    "passages.jsonl": ("split", "carry", "report"),
    "conflicts.jsonl": ("report",),
}


def _gone(name: str, verb: str) -> Attack:
    def play(ground: Ground) -> None:
        path = ground.workspace / name
        insist(path.is_file(), "there is no such file")
        path.unlink()
        _see_named(ground.run(verb), verb, name)

    return Attack(GROUP, f"`{name}` is taken away, then `{verb}`", f"an error that names `{name}`", play)


def _gone_and_back(name: str, verb: str) -> Attack:
    """The signature is for the gap, not for whatever is put there."""

    def play(ground: Ground) -> None:
        path = ground.workspace / name
        insist(path.is_file(), "there is no such file")
        kept = path.read_bytes()
        path.unlink()
        ground.done("status", "--adopt", name, "--why", "lost")
        path.write_bytes(kept)
        _HALF(path)
        _see_named(ground.run(verb), verb, name)

    what = f"`{name}` is signed as gone, and half of it comes back, then `{verb}`"
    return Attack(GROUP, what, f"an error that names `{name}`", play)


def _told_on_the_card(name: str) -> Attack:
    def play(ground: Ground) -> None:
        (ground.workspace / name).unlink(missing_ok=True)
        ground.done("status", "--adopt", name, "--why", "kept on paper")
        for verb in ("adjudicate", "split", "compile"):
            ground.done(verb)
        card = (ground.workspace / "corpora" / "latest" / "README.md").read_text(encoding="utf-8")
        insist("kept on paper" in card, "the card is silent")

    return Attack(GROUP, f"`{name}` is taken away and that is signed", "the card says why", play)


def _swapped(verb: str) -> Attack:
    """`latest` points to a dataset that is whole and sound, and that nobody made the latest."""

    def play(ground: Ground) -> None:
        corpora = ground.workspace / "corpora"
        latest = corpora / "latest"
        shutil.copytree(latest.resolve(), corpora / "another")
        manifest = corpora / "another" / "manifest.json"
        manifest.write_bytes(manifest.read_bytes() + b"\n")
        latest.unlink()
        latest.symlink_to("another")
        _see_named(ground.run(verb), verb, "manifest.json")

    return Attack(GROUP, f"another dataset is put for the latest, then `{verb}`", "an error that names it", play)


_RECORDS = {
    "is cut": b'{"file": "gold.jsonl"',
    "has a list": b"[]\n",
    "has a number": b'{"file": 3}\n',
    "bytes": b"\xff\n",
}


def _record(harm: str, verb: str) -> Attack:
    def play(ground: Ground) -> None:
        with (ground.workspace / _RECORD).open("ab") as file:
            file.write(_RECORDS[harm])
        _see_named(ground.run(verb), verb, _RECORD)

    what = "has a line that is not text" if harm == "bytes" else harm
    return Attack(GROUP, f"the record {what}, then `{verb}`", "an error that names the record", play)


def _without_its_line(name: str, verb: str) -> Attack:
    """The record's line of a file is taken out, and half of the file."""

    def play(ground: Ground) -> None:
        record = ground.workspace / _RECORD
        lines = record.read_bytes().splitlines(keepends=True) if record.is_file() else []
        kept = [line for line in lines if json.loads(line)["file"] != name]
        if lines:
            record.write_bytes(b"".join(kept))
        insist((ground.workspace / name).is_file(), "there is no such file")
        _HALF(ground.workspace / name)
        _see_named(ground.run(verb), verb, name)

    what = f"`{name}`: half of it is removed, and its line in the record, then `{verb}`"
    return Attack(GROUP, what, f"an error that names `{name}`", play)


def _forged(name: str, verb: str) -> Attack:
    """The cache says that the file is what it was."""

    def play(ground: Ground) -> None:
        path = ground.workspace / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.write_bytes(path.read_bytes().replace(b"a", b"e", 1))
        stat = path.stat()
        known = {"size": stat.st_size, "inode": stat.st_ino, "changed": stat.st_ctime_ns, "sha256": digest}
        (ground.workspace / _CACHE).write_text(json.dumps({"files": {name: known}}), encoding="utf-8")
        _see_named(ground.run(verb), verb, name)

    what = f"`{name}` is changed and the cache forged, then `{verb}`"
    return Attack(GROUP, what, f"an error that names `{name}`", play)


def _in_place(name: str, verb: str) -> Attack:
    """As long as before, in the same inode, with the old times put back."""

    def play(ground: Ground) -> None:
        path = ground.workspace / name
        ground.run("status")  # which remembers the file in the cache
        stat, content = path.stat(), path.read_bytes()
        with path.open("r+b") as file:
            file.write(content.replace(b"PERSON", b"PERSOM", 1) if b"PERSON" in content else content[::-1])
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        _see_named(ground.run(verb), verb, name)

    what = f"`{name}` is changed in place and its times put back, then `{verb}`"
    return Attack(GROUP, what, f"an error that names `{name}`", play)


ATTACKS = (
    *(_gone(name, verb) for name, verbs in _GONE.items() for verb in verbs),
    _gone_and_back("imported.jsonl", "adjudicate"),
    _gone_and_back("conflicts.jsonl", "report"),
    _told_on_the_card("imported.jsonl"),
    *(_swapped(verb) for verb in ("verify", "release")),
    *(_record(harm, "adjudicate") for harm in _RECORDS),
    *(_record("is cut", verb) for verb in ("split", "compile", "verify", "report")),
    *(_without_its_line(name, "compile") for name in ("annotations.jsonl", "gold.jsonl", "imported.jsonl")),
    *(_forged(name, "adjudicate") for name in ("articles.jsonl", "annotations.jsonl", "quarantine.jsonl")),
    *(_forged(name, verb) for name in ("gold.jsonl", "splits.jsonl") for verb in ("compile", "verify")),
    *(_in_place(name, "compile") for name in ("annotations.jsonl", "gold.jsonl", "ledger.jsonl")),
)
