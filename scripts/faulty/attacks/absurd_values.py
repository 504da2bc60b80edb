"""Absurd nesting, numbers and words in each of our files, in what people write, and in what comes in.

What stands where is drawn by chance, the same one every time: by the name of the attack.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from faulty.absurdities import GOOD, JSON_VALUES, TOML_LINES, TOML_VALUES, WHOLES, spoil_file, spoil_row, spoil_toml
from faulty.attacks.attack import CONFIG, Attack, insist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from faulty.attacks.attack import Ground

GROUP = "absurd values"
_ENDS = "an error of ours, or the work is done"
_KEPT = "the good articles come in"

# Our files, and the verbs that read each after its owner has adopted it.
_READERS = {
    "articles.jsonl": ("adjudicate", "cluster", "split"),
    "annotations.jsonl": ("adjudicate", "agree", "report"),
    "imported.jsonl": ("adjudicate", "status"),
    "quarantine.jsonl": ("adjudicate", "report"),
    "suggestions.jsonl": ("push", "carry", "evaluate"),
    "gold.jsonl": ("split", "compile", "audit", "report"),
    "conflicts.jsonl": ("adjudicate", "report"),
    "ledger.jsonl": ("compile", "report"),
    "splits.jsonl": ("split", "compile", "report"),
    "leakage.json": ("compile", "verify", "report"),
    "clusters.jsonl": ("split", "compile", "carry", "report"),
    "passages.jsonl": ("split", "carry", "audit", "report"),
    "projected.jsonl": ("adjudicate", "report"),
    "agreement.json": ("compile", "report"),
    "audit.json": ("report",),
    "custody.jsonl": ("status", "adjudicate", "compile"),
    ".custody-cache.json": ("status", "adjudicate"),
    "corpora/latest/manifest.json": ("verify", "release", "report"),
    "corpora/latest/ledger.jsonl": ("verify",),
    "releases/latest/manifest.json": ("join",),
}
# Files that are there only after a push, a pull or an evaluation, as they are then.
_OF_SERVERS = {
    "studio.json": (
        '{"created":"2024-01-01T00:00:00+00:00","project":1,"url":"http://127.0.0.1:9"}',
        ("report", "push"),
    ),
    "pushed.jsonl": ('{"article":"a","digest":"b","suggested":{"m":"d"},"task":1}', ("report", "push", "status")),
    "pulled.jsonl": (
        (
            '{"article":"a","said":[{"by":"ana","digest":"d","id":1,"of":null,"state":"draft","updated":"2024"}],"task":1,'
            '"updated":"2024-01-01T00:00:00Z"}'
        ),
        ("adjudicate", "status", "report"),
    ),
    "pulled.json": (
        (
            '{"answers":["20240101T000000Z.json.gz"],"created":"c","names":{"1":"ana"},"project":1,"reading":"r",'
            '"seen":"2024-01-01T00:00:00+00:00"}'
        ),
        ("status", "adjudicate", "restore"),
    ),
    "users.json": ('{"emails":{"1":"ana@x.org"}}', ("restore", "report")),
    "asked.jsonl": (
        '{"asked":"2024-01-01T00:00:00+00:00","digest":"d","item":"label PERSON"}',
        ("adjudicate", "status"),
    ),
    "ask-again.jsonl": (
        '{"article":"a","reader":"ana","since":"2024","what":"label X","why":"new"}',
        ("report", "status"),
    ),
    "signed.jsonl": ('{"annotation":1,"by":"ana","task":1,"words":"d"}', ("adjudicate", "status")),
    "scores.json": ('{"ana":{"articles":1}}', ("report", "status")),
    "curve.json": ('{"config":"ner","points":[],"seed":1}', ("report", "status")),
}


def _chance(name: str) -> random.Random:
    return random.Random(name)  # noqa: S311 - repeatable on purpose


def _file(file: str, name: str, verbs: Iterable[str], made: str = "") -> Attack:
    """A file of the workspace, adopted by its owner and read."""
    title = f"`{file}` with {name}, adopted"

    def play(ground: Ground) -> None:
        path = ground.workspace / file
        data = made.encode() if made else path.read_bytes() if path.exists() else b"{}"
        spoilt = WHOLES[name] if name in WHOLES else spoil_file(data, JSON_VALUES[name], _chance(title))
        path.resolve().unlink(missing_ok=True)
        path.resolve().write_bytes(spoilt)
        ground.run("status", "--adopt", file, "--why", "a trial")
        for verb in verbs:
            ground.run(verb, *([ground.workspace / "releases" / "latest"] if verb == "join" else ()))

    return Attack(GROUP, title, _ENDS, play)


def _written(file: str, name: str, verb: str) -> Attack:
    """A file that people write: the project file, or the rules that it names."""
    title = f"`{file}` with {name}, then `{verb}`"

    def play(ground: Ground) -> None:
        text = CONFIG.with_name(file).read_text(encoding="utf-8")
        if name in TOML_LINES:
            spoilt = _chance(title).choice([f"{TOML_LINES[name]}\n{text}", f"{text}\n{TOML_LINES[name]}\n"])
        else:
            spoilt = spoil_toml(text, TOML_VALUES[name], _chance(title))
        path = ground.config if file == CONFIG.name else ground.folder / file
        path.write_text(spoilt, encoding="utf-8")
        ground.run(verb)

    return Attack(GROUP, title, _ENDS, play)


def _incoming(tool: str, name: str) -> Attack:
    """A file for `ingest` or an importer, with a good row before and behind."""
    title = f"{'' if tool == 'ingest' else 'an import of '}{tool} with {name}"

    def play(ground: Ground) -> None:
        (ground.wire / "a.jsonl").write_bytes(spoil_row(tool, JSON_VALUES[name], _chance(title)))
        if tool == "ingest":
            ground.run("ingest", ground.wire)
        else:
            ground.run("import", tool, ground.wire / "a.jsonl", "--annotator", "anna")
        texts = {row["text"] for row in ground.rows("articles.jsonl")}
        insist({*GOOD} <= texts, "a good article was lost")

    return Attack(GROUP, title, _KEPT, play)


def _drawn(kind: str, names: Iterable[str], many: int) -> list[str]:
    return _chance(kind).sample(sorted(names), many)


def _attacks() -> Iterator[Attack]:
    for file, verbs in _READERS.items():
        yield from (_file(file, name, verbs) for name in _drawn(file, [*JSON_VALUES, *WHOLES], 3))
    for file, (made, verbs) in _OF_SERVERS.items():
        yield from (_file(file, name, verbs, made) for name in _drawn(file, JSON_VALUES, 4))
    for name in (*_drawn("project", TOML_VALUES, 9), *_drawn("project", TOML_LINES, 5)):
        yield _written("diplomatic.toml", name, "adjudicate")
    for name in (*_drawn("rules", TOML_VALUES, 9), *_drawn("rules", TOML_LINES, 5)):
        yield _written("rules.toml", name, "suggest")
    for tool in ("ingest", "prodigy", "doccano", "label-studio"):
        yield from (_incoming(tool, name) for name in _drawn(tool, JSON_VALUES, 8))


ATTACKS = tuple(_attacks())
