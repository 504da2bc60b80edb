"""No traceback for what the world does to files: those of a workspace, project files, and imports."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from faulty.attacks.attack import Attack, Fallen, insist
from faulty.damages import COMMANDS, DAMAGES
from labeling.workspace.storage import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faulty.attacks.attack import Ground

GROUP = "no traceback"

# Verbs and the files that each reads or writes.
_PAIRS = (
    ("ingest", "articles.jsonl"),
    ("ingest", "rejects.jsonl"),
    ("import", "annotations.jsonl"),
    ("import", "quarantine.jsonl"),
    ("adjudicate", "annotations.jsonl"),
    ("adjudicate", "gold.jsonl"),
    ("split", "gold.jsonl"),
    ("split", "splits.jsonl"),
    ("audit", "audit.json"),
    ("agree", "agreement.json"),
    ("status", "annotations.jsonl"),
    ("compile", "ledger.jsonl"),
    ("compile", "leakage.json"),
    ("verify", "corpora/latest/manifest.json"),
    ("release", "corpora/latest/manifest.json"),
    ("carry", "clusters.jsonl"),
    ("report", "conflicts.jsonl"),
    ("report", "suggestions.jsonl"),
    ("push", "suggestions.jsonl"),
)


def _damaged(verb: str, name: str, damage: str) -> Attack:
    def play(ground: Ground) -> None:
        (ground.wire / "a.jsonl").write_text('{"id": "n", "text": "News."}\n', encoding="utf-8")
        DAMAGES[damage]((ground.workspace / name).resolve())
        ground.run(verb, *(word.format(root=ground.workspace) for word in COMMANDS[verb]))
        _see_nothing_half(ground)

    return Attack(GROUP, f"`{name}` is {damage}, then `{verb}`", "an error of ours, or the work is done", play)


def _see_nothing_half(ground: Ground) -> None:
    half = [path.name for path in ground.workspace.rglob(".*") if TEMPORARY.fullmatch(path.name)]
    insist(not half, f"{half} were left half written")


_PROJECTS = {
    "nested 100,000 deep": b"a = " + b"[" * 100_000,
    "tables nested 5,000 deep": b"[" + b".".join([b"a"] * 5_000) + b"]",
    "inline tables nested 5,000 deep": b"a = " + b"{a = " * 5_000,
    "a number of 5,000 figures": b"a = " + b"9" * 5_000,
    "other bytes": b"\xff",
    "a name that is infinite": b"[project]\nname = inf",
    "shares that are not numbers": b"[splits]\ntrain = nan",
    "a day that no calendar has": b"a = 2023-02-31",
    "nothing": b"",
    "a key twice": b"[project]\nname = 'a'\nname = 'b'",
    "a name that leads out": b"[project]\nname = '../../etc'",
    "NUL": b"[project]\nname = 'a\\u0000'",
    "half a surrogate": b"[project]\nname = '\\ud800'",
    "a label that is a list": b"[[labels]]\nname = ['A']",
    "labels that are a number": b"labels = 3",
    "10,000 labels of one name": b"[[labels]]\nname = 'A'\n" * 10_000,
    "a memory of 10 to the 400": b"[passages]\nmemory = 1" + b"0" * 400,
}


def _project(name: str, verb: str) -> Attack:
    def play(ground: Ground) -> None:
        ground.config.write_bytes(_PROJECTS[name])
        insist(not ground.run(verb).well, "it was taken")

    return Attack(GROUP, f"a project file that holds {name}, then `{verb}`", "an error of ours", play)


_FIELDS: dict[str, dict[str, Any]] = {
    "an instant of 1e300": {"_timestamp": 1e300},
    "an instant that is not a number": {"_timestamp": float("nan")},
    "an instant before all": {"_timestamp": -(10**15)},
    "an option whose number is a list": {"options": [{"id": [1], "text": "x"}]},
    "an option whose number is an object": {"options": [{"id": {}}], "accept": [1]},
    "a span from 10 to the 400": {"spans": [{"start": 10**400, "end": 1, "label": "PERSON"}]},
    "a span that ends before it begins": {"spans": [{"start": 9, "end": 1, "label": "PERSON"}]},
    "a span of fractions": {"spans": [{"start": 0.5, "end": 3.5, "label": "PERSON"}]},
    "a span of true and false": {"spans": [{"start": False, "end": True, "label": "PERSON"}]},
    "a label that is a list": {"spans": [{"start": 0, "end": 4, "label": ["PERSON"]}]},
    "spans that are an object": {"spans": {"a": 1}},
    "a span that is a number": {"spans": [7]},
    "accepted lists of lists": {"accept": [[["x"]]]},
    "an answer that is a list": {"answer": ["accept"]},
    "an annotator that is a list": {"_annotator_id": ["ana"]},
    "an annotator of 100,000 letters": {"_annotator_id": "a" * 100_000},
    "an annotator with NUL": {"_annotator_id": "a\0b"},
    "a relation to itself through tokens": {"relations": [{"head": 10**30, "child": -1, "label": "X"}]},
}
_BRAT = {
    "colons without an end": "E1\tA:T1" + (" " + "a:" * 30 + "a") * 30 + "\tx",
    "6,000 colons": "R1\tA " + "a:" * 3_000 + "a " + "a:" * 3_000 + "a x",
    "a million blanks": "A1\tx T1 b" + " " * 1_000_000 + "\0\n",
    "a million pieces": "T1\tPERSON " + "0 1;" * 1_000_000 + "x",
    "an offset of 5,000 figures": "T1\tPERSON 0 " + "9" * 5_000 + "\tx",
    "300,000 equivalents": "*\tE" + " T1" * 300_000 + "\tx",
    "a span that is its own end": "T1\tPERSON 4 0\tx\nR1\tX Arg1:T1 Arg2:T1",
    "events in a circle": "E1\tA:E2 b:E2\nE2\tA:E1 b:E1",
}
_CONLL = {
    "a token of 200,000 letters": "a" * 200_000 + " O\n",
    "100,000 columns": "a " * 100_000 + "O\n",
    "a tag without a kind": "Anna B-\nBo I-\n",
    "NUL": "Anna\0 O\n",
    "other bytes": "Anna\udcff O\n",
}
_DOCCANO = {
    "nested 500 deep": '{"text": "One.", "label": ' + "[" * 500 + "]" * 500 + "}",
    "nested 100,000 deep": "[" * 100_000,
    "a label of two": '{"text": "One.", "label": [[0, 3]]}',
    "entities of objects in objects": '{"text": "One.", "entities": [{"id": {}, "start_offset": {}, "label": {}}]}',
    "relations without ends": '{"text": "One.", "relations": [{"id": 1, "from_id": [1], "to_id": {}, "type": 3}]}',
}


def _import(kind: str, name: str, files: dict[str, str]) -> Attack:
    """A hostile file and a good one, whose words must come in."""

    def play(ground: Ground) -> None:
        shutil.rmtree(ground.workspace)
        for file, content in files.items():
            (ground.wire / file).write_text(content, encoding="utf-8", errors="surrogateescape")
        ended = ground.run("import", kind, ground.wire, "--annotator", "eve")
        if not ended.well and ended.error not in ("UsageError", "ProjectFileError"):
            raise Fallen(f"all was lost: {ended.error}")
        said = [row for row in ground.rows("annotations.jsonl") if row["spans"]]
        insist(bool(said), "the good one's words were lost")

    return Attack(GROUP, f"an import of {kind} with {name}", "the others come in, and it is listed", play)


def _imports() -> Iterator[Attack]:
    good = {"id": "good", "text": "Anna met.", "spans": [{"start": 0, "end": 4, "label": "PERSON"}], "answer": "accept"}
    for name, fields in _FIELDS.items():
        bad = {"id": "bad", "text": "Text of it.", "answer": "accept", **fields}
        yield _import("prodigy", name, {"a.jsonl": f"{json.dumps(bad)}\n{json.dumps(good)}\n"})
    for name, line in _BRAT.items():
        texts = {"a.txt": "Anna met Bo.", "z.txt": "Anna met Bo."}
        yield _import("brat", name, {**texts, "a.ann": f"{line}\n", "z.ann": "T1\tPERSON 0 4\tAnna\n"})
    for name, rows in _CONLL.items():
        yield _import("conll", name, {"a.conll": rows, "z.conll": "Anna B-PERSON\nmet O\n"})
    for name, line in _DOCCANO.items():
        fine = '{"text": "Anna met.", "label": [[0, 4, "PERSON"]]}'
        yield _import("doccano", name, {"a.jsonl": f"{line}\n{fine}\n"})


ATTACKS = (
    *(_damaged(verb, name, damage) for verb, name in _PAIRS for damage in DAMAGES),
    *(_project(name, "adjudicate") for name in _PROJECTS),
    *(_project(name, "status") for name in ("nested 100,000 deep", "other bytes", "nothing")),
    *_imports(),
)
