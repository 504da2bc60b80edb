"""At rest: who may read and write what lies on the disk, what a killed command left, and what a card may hold."""

from __future__ import annotations

import json
import os
import shutil
import stat
from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, exported, insist, write_words

if TYPE_CHECKING:
    from faulty.attacks.attack import Ground

GROUP = "at rest"
_MASKS = (0o000, 0o002, 0o022, 0o027, 0o077)
_STEPS = {
    "articles.jsonl": ("ingest", "{folder}/words.jsonl"),
    ".lock": ("ingest", "{folder}/words.jsonl"),
    "annotations.jsonl": ("import", "prodigy", "{folder}/words.jsonl"),
    "gold.jsonl": ("adjudicate",),
    "report.html": ("report",),
}


def _masked(mask: int, name: str) -> Attack:
    def play(ground: Ground) -> None:
        for path in (ground.workspace / name, ground.workspace / ".lock"):
            path.unlink(missing_ok=True)
        (ground.workspace / "custody.jsonl").unlink(missing_ok=True)
        before = os.umask(mask)
        try:
            ground.run(*(word.format(folder=ground.folder) for word in _STEPS[name]))
        finally:
            os.umask(before)
        rights = stat.S_IMODE((ground.workspace / name).stat().st_mode)
        insist(not rights & mask, f"its rights are {rights:04o}")
        insist(not rights & stat.S_IWOTH, f"others may write it: {rights:04o}")

    must = "it has no right that the umask takes, and others may not write it"
    return Attack(GROUP, f"`{name}` is written under the umask {mask:03o}", must, play)


_LEFT = ("models/.ner-1.abcdefgh", "models/.ner.with.dots.a1b2c3d4", "models/.abcdefg_", ".curve.abcdefgh")


def _swept(name: str) -> Attack:
    def play(ground: Ground) -> None:
        (ground.workspace / name / "model").mkdir(parents=True)
        (ground.workspace / "models" / "kept").mkdir(parents=True, exist_ok=True)
        ground.done("adjudicate")
        insist(not (ground.workspace / name).exists(), "it was left")
        insist((ground.workspace / "models" / "kept").is_dir(), "a model was removed with it")

    return Attack(GROUP, f"`{name}` is left by a killed training", "the next command sweeps it, and no model", play)


_NASTY = {
    "a script": "<script>alert(1)</script>",
    "a link": "[free](http://evil.example)",
    "a cell": "a | b | c",
    "a heading": "a\n# b",
    "code marks": "`a` ```b",
}
_HARMLESS = {"a script": "<script", "a heading": "\n# b"}


def _sourced(name: str) -> Attack:
    """A source of that name, from the first article to the card."""

    def play(ground: Ground) -> None:
        shutil.rmtree(ground.workspace)
        text = "Anna met Carl in Oslo on Friday, and {} spoke of it."
        lines = [{"id": f"a{n}", "text": text.format(n), "source": _NASTY[name]} for n in range(6)]
        drawn = [{"start": 0, "end": 4, "label": "PERSON"}]
        ground.done("ingest", write_words(ground, "in.jsonl", lines))
        words = [exported(line["id"], line["text"], "ana", drawn) for line in lines]
        ground.done("import", "prodigy", write_words(ground, "w.jsonl", words))
        _see_card(ground, name)

    return Attack(GROUP, f"a source is named as {name} would be", "the card says it as text", play)


def _see_card(ground: Ground, name: str) -> None:
    for verb in ("cluster", "adjudicate", "split", "compile"):
        ground.run(verb)
    card = ground.workspace / "corpora" / "latest" / "README.md"
    insist(card.is_file(), "there is no card")
    body = card.read_text(encoding="utf-8").split("---\n", 2)[-1]
    raw = _HARMLESS.get(name, _NASTY[name])
    insist(raw not in body, f"the card holds {json.dumps(raw)}")


ATTACKS = (
    *(_masked(mask, name) for name in _STEPS for mask in _MASKS),
    *(_swept(name) for name in _LEFT),
    *(_sourced(name) for name in _NASTY),
)
