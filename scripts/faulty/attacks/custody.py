"""Custody: whoever reads a file finds it as the verb that wrote it left it, or names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, Ground, exported, insist, said_of_samples, write_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GROUP = "custody"


def _half(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def _without_last(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _doubled(path: Path) -> None:
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, first, *rest]))


def _turned_round(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(reversed(lines)) if len(lines) > 1 else b"".join(lines * 2))


def _one_figure(path: Path) -> None:
    content = path.read_bytes()
    at = max(content.rfind(b"1"), content.rfind(b"2"), content.rfind(b"4"))
    path.write_bytes(content[:at] + b"3" + content[at + 1 :])


def _one_name(path: Path) -> None:
    """What ana said is ben's, and the other way round; names of labels where nobody is named."""
    content = path.read_bytes()
    swapped = content.replace(b'"ana"', b'"\0"').replace(b'"ben"', b'"ana"').replace(b'"\0"', b'"ben"')
    swapped = swapped if swapped != content else content.replace(b'"PERSON"', b'"ROLE"', 1)
    path.write_bytes(swapped if swapped != content else content.replace(b"e", b"a", 1))


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _removed(path: Path) -> None:
    path.unlink()


HARMS: dict[str, Callable[[Path], None]] = {
    "half of its lines are removed": _half,
    "its last line is removed": _without_last,
    "its first line stands twice": _doubled,
    "its lines are turned round": _turned_round,
    "one figure is another": _one_figure,
    "names in it are exchanged": _one_name,
    "it is emptied": _emptied,
    "it is removed": _removed,
}
# The verbs that read each file, or build on what was made of it.
READERS: dict[str, tuple[str, ...]] = {
    "articles.jsonl": ("adjudicate", "split", "compile", "verify", "carry", "agree", "cluster", "audit"),
    "annotations.jsonl": ("adjudicate", "split", "compile", "verify", "carry", "agree", "report"),
    "quarantine.jsonl": ("adjudicate", "split", "compile", "verify", "report"),
    "gold.jsonl": ("split", "audit", "compile", "verify", "report"),
    "ledger.jsonl": ("compile", "verify", "report"),
    "splits.jsonl": ("split", "compile", "verify", "report"),
    "leakage.json": ("compile", "verify", "report"),
    "conflicts.jsonl": ("report",),
}
# Without these each verb has always said what is missing, or they may be made anew by the very verb.
_MAY_GO = {("conflicts.jsonl", "report"), ("leakage.json", "compile"), ("splits.jsonl", "split")}


def _harmed(name: str, harm: str, verb: str) -> Attack:
    def play(ground: Ground) -> None:
        path = ground.workspace / name
        before = path.read_bytes()
        HARMS[harm](path)
        if path.exists() and path.read_bytes() == before:
            path.write_bytes(before[:-1] + b" \n")
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")
        insist(name in ended.told, f"{ended.error} does not name {name}")

    return Attack(GROUP, f"`{name}`: {harm}, then `{verb}`", f"an error that names `{name}`", play)


def _every_harm() -> Iterator[Attack]:
    """Each harm before the first verb that reads the file; half of the lines before all of them."""
    for name, verbs in READERS.items():
        for harm in HARMS:
            if not (harm == "it is removed" and (name, verbs[0]) in _MAY_GO):
                yield _harmed(name, harm, verbs[0])
        for verb in verbs[1:]:
            yield _harmed(name, "half of its lines are removed", verb)


def _of_another(name: str, verb: str) -> Attack:
    """A file that is whole and sound, but of another workspace: of fewer people's words."""

    def play(ground: Ground) -> None:
        other = Ground(ground.folder / "other")
        (ground.workspace / name).write_bytes((other.workspace / name).read_bytes())
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")
        insist(name in ended.told, f"{ended.error} does not name {name}")

    return Attack(GROUP, f"`{name}` of another workspace, then `{verb}`", f"an error that names `{name}`", play)


def _imported_anew(verb: str, stale: str, *between: str) -> Attack:
    """After an import with other words, what was made before is of other annotations."""

    def play(ground: Ground) -> None:
        lines = said_of_samples(ground)
        for line in lines:
            line["spans"] = line["spans"][1:] if line["_annotator_id"] == "ana" else line["spans"]
        ground.done("import", "prodigy", write_words(ground, "other.jsonl", lines))
        for made in between:
            ground.done(made)
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")
        insist(stale in ended.told, f"{ended.error} does not name {stale}")

    done = " and ".join(f"`{each}`" for each in ("import", *between))
    return Attack(GROUP, f"other words come by {done}, then `{verb}` at once", f"an error that names `{stale}`", play)


