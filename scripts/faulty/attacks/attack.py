"""What an attack is, and the ground on which it is played: a workspace of its own, and the command line.

Of the package only the command line, the errors and the embedded server are used here: the same attack is played upon
the code of before.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

import labeling
from labeling.cli import cli
from labeling.errors import LabelingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.studio.server.credentials import Credentials

SAMPLES = Path(labeling.__file__).parent / "samples"
CONFIG = Path(__file__).parents[3] / "configs" / "diplomatic.toml"
_ROAD = (
    "cluster",
    "suggest",
    "carry",
    "adjudicate",
    "agree",
    "audit",
    "split",
    "compile",
    "verify",
    "release",
    "report",
)
PATIENCE = 20  # seconds in which an attack that is not at work is given up
WORK = 15  # seconds of work for one attack, which takes a second as a rule


class Fallen(Exception):
    """An attack was not held off: what passed, or how the command ended."""


@dataclass(frozen=True)
class Attack:
    """One trial: what is done, what must come of it, and how it is played.

    ``play`` raises `Fallen` where the promise is broken. ``server`` says whether it needs a Label Studio.
    """

    group: str
    name: str
    must: str
    play: Callable[[Ground], None]
    server: bool = False


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, the name of the error (empty without one), and all that was told."""

    status: int
    error: str
    told: str

    @property
    def well(self) -> bool:
        """Whether it did its work; some items may have been refused."""
        return not self.error


@dataclass(frozen=True)
class Ground:
    """A scratch folder with a workspace in it; ``pattern`` is the folder it was copied from."""

    folder: Path
    credentials: Credentials | None = None

    @property
    def workspace(self) -> Path:
        """The workspace."""
        return self.folder / "workspace"

    @property
    def wire(self) -> Path:
        """A folder for files to take in, which is there after the first call."""
        path = self.folder / "wire"
        path.mkdir(exist_ok=True)
        return path

    @property
    def config(self) -> Path:
        """The project file."""
        return self.folder / "project.toml"

    @property
    def server(self) -> Credentials:
        """The server that the attack asked for."""
        if self.credentials is None:
            raise RuntimeError("the attack did not ask for a server")
        return self.credentials

    def run(self, *words: str | Path, server: Credentials | None = None) -> Ended:
        """Run a command as the command line does.

        Raises:
            Fallen: It ended in a traceback.
        """
        seen = server or self.credentials
        environment = {
            "LABEL_STUDIO_URL": seen.url if seen else "http://127.0.0.1:9",
            "LABEL_STUDIO_API_KEY": seen.api_key if seen else "0" * 40,
        }
        where = ["--config", str(self.config), "--workspace", str(self.workspace)]
        done = CliRunner(env=environment).invoke(cli, [*where, *map(str, words)], standalone_mode=False)
        error = done.exception
        if error is None:
            status = done.return_value if isinstance(done.return_value, int) else 0
            return Ended(status, "", done.output)
        if isinstance(error, LabelingError):
            return Ended(error.exit_status, type(error).__name__, f"{done.output}{error}\n  -> {error.todo}")
        if type(error).__module__.startswith("click"):
            return Ended(2, type(error).__name__, f"{done.output}{error}")
        reason = str(error).replace(f"{self.folder}/", "")[:120]
        raise Fallen(f"`{words[0]}` ended in a traceback: {type(error).__name__}: {reason}") from error

    def done(self, *words: str | Path, server: Credentials | None = None) -> Ended:
        """Run a command that has to do its work.

        Raises:
            Fallen: It did not.
        """
        ended = self.run(*words, server=server)
        if not ended.well:
            raise Fallen(f"`labeling {words[0]}` ended with {ended.error}: {ended.told[-160:]}")
        return ended

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a file of the workspace; none where it is not there."""
        path = self.workspace / name
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.is_file() else []

    def copy(self, folder: Path) -> Ground:
        """The same workspace and project file in another folder: another machine's."""
        copy_ground(self.folder, folder)
        return dataclasses.replace(self, folder=folder)


def copy_ground(pattern: Path, folder: Path) -> None:
    """Copy all that lies in a folder to a fresh one."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pattern, folder, symlinks=True, ignore=shutil.ignore_patterns(".lock"))


def insist(held: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition, as with assert
    """See that something holds.

    Raises:
        Fallen: It does not.
    """
    if not held:
        raise Fallen(otherwise)


def make_pattern(folder: Path) -> Ground:
    """A workspace along the whole road, without a server: the sample articles, and what two people said of them.

    A third annotator used a label that the schema lacks, so that something is in quarantine. In `other` lies another
    workspace, whose people said less.
    """
    ground, other = _begin(folder), _begin(folder / "other")
    lines = said_of_samples(ground)
    _walk(ground, write_words(ground, "words.jsonl", lines), _ROAD)
    (other.wire / "more.txt").write_text("Anna Bo met nobody that day.", encoding="utf-8")
    other.done("ingest", other.wire)
    less = [line for line in lines if line["_annotator_id"] == "ana"]
    _walk(other, write_words(other, "words.jsonl", less[:-3]), ("cluster", "adjudicate", "split"))
    return ground


def _begin(folder: Path) -> Ground:
    folder.mkdir(parents=True, exist_ok=True)
    ground = Ground(folder)
    text = CONFIG.read_text(encoding="utf-8")
    allowed = text.replace("quarantine_allowed = []", 'quarantine_allowed = ["unknown label"]')
    ground.config.write_text(allowed, encoding="utf-8")
    ground.done("ingest", SAMPLES / "articles")
    return ground


def _walk(ground: Ground, words: Path, road: Iterable[str]) -> None:
    ground.done("import", "prodigy", words)
    for verb in road:
        ground.done(verb)


def said_of_samples(ground: Ground) -> list[dict[str, Any]]:
    """What Prodigy would export of the sample annotations; the last line is of `cy`, with a label that nobody has."""
    texts = {row["id"]: row["text"] for row in ground.rows("articles.jsonl")}
    lines = [json.loads(line) for line in (SAMPLES / "annotations.jsonl").read_bytes().splitlines()]
    made = [exported(row["article"], texts[row["article"]], row["annotator"], row["spans"]) for row in lines]
    name = lines[0]["article"]
    return [*made, exported(name, texts[name], "cy", [{"start": 0, "end": 4, "label": "STRANGE"}])]


def exported(name: str, text: str, annotator: str, spans: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A line of Prodigy's."""
    drawn = [{key: span[key] for key in ("start", "end", "label")} for span in spans]
    return {"id": name, "text": text, "spans": drawn, "answer": "accept", "_annotator_id": annotator}


def write_words(ground: Ground, name: str, lines: Iterable[dict[str, Any]]) -> Path:
    """JSON lines beside the workspace."""
    path = ground.folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
