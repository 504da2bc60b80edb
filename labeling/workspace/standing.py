"""Where a workspace stands, by its own files: how each of them is, and which command comes next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.workspace.custody import find_mending_verb
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.custody_rules import LATEST_MANIFEST, SELF_MENDING
from labeling.workspace.table import described

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from labeling.workspace.custody_record import FileState
    from labeling.workspace.table import Workspace

# What the road asks for, in its order, and the verb that makes it.
_ROAD = (
    ("clusters.jsonl", "cluster"),
    ("pushed.jsonl", "push"),
    ("annotations.jsonl", "pull"),
    ("gold.jsonl", "adjudicate"),
    ("ledger.jsonl", "adjudicate"),
    ("splits.jsonl", "split"),
    ("leakage.json", "split"),
    (LATEST_MANIFEST, "compile"),
)

# What a verb of the road writes only where the project file has [learning].
_OF_THE_LOOP = frozenset({"stream.jsonl", "reliance.json"})

# Without a row in these, the road ends at the people who annotate.
_WHAT_PEOPLE_SAY = ("annotations.jsonl", "gold.jsonl")

# What is told where there is no next command.
NOTHING_LEFT = "nothing: all is made from what there is now"


@dataclass(frozen=True)
class FileStanding:
    """How one file of the workspace stands.

    ``state`` is ``made`` (as its verb left it), ``adopted`` (a change in it was signed, ``signed`` has the reasons),
    ``found`` (no record of it), ``free`` (anybody may write it), ``stale`` (made from other files than are there now),
    ``altered``, ``unfinished`` (its verb was cut short) or ``missing``. ``verb`` wrote it, or would.
    """

    file: str
    state: FileState
    verb: str
    signed: tuple[str, ...]


@dataclass(frozen=True)
class WorkspaceStanding:
    """Every file of the workspace, in the order of the journey, and the next command: "" where nothing is left to do.

    ``forgotten`` counts articles that were taken back; ``last_round`` tells of the last round of the loop in one line.
    """

    files: tuple[FileStanding, ...]
    next: str
    forgotten: int = 0
    last_round: str = ""

    @property
    def listed(self) -> tuple[FileStanding, ...]:
        """The files that are there, and those that are missed: not those that this project may never need."""
        asked = {name for name, _ in _ROAD} | {"articles.jsonl", "scores.json"}
        if any(file.file == "annotations.jsonl" and file.state != "missing" for file in self.files):
            # Imported ones need no server.
            asked.discard("pushed.jsonl")
        return tuple(
            file
            for file in self.files
            if file.state != "missing"
            or file.file in asked
            or (self.next == f"labeling {file.verb}" and file.file not in _OF_THE_LOOP)
        )


def read_standing(
    workspace: Workspace, wait: float = 0.0, *, has_readers: bool = False, clusters_first: bool = False
) -> WorkspaceStanding:
    """How each file stands, and the next command; nothing is written, and no server asked.

    Args:
        workspace: Whose files.
        wait: Seconds to wait for another command that is writing there.
        has_readers: Whether the project file names people to read, so that there is a plan to be made.
        clusters_first: Whether a push wants to know the reprints; a plan does in any case.

    Raises:
        MissingInput: Nothing was ever taken in there.
        WorkspaceBusy: Another command is writing there.
        DamagedFile: The record of custody cannot be read.
    """
    with workspace.opened(wait):
        record = CustodyRecord(workspace)
        files = [_describe(record, file.name, file.verb) for _, file in described() if file.name != "custody.jsonl"]
        files.append(_describe(record, LATEST_MANIFEST, "compile"))
        forgotten = len({row.article for row in workspace.forgotten.rows_if_written() if not row.again})
        asks = _Asks(has_readers=has_readers, clusters_first=clusters_first or has_readers)
        following = _find_next(record, {file.file: file for file in files}, asks)
        last = deque(workspace.rounds.rows_if_written(), maxlen=1)
        told = last[0].sentence if last else ""
        return WorkspaceStanding(tuple(files), following, forgotten, told)


@dataclass(frozen=True)
class _Asks:
    """What a project file asks for before a push."""

    has_readers: bool
    clusters_first: bool


def _holds_rows(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _describe(record: CustodyRecord, name: str, verb: str) -> FileStanding:
    row = record.rows.get(name)
    return FileStanding(name, record.state(name), (row and row.verb) or verb, row.signed if row else ())


def _find_next(record: CustodyRecord, files: dict[str, FileStanding], asks: _Asks) -> str:
    """The command that brings the work on: first what is broken, then what is not there or out of date."""
    if files["articles.jsonl"].state == "missing":
        return "labeling ingest FILES"
    for file in files.values():
        if file.state == "unfinished":
            return f"labeling {record.unfinished[file.file]}"
        if file.state == "altered" or record.is_gone(file.file):
            verb = find_mending_verb(record, file.file)
            return f"labeling {verb}" if verb else f"labeling status --adopt {file.file} --why TEXT"
    verb = _find_verb_of_road(record, files, asks)
    return f"labeling {verb}" if verb else ""


def _find_verb_of_road(record: CustodyRecord, files: dict[str, FileStanding], asks: _Asks) -> str:
    there = {name for name in _WHAT_PEOPLE_SAY if _holds_rows(record.workspace.root / name)}
    for name, verb in _ROAD:
        if asks.has_readers and name == "pushed.jsonl" and (planning := _find_planning_verb(record)):
            return planning
        # Where annotations were imported, nothing needs to be pushed; what articles share, one reader alone need not
        # know before there is something to split.
        waits = {
            "pushed.jsonl": files["annotations.jsonl"].state != "missing",
            "clusters.jsonl": files[name].state == "missing" and not (asks.clusters_first or there),
        }
        if files[name].state in ("missing", "stale") and not waits.get(name, False):
            return verb
        # Nobody has submitted anything, or nothing that is gold: there is nothing to go on with.
        if name in _WHAT_PEOPLE_SAY and name not in there:
            return "pull"
    if not any(record.workspace.models.glob("[!.]*/")):
        return "train"
    if files["scores.json"].state in ("missing", "stale"):
        return "evaluate"
    others = SELF_MENDING | {LATEST_MANIFEST}
    there = {file.file for file in files.values() if file.state not in ("missing", "free")} - others
    return "report" if _is_behind(record, record.workspace.report.name, there) else ""


def _find_planning_verb(record: CustodyRecord) -> str:
    """What brings the plan on: articles or stories came since it was made, or it was not pushed; "" if neither."""
    if _is_behind(record, "assignments.jsonl", ("articles.jsonl", "clusters.jsonl")):
        return "assign"
    return "push" if _is_behind(record, "pushed.jsonl", ("assignments.jsonl",)) else ""


def _is_behind(record: CustodyRecord, name: str, sources: Iterable[str]) -> bool:
    """Whether a file is not there, or was made when one of its sources was another or not there yet."""
    row = record.rows.get(name)
    if row is None or not record.digests[name]:
        return True
    return any(row.read.get(source, "") != record.digests[source] for source in sources)
