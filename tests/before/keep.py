"""What the program makes of three inputs, file by file: the evidence that a refactoring has changed nothing.

    python tests/before/keep.py FOLDER [--code TREE] [--apart]

The code of TREE (this checkout, if left out) takes the two real articles, the shipped samples and the documents of re3d
along the whole road, in FOLDER, an empty or new one: ingest, cluster, suggest, import, adjudicate, agree, audit, carry,
split, compile, release, join, report. Then FOLDER/digests.json has the SHA-256 of each file, and of what each command
said, which lies in FOLDER/said. `digests.json` beside this script is that of commit 1c51789: `test_before.py` measures
by it.

Nothing of `labeling` is imported here: TREE is only ever spoken to by its command line, in another process. One process
runs all commands, which spares the imports; with --apart each has its own, as a user's have, and the digests must be
the same. An input that is not at hand is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inputs import odd_lines, re3d_lines, re3d_schema, real_lines, sample_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    # The words of a command go in; exit status, stdout and stderr come out.
    Run = Callable[[list[str]], tuple[int, str, str]]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared"

# What two runs of the same code do not have in common, by the pattern of its path, and why. It is not hashed.
NOT_COMPARED = {
    "*/.lock": "empty; whether it stays is the locking library's affair",
    "*/models/*": "weights are floating point, and come out otherwise on another processor; `kept.tar.xz` has a model",
    "*/models/*/extractor.json": "its name holds the digest of the manifest, hence Python's version",
    "*/studio/*": "a server's database: passwords, keys, instants",
    "*/studio.json": "the server's address, with its port, and the instant the project was made",
    "*/pushed.jsonl": "the server's task numbers",
    "*/pulls/*": "the server's answers with its numbers and instants, in files named by the time",
    "*/pulled.json": "the server's instants and the names of those files",
    "*/pulled.jsonl": "the server's numbers and instants",
    "*/users.json": "the server's numbers of its users",
    "*/imported.jsonl": "what the source of an import had: the commit that was kept did not write it",
    "*/custody.jsonl": "the record of custody is younger than what was kept; tests/verbs/test_custody.py is about it",
    "*/trust.json": "`split` has told only since then how far the test set can be trusted",
    "*/mistakes.jsonl": "`evaluate` has listed mistakes only since then",
    "*/.custody-*": "what lies beside that record: a cache, and the note of a verb at work",
    "*/report.html": "a page of sentences, and of the numbers in the other files",
}
# Fields that are sentences for people, whose wording may improve; and the numbers that changed with the one notion of a
# surface, "the same words" (before, `evaluate` told case and blanks apart and `split` did not). The last ones are what
# scores have had besides since then.
NOT_KEPT = frozenset(
    {"reason", "todo", "seen", "unseen", "surfaces", "surfaces_seen", "slices", "mistakes", "article_counts"}
)
# The digests depend on what these write, so another version of one of them is no fault of ours.
WRITERS = ("spacy", "datasets", "pyarrow")

# What is asked for otherwise than in the shipped project file.
VARIED = {
    'dev_from = ""': 'dev_from = "2024-04-01"',
    'test_from = ""': 'test_from = "2024-06-01"',
    'trim = ["blanks"]': 'trim = ["blanks", "punctuation"]',
    "tag_layers = 3": "tag_layers = 2",
    "words = 12": "words = 8",
    "annotate_once = false": "annotate_once = true",
}

_HAND = """
import contextlib, io, json, sys, traceback
import labeling, labeling.cli
print(json.dumps(labeling.__file__), flush=True)
for line in sys.stdin:
    sys.argv, out, err, status = ["labeling", *json.loads(line)], io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            labeling.cli.main()
        except SystemExit as end:
            status = end.code or 0
        except Exception:
            traceback.print_exc()
            status = 1
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass
class Road:
    """The commands as they are run in a folder with the code of ``tree``, and what has been written down so far."""

    folder: Path
    tree: Path
    run: Run
    said: dict[str, Json] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)

    def go(self, workspace: str, *words: str, config: str = "", name: str = "") -> Json:
        """Run a command with ``--json`` in a workspace, and write down what it said; relative paths, so no places."""
        options = ["--config", config] if config else []
        status, out, err = self.run([*options, "--workspace", workspace, *words, "--json"])
        found: Json = json.loads(out) if out else {}
        if words[0] in ("compile", "join") and found:
            self.datasets[found["digest"]] = f"<{workspace} {name or words[0]}>"
        key = f"{workspace}: {name or words[0]}"
        self.said[key] = {"status": status, "stdout": hashes(out.encode(), self.datasets)}
        (self.folder / "said" / f"{key}.txt").write_text(f"{out}\n{err}", encoding="utf-8")
        return found

    def keep(self, name: str, folder: Path) -> None:
        """Write down every file of a folder under ``name``, but what cannot be compared."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            key = f"{name}/{path.relative_to(folder).as_posix()}"
            if not any(fnmatch(f"/{key}", pattern) for pattern in NOT_COMPARED):
                self.files[key] = hashes(path.read_bytes(), self.datasets, path.name)

    def keep_dataset(self, workspace: str, name: str, made: Json) -> None:
        """Write down a dataset, if it was made, by our name for it; the folder's own is its digest."""
        if "folder" in made:
            self.keep(f"{workspace}/{name}", self.folder / made["folder"])

    def keep_workspace(self, workspace: str) -> None:
        """Write down the workspace's own files; datasets and releases have names of ours."""
        for path in sorted((self.folder / workspace).iterdir()):
            key = f"{workspace}/{path.name}"
            if path.is_file() and not any(fnmatch(f"/{key}", pattern) for pattern in NOT_COMPARED):
                self.files[key] = hashes(path.read_bytes(), self.datasets, path.name)


