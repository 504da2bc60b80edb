"""Every verb upon every file of a workspace, damaged in every way: an error of ours, or as if nothing was.

It needs no server: one is named at which nothing answers. No trial may end in a traceback, or leave a file half
written.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

from click.testing import CliRunner

from faulty.broken import Broken
from labeling.cli import VERBS, cli
from labeling.errors import LabelingError
from labeling.workspace.storage import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

# What each verb is called with; the others would train for minutes, or start a server.
COMMANDS: dict[str, tuple[str, ...]] = {
    **{
        verb: ()
        for verb in VERBS
        if verb not in {"demo", "ingest", "import", "serve", "train", "curve", "predict", "join"}
    },
    "ingest": ("{root}/../wire",),
    "import": ("prodigy", "{root}/../wire/a.jsonl", "--annotator", "anna"),
    "join": ("{root}/releases/latest",),
    "predict": ("{root}/models/ner-1",),
}
_PATIENCE = 60  # seconds; a pipe is waited for without an end


def _remove(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data.rstrip()) * 2 // 3])


def _fold(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _age(path: Path) -> None:
    """Another version's row: a field that we do not know, before all others."""
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b"{", b'{"of_another_version": 1, ', 1) if b"{" in data else b'{"of_another_version": 1}'
    )


def _nest(path: Path) -> None:
    path.write_bytes(b"[" * 100_000 + b"\n")


def _garble(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" + path.read_bytes()[:100])


DAMAGES: dict[str, Callable[[Path], None]] = {
    "absent": _remove,
    "empty": _empty,
    "cut in mid-line": _cut,
    "a folder": _fold,
    "a link to itself": _loop,
    "a pipe": _pipe,
    "of another version": _age,
    "nested absurdly": _nest,
    "other bytes": _garble,
}


def files_of(root: Path) -> list[Path]:
    """The files of a workspace: those of the table, and the first two of each kind in datasets, releases and models."""
    found = sorted(path.relative_to(root) for path in root.iterdir() if path.is_file() and path.name[0] != ".")
    for folder in ("corpora", "releases", "models"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in {".json", ".jsonl", ".spacy"} and "latest" not in path.parts:
                found.append(path.relative_to(root))
    return found


def try_damage(kept: Path, scratch: Path, verb: str, file: Path, damage: str) -> str:
    """What came of a verb upon a copy of the workspace in which one file is damaged: the name of the error, or "done".

    Raises:
        Broken: It ended in a traceback, or left something half written.
    """
    root = copy_workspace(kept, scratch)
    # A copy of its own: the others are the files of the kept workspace, which no verb writes in place.
    (root / file).unlink()
    shutil.copyfile(kept / file, root / file)
    DAMAGES[damage](root / file)
    return run_verb(root, verb, f"{verb} with {file} {damage}")


def copy_workspace(kept: Path, scratch: Path) -> Path:
    """The files of a workspace in a fresh folder, with the folder of sources that lies beside it."""
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(kept.parent, scratch, symlinks=True, copy_function=os.link, ignore=shutil.ignore_patterns(".lock"))
    return scratch / kept.name


def run_verb(root: Path, verb: str, trial: str) -> str:
    """Run a verb in this process, as the command line does.

    Raises:
        Broken: It ended in a traceback, or left something half written.
    """
    words = [word.format(root=root) for word in COMMANDS[verb]]
    server = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "0" * 40}
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_PATIENCE)
    try:
        result = CliRunner(env=server).invoke(cli, ["--workspace", str(root), verb, *words], standalone_mode=False)
    finally:
        signal.alarm(0)
    error = result.exception
    half = [path.name for path in root.rglob(".*") if TEMPORARY.fullmatch(path.name)]
    if half:
        raise Broken(f"{trial}: {half} were left")
    if error is None or isinstance(error, LabelingError) or type(error).__module__.startswith("click"):
        return "done" if error is None else type(error).__name__
    raise Broken(f"{trial}: {type(error).__name__}: {error}") from error


def _give_up(*_: object) -> NoReturn:
    raise TimeoutError


def play_damages(kept: Path, scratch: Path, many: int | None, chance: Random) -> tuple[Counter[str], int]:
    """How often each end came, over so many trials by chance, or all of them; and how many there are in all.

    Raises:
        Broken: One ended in no way that it may.
    """
    trials = [(verb, file, damage) for verb in COMMANDS for file in files_of(kept) for damage in DAMAGES]
    chosen = trials if many is None else chance.sample(trials, min(many, len(trials)))
    return Counter(try_damage(kept, scratch, *trial) for trial in chosen), len(trials)
