"""The import formats, each a value, and the files of each that a path names.

A new format is a module with a reader, and a line in the table here; everything else is derived from that line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.imports.argilla.read_argilla import looks_like_argilla, read_argilla
from labeling.imports.brat import looks_like_brat, read_brat
from labeling.imports.cas.cas_types import TYPE_SYSTEM
from labeling.imports.cas.read_cas import looks_like_cas, read_cas
from labeling.imports.conll import looks_like_conll, read_conll
from labeling.imports.doccano import looks_like_doccano, read_doccano
from labeling.imports.foreign_formats import FOREIGN_FORMATS, VAGUE_FORMATS, tell_json
from labeling.imports.glimpse import take_glimpse
from labeling.imports.label_studio.looks import looks_like_label_studio
from labeling.imports.label_studio.read_label_studio import read_label_studio
from labeling.imports.offsets import CODE_POINTS
from labeling.imports.own_exports import files_beside
from labeling.imports.potato.read_potato import looks_like_potato, read_potato
from labeling.imports.prodigy import looks_like_prodigy, read_prodigy
from labeling.imports.record import reject_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from labeling.articles import Reject
    from labeling.imports.conll import ColumnTerms
    from labeling.imports.glimpse import Glimpse
    from labeling.imports.record import ImportItem, TextLookup


@dataclass(frozen=True)
class ImportFormat:
    """A format that can be imported.

    ``endings`` are those of its files in a folder, ``companions`` those of files that belong to one of them (brat's
    text), or their names (a type system). ``looks_like`` tells by what a file is recognised as one, from a glimpse of
    it, or "". ``counting`` is what its offsets usually count, "" where it has none. ``read`` gives the contents of a
    file record by record: it is handed the path, what the file's article is to be called (or its articles after), and a
    way to look up the texts of articles that were ingested before. ``help`` is a line for the command line, ``brings``
    tells what comes along. ``reads_json`` is true where each line is an object, which may lack what tells the format.
    """

    name: str
    endings: tuple[str, ...]
    read: Callable[[Path, str, TextLookup], Iterator[ImportItem]]
    looks_like: Callable[[Glimpse], str]
    help: str
    brings: str
    companions: tuple[str, ...] = ()
    counting: str = CODE_POINTS
    reads_json: bool = False

    def with_columns(self, terms: ColumnTerms) -> ImportFormat:
        """The format, its reader told what the command says of columns and sentences.

        Raises:
            UsageError: The command names columns or sentences, and the format has none.
        """
        if self.read is read_conll:
            return replace(
                self, read=partial(read_conll, terms=terms), looks_like=partial(looks_like_conll, terms=terms)
            )
        if terms.choice.tags or terms.sentences:
            raise UsageError(
                f"{self.name} files have no columns and no lines for sentences",
                todo="leave out --columns and --sentences-per-article, which are for conll",
            )
        return self


IMPORT_FORMATS = {
    each.name: each
    for each in (
        ImportFormat(
            "brat",
            (".ann",),
            read_brat,
            looks_like_brat,
            "stand-off files, each beside its text",
            "spans, relations, equivalences, events as relations from their trigger, notes; attributes by `--map`",
            companions=(".txt",),
        ),
        ImportFormat(
            "prodigy",
            (".jsonl",),
            read_prodigy,
            looks_like_prodigy,
            "JSON lines of `prodigy db-out`",
            "spans, relations, options, answers (rejected and ignored ones as skips), who answered",
            reads_json=True,
        ),
        ImportFormat(
            "label-studio",
            (".json", ".jsonl", ".ndjson"),
            read_label_studio,
            looks_like_label_studio,
            "JSON of any of its projects: exports, snapshots, tasks with annotations or predictions",
            "labels, relations, choices, notes, skips, drafts, stars, who submitted, predictions by `model:NAME`",
            reads_json=True,
        ),
        ImportFormat(
            "doccano",
            (".jsonl",),
            read_doccano,
            looks_like_doccano,
            "JSON lines of any of its exports",
            "spans, relations, labels of the whole text, who annotated",
            reads_json=True,
        ),
        ImportFormat(
            "argilla",
            (".json", ".jsonl"),
            read_argilla,
            looks_like_argilla,
            "JSON of the records of Argilla 2: nested, flattened, by column or by id",
            "spans and labels of each response by its user, suggestions by `model:NAME`, discarded ones as skips",
            reads_json=True,
        ),
        ImportFormat(
            "potato",
            (".jsonl", ".json", ".csv", ".tsv"),
            read_potato,
            looks_like_potato,
            "`annotated_instances` and exports, as lines or tables",
            "spans and labels of each user",
        ),
        ImportFormat(
            "cas",
            (".xmi", ".json"),
            read_cas,
            looks_like_cas,
            "UIMA CAS of INCEpTION, WebAnno and DKPro, as XMI beside its type system or as JSON (extra `cas`)",
            "named entities, custom layers of spans and relations, options, notes; other features by `--map`",
            companions=(TYPE_SYSTEM,),
            counting="utf-16",
        ),
        ImportFormat(
            "conll",
            (".conll", ".conllu", ".bio", ".iob", ".iob2", ".bioes", ".bilou", ".bmes", ".tsv", ".txt"),
            read_conll,
            looks_like_conll,
            "columns with a token and its tags a line, CoNLL 2002 to CoNLL-U, WebAnno TSV; or a sentence a line",
            "spans, of each column of tags; of WebAnno TSV relations, too; texts are found again, or rebuilt",
            counting="",
        ),
    )
}


def refuse_other_format(kind: ImportFormat, path: Path) -> Reject | None:
    """The refusal of a file that looks like another format than the one asked for; None for any other file.

    Raises:
        UnreadableArticle: It is not a plain file.
        OSError: It cannot be read.
    """
    glimpse = take_glimpse(path)
    if kind.looks_like(glimpse):
        return None
    looks, evidence, todo = recognise_format(glimpse, str(path), vague=not (kind.reads_json and tell_json(glimpse)))
    if not evidence:
        return None
    return reject_unreadable(str(path), f"it does not look like {kind.name}: {evidence}, this looks like {looks}", todo)


def recognise_format(glimpse: Glimpse, path: str, *, vague: bool) -> tuple[str, str, str]:
    """What a file looks like, by what it was recognised, and what to do about it; all "" for what nobody knows."""
    narrow = ((each.name, each.looks_like(glimpse), each.todo) for each in FOREIGN_FORMATS)
    ours = (
        (each.name, each.looks_like(glimpse), f"labeling import {each.name} {path}") for each in IMPORT_FORMATS.values()
    )
    wide = ((each.name, each.looks_like(glimpse), each.todo) for each in VAGUE_FORMATS if vague)
    return next((found for found in (*narrow, *ours, *wide) if found[1]), ("", "", ""))


def find_import_format(name: str) -> ImportFormat:
    """The format of that name.

    Raises:
        UsageError: The format is unknown.
    """
    if name not in IMPORT_FORMATS:
        raise UsageError(f"{name!r} is not an import format", todo=f"name one of {', '.join(IMPORT_FORMATS)}")
    return IMPORT_FORMATS[name]


def find_import_files(kind: ImportFormat, names: Iterable[str]) -> tuple[list[tuple[Path, str]], list[str]]:
    """The files of a format that ``names`` name, each with its path in the named folder without its ending.

    Returns:
        Files with names, in order; and the visible files in folders that were passed over.

    Raises:
        UsageError: A name matches nothing, or a folder has no such file.
    """
    found = dict[Path, str]()
    passed = list[str]()
    for name in names:
        path = Path(name)
        # A file that is named itself is read whatever its ending.
        if path.is_file():
            found.setdefault(path, path.stem)
            continue
        # Folders are searched in depth; their files are chosen by ending.
        beside = files_beside(path)
        under = [each for each in _files_under(path) if each not in beside]
        ours = [each for each in under if each.suffix.lower() in kind.endings]
        if not ours:
            wanted = f"{name!r} holds no {kind.name} file" if path.is_dir() else f"no file or folder is called {name!r}"
            raise UsageError(wanted, todo=f"name files, or a folder of files ending in {' '.join(kind.endings)}")
        # Of a file that is named twice, the first name counts.
        found = {each: each.relative_to(path).with_suffix("").as_posix() for each in ours} | found
        passed += [str(each) for each in under if each not in found and not _is_companion(kind, each)]
    return sorted(found.items()), passed


def _files_under(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _is_companion(kind: ImportFormat, path: Path) -> bool:
    """Whether the file belongs to another one of the format, which is read and reads it."""
    return path.name in kind.companions or (
        path.suffix in kind.companions and any(path.with_suffix(ending).exists() for ending in kind.endings)
    )