def hashes(content: bytes, datasets: dict[str, str], name: str = "") -> Json:
    """The SHA-256 of bytes, sentences left out; and, as ``calm``, without what follows from Python's version."""
    content = without_sentences(content)
    calmed = calm(content, datasets, name)
    raw = {"sha256": hashlib.sha256(content).hexdigest()}
    return raw if calmed == content else {**raw, "calm": hashlib.sha256(calmed).hexdigest()}


def without_sentences(content: bytes) -> bytes:
    """JSON, or lines of it, without the fields that are `NOT_KEPT`; anything else as it is."""
    if not content.startswith(b"{"):
        return content
    try:
        lines = [json.loads(content)]
    except ValueError:
        try:
            lines = [json.loads(line) for line in content.splitlines()]
        except ValueError:
            return content
    kept = [_without(line) for line in lines]
    return content if kept == lines else "\n".join(json.dumps(line, sort_keys=True) for line in kept).encode()


def _without(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items() if name not in NOT_KEPT}
    return [_without(each) for each in value] if isinstance(value, list) else value


def calm(content: bytes, datasets: dict[str, str], name: str = "") -> bytes:
    """Call datasets by our names in place of their digests, which hold Python's version by way of the manifest.

    Of a manifest, that version goes, and the list of files, which are all compared one by one.
    """
    if name == "manifest.json":
        manifest = json.loads(content)
        manifest["versions"].pop("python")
        manifest.pop("outputs")
        content = json.dumps(manifest, sort_keys=True).encode()
    for digest, ours in datasets.items():
        content = content.replace(digest.encode(), ours.encode()).replace(digest[:16].encode(), ours.encode())
    return content


def from_articles(road: Road, workspace: str, folder: str, config: str = "") -> None:
    """What is made of articles before anybody has said anything of them."""
    for words in (["ingest", folder], ["cluster"], ["suggest"]):
        road.go(workspace, *words, config=config)


