"""The record of custody of one workspace: which state each file is in, and what is written down of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling import __version__
from labeling.errors import DamagedFile
from labeling.values import Frozen
from labeling.workspace.custody_rules import (
    CARRIED_OVER,
    COMES_LATER,
    FREE_FILES,
    GAP_FILES,
    IN_PARTS,
    MADE_FROM,
    SELF_MENDING,
    list_checked_files,
)
from labeling.workspace.file_digests import FileDigests, digest_parts
from labeling.workspace.rows.custody_row import CustodyRow
from labeling.workspace.storage import name_disk_errors, read_value, write_json

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from labeling.workspace.table import Workspace


FileState: TypeAlias = Literal["made", "adopted", "found", "free", "stale", "altered", "unfinished", "missing"]
_UNFINISHED = ".custody-unfinished.json"


class UnfinishedFiles(Frozen):
    """The files that a command at work is writing, each with the verb; what a killed command left stays in it."""

    files: dict[str, str] = {}


class CustodyRecord:
    """The record as it is on the disk, and each file measured by it. To change it, hold the workspace."""

    def __init__(self, workspace: Workspace, *, always_hash: bool = False) -> None:
        """Read the record; with ``always_hash`` the cache of digests is not believed.

        Raises:
            DamagedFile: The record cannot be read.
        """
        self.workspace = workspace
        self.rows = {row.file: row for row in _read_record(workspace)}
        self.unfinished = dict(_read_unfinished(workspace.root / _UNFINISHED).files)
        self.digests = FileDigests(workspace.root, always_hash=always_hash)

    def state(self, name: str) -> FileState:
        """How a file stands."""
        row, digest = self.rows.get(name), self.digests[name]
        if not digest or name in FREE_FILES:
            return "free" if digest else "missing"
        # What a killed command was writing is nobody's fault; what it had not touched is as it was.
        if row is None:
            return "unfinished" if name in self.unfinished and name not in SELF_MENDING else "found"
        if name in self.unfinished and digest != row.sha256:
            return "unfinished"
        if row.doubt or digest != row.sha256:
            return "altered"
        if self.list_other_sources(name):
            return "stale"
        return "adopted" if row.signed else "made"

    def is_gone(self, name: str) -> bool:
        """Whether a file that is to be missed was there, and nobody signed that it is not there any more."""
        row = self.rows.get(name)
        return name in GAP_FILES and row is not None and bool(row.sha256) and not self.digests[name]

    def list_other_sources(self, name: str) -> list[str]:
        """What the file was made from, as far as that is another file now, or is stale itself."""
        row = self.rows[name]
        # An article never changes: those that came since are the matter of `split`, which asks for each.
        return [
            source
            for source in MADE_FROM.get(name, ())
            if (source in row.read or (source in COMES_LATER and self.digests[source]))
            and (row.read.get(source) != self.digests[source] or self.state(source) == "stale")
        ]

    def list_doubtful_parts(self, name: str) -> tuple[str, ...]:
        """The parts of annotations or quarantine that are others than they were left."""
        row = self.rows[name]
        now = self._parts(name)
        differ = {part for part in row.parts | now if row.parts.get(part) != now.get(part)}
        return tuple(sorted(differ | {*row.doubt}))

    def list_signed(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The reasons of those who adopted changes of these files, as far as anybody did."""
        return {name: row.signed for name in names if (row := self.rows.get(name)) and row.signed}

    def adopt_found(self) -> None:
        """Take files that have no record as they are, and say which."""
        found = [name for name in list_checked_files() if self.state(name) == "found"]
        if not found:
            return
        for name in found:
            read = {source: self.digests[source] for source in MADE_FROM.get(name, ()) if self.digests[source]}
            self.rows[name] = CustodyRow(file=name, sha256=self.digests[name], read=read, parts=self._parts(name))
        self._write()
        self.workspace.say(f"No record tells who wrote {', '.join(found)}: taken as found, and kept in custody now.")

    def sign(self, name: str, why: str) -> None:
        """Write down that a file was changed on purpose: it counts as made from what is there now."""
        before = self.rows.get(name) or CustodyRow(file=name, sha256="")
        sources = {*MADE_FROM.get(name, ()), *before.read}
        signed = {
            "sha256": self.digests[name],
            "read": {source: self.digests[source] for source in sorted(sources) if self.digests[source]},
            "parts": self._parts(name),
            "doubt": (),
            "signed": (*before.signed, why),
        }
        self.rows[name] = before.model_copy(update=signed)
        self.unfinished.pop(name, None)
        self._write()
        self._write_unfinished()

    def begin(self, verb: str, names: Iterable[str]) -> None:
        """Note which files a verb is about to write: should it be killed, the next one knows whose work it finds."""
        self.unfinished |= dict.fromkeys(names, verb)
        self._write_unfinished()

    def give_up(self, names: Iterable[str]) -> None:
        """Take back the note, as far as the verb that failed has not touched the files."""
        names = list(names)
        self.digests.forget(names)
        for name in names:
            row = self.rows.get(name)
            if self.digests[name] == (row.sha256 if row else ""):
                self.unfinished.pop(name, None)
        self._write_unfinished()

    def finish(
        self, verb: str, names: Iterable[str], read: Mapping[str, str], options: Mapping[str, JsonValue]
    ) -> None:
        """Record what a verb has written, from which files and by which options."""
        names = list(names)
        self.digests.forget(names)
        rows = {name: self._describe(verb, name, names, read, options) for name in names if self.digests[name]}
        self.rows = {name: row for name, row in self.rows.items() if name not in names} | rows
        for name in names:
            self.unfinished.pop(name, None)
        self._write()
        self._write_unfinished()

    def amend(self, verb: str, names: Iterable[str], altered: Container[str]) -> None:
        """Record that a verb took rows out of files; what they were made from, and by which options, stays.

        Those that were ``altered``, and mend themselves, still are.
        """
        names = list(names)
        self.digests.forget(names)
        for name in names:
            before, digest = self.rows.get(name), self.digests[name]
            if before and digest and digest != before.sha256 and name not in altered:
                now = {"sha256": digest, "verb": verb, "version": __version__, "parts": self._parts(name)}
                self.rows[name] = before.model_copy(update=now)
            elif before and before.sha256 and not digest:
                del self.rows[name]
            self.unfinished.pop(name, None)
        self._write()
        self._write_unfinished()

    def _describe(
        self, verb: str, name: str, written: Iterable[str], read: Mapping[str, str], options: Mapping[str, JsonValue]
    ) -> CustodyRow:
        before = self.rows.get(name)
        # What the same verb wrote a moment ago counts as it is now; what it did not read is not a source.
        known = {*read, *written}
        sources = {each: self.digests[each] for each in MADE_FROM.get(name, ()) if each in known and self.digests[each]}
        row = CustodyRow(
            file=name,
            sha256=self.digests[name],
            verb=verb,
            version=__version__,
            options=dict(options),
            read={each: digest for each, digest in sorted((dict(read) | sources).items()) if each != name},
            parts=self._parts(name),
        )
        if before is None:
            return row
        # What was adopted stays in a file whose rows are carried over; a pull fetches the server's rows anew.
        if name in CARRIED_OVER and not (verb == "pull" and {*before.parts} <= {""}):
            row = row.model_copy(update={"signed": before.signed})
        return self._carry_doubt(row, before) if name in IN_PARTS else row

    @staticmethod
    def _carry_doubt(row: CustodyRow, before: CustodyRow) -> CustodyRow:
        """Doubt the parts that the verb only carried over, and that are others than before; expect them still."""
        # Each verb answers for its own part: an import for those of its annotators, a pull for the server's, and for
        # those in whose place it put what the server has.
        annotators, replaced = row.options.get("annotators"), row.options.get("replaced")
        renewed = {str(name) for name in annotators} if isinstance(annotators, list) else {""}
        renewed |= {str(name) for name in replaced} if isinstance(replaced, list) else set()
        carried = {part: digest for part, digest in row.parts.items() if part not in renewed}
        expected = {part: digest for part, digest in before.parts.items() if part not in renewed}
        doubt = sorted(part for part in carried | expected if carried.get(part) != expected.get(part))
        parts = {part: digest for part, digest in row.parts.items() if part in renewed} | expected
        return row.model_copy(update={"parts": dict(sorted(parts.items())), "doubt": tuple(doubt)})

    def _parts(self, name: str) -> dict[str, str]:
        return digest_parts(self.workspace.root / name) if name in IN_PARTS and self.digests[name] else {}

    def _write(self) -> None:
        rows = [self.rows[name] for name in sorted(self.rows)]
        if rows != list(self.workspace.custody.rows_if_written()):
            self.workspace.custody.write(rows)
        self.digests.keep()

    def _write_unfinished(self) -> None:
        path = self.workspace.root / _UNFINISHED
        if self.unfinished:
            write_json(path, UnfinishedFiles(files=self.unfinished).model_dump(mode="json"))
            return
        with name_disk_errors(path):
            path.unlink(missing_ok=True)


def _read_record(workspace: Workspace) -> list[CustodyRow]:
    try:
        return list(workspace.custody.rows_if_written())
    except DamagedFile as error:
        raise DamagedFile(
            str(error),
            todo="put it back from a copy; or remove it, and all files are taken as found: what was changed in them "
            "since they were written is not known then",
            where=error.where,
        ) from None


def _read_unfinished(path: Path) -> UnfinishedFiles:
    try:
        return read_value(path, UnfinishedFiles) if path.exists() else UnfinishedFiles()
    except DamagedFile:
        return UnfinishedFiles()
