"""Custody: whoever reads a file of the workspace finds it as the verb that wrote it left it, or an error by name.

Every front door tells `keep_custody` what it reads and writes. The record protects from accidents and from changes that
nobody signed. It does not hold against a forger: who can write the files can write the record too.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.errors import Altered, NoRoom, Stale, UsageError
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.custody_rules import (
    CARRIED_ALONG,
    FREE_FILES,
    IN_PARTS,
    LATEST_MANIFEST,
    MADE_FROM,
    NEVER_STALE,
    SELF_MENDING,
    list_checked_files,
    may_go_on,
)
from labeling.workspace.table import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import JsonValue

    from labeling.errors import LabelingError
    from labeling.workspace.file_handles import RowsFile, ValueFile
    from labeling.workspace.table import Workspace

# A file of the table, or the name of a further one, as of a dataset's manifest.
CustodyFile: TypeAlias = "RowsFile[Any] | ValueFile[Any] | str"


@dataclass
class CustodyNotes:
    """What a verb finds out at work: ``options`` that shaped its files, and the names of further files it wrote.

    ``altered`` are those of the files that mend themselves, of those it writes, in which somebody else had written.
    """

    altered: frozenset[str] = frozenset()
    options: dict[str, JsonValue] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)


@contextmanager
def keep_custody(  # noqa: PLR0913 - each is something that a verb does to files
    workspace: Workspace,
    verb: str,
    *,
    reads: Iterable[CustodyFile] = (),
    writes: Iterable[CustodyFile] = (),
    amends: Iterable[CustodyFile] = (),
    stale: bool = True,
    always_hash: bool = False,
) -> Iterator[CustodyNotes]:
    """Check what a verb reads before it begins, and record what it wrote when it has ended well.

    The workspace must be held. Files without a record are adopted as they are, which is said once.

    Args:
        workspace: Whose files.
        verb: The verb at work.
        reads: The files that it reads, if they are there.
        writes: Those that it writes.
        amends: Those that it takes rows out of: they stay made from what they were made from.
        stale: Refuse gold and splits that were made from other files than are there now.
        always_hash: Read every file to its end, whatever the cache knows of it.

    Raises:
        Altered: A file is not as it was left; the message names the verb that mends it.
        Stale: A file was made from others than are there now, or its verb was cut short.
        DamagedFile: The record itself cannot be read.
    """
    read, written, amended = [*map(_name, reads)], [*map(_name, writes)], [*map(_name, amends)]
    record = CustodyRecord(workspace, always_hash=always_hash)
    record.adopt_found()
    for name in read:
        # What a verb is about to make anew may be stale.
        if fault := find_fault(record, name, verb, stale=stale and name not in written):
            raise fault
    # What is written anew is not a source of itself: the same work done twice leaves the same record.
    touched = [*written, *amended]
    sources = {name: record.digests[name] for name in read if record.digests[name] and name not in touched}
    altered = frozenset(name for name in touched if name in SELF_MENDING and record.state(name) == "altered")
    record.begin(verb, touched)
    notes = CustodyNotes(altered)
    try:
        yield notes
    except BaseException:
        # On a full disk the note stays, which does no harm to files that were not touched.
        with suppress(NoRoom):
            record.give_up(touched)
        raise
    if amended:
        record.amend(verb, amended, altered)
    record.finish(verb, [*written, *notes.written], sources, notes.options)


def are_as_left(workspace: Workspace, files: Iterable[CustodyFile], *, found: bool = True) -> bool:
    """Whether these files are as their verbs left them, with no change adopted.

    Args:
        workspace: Whose files.
        files: Those that are to be built upon.
        found: Whether one of which no record tells who wrote it counts as such.
    """
    record = CustodyRecord(workspace)
    names = [*map(_name, files)]
    is_known = found or all(name in record.rows and record.rows[name].verb for name in names)
    return is_known and all(record.state(name) in ("made", "found", "stale") for name in names)


def list_doubtful_importers(workspace: Workspace) -> frozenset[str]:
    """The annotators whose imported rows are not as they were left, in annotations or in quarantine."""
    record = CustodyRecord(workspace)
    known = IN_PARTS & record.rows.keys()
    return frozenset(part for name in known for part in record.list_doubtful_parts(name))


def refuse_altered(workspace: Workspace, verb: str, reads: Iterable[CustodyFile], *, always_hash: bool = False) -> None:
    """Check files that a verb reads without holding the workspace: nothing is written, and nothing adopted.

    Raises:
        Altered: A file is not as it was left.
        Stale: The verb that wrote it was cut short.
    """
    record = CustodyRecord(workspace, always_hash=always_hash)
    for name in map(_name, reads):
        if fault := find_fault(record, name, verb, stale=False):
            raise fault


def sign_change(workspace: Workspace, name: str, why: str) -> None:
    """Adopt a file as it is now, or that it is gone, for a reason; the workspace must be held.

    Raises:
        UsageError: It is not a file that is checked, it is not there, or it is as it was left.
    """
    record = CustodyRecord(workspace, always_hash=True)
    path = workspace.root / name
    checked = list_checked_files()
    if name not in checked and (name not in record.rows or name in FREE_FILES | SELF_MENDING):
        raise UsageError(
            f"{name!r} is not a file of the workspace that is kept in custody",
            todo=f"name one of {', '.join(checked)}",
            where=name,
        )
    if not why.strip():
        raise UsageError("a change is adopted for a reason", todo="tell it: --why TEXT", where=name)
    state = record.state(name)
    if state == "missing" and not record.is_gone(name):
        raise UsageError(f"{path} is not there", todo="put it in its place first", where=str(path))
    if state in ("made", "adopted"):
        raise UsageError(
            f"{path} is as it was left: there is nothing to sign", todo="leave it as it is", where=str(path)
        )
    record.sign(name, why.strip())


def find_fault(record: CustodyRecord, name: str, reader: str, *, stale: bool = True) -> LabelingError | None:
    """What stands against reading a file; None where it, and all it follows from, is as it was left.

    Args:
        record: The workspace's.
        name: The file's name.
        reader: The verb that reads it; it may go on with its own unfinished work.
        stale: Whether it matters that gold or splits were made from other files.
    """
    if name in FREE_FILES | SELF_MENDING or (name not in record.rows and name not in record.unfinished):
        return None
    matters = stale and name in NEVER_STALE
    # An altered source is the cause, and named in place of what follows from it.
    for source in MADE_FROM[name] if matters else ():
        if fault := find_fault(record, source, reader):
            return fault
    # Both answer for their own rows alone, and the record keeps what they only carry over in doubt.
    rewrites = name in IN_PARTS and reader in ("pull", "import")
    state = record.state(name)
    if record.is_gone(name) and not rewrites:
        return _altered_error(record, name, "is gone")
    if state == "altered" and not rewrites:
        return _altered_error(record, name, f"is not as it was left{_name_importers(record, name)}")
    if state == "unfinished" and not may_go_on(record.unfinished[name], name, reader):
        return _unfinished_error(record, name)
    return _stale_error(record, name) if state == "stale" and matters else None


def find_mending_verb(record: CustodyRecord, name: str) -> str:
    """The verb that makes a file anew; empty where only its owner can put it right."""
    if name == LATEST_MANIFEST:
        return "compile"
    if name in IN_PARTS and name in record.rows:
        doubtful = record.list_doubtful_parts(name)
        return "import" if doubtful and "" not in doubtful else "pull"
    if name not in list_checked_files():
        # A kept answer is the server's, as it was then; a model is trained again.
        return record.rows[name].verb if name.startswith("models/") else ""
    return "" if name in CARRIED_ALONG else _verb_of(name)


def _verb_of(name: str) -> str:
    return next((file.verb for _, file in described() if file.name == name), "compile")


def _name(file: CustodyFile) -> str:
    return file if isinstance(file, str) else file.path.name


def _name_importers(record: CustodyRecord, name: str) -> str:
    importers = [part for part in record.list_doubtful_parts(name) if part] if name in IN_PARTS else []
    return f", in what was imported of {', '.join(importers)}" if importers else ""


def _altered_error(record: CustodyRecord, name: str, how: str) -> Altered:
    verb, path, row = find_mending_verb(record, name), record.workspace.root / name, record.rows[name]
    again = f"run `labeling {verb}`, which makes it anew, or " if verb else ""
    by = f"`labeling {row.verb}` left it" if row.verb else "it was found"
    now = record.digests[name][:12] or "no file"
    return Altered(
        f"{path} {how}: {by} with the digest {row.sha256[:12]}, now there is {now}",
        todo=f"{again}put it back; what you changed on purpose is signed by "
        f"`labeling status --adopt {name} --why TEXT`",
        where=str(path),
    )


def _stale_error(record: CustodyRecord, name: str) -> Stale:
    path, others = record.workspace.root / name, record.list_other_sources(name)
    return Stale(
        f"{path} was made from another {' and another '.join(others)} than there is now",
        todo=f"run `labeling {_verb_of(name)}` again",
        where=str(path),
    )


def _unfinished_error(record: CustodyRecord, name: str) -> Stale:
    path, verb = record.workspace.root / name, record.unfinished[name]
    return Stale(
        f"`labeling {verb}` was cut short while it wrote {path}",
        todo=f"run `labeling {verb}` again, which makes whole what it began",
        where=str(path),
    )