def _older(name: str, verb: str) -> Attack:
    """A file as it was some steps ago is put back, as from a backup."""

    def play(ground: Ground) -> None:
        old = (ground.workspace / name).read_bytes()
        lines = said_of_samples(ground)
        for line in lines:
            line["spans"] = line["spans"][:1]
        ground.done("import", "prodigy", write_words(ground, "other.jsonl", lines))
        for made in ("adjudicate", "split", "compile"):
            ground.done(made)
        (ground.workspace / name).write_bytes(old)
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")
        insist(name in ended.told, f"{ended.error} does not name {name}")

    return Attack(
        GROUP, f"`{name}` of the week before is put back, then `{verb}`", f"an error that names `{name}`", play
    )


def _washed(verb: str) -> Attack:
    """An annotator's words are removed; another's are imported, which writes the file anew."""

    def play(ground: Ground) -> None:
        path = ground.workspace / "annotations.jsonl"
        kept = [line for line in path.read_bytes().splitlines(keepends=True) if b'"annotator":"ben"' not in line]
        path.write_bytes(b"".join(kept))
        text = ground.rows("articles.jsonl")[0]
        line = exported(text["id"], text["text"], "dee", [{"start": 0, "end": 5, "label": "PERSON"}])
        ground.done("import", "prodigy", write_words(ground, "dee.jsonl", [line]))
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")
        insist("annotations.jsonl" in ended.told, f"{ended.error} does not name annotations.jsonl")

    name = f"ben's words are removed, and others imported beside them, then `{verb}`"
    return Attack(GROUP, name, "an error that names `annotations.jsonl`", play)


def _told(name: str, harm: str, state: str) -> Attack:
    """`status` tells of it, without a server, and names the next command."""

    def play(ground: Ground) -> None:
        HARMS[harm](ground.workspace / name)
        ended = ground.done("status", "--json")
        told = json.loads(ended.told[ended.told.index("{") :])
        states = {each["file"]: each["state"] for each in told.get("files", [])}
        insist(states.get(name) == state, f"status tells {states.get(name)!r} of it")
        insist(str(told.get("next", "")).startswith("labeling "), "no next command is told")

    return Attack(GROUP, f"`{name}`: {harm}, then `status` without a server", f"it is told to be {state}", play)


def _signed(name: str) -> Attack:
    """A change on purpose is signed, and the card of the dataset says so."""

    def play(ground: Ground) -> None:
        _without_last(ground.workspace / name)
        ground.done("status", "--adopt", name, "--why", "left out at their own wish")
        for verb in ("adjudicate", "split", "compile") if name == "annotations.jsonl" else ("split", "compile"):
            ground.done(verb)
        card = (ground.workspace / "corpora" / "latest" / "README.md").read_text(encoding="utf-8")
        insist("left out at their own wish" in card, "the card is silent")

    return Attack(GROUP, f"`{name}` is changed and the change signed", "the work goes on and the card says why", play)


def _dataset(name: str, harm: str, verb: str) -> Attack:
    def play(ground: Ground) -> None:
        folder = ground.workspace / "corpora" / "latest"
        path = next(path for path in sorted(folder.rglob(name)) if path.is_file())
        HARMS[harm](path)
        ended = ground.run(verb)
        insist(not ended.well, f"`{verb}` ended with status {ended.status}")

    return Attack(GROUP, f"`{name}` of the dataset: {harm}, then `{verb}`", "an error", play)


ATTACKS = (
    *_every_harm(),
    *(_of_another(name, "compile") for name in ("articles.jsonl", "gold.jsonl", "ledger.jsonl", "splits.jsonl")),
    *(_of_another("leakage.json", verb) for verb in ("compile", "report")),
    _of_another("annotations.jsonl", "adjudicate"),
    _of_another("quarantine.jsonl", "adjudicate"),
    *(_imported_anew(verb, "gold.jsonl") for verb in ("split", "audit", "compile")),
    _imported_anew("compile", "splits.jsonl", "adjudicate"),
    *(_older(name, "compile") for name in ("annotations.jsonl", "gold.jsonl", "ledger.jsonl", "leakage.json")),
    *(_washed(verb) for verb in ("adjudicate", "agree", "compile")),
    *(_told(name, "half of its lines are removed", "altered") for name in READERS if name != "leakage.json"),
    *(_told(name, "it is removed", "missing") for name in READERS),
    _signed("annotations.jsonl"),
    _signed("splits.jsonl"),
    *(
        _dataset("manifest.json", harm, "verify")
        for harm in ("one figure is another", "it is emptied", "it is removed")
    ),
    *(_dataset("*.spacy", harm, "verify") for harm in ("one figure is another", "it is emptied", "it is removed")),
)