def from_annotations(road: Road, workspace: str, config: str = "") -> None:
    """What is made of annotations, up to a whole dataset, its release, its scores and the page."""
    for verb in ("adjudicate", "agree", "audit", "carry", "split"):
        road.go(workspace, verb, config=config)
    made = road.go(workspace, "compile", config=config)
    road.keep_dataset(workspace, "dataset", made)
    for verb in ("verify", "evaluate", "release", "report"):
        road.go(workspace, verb, config=config)
    road.keep(f"{workspace}/release", road.folder / workspace / "releases" / "latest")


def real(road: Road) -> None:
    """The two real articles with our annotations of them, brought along as Prodigy's lines."""
    shutil.copytree(SHARED / "articles", road.folder / "in" / "real")
    from_articles(road, "real", "in/real")
    gold, related = (ROOT / "tests" / "data" / f"seed_{name}.json" for name in ("articles", "relations"))
    write_lines(road.folder / "in" / "real.jsonl", real_lines(SHARED / "articles", gold, related))
    # Our annotators looked for these two as well, and found none: an import speaks only of what its source had.
    maps = ["--map", "ARMED_GROUP=ARMED_GROUP", "--map", "ABOUT=ABOUT"]
    road.go("real", "import", "prodigy", "in/real.jsonl", "--annotator", "ana", *maps)
    from_annotations(road, "real")
    road.keep_workspace("real")


def samples(road: Road) -> None:
    """The shipped samples; further datasets of them, by subset, by two processes, and by a release and its texts."""
    shipped = road.tree / "labeling" / "samples"
    shutil.copytree(shipped / "articles", road.folder / "in" / "samples")
    from_articles(road, "samples", "in/samples")
    shutil.copyfile(shipped / "annotations.jsonl", road.folder / "samples" / "annotations.jsonl")
    from_annotations(road, "samples")
    parts = ["--since", "2024-01-01", "--label", "PERSON", "--label", "ROLE", "--label", "COUNTRY"]
    road.keep_dataset("samples", "part", road.go("samples", "compile", *parts, name="part"))
    unusable = road.go("samples", "compile", "--with-unusable", name="with unusable")
    road.keep_dataset("samples", "with unusable", unusable)
    again = road.go("samples", "compile", "--processes", "2", name="by two processes")
    road.keep_dataset("samples", "by two processes", again)
    road.go("samples", "release", "--with-texts", name="release with texts")
    road.keep("samples/release with texts", road.folder / "samples" / "releases" / "latest-texts")
    road.keep_workspace("samples")
    joined(road)


def joined(road: Road) -> None:
    """The release of the samples, joined to all texts, which gives the same dataset, and to a part of them."""
    for workspace, folder in (("joined", "in/samples"), ("joined in part", "in/samples/wire.jsonl")):
        road.go(workspace, "ingest", folder)
        made = road.go(workspace, "join", "samples/releases/latest")
        road.keep_dataset(workspace, "dataset", made)
        road.keep_workspace(workspace)


