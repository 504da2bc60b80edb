"""A disk that fills up at each request of each verb: each file is as before or as after, a second run makes all whole.

The disk is the real one. From the n-th request to it on, files may not grow in this process and its children
(``RLIMIT_FSIZE``, which libraries in C are held to as well), or the request is refused with ``ENOSPC``.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

from click.testing import CliRunner

from faulty.broken import Broken
from labeling.cli import cli
from labeling.errors import LabelingError
from labeling.project import load_project
from labeling.samples.sample_data import articles_folder, load_sample_annotations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Fullness = Literal["refused", "refused once", "empty", "cut", "not synced"]

FULLNESS: dict[Fullness, str] = {
    "refused": "a request to the disk is refused, and so is each that comes after it",
    "refused once": "a request to the disk is refused, and then there is room again",
    "empty": "no file takes a byte from a moment on",
    "cut": "every file ends after 100 bytes from a moment on",
    "not synced": "what was written cannot be put to the disk",
}

# What each is called with, in an order in which each finds what it needs.
CALLS: dict[str, tuple[str, ...]] = {
    "ingest": ("ingest", "{beside}/articles"),
    "import": ("import", "prodigy", "{beside}/prodigy.jsonl", "--annotator", "anna"),
    "cluster": ("cluster",),
    "suggest": ("suggest",),
    "carry": ("carry",),
    "agree": ("agree",),
    "adjudicate": ("adjudicate",),
    "audit": ("audit",),
    "split": ("split",),
    "compile": ("compile",),
    "verify": ("verify",),
    "release": ("release",),
    "release with texts": ("release", "--with-texts"),
    "join": ("join", "{root}/releases/latest"),
    "report": ("report",),
    "status": ("status",),
    "adopt": ("status", "--adopt", "agreement.json", "--why", "a trial"),
    "doctor": ("doctor",),
    # By two processes, and the slow ones.
    "compile by two": ("compile", "--processes", "2"),
    "train": ("train", "--steps", "1"),
    "predict": ("predict", "{root}/models/{model}"),
    "evaluate": ("evaluate",),
    "curve": ("curve", "--points", "1", "--steps", "1"),
}
SLOW = frozenset({"compile by two", "train", "predict", "evaluate", "curve"})
# The cache of digests has the numbers of files in it; the others are checked for being readable.
_NOT_COMPARED = frozenset({".lock", ".custody-cache.json"})
_IN_BETWEEN = frozenset({"custody.jsonl", ".custody-unfinished.json"})
_PATIENCE = 300  # seconds
_CUT = 100  # bytes
_GROWING = frozenset({"os.mkdir", "os.rename", "os.symlink", "os.link", "os.truncate"})
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_PLAIN_SYNC = os.fsync


@dataclass
class _Disk:
    """How many requests there were, and from which one on, in which way, the disk is full (never: 0)."""

    full_at: int = 0
    how: Fullness = "refused"
    asked: int = 0
    watching: bool = False
    hooked: bool = False

    def hear(self, event: str, words: tuple[object, ...]) -> None:
        """An audit hook: count what needs room, and refuse it."""
        writes = event == "open" and isinstance(words[2], int) and words[2] & _TO_WRITE
        if self.watching and self.how != "not synced" and (writes or event in _GROWING):
            self._ask(event, words[0])

    def sync(self, handle: int) -> None:
        """In place of `os.fsync`."""
        if self.how == "not synced" and self.watching:
            self.asked += 1
            if self.full_at and self.asked >= self.full_at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        _PLAIN_SYNC(handle)

    def _ask(self, event: str, place: object) -> None:
        if isinstance(place, int) or os.fsdecode(place).startswith(("/dev/", "/proc/")):  # type: ignore[arg-type]
            return
        self.asked += 1
        if not self.full_at or self.asked < self.full_at:
            return
        # A full disk may refuse to rename; mostly it does not.
        again = self.how == "refused" and event != "os.rename"
        if self.how in ("refused", "refused once") and (again or self.asked == self.full_at):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place)
        if self.how in ("empty", "cut"):
            _limit_files(0 if self.how == "empty" else _CUT)


_DISK = _Disk()


@dataclass(frozen=True)
class FullDiskTrials:
    """What came of one call: how many trials, how often each end came, and what broke a promise."""

    call: str
    how: Fullness
    trials: int
    ends: Counter[str]
    broken: list[str] = field(default_factory=list)


def make_grounds(folder: Path, calls: Sequence[str]) -> dict[str, Path]:
    """A workspace as it is before each of the calls, when all were made once, and half of the work is new."""
    beside, root, grounds = folder / "beside", folder / "workspace", dict[str, Path]()
    beside.mkdir(parents=True)
    (beside / "articles").symlink_to(articles_folder())
    for part in ("old", "new"):
        row = {"text": f"Anna met Carl in Lima, {part}.", "meta": {"id": f"p{part}"}, "spans": []}
        (beside / "prodigy.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        for call in calls:
            if call == "adopt":
                agreement = root / "agreement.json"
                agreement.write_text(
                    json.dumps(json.loads(agreement.read_bytes()), indent=1 if part == "old" else 3), encoding="utf-8"
                )
            if part == "new":
                grounds[call] = folder / "grounds" / call.replace(" ", "-") / root.name
                shutil.copytree(root, grounds[call], symlinks=True)
                (grounds[call].parent / beside.name).symlink_to(beside)
            make_call(root, call)
            if call == "import":
                _annotate(root, part)
    return grounds


def _annotate(root: Path, part: str) -> None:
    """The sample annotators submit half of their work, then all of it."""
    # Here, for the code of before had no custody, and is tried with what else is in this file.
    from labeling.workspace.custody import sign_change

    file = load_project(workspace=root).workspace.annotations
    samples = [each for number, each in enumerate(load_sample_annotations()) if part == "new" or number % 3]
    file.write([*(row for row in file.rows() if row.task is None and row.annotator == "anna"), *samples])
    with suppress(LabelingError):
        sign_change(load_project(workspace=root).workspace, file.path.name, "samples")


def make_call(root: Path, call: str) -> str:
    """Run a verb in this process, as the command line does; the name of its error, or "done".

    Raises:
        Broken: It ended in a traceback, or took too long.
    """
    model = next((path.name for path in sorted((root / "models").glob("ner-*"))), "")
    words = [word.format(root=root, beside=root.parent / "beside", model=model) for word in CALLS[call]]
    server = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "0" * 40}
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_PATIENCE)
    try:
        result = CliRunner(env=server).invoke(cli, ["--workspace", str(root), *words], standalone_mode=False)
    finally:
        signal.alarm(0)
    error = result.exception
    if error is None or isinstance(error, LabelingError):
        return "done" if error is None else type(error).__name__
    raise Broken(f"{type(error).__name__}: {error}") from error


def try_full_disk(
    ground: Path, scratch: Path, call: str, how: Fullness, most: int | None = None, last: int | None = None
) -> FullDiskTrials:
    """A call on a disk that fills up at each of its requests in turn.

    With ``most`` it does so at so many of them, evenly; with ``last`` at so many, the last ones. Each trial begins
    with a fresh copy of the ground, and the call is made a second time, with room again.
    """
    after, asked = _find_end(ground, scratch, call, how)
    before, ends, broken = take_stock(ground), Counter[str](), list[str]()
    moments = list(range(1, asked + 1))[-last if last else 0 :]
    if most is not None and most < asked:
        moments = [asked * number // most for number in range(1, most + 1)]
    for moment in moments:
        trial = f"{call}, {how} at request {moment} of {asked}"
        root = copy_ground(ground, scratch)
        try:
            with fill_disk(how, moment):
                end = make_call(root, call)
            ends[end] += 1
            compare_stocks(before, after, take_stock(root), whole=end == "done")
            # Once adopted, there is nothing left to adopt.
            again = make_call(root, call)
            compare_stocks(after, after, take_stock(root), whole=True)
            if again != "done" and call != "adopt":
                broken.append(f"{trial}: the second run ended with {again}")
        except Broken as error:
            broken.append(f"{trial}: {error}")
    return FullDiskTrials(call, how, len(moments), ends, broken)


def take_stock(root: Path) -> dict[str, str]:
    """What lies in a workspace: digests of files, goals of links; a dataset, a release or a model is one thing."""
    stock = dict[str, str]()
    for path in sorted(root.rglob("*")):
        name, place = path.relative_to(root).parts, str(path.relative_to(root))
        if place in _NOT_COMPARED:
            continue
        if path.is_symlink():
            stock[place] = f"-> {path.readlink()}"
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            # What lies in a store is there as a whole or not at all.
            unit = "/".join(name[:2]) if name[0] in ("corpora", "releases", "models", "curve") else place
            stock[unit] = stock.get(unit, "") + (digest if unit == place else f"{place} {digest}\n")
        elif not any(path.iterdir()):
            stock[place] = "an empty folder"
    return stock


def compare_stocks(before: dict[str, str], after: dict[str, str], now: dict[str, str], *, whole: bool) -> None:
    """See that each file is as before or as after; with ``whole`` as after.

    Raises:
        Broken: One is neither.
    """
    places = {*before, *after, *now} - (set() if whole else _IN_BETWEEN)
    wrong = [
        place
        for place in sorted(places)
        if now.get(place) not in ({after.get(place)} if whole else {before.get(place), after.get(place)})
    ]
    if wrong:
        raise Broken(f"neither as before nor as after: {', '.join(wrong[:3])}")


def _find_end(ground: Path, scratch: Path, call: str, how: Fullness) -> tuple[dict[str, str], int]:
    """What lies in the workspace after a call that nothing stood against, and how many requests that took."""
    root = copy_ground(ground, scratch)
    with fill_disk(how, 0):
        make_call(root, call)
        asked = _DISK.asked
    return take_stock(root), asked


def copy_ground(ground: Path, scratch: Path) -> Path:
    """A workspace with what lies beside it, in a fresh folder."""
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(ground.parent, scratch, symlinks=True, ignore=shutil.ignore_patterns(".lock"))
    return scratch / ground.name


@contextmanager
def fill_disk(how: Fullness, moment: int) -> Iterator[None]:
    """Have the disk full from a request on (never: 0), while the block lasts."""
    if not _DISK.hooked:
        sys.addaudithook(_DISK.hear)
        _DISK.hooked = True
    limits, cached = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    # Half of a compiled module would stay where it is.
    sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
    os.fsync = _DISK.sync  # type: ignore[assignment]  # ours are always given numbers
    _DISK.full_at, _DISK.how, _DISK.asked, _DISK.watching = moment, how, 0, True
    try:
        yield
    finally:
        _DISK.watching = False
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        os.fsync, sys.dont_write_bytecode = _PLAIN_SYNC, cached
        del os.environ["PYTHONDONTWRITEBYTECODE"]


def _limit_files(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def _give_up(*_: object) -> NoReturn:
    raise TimeoutError
