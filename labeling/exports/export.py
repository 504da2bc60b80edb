"""The front door of exports: gold, or what one annotator said -> the files of another tool, and what they lack."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.errors import LedgerUnbalanced
from labeling.exports.export_folder import open_export_folder, refuse_foreign_folder
from labeling.exports.export_formats import find_export_format
from labeling.exports.sayings import GOLD, stream_sayings
from labeling.exports.things import EXPORTED_KINDS, leave_out_kinds, list_not_held, list_said_things
from labeling.imports.own_exports import EXPORT_RECORD, ExportRecord
from labeling.values import canonical_json
from labeling.workspace.checksums import describe_output
from labeling.workspace.custody import keep_custody
from labeling.workspace.pseudonyms import open_pseudonyms
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    from pydantic import BaseModel

    from labeling.exports.export_formats import ExportFormat
    from labeling.exports.things import NotHeld, Saying, ThingKey
    from labeling.project import Project
    from labeling.workspace.pseudonyms import Pseudonyms

NOT_HELD, ARTICLES = "not-held.jsonl", "articles.jsonl"
_NOT_KNOWN = "no format tells what is not known from where nothing is"
_NO_SCORES = "no format has a place for how sure a model is"


@dataclass(frozen=True)
class ExportResult:
    """What an export holds: things by kind that were ``kept``, and those that are ``not_held`` and listed.

    ``who`` is the annotator, or ``gold``; in the files they are called by pseudonym, unless the project file publishes
    names. ``listed`` is the file with the things that are not held.
    """

    format: str
    who: str
    folder: str
    articles: int
    kept: dict[str, int]
    not_held: dict[str, int]
    listed: str


def export(project: Project, kind: str, annotator: str = "", out: Path | None = None) -> ExportResult:
    """Write gold, or the words of one annotator, in the files of another tool.

    What is kept and what is listed in ``not-held.jsonl`` is together all there was. The same annotations give the same
    bytes.

    Args:
        project: Whose gold or annotations.
        kind: The name of the format, as in `EXPORT_FORMATS`.
        annotator: Who said it; gold when "".
        out: The folder to write; ``exports/<format>-<who>`` in the workspace when None. An earlier export makes room.

    Raises:
        UsageError: The format or the annotator is unknown, or the folder holds what no export wrote, or what was
            changed since.
        MissingInput: There is no gold.
        Altered: A file that is read is not as it was left.
        Stale: Gold was made from other annotations than there are now.
        ProjectFileError: The format needs tokens, and spaCy does not cut the project's language by rules.
        DamagedFile: Something was said of an article that is not there.
        NoRoom: The disk is full, or the folder may not be written: what lay there is what it was.
    """
    chosen, workspace = find_export_format(kind), project.workspace
    who = annotator or GOLD
    words = (workspace.annotations, workspace.suggestions) if annotator else (workspace.gold,)
    with workspace.opened(), keep_custody(workspace, "export", reads=(workspace.articles, *words)) as notes:
        if not annotator and not workspace.gold.exists():
            raise workspace.gold.missing()
        sayings, called = _stream_published(project, annotator)
        folder = out or workspace.root / "exports" / f"{kind}-{_file_name(called or GOLD)}"
        refuse_foreign_folder(folder)
        with open_export_folder(folder) as new:
            record = _write_export(project, chosen, called, sayings, new)
        notes.options |= {"format": kind, "who": who}
    return ExportResult(
        format=kind,
        who=who,
        folder=str(folder),
        articles=record.articles,
        kept=record.kept,
        not_held=record.not_held,
        listed=str(folder / NOT_HELD),
    )


def _stream_published(project: Project, annotator: str) -> tuple[Iterator[Saying], str]:
    """What goes out, and what its annotator is called there: an export is made to leave the house, as a dataset is."""
    sayings = stream_sayings(project.workspace, annotator)
    if not annotator or not project.file.hides_names:
        return sayings, annotator
    names = open_pseudonyms(project.workspace, project.file.emails)
    return (_hide_annotator(saying, names) for saying in sayings), names.name(annotator)


def _hide_annotator(saying: Saying, names: Pseudonyms) -> Saying:
    said = saying.annotation
    called = {"annotator": names.name(said.annotator), "imported_as": names.name(said.imported_as)}
    return replace(saying, annotation=said.model_copy(update=called))


def _write_export(
    project: Project, chosen: ExportFormat, annotator: str, sayings: Iterable[Saying], folder: Path
) -> ExportRecord:
    """Write an export into an empty folder, with the list of what it does not hold, and the record of all its files."""
    account = _ExportAccount()
    writer = chosen.open_writer(folder, project)
    with (
        (folder / NOT_HELD).open("w", encoding="utf-8", newline="\n") as listed,
        (folder / ARTICLES).open("w", encoding="utf-8", newline="\n") as articles,
    ):
        for saying in sayings:
            left: dict[ThingKey, str] = {} if saying.reason else writer.add(saying.article, saying.annotation)
            left |= leave_out_kinds(saying.annotation, "open", reason=_NOT_KNOWN)
            left |= leave_out_kinds(saying.annotation, "score", reason=_NO_SCORES)
            _write_lines(listed, account.take(saying, left))
            if not saying.reason:
                _write_lines(articles, [saying.article])
    writer.close()
    if chosen.has_articles:
        (folder / ARTICLES).unlink()
    beside = (*writer.beside, NOT_HELD, *(() if chosen.has_articles else (ARTICLES,)))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    record = ExportRecord(
        format=chosen.name,
        who=annotator,
        articles=account.articles,
        kept=account.by_kind(account.kept),
        not_held=account.by_kind(account.not_held),
        beside=beside,
        files={path.relative_to(folder).as_posix(): describe_output(path) for path in files},
    )
    write_json(folder / EXPORT_RECORD, record.model_dump(mode="json"))
    return record


class _ExportAccount:
    """The account of an export: every thing is kept or not held."""

    def __init__(self) -> None:
        self.articles = 0
        self.kept, self.not_held = Counter[str](), Counter[str]()

    def take(self, saying: Saying, left: dict[ThingKey, str]) -> list[NotHeld]:
        """Count the things of a saying; return the rows of those that are not held.

        Raises:
            LedgerUnbalanced: Something is left out that was never said.
        """
        things, rows = list_said_things(saying.annotation), list(list_not_held(saying, left))
        listed = {(row.what, row.id) for row in rows}
        if unknown := sorted(left.keys() - things.keys()):
            raise LedgerUnbalanced(
                f"{unknown[0]} of {saying.article.id!r} is listed, and was never said",
                todo="this is a fault of the program: keep the workspace and report it",
                where=saying.article.id,
            )
        self.articles += not saying.reason
        self.not_held.update(what for what, _ in listed)
        self.kept.update(what for what, name in things if (what, name) not in listed)
        return rows

    def by_kind(self, counts: Counter[str]) -> dict[str, int]:
        """The counts in the order of the kinds."""
        return {kind: counts[kind] for kind in EXPORTED_KINDS if counts[kind]}


def _write_lines(file: TextIO, rows: Iterable[BaseModel]) -> None:
    file.writelines(f"{canonical_json(row.model_dump(mode='json'))}\n" for row in rows)


def _file_name(who: str) -> str:
    return re.sub(r"[^\w.@+-]+", "-", who).strip(".-") or "somebody"