def varied(road: Road) -> None:
    """Other rules, splits by day, and every other article annotated, so that there is something to carry."""
    text = (road.tree / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    for old, new in VARIED.items():
        text = text.replace(old, new)
    (road.folder / "in" / "varied.toml").write_text(text, encoding="utf-8")
    config, said = "in/varied.toml", (road.folder / "samples" / "annotations.jsonl").read_text(encoding="utf-8")
    from_articles(road, "varied", "in/samples", config)
    (road.folder / "varied" / "annotations.jsonl").write_text("".join(said.splitlines(keepends=True)[::2]), "utf-8")
    road.go("varied", "adjudicate", config=config)
    road.go("varied", "carry", config=config)
    road.go("varied", "split", "--with-unusable", config=config)
    road.keep_dataset("varied", "dataset", road.go("varied", "compile", "--with-unusable", config=config))
    road.go("varied", "report", config=config)
    road.keep_workspace("varied")


def foreign(road: Road) -> None:
    """The samples as doccano, brat and CoNLL have them, and lines of all kinds that must be refused or quarantined."""
    shipped = road.tree / "labeling" / "samples"
    articles = [json.loads(line) for line in (road.folder / "samples" / "articles.jsonl").open(encoding="utf-8")]
    said = [json.loads(line) for line in (shipped / "annotations.jsonl").open(encoding="utf-8")]
    write_lines(road.folder / "in" / "doccano.jsonl", sample_lines(articles, said))
    road.go("doccano", "import", "doccano", "in/doccano.jsonl", "--offsets", "utf-16", "--prefix", "desk/")
    write_lines(road.folder / "in" / "odd.jsonl", odd_lines())
    road.go("odd", "ingest", "in/odd.jsonl")
    maps = ["--map", "PER=PERSON", "--map", "SHIP="]
    road.go("odd", "import", "prodigy", "in/odd.jsonl", "--annotator", "ana", *maps, name="import anew")
    road.go("odd", "import", "prodigy", "in/odd.jsonl", "--annotator", "ben", "--add", name="import besides")
    road.go("odd", "adjudicate")
    for workspace in ("doccano", "odd"):
        road.keep_workspace(workspace)


def re3d(road: Road) -> None:
    """Documents with nested and crossing spans and with relations, as one annotator and another would have them."""
    lines = re3d_lines(SHARED / "corpora" / "re3d")
    (road.folder / "in" / "re3d.toml").write_text(re3d_schema(lines), encoding="utf-8")
    write_lines(road.folder / "in" / "re3d.jsonl", lines)
    config = "in/re3d.toml"
    road.go("re3d", "import", "prodigy", "in/re3d.jsonl", config=config)
    for verb in ("cluster", "suggest"):
        road.go("re3d", verb, config=config)
    from_annotations(road, "re3d", config)
    road.keep_workspace("re3d")


def write_lines(path: Path, lines: list[Json]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def environment(tree: Path) -> dict[str, str]:
    """The user's own, with the code of ``tree`` before any other, no server named and no hub asked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LABEL_STUDIO_", "HEARTEX_"))}
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    return {**kept, **offline, "PYTHONPATH": str(tree)}


@contextmanager
def hand(folder: Path, tree: Path, **named: str) -> Iterator[Run]:
    """One process for all commands, in a folder, until the block ends; it says first where its code is from.

    ``named`` goes into its environment.

    Raises:
        SystemExit: It is not from ``tree``.
    """
    with subprocess.Popen(
        [sys.executable, "-c", _HAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env=environment(tree) | named,
        text=True,
    ) as process:
        lines, out = process.stdin, process.stdout
        if lines is None or out is None or not Path(json.loads(out.readline())).is_relative_to(tree):
            raise SystemExit(f"the code is not that of {tree}")

        def run(words: list[str]) -> tuple[int, str, str]:
            lines.write(json.dumps(words) + "\n")
            lines.flush()
            status, said, told = json.loads(out.readline())
            return int(status), str(said), str(told)

        yield run


def apart(folder: Path, tree: Path) -> Run:
    """A process for each command."""

    def run(words: list[str]) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "labeling", *words]
        done = subprocess.run(command, capture_output=True, cwd=folder, env=environment(tree), text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def inputs() -> Iterator[Callable[[Road], None]]:
    """The roads whose input is at hand."""
    yield samples
    yield varied
    yield foreign
    if (SHARED / "articles").is_dir():
        yield real
    if (SHARED / "corpora" / "re3d").is_dir():
        yield re3d


def main() -> None:
    """Go all roads, and write the digests down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--code", type=Path, default=ROOT)
    parser.add_argument("--apart", action="store_true")
    asked = parser.parse_args()
    folder, tree = asked.folder.resolve(), asked.code.resolve()
    for name in ("in", "said"):
        (folder / name).mkdir(parents=True)
    with nullcontext(apart(folder, tree)) if asked.apart else hand(folder, tree) as run:
        road = Road(folder, tree, run)
        for go in inputs():
            go(road)
    versions = {"python": platform.python_version(), **{name: version(name) for name in WRITERS}}
    found = {"versions": versions, "not_compared": NOT_COMPARED, "said": road.said, "files": road.files}
    (folder / "digests.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
